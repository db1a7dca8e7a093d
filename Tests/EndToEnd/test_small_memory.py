"""The shipped limits fit into the shipped memory: 128 MiB, of which Headstart takes 96 at most.

Whatever strangers do to both ports, the server lives, and known ScaledObjects are answered.
"""

import socket
import threading
import time
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path

import pytest

from harness import latency
from harness.cgroup import MemoryGroup
from harness.policies import fixed, policy
from harness.raw import (
    BIDIRECTIONAL,
    PREFACE,
    SERVICE,
    STREAMING,
    UNARY,
    data,
    headers,
    message,
    request,
    settings,
    window_update,
)
from harness.server import SANITIZER_KILOBYTES
from harness.waiting import eventually

CONTAINER = 128 << 20
MOST_KILOBYTES = 96 << 10
SECONDS = 4


@pytest.fixture
def group():
    if SANITIZER_KILOBYTES:
        pytest.skip("a sanitizer takes more memory than the container has")
    try:
        group = MemoryGroup(CONTAINER)
    except OSError as problem:
        pytest.skip(f"no control group can be made here: {problem}")
    yield group
    eventually(lambda: group.close() is None, 10)


def field(number, value):
    value = value if isinstance(value, bytes) else value.encode()
    length = len(value)
    digits = bytearray()
    while length >= 128:
        digits.append(length & 127 | 128)
        length >>= 7
    digits.append(length)
    return bytes([number << 3 | 2]) + bytes(digits) + value


def reference(name, **metadata):
    pairs = (field(3, field(1, key) + field(2, value)) for key, value in metadata.items())
    return field(1, name) + field(2, "default") + b"".join(pairs)


class Flood:
    """One connection that sends `body(number)` as calls of `path`, and reads the answers or not.

    `window` is what the answer of each may send.
    """

    def __init__(
        self, server, body, path=SERVICE + "IsActive", reads=True, end=True, window=0x7FFF_FFFF
    ):
        self.socket = socket.create_connection(("127.0.0.1", server.grpc_port), timeout=10)
        update = window_update(0, 0x7FFF_0000 - 65_535)
        self.socket.sendall(PREFACE + settings((4, window)) + update + settings(flags=1))
        self.body, self.path, self.reads, self.end = body, path, reads, end
        self.calls = 0

    def run(self, seconds):
        deadline = time.monotonic() + seconds
        reader = threading.Thread(target=self._read, daemon=True)
        if self.reads:
            reader.start()
        self.socket.settimeout(0.5)
        with suppress(OSError):
            for number in count():
                if time.monotonic() > deadline:
                    break
                stream = 2 * number + 1
                self.socket.sendall(
                    headers(stream, request(self.path))
                    + data(stream, message(self.body(number)), end=self.end)
                )
                self.calls += 1
        return self

    def _read(self):
        with suppress(OSError):
            while self.socket.recv(1 << 18):
                pass

    def close(self):
        self.socket.close()


def made_up(**metadata):
    filled = lambda number: {key: value.replace("@", str(number)) for key, value in metadata.items()}
    return lambda number: reference(f"made-up-{number}", **filled(number))


# A message has its limit of 32 KiB of metadata, and DATA its 16 KiB.
FLOODS = {
    "unknown names": made_up(),
    "unknown policies": made_up(policy="none-@"),
    "another's policy": made_up(policy="web"),
    "lead times": lambda number: reference("web", leadTime=f"{number + 1}s"),
    "metric names": lambda number: reference("web", metricName=f"m-{number}"),
    "long metadata": made_up(policy="web", query="x" * 15_000),
    "long triggers": made_up(desiredReplicas="3", start="0 8 * * *", end="0 9 * * *", timezone="UTC"),
    "unknown keys": made_up(policy="web", **{f"key-{n}": "v" * 100 for n in range(100)}),
}


CRON = {"end": "1-59/2 * * * *", "timezone": "America/New_York", "desiredReplicas": "3"}
# What takes the control loop longest for each name.
COSTLY = {
    "triggers that change each minute for a week": made_up(
        start="*/2 * * * *", leadTime="167h", **{**CRON, "desiredReplicas": "1@"}
    ),
    "rare days": made_up(start="0 0 29 2 *", leadTime="@s", **{**CRON, "end": "0 0 31 12 *"}),
    "wrong time zones": made_up(start="0 8 * * *", **{**CRON, "timezone": "America/New_Yorkk@"}),
}


def peak_kilobytes(server):
    for line in Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise AssertionError("no VmHWM")


def attacked(server, load):
    """While `load()` runs, the known ScaledObject is answered within 100 ms each time."""
    latency.judge("grpc", server.grpc_port, load)


def judge(server, group, client):
    assert server.process.poll() is None, server.log_text
    assert group.kills == 0
    assert peak_kilobytes(server) < MOST_KILOBYTES
    assert client.replicas("web") == 20


def start(headstart, group, *flags):
    manifests = {"a.yaml": policy("web", fixed(20))}
    return headstart(*flags, policies=manifests, prepare=group.enter)


@pytest.mark.parametrize("name", FLOODS)
def test_floods_of_made_up_names_do_not_fill_the_container(group, headstart, scaler, name):
    server = start(headstart, group)
    client = scaler(server)

    def load():
        flood = Flood(server, FLOODS[name]).run(SECONDS)
        assert flood.calls > 1000, flood.calls
        flood.close()

    attacked(server, load)
    judge(server, group, client)
    # What the flood left to do comes first: seconds, beside other tests.
    server.get("/metrics", timeout=60)
    # A quarter more than --max-implied, and the name that passed it.
    assert server.metric("headstart_implied_bytes") < 21 << 20
    server.stop()


@pytest.mark.parametrize("name", COSTLY)
def test_costly_triggers_leave_the_control_loop_to_others(group, headstart, scaler, name):
    server = start(headstart, group)

    def load():
        flood = Flood(server, COSTLY[name]).run(SECONDS)
        assert flood.calls > 100, flood.calls
        flood.close()

    latency.judge("decision", server.http_port, load)
    judge(server, group, scaler(server))
    server.stop()


def test_implied_names_do_not_fill_the_container(group, headstart, scaler, forecaster):
    server = start(headstart, group, f"--forecaster-url={forecaster.url}")
    client = scaler(server)
    forecaster.mode = "not_found"
    attacked(server, lambda: Flood(server, made_up()).run(SECONDS).close())
    judge(server, group, client)
    # What the forecaster knows nothing of is no label.
    assert "made-up" not in server.get("/metrics", timeout=60).text
    server.stop()


def test_connections_streams_and_scrapes_do_not_fill_the_container(group, headstart, scaler):
    server = start(headstart, group)
    client = scaler(server)
    stopping = threading.Event()

    def scrape():
        while not stopping.is_set():
            with suppress(OSError):
                server.get("/metrics")

    def load():
        with ExitStack() as stack:
            for number in range(10_000):
                with suppress(OSError):
                    connection = socket.create_connection(("127.0.0.1", server.grpc_port), 5)
                    stack.callback(connection.close)
                    connection.sendall(PREFACE + settings())
            # Those that are open, for the time that it takes to end them.
            unread = Flood(server, lambda _: b"\x3a\x00" * 100, BIDIRECTIONAL, reads=False, end=False)
            stack.callback(unread.close)
            unread.run(SECONDS)
        # The next round finds places for its connections.
        eventually(lambda: server.metric("headstart_connections") < 10)

    scrapers = [threading.Thread(target=scrape) for _ in range(4)]
    for thread in scrapers:
        thread.start()
    try:
        attacked(server, load)
    finally:
        stopping.set()
    for thread in scrapers:
        thread.join(30)
    judge(server, group, client)
    server.stop()


def test_long_answers_that_nobody_reads_do_not_fill_the_container(group, headstart, scaler):
    policies = [policy("web", fixed(20)), *(policy(f"other-{n}", fixed(3)) for n in range(1000))]
    server = headstart(policies={"a.yaml": "\n---\n".join(policies)}, prepare=group.enter)
    with ExitStack() as stack:
        # As many as may wait for an answer that takes long.
        for _ in range(60):
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", server.http_port))
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        ended = "headstart_http_connections_ended_total"
        eventually(lambda: (server.metric(ended, reason="displaced") or 0) > 30, 60)
        judge(server, group, scaler(server))
    server.stop()


# What an open call holds, on as many connections as there may be.
OPEN_CALLS = {
    "streams": (made_up(policy="web"), STREAMING, True),
    "unread answers": (lambda _: b"\x3a\x00" * 100, BIDIRECTIONAL, False),
    "incomplete requests": (lambda _: b"v" * 15_000, UNARY, False),
}


@pytest.mark.parametrize("name", OPEN_CALLS)
def test_open_calls_of_many_connections_do_not_fill_the_container(group, headstart, scaler, name):
    """One connection may hold 16 MiB, and all of them together twice that."""
    server = start(headstart, group)
    client = scaler(server)
    body, path, end = OPEN_CALLS[name]

    def load():
        with ExitStack() as stack:
            for _ in range(8):
                flood = Flood(server, body, path, reads=False, end=end, window=0)
                stack.callback(flood.close)
                flood.run(SECONDS / 4)
            assert server.metric("headstart_call_memory_bytes") <= 32 << 20
            # Who comes late and needs little is served.
            assert scaler(server).replicas("web") == 20
            judge(server, group, client)
        eventually(lambda: server.metric("headstart_streams") == 0, 30)

    attacked(server, load)
    assert server.metric("headstart_limits_exceeded_total", limit="call_memory") > 0
    server.stop()
