"""Shortens the output of a build or of a test run, and says every 15 seconds how far it is.

Reads standard input to its end. Lines of tests that began, passed or were skipped are counted; all
others pass through at once, so that a failure is seen when it happens. `--brief` passes failures and
summaries only.
"""

import queue
import re
import sys
import threading
import time

PULSE = 15
BRIEF = "--brief" in sys.argv[1:]
# Swift Testing, and pytest with -v, also in several processes.
BEGUN = re.compile(r"◇ |(Tests/EndToEnd/)?\S+\.py::\S.* $")
DONE = re.compile(r"✔ Test (?!run with)|(\[gw\d+\] \[ *\d+%\] )?(PASSED|XFAIL) |\S+::.* PASSED")
SKIPPED = re.compile(r"➜ Test|(\[gw\d+\] \[ *\d+%\] )?SKIPPED |\S+::.* SKIPPED")
NOISE = re.compile(r"✔ Suite|➜ Suite|Tests/EndToEnd/\S+::\S+ *$|\s*$")
MATTERS = re.compile(r"✘|↳|Test run with|.*\berror:|.*Fatal error|.*crashed")


def span(seconds):
    minutes, seconds = divmod(int(seconds), 60)
    return f"{minutes}m{seconds:02d}s" if minutes else f"{seconds}s"


def read(lines):
    for line in sys.stdin:
        lines.put(line)
    lines.put(None)


def main():
    sys.stdin.reconfigure(errors="replace")
    lines = queue.Queue()
    threading.Thread(target=read, args=(lines,), daemon=True).start()
    started = said = time.monotonic()
    done = skipped = 0
    while True:
        try:
            line = lines.get(timeout=max(0, said + PULSE - time.monotonic()))
        except queue.Empty:
            line = ""
        if line is None:
            return
        if time.monotonic() >= said + PULSE:
            said = time.monotonic()
            counts = f"{done} tests passed" + (f", {skipped} skipped" if skipped else "")
            print(f"  … {span(said - started)}" + (f": {counts}" if done else ""), flush=True)
        if DONE.match(line):
            done += 1
        elif SKIPPED.match(line):
            skipped += 1
        elif BEGUN.match(line) or NOISE.match(line) or (BRIEF and not MATTERS.match(line)):
            continue
        elif line:
            print(line, end="", flush=True)
            said = time.monotonic()


main()
