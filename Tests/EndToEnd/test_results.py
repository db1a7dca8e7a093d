"""How `scripts/test` counts: a second try is for a few tests, and named."""

import subprocess
import sys

import pytest

from harness.paths import ROOT


def junit(path, **outcomes):
    """Writes what a runner would; the value of each test: passed, failed, error or skipped."""
    inside = {"passed": "", "failed": "<failure/>", "error": "<error/>", "skipped": "<skipped/>"}
    cases = "".join(
        f'<testcase classname="suite" name="{name}">{inside[outcome]}</testcase>'
        for name, outcome in outcomes.items()
    )
    path.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    return path


def results(command, *files):
    return subprocess.run(
        [sys.executable, ROOT / "Tests/results.py", command, *files],
        capture_output=True, text=True, check=True,
    )


@pytest.fixture
def first(tmp_path):
    return junit(tmp_path / "first.xml", a="passed", b="failed", c="skipped", d="error")


def test_a_few_that_failed_are_tried_again(first):
    assert results("again", first).stdout == "suite\n"
    assert results("count", first).stdout == "1 2 1\n"


def test_what_passes_on_the_second_try_is_named(first, tmp_path):
    second = junit(tmp_path / "second.xml", a="passed", b="passed", d="failed")
    counted = results("count", first, second)
    assert counted.stdout == "2 1 1\n"
    assert counted.stderr == "passed on the second try only: suite: b\n"


def test_what_fails_on_the_second_try_only_has_failed(first, tmp_path):
    second = junit(tmp_path / "second.xml", a="failed", b="passed", d="passed")
    assert results("count", first, second).stdout == "2 1 1\n"


def test_a_second_try_that_crashes_changes_nothing(first, tmp_path):
    assert results("count", first, tmp_path / "none.xml").stdout == "1 2 1\n"


def test_many_that_failed_are_no_accident(tmp_path):
    first = junit(tmp_path / "first.xml", **{name: "failed" for name in "abcd"}, e="passed")
    assert results("again", first).stdout.strip() == ""
    assert results("count", first).stdout == "1 4 0\n"


def test_a_runner_that_left_no_file_passed_nothing(tmp_path):
    assert results("again", tmp_path / "none.xml").stdout.strip() == ""
    assert results("count", tmp_path / "none.xml").stdout == "0 0 0\n"
