"""RFC 7541: field blocks."""

from harness.raw import (
    block,
    data,
    headers,
    integer,
    literal,
    message,
    request,
    settings,
    text,
)

from .outcomes import Answer, ConnectionFailure
from .registry import case, sends

BROKEN = ConnectionFailure("COMPRESSION_ERROR")
CALL = data(1, message(), end=True)
REQUEST = block(request())


def _broken(section, title, more):
    sends(f"hpack {section}", title, BROKEN, headers(1, REQUEST + more))


def _served(section, title, fields, *frames):
    sends(f"hpack {section}", title, Answer(), *frames, headers(1, fields), CALL)


def huffman(coded):
    """A literal with the name x and a value that is said to be Huffman-coded."""
    return b"\0" + text("x") + integer(len(coded), 7, 0x80) + coded


_served(
    "2.3.2", "a field from the dynamic table", REQUEST + b"\x40" + text("x-a") + text("b") + b"\xbe"
)


@case("hpack 2.3.2", "the dynamic table lives across streams", Answer(stream=3))
def _(wire):
    wire.send(
        headers(
            1,
            b"\x40"
            + text(":path")
            + text(dict(request())[":path"])
            + block(request(without=":path")),
        ),
        CALL,
    )
    wire.send(headers(3, b"\xbe" + block(request(without=":path"))), data(3, message(), end=True))


_broken("2.3.3", "an index beyond the dynamic table", integer(62, 7, 0x80))
_broken("2.3.3", "a name's index beyond the dynamic table", integer(200, 6, 0x40) + text("v"))
_broken("5.1", "an integer without end", b"\xff" + b"\xff" * 9 + b"\x7f")
_broken("5.1", "an integer of more than 32 bits", b"\xff\x80\x80\x80\x80\x80\x01")
_broken("5.1", "an integer that the block's end cuts off", b"\xff\x80")
_broken("5.2", "a string longer than the block", b"\0\x05ab")
_broken("5.2", "Huffman padding of more than 7 bits", huffman(b"\x1f\xff"))
_broken("5.2", "Huffman padding with zeros", huffman(b"\x18"))
_broken("5.2", "the EOS symbol in a Huffman string", huffman(b"\xff\xff\xff\xff"))
_served(
    "5.2",
    "a Huffman string",
    REQUEST + huffman(b"\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"),
)
_served(
    "5.2",
    "a Huffman string as a name",
    REQUEST + b"\0" + integer(8, 7, 0x80) + b"\x25\xa8\x49\xe9\x5b\xa9\x7d\x7f" + text("v"),
)
_broken("6.1", "index 0", b"\x80")
_served(
    "6.2.2", "a literal without indexing, its name indexed", REQUEST + b"\x0f\x2b" + text("agent")
)
_served(
    "6.2.3",
    "a literal that is never indexed",
    REQUEST + b"\x10" + text("authorization") + text("secret"),
)
_broken("6.3", "a table larger than SETTINGS_HEADER_TABLE_SIZE", integer(4097, 5, 0x20))
_served(
    "6.3",
    "a table of 0, then of 4096, before the first field",
    b"\x20" + integer(4096, 5, 0x20) + REQUEST,
)
sends(
    "hpack 4.2",
    "a new table size after the first field",
    BROKEN,
    headers(1, literal(*request()[0]) + b"\x20" + block(request()[1:])),
)
sends("hpack 4.2", "a new table size at the block's end", BROKEN, headers(1, REQUEST + b"\x20"))
sends(
    "hpack 4.2",
    "a table larger than announced, at the start",
    BROKEN,
    headers(1, integer(1 << 20, 5, 0x20) + REQUEST),
)


@case("hpack 4.2", "the server takes over a smaller table", Answer(stream=3))
def _(wire):
    wire.send(settings((1, 0)), headers(1, request()), CALL)
    wire.await_(lambda: wire.stream(1).ended)
    wire.decoder.max_allowed_table_size = 0
    wire.send(headers(3, request()), data(3, message(), end=True))


@case("hpack 4.4", "a field larger than the table empties it", Answer(stream=3))
def _(wire):
    big = b"\x40" + text("x-big") + text("v" * 5000)
    wire.send(headers(1, REQUEST + b"\x40" + text("x-a") + text("b") + big), CALL)
    wire.send(headers(3, request()), data(3, message(), end=True))
    wire.await_(lambda: wire.stream(3).ended)


@case("hpack 4.4", "what a large field has emptied is gone", BROKEN)
def _(wire):
    big = b"\x40" + text("x-big") + text("v" * 5000)
    wire.send(headers(1, REQUEST + b"\x40" + text("x-a") + text("b") + big + b"\xbe"))


@case("hpack 4.4", "a field that takes its name from the one that it drives out", Answer(stream=3))
def _(wire):
    rest = block(request(without=":authority"))
    wire.send(headers(1, b"\x40" + text(":authority") + text("a" * 3000) + rest), CALL)
    # The table has room for one of the two.
    wire.send(headers(3, integer(62, 6, 0x40) + text("b" * 3000) + rest))
    wire.send(data(3, message(), end=True))
    wire.await_(lambda: wire.stream(3).ended)


@case("hpack 4.3", "a table of 0 is empty afterwards", BROKEN)
def _(wire):
    wire.send(headers(1, REQUEST + b"\x40" + text("x-a") + text("b")), CALL)
    wire.send(headers(3, b"\x20" + integer(4096, 5, 0x20) + REQUEST + b"\xbe"))


@case("hpack 4.3", "a smaller table keeps what fits", Answer(stream=3))
def _(wire):
    wire.send(headers(1, REQUEST + b"\x40" + text("x-a") + text("b")), CALL)
    wire.send(headers(3, integer(100, 5, 0x20) + REQUEST + b"\xbe"))
    wire.send(data(3, message(), end=True))


@case("hpack 2.2", "a block of a refused call is decoded all the same", Answer(stream=3))
def _(wire):
    wire.send(
        headers(1, request("/no.Such/Method")), headers(3, request()), data(3, message(), end=True)
    )
    wire.await_(lambda: wire.stream(1).ended)


@case("hpack 2.2", "a block of a malformed request is decoded all the same", Answer(stream=3))
def _(wire):
    bad = literal("Bad", "name") + b"\x40" + text(":path") + text(dict(request())[":path"])
    wire.send(headers(1, REQUEST + bad))
    wire.send(headers(3, b"\xbe" + block(request(without=":path"))), data(3, message(), end=True))
