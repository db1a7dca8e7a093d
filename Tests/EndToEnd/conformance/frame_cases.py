"""RFC 9113, section 6: every frame type."""

import struct

from harness.raw import (
    ACK,
    BIDIRECTIONAL,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PADDED,
    PING,
    PRIORITIZED,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
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
    padded,
    ping,
    priority,
    request,
    reset,
    settings,
    window_update,
)

from .outcomes import Answer, ConnectionFailure, Ignored, Proved, Shown, StreamError
from .registry import case, sends

PROTOCOL = ConnectionFailure("PROTOCOL_ERROR")
FLOW_CONTROL = ConnectionFailure("FLOW_CONTROL_ERROR")
FRAME_SIZE = ConnectionFailure("FRAME_SIZE_ERROR")
OPEN = headers(1, request())
CALL = data(1, message(), end=True)

# 6.1 DATA

sends("6.1", "on stream 0", PROTOCOL, data(0, message()))
sends("6.1", "padding", Answer(), OPEN, data(1, padded(message(), 200), end=True, flags=PADDED))
sends(
    "6.1",
    "padding of length 0",
    Answer(),
    OPEN,
    data(1, padded(message(), 0), end=True, flags=PADDED),
)
sends(
    "6.1",
    "padding as long as the payload",
    PROTOCOL,
    OPEN,
    data(1, padded(b"", 0, announced=1), end=True, flags=PADDED),
)
sends(
    "6.1",
    "padding longer than the payload",
    PROTOCOL,
    OPEN,
    data(1, padded(message(), 0, announced=200), flags=PADDED),
)
sends("6.1", "padding without its length", PROTOCOL, OPEN, data(1, b"", flags=PADDED))
sends("6.1", "padding only", Answer(), OPEN, data(1, padded(b"", 9), flags=PADDED), CALL)


@case("6.1", "padding counts for flow control, and is given back", Shown("served"))
def _(wire):
    wire.send(headers(1, request(BIDIRECTIONAL)))
    for _ in range(100):
        wire.send(*[data(1, padded(b"", 255), flags=PADDED)] * 100)
        wire.round_trip()


# 6.2 HEADERS

sends("6.2", "on stream 0", PROTOCOL, headers(0, request()))
sends(
    "6.2",
    "padding",
    Answer(),
    headers(1, request(), flags=PADDED, before=b"\x10", after=b"\0" * 16),
    CALL,
)
sends(
    "6.2",
    "padding and priority",
    Answer(),
    headers(
        1, request(), flags=PADDED | PRIORITIZED, before=b"\x10" + dependency(0), after=b"\0" * 16
    ),
    CALL,
)
sends(
    "6.2",
    "padding longer than the payload",
    PROTOCOL,
    headers(1, request(), flags=PADDED, before=b"\xff"),
)
sends("6.2", "padding without its length", PROTOCOL, frame(HEADERS, END_HEADERS | PADDED, 1))
sends(
    "6.2",
    "priority without its fields",
    FRAME_SIZE,
    frame(HEADERS, END_HEADERS | PRIORITIZED, 1, b"\0\0"),
)
sends("6.2", "an empty field block", StreamError("PROTOCOL_ERROR"), frame(HEADERS, END_HEADERS, 1))
sends(
    "6.2",
    "a field block without END_HEADERS, then DATA",
    PROTOCOL,
    frame(HEADERS, 0, 1, block(request())),
    CALL,
)

# 6.3 PRIORITY

sends("6.3", "on stream 0", PROTOCOL, priority(0))
sends("6.3", "a wrong length", FRAME_SIZE, OPEN, frame(PRIORITY, 0, 1, b"\0" * 4))
sends("6.3", "on an idle stream", Ignored(), priority(99, 97))

# 6.4 RST_STREAM

sends("6.4", "on stream 0", PROTOCOL, reset(0))
sends("6.4", "on an idle stream", PROTOCOL, reset(1))
sends("6.4", "a wrong length", FRAME_SIZE, OPEN, frame(RST_STREAM, 0, 1, b"\0\0\0"))
sends("6.4", "an unknown error code", Ignored(), OPEN, reset(1, 0xFFFF))

# 6.5 SETTINGS


@case("6.5", "is acknowledged", Proved("ACK"), opens=False)
def _(wire):
    wire.open((1, 4096), (4, 65535))


sends("6.5", "an acknowledgement with a payload", FRAME_SIZE, settings((1, 1), flags=ACK))
sends("6.5", "on a stream", PROTOCOL, settings((1, 4096), stream=1))
sends("6.5", "a length that is no multiple of 6", FRAME_SIZE, frame(SETTINGS, payload=b"\0\1\0"))


@case("6.5", "several frames, all acknowledged in order", Shown("ACK for each"))
def _(wire):
    wire.send(*[settings((4, size)) for size in (1, 2, 65535)])
    wire.round_trip()
    count = sum(each.kind == SETTINGS and each.flags == ACK for each in wire.received)
    assert count == 4


@case("6.5", "the same setting twice in a frame: the last one counts", Shown("the last value"))
def _(wire):
    wire.send(settings((4, 100), (4, 1)), OPEN, CALL)
    # The answer may come after that to a PING; what comes too much would come with it.
    wire.await_(lambda: wire.stream(1).body)
    wire.round_trip()
    assert len(wire.stream(1).body) == 1
    wire.send(settings((4, 65535)))


@case("6.5", "an acknowledgement that nothing asks for", PROTOCOL)
def _(wire):
    wire.send(settings(flags=ACK))


# 6.5.2 Values of settings

sends("6.5.2", "ENABLE_PUSH of 2", PROTOCOL, settings((2, 2)))
sends("6.5.2", "ENABLE_PUSH of 0", Ignored(), settings((2, 0)))
sends("6.5.2", "INITIAL_WINDOW_SIZE of 2^31", FLOW_CONTROL, settings((4, 1 << 31)))
sends("6.5.2", "INITIAL_WINDOW_SIZE of 2^31 - 1", Ignored(), settings((4, (1 << 31) - 1)))
sends("6.5.2", "MAX_FRAME_SIZE of 2^14 - 1", PROTOCOL, settings((5, (1 << 14) - 1)))
sends("6.5.2", "MAX_FRAME_SIZE of 2^24", PROTOCOL, settings((5, 1 << 24)))
sends("6.5.2", "MAX_FRAME_SIZE of 2^24 - 1", Ignored(), settings((5, (1 << 24) - 1)))
sends(
    "6.5.2", "HEADER_TABLE_SIZE of 0 and of 2^32 - 1", Ignored(), settings((1, 0), (1, 0xFFFF_FFFF))
)
sends("6.5.2", "MAX_CONCURRENT_STREAMS of 0: nothing is pushed anyway", Ignored(), settings((3, 0)))
sends("6.5.2", "MAX_HEADER_LIST_SIZE is advice", Ignored(), settings((6, 0)))
sends("6.5.2", "ENABLE_CONNECT_PROTOCOL of 2 (RFC 8441)", PROTOCOL, settings((8, 2)))
sends("6.5.2", "NO_RFC7540_PRIORITIES of 2 (RFC 9218)", PROTOCOL, settings((9, 2)))

# 6.6 PUSH_PROMISE

sends(
    "6.6",
    "of a client",
    PROTOCOL,
    OPEN,
    frame(PUSH_PROMISE, END_HEADERS, 1, struct.pack(">L", 2) + block(request())),
)
sends("6.6", "on stream 0", PROTOCOL, frame(PUSH_PROMISE, END_HEADERS, 0, struct.pack(">L", 2)))

# 6.7 PING


@case("6.7", "is acknowledged with the same payload", Shown("ACK"))
def _(wire):
    assert wire.round_trip(b"\0\1\2\3\xfc\xfd\xfe\xff")


@case("6.7", "an acknowledgement is not answered", Shown("ignored"))
def _(wire):
    wire.send(ping(b"no reply", flags=ACK))
    wire.round_trip()
    assert not wire.has(PING, None, b"no reply")


sends("6.7", "on a stream", PROTOCOL, ping(stream=1))
sends("6.7", "a length other than 8", FRAME_SIZE, ping(b"1234567"))

# 6.8 GOAWAY

sends("6.8", "on a stream", PROTOCOL, goaway(stream=1))
sends("6.8", "too short", FRAME_SIZE, frame(GOAWAY, payload=b"\0" * 7))


@case("6.8", "calls under way are finished, then the connection ends", Proved("answered, closed"))
def _(wire):
    wire.send(OPEN, goaway(0, 0, b"done"), CALL)
    wire.await_(lambda: wire.closed)
    assert wire.stream(1).fields["grpc-status"] == "0"
    assert wire.goaway is None or wire.goaway[1] == 0


# 6.9 WINDOW_UPDATE

sends("6.9", "an increment of 0 for the connection", PROTOCOL, window_update(0, 0))
sends(
    "6.9",
    "an increment of 0 for a stream",
    PROTOCOL,
    headers(1, request(STREAMING)),
    window_update(1, 0),
)
sends("6.9", "a wrong length", FRAME_SIZE, frame(WINDOW_UPDATE, payload=b"\0\0\1"))
sends("6.9", "the reserved bit", Ignored(), window_update(0, 1 << 31 | 1))

# 6.9.1 The flow-control window

sends("6.9.1", "more than 2^31 - 1 for the connection", FLOW_CONTROL, window_update(0, 0x7FFF_FFFF))
sends(
    "6.9.1",
    "more than 2^31 - 1 for a stream",
    StreamError("FLOW_CONTROL_ERROR"),
    headers(1, request(STREAMING)),
    window_update(1, 0x7FFF_FFFF),
)
sends(
    "6.9.1",
    "more than 2^31 - 1 in two updates",
    FLOW_CONTROL,
    window_update(0, 0x7FFF_0000),
    window_update(0, 0x10000),
)


@case("6.9.1", "exactly 2^31 - 1", Answer())
def _(wire):
    wire.send(
        OPEN, window_update(0, 0x7FFF_FFFF - 65535), window_update(1, 0x7FFF_FFFF - 65535), CALL
    )


@case("6.9.1", "the connection's window bounds all streams together", Shown("held back, then sent"))
def _(wire):
    question = message(b"\x3a\0") * 20
    wire.send(settings((4, 0x7FFF_FFFF)))
    wire.send(headers(1, request(BIDIRECTIONAL)), headers(3, request(BIDIRECTIONAL)))
    for _ in range(60):
        wire.send(data(1, question), data(3, question))
        wire.round_trip()
    answered = [wire.stream(1), wire.stream(3)]
    assert sum(len(each.body) for each in answered) == 65_535
    wire.send(window_update(0, 1 << 20))
    wire.await_(lambda: sum(len(each.body) for each in answered) > 65_535)


# 6.9.2 Initial window size


@case("6.9.2", "a window of 0, opened later", Shown("held back, then sent"))
def _(wire):
    wire.send(settings((4, 0)), OPEN, CALL)
    wire.round_trip()
    assert wire.stream(1).body == b"" and not wire.stream(1).ended
    wire.send(window_update(1, 1000), settings((4, 65535)))
    Answer().proof(wire)


@case("6.9.2", "a change applies to streams that are open", Shown("held back, then sent"))
def _(wire):
    wire.send(settings((4, 0)), OPEN, CALL)
    wire.round_trip()
    wire.send(settings((4, 3)))
    wire.await_(lambda: len(wire.stream(1).body) == 3)
    wire.send(settings((4, 1000)))
    Answer().proof(wire)


@case("6.9.2", "a window may become negative", Shown("held back until it is positive"))
def _(wire):
    wire.send(settings((4, 3)), OPEN, CALL)
    wire.await_(lambda: len(wire.stream(1).body) == 3)
    wire.send(settings((4, 2)), window_update(1, 1))
    wire.round_trip()
    assert len(wire.stream(1).body) == 3
    wire.send(window_update(1, 1))
    wire.await_(lambda: len(wire.stream(1).body) == 4)
    wire.send(settings((4, 1000)))
    Answer().proof(wire)


@case("6.9.2", "a change that overflows a stream's window", FLOW_CONTROL)
def _(wire):
    wire.send(headers(1, request(STREAMING)), window_update(1, 0x7FFF_FFFF - 65535))
    wire.send(settings((4, 65536)))


# 6.10 CONTINUATION

_half = block(request())
_head = frame(HEADERS, 0, 1, _half[:9])
sends(
    "6.10",
    "several",
    Answer(),
    _head,
    continuation(1, _half[9:20], last=False),
    continuation(1, _half[20:]),
    CALL,
)
sends(
    "6.10",
    "empty ones",
    Answer(),
    frame(HEADERS, 0, 1),
    continuation(1, b"", last=False),
    continuation(1, _half),
    CALL,
)
sends(
    "6.10",
    "after END_STREAM on HEADERS",
    Answer(13),
    frame(HEADERS, END_STREAM, 1, _half[:9]),
    continuation(1, _half[9:]),
)
sends("6.10", "on stream 0", PROTOCOL, _head, continuation(0, _half[9:]))
sends("6.10", "on another stream", PROTOCOL, _head, continuation(3, _half[9:]))
sends("6.10", "after END_HEADERS", PROTOCOL, OPEN, continuation(1, b""))
sends(
    "6.10",
    "after a CONTINUATION with END_HEADERS",
    PROTOCOL,
    _head,
    continuation(1, _half[9:]),
    continuation(1, b""),
)
sends("6.10", "after DATA", PROTOCOL, OPEN, data(1, b""), continuation(1, b""))
