"""Costs of one call that do not depend on how busy the machine is."""

import signal
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

from .callgrind import Callgrind
from .load import run_load

# Valgrind runs a server some fifty times slower.
_INSTRUMENTED_CALLS = 5_000
_COUNTED_CALLS = 50_000


def instructions_per_call(server, load, bodies):
    """Instructions of user space, all threads, per call: by perf where the processor lets it."""
    measure = _by_perf if _perf_works() else _by_callgrind
    return measure(server, load, bodies[load.method], server.answers[load.method])


@cache
def _perf_works():
    """Whether the processor's counter can be read; most virtual machines have none."""
    try:
        return _perf(["true"]) is not None
    except FileNotFoundError:
        return False


def _perf(arguments):
    """The counted instructions, or None where they are not supported."""
    output = subprocess.run(["perf", "stat", "-x,", "-e", "instructions:u", *arguments],
                            capture_output=True, text=True, timeout=120).stderr
    counts = [line.split(",")[0] for line in output.splitlines() if "instructions" in line]
    return int(counts[0]) if counts and counts[0].isdigit() else None


def _by_perf(server, load, body, size):
    with server.start(load.method) as process:
        run_load(server.port, load, _COUNTED_CALLS, body, size)
        perf = subprocess.Popen(
            ["perf", "stat", "-x,", "-e", "instructions:u", "-p", str(process.pid)],
            stderr=subprocess.PIPE, text=True)
        # It does not say when it has begun.
        time.sleep(0.5)
        run_load(server.port, load, _COUNTED_CALLS, body, size)
        perf.send_signal(signal.SIGINT)
        output = perf.communicate(timeout=10)[1]
    counts = [line.split(",")[0] for line in output.splitlines() if "instructions" in line]
    return int(counts[0]) / _COUNTED_CALLS


def _by_callgrind(server, load, body, size):
    with tempfile.TemporaryDirectory() as folder:
        callgrind = Callgrind(folder)
        with server.start(load.method, callgrind.command) as process:
            run_load(server.port, load, 1_000, body, size)
            callgrind.begin(process.pid)
            run_load(server.port, load, _INSTRUMENTED_CALLS, body, size)
            return callgrind.counts(process.pid).instructions / _INSTRUMENTED_CALLS


def futex_calls(pid, work):
    """How often the process asked the kernel to wait for a lock, or to wake who waits for one."""
    with tempfile.NamedTemporaryFile("r") as counts:
        strace = subprocess.Popen(
            ["strace", "-f", "-c", "-e", "trace=futex", "-o", counts.name, "-p", str(pid)],
            stderr=subprocess.DEVNULL)
        # It does not say when it has begun.
        time.sleep(0.5)
        work()
        strace.send_signal(signal.SIGINT)
        strace.wait(timeout=10)
        for line in counts:
            fields = line.split()
            if fields and fields[-1] == "futex":
                return int(fields[3])
    return 0


def allocations_per_call(server, load, bodies, library):
    """Calls of malloc and its like, all threads, per call; restarted with the counter."""
    body, size = bodies[load.method], server.answers[load.method]
    with tempfile.NamedTemporaryFile() as counter:
        counter.write(bytes(8))
        counter.flush()

        def count():
            return int.from_bytes(Path(counter.name).read_bytes(), "little")

        environment = {"LD_PRELOAD": str(library), "ALLOCATIONS_FILE": counter.name}
        with server.start(load.method, environment=environment):
            # The connections' own allocations are in both numbers, and so cancel out.
            before = count()
            run_load(server.port, load, _COUNTED_CALLS, body, size)
            between = count()
            run_load(server.port, load, 3 * _COUNTED_CALLS, body, size)
            after = count()
    return ((after - between) - (between - before)) / (2 * _COUNTED_CALLS)


def allocations(library, work):
    """Calls of malloc and its like of the program that `work` runs in the given environment."""
    with tempfile.NamedTemporaryFile() as counter:
        counter.write(bytes(8))
        counter.flush()
        work({"LD_PRELOAD": str(library), "ALLOCATIONS_FILE": counter.name})
        return int.from_bytes(Path(counter.name).read_bytes(), "little")
