"""A Prometheus server whose queries are functions of time."""

import json
import math
import random
import re
import urllib.parse

from .loopback import Handler, Loopback


class Histories(Loopback):
    """Answers `query_range` and `query` by `loads`: name of the query -> function of Unix seconds.

    A function returns None where there is no value. `requests` holds the forms of the ranges asked.
    """

    def __init__(self, **loads):
        self.loads = loads
        self.requests = []
        self.is_lost = False
        owner = self

        class Answers(Handler):
            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode()))
                if owner.is_lost:
                    return self.reply(503, json.dumps({"status": "error"}).encode())
                name = re.search(r"[a-z_]+(?=\)+\[|$)", form["query"].removesuffix("(1)"))
                load = owner.loads.get(name and name.group(), lambda at: None)
                if self.path.endswith("/query_range"):
                    owner.requests.append(form)
                    start, end, step = (int(float(form[key])) for key in ("start", "end", "step"))
                    points = [
                        [at, str(load(at))]
                        for at in range(start, end + 1, step)
                        if load(at) is not None
                    ]
                    result = [{"metric": {}, "values": points}] if points else []
                    data = {"resultType": "matrix", "result": result}
                else:
                    data = {"resultType": "scalar", "result": [0, "1"]}
                self.reply(200, json.dumps({"status": "success", "data": data}).encode())

        self.listen(Answers)


def daily(at):
    """A day with its peak at 18:00 UTC, and some noise."""
    load = 1000 - 800 * math.cos((at - 6 * 3600) / 86_400 * 2 * math.pi)
    return round(load * random.Random(at).uniform(0.95, 1.05), 3)


def jumps(now):
    """A load whose level is another one every three hours: nothing but the last value helps.

    Counted back from now, so that it looks the same on every date.
    """
    return lambda at: random.Random(int(now - at) // 10_800).choice([100, 500, 2000, 8000, 30_000])


def since(start, load):
    """A load that is known from an instant on."""
    return lambda at: load(at) if at > start else None


def restless(start, load, factor=4, bucket=300):
    """A load that is several times as high in a quarter of the buckets from an instant on."""

    def wilder(at):
        is_high = at > start and random.Random(int(at - start) // bucket).randrange(4) == 0
        return load(at) * (factor if is_high else 1)

    return wilder
