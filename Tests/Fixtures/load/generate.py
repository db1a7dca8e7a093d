#!/usr/bin/env python3
"""Writes the load histories of the tests beside itself: the same bytes on every machine.

smooth.csv  Requests in half an hour over five weeks, with a day and a week in them: office hours
            that begin within an hour, an evening, quiet nights and weekends.
bursty.csv  Requests in five minutes over a week: little of everything, sudden bursts that decay,
            and eight gaps in which nothing was measured.
"""

import random
from datetime import datetime, timedelta
from pathlib import Path

# Monday.
START = datetime(2024, 1, 1)


def smooth():
    chance = random.Random(20240101)
    corners = {  # hour: load; between two of them it is a straight line
        True: [(0, 1800), (6, 1500), (7.5, 3000), (8.5, 11000), (12, 12000), (17, 11500),
               (18.5, 6500), (22, 5000), (24, 1800)],
        False: [(0, 1800), (7, 1400), (11, 4200), (20, 4800), (24, 1800)],
    }  # fmt: skip
    for step in range(5 * 7 * 48):
        at = START + timedelta(minutes=30 * step)
        hour = at.hour + at.minute / 60
        day = corners[at.weekday() < 5]
        (left, low), (right, high) = next(
            pair for pair in zip(day, day[1:]) if pair[0][0] <= hour < pair[1][0]
        )
        value = low + (high - low) * (hour - left) / (right - left)
        yield at, round(value * (0.97 + 0.06 * chance.random()))


def bursty():
    chance = random.Random(20240102)
    gaps = set(chance.sample(range(10, 7 * 288 - 10, 12), 8))
    burst = 0.0
    for step in range(7 * 288):
        if chance.random() < 0.01:
            burst += 200 + 1200 * chance.random()
        value = round(20 + 60 * chance.random() + burst)
        burst *= 0.8
        # Four samples: later than the three steps for which one is held.
        if not any(start <= step < start + 4 for start in gaps):
            yield START + timedelta(minutes=5 * step), value


for name, samples in (("smooth", smooth()), ("bursty", bursty())):
    lines = ["timestamp,value", *(f"{at},{value}" for at, value in samples)]
    Path(__file__).with_name(f"{name}.csv").write_text("\n".join(lines) + "\n")
