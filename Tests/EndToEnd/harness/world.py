"""A world around one server in which the wall clock can be set and names can stop resolving."""

import os
import struct
import subprocess
from pathlib import Path

LOOPBACK, NOTHING, SILENCE = range(3)


def _ahead():
    """The seconds by which the tests' own wall clock is ahead, in a run of scripts/test-dates."""
    path = os.environ.get("HEADSTART_TEST_WORLD")
    return struct.unpack("qq", Path(path).read_bytes())[0] if path else 0


IS_CLOCK_SET = _ahead() != 0


class World:
    """`environment` puts a server into it. `clock` is in seconds ahead, `names` one of the above."""

    def __init__(self, directory):
        library = directory / "world.so"
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-O1", "-o", library, Path(__file__).with_name("world.c")],
            check=True,
        )
        self._file = directory / "world"
        self._file.write_bytes(bytes(16))
        self._clock = self._names = 0
        self.set()
        self.environment = {"LD_PRELOAD": str(library), "HEADSTART_TEST_WORLD": str(self._file)}

    def set(self, clock=None, names=None):
        self._clock = self._clock if clock is None else clock
        self._names = self._names if names is None else names
        # In place: the server has the file mapped.
        with open(self._file, "r+b") as file:
            file.write(struct.pack("qq", _ahead() + self._clock, self._names))
