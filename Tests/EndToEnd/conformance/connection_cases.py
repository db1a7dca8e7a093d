"""RFC 9113, sections 3 to 5: the connection, frames in general, streams."""

import struct

from harness.raw import (
    ACK,
    BIDIRECTIONAL,
    DATA,
    END_STREAM,
    HEADERS,
    MESSAGE,
    PREFACE,
    PRIORITIZED,
    SETTINGS,
    STREAMING,
    WINDOW_UPDATE,
    block,
    continuation,
    data,
    dependency,
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

from .outcomes import Answer, Closed, ConnectionFailure, Ignored, Proved, Shown, StreamError
from .registry import case, sends

CALL = data(1, message(), end=True)
PROTOCOL = ConnectionFailure("PROTOCOL_ERROR")
STREAM_CLOSED = ConnectionFailure("STREAM_CLOSED")

# 3.4 Connection preface


@case("3.4", "the server's preface is a SETTINGS frame, its first", Proved("SETTINGS"), opens=False)
def _(wire):
    wire.send(PREFACE, settings())
    wire.await_(lambda: wire.received)
    first = wire.received[0]
    assert (first.kind, first.flags, first.stream) == (SETTINGS, 0, 0)


@case("3.4", "a request right after the preface is served", Answer(), opens=False)
def _(wire):
    wire.send(PREFACE, settings(), headers(1, request()), CALL)


sends("3.4", "a wrong preface", Closed(), b"INVALID CONNECTION PREFACE\r\n\r\n", opens=False)
sends(
    "3.4", "a preface that goes wrong at its end", Closed(), PREFACE[:-1] + b"X" * 20, opens=False
)
sends(
    "3.4",
    "HTTP/1.1 with an upgrade",
    Closed(),
    b"GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n",
    opens=False,
)
sends("3.4", "a first frame that is not SETTINGS", PROTOCOL, PREFACE, ping(), opens=False)
sends(
    "3.4",
    "a first frame that acknowledges SETTINGS",
    PROTOCOL,
    PREFACE,
    settings(flags=ACK),
    opens=False,
)


@case("3.4", "bytes that come one by one", Answer(), opens=False)
def _(wire):
    for byte in PREFACE + settings() + headers(1, request()) + CALL:
        wire.send(bytes([byte]))


# 4.1 Frame format

sends("4.1", "a frame of an unknown type", Ignored(), frame(0x16, 0xFF, 0, b"12345678"))
sends("4.1", "undefined flags on PING", Ignored(), ping(flags=0xFE))


@case("4.1", "the reserved bit of the stream identifier", Answer())
def _(wire):
    wire.send(headers(1, request()), frame(DATA, END_STREAM, 1 << 31 | 1, message()))


@case("4.1", "undefined flags on a request's frames", Answer())
def _(wire):
    wire.send(headers(1, request(), flags=0xC2), data(1, message(), end=True, flags=0xF6 & ~8))


# 4.2 Frame size


@case("4.2", "DATA of 2^14 bytes", Shown("served"))
def _(wire):
    long = message(MESSAGE + b"\x1a" + b"\xf0\x7f" + b"\x0a\x01k\x12" + b"\xea\x7f" + b"v" * 16362)
    assert len(long) > 1 << 14
    wire.send(headers(1, request()), data(1, long[: 1 << 14]), data(1, long[1 << 14 :], end=True))
    Answer().proof(wire)


_large = b"\0" * ((1 << 14) + 1)
_size = ConnectionFailure("FRAME_SIZE_ERROR")
sends(
    "4.2",
    "DATA of more than SETTINGS_MAX_FRAME_SIZE",
    _size,
    headers(1, request()),
    data(1, _large),
)
sends(
    "4.2",
    "HEADERS of more than SETTINGS_MAX_FRAME_SIZE",
    _size,
    headers(1, request(), before=_large),
)
sends(
    "4.2",
    "SETTINGS of more than SETTINGS_MAX_FRAME_SIZE",
    _size,
    frame(SETTINGS, payload=_large + b"\0" * 5),
)
sends(
    "4.2",
    "an unknown frame of more than SETTINGS_MAX_FRAME_SIZE",
    _size,
    frame(0x16, payload=_large),
)

# 4.3 Field blocks

sends(
    "4.3",
    "a field block that cannot be decoded",
    ConnectionFailure("COMPRESSION_ERROR"),
    headers(1, b"\xff\xff\xff\xff\xff\xff\xff"),
)


def _interrupted(title, *between):
    half = block(request())
    sends(
        "4.3",
        title,
        PROTOCOL,
        frame(HEADERS, 0, 1, half[:20]),
        *between,
        continuation(1, half[20:]),
    )


_interrupted("a field block interrupted by PRIORITY", priority(1))
_interrupted("a field block interrupted by HEADERS of another stream", headers(3, request()))
_interrupted("a field block interrupted by PING", ping())
_interrupted("a field block interrupted by an unknown frame", frame(0x16))
_interrupted("a field block continued on another stream", continuation(3, b""))

# 5.1 Stream states: idle, half-closed (remote), closed

sends("5.1", "idle: DATA", PROTOCOL, data(1, message(), end=True))
sends("5.1", "idle: RST_STREAM", PROTOCOL, reset(1))
sends("5.1", "idle: WINDOW_UPDATE", PROTOCOL, window_update(1, 100))
sends("5.1", "idle: CONTINUATION", PROTOCOL, continuation(1, block(request())))
sends("5.1", "idle: PRIORITY", Ignored(), priority(1))

_half_closed = (headers(1, request(STREAMING)), CALL)
_both = ConnectionFailure("STREAM_CLOSED")
sends("5.1", "half-closed (remote): DATA", _both, *_half_closed, data(1, message(), end=True))
sends("5.1", "half-closed (remote): HEADERS", _both, *_half_closed, headers(1, request(), end=True))
sends("5.1", "half-closed (remote): CONTINUATION", PROTOCOL, *_half_closed, continuation(1, b""))
sends("5.1", "half-closed (remote): WINDOW_UPDATE", Ignored(), *_half_closed, window_update(1, 100))
sends("5.1", "half-closed (remote): PRIORITY", Ignored(), *_half_closed, priority(1))


@case("5.1", "half-closed (remote): RST_STREAM ends it", Ignored())
def _(wire):
    wire.send(*_half_closed, reset(1))


_reset = (headers(1, request()), reset(1))
_stream_closed = StreamError("STREAM_CLOSED")
sends("5.1", "closed by RST_STREAM: DATA", _stream_closed, *_reset, data(1, message(), end=True))
sends(
    "5.1", "closed by RST_STREAM: HEADERS", _stream_closed, *_reset, headers(1, request(), end=True)
)
sends("5.1", "closed by RST_STREAM: CONTINUATION", PROTOCOL, *_reset, continuation(1, b""))
sends("5.1", "closed by RST_STREAM: RST_STREAM", Ignored(), *_reset, reset(1))
sends("5.1", "closed by RST_STREAM: WINDOW_UPDATE", Ignored(), *_reset, window_update(1, 100))
sends("5.1", "closed by RST_STREAM: PRIORITY", Ignored(), *_reset, priority(1))


def _after_end(title, outcome, *frames):
    @case("5.1", f"closed by END_STREAM: {title}", outcome)
    def _(wire):
        wire.send(headers(1, request()), CALL)
        wire.await_(lambda: wire.stream(1).ended)
        wire.send(*frames)


_after_end("DATA", STREAM_CLOSED, data(1, message(), end=True))
_after_end("HEADERS", STREAM_CLOSED, headers(1, request(), end=True))
_after_end("CONTINUATION", PROTOCOL, continuation(1, b""))
_after_end("RST_STREAM", Ignored(), reset(1))
_after_end("WINDOW_UPDATE", Ignored(), window_update(1, 100))
_after_end("PRIORITY", Ignored(), priority(1))


@case("5.1", "closed by the server's RST_STREAM: frames under way", Ignored())
def _(wire):
    wire.send(headers(1, request("/no.Such/Method")))
    wire.await_(lambda: wire.stream(1).reset == 0)
    wire.send(data(1, message()), window_update(1, 10), data(1, b"", end=True))


@case("5.1", "closed by the server's RST_STREAM: trailers under way", Ignored())
def _(wire):
    wire.send(headers(1, request("/no.Such/Method")))
    wire.await_(lambda: wire.stream(1).reset == 0)
    wire.send(headers(1, [("x-checksum", "1")], end=True))


# 5.1.1 Stream identifiers

sends("5.1.1", "a stream of the server's side (even)", PROTOCOL, headers(2, request()))
sends("5.1.1", "stream 0", PROTOCOL, headers(0, request()))


@case("5.1.1", "an identifier lower than the last one, never used", PROTOCOL)
def _(wire):
    wire.send(headers(5, request()), data(5, message(), end=True), headers(3, request()))


@case("5.1.1", "identifiers with gaps", Answer(stream=101))
def _(wire):
    wire.send(headers(7, request()), headers(101, request()), data(101, message(), end=True))


@case("5.1.1", "a stream that was passed over: DATA", PROTOCOL)
def _(wire):
    wire.send(headers(5, request()), data(3, b"x"))


@case("5.1.1", "the highest identifier", Proved("OK"))
def _(wire):
    highest = 0x7FFF_FFFF
    wire.send(headers(highest, request()), data(highest, message(), end=True))
    wire.await_(lambda: wire.stream(highest).ended)
    assert wire.stream(highest).fields["grpc-status"] == "0"


# 5.2 Flow control


@case("5.2", "DATA waits for a window, byte by byte", Shown("a byte for each update"))
def _(wire):
    wire.send(settings((4, 1)), headers(1, request()), CALL)
    stream = wire.stream(1)
    for count in range(1, 7):
        wire.await_(lambda: len(stream.body) >= count)
        wire.round_trip()
        assert len(stream.body) == count and not stream.ended
        wire.send(window_update(1, 1))
    wire.send(settings((4, 65535)))
    Answer().proof(wire)


@case("5.2", "more DATA than a stream's window", ConnectionFailure("FLOW_CONTROL_ERROR"))
def _(wire):
    # While the answers find no window, the requests are left unread, and theirs is not given back.
    wire.send(settings((4, 0)), headers(1, request(BIDIRECTIONAL)))
    wire.send(data(1, message(b"\x3a\x00") * 20), *[data(1, b"\0" * 16384)] * 17)


def _given_back(title, *frames):
    """DATA that nobody reads counts for the connection's window, which comes back all the same."""

    @case("5.2", f"DATA {title}: the connection's window is given back", Shown("given back"))
    def _(wire):
        sent, piece = 0, b"\0" * 16384
        for stream in range(1, 401, 2):
            wire.send(*[each(stream) for each in frames])
            wire.await_(lambda: wire.stream(stream).reset is not None or len(frames) > 1)
            wire.send(data(stream, piece), data(stream, piece))
            sent += 2 * len(piece)
            wire.round_trip()
            updates = [
                int.from_bytes(each.payload, "big")
                for each in wire.received
                if each.kind == WINDOW_UPDATE and each.stream == 0
            ]
            assert 65_535 + sum(updates) - sent >= 2 * len(piece), f"stalled after {sent} bytes"


_given_back(
    "on streams that the server has ended",
    lambda stream: headers(stream, request("/no.Such/Method")),
)
_given_back(
    "on streams that the client has reset",
    lambda stream: headers(stream, request()),
    lambda stream: reset(stream),
)


# 5.3 Priority signals, deprecated


@case("5.3", "HEADERS with a dependency", Answer())
def _(wire):
    wire.send(headers(1, request(), flags=PRIORITIZED, before=dependency(0)), CALL)


sends(
    "5.3",
    "HEADERS that depend on themselves",
    PROTOCOL,
    headers(1, request(), flags=PRIORITIZED, before=dependency(1)),
)
sends("5.3", "PRIORITY that depends on itself", PROTOCOL, priority(1, parent=1))
sends(
    "5.3",
    "a circle of dependencies",
    Ignored(),
    priority(1, 3),
    priority(3, 5),
    priority(5, 1, exclusive=True),
)

# 5.4 Error handling


@case(
    "5.4.1",
    "GOAWAY names the last stream and the error, then the connection ends",
    Proved("GOAWAY, end"),
)
def _(wire):
    wire.send(headers(1, request()), CALL, window_update(0, 0))
    wire.await_(lambda: wire.closed)
    assert wire.goaway == (1, 1)


sends("5.4.1", "a GOAWAY of the client with an error", Closed(), goaway(0, 1))


@case("5.4.2", "a stream error leaves other streams alone", Answer(stream=3))
def _(wire):
    wire.send(headers(3 - 2, request(BIDIRECTIONAL)), headers(3, request()))
    wire.send(window_update(1, 0x7FFF_FFFF), data(3, message(), end=True))
    wire.await_(lambda: wire.stream(1).reset is not None)


@case("5.4.2", "RST_STREAM is not answered with RST_STREAM", Ignored())
def _(wire):
    wire.send(headers(1, request()), reset(1), reset(1))


# 5.5 Extensions

sends(
    "5.5",
    "an unknown frame on an open stream",
    Answer(),
    headers(1, request()),
    frame(0xEE, 0xFF, 1, b"x"),
    CALL,
)
sends("5.5", "an unknown setting", Ignored(), settings((0xABCD, 1)))
sends(
    "5.5",
    "ALTSVC, ORIGIN and PRIORITY_UPDATE",
    Ignored(),
    frame(0xA, 0, 0, b"\0\0"),
    frame(0xC),
    frame(0x10, 0, 0, struct.pack(">L", 1) + b"u=1"),
)
