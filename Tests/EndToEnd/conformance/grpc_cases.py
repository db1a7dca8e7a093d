"""gRPC over HTTP/2 (PROTOCOL-HTTP2.md), point by point."""

import re

from harness.raw import (
    ACK,
    BIDIRECTIONAL,
    DATA,
    END_STREAM,
    HEADERS,
    MESSAGE,
    PING,
    STREAMING,
    UNARY,
    data,
    headers,
    message,
    ping,
    request,
    reset,
)

from .outcomes import Answer, Ignored, Shown
from .registry import case, sends

CALL = data(1, message(), end=True)
OK, CANCELLED, INVALID_ARGUMENT, DEADLINE_EXCEEDED = 0, 1, 3, 4
RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL = 8, 12, 13


def _request(title, outcome, *more, body=CALL, path=UNARY, **changes):
    sends("grpc requests", title, outcome, headers(1, request(path, *more, **changes)), body)


# Requests: Call-Definition

for value in (
    "application/grpc",
    "application/grpc+proto",
    "application/grpc+json",
    "application/grpc;charset=utf-8",
    "application/grpc+proto;x=y",
    "Application/GRPC",
):
    _request(f"content-type {value}", Answer(), content_type=value)
for value in (
    "application/json",
    "application/grpcx",
    "application/grpc-web",
    "application/grpc-web+proto",
    "text/plain",
    "application",
):
    _request(f"content-type {value}", Answer(INVALID_ARGUMENT, "415"), content_type=value)
_request("no content-type", Answer(INVALID_ARGUMENT, "415"), without="content-type")
for value in ("GET", "PUT", "DELETE", "OPTIONS", "HEAD", "post"):
    _request(f"the method {value}", Answer(INTERNAL, "405"), method=value)
_request("the scheme https on plain text", Answer(), scheme="https")
_request("no te: trailers", Answer(), without="te")
_request("no user-agent", Answer())
_request("a user-agent", Answer(), ("user-agent", "grpc-go/1.70.0"))
_request("a custom one that begins with grpc-", Answer(), ("grpc-unheard-of", "1"))
for path in (
    "/",
    "/externalscaler.ExternalScaler",
    "/externalscaler.ExternalScaler/",
    "/externalscaler.ExternalScaler/isActive",
    "//IsActive",
    UNARY + "/",
    UNARY + "?x=1",
    "/externalscaler.ExternalScaler/%49sActive",
):
    _request(f"the path {path}", Answer(UNIMPLEMENTED), path=path)
for value in ("identity",):
    _request(f"grpc-encoding {value}", Answer(), ("grpc-encoding", value))
for value in ("gzip", "deflate", "snappy", "Identity", ""):
    _request(
        f"grpc-encoding {value!r} is not supported",
        Answer(UNIMPLEMENTED, fields={"grpc-accept-encoding": "identity"}),
        ("grpc-encoding", value),
        body=data(1, message(compressed=1), end=True),
    )
_request("grpc-accept-encoding is no demand", Answer(), ("grpc-accept-encoding", "gzip, deflate"))
_request("accept-encoding is no demand", Answer(), ("accept-encoding", "gzip"))

# Timeout

for value in ("1H", "1M", "99999999S", "10000m", "10000000u", "99999999n", "00000010S"):
    _request(f"grpc-timeout {value}", Answer(), ("grpc-timeout", value))
for value in (
    "",
    "1",
    "S",
    "1s",
    "1h",
    "-1S",
    "+1S",
    "1.5S",
    "1 S",
    "0x1S",
    "100000000S",
    "1SS",
    "1e3S",
    "\xb2S",
):
    _request(f"grpc-timeout {value!r} is malformed", Answer(INTERNAL), ("grpc-timeout", value))
sends(
    "grpc requests",
    "grpc-timeout 0S is over",
    Answer(DEADLINE_EXCEEDED),
    headers(1, request(UNARY, ("grpc-timeout", "0S"))),
    CALL,
)
sends(
    "grpc requests",
    "grpc-timeout ends a stream",
    Answer(DEADLINE_EXCEEDED),
    headers(1, request(STREAMING, ("grpc-timeout", "50m"))),
    CALL,
)
sends(
    "grpc requests",
    "grpc-timeout ends a request that never completes",
    Answer(DEADLINE_EXCEEDED),
    headers(1, request(UNARY, ("grpc-timeout", "50m"))),
)

# Custom-Metadata

_request("ASCII metadata", Answer(), ("x-team", "a b c"))
_request("binary metadata", Answer(), ("trace-bin", "AAECAw"))
_request("binary metadata with padding", Answer(), ("trace-bin", "AAECAw=="))
_request(
    "several values in one, and a name twice", Answer(), ("trace-bin", "AA,AQ"), ("trace-bin", "Ag")
)
_request("binary metadata that is no base64", Answer(), ("trace-bin", "!"))

# Length-Prefixed-Message


def _message(title, outcome, *frames, path=UNARY):
    sends("grpc messages", title, outcome, headers(1, request(path)), *frames)


_message("in one DATA frame", Answer(messages=1), CALL)
_message(
    "byte by byte, with empty frames between",
    Answer(messages=1),
    *[data(1, bytes([byte])) + data(1) for byte in message()],
    data(1, end=True),
)
_message(
    "END_STREAM on an empty DATA frame", Answer(messages=1), data(1, message()), data(1, end=True)
)
_message("an empty message is a message", Answer(INVALID_ARGUMENT), data(1, message(b""), end=True))
_message("none", Answer(INTERNAL), data(1, end=True))
_message("two on a unary call", Answer(INTERNAL), data(1, message() * 2, end=True))
_message(
    "two on a server-streaming call",
    Answer(INTERNAL),
    data(1, message() * 2, end=True),
    path=STREAMING,
)
_message("one that is cut short", Answer(INTERNAL), data(1, message()[:-1], end=True))
_message("a prefix that is cut short", Answer(INTERNAL), data(1, message()[:4], end=True))
_message("bytes after it", Answer(INTERNAL), data(1, message() + b"\0", end=True))
_message(
    "the compressed flag without an encoding",
    Answer(INTERNAL),
    data(1, message(compressed=1), end=True),
)
_message("a flag other than 0 and 1", Answer(INTERNAL), data(1, message(compressed=2), end=True))
_message("longer than accepted", Answer(RESOURCE_EXHAUSTED), data(1, message(length=(4 << 20) + 1)))
_message("longer than any memory", Answer(RESOURCE_EXHAUSTED), data(1, message(length=0xFFFF_FFFF)))
_message("no protobuf", Answer(INVALID_ARGUMENT), data(1, message(b"\xff\xff\xff"), end=True))


@case(
    "grpc messages", "several in one DATA frame of a bidirectional call", Shown("one answer each")
)
def _(wire):
    # ListServices, thrice.
    wire.send(headers(1, request(BIDIRECTIONAL)), data(1, message(b"\x3a\x00") * 3, end=True))
    wire.await_(lambda: wire.stream(1).ended)
    assert len(wire.stream(1).messages) == 3
    Answer().proof(wire)


@case(
    "grpc messages", "a bidirectional call answers before the request ends", Shown("an answer each")
)
def _(wire):
    wire.send(headers(1, request(BIDIRECTIONAL)))
    for count in (1, 2, 3):
        wire.send(data(1, message(b"\x3a\x00")))
        wire.await_(lambda: len(wire.stream(1).messages) == count)
    wire.send(data(1, end=True))
    Answer().proof(wire)


_message(
    "none on a bidirectional call is none to answer",
    Answer(messages=0),
    data(1, end=True),
    path=BIDIRECTIONAL,
)

# Responses


@case(
    "grpc answers", "headers, messages, trailers with END_STREAM", Shown("HEADERS, DATA, HEADERS")
)
def _(wire):
    wire.send(headers(1, request()), CALL)
    wire.await_(lambda: wire.stream(1).ended)
    frames = [each for each in wire.received if each.stream == 1]
    assert [each.kind for each in frames if each.kind != 8] == [HEADERS, DATA, HEADERS]
    assert frames[-1].flags & END_STREAM and not frames[-2].flags & END_STREAM
    first, last = wire.stream(1).headers
    assert dict(first)[":status"] == "200"
    assert dict(first)["content-type"].startswith("application/grpc")
    assert [name for name, _ in last] == ["grpc-status"]


@case("grpc answers", "trailers only, in one HEADERS frame", Shown("HEADERS with END_STREAM"))
def _(wire):
    wire.send(headers(1, request("/no.Such/Method"), end=True))
    wire.await_(lambda: wire.stream(1).ended)
    (fields,) = map(dict, wire.stream(1).headers)
    assert fields[":status"] == "200" and fields["grpc-status"] == "12"
    assert fields["content-type"].startswith("application/grpc")
    assert not wire.stream(1).body


@case("grpc answers", "names in lower case, pseudo-headers first", Shown("valid fields"))
def _(wire):
    wire.send(headers(1, request()), CALL, headers(3, request("/x"), end=True))
    wire.await_(lambda: wire.stream(1).ended and wire.stream(3).ended)
    for fields in wire.stream(1).headers + wire.stream(3).headers:
        names = [name for name, _ in fields]
        assert names == [name.lower() for name in names]
        assert all(not name.startswith(":") for name in names[1:])


@case("grpc answers", "grpc-message is percent-encoded UTF-8", Shown("%C3%BC, %25, no control"))
def _(wire):
    metadata = b"\x0a\x06policy\x12\x08a\n\xc3\xbc%b~x"
    body = MESSAGE + b"\x1a" + bytes([len(metadata)]) + metadata
    wire.send(headers(1, request()), data(1, message(body), end=True))
    wire.await_(lambda: wire.stream(1).ended)
    text = wire.stream(1).fields["grpc-message"]
    assert re.fullmatch(r"([ -$&-~]|%[0-9A-F]{2})+", text), text
    assert "%C3%BC" in text and "%25" in text


@case("grpc answers", "grpc-message is bounded", Shown("at most 4 KiB"))
def _(wire):
    wire.send(headers(1, request("/" + "x" * 15000), end=True))
    wire.await_(lambda: wire.stream(1).ended)
    assert len(wire.stream(1).fields["grpc-message"]) <= 4096


@case("grpc answers", "nothing is sent after the trailers", Shown("silence"))
def _(wire):
    wire.send(headers(1, request()), CALL)
    wire.await_(lambda: wire.stream(1).ended)
    count = sum(each.stream == 1 for each in wire.received)
    wire.round_trip()
    assert sum(each.stream == 1 for each in wire.received) == count


# Errors

for code, name in (
    (8, "CANCEL"),
    (0, "NO_ERROR"),
    (2, "INTERNAL_ERROR"),
    (7, "REFUSED_STREAM"),
    (11, "ENHANCE_YOUR_CALM"),
):
    sends(
        "grpc errors",
        f"RST_STREAM with {name} cancels a call",
        Ignored(),
        headers(1, request(STREAMING)),
        CALL,
        reset(1, code),
    )


@case("grpc errors", "a cancelled stream is silent", Shown("no frame after RST_STREAM"))
def _(wire):
    wire.send(headers(1, request(STREAMING)), CALL)
    wire.await_(lambda: wire.stream(1).body)
    wire.send(reset(1))
    wire.round_trip()
    count = len(wire.received)
    wire.round_trip(b"once mor")
    assert sum(each.stream == 1 for each in wire.received[count:]) == 0


# Connection management


@case("grpc connection", "PING is answered at once, among calls", Shown("ACK"))
def _(wire):
    wire.send(
        headers(1, request(STREAMING)), CALL, *[ping(bytes([number]) * 8) for number in range(100)]
    )
    wire.await_(lambda: wire.has(PING, ACK, b"\x63" * 8))
    answers = [each.payload[0] for each in wire.received if each.kind == PING]
    assert answers == list(range(100))


@case(
    "grpc connection",
    "thousands of calls at a time: there is no limit of streams",
    Shown("all answered"),
)
def _(wire):
    assert not any(
        each.kind == 4 and b"\0\3" == each.payload[offset : offset + 2]
        for each in wire.received
        for offset in range(0, len(each.payload), 6)
    )
    numbers = range(1, 4001, 2)
    wire.send(
        *[
            headers(number, request(STREAMING)) + data(number, message(), end=True)
            for number in numbers
        ]
    )
    wire.await_(lambda: all(wire.stream(number).body for number in numbers))
