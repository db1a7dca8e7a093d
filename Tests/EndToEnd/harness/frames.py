"""HTTP/2 by hand: for recordings, and for clients that behave as no library would."""

import socket
import struct
import time

from hpack import Decoder, Encoder
from hyperframe.frame import (
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def split_frames(data):
    """The whole frames at the beginning of `data`, and the rest."""
    found = []
    while len(data) >= 9:
        frame, length = Frame.parse_frame_header(memoryview(data[:9]))
        if len(data) < 9 + length:
            break
        frame.parse_body(memoryview(data[9 : 9 + length]))
        found.append(frame)
        data = data[9 + length :]
    return found, data


class StreamRecord:
    """What the server has sent on one stream."""

    def __init__(self):
        self.headers = None
        self.trailers = None
        self.body = b""
        self.reset = None

    @property
    def ended(self):
        return self.trailers is not None or self.reset is not None

    @property
    def status(self):
        """The gRPC status code, from the trailers or from headers that are trailers too."""
        return int(self.trailers["grpc-status"])

    @property
    def messages(self):
        """The gRPC messages without their prefixes."""
        found, rest = [], self.body
        while rest:
            compressed, length = struct.unpack(">BI", rest[:5])
            assert compressed == 0
            assert len(rest) >= 5 + length, "the last message is cut short"
            found.append(rest[5 : 5 + length])
            rest = rest[5 + length :]
        return found


class Connection:
    """A client connection. Acknowledges SETTINGS and PING and returns the windows by default."""

    def __init__(self, port, polite=True):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.polite = polite
        self.encoder = Encoder()
        self._decoder = Decoder()
        self._unread = b""
        self._next_stream = 1
        self.streams = {}
        self.frames = []
        self.goaway = None
        self.closed = False

    def close(self):
        self.socket.close()

    def send(self, *frames):
        self.send_bytes(b"".join(frame.serialize() for frame in frames))

    def send_bytes(self, data):
        self.socket.sendall(data)

    def handshake(self, **settings):
        self.send_bytes(PREFACE)
        self.send(SettingsFrame(0, settings=settings.get("settings", {})))

    def request(self, method, message, headers=(), end=True):
        """Opens a stream with a whole request and returns its number."""
        stream = self.open(method, headers)
        if message is not None:
            self.send(data_frame(stream, prefixed(message), end=end))
        return stream

    def open(self, path, headers=(), end=False, replace=None):
        stream, self._next_stream = self._next_stream, self._next_stream + 2
        fields = {
            ":method": "POST",
            ":scheme": "http",
            ":path": path,
            ":authority": "localhost",
            "content-type": "application/grpc",
            "te": "trailers",
        } | (replace or {})
        block = self.encoder.encode(
            [(key, value) for key, value in fields.items() if value is not None] + list(headers)
        )
        flags = ["END_HEADERS"] + (["END_STREAM"] if end else [])
        self.send(HeadersFrame(stream, data=block, flags=flags))
        return stream

    def receive(self, until, timeout=10.0):
        """Reads until the condition holds or the server closes; fails when the time is up."""
        deadline = time.monotonic() + timeout
        while not until() and not self.closed:
            left = deadline - time.monotonic()
            assert left > 0, f"nothing more came within {timeout} s: {self.frames[-5:]}"
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(65536)
            except socket.timeout:
                continue
            except ConnectionResetError:
                data = b""
            if not data:
                self.closed = True
                break
            frames, self._unread = split_frames(self._unread + data)
            for frame in frames:
                self._take(frame)
        return until()

    def finish(self, stream, timeout=10.0):
        """Reads until the stream has ended and returns its record."""
        record = self.record(stream)
        self.receive(lambda: record.ended, timeout)
        assert record.ended, f"stream {stream} was left open by the server's close"
        return record

    def record(self, stream):
        return self.streams.setdefault(stream, StreamRecord())

    def _take(self, frame):
        self.frames.append(frame)
        record = self.record(frame.stream_id) if frame.stream_id else None
        if isinstance(frame, HeadersFrame):
            assert "END_HEADERS" in frame.flags, "CONTINUATION is not expected from this server"
            fields = dict(self._decoder.decode(frame.data))
            if record.headers is None:
                record.headers = fields
            if "END_STREAM" in frame.flags:
                record.trailers = fields
        elif isinstance(frame, DataFrame):
            record.body += frame.data
            # An answer that is not gRPC has no trailers.
            is_grpc = record.headers and record.headers.get(":status") == "200"
            assert not (is_grpc and "END_STREAM" in frame.flags), "gRPC ends a stream with trailers"
            if self.polite and frame.flow_controlled_length:
                self.send(
                    window_update(0, frame.flow_controlled_length),
                    window_update(frame.stream_id, frame.flow_controlled_length),
                )
        elif isinstance(frame, RstStreamFrame):
            record.reset = frame.error_code
        elif isinstance(frame, GoAwayFrame):
            self.goaway = frame
        elif self.polite and isinstance(frame, SettingsFrame) and "ACK" not in frame.flags:
            self.send(SettingsFrame(0, flags=["ACK"]))
        elif self.polite and isinstance(frame, PingFrame) and "ACK" not in frame.flags:
            self.send(PingFrame(0, opaque_data=frame.opaque_data, flags=["ACK"]))


def data_frame(stream, data, end=False):
    return DataFrame(stream, data=data, flags=["END_STREAM"] if end else [])


def window_update(stream, increment):
    return WindowUpdateFrame(stream, window_increment=increment)


def prefixed(message, compressed=0):
    return struct.pack(">BI", compressed, len(message)) + message
