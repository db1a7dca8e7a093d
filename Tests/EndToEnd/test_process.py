"""The process and what it is started with: arguments, descriptors, signals, the log's reader."""

import json
import os
import signal
import socket
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


# Signals


def test_sighup_reads_everything_again(headstart):
    server = headstart(policies=POLICY)
    reloads = server.metric("headstart_manifest_reloads_total")
    server.process.send_signal(signal.SIGHUP)
    server.wait_for_log('"reload"', "SIGHUP")
    line = json.loads(server.wait_for_log('"reloaded"'))
    assert (line["level"], line["policies"], line["problems"]) == ("info", 1, "")
    # Nothing had changed, and it was read nevertheless.
    assert server.metric("headstart_manifest_reloads_total") == reloads + 1


def test_a_reload_says_what_is_wrong_each_time(headstart, tmp_path):
    token = tmp_path / "token"
    token.write_text("secret")
    server = headstart(f"--http-token-file={token}", policies=POLICY)
    authorization = {"Authorization": "Bearer secret"}
    assert reload(server).status == 401
    assert reload(server, authorization).json == {"message": "reloaded", "policies": 1}
    (tmp_path / "policies" / "b.yaml").write_text("kind: [")
    for _ in range(2):
        answer = reload(server, authorization)
        assert answer.status == 500
        assert "errors" in answer.json["error"]
    token.write_text("")
    server.process.send_signal(signal.SIGHUP)
    server.wait_for_log('"reloaded"', "token")
    assert server.get("/-/ready").status == 200


def reload(server, headers=None):
    return server.get("/-/reload", headers=headers, method="POST")


def test_sigusr1_logs_at_debug_until_the_second(headstart):
    server = headstart("--log-level=warn", policies=POLICY)

    def debug_lines():
        # A connection that does not speak HTTP/2 is refused with a line at debug.
        with socket.create_connection(("127.0.0.1", server.grpc_port)) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            connection.settimeout(10)
            while connection.recv(4096):
                pass
        return server.metric("headstart_log_records_total", level="debug")

    assert debug_lines() == 0
    server.process.send_signal(signal.SIGUSR1)
    server.wait_for_log("log level is debug", "10m")
    eventually(lambda: debug_lines() > 0)
    server.process.send_signal(signal.SIGUSR1)
    server.wait_for_log("log level is as before", "warn")
    before = server.metric("headstart_log_records_total", level="debug")
    debug_lines()
    assert debug_lines() == before


def test_sigusr2_and_sigpipe_are_ignored(headstart):
    server = headstart(policies=POLICY)
    for number in (signal.SIGUSR2, signal.SIGPIPE):
        server.process.send_signal(number)
    assert server.get("/-/healthy").status == 200


def test_signals_of_no_end_do_not_cut_off_the_drain(headstart):
    server = headstart(policies=POLICY)
    server.terminate()
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        server.process.send_signal(number)
    assert server.wait() == 0


def test_sigquit_ends_it_at_once(headstart):
    # A shell lets what it starts in the background ignore it.
    server = headstart(policies=POLICY, prepare=lambda: signal.signal(signal.SIGQUIT, signal.SIG_DFL))
    server.process.send_signal(signal.SIGQUIT)
    assert server.wait() == -signal.SIGQUIT
    # Not the end that the fixture expects of every server.
    server.process.returncode = 0


# Addresses


def test_the_ipv6_address_of_all_interfaces_takes_ipv4_too():
    ports = {"--listen": free_port(), "--http-listen": free_port()}
    flags = [f"{name}=[::]:{port}" for name, port in ports.items()]
    server = subprocess.Popen(
        [str(BINARY), "serve", "--log-format=json", *flags],
        stderr=subprocess.PIPE, text=True, env=clean_environment(),
    )  # fmt: skip
    try:
        record = next(line for line in map(json.loads, server.stderr) if line["message"] == "serving")
        assert record["grpc"] == f"[::]:{ports['--listen']}"
        assert record["http"] == f"[::]:{ports['--http-listen']}"
        for port in ports.values():
            for host in ("127.0.0.1", "::1"):
                socket.create_connection((host, port), timeout=10).close()
    finally:
        server.terminate()
        assert server.wait(20) == 0
        server.stderr.close()
