"""Counterparts in processes of their own, which can be killed and stopped as a whole."""

import signal
import subprocess
import sys
import time

from .forecaster import Forecaster
from .paths import ROOT
from .server import free_port
from .waiting import eventually


class ForecasterProcess:
    """A forecaster that answers well, as long as it is let."""

    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness.processes", str(self.port)],
            cwd=ROOT / "Tests" / "EndToEnd",
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout.readline() == b"ready\n"

    def signal(self, number):
        self._process.send_signal(number)

    def kill(self):
        self._process.kill()
        self._process.wait()

    def close(self):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._process.stdout.close()


def is_stopped(pid):
    """Whether a process has been stopped by a signal."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(") ")[2].startswith("T")


def stop(process):
    """Stops a process and waits until it is."""
    process.send_signal(signal.SIGSTOP)
    eventually(lambda: is_stopped(process.pid))


def _serve(port):
    forecaster = Forecaster(port)
    print("ready", flush=True)
    # Killed in the end; nothing here shall outlive a test that is.
    time.sleep(600)
    forecaster.close()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
