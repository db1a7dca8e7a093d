"""RFC 9113, section 8: requests and their fields."""

from harness.raw import data, headers, message, request, reset, settings, window_update

from .outcomes import Answer, ConnectionFailure, Shown, StreamError
from .registry import case, sends

MALFORMED = StreamError("PROTOCOL_ERROR")
OPEN = headers(1, request())
CALL = data(1, message(), end=True)


def _malformed(section, title, fields):
    sends(section, title, MALFORMED, headers(1, fields))


def _served(section, title, fields):
    sends(section, title, Answer(), headers(1, fields), CALL)


def with_(*fields):
    return request() + list(fields)


# 8.1 Message framing

sends(
    "8.1",
    "trailers of a request",
    Answer(),
    OPEN,
    data(1, message()),
    headers(1, [("x-checksum", "1")], end=True),
)
sends(
    "8.1",
    "trailers without END_STREAM",
    MALFORMED,
    OPEN,
    data(1, message()),
    headers(1, [("x-checksum", "1")]),
)
sends(
    "8.1",
    "trailers with a pseudo-header",
    MALFORMED,
    OPEN,
    data(1, message()),
    headers(1, [(":method", "POST")], end=True),
)
sends(
    "8.1",
    "an answer may come before the request is complete",
    Answer(12),
    headers(1, request("/no.Such/Method")),
)


@case("8.1", "after an early answer RST_STREAM with NO_ERROR", Shown("RST_STREAM"))
def _(wire):
    wire.send(headers(1, request("/no.Such/Method")))
    wire.await_(lambda: wire.stream(1).reset is not None)
    assert wire.stream(1).ended and wire.stream(1).reset == 0


# Requests that are not gRPC: 415 with a line of text, and HTTP/2 like any other until then

FOREIGN = request("/", method="GET", content_type="text/html")
TEXT = b'expected the content-type application/grpc, found "text/html"\n'


def _foreign(title, outcome, *frames):
    sends("8.1", f"not gRPC: {title}", outcome, headers(1, FOREIGN), *frames)


@case("8.1", "not gRPC: answered with a text once it has ended", Shown("415 and DATA"))
def _(wire):
    wire.send(headers(1, FOREIGN), data(1, b"abc"))
    wire.round_trip()
    assert not wire.stream(1).headers
    wire.send(data(1, b"d", end=True))
    wire.await_(lambda: wire.stream(1).ended)
    stream = wire.stream(1)
    assert stream.fields[":status"] == "415" and stream.body == TEXT and stream.reset is None


@case("8.1", "not gRPC: HEAD has no body", Shown("415"))
def _(wire):
    wire.send(headers(1, request("/", method="HEAD", content_type="text/html"), end=True))
    wire.await_(lambda: wire.stream(1).ended)
    assert wire.stream(1).fields[":status"] == "415" and not wire.stream(1).body


@case("8.1", "not gRPC: the text waits for the window, byte by byte", Shown("a byte for each update"))
def _(wire):
    wire.send(settings((4, 1)))
    wire.send(headers(1, FOREIGN, end=True))
    wire.await_(lambda: wire.stream(1).body)
    assert wire.stream(1).body == TEXT[:1]
    for count in range(2, 5):
        wire.send(window_update(1, 1))
        wire.await_(lambda: len(wire.stream(1).body) == count)
    wire.send(window_update(1, 1000), settings((4, 65_535)))
    wire.await_(lambda: wire.stream(1).ended)
    assert wire.stream(1).body == TEXT


@case("8.1", "not gRPC: a window that becomes negative", Shown("held back until it is positive"))
def _(wire):
    wire.send(settings((4, 3)), headers(1, FOREIGN, end=True))
    wire.await_(lambda: len(wire.stream(1).body) == 3)
    wire.send(settings((4, 2)), window_update(1, 2))
    wire.await_(lambda: len(wire.stream(1).body) == 4)
    wire.send(window_update(1, 1000), settings((4, 65_535)))
    wire.await_(lambda: wire.stream(1).ended)


_foreign("trailers with END_STREAM", Shown("415"), headers(1, [("x-a", "b")], end=True))
_foreign("trailers without END_STREAM", MALFORMED, headers(1, [("x-a", "b")]))
_foreign("trailers with a pseudo-header", MALFORMED, headers(1, [(":path", "/")], end=True))
_foreign("DATA after its end", ConnectionFailure("STREAM_CLOSED"), data(1, end=True), data(1))
_foreign("reset", Shown("no answer"), reset(1))
_foreign("padding that is too long", ConnectionFailure("PROTOCOL_ERROR"), data(1, b"\x09a", flags=8))
_foreign("a window update of 0", ConnectionFailure("PROTOCOL_ERROR"), window_update(1, 0))

for fields, title in (
    ([("X-Checksum", "1")], "an upper-case letter"),
    ([("x-checksum", "1\n2")], "a line break"),
    ([("connection", "close")], "a field of the connection"),
):
    sends(
        "8.1",
        f"trailers with {title}",
        MALFORMED,
        OPEN,
        data(1, message()),
        headers(1, fields, end=True),
    )

# 8.1.1 Malformed messages

sends(
    "8.1.1",
    "content-length less than the DATA",
    MALFORMED,
    headers(1, with_(("content-length", "1"))),
    CALL,
)
sends(
    "8.1.1",
    "content-length more than the DATA",
    MALFORMED,
    headers(1, with_(("content-length", "999"))),
    CALL,
)
sends(
    "8.1.1",
    "content-length of several DATA frames",
    MALFORMED,
    headers(1, with_(("content-length", "1"))),
    data(1, message()[:3]),
    data(1, message()[3:], end=True),
)
sends(
    "8.1.1",
    "content-length without DATA",
    MALFORMED,
    headers(1, with_(("content-length", "1")), end=True),
)
sends(
    "8.1.1",
    "content-length that is right",
    Answer(),
    headers(1, with_(("content-length", str(len(message()))))),
    CALL,
)
_malformed(
    "8.1.1", "two content-lengths", with_(("content-length", "27"), ("content-length", "28"))
)
_malformed("8.1.1", "content-length that is no number", with_(("content-length", "1x")))
_malformed("8.1.1", "content-length that is negative", with_(("content-length", "-1")))
_malformed("8.1.1", "content-length beyond 64 bits", with_(("content-length", "9" * 40)))
for value in ("+27", "27, 27", ""):
    _malformed("8.1.1", f"content-length that is {value!r}", with_(("content-length", value)))

# 8.2.1 Field validity

for character in ("\0", "\n", "\r"):
    _malformed("8.2.1", f"{character!r} in a value", with_(("x-a", f"b{character}c")))
for character in ("\0", " ", "\x7f", "\x80", "\xff", "A", ":", "(", ",", "\t"):
    _malformed("8.2.1", f"{character!r} in a name", with_((f"x{character}a", "b")))
_malformed("8.2.1", "an empty name", with_(("", "b")))
for value in (" b", "b ", "\tb", "b\t"):
    _malformed("8.2.1", f"white space around a value: {value!r}", with_(("x-a", value)))
_served("8.2.1", "an empty value", with_(("x-a", "")))
_served("8.2.1", "white space inside a value", with_(("x-a", "b \t c")))
_served("8.2.1", "bytes above 0x7F in a value", with_(("x-a", b"\x80\xff")))
_served("8.2.1", "every character of a token in a name", with_(("!#$%&'*+-.^_`|~0a", "b")))

# 8.2.2 Fields of a connection

for name, value in (
    ("connection", "keep-alive"),
    ("keep-alive", "5"),
    ("proxy-connection", "close"),
    ("transfer-encoding", "chunked"),
    ("upgrade", "h2c"),
):
    _malformed("8.2.2", name, with_((name, value)))
_malformed("8.2.2", "te other than trailers", request(te="trailers, deflate"))
_malformed("8.2.2", "te: gzip", request(te="gzip"))
_served("8.2.2", "te: trailers", request(te="trailers"))

# 8.3 Pseudo-header fields

_malformed("8.3", "an unknown one", [(":test", "ok")] + request())
_malformed("8.3", "one of answers", [(":status", "200")] + request())
_malformed("8.3", "after a regular field", [("x-a", "b")] + request())
_malformed(
    "8.3",
    "the last one after a regular field",
    request(without=":path")[:2] + [("x-a", "b"), (":path", "/")],
)
_malformed("8.3", "an upper-case letter in one", [(":Method", "POST")] + request(without=":method"))

# 8.3.1 Those of requests

for name in (":method", ":scheme", ":path"):
    _malformed("8.3.1", f"no {name}", request(without=name))
    value = dict(request())[name]
    _malformed("8.3.1", f"two {name}", [(name, value)] + request())
    _malformed("8.3.1", f"an empty {name}", request(**{name[1:]: ""}))
_malformed("8.3.1", "two :authority", [(":authority", "a")] + request())
_malformed("8.3.1", "a :path without a slash", request("no-slash"))
_malformed("8.3.1", "a :path of * with POST", request("*"))
_malformed("8.3.1", "white space in :path", request("/a b"))
_malformed("8.3.1", "a character of no scheme in :scheme", request(scheme="ht tp"))
_malformed("8.3.1", "an invalid :method", request(method="PO ST"))
_malformed("8.3.1", "neither :authority nor host", request(without=":authority"))
_served(
    "8.3.1", "host instead of :authority", request(without=":authority") + [("host", "localhost")]
)
_malformed("8.3.1", ":authority with white space", request(authority="a b"))
_malformed("8.3.1", "an empty :authority", request(authority=""))
_malformed("8.3.1", "two hosts", with_(("host", "localhost"), ("host", "localhost")))
_served("8.3.1", "a host that differs from :authority", with_(("host", "other")))
_served("8.3.1", "a user in :authority", request(authority="user@localhost"))
sends(
    "8.3.1",
    "OPTIONS for *",
    Answer(13, http="405"),
    headers(1, request("*", method="OPTIONS"), end=True),
)

# 8.5 CONNECT

sends(
    "8.5",
    "CONNECT is refused",
    Answer(13, http="405"),
    headers(
        1, [(":method", "CONNECT"), (":authority", "a:1"), ("content-type", "application/grpc")]
    ),
)
_malformed("8.5", "CONNECT without :authority", [(":method", "CONNECT"), ("x-a", "b")])
_malformed(
    "8.5",
    "CONNECT with :scheme",
    [(":method", "CONNECT"), (":scheme", "http"), (":authority", "a:1")],
)
_malformed(
    "8.5", "CONNECT with :path", [(":method", "CONNECT"), (":authority", "a:1"), (":path", "/")]
)
_malformed(
    "8.5",
    "CONNECT with :protocol that was not offered (RFC 8441)",
    [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "http"),
        (":path", "/"),
        (":authority", "a:1"),
    ],
)
