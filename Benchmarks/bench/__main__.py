"""The comparison, row by row. scripts/bench builds what it needs and describes the options."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import fmean

from . import costs, fleet, messages, scenarios
from .load import Load, latencies, run_load
from .process import SERVER_CORE, favoured, prepare_self
from .report import Table
from .servers import GRPCCPP, THREE_SIGNALS, Bare, Headstart
from .upstreams import Upstreams

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / ".build" / "bench"
BINARY = ROOT / ".build" / "release" / "headstart"
SNAPSHOT = ROOT / "Tests" / "Fixtures" / "kedastral" / "forecast-current.json"

# Seconds from the start of a server to its idle memory.
SETTLING = 6

# The name of a row, for --only, and the load.
THROUGHPUT = {
    "GetMetrics": ("GetMetrics, 16 × 32", Load("GetMetrics", 16, 32)),
    "IsActive": ("IsActive, 16 × 32", Load("IsActive", 16, 32)),
    "one-connection": ("GetMetrics, 1 × 100", Load("GetMetrics", 1, 100)),
}
OTHERS = ("evaluation", "forecast", "latency", "start", "fleet")
SCENARIOS = ("workers", "polling", "streams", "wakeups", "queries", "pods", "learning", "forecasts", "reload", "hanging",
             "attacks")
NAMES = (*THROUGHPUT, *OTHERS, *SCENARIOS)


def options():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("--quick", action="store_true", help="one short round, no instructions counted")
    parser.add_argument("--rounds", type=int, default=3, choices=range(1, 21), metavar="N")
    parser.add_argument("--only", action="append", choices=NAMES, metavar="NAME",
                        help=f"one of {', '.join(NAMES)}; repeatable")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rounds = 1
    chosen.seconds = 1.0 if chosen.quick else 2.0
    return chosen


class Bench:
    """What every row needs: the servers, the request bytes, the table."""

    def __init__(self, chosen, folder, stack):
        self.chosen = chosen
        self.folder = folder
        self.programs, self.binary = PROGRAMS, BINARY
        self.bodies = {}
        for method, message in (("GetMetrics", messages.get_metrics()),
                                ("IsActive", messages.scaled_object())):
            self.bodies[method] = folder / method
            self.bodies[method].write_bytes(messages.prefixed(message))
        self.upstreams = Upstreams(SNAPSHOT)
        stack.callback(self.upstreams.close)
        policies = folder / "policies"
        policies.mkdir()
        (policies / "web.yaml").write_text(THREE_SIGNALS.format(url=self.upstreams.url))
        self.servers = [Headstart(BINARY, policies), Bare(PROGRAMS), GRPCCPP(PROGRAMS)]
        self.table = Table([server.name for server in self.servers])

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    def run(self, name):
        """Measures what --only calls by that name."""
        if name in THROUGHPUT:
            self.throughput(*THROUGHPUT[name])
        elif name in SCENARIOS:
            getattr(scenarios, name)(self)
        else:
            getattr(self, name)()

    def throughput(self, row, load):
        """Rounds that alternate between the servers, all of which run throughout."""
        with ExitStack() as stack:
            running = []
            for server in self.servers:
                process = stack.enter_context(server.start(load.method))
                server.verify(load.method, self.bodies)
                if load.connections > 1 and load.method == "GetMetrics":
                    # What starting took is given back, and what refreshing takes is there again.
                    time.sleep(SETTLING)
                    self.table.add("resident, idle", server.name, process.resident, "B")
                running.append((server, process, self._calls_for_round(server, process, load)))
            for number in range(self.chosen.rounds):
                for server, process, calls in running:
                    server.verify(load.method, self.bodies)
                    before = process.cpu_seconds
                    result = run_load(server.port, load, calls, self.bodies[load.method],
                                      server.answers[load.method])
                    cpu = process.cpu_seconds - before
                    self.say(f"{row}, round {number + 1}: {server.name} {result.rate:,.0f}/s, "
                             f"{calls / cpu:,.0f} per CPU second")
                    add = self.table.add
                    add(f"{row}: calls/s", server.name, result.rate, compared=True)
                    add(f"{row}: calls per CPU second", server.name, calls / cpu, compared=True)
            if load.connections > 1 and load.method == "GetMetrics":
                for server, process, _ in running:
                    self.table.add("resident, after that load", server.name, process.resident, "B")
        self._costs(row, load)

    def _calls_for_round(self, server, process, load):
        """As many calls as keep the server's core busy for a round, by a short trial.

        The first calls warm the server up and do not count.
        """
        lanes = load.connections * load.streams
        trial = 100 * lanes
        for _ in range(2):
            before = process.cpu_seconds
            run_load(server.port, load, trial, self.bodies[load.method],
                     server.answers[load.method])
            cpu = process.cpu_seconds - before
        return max(int(trial / max(cpu, 0.01) * self.chosen.seconds) // lanes, 1) * lanes

    def _costs(self, row, load):
        for server in self.servers:
            count = costs.allocations_per_call(server, load, self.bodies,
                                               PROGRAMS / "allocations.so")
            self.table.add(f"{row}: allocations per call", server.name, max(round(count, 3), 0.0))
            if not self.chosen.quick:
                count = costs.instructions_per_call(server, load, self.bodies)
                self.table.add(f"{row}: instructions per call", server.name, count, compared=True)

    def evaluation(self):
        """One decision after the other, without a server around them."""
        policies = 20_000 if self.chosen.quick else 100_000
        for order in ["memory", "shuffled"] * self.chosen.rounds:
            done = subprocess.run(
                favoured([BINARY.with_name("evaluation"), policies, order], SERVER_CORE),
                capture_output=True, text=True, check=True, timeout=300)
            report = json.loads(done.stdout)
            row = f"decision, {policies:,} schedules of {report['rules']} rules, {order} order"
            for name in ("p50", "p99", "mean"):
                self.table.add(f"{row}: {name}", "headstart", report[name] / 1e9, "s")

    def forecast(self):
        """One observation and one forecast after the other, without a server around them."""
        program, workloads = BINARY.with_name("forecasting"), 100 if self.chosen.quick else 1_000

        def measure(refreshes, **options):
            command = favoured([program, workloads, refreshes], SERVER_CORE)
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300,
                                  **options)
            return json.loads(done.stdout)

        row = "forecast, 6 horizons, 28 days learnt"
        for _ in range(self.chosen.rounds):
            report = measure(100)
            for name, key in (("refresh, one of many", "refresh"), ("refresh, always the same", "warm"),
                              ("learning", "learn")):
                self.table.add(f"{row}: {name}", "headstart", report[key] / 1e9, "s")
        self.table.add(f"{row}: memory", "headstart", report["bytes"], "B")
        self.table.add(f"{row}: state file", "headstart", report["state"], "B")
        counts = [costs.allocations(PROGRAMS / "allocations.so", lambda environment: measure(
            refreshes, env={**os.environ, **environment})) for refreshes in (10, 30)]
        self.table.add(f"{row}: allocations per refresh", "headstart",
                       max(round((counts[1] - counts[0]) / 20 / workloads, 3), 0.0))

    def latency(self):
        """One call at a time on one connection."""
        load, file = Load("GetMetrics", 1, 1), self.folder / "latencies"
        calls = 5_000 if self.chosen.quick else 20_000
        with ExitStack() as stack:
            running = [(server, stack.enter_context(server.start(load.method)))
                       for server in self.servers]
            for _ in range(self.chosen.rounds):
                for server, process in running:
                    server.verify(load.method, self.bodies)
                    before = process.cpu_seconds
                    run_load(server.port, load, calls, self.bodies[load.method],
                             server.answers[load.method], file)
                    cpu = process.cpu_seconds - before
                    times = latencies(file)
                    for name, value in (("mean", fmean(times)), ("p50", times[len(times) // 2]),
                                        ("p99", times[len(times) * 99 // 100])):
                        self.table.add(f"one call at a time: {name}", server.name, value / 1e6,
                                       "s", compared=True)
                    self.table.add("one call at a time: CPU per call", server.name, cpu / calls,
                                   "s", compared=True)

    def start(self):
        """From exec to serving."""
        for server in self.servers[1:]:
            for _ in range(self.chosen.rounds):
                with server.start("GetMetrics") as process:
                    self.table.add("start to serving, 100 policies", server.name,
                                   process.seconds_to_serve, "s")
        for count in (100, 10_000, 100_000):
            policies = fleet.write_policies(self.folder / f"fleet-{count}", count)
            for _ in range(self.chosen.rounds):
                with Headstart(BINARY, policies).start("GetMetrics") as process:
                    row = f"start to serving, {count:,} policies"
                    self.table.add(row, "headstart", process.seconds_to_serve, "s")
                    self.table.add(f"{row}: CPU", "headstart", process.cpu_seconds, "s")

    def fleet(self):
        """Memory with many policies and many connections."""
        policies = fleet.write_policies(self.folder / "fleet-100000", 100_000)
        server = Headstart(BINARY, policies)
        more = "--max-connections=2000"
        with server.start("GetMetrics", lambda command: [*command, more]) as process:
            time.sleep(SETTLING)
            self.table.add("resident, 100,000 policies", "headstart", process.resident, "B")
            with fleet.Connections(server.port, 1_000) as connections:
                connections.call_each()
                self.table.add("resident, 100,000 policies and 1,000 connections", "headstart",
                               process.resident, "B")


def main():
    chosen = options()
    if (os.cpu_count() or 1) < 2:
        sys.exit("scripts/bench: two processors are needed, one for the server, one for the load.")
    # So that what was started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    prepare_self()
    with tempfile.TemporaryDirectory(prefix="headstart-bench-") as folder, ExitStack() as stack:
        bench = Bench(chosen, Path(folder), stack)
        failures = 0
        try:
            for name in chosen.only or NAMES:
                bench.say(f"-- {name}")
                try:
                    bench.run(name)
                except (OSError, RuntimeError, subprocess.SubprocessError) as problem:
                    # The other rows are worth having all the same.
                    bench.say(f"{name} failed: {problem}")
                    failures += 1
        finally:
            # An interrupted run shows what it has measured.
            print("\n".join(bench.table.lines()), flush=True)
    sys.exit(1 if failures else 0)


main()
