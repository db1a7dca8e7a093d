"""Backtests side by side and sweeps: which of several policies to have."""

import json
import re
import xml.etree.ElementTree as ElementTree

import pytest

from harness.commands import on_terminal, refused, succeeded
from harness.paths import FIXTURES, ROOT
from harness.policies import policy, query, schedule

FORESIGHT = ROOT / "deploy" / "examples" / "backtest" / "forecast.yaml"
OFFICE_LOAD = FIXTURES / "load" / "smooth.csv"
# What a pod and its metrics take in this world.
SLOW = ["--startup=3m", "--observe-after=1m", "--tolerance=0", "--from=2024-01-15"]


@pytest.fixture(scope="module")
def swept():
    """Two quantiles by two lead times, as JSON."""
    sweeps = ["--sweep=quantile=0.5,0.9", "--sweep=leadTime=10m,20m"]
    return json.loads(
        succeeded("backtest", FORESIGHT, f"--load={OFFICE_LOAD}", *SLOW, *sweeps, "--json")
    )


def test_a_sweep_tries_every_combination(swept):
    values = [(row["values"]["quantile"], row["values"]["leadTime"]) for row in swept["policies"]]
    assert sorted(values) == [("0.5", "10m"), ("0.5", "20m"), ("0.9", "10m"), ("0.9", "20m")]
    hours = [row["replicaHours"] for row in swept["policies"]]
    assert hours == sorted(hours)


def test_each_row_is_what_a_backtest_of_it_alone_says(swept, tmp_path):
    changed = tmp_path / "changed.yaml"
    text = FORESIGHT.read_text().replace("quantile: 0.9", "quantile: 0.5")
    changed.write_text(text.replace("leadTime: 20m", "leadTime: 10m"))
    alone = json.loads(succeeded("backtest", changed, f"--load={OFFICE_LOAD}", *SLOW, "--json"))
    (row,) = [
        row
        for row in swept["policies"]
        if row["values"] == {"quantile": "0.5", "leadTime": "10m"}
    ]
    for field, value in alone["headstart"].items():
        assert row[field] == value, field
    assert swept["oracle"] == alone["oracle"] and swept["reactive"] == alone["reactive"]
    if row["front"]:
        assert row["equalHours"] == alone["equalHours"]


def test_the_front_is_what_nothing_beats_in_both(swept):
    rows = swept["policies"]
    for row in rows:
        beaten = any(
            other["replicaHours"] <= row["replicaHours"]
            and other["underProvisionedSeconds"] <= row["underProvisionedSeconds"]
            and other is not row
            for other in rows
        )
        assert row["front"] is not beaten, row["values"]
        assert ("equalHours" in row) == row["front"]
        if row["front"]:
            matched = row["equalHours"]["replicaHours"]
            assert matched == pytest.approx(row["replicaHours"], rel=0.05)


def test_the_recommendation_is_the_cheapest_that_keeps_it(swept):
    for sentence in swept["recommendations"]:
        limit = float(re.match(r"For at most ([\d.]+) % short", sentence)[1]) / 100
        rows = [row for row in swept["policies"] if row["underProvisionedShare"] <= limit]
        if not rows:
            assert "none of these" in sentence
            continue
        best = min(rows, key=lambda row: row["replicaHours"])
        values = best["values"]
        over = best["replicaHours"] / swept["oracle"]["replicaHours"] - 1
        assert sentence.endswith(
            f"quantile {values['quantile']}, lead time {values['leadTime']}:"
            f" {over * 100:.1f} % more replica-hours than needed."
        )


def test_a_sweep_as_text_and_picture(tmp_path):
    picture = tmp_path / "front.svg"
    text = succeeded(
        "backtest", FORESIGHT, f"--load={OFFICE_LOAD}", *SLOW, "--sweep=threshold=400,500",
        f"--svg={picture}",
    )  # fmt: skip
    lines = text.splitlines()
    assert any(re.match(r"threshold +short +not served", line) for line in lines)
    assert sum(line.startswith(("400 ", "500 ")) for line in lines) == 2
    assert any(line.startswith("HPA alone") for line in lines)
    assert "For at most 1 % short: threshold" in text
    # It is on purpose that one of them differs from what a replica carries.
    assert "--per-replica says" not in text
    root = ElementTree.parse(picture).getroot()
    namespace = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{namespace}circle")) == 2 + 1 + 1
    assert "For at most" in root.find(f"{namespace}desc").text


def test_several_policies_side_by_side(tmp_path):
    path = tmp_path / "policies.yaml"
    noon = [{"name": "Noon", "start": "08:00", "end": "18:00", "replicas": 24}]
    live = query("x", 500, origin="default")
    path.write_text(
        "\n---\n".join(
            [
                policy("calendar", live, schedule(noon), leadTime="10m"),
                policy("live", live, leadTime="0s"),
                policy("other", live, schedule(noon, default=9), leadTime="10m"),
            ]
        )
    )
    everything = ["backtest", path, f"--load={OFFICE_LOAD}", "--json"]
    names = lambda *flags: {
        row["name"] for row in json.loads(succeeded(*everything, *flags))["policies"]
    }
    assert names() == {"calendar", "live", "other"}
    assert names("--policy=live", "--policy=default/other") == {"live", "other"}
    path.write_text(path.read_text().replace("threshold: 500", "threshold: 250", 1))
    path.write_text(path.read_text().replace('"threshold": 500', '"threshold": 250', 1))
    assert "--per-replica" in refused(*everything)
    assert names("--per-replica=500") == {"calendar", "live", "other"}


def test_the_load_between_samples_and_how_late_it_is_seen(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text(policy("live", query("x", 100, origin="default"), leadTime="0s"))
    load = tmp_path / "load.csv"
    # Ten minutes of nothing much, then up to 41 replicas in ten minutes.
    load.write_text(
        "time,value\n2026-11-20 00:00:00,100\n2026-11-20 00:10:00,100\n"
        "2026-11-20 00:20:00,4100\n2026-11-20 00:30:00,4100\n2026-11-20 00:40:00,4100\n"
    )

    def short(*flags):
        arguments = ["backtest", path, f"--load={load}", "--tolerance=0", "--json"]
        return json.loads(succeeded(*arguments, *flags))

    held = short("--between-samples=held")
    assert held["betweenSamples"] == "held"
    # At 00:20:00 one pod becomes five, then ten, twenty, forty, 41; 60 s later all serve.
    assert held["reactive"]["underProvisionedSeconds"] == 4 * 15 + 60
    assert held["reactive"]["worstShortfall"] == 40
    linear = short()
    assert linear["betweenSamples"] == "linear" and linear["observeAfterSeconds"] == 0
    # Four replicas more each minute, each of which comes a minute late.
    assert linear["reactive"]["worstShortfall"] in (4, 5)
    assert linear["reactive"]["underProvisionedSeconds"] == pytest.approx(660, abs=30)
    # The half of the climb, in a straight line: 20 replicas more than at its beginning, on average.
    needed = 600 * 1 + sum(1 + 40 * n / 600 for n in range(600)) + 1800 * 41
    assert linear["oracle"]["replicaHours"] == pytest.approx(needed / 3600, rel=0.01)
    late = short("--observe-after=2m")
    assert late["observeAfterSeconds"] == 120
    assert late["reactive"]["worstShortfall"] in (12, 13)
    assert late["reactive"]["underProvisionedSeconds"] == pytest.approx(780, abs=30)


@pytest.mark.parametrize(
    "flags, words",
    [
        (["--sweep=speed=1"], ["--sweep", "quantile=0.5..0.99"]),
        (["--sweep=quantile=2"], ["--sweep", "0.5 to 0.99"]),
        (["--sweep=quantile=0.9..0.5"], ["reversed"]),
        (["--sweep=quantile=0.9", "--sweep=quantile=0.8"], ["twice"]),
        (["--sweep=leadTime=2d"], ["24h"]),
        (["--between-samples=spline"], ["--between-samples", "linear", "held"]),
        (["--observe-after=1"], ["--observe-after", "unit"]),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(flags, words):
    line = refused("backtest", FORESIGHT, f"--load={OFFICE_LOAD}", *flags)
    assert all(word in line for word in words), line


def test_a_sweep_shows_a_bar_on_a_terminal_and_nowhere_else():
    table, shown = on_terminal(
        "backtest", FORESIGHT, f"--load={OFFICE_LOAD}", "--sweep=quantile=0.5,0.9"
    )
    assert b"comparing" in shown and "█".encode() in shown and shown.endswith(b"\r\x1b[K")
    assert "█".encode() not in table and b"\r" not in table
