"""Clients that do anything at all, by a seed: each opens a connection, sends a mixture of requests and
of whatever else HTTP/2 knows, reads little or nothing, and vanishes in one way or another.
"""

import contextlib
import socket
import ssl
import struct
import threading
import time

from .raw import (
    ACK,
    BIDIRECTIONAL,
    PREFACE,
    STREAMING,
    block,
    data,
    frame,
    goaway,
    headers,
    message,
    ping,
    priority,
    request,
    reset,
    settings,
    window_update,
)

_METRICS = "/externalscaler.ExternalScaler/GetMetrics"
# Reflection answers a few bytes with several KiB.
_ASK = message(b"\x22\x1dexternalscaler.ExternalScaler")
_LISTING = block(request(BIDIRECTIONAL))


class _Vandal:
    """One connection."""

    def __init__(self, chance, port, secured):
        self._chance = chance
        self._stream = -1
        plain = socket.socket()
        if chance.random() < 0.5:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.settimeout(2)
        plain.connect(("127.0.0.1", port))
        self._socket = plain
        if secured:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.set_alpn_protocols(["h2"])
            self._socket = context.wrap_socket(plain)

    def run(self):
        chance = self._chance
        with contextlib.suppress(OSError):
            windows = [(4, chance.choice([0, 1, 65_535, 1 << 30]))] if chance.random() < 0.7 else []
            self._socket.sendall(PREFACE + settings(*windows))
            if chance.random() < 0.7:
                self._socket.sendall(window_update(0, 1 << 30))
            for _ in range(chance.randrange(1, 60)):
                if chance.random() < 0.1:
                    what = self._burst()
                else:
                    what = b"".join(self._something() for _ in range(chance.randrange(1, 12)))
                cut = chance.randrange(len(what) + 1) if chance.random() < 0.05 else len(what)
                self._socket.sendall(what[:cut])
                if chance.random() < 0.2:
                    self._read()
                # A client that pauses in the middle of what it says.
                if chance.random() < 0.1:
                    time.sleep(chance.uniform(0, 0.02))
        with contextlib.suppress(OSError):
            self._vanish()

    def _burst(self):
        """More than the server answers in a turn."""
        streams = range(self._stream + 2, self._stream + 2 * self._chance.randrange(20, 150), 2)
        self._stream = streams[-1]
        ask = _ASK * 50
        return b"".join(headers(number, _LISTING) + data(number, ask) for number in streams)

    def _something(self):
        chance = self._chance
        new = self._stream + 2
        old = chance.randrange(1, max(new, 2) + 2)
        kind = chance.choices(range(9), [30, 15, 8, 8, 6, 4, 4, 2, 0.1])[0]
        if kind < 3:
            self._stream = new
        match kind:
            case 0:
                timeout = [("grpc-timeout", "5m")] if chance.random() < 0.3 else []
                asked = headers(new, request(BIDIRECTIONAL, *timeout))
                return asked + data(new, _ASK * chance.randrange(1, 60), end=chance.random() < 0.5)
            case 1:
                path = chance.choice([_METRICS, STREAMING, STREAMING[:-1]])
                whole = data(new, message(), end=True) if chance.random() < 0.8 else b""
                return headers(new, request(path)) + whole
            case 2:
                return headers(new, request(BIDIRECTIONAL), end=chance.random() < 0.2)
            case 3:
                return reset(old, chance.randrange(14))
            case 4:
                return data(old, _ASK[: chance.randrange(len(_ASK) + 1)])
            case 5:
                return window_update(chance.choice([0, old]), chance.choice([1, 1000, 1 << 20]))
            case 6:
                return ping() + priority(old, 0) + settings(flags=ACK)
            case 7:
                return settings((4, chance.choice([0, 100, 1 << 20]))) + goaway()
            case _:
                return frame(chance.randrange(12), chance.randrange(256), old, chance.randbytes(20))

    def _read(self):
        self._socket.settimeout(0.01)
        with contextlib.suppress(OSError):
            self._socket.recv(self._chance.choice([1, 1000, 1 << 20]))
        self._socket.settimeout(2)

    def _vanish(self):
        match self._chance.choices(range(4), [4, 2, 1, 4])[0]:
            case 0:
                # A reset, whatever waits to be read.
                linger = struct.pack("ii", 1, 0)
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            case 1:
                self._socket.shutdown(socket.SHUT_WR)
                self._read()
            case 2:
                # Until the server has had enough.
                time.sleep(self._chance.uniform(0, 1.5))
        self._socket.close()


class Chaos:
    """Vandals, several at a time, for as long as the `with` block."""

    def __init__(self, chance, port, secured=False, threads=6):
        self.connections = 0
        self.failure = None
        self._port, self._secured = port, secured
        self._stopping = threading.Event()
        # Each thread has a seed of its own: what one of them does depends on no other.
        seeds = [type(chance)(chance.random()) for _ in range(threads)]
        self._threads = [threading.Thread(target=self._run, args=(seed,)) for seed in seeds]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        for thread in self._threads:
            thread.join(20)

    def _run(self, chance):
        while not self._stopping.is_set():
            try:
                _Vandal(chance, self._port, self._secured).run()
            except OSError as error:
                # It could not even connect.
                self.failure = self.failure or error
                return
            self.connections += 1
