"""The end of the process: under load, with silent peers, and its exit code."""

import signal
import socket
import threading

import grpc
import pytest

from harness.frames import Connection, data_frame, prefixed
from harness.policies import fixed, policy
from harness.waiting import eventually

IS_ACTIVE = "/externalscaler.ExternalScaler/IsActive"
REFERENCE = b"\x0a\x06my-api\x12\x07default"
POLICY = {"a.yaml": policy("my-api", fixed(3))}


def test_sigterm_under_load_fails_nothing_but_new_connections(headstart, scaler):
    server = headstart(policies=POLICY)
    problems, stopped, busy, counts = [], threading.Event(), threading.Semaphore(0), []

    def call_until_gone(client):
        count = 0
        while not stopped.is_set():
            try:
                assert client.replicas("my-api", timeout=10) == 3
                count += 1
                if count == 20:
                    busy.release()
            except grpc.RpcError as error:
                # Once the listener is closed; a call that was accepted must be answered.
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    problems.append((error.code(), error.details()))
                elif "Socket closed" in error.details():
                    problems.append(("lost", error.details()))
                break
        counts.append(count)

    threads = [
        threading.Thread(target=call_until_gone, args=(scaler(server),), daemon=True)
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert busy.acquire(timeout=20)
    server.terminate()
    assert server.wait() == 0
    stopped.set()
    for thread in threads:
        thread.join(15)
    assert problems == []
    assert len(counts) == 16 and min(counts) >= 20


def test_sigint_ends_it_too(headstart):
    server = headstart(policies=POLICY)
    server.process.send_signal(signal.SIGINT)
    assert server.wait() == 0


def test_a_goaway_comes_before_the_close(headstart):
    server = headstart(policies=POLICY)
    connection = Connection(server.grpc_port)
    connection.handshake()
    stream = connection.request(
        "/externalscaler.ExternalScaler/StreamIsActive", b"\x0a\x06my-api\x12\x07default"
    )
    connection.receive(lambda: connection.record(stream).body)
    server.terminate()
    assert connection.finish(stream).status == 0
    connection.receive(lambda: False)
    assert connection.closed
    assert connection.goaway is not None and connection.goaway.error_code == 0
    assert server.wait() == 0


def test_silent_peers_do_not_outlast_the_drain(headstart):
    server = headstart(
        "--drain-timeout=2s", "--request-timeout=60s", "--stall-timeout=60s",
        "--handshake-timeout=60s", policies=POLICY,
    )  # fmt: skip
    # One that says nothing, one that stops in the middle of a call, one that reads nothing.
    mute = socket.create_connection(("127.0.0.1", server.grpc_port))
    halfway = Connection(server.grpc_port)
    halfway.handshake()
    stream = halfway.open(IS_ACTIVE)
    halfway.send(data_frame(stream, prefixed(b"\x0a\x06my-api")[:4]))
    deaf = Connection(server.grpc_port, polite=False)
    deaf.handshake(settings={4: 0})
    answer = deaf.request(IS_ACTIVE, REFERENCE)
    # All three are where they stay: headers need no window, and frames are taken in their order.
    deaf.receive(lambda: deaf.record(answer).headers)
    halfway.finish(halfway.request(IS_ACTIVE, REFERENCE))
    eventually(lambda: server.metric("headstart_connections") == 3)
    server.terminate()
    # Each of their own limits is a minute: the drain is what ends them.
    assert server.wait(timeout=20) == 0
    for peer in (mute, halfway.socket, deaf.socket):
        peer.close()


@pytest.fixture
def draining(headstart):
    """A server whose drain lasts, because a call is open: draining(*flags) -> (server, connection)."""
    opened = []

    def start(*flags):
        server = headstart(*flags, "--request-timeout=60s", policies=POLICY)
        halfway = Connection(server.grpc_port)
        opened.append(halfway)
        halfway.handshake()
        halfway.open(IS_ACTIVE)
        # Once the next call has its answer, the server knows of the open one.
        halfway.finish(halfway.request(IS_ACTIVE, REFERENCE))
        return server, halfway

    yield start
    for connection in opened:
        connection.close()


def test_readiness_goes_before_the_server(draining):
    server, halfway = draining("--drain-timeout=60s")
    assert server.get("/readyz").status == 200
    server.terminate()
    # The side port answers as long as there are calls.
    eventually(lambda: server.get("/readyz").status == 503)
    assert server.get("/livez").status == 200
    assert server.process.poll() is None
    halfway.close()
    assert server.wait() == 0


def test_a_second_signal_ends_it_at_once(draining):
    server, _ = draining("--drain-timeout=60s")
    server.terminate()
    eventually(lambda: server.get("/readyz").status == 503)
    assert server.process.poll() is None
    server.terminate()
    # What an uncaught SIGTERM gives, and not the end of the drain.
    assert server.wait(timeout=20) == 128 + signal.SIGTERM
    # Not the end that the fixture expects of every server.
    server.process.returncode = 0
