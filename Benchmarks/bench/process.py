"""A process under measurement: pinned, favoured by the scheduler, and read from /proc."""

import os
import resource
import signal
import socket
import subprocess
import time
from pathlib import Path

SERVER_CORE, CLIENT_CORE, BOTH_CORES = 0, 1, "0,1"
_TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    """A loopback port that no one listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def prepare_self():
    """Moves this process to the client's core and lets it and its children open many sockets."""
    os.sched_setaffinity(0, {CLIENT_CORE})
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def favoured(command, core):
    """The command on one core and, where that is allowed, ahead of whatever else runs here."""
    nice = ["nice", "-n", "-10"] if os.geteuid() == 0 else []
    # Both replace themselves by the command: its process id is the child's.
    return [*nice, "taskset", "-c", str(core), *map(str, command)]


class ServerProcess:
    """A server of the comparison. `stop` ends it; so does leaving the context."""

    def __init__(self, command, core=SERVER_CORE, environment=None, log=None):
        self.command = command
        self._log = open(log, "wb") if log else subprocess.DEVNULL
        self.started = time.monotonic()
        self._process = subprocess.Popen(
            favoured(command, core),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            env=os.environ | (environment or {}),
        )
        self.pid = self._process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self, timeout=30):
        if self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def wait_for_port(self, port, timeout=60.0):
        """Returns the seconds from the start to the first accepted connection."""

        def accepts():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        return self.wait_until(accepts, timeout)

    def wait_until(self, condition, timeout=60.0):
        """Returns the seconds from the start to the condition, looked at every half millisecond."""
        while not condition():
            elapsed = time.monotonic() - self.started
            if self._process.poll() is not None:
                raise RuntimeError(f"{self.command[0]} ended with {self._process.returncode}")
            if elapsed > timeout:
                raise RuntimeError(f"{self.command[0]} was not ready after {timeout:.0f} s")
            time.sleep(0.0005)
        return time.monotonic() - self.started

    @property
    def cpu_seconds(self):
        """User and system time of all threads. Counts in steps of 10 ms."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    @property
    def resident(self):
        """Bytes of memory that are resident, mapped files such as the binary included."""
        return self._memory("VmRSS")

    @property
    def most_resident(self):
        """The most that was ever resident."""
        return self._memory("VmHWM")

    def _memory(self, name):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError(f"no {name}")
