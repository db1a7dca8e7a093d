"""HTTP/2 frames and field blocks as bytes: nothing is checked, so that anything can be sent."""

import struct

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS = 0, 1, 2, 3, 4
PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 5, 6, 7, 8, 9

END_STREAM, ACK, END_HEADERS, PADDED, PRIORITIZED = 0x1, 0x1, 0x4, 0x8, 0x20

ERRORS = (
    "NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED"
    " FRAME_SIZE_ERROR REFUSED_STREAM CANCEL COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM"
    " INADEQUATE_SECURITY HTTP_1_1_REQUIRED"
).split()

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SERVICE = "/externalscaler.ExternalScaler/"
UNARY = SERVICE + "IsActive"
STREAMING = SERVICE + "StreamIsActive"
BIDIRECTIONAL = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
# A ScaledObjectRef: name my-api, namespace default.
MESSAGE = b"\x0a\x06my-api\x12\x07default"

# Frames to be sent


def frame(kind, flags=0, stream=0, payload=b"", length=None):
    """One frame; `length` lies about the payload's."""
    length = len(payload) if length is None else length
    return length.to_bytes(3, "big") + struct.pack(">BBL", kind, flags, stream) + payload


def settings(*pairs, **options):
    return frame(SETTINGS, payload=b"".join(struct.pack(">HL", *pair) for pair in pairs), **options)


def ping(payload=b"12345678", **options):
    return frame(PING, payload=payload, **options)


def window_update(stream, increment, **options):
    return frame(WINDOW_UPDATE, stream=stream, payload=struct.pack(">L", increment), **options)


def reset(stream, code=8):
    return frame(RST_STREAM, stream=stream, payload=struct.pack(">L", code))


def priority(stream, parent=0, weight=15, exclusive=False):
    return frame(PRIORITY, stream=stream, payload=dependency(parent, weight, exclusive))


def dependency(parent, weight=15, exclusive=False):
    return struct.pack(">LB", parent | exclusive << 31, weight)


def goaway(last=0, code=0, debug=b"", **options):
    return frame(GOAWAY, payload=struct.pack(">LL", last, code) + debug, **options)


def data(stream, body=b"", end=False, flags=0):
    return frame(DATA, flags | (END_STREAM if end else 0), stream, body)


def padded(body, padding, announced=None):
    return bytes([padding if announced is None else announced]) + body + b"\0" * padding


def headers(stream, fields, end=False, flags=0, before=b"", after=b""):
    """HEADERS with the fields, between payload bytes of whatever kind."""
    flags |= END_HEADERS | (END_STREAM if end else 0)
    return frame(HEADERS, flags, stream, before + block(fields) + after)


def continuation(stream, payload, last=True):
    return frame(CONTINUATION, END_HEADERS if last else 0, stream, payload)


def message(body=MESSAGE, compressed=0, length=None):
    """A gRPC message with its prefix; `length` lies about the body's."""
    return struct.pack(">BL", compressed, len(body) if length is None else length) + body


# HPACK


def integer(value, bits, pattern=0):
    limit = (1 << bits) - 1
    if value < limit:
        return bytes([pattern | value])
    out, value = [pattern | limit], value - limit
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + [value])


def text(value):
    value = value if isinstance(value, bytes) else value.encode("latin-1")
    return integer(len(value), 7) + value


def literal(name, value):
    """A literal without indexing, with a new name, in plain text."""
    return b"\0" + text(name) + text(value)


def block(fields):
    return fields if isinstance(fields, bytes) else b"".join(literal(*field) for field in fields)


def request(path=UNARY, *more, without=(), **changes):
    """The fields of a call. `method="GET"` changes `:method`; `without` names fields to leave out."""
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": "localhost",
        "te": "trailers",
        "content-type": "application/grpc",
    }
    for name, value in changes.items():
        name = name.replace("_", "-")
        fields[name if name in fields else ":" + name] = value
    without = (without,) if isinstance(without, str) else without
    return [pair for pair in fields.items() if pair[0] not in without] + list(more)
