"""Bad input on the command line and in files: each ends in a clear error at the right place."""

import json
import socket

import pytest

from harness.paths import ROOT
from harness.policies import fixed, forecast, policy, schedule
from harness.server import free_port, run_command

def one_line(text):
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    return lines[0]


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--forecaster=http://x"], ["--forecaster"]),
        (["--no-such-flag"], ["--no-such-flag"]),
        (["--lead-time=soon"], ["--lead-time", "soon"]),
        (["--lead-time=-5m"], ["--lead-time", "-5m"]),
        (["--lead-time"], ["--lead-time"]),
        (["--listen=nowhere"], ["--listen", "nowhere"]),
        (["--listen=:99999"], ["--listen", "99999"]),
        (["--log-level=loud"], ["--log-level", "loud"]),
        (["--log-format=xml"], ["--log-format", "xml"]),
        (["--workers=none"], ["--workers", "none"]),
        (["--workers=-1"], ["--workers"]),
        (["--when-unavailable=panic"], ["--when-unavailable", "panic"]),
        (["--forecaster-url=ftp://x"], ["--forecaster-url", "ftp"]),
        (["--forecaster-url=not a url"], ["--forecaster-url"]),
        (["serve", "extra"], ["extra"]),
        (["dance"], ["dance"]),
        (["chek", "a.yaml"], ["did you mean check?"]),
        (["--listen=50051"], ["--listen", "write :50051"]),
        (["import", "a.yaml", "-o"], ["flag -o needs a value"]),
        (["boost"], ["headstart boost NAME --at-least=40 --until=18:00"]),
        (["freeze"], ["headstart freeze NAME --for=2h"]),
        (["overrides", "--end"], ["headstart overrides NAME --end"]),
        (["forecast"], ["--threshold=100"]),
        (["recommend"], ["--per-replica=100"]),
        (["plan", "a.yaml", "--lead-time=5 minutes"], ["of which m is meant"]),
    ],
)
def test_a_wrong_flag_or_value_is_one_line_and_exit_code_2(arguments, words):
    finished = run_command(*arguments)
    assert finished.returncode == 2
    line = one_line(finished.stderr)
    assert all(word in line for word in words), line
    assert finished.stdout == ""


def test_a_wrong_environment_variable_names_itself():
    finished = run_command("serve", environment={"LEAD_TIME": "soon"})
    assert finished.returncode == 2
    assert "LEAD_TIME" in one_line(finished.stderr)


@pytest.mark.parametrize("flag", ["--listen", "--http-listen"])
def test_a_port_in_use_is_one_line(flag):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ports = {"--listen": free_port(), "--http-listen": free_port()} | {flag: port}
        finished = run_command(
            "serve", *(f"{name}=127.0.0.1:{value}" for name, value in ports.items())
        )
    assert finished.returncode == 2
    line = (finished.stderr + finished.stdout).strip().splitlines()[-1]
    assert str(port) in line and "in use" in line


def test_a_policy_directory_that_does_not_exist(tmp_path):
    finished = run_command(
        "serve",
        f"--listen=127.0.0.1:{free_port()}",
        f"--http-listen=127.0.0.1:{free_port()}",
        f"--policies={tmp_path / 'absent'}",
    )
    assert finished.returncode == 2
    assert "absent" in finished.stderr


def test_version_and_help():
    assert run_command("version").returncode == 0
    finished = run_command("--help")
    assert finished.returncode == 0
    for flag in ("--forecaster-url", "--listen", "--lead-time", "--policies"):
        assert flag in finished.stdout


# check


def check(tmp_path, text, name="a.yaml"):
    file = tmp_path / name
    file.write_text(text)
    return run_command("check", file)


def manifest(spec):
    return (
        "apiVersion: headstart.dev/v1alpha1\n"
        "kind: ScalingPolicy\n"
        "metadata: {name: my-api, namespace: default}\n"
        "spec:\n" + spec
    )


def rules(*lines):
    return manifest(
        "  signals:\n"
        "    - name: calendar\n"
        "      schedule:\n"
        "        timeZone: UTC\n"
        "        rules:\n" + "".join(f"          - {line}\n" for line in lines)
    )


BAD = {
    "malformed": ("a: [1, 2\nb: 3\n", "2:", []),
    "tab": ("a:\n\t- b\n", "2:1", []),
    "date": (rules('{name: X, dates: ["2026-02-30"], replicas: 1}'), "10:31", ["2026-02-30"]),
    "zone": (
        rules("{name: X, replicas: 1}").replace("UTC", "Mars/Olympus"),
        "8:19",
        ["Mars/Olympus"],
    ),
    "negative": (rules("{name: X, replicas: -1}"), "10:33", ["-1"]),
    "time": (rules('{name: X, start: "25:00", end: "26:00", replicas: 1}'), "10:30", ["25:00"]),
    "day": (rules("{name: X, days: [Mondy], replicas: 1}"), "10:30", ["Mondy", "Monday"]),
    "unknown field": (
        manifest("  leadtime: 5m\n  signals: []\n"),
        "5:3",
        ["leadtime", "leadTime"],
    ),
    "duration": (manifest("  leadTime: soon\n  signals: []\n"), "5:13", ["soon"]),
    "limits": (
        manifest(
            "  limits: {minReplicas: 9, maxReplicas: 3}\n"
            "  signals:\n    - {name: a, schedule: {default: 5, rules: []}}\n"
        ),
        "5:",
        ["9", "3"],
    ),
    "source": (
        manifest("  signals:\n    - {name: a, forecast: {source: nowhere, workload: w}}\n"),
        "6:",
        ["nowhere"],
    ),
    "no signals": (manifest("  leadTime: 5m\n"), "5:", ["signals"]),
    "kind": ("apiVersion: headstart.dev/v1alpha1\nkind: ScalingPolice\n", "2:7", ["ScalingPolicy"]),
    "binary": ("\x00\x01\x02", "1:", []),
}


@pytest.mark.parametrize("name", BAD)
def test_check_reports_file_line_and_column(tmp_path, name):
    text, position, words = BAD[name]
    finished = check(tmp_path, text)
    assert finished.returncode == 1, finished.stdout
    lines = [
        line
        for line in (finished.stdout + finished.stderr).splitlines()
        if f"a.yaml:{position}" in line and "error" in line
    ]
    assert lines, finished.stdout + finished.stderr
    assert any(all(word in line for word in words) for line in lines), lines


def test_check_reports_every_error_of_every_file(tmp_path):
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text(rules("{name: X, replicas: -1}", "{name: Y, replicas: -2}"))
    second.write_text(BAD["zone"][0])
    finished = run_command("check", first, second)
    assert finished.returncode == 1
    for words in (["a.yaml:10:33"], ["a.yaml:11:33"], ["b.yaml:8:19"]):
        assert all(word in finished.stdout + finished.stderr for word in words)


def test_check_warns_of_rules_of_one_priority_that_overlap(tmp_path):
    text = rules(
        '{name: Morning, start: "08:00", end: "12:00", replicas: 1, priority: 5}',
        '{name: Noon, start: "11:00", end: "13:00", replicas: 2, priority: 5}',
    )
    finished = check(tmp_path, text)
    assert finished.returncode == 0
    output = finished.stdout + finished.stderr
    assert "warning" in output and "Morning" in output and "Noon" in output and "11:00" in output


def test_json_is_read_too(tmp_path):
    assert check(tmp_path, policy("my-api", fixed(3)), "a.json").returncode == 0
    assert check(tmp_path, json.dumps({"kind": 3}), "b.json").returncode == 1


def test_a_file_of_100_mb_is_refused_quickly(tmp_path):
    file = tmp_path / "large.yaml"
    with open(file, "wb") as output:
        output.write(b"a: 1\n")
        output.truncate(100_000_000)
    finished = run_command("check", file, timeout=10)
    assert finished.returncode == 1
    assert "large.yaml" in finished.stdout + finished.stderr


def test_an_alias_bomb_is_refused_quickly(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    finished = check(tmp_path, "\n".join(lines))
    assert finished.returncode == 1


def test_check_without_or_with_absent_files(tmp_path):
    assert run_command("check").returncode == 2
    finished = run_command("check", tmp_path / "absent.yaml")
    assert finished.returncode in (1, 2)
    assert "absent.yaml" in finished.stdout + finished.stderr


@pytest.mark.parametrize(
    "path", sorted((ROOT / "deploy" / "examples").glob("[pq]*/*.yaml")), ids=lambda path: path.name
)
def test_the_examples_are_without_error_and_warning(path):
    finished = run_command("check", path)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "warning:" not in finished.stdout + finished.stderr


def test_warnings_alone_are_exit_code_0(tmp_path):
    text = policy(
        "my-api",
        forecast(origin="default"),
        schedule([{"name": "Cap", "atMost": 1}, {"name": "Floor", "replicas": 5}]),
    )
    finished = check(tmp_path, text)
    assert finished.returncode == 0
    assert "warning" in finished.stdout + finished.stderr
