"""The examples of docs/backtest.md, docs/recommend.md and docs/forecast.md: each command prints what the
page shows."""

import os
import re
import shlex
import subprocess

import pytest

from harness.paths import BINARY, ROOT
from harness.server import run_command

PAGES = ["backtest.md", "forecast.md", "recommend.md"]
RIDES = ROOT.parent / "shared" / "fixtures" / "load" / "nyc_taxi.csv"


def examples():
    """Each command, and what the page shows of its output: in its own block, or in the next one."""
    found = []
    for page in PAGES:
        text = (ROOT / "docs" / page).read_text()
        blocks = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        for place, (kind, content) in enumerate(blocks):
            if kind != "console":
                continue
            command, _, shown = content.replace("\\\n", "").partition("\n")
            assert command.startswith("$ headstart "), command
            if not shown and place + 1 < len(blocks) and blocks[place + 1][0] in ("", "yaml"):
                shown = blocks[place + 1][1]
            assert shown.strip(), f"{page}: {command} shows nothing"
            found.append((page, command.removeprefix("$ headstart "), shown))
    return found


EXAMPLES = examples()


def pattern(shown):
    """`…` stands for the rest of a line, or on a line of its own for any lines."""
    lines = []
    for line in shown.rstrip("\n").split("\n"):
        if line.strip() == "…":
            lines.append("(?:.*\n)*?")
        else:
            lines.append(re.escape(line.rstrip()).replace("…", ".*") + " *\n")
    return "".join(lines)


@pytest.mark.parametrize(
    "page, command, shown", EXAMPLES, ids=[f"{page}: {command}" for page, command, _ in EXAMPLES]
)
def test_a_command_prints_what_its_page_shows(page, command, shown, tmp_path):
    if "nyc_taxi.csv" in command and not RIDES.exists():
        pytest.skip(f"{RIDES} is not there")
    arguments = [
        argument.replace("nyc_taxi.csv", str(RIDES))
        # Pictures go into the test's own directory.
        if not argument.startswith("--svg=")
        else f"--svg={tmp_path / 'picture.svg'}"
        for argument in shlex.split(command)
    ]
    finished = run_command(*arguments, cwd=ROOT, timeout=120)
    assert finished.returncode == 0, finished.stderr
    assert re.match(pattern(shown), finished.stdout), finished.stdout


def test_there_are_examples_of_each_page():
    assert {page for page, _, _ in EXAMPLES} == set(PAGES)


def test_the_pictures_are_what_their_commands_draw():
    finished = subprocess.run(
        [ROOT / "scripts" / "pictures", "--check"], capture_output=True, text=True,
        env=os.environ | {"HEADSTART": str(BINARY)},
    )  # fmt: skip
    assert finished.returncode == 0, finished.stdout + finished.stderr
