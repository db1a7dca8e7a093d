"""A server under valgrind's callgrind, which counts what each function executes."""

import re
import subprocess
from pathlib import Path


class Callgrind:
    """Where the counts of one server go: a folder that is empty before."""

    def __init__(self, folder):
        self._folder = Path(folder)

    def command(self, command):
        """The command, run under callgrind."""
        # Valgrind 3.19 gives up on the debug information that Swift writes.
        stripped = self._folder / "server"
        subprocess.run(["strip", "--strip-debug", "-o", stripped, command[0]], check=True)
        return ["valgrind", "--tool=callgrind", "--demangle=no",
                f"--callgrind-out-file={self._folder}/counts", stripped, *command[1:]]

    def begin(self, pid):
        """Forgets what was counted so far."""
        self._control("-z", pid)

    def counts(self, pid):
        """What was counted since the beginning, or since the counts before."""
        self._control("-d", pid)
        dumps = self._folder.glob("counts.*")
        return Counts(max(dumps, key=lambda dump: int(dump.suffix[1:])).read_text(errors="replace"))

    @staticmethod
    def _control(option, pid):
        subprocess.run(["callgrind_control", option, str(pid)], check=True, timeout=60,
                       capture_output=True)


class Counts:
    """One dump of callgrind."""

    def __init__(self, text):
        self._text = text

    @property
    def instructions(self):
        """Of all threads."""
        return int(re.search(r"^(?:totals|summary): (\d+)", self._text, re.MULTILINE)[1])

    @property
    def functions(self):
        """The linker's names of the program's own functions that ran."""
        # Names are written once, and referred to by number after that.
        names, objects, here, ran = {}, {}, None, set()
        for kind, number, name in re.findall(
            r"^(c?fn|c?ob)=\((\d+)\)(?: (.*))?$", self._text, re.MULTILINE
        ):
            known = objects if kind.endswith("ob") else names
            if name:
                known[number] = name
            if kind == "ob":
                here = known[number]
            elif kind == "fn" and here.endswith("/server"):
                # A recursion is numbered: name'2.
                ran.add(known[number].partition("'")[0])
        return ran
