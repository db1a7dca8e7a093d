"""The process and what it is started with: arguments, descriptors, signals, the log's reader."""

import json
import os
import subprocess
import sys
from contextlib import suppress

import grpc
import pytest

from harness.paths import BINARY
from harness.policies import fixed, policy
from harness.server import clean_environment, free_port, run_command
from harness.waiting import eventually

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


# The reader of the log


def full_pipe(blocking):
    """A pipe that takes no more: (reading end, writing end)."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, b"x")
    os.set_blocking(writing, blocking)
    return reading, writing


@pytest.fixture(params=["unread pipe", "unread pipe, not blocking", "full disk", "gone reader"])
def bad_reader(request):
    """A descriptor for the log that takes no line."""
    if request.param == "full disk":
        ends = (os.open("/dev/full", os.O_WRONLY),)
    elif request.param == "gone reader":
        reading, writing = os.pipe()
        os.close(reading)
        ends = (writing,)
    else:
        ends = full_pipe("not" not in request.param)
    yield ends[-1]
    for end in ends:
        os.close(end)


def test_a_log_that_cannot_be_written_stops_nothing(bad_reader, headstart, scaler):
    server = headstart("--log-level=debug", errors=bad_reader, policies=POLICY)
    client = scaler(server)
    for number in range(20):
        with pytest.raises(grpc.RpcError):
            client.replicas(f"made-up-{number}", timeout=10)
    assert client.replicas("my-api", timeout=10) == 3
    server.terminate()
    assert server.wait(timeout=20) == 0


def test_lines_that_a_full_disk_refuses_are_counted(headstart):
    with open("/dev/full", "w") as full:
        server = headstart(errors=full, policies=POLICY)
        eventually(lambda: server.metric("headstart_log_lines_dropped_total") > 0)


def test_a_reader_that_stops_and_goes_on_gets_every_line(headstart):
    reading, writing = full_pipe(blocking=True)
    server = headstart(errors=writing, policies=POLICY)
    os.close(writing)
    server.terminate()
    with open(reading, "rb") as log:
        text = log.read().lstrip(b"x").decode()
    assert server.wait() == 0
    messages = [json.loads(line)["message"] for line in text.splitlines()]
    wanted = ["serving", "draining", "stopped"]
    assert [message for message in messages if message in wanted] == wanted


def test_a_start_that_fails_ends_though_its_error_cannot_be_written(bad_reader):
    finished = subprocess.run(
        [str(BINARY), "serve", "--lead-time=soon"],
        stderr=bad_reader, timeout=20, env=clean_environment(),
    )  # fmt: skip
    assert finished.returncode == 2
