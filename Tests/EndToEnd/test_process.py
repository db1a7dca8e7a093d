"""The process and what it is started with: arguments, descriptors, signals, the log's reader."""

import os
import subprocess
import sys

import pytest

from harness.paths import BINARY
from harness.policies import fixed, policy
from harness.server import clean_environment, free_port, run_command

POLICY = {"a.yaml": policy("my-api", fixed(3))}


# Arguments


def run_without_proc(*arguments):
    """Runs the binary where /proc is empty; skips the test where that cannot be made."""
    namespace = ["unshare", "--mount", "--map-root-user"]
    if os.geteuid() == 0:
        namespace = ["unshare", "--mount"]
    mount = 'mount -t tmpfs none /proc && exec "$@"'
    trial = subprocess.run([*namespace, "sh", "-c", mount, "sh", "true"], capture_output=True)
    if trial.returncode != 0:
        pytest.skip(f"no mount namespace here: {trial.stderr.decode().strip()}")
    return subprocess.run(
        [*namespace, "sh", "-c", mount, "sh", str(BINARY), *arguments],
        capture_output=True, text=True, timeout=30, env=clean_environment(),
    )  # fmt: skip


def test_arguments_are_read_without_proc():
    finished = run_without_proc("version")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith("headstart ")


def test_a_wrong_flag_is_refused_without_proc():
    finished = run_without_proc("serve", "--lead-time=soon")
    assert finished.returncode == 2
    assert "--lead-time" in finished.stderr


# Python's own exec refuses an empty list.
EXEC_WITHOUT_ARGUMENTS = """
import ctypes, os, sys
none = (ctypes.c_char_p * 1)(None)
variables = [f"{key}={value}".encode() for key, value in os.environ.items()]
environment = (ctypes.c_char_p * (len(variables) + 1))(*variables, None)
ctypes.CDLL(None).execve(sys.argv[1].encode(), none, environment)
"""


def test_an_empty_command_line_is_one_line_and_exit_code_2():
    # Ports of its own, so that a server that starts nevertheless disturbs no other.
    ports = {name: f"127.0.0.1:{free_port()}" for name in ("SCALER_LISTEN", "HTTP_LISTEN")}
    finished = subprocess.run(
        [sys.executable, "-c", EXEC_WITHOUT_ARGUMENTS, str(BINARY)],
        capture_output=True, text=True, timeout=20, env=clean_environment(ports),
    )  # fmt: skip
    assert finished.returncode == 2
    lines = finished.stderr.splitlines()
    assert len(lines) == 1 and "the command line is empty" in lines[0], lines


# Descriptors


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)], ids=str)
def test_descriptors_that_are_closed_at_the_start(closed, headstart):
    server = headstart(policies=POLICY, prepare=lambda: [os.close(number) for number in closed])
    for number in closed:
        assert os.readlink(f"/proc/{server.process.pid}/fd/{number}") == "/dev/null"
    # The fixture's stop expects exit code 0.


def test_a_command_without_standard_output_ends_well():
    finished = run_command("version", preexec_fn=lambda: [os.close(number) for number in range(3)])
    assert finished.returncode == 0
