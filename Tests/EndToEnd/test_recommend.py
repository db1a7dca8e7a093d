"""The command recommend: a history in, a policy out."""

import json
import re

import pytest

from harness.commands import refused, succeeded
from harness.histories import Histories, daily
from harness.paths import FIXTURES
from harness.server import free_port, run_command

OFFICE_LOAD = FIXTURES / "load" / "smooth.csv"


def checked(text, tmp_path):
    path = tmp_path / "recommended.yaml"
    path.write_text(text)
    finished = run_command("check", path)
    assert finished.returncode == 0, finished.stdout
    return finished.stdout


def test_a_recommendation_from_a_file_is_a_manifest_with_its_reasons(tmp_path):
    text = succeeded(
        "recommend", f"--load={OFFICE_LOAD}", "--per-replica=500", "--startup=3m",
        "--query=sum(rate(http_requests_total{job='web'}[5m]))",
    )  # fmt: skip
    assert "0 errors" in checked(text, tmp_path)
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert comments[0].startswith("# Recommended from 35.0 days of load")
    assert any("Tested on the last 17.5 days" in line for line in comments)
    assert any(re.search(r"short of pods for [\d.]+ % of the time", line) for line in comments)
    assert any(line.startswith("# HPA alone") for line in comments)
    assert "query: 'sum(rate(http_requests_total{job=''web''}[5m]))', threshold: 500" in text
    # What it says of the chosen one is in the table.
    share = re.search(r"^# (.+): short of pods for ([\d.]+) %", text, re.MULTILINE)
    row = next(line for line in comments if line.startswith(f"# {share[1]}  "))
    assert float(re.search(r"([\d.]+) %", row)[1]) == pytest.approx(float(share[2]), abs=0.006)
    assert float(share[2]) <= 1
    # The policy can be replayed as it is.
    replay = json.loads(
        succeeded(
            "backtest", tmp_path / "recommended.yaml", f"--load={OFFICE_LOAD}", "--startup=3m",
            "--from=2024-01-18T12:00:00Z", "--json",
        )  # fmt: skip
    )
    assert replay["headstart"]["underProvisionedShare"] < 0.012


def test_a_recommendation_from_prometheus(tmp_path):
    upstream = Histories(load=daily)
    try:
        text = succeeded(
            "recommend", f"--prometheus={upstream.url}", "--query=load", "--per-replica=100",
            "--history=4d", "--step=5m", "--startup=5m", "--lead-time=15m", "--source=thanos",
        )  # fmt: skip
    finally:
        upstream.close()
    checked(text, tmp_path)
    asked = upstream.requests
    span = float(asked[-1]["end"]) - float(asked[0]["start"])
    assert span == pytest.approx(4 * 86_400, abs=600)
    assert f"address: '{upstream.url}'" in text and "metadata: {name: thanos}" in text
    assert "source: thanos, query: 'load', threshold: 100" in text
    assert re.search(r"^# .*lead time 15m", text, re.MULTILINE)
    assert "lead time 10m" not in text


@pytest.mark.parametrize(
    "flags, words",
    [
        ([f"--load={OFFICE_LOAD}"], ["--per-replica"]),
        (["--per-replica=1"], ["--load", "--prometheus"]),
        (["--per-replica=1", "--prometheus=http://localhost:1"], ["--query"]),
        (["--per-replica=1", "--prometheus=ftp://x", "--query=x"], ["--prometheus"]),
        (["--per-replica=0", f"--load={OFFICE_LOAD}"], ["--per-replica"]),
        (["--per-replica=1", f"--load={OFFICE_LOAD}", "--time-zone=Paris"], ["--time-zone"]),
        (["--per-replica=1", f"--load={OFFICE_LOAD}", "--at-most-short=101"], ["0 to 100"]),
        (["--per-replica=1", f"--load={OFFICE_LOAD}", "--source=a_b"], ["--source"]),
        (["--per-replica=1", f"--load={OFFICE_LOAD}", "--lead-time=2d"], ["24h"]),
        (
            ["--per-replica=1", "--prometheus=http://localhost:1", "--query=x", "--history=1d"],
            ["--history"],
        ),
        ([str(OFFICE_LOAD)], ["--load="]),
    ],
)
def test_recommend_refuses_in_one_line(flags, words):
    line = refused("recommend", *flags)
    assert all(word in line for word in words), line


def test_recommend_without_its_server_is_exit_code_3():
    address = f"http://127.0.0.1:{free_port()}"
    flags = [f"--prometheus={address}", "--query=x", "--per-replica=1"]
    assert "127.0.0.1" in refused("recommend", *flags, code=3)
    assert "--per-replica=N" in succeeded("recommend", "--help")
