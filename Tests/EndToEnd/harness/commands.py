"""Commands of the binary that run to their end."""

import os
import pty
import subprocess
from datetime import datetime, timedelta

from .paths import BINARY
from .server import clean_environment, run_command


def succeeded(*arguments):
    """What the command prints; it has nothing to say on standard error."""
    finished = run_command(*arguments, timeout=120)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stderr == ""
    return finished.stdout


def refused(*arguments, code=2):
    """The one line on standard error of a command that ends with that exit code."""
    finished = run_command(*arguments)
    assert finished.returncode == code, finished.stdout + finished.stderr
    assert finished.stdout == ""
    (line,) = finished.stderr.splitlines()
    assert line.startswith("headstart: ")
    return line


def write_load(path, values, start=datetime(2026, 11, 20, 11)):
    """Writes a load history of one sample a minute."""
    lines = ["timestamp,value"]
    lines += [f"{start + timedelta(minutes=n)},{value}" for n, value in enumerate(values)]
    path.write_text("\n".join(lines) + "\n")
    return path


def on_terminal(*arguments):
    """What a command that succeeds prints, and what its standard error shows on a terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [str(BINARY), *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=follower, env=clean_environment(),
    )  # fmt: skip
    os.close(follower)
    shown = b""
    while True:
        try:
            chunk = os.read(leader, 4096)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
    os.close(leader)
    printed = process.stdout.read()
    assert process.wait(60) == 0
    return printed, shown
