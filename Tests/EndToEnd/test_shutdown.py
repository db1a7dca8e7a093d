"""The end of the process: under load, with silent peers, and its exit code."""

import signal
import socket
import threading
import time

import grpc

from harness.frames import Connection, data_frame, prefixed
from harness.policies import fixed, policy

POLICY = {"a.yaml": policy("my-api", fixed(3))}


def test_sigterm_under_load_fails_nothing_but_new_connections(headstart, scaler):
    server = headstart(policies=POLICY)
    problems, stopped, counts = [], threading.Event(), []

    def call_until_gone(client):
        count = 0
        while not stopped.is_set():
            try:
                assert client.replicas("my-api", timeout=10) == 3
                count += 1
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
    time.sleep(1)
    server.terminate()
    assert server.wait() == 0
    stopped.set()
    for thread in threads:
        thread.join(15)
    assert problems == []
    assert len(counts) == 16 and min(counts) > 10


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
    server = headstart("--drain-timeout=2s", policies=POLICY)
    # One that says nothing, one that stops in the middle of a call, one that reads nothing.
    mute = socket.create_connection(("127.0.0.1", server.grpc_port))
    halfway = Connection(server.grpc_port)
    halfway.handshake()
    stream = halfway.open("/externalscaler.ExternalScaler/IsActive")
    halfway.send(data_frame(stream, prefixed(b"\x0a\x06my-api")[:4]))
    deaf = Connection(server.grpc_port, polite=False)
    deaf.handshake(settings={4: 0})
    deaf.request("/externalscaler.ExternalScaler/IsActive", b"\x0a\x06my-api\x12\x07default")
    time.sleep(0.5)
    start = time.monotonic()
    server.terminate()
    assert server.wait(timeout=10) == 0
    assert time.monotonic() - start < 6
    for peer in (mute, halfway.socket, deaf.socket):
        peer.close()


def test_readiness_goes_before_the_server(headstart):
    server = headstart("--drain-timeout=5s", policies=POLICY)
    # Holds the drain open, so that there is time to look.
    halfway = Connection(server.grpc_port)
    halfway.handshake()
    halfway.open("/externalscaler.ExternalScaler/IsActive")
    time.sleep(0.3)
    server.terminate()
    time.sleep(0.3)
    try:
        assert server.get("/readyz").status == 503
    except OSError:
        # The side port may be closed already.
        pass
    halfway.close()
    assert server.wait() == 0


def test_a_second_signal_ends_it_at_once(headstart):
    server = headstart("--drain-timeout=60s", policies=POLICY)
    # Holds the drain open.
    halfway = Connection(server.grpc_port)
    halfway.handshake()
    halfway.open("/externalscaler.ExternalScaler/IsActive")
    time.sleep(0.3)
    server.terminate()
    time.sleep(0.3)
    assert server.process.poll() is None
    server.terminate()
    # What an uncaught SIGTERM gives.
    assert server.wait(timeout=5) == 128 + signal.SIGTERM
    halfway.close()
    # Not the end that the fixture expects of every server.
    server.process.returncode = 0
