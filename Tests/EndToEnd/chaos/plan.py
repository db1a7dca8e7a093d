"""What happens in which round, drawn from a seed: the same seed is the same plan."""

import random
from dataclasses import dataclass

from .apps import APPS, CHANGING

SOURCES = (
    "Prometheus killed", "Prometheus stopped", "Prometheus fails", "Prometheus slow",
    "Prometheus refuses", "Thanos partial", "Thanos fails", "Thanos slow", "60 targets gone",
    "forecaster fails", "forecaster hangs", "forecaster stale", "one cut off",
)  # fmt: skip
PROCESSES = ("one killed", "both killed", "one restarted", "rolling restart", "one replaced")
SURROUNDINGS = ("disk full", "clock set", "file broken", "file truncated", "directory empty")

# What a process has to outlive: one that ends while its disk is full loses what it could not write.
LASTING = {"disk full"}


@dataclass
class Fault:
    """When it begins and ends, in seconds from the begin of the round."""

    name: str
    begin: float
    end: float
    chance: random.Random


@dataclass
class Round:
    faults: list
    # The demand of some apps from `changed_at` on.
    demand: dict
    changed_at: float

    def __str__(self):
        return ", ".join(fault.name for fault in self.faults) or "no fault"


def rounds(seed):
    """All rounds, without an end."""
    chance = random.Random(seed)
    sources, processes, around = (_deck(names, chance) for names in (SOURCES, PROCESSES, SURROUNDINGS))
    while True:
        length = chance.uniform(4, 10)
        names = {next(sources) for _ in range(chance.choice([0, 1, 1, 2, 2]))}
        if chance.random() < 0.4:
            names.add(next(around))
        if not LASTING & names and chance.random() < 0.6:
            names.add(next(processes))
        faults = [_fault(name, length, chance) for name in sorted(names)]
        apps = chance.sample(CHANGING, chance.randrange(5, 25))
        yield Round(faults, {app: _demand(app, chance) for app in apps}, chance.uniform(0, length))


def rounds_without_targets(seed):
    """Rounds in which every sum without evidence falls."""
    chance = random.Random(seed)
    while True:
        fault = Fault("60 targets gone", 0.5, 6, random.Random(chance.random()))
        yield Round([fault], {app: _demand(app, chance) for app in CHANGING}, 0)


def _deck(names, chance):
    """Every name once in random order, and again: none is left out for long."""
    while True:
        yield from chance.sample(names, len(names))


def _fault(name, length, chance):
    # A rise is on the disk a second after it: only then may its process be killed.
    begin = chance.uniform(1.5, length / 2) if name in PROCESSES else chance.uniform(0, 1.5)
    end = chance.uniform(begin + 1, length)
    return Fault(name, begin, end, random.Random(chance.random()))


def _demand(app, chance):
    if APPS[app].may_rest and chance.random() < 0.15:
        return 0
    return chance.randrange(3, 60)
