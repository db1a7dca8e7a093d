"""What a case expects of the server, and how that is proved."""

from harness.raw import ERRORS, MESSAGE, data, headers, message, request

# A stream that no case uses.
PROBE = 0x7FFF_0001


class Outcome:
    """`proof(wire)` raises AssertionError unless the server has done what the outcome says."""

    text = ""

    def proof(self, wire):
        raise NotImplementedError


class ConnectionFailure(Outcome):
    """GOAWAY with one of the codes, then the end of the connection."""

    def __init__(self, *codes):
        self.codes = codes
        self.text = "connection error " + " or ".join(codes)

    def proof(self, wire):
        wire.await_(lambda: wire.goaway)
        assert wire.goaway, "the connection was closed without a GOAWAY"
        code = ERRORS[wire.goaway[1]]
        assert code in self.codes, f"GOAWAY with {code}"
        wire.await_(lambda: wire.closed)


class StreamError(Outcome):
    """RST_STREAM with one of the codes; the connection goes on."""

    def __init__(self, *codes, stream=1):
        self.codes = codes
        self.stream = stream
        self.text = "stream error " + " or ".join(codes)

    def proof(self, wire):
        stream = wire.stream(self.stream)
        wire.await_(lambda: stream.reset is not None or wire.goaway)
        assert not wire.goaway, f"GOAWAY with {ERRORS[wire.goaway[1]]}"
        assert stream.reset is not None, "the connection was closed"
        assert ERRORS[stream.reset] in self.codes, f"RST_STREAM with {ERRORS[stream.reset]}"
        goes_on(wire)


class Ignored(Outcome):
    """No error at all; the connection goes on."""

    text = "ignored"

    def proof(self, wire):
        goes_on(wire)
        resets = {number: each.reset for number, each in wire.streams.items() if each.reset}
        assert not resets, f"RST_STREAM: {resets}"


class Closed(Outcome):
    """The end of the connection, with or without a GOAWAY."""

    text = "connection closed"

    def proof(self, wire):
        wire.await_(lambda: wire.closed)
        if wire.goaway:
            assert ERRORS[wire.goaway[1]] == "PROTOCOL_ERROR", f"GOAWAY with {wire.goaway[1]}"


class Answer(Outcome):
    """An answer with this HTTP status and gRPC status; the connection goes on."""

    def __init__(self, status=0, http="200", stream=1, reset=None, fields=None, messages=None):
        self.status = status
        self.http = http
        self.stream = stream
        self.fields = fields or {}
        self.messages = messages
        name = STATUSES[status] if status is not None else "an answer"
        self.text = name if http == "200" else f"HTTP status {http}, {name}"

    def proof(self, wire):
        stream = wire.stream(self.stream)
        wire.await_(lambda: stream.ended or stream.reset is not None or wire.goaway)
        assert not wire.goaway, f"GOAWAY with {ERRORS[wire.goaway[1]]}"
        assert stream.ended, f"no answer but RST_STREAM with {stream.reset}"
        assert stream.fields[":status"] == self.http, f"HTTP status {stream.fields[':status']}"
        status = int(stream.fields["grpc-status"])
        told = stream.fields.get("grpc-message", "")
        assert status == self.status, f"{STATUSES[status]}: {told}"
        assert (status == 0) == (not told), "grpc-message belongs to an error, and to nothing else"
        for name, value in self.fields.items():
            assert stream.fields.get(name) == value, f"{name}: {stream.fields.get(name)}"
        if self.messages is not None:
            assert len(stream.messages) == self.messages, f"{len(stream.messages)} messages"
        goes_on(wire)


class Shown(Outcome):
    """Whatever the case itself asserts; the connection goes on."""

    def __init__(self, text):
        self.text = text

    def proof(self, wire):
        goes_on(wire)


class Proved(Outcome):
    """Whatever the case itself asserts."""

    def __init__(self, text):
        self.text = text

    def proof(self, wire):
        pass


STATUSES = (
    "OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS"
    " PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED"
    " INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED"
).split()


def goes_on(wire):
    """A call on the same connection is answered."""
    wire.send(headers(PROBE, request()), data(PROBE, message(MESSAGE), end=True))
    stream = wire.stream(PROBE)
    wire.await_(lambda: stream.ended or stream.reset is not None or wire.goaway)
    assert not wire.goaway, f"GOAWAY with {ERRORS[wire.goaway[1]]}"
    assert stream.ended, "the connection serves no further call"
    assert stream.fields["grpc-status"] == "0"
