"""Connections that end by their age, under clients that notice nothing, and through proxies that cut idle ones."""

import contextlib
import socket
import struct
import threading
import time

import grpc
import pytest

from harness.policies import fixed, policy
from harness.stubs import Scaler
from harness.waiting import eventually

POLICIES = {"a.yaml": policy("my-api", fixed(3)), "b.yaml": policy("asleep", fixed(0))}


class Caller:
    """Calls without a pause on a connection of its own, and opens its stream again whenever that ends with OK."""

    def __init__(self, scaler):
        self._scaler = scaler
        self._stop = threading.Event()
        self.calls = 0
        self.streams = 0
        self.failures = []
        self._stream = None
        self._threads = [
            threading.Thread(target=self._run, args=(work,), daemon=True)
            for work in (self._call, self._call, self._call, self._read)
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        if self._stream is not None:
            self._stream.cancel()
        for thread in self._threads:
            thread.join(10)

    def _run(self, work):
        while not self._stop.is_set():
            try:
                work()
            except (grpc.RpcError, AssertionError) as error:
                if not self._stop.is_set():
                    self.failures.append(error)

    def _call(self):
        assert self._scaler.replicas("my-api", timeout=20) == 3
        assert self._scaler.active("my-api", timeout=20) is True
        self.calls += 2

    def _read(self):
        self._stream = self._scaler.stub.StreamIsActive(self._scaler.reference("my-api"))
        results = [message.result for message in self._stream]
        # The end of the iteration is OK; any other status is raised.
        assert results and all(results)
        self.streams += 1


def test_a_connection_that_ends_by_age_loses_no_call(headstart, scaler):
    server = headstart("--max-connection-age=1s", policies=POLICIES)
    with contextlib.ExitStack() as stack:
        callers = [stack.enter_context(Caller(scaler(server))) for _ in range(4)]
        eventually(
            lambda: all(caller.streams >= 3 for caller in callers),
            timeout=60,
            message=lambda: [(caller.streams, caller.failures) for caller in callers],
        )
    assert [caller.failures for caller in callers] == [[], [], [], []]
    assert all(caller.calls > 0 for caller in callers)
    # Each stream ended with a connection of its own, in good order and not by the end of the grace.
    assert server.metric("headstart_connections_closed_total", reason="age") >= 12
    assert server.metric("headstart_limits_exceeded_total", limit="age_grace") == 0


class IdleProxy:
    """A TCP proxy that resets both sides of a connection on which nothing was sent for `idle` seconds, as load balancers do."""

    def __init__(self, port, idle):
        self._target = ("127.0.0.1", port)
        self._idle = idle
        self.cut = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, socket.create_connection(self._target) as server:
            last = [time.monotonic()]
            ways = [(client, server), (server, client)]
            threads = [threading.Thread(target=self._pump, args=(*way, last), daemon=True) for way in ways]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    def _pump(self, source, sink, last):
        source.settimeout(0.1)
        with contextlib.suppress(OSError):
            while True:
                try:
                    data = source.recv(65536)
                except TimeoutError:
                    if time.monotonic() - last[0] < self._idle:
                        continue
                    self.cut += 1
                    for one in (source, sink):
                        # Closed with a reset.
                        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        one.close()
                    return
                last[0] = time.monotonic()
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(data)


@pytest.fixture
def through(generated):
    """A client whose connection leads through a proxy that cuts what is idle for three seconds."""
    made = []

    def connect(server):
        proxy = IdleProxy(server.grpc_port, idle=3)
        channel = grpc.insecure_channel(proxy.address, options=[("grpc.use_local_subchannel_pool", 1)])
        made.append((proxy, channel))
        return proxy, Scaler(*generated, channel)

    yield connect
    for proxy, channel in made:
        channel.close()
        proxy.close()


def end_of_a_silent_stream(client):
    """The status with which StreamIsActive of something that sleeps ends: nothing is ever sent on it."""
    stream = client.stub.StreamIsActive(client.reference("asleep"), timeout=30)
    with contextlib.suppress(grpc.RpcError):
        assert list(stream) == []
    return stream.code()


def test_a_proxy_cuts_a_silent_stream_with_an_error(headstart, through):
    proxy, client = through(headstart("--max-connection-age=0s", policies=POLICIES))
    assert end_of_a_silent_stream(client) == grpc.StatusCode.UNAVAILABLE
    assert proxy.cut > 0


def test_an_age_below_the_idle_time_of_a_proxy_ends_a_silent_stream_with_ok(headstart, through):
    server = headstart("--max-connection-age=2s", policies=POLICIES)
    proxy, client = through(server)
    assert end_of_a_silent_stream(client) == grpc.StatusCode.OK
    assert proxy.cut == 0
    eventually(lambda: server.metric("headstart_connections_closed_total", reason="age") == 1)
