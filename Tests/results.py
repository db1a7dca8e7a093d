"""Reads the JUnit files of a test run and, where there is one, of its second try.

    results.py again FIRST             what to run once more, a line each; nothing when too much failed
    results.py count FIRST [SECOND]    passed, failed and skipped tests; on standard error, what passed
                                       on the second try only

What is run once more are suites of unit tests, and files of end-to-end tests.
"""

import sys
from xml.etree import ElementTree

# More than these have no busy machine for a reason.
MOST = 3


def outcomes(path):
    """{(suite, test): "passed", "failed" or "skipped"}; empty for a run that left no whole file."""
    found = {}
    try:
        cases = ElementTree.parse(path).iter("testcase")
    except (FileNotFoundError, ElementTree.ParseError):
        return found
    for case in cases:
        test = case.get("classname"), case.get("name")
        if case.find("failure") is not None or case.find("error") is not None:
            found[test] = "failed"
        elif case.find("skipped") is not None:
            found.setdefault(test, "skipped")
        else:
            found.setdefault(test, "passed")
    return found


def failed(results):
    return [test for test, outcome in results.items() if outcome == "failed"]


def again(first):
    tests = failed(outcomes(first))
    return sorted({suite for suite, _ in tests}) if len(tests) <= MOST else []


def count(first, second=None):
    results = outcomes(first)
    retried = outcomes(second) if second else {}
    for test in failed(results):
        if retried.get(test) == "passed":
            results[test] = "passed"
            print(f"passed on the second try only: {test[0]}: {test[1]}", file=sys.stderr)
    for test in failed(retried):
        results[test] = "failed"
    outcome = list(results.values())
    return [outcome.count(kind) for kind in ("passed", "failed", "skipped")]


def main(command, *files):
    if command == "again":
        print("\n".join(again(*files)))
    else:
        print(*count(*files))


main(*sys.argv[1:])
