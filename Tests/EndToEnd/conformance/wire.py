"""A client that sends whatever it is told to, and keeps everything that comes back."""

import socket
import ssl
import struct
import time
from collections import namedtuple

from hpack import Decoder

from harness.raw import (
    ACK,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PING,
    PREFACE,
    RST_STREAM,
    SETTINGS,
    ping,
    settings,
)

PATIENCE = 5.0

Received = namedtuple("Received", "kind flags stream payload")


class Stream:
    """What has come back on one stream."""

    def __init__(self):
        self.headers = []
        self.body = b""
        self.reset = None
        self.ended = False

    @property
    def fields(self):
        """Of all header blocks together."""
        return {name: value for fields in self.headers for name, value in fields}

    @property
    def messages(self):
        found, rest = [], self.body
        while rest:
            length = struct.unpack(">L", rest[1:5])[0]
            found.append(rest[5 : 5 + length])
            rest = rest[5 + length :]
        return found


class Nothing(Exception):
    """What was waited for did not come."""


class Wire:
    """A connection that does only what it is told to."""

    def __init__(self, port, receive_buffer=None, tls=False):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.set_alpn_protocols(["h2"])
            self.socket = context.wrap_socket(self.socket)
        self.decoder = Decoder()
        self.decoder.max_header_list_size = 1 << 20
        self.received = []
        self.streams = {}
        self.goaway = None
        self.closed = False
        self._unread = b""

    def open(self, *pairs):
        """Preface, SETTINGS, and the acknowledgement of the server's."""
        self.send(PREFACE, settings(*pairs))
        self.await_(lambda: self.has(SETTINGS, 0) and self.has(SETTINGS, ACK))
        self.send(settings(flags=ACK))
        return self

    def close(self):
        self.socket.close()

    def send(self, *frames):
        try:
            self.socket.sendall(b"".join(frames))
        except OSError:
            # The server has closed: what it said before is what counts.
            self.closed = True

    def has(self, kind, flags=None, payload=None):
        return any(
            each.kind == kind and flags in (None, each.flags) and payload in (None, each.payload)
            for each in self.received
        )

    def stream(self, number):
        return self.streams.setdefault(number, Stream())

    def await_(self, condition, patience=PATIENCE):
        """Reads until `condition` holds, or the server closes."""
        deadline = time.monotonic() + patience
        while not condition() and not self.closed:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Nothing(f"within {patience:.0f} s; the last frames: {self.received[-3:]}")
            self.socket.settimeout(left)
            try:
                piece = self.socket.recv(1 << 16)
            except socket.timeout:
                continue
            except OSError:
                piece = b""
            self.closed = not piece
            self._take(piece)
        return condition()

    def round_trip(self, payload=b"are you?"):
        """A PING and its answer: the server has dealt with all that was sent before."""
        self.received = [each for each in self.received if each.payload != payload]
        self.send(ping(payload))
        return self.await_(lambda: self.has(PING, ACK, payload))

    def _take(self, piece):
        self._unread += piece
        while len(self._unread) >= 9:
            length = int.from_bytes(self._unread[:3], "big")
            if len(self._unread) < 9 + length:
                return
            kind, flags, number = struct.unpack(">BBL", self._unread[3:9])
            payload, self._unread = self._unread[9 : 9 + length], self._unread[9 + length :]
            self.received.append(Received(kind, flags, number, payload))
            self._note(kind, flags, number, payload)

    def _note(self, kind, flags, number, payload):
        stream = self.stream(number)
        if kind == HEADERS:
            assert flags & END_HEADERS, "CONTINUATION is not expected of this server"
            stream.headers.append([tuple(field) for field in self.decoder.decode(payload)])
        elif kind == DATA:
            stream.body += payload
        elif kind == RST_STREAM:
            stream.reset = int.from_bytes(payload, "big")
        elif kind == GOAWAY:
            self.goaway = struct.unpack(">LL", payload[:8])
        if kind in (DATA, HEADERS) and flags & END_STREAM:
            stream.ended = True
