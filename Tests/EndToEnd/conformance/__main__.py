"""Runs the cases against a server, or prints their table."""

import sys

from . import CASES, run
from .registry import SECTIONS


def report(port, sections):
    """Prints a line for each case; returns the number of failures."""
    chosen = [case for case in CASES if not sections or case.section.startswith(tuple(sections))]
    failures, section = 0, None
    for case in chosen:
        if case.section != section:
            section = case.section
            print(f"\n{section} {SECTIONS[section]}")
        problem = run(case, port)
        failures += problem is not None
        verdict = "ok    " if problem is None else "FAILED"
        print(f"  {verdict}  {case.number:22}{case.title} → {case.outcome.text}")
        if problem is not None:
            print(f"          {problem}")
    print(f"\n{len(chosen) - failures} of {len(chosen)} cases as expected")
    return failures


def table():
    """The cases as they stand in docs/internals/conformance.md."""
    lines = []
    for section, title in SECTIONS.items():
        heading = title if title.startswith(("gRPC", "RFC")) else f"{section} {title}"
        lines += [
            "",
            f"## {heading}",
            "",
            "| case | what the client sends | outcome |",
            "|---|---|---|",
        ]
        for case in CASES:
            if case.section == section:
                what = case.title.replace("|", "\\|").replace("*", "\\*")
                lines.append(f"| {case.number} | {what} | {case.outcome.text} |")
    return "\n".join(lines).strip() + "\n"


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments == ["--markdown"]:
        print(table(), end="")
    elif arguments and arguments[0].isdigit():
        sys.exit(1 if report(int(arguments[0]), arguments[1:]) else 0)
    else:
        sys.exit("usage: python -m conformance PORT [SECTION…] | --markdown")
