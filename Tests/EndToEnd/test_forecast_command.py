"""The command forecast: tables, charts, and the walk over a history."""

import csv
import json
import subprocess

import pytest

from harness.commands import succeeded
from harness.paths import BINARY, FIXTURES, ROOT
from harness.server import clean_environment

OFFICE_LOAD = FIXTURES / "load" / "smooth.csv"


def test_a_forecast_as_table_json_and_chart(tmp_path):
    picture = tmp_path / "forecast.svg"
    flags = [
        f"--load={OFFICE_LOAD}", "--threshold=500", "--lead-time=2h", "--quantile=0.9",
        "--quantile=0.95", f"--svg={picture}",
    ]  # fmt: skip
    text = succeeded("forecast", *flags, "--width=80")
    lines = text.splitlines()
    assert lines[0].startswith("Learnt 1680 buckets of 30m from 2024-01-01T00:00:00Z")
    heading = next(index for index, line in enumerate(lines) if line.startswith("from (UTC)"))
    assert "at most with 90 %" in lines[heading] and "at most with 95 %" in lines[heading]
    rows = [line.split() for line in lines[heading + 1 : heading + 8]]
    result = json.loads(succeeded("forecast", *flags, "--json"))
    assert result["stepSeconds"] == 1800 and result["leadTimeSeconds"] == 7200
    assert [one["quantile"] for one in result["forecasts"]] == [0.9, 0.95]
    for place, row in enumerate(rows):
        assert float(row[1]) == pytest.approx(result["expected"][place], abs=0.006)
        for column, one in zip((2, 4), result["forecasts"]):
            assert float(row[column]) == pytest.approx(one["loads"][place], abs=0.006)
            assert int(row[column + 1]) == one["replicas"][place]
            assert one["replicas"][place] == -(-one["loads"][place] // 500)
    # Four buckets are the lead time, three more keep the window covered.
    assert all(len(one["loads"]) == 7 for one in result["forecasts"])
    assert "With 90 %: kept " in text 
    assert max(len(line) for line in lines if "┤" in line or "│" in line) <= 80
    assert "Forecast" in picture.read_text()


RIDES = ROOT.parent / "shared" / "fixtures" / "load"
# Step, lead time and threshold of the three histories in the specification.
CASES = {
    "taxi": ("nyc_taxi.csv", "30m", "2h", 500),
    "amzn": ("twitter_volume_amzn.csv", "5m", "30m", 10),
    "elb": ("elb_request_count_8c0756.csv", "5m", "30m", 20),
}


def walked(*flags):
    lines = succeeded("forecast", *flags, "--walk").splitlines()
    return list(csv.DictReader(lines))


def test_a_walk_has_a_line_before_each_bucket_and_a_group_for_each_quantile():
    flags = [f"--load={OFFICE_LOAD}", "--threshold=500", "--lead-time=1h", "--step=30m"]
    rows = walked(*flags, "--quantile=0.5", "--quantile=0.95")
    names = [f"q{q}_{k}" for q in (50, 95) for k in range(5)]
    assert list(rows[0]) == ["bucket", "index", *names]
    # From the second value on, one for each bucket.
    assert [int(row["index"]) for row in rows] == list(range(2, 1680))
    first = 1_704_067_200 // 1800
    assert all(int(row["bucket"]) == first + int(row["index"]) for row in rows)
    # The audit may have another guess in charge for one of them; apart from that they are in order.
    ordered = [float(row["q50_0"]) <= float(row["q95_0"]) for row in rows[400:]]
    assert sum(ordered) > 0.9 * len(ordered)
    # A quantile is the same alone as beside another.
    alone = walked(*flags, "--quantile=0.95")
    assert [row["q95_4"] for row in alone] == [row["q95_4"] for row in rows]
    # What is known does not depend on what comes later.
    lines = OFFICE_LOAD.read_text().splitlines()[: 1 + 1000]
    finished = subprocess.run(
        [str(BINARY), "forecast", "--load=-", *flags[1:], "--quantile=0.95", "--walk"],
        input="\n".join(lines) + "\n", capture_output=True, text=True, env=clean_environment(),
    )  # fmt: skip
    assert finished.stdout.splitlines()[1:] == [",".join(row.values()) for row in alone[:998]]


def test_a_walk_is_that_of_the_reference():
    """Tests/Fixtures/forecast/walk.csv is what the specification's reference says of the same load."""
    zone = "--time-zone=Europe/Paris"
    flags = [f"--load={OFFICE_LOAD}", "--threshold=500", "--lead-time=1h", "--step=30m", zone]
    found = {row["bucket"]: row for row in walked(*flags, "--quantile=0.5", "--quantile=0.95")}
    with (FIXTURES / "forecast" / "walk.csv").open() as file:
        expected = list(csv.DictReader(file))
    assert len(expected) > 40
    for row in expected:
        ours = found[row["bucket"]]
        assert list(ours) == list(row) and ours["index"] == row["index"]
        for name, value in row.items():
            # Templates are of half the precision.
            assert float(ours[name]) == pytest.approx(float(value), rel=2e-4, abs=1e-3), (row, name)


@pytest.mark.parametrize("case", CASES)
def test_a_walk_keeps_what_its_quantile_promises(case):
    file, step, lead, threshold = CASES[case]
    if not RIDES.exists():
        pytest.skip(f"{RIDES} is not there")
    load = [float(row["value"]) for row in csv.DictReader((RIDES / file).open())]
    flags = [f"--load={RIDES / file}", f"--threshold={threshold}", f"--lead-time={lead}"]
    rows = walked(*flags, f"--step={step}", "--quantile=0.9")
    later = rows[len(rows) // 4 :]
    kept = [
        load[int(row["index"])] <= float(row["q90_0"])
        for row in later
        if int(row["index"]) < len(load)
    ]
    assert sum(kept) / len(kept) == pytest.approx(0.9, abs=0.02)
