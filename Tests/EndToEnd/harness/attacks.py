"""What one hostile connection can do to a server, attack by attack.

python -m harness.attacks                        names the attacks
python -m harness.attacks NAME PORT SECONDS      attacks for so long, and connects again
                                                 whenever the server has closed
"""

import select
import socket
import sys
import time
from itertools import count

from harness.raw import (
    BIDIRECTIONAL,
    END_HEADERS,
    GOAWAY,
    HEADERS,
    PADDED,
    PREFACE,
    STREAMING,
    UNARY,
    block,
    continuation,
    data,
    frame,
    headers,
    integer,
    message,
    padded,
    ping,
    priority,
    request,
    reset,
    settings,
    text,
    window_update,
)


def _repeat(unit, times=1000):
    """The same bytes for ever."""
    return lambda: iter(lambda: unit * times, None)


def _streams(unit, batch=500, opening=b""):
    """`unit(stream)` for every stream in turn."""

    def pieces():
        if opening:
            yield opening
        for start in count(0):
            numbers = range(2 * start * batch + 3, 2 * (start + 1) * batch + 3, 2)
            yield b"".join(map(unit, numbers))

    return pieces


def _opening(path, *more):
    """The first request: brings its fields into the dynamic table."""
    named = dict(request(path))
    order = (":path", ":authority", "te", "content-type")
    fields = [(name, named[name]) for name in order] + list(more)
    block_ = b"".join(b"\x40" + text(name) + text(value) for name, value in fields)
    return frame(HEADERS, END_HEADERS, 1, b"\x83\x86" + block_)


def _again(stream, more=b"", extra=0):
    """The fields of `_opening` again, in a few bytes."""
    indices = (65 + extra, 64 + extra, 63 + extra, 62 + extra)
    fields = b"\x83\x86" + b"".join(integer(index, 7, 0x80) for index in indices) + more
    return frame(HEADERS, END_HEADERS, stream, fields)


def _bomb(times):
    """Each request has a field of 3.5 KB so many times, for a byte each."""
    opening = _opening(UNARY, ("x", "v" * 3500))
    return _streams(lambda stream: _again(stream, b"\xbe" * times, extra=1), opening=opening)


def _huge(stream):
    """63 KiB of headers, in four frames."""
    fields = block(request(UNARY, *[(f"x-{number}", "v" * 3000) for number in range(20)]))
    pieces = [fields[start : start + 16_000] for start in range(0, len(fields), 16_000)]
    first, *rest = pieces
    return frame(HEADERS, 0, stream, first) + b"".join(
        continuation(stream, piece, last=piece is rest[-1]) for piece in rest
    )


_OPEN = headers(1, request(BIDIRECTIONAL))
_CALL = data(1, message(), end=True)
_PART = message(b"v" * 16_000, length=4_000_000)


class Attack:
    """A name, what it sends, and the limit that ends it; None where it is served, or held back."""

    def __init__(self, pieces, limit=None, reads=True, opens=1):
        self.pieces = pieces
        self.limit = limit
        self.reads = reads
        # More than one: connections that say nothing at all.
        self.opens = opens


ATTACKS = {
    "resets": Attack(
        _streams(lambda stream: headers(stream, request(STREAMING)) + reset(stream)), "resets"
    ),
    "server resets": Attack(
        _streams(
            lambda stream: headers(stream, request(STREAMING)) + window_update(stream, 0x7FFF_FFFF)
        ),
        "resets",
    ),
    "pings": Attack(_repeat(ping(flags=1)), "pings"),
    "pings unread": Attack(_repeat(ping()), "pending_acks", reads=False),
    "settings": Attack(_repeat(settings((4, 1), (4, 65_535)), 100), "settings"),
    "priorities": Attack(_repeat(priority(7, 5)), "priorities"),
    "window updates": Attack(_repeat(window_update(0, 1)), "window_updates"),
    "empty DATA": Attack(lambda: _after(_OPEN, data(1) * 1000), "empty_frames"),
    "padding": Attack(
        lambda: _after(_OPEN, data(1, padded(b"", 255), flags=PADDED) * 100), "empty_frames"
    ),
    "unknown frames": Attack(_repeat(frame(0xEE, payload=b"x")), "other_frames"),
    "continuations": Attack(
        lambda: _after(frame(HEADERS, 0, 1), continuation(1, b"", last=False) * 1000),
        "continuations",
    ),
    "header bomb": Attack(_bomb(1000), "header_list"),
    "header bombs within the limit": Attack(_bomb(16)),
    "huge headers": Attack(_streams(_huge, 10)),
    "calls": Attack(
        _streams(
            lambda stream: _again(stream) + data(stream, message(), end=True),
            opening=_opening(UNARY) + _CALL,
        )
    ),
    "unknown methods": Attack(_streams(lambda stream: _again(stream), opening=_opening("/x.Y/Z"))),
    "endless streams": Attack(
        _streams(
            lambda stream: _again(stream) + data(stream, message(), end=True),
            opening=_opening(STREAMING) + _CALL,
        ),
        "memory",
    ),
    "partial bodies": Attack(
        _streams(lambda stream: headers(stream, request()) + data(stream, _PART), 10), "memory"
    ),
    "answers unread": Attack(
        _streams(
            lambda stream: headers(stream, request(BIDIRECTIONAL))
            + data(stream, message(b"\x3a\x00") * 100)
        ),
        reads=False,
    ),
    "silent connections": Attack(lambda: iter(()), "handshake", opens=200),
}


def _after(opening, rest):
    yield opening
    while True:
        yield rest


class Attacker:
    """One connection under an attack, driven without ever waiting for the server."""

    def __init__(self, attack, port):
        self.attack = attack
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.others = [
            socket.create_connection(("127.0.0.1", port), timeout=5)
            for _ in range(attack.opens - 1)
        ]
        self.socket.setblocking(False)
        self.sent = 0
        self.closed = False
        self.goaway = None
        self._pieces = attack.pieces()
        silent = attack.opens > 1
        opening = PREFACE + settings((4, 1 << 30)) + settings(flags=1)
        self._unsent = memoryview(b"" if silent else opening)
        self._unread = bytearray()

    def run(self, seconds):
        """Attacks for so long, or until the server closes."""
        deadline = time.monotonic() + seconds
        while not self.closed and time.monotonic() < deadline:
            self.step(0.05)
        return self

    def step(self, patience):
        if not self._unsent:
            self._unsent = memoryview(next(self._pieces, b""))
        wanting = [self.socket] if self._unsent else []
        readable, writable, _ = select.select([self.socket], wanting, [], patience)
        try:
            if readable and (self.attack.reads or not writable):
                self._take(self.socket.recv(1 << 18))
            if writable and not self.closed:
                count_ = self.socket.send(self._unsent)
                self.sent += count_
                self._unsent = self._unsent[count_:]
        except BlockingIOError:
            pass
        except OSError:
            self._drain()

    def close(self):
        for each in (self.socket, *self.others):
            each.close()

    def _drain(self):
        """The server has closed behind a GOAWAY that may not have been read."""
        try:
            while piece := self.socket.recv(1 << 18):
                self._take(piece)
        except OSError:
            pass
        self.closed = True

    def _take(self, piece):
        """Looks for a GOAWAY; other frames are passed over."""
        self.closed = not piece
        self._unread += piece
        position = 0
        while position + 9 <= len(self._unread):
            length = int.from_bytes(self._unread[position : position + 3], "big")
            if position + 9 + length > len(self._unread):
                break
            if self._unread[position + 3] == GOAWAY:
                self.goaway = int.from_bytes(self._unread[position + 13 : position + 17], "big")
            position += 9 + length
        del self._unread[:position]


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print("\n".join(ATTACKS))
        sys.exit()
    name, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    end = time.monotonic() + seconds
    connections = bytes_ = 0
    while (left := end - time.monotonic()) > 0:
        attacker = Attacker(ATTACKS[name], port)
        attacker.run(left)
        attacker.close()
        connections += 1
        bytes_ += attacker.sent
    print(f"{name}: {connections} connections, {bytes_} bytes")
