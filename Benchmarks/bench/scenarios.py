"""Load as many workloads make it, and latency while something else happens.

Each function adds rows to the table of the bench that it is given.
"""

import json
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from . import costs, fleet, messages
from .load import Load, run_load
from .process import BOTH_CORES, CLIENT_CORE, favoured
from .servers import Bare, Headstart


def _write_requests(file, methods, names, lead_time=messages.LEAD_TIME):
    """A file for Benchmarks/load: each method for each name."""
    with open(file, "w") as out:
        for name in names:
            for method in methods:
                message = (messages.get_metrics(name, lead_time) if method == "GetMetrics"
                           else messages.scaled_object(name, lead_time=lead_time))
                out.write(f"{method} {message.hex()}\n")
    return file


def _paced(bench, port, rate, seconds, requests):
    """Paced calls on one connection; the client's report. Fails if any call does."""
    done = subprocess.run(
        favoured([bench.programs / "load", "calls", port, 1, rate, seconds, requests],
                 CLIENT_CORE),
        capture_output=True, text=True, timeout=seconds + 60)
    if done.returncode != 0:
        raise RuntimeError(f"the paced load failed: {done.stdout}{done.stderr}")
    report = json.loads(done.stdout)
    # On a busy machine the client itself comes late; its figures then say little.
    bench.say(f"{rate:,} calls/s: {report}")
    return report


def _add_latency(bench, row, server, report, largest=False):
    for name in ("p50", "p99", "max") if largest else ("p50", "p99"):
        bench.table.add(f"{row}: {name}", server.name, report[name] / 1e6, "s", compared=True)


def polling(bench):
    """Every ScaledObject is asked KEDA's three questions each 15 s, on one connection."""
    objects = 20_000 if bench.chosen.quick else 100_000
    # 15 s, or less of the same for fewer objects.
    seconds = 3 * objects // 20_000
    policies = fleet.write_policies(bench.folder / f"fleet-{objects}", objects)
    requests = _write_requests(bench.folder / "polling", ("IsActive", "GetMetricSpec", "GetMetrics"),
                               map(fleet.policy_name, range(objects)))
    row = f"{objects:,} ScaledObjects, 20,000 calls/s"
    for server in (Headstart(bench.binary, policies), Bare(bench.programs)):
        with server.start("GetMetrics") as process:
            # The first time that a ScaledObject is seen it is bound to its policy.
            first = _paced(bench, server.port, 20_000, seconds, requests)
            before = process.cpu_seconds
            report = _paced(bench, server.port, 20_000, seconds, requests)
            share = (process.cpu_seconds - before) / seconds
            bench.table.add(f"{row}: share of a core", server.name, share, "share", compared=True)
            _add_latency(bench, row, server, report)
            _add_latency(bench, f"{row}, the first time", server, first)
            bench.table.add(f"{row}: resident", server.name, process.resident, "B")


def _with_many_streams(command):
    """With the memory that 10,000 streams of one connection take."""
    return [*command, f"--max-connection-memory={64 << 20}", f"--max-call-memory={128 << 20}"]


def _open_streams(bench, server, names, seconds):
    """A client that holds a StreamIsActive open for each name; the server has read all of them."""
    requests = _write_requests(bench.folder / "streams", ("StreamIsActive",), names, lead_time=None)
    client = subprocess.Popen(
        favoured([bench.programs / "load", "streams", server.port, 10, seconds, requests],
                 CLIENT_CORE), stdout=subprocess.PIPE, text=True)
    if client.stdout.readline() != "open\n":
        raise RuntimeError("the streams were not opened")
    return client


def _pushes(client, timeout):
    """For each stream that was told something: its number, and when that was first."""
    pushes = {}
    for line in client.communicate(timeout=timeout)[0].splitlines():
        number, microseconds = map(int, line.split())
        pushes.setdefault(number, microseconds / 1e6)
    return pushes


def _add_delays(bench, row, server, delays):
    delays = sorted(delays)
    for name, index in (("first", 0), ("p50", len(delays) // 2), ("p99", len(delays) * 99 // 100),
                        ("last", len(delays) - 1)):
        bench.table.add(f"{row}: {name}", server.name, delays[index], "s")


def streams(bench):
    """All policies become active at one instant, and each has a stream that waits for it."""
    count = 1_000 if bench.chosen.quick else 10_000
    # Whole minutes: that is how schedules are written. The streams take some seconds to open.
    now = datetime.now(timezone.utc) + timedelta(seconds=20)
    edge = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    policies = fleet.write_edges(bench.folder / "edges", count, edge)
    server = Headstart(bench.binary, policies)
    with server.start("GetMetrics", _with_many_streams) as process:
        # An active state is pushed once more after five seconds, which does not count here.
        seconds = edge.timestamp() - time.time() + 4
        client = _open_streams(bench, server, map(fleet.policy_name, range(count)), seconds)
        if time.time() > edge.timestamp():
            raise RuntimeError("the streams were not open before the edge")
        row = f"{count:,} streams"
        bench.table.add(f"{row}: resident", server.name, process.resident, "B")
        pushes = _pushes(client, timeout=seconds + 30)
    if len(pushes) != count:
        raise RuntimeError(f"{len(pushes)} of {count} streams were told")
    _add_delays(bench, f"{row} pushed at one edge", server,
                (at - edge.timestamp() for at in pushes.values()))


def wakeups(bench):
    """One workload after the other is woken up, each of them one of many with a stream."""
    count = 1_000 if bench.chosen.quick else 10_000
    policies = fleet.write_policies(bench.folder / "asleep", count, fleet.ASLEEP)
    server = Headstart(bench.binary, policies)
    with server.start("GetMetrics", _with_many_streams):
        seconds = 20
        client = _open_streams(bench, server, map(fleet.policy_name, range(count)), seconds)
        asked = {}
        for number in range(0, count, count // 500):
            asked[number] = time.time()
            server.wake(fleet.policy_name(number))
            time.sleep(0.01)
        pushes = _pushes(client, timeout=seconds + 30)
    if pushes.keys() != asked.keys():
        raise RuntimeError(f"{len(pushes)} of {len(asked)} streams were told")
    _add_delays(bench, f"wake-up to push, {count:,} streams", server,
                (pushes[number] - at for number, at in asked.items()))


def workers(bench):
    """Whether a second worker is worth a second processor: what a call costs with one and two.

    All run on both processors, the load too. Two loops that waited for each other would either
    spend more processor time on a call or ask the kernel to wait (futex).
    """
    calls = 100_000 if bench.chosen.quick else 600_000
    load = Load("GetMetrics", 16, 32)
    server = bench.servers[0]
    rates = {}
    for count in (1, 2):
        with server.start(load.method, workers=count, core=BOTH_CORES) as process:
            server.verify(load.method, bench.bodies)
            for timed in (False, True):
                before = process.cpu_seconds
                run_load(server.port, load, calls, bench.bodies[load.method],
                         server.answers[load.method], core=BOTH_CORES)
                spent = process.cpu_seconds - before
            rates[count] = calls / spent
            waits = costs.futex_calls(process.pid, lambda: run_load(
                server.port, load, calls // 10, bench.bodies[load.method],
                server.answers[load.method], core=BOTH_CORES))
        plural = "worker" if count == 1 else "workers"
        bench.table.add(f"{count} {plural}: calls per CPU second", server.name, rates[count])
        bench.table.add(f"{count} {plural}: futex calls per 1,000 calls", server.name,
                        waits / (calls / 10) * 1000)
    bench.table.add("2 workers: capacity to 1 worker's", server.name, 2 * rates[2] / rates[1])


def queries(bench):
    """Every policy has a Prometheus query of its own, asked each 15 s."""
    count = 1_000 if bench.chosen.quick else 10_000
    policies = fleet.write_queries(bench.folder / "queries", count, bench.upstreams.url)
    server = Headstart(bench.binary, policies)
    with server.start("GetMetrics") as process:
        # Once round, so that connections are open and readings there.
        time.sleep(16)
        seconds = 15 if bench.chosen.quick else 30
        cpu, asked, begun = process.cpu_seconds, bench.upstreams.queries, time.monotonic()
        time.sleep(seconds)
        elapsed = time.monotonic() - begun
        row = f"{count:,} Prometheus queries each 15 s"
        bench.table.add(f"{row}: share of a core", server.name,
                        (process.cpu_seconds - cpu) / elapsed, "share")
        bench.table.add(f"{row}: queries/s", server.name,
                        (bench.upstreams.queries - asked) / elapsed)
        bench.table.add(f"{row}: resident", server.name, process.resident, "B")


def pods(bench):
    """What one pod takes: a state directory, a query of its own for each policy, and a Prometheus that
    scrapes it."""
    for count in (0, 100) if bench.chosen.quick else (0, 100, 1_000, 5_000):
        policies = fleet.write_queries(bench.folder / f"pod-{count}", count, bench.upstreams.url)
        server = Headstart(bench.binary, policies)
        state = f"--state-dir={bench.folder / f'state-{count}'}"
        row = f"a pod with {count:,} policies"
        with server.start("GetMetrics", lambda command: [*command, state]) as process:
            # Once round, so that connections are open and readings there.
            time.sleep(16)
            bench.table.add(f"{row}: resident at its start, at most", server.name, process.most_resident, "B")
            cpu, begun = process.cpu_seconds, time.monotonic()
            for _ in range(1 if bench.chosen.quick else 4):
                server.get("/metrics")
                time.sleep(15)
            elapsed = time.monotonic() - begun
            bench.table.add(f"{row}: share of a core", server.name,
                            (process.cpu_seconds - cpu) / elapsed, "share")
            bench.table.add(f"{row}: resident", server.name, process.resident, "B")


def learning(bench):
    """Workloads learn 28 days of 5-minute buckets at the start while calls come at a steady pace."""
    count = 100 if bench.chosen.quick else 1_000
    policies = fleet.write_forecasts(bench.folder / "learning", count, bench.upstreams.url, "5m", "28d")
    names = [fleet.policy_name(index) for index in range(count)]
    requests = _write_requests(bench.folder / "learning-calls", ("GetMetrics",), names)
    server = Headstart(bench.binary, policies)
    row = f"{count:,} workloads learn 28 days"
    before = bench.upstreams.ranges
    with server.start("GetMetrics") as process:
        report = _paced(bench, server.port, 1_000, 4 if bench.chosen.quick else 10, requests)
        # Else the calls were not answered while it learnt.
        if _learnt(server) == count and not bench.chosen.quick:
            raise RuntimeError("everything was learnt before the calls were over")
        seconds = process.wait_until(lambda: _learnt(server, pause=0.5) == count, timeout=600)
        bench.table.add(f"{row}: until all are learnt", server.name, seconds, "s")
        bench.table.add(f"{row}: CPU", server.name, process.cpu_seconds, "s")
        bench.table.add(f"{row}: ranges asked", server.name, bench.upstreams.ranges - before)
        bench.table.add(f"{row}: resident", server.name, process.resident, "B")
        _add_latency(bench, f"{row}: meanwhile, at 1,000 calls/s", server, report, largest=True)


def forecasts(bench):
    """Every policy has a built-in forecast of its own, refreshed each step; a day is learnt first."""
    count, minutes = (1_000, 1) if bench.chosen.quick else (10_000, 5)
    policies = fleet.write_forecasts(
        bench.folder / "forecasts", count, bench.upstreams.url, f"{minutes}m", "1d")
    server = Headstart(bench.binary, policies)
    with server.start("GetMetrics") as process:
        process.wait_until(lambda: _learnt(server, pause=1) == count, timeout=900)
        cpu, asked, begun = process.cpu_seconds, bench.upstreams.ranges, time.monotonic()
        time.sleep(60 * minutes)
        elapsed = time.monotonic() - begun
        row = f"{count:,} forecasts refreshed each {minutes} min"
        bench.table.add(f"{row}: share of a core", server.name,
                        (process.cpu_seconds - cpu) / elapsed, "share")
        bench.table.add(f"{row}: ranges/s", server.name, (bench.upstreams.ranges - asked) / elapsed)
        bench.table.add(f"{row}: resident", server.name, process.resident, "B")
        _take_over(bench, policies, count, server)


def _take_over(bench, policies, count, peer):
    """A replica starts, and takes what another one has learnt."""
    server = Headstart(bench.binary, policies)
    row, asked = f"{count:,} forecasts taken over from a peer", bench.upstreams.ranges
    with server.start("GetMetrics", lambda command: [
            *command, f"--peers=127.0.0.1:{peer.http_port}"]) as process:
        seconds = process.wait_until(lambda: _learnt(server, pause=0.5) == count, timeout=300)
        bench.table.add(f"{row}: until all are there", server.name, seconds, "s")
        bench.table.add(f"{row}: CPU", server.name, process.cpu_seconds, "s")
        bench.table.add(f"{row}: ranges asked", server.name, bench.upstreams.ranges - asked)


def _learnt(server, pause=0.0):
    """How many workloads have learnt their history: only those say what share they kept."""
    time.sleep(pause)
    return server.series("headstart_forecast_kept_ratio")


def reload(bench):
    """All manifests change at once while calls come at a steady pace."""
    count = 1_000 if bench.chosen.quick else 10_000
    folder = fleet.write_constants(bench.folder / "reload", count)
    names = [fleet.policy_name(index) for index in range(count)]
    requests = _write_requests(bench.folder / "reload-calls", ("GetMetrics",), names)
    server = Headstart(bench.binary, folder)
    row = f"reload of {count:,} manifests"
    with server.start("GetMetrics") as process:
        _paced(bench, server.port, 5_000, 2, requests)
        quiet = _paced(bench, server.port, 1_000, 4, requests)
        _add_latency(bench, f"{row}: before, at 1,000 calls/s", server, quiet, largest=True)

        reports = []
        load = threading.Thread(
            target=lambda: reports.append(_paced(bench, server.port, 1_000, 8, requests)))
        load.start()
        time.sleep(1)
        fleet.write_constants(folder, count, more_replicas=1)
        written, cpu = time.monotonic(), process.cpu_seconds
        server.wait_for_replicas(names[-1], 4 + (count - 1) % 40, timeout=30)
        bench.table.add(f"{row}: from the last write to the new answer", server.name,
                        time.monotonic() - written, "s")
        bench.table.add(f"{row}: CPU", server.name, process.cpu_seconds - cpu, "s")
        load.join()
        if not reports:
            raise RuntimeError("the load during the reload failed")
        _add_latency(bench, f"{row}: meanwhile, at 1,000 calls/s", server, reports[0], largest=True)


def hanging(bench):
    """GetMetrics of three signals while the forecaster answers, and while it hangs."""
    requests = _write_requests(bench.folder / "hanging", ("GetMetrics",), [messages.NAME])
    seconds = 2 if bench.chosen.quick else 5
    for server in bench.servers[:2]:
        with server.start("GetMetrics"):
            server.verify("GetMetrics", bench.bodies)
            for state in ("healthy", "hanging"):
                if state == "hanging":
                    bench.upstreams.hanging.set()
                try:
                    time.sleep(1.5)
                    report = _paced(bench, server.port, 1_000, seconds, requests)
                finally:
                    bench.upstreams.hanging.clear()
                _add_latency(bench, f"1,000 calls/s, forecaster {state}", server, report)


def attacks(bench):
    """GetMetrics while one hostile connection attacks the same loop, and comes again when closed."""
    tests = Path(__file__).resolve().parents[2] / "Tests" / "EndToEnd"
    listed = subprocess.run([sys.executable, "-m", "harness.attacks"], cwd=tests, text=True,
                            capture_output=True, check=True)
    folder = fleet.write_constants(bench.folder / "attacked", 1)
    requests = _write_requests(bench.folder / "attacked-calls", ("GetMetrics",),
                               [fleet.policy_name(0)])
    seconds = 2 if bench.chosen.quick else 5
    for name in (None, *listed.stdout.splitlines()):
        server = Headstart(bench.binary, folder)
        with server.start("GetMetrics") as process:
            _paced(bench, server.port, 1_000, 1, requests)
            attack = name and subprocess.Popen(
                [sys.executable, "-m", "harness.attacks", name, str(server.port), str(seconds + 2)],
                cwd=tests, stdout=subprocess.DEVNULL)
            try:
                time.sleep(0.5)
                report = _paced(bench, server.port, 1_000, seconds, requests)
            finally:
                if attack:
                    attack.terminate()
                    attack.wait()
            row = f"1,000 calls/s, attacked by {name}" if name else "1,000 calls/s, not attacked"
            _add_latency(bench, row, server, report, largest=True)
            bench.table.add(f"{row}: resident", server.name, process.resident, "B")
