"""The command backtest: what it prints, and how it refuses."""

import json
import shutil
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import pytest

from harness.commands import on_terminal, refused, succeeded
from harness.paths import FIXTURES, ROOT
from harness.policies import forecast, policy, query, schedule
from harness.server import free_port

TAXI = ROOT / "deploy" / "examples" / "backtest" / "taxi.yaml"
RIDES = ROOT.parent / "shared" / "fixtures" / "load" / "nyc_taxi.csv"
OFFICE_LOAD = FIXTURES / "load" / "smooth.csv"
NOON = {"name": "Noon", "start": "12:00", "end": "13:00", "replicas": 9}


def test_a_backtest_as_json_text_and_picture(manifest, load, tmp_path):
    path = manifest(
        policy("my-api", schedule([NOON]), query("x", 100, origin="default"), leadTime="10m")
    )
    history = load([100] * 60 + [900] * 60 + [100] * 60)
    picture = tmp_path / "backtest.svg"
    arguments = [
        "backtest", path, f"--load={history}", f"--svg={picture}", "--between-samples=held"
    ]  # fmt: skip
    result = json.loads(succeeded(*arguments, "--json"))
    assert result["accountedSeconds"] == 3 * 3600 and result["excludedSeconds"] == 0
    assert result["perReplica"] == 100
    assert result["headstart"]["underProvisionedSeconds"] == 0
    # 12:00:00 one pod becomes five, 12:00:15 nine; those serve from 12:01:15 on.
    assert result["reactive"]["underProvisionedSeconds"] == 75
    assert result["reactive"]["worstShortfall"] == 8
    assert result["reactive"]["worstShortfallAt"] == "2026-11-20T12:00:00Z"
    assert result["oracle"] == {
        "underProvisionedSeconds": 0,
        "underProvisionedShare": 0,
        "unservedShare": 0,
        "longestShortageSeconds": 0,
        "longestShortageAt": None,
        "worstEpisodeSeconds": 0,
        "worstEpisodeAt": None,
        "worstEpisodeUnservedShare": 0,
        "worstShortfall": 0,
        "worstShortfallAt": None,
        "replicaHours": 11,
        "scalings": 2,
    }
    # Of 11 hours with 1,300,000 requests, eight pods' worth for 15 s and 60 s more were not served.
    assert 0 < result["reactive"]["unservedShare"] < 0.02
    assert result["reactive"]["longestShortageSeconds"] == 75
    assert result["reactive"]["worstEpisodeSeconds"] == 75
    assert result["reactive"]["worstEpisodeAt"] == "2026-11-20T12:00:00Z"
    # One of nine pods serves for 60 s, and five for 15 s.
    unserved = (60 * 800 + 15 * 400) / (75 * 900)
    assert result["reactive"]["worstEpisodeUnservedShare"] == pytest.approx(unserved)
    assert result["verdict"].startswith("The policy cuts the time with too few pods by nearly all")
    assert result["warnings"] == []
    text = succeeded(*arguments)
    assert "under-provisioned" in text and "1m15s" in text and "HPA, same hours" in text
    assert text.rstrip().endswith(result["verdict"])
    assert "Backtest of default/my-api" in picture.read_text()
    slow = json.loads(succeeded(*arguments, "--json", "--startup=5m", "--max-replicas=5"))
    assert slow["reactive"]["worstShortfall"] == 8
    assert slow["headstart"]["underProvisionedSeconds"] == 3600


def test_a_schedule_shows_its_benefit(manifest):
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
    office = [
        {"name": "Morning", "days": days, "start": "07:30", "end": "08:00", "replicas": 15},
        {"name": "Office", "days": days, "start": "08:00", "end": "18:00", "replicas": 24},
    ]
    path = manifest(
        policy(
            "office", query("x", 500, origin="default"), schedule(office, default=4),
            leadTime="5m", limits={"minReplicas": 2, "maxReplicas": 100},
        )
    )  # fmt: skip
    result = json.loads(succeeded("backtest", path, f"--load={OFFICE_LOAD}", "--json"))
    ours, alone = result["headstart"], result["reactive"]
    assert ours["underProvisionedSeconds"] * 3 < alone["underProvisionedSeconds"]
    assert ours["replicaHours"] < alone["replicaHours"] * 1.1
    assert ours["scalings"] < alone["scalings"]


def test_a_built_in_forecast_is_walked_over_the_load(manifest):
    forecast = {
        "name": "predicted",
        "forecast": {
            "prometheus": {"source": "default", "query": "x", "threshold": 500},
            "quantile": 0.95,
            "timeZone": "UTC",
        },
    }
    path = manifest(
        policy("office", query("x", 500, origin="default"), forecast, leadTime="30m")
    )
    result = json.loads(succeeded("backtest", path, f"--load={OFFICE_LOAD}", "--json"))
    ours, matched = result["headstart"], result["equalHours"]
    assert matched["replicaHours"] == pytest.approx(ours["replicaHours"], rel=0.02)
    assert ours["underProvisionedSeconds"] < result["reactive"]["underProvisionedSeconds"]
    assert result["equalHoursTarget"] < 500
    assert result["verdict"]


def test_the_load_histories_are_what_their_script_writes(tmp_path):
    script = tmp_path / "generate.py"
    shutil.copy(FIXTURES / "load" / "generate.py", script)
    subprocess.run([sys.executable, script], check=True)
    for name in ("smooth.csv", "bursty.csv"):
        assert (tmp_path / name).read_bytes() == (FIXTURES / "load" / name).read_bytes()


def test_the_taxi_schedule_shows_its_benefit():
    if not RIDES.exists():
        pytest.skip(f"{RIDES} is not there")
    result = json.loads(
        succeeded("backtest", TAXI, f"--load={RIDES}", "--from=2014-08-01", "--json")
    )
    ours, alone = result["headstart"], result["reactive"]
    assert ours["underProvisionedSeconds"] * 3 < alone["underProvisionedSeconds"]
    assert ours["replicaHours"] < alone["replicaHours"] * 1.2
    assert ours["scalings"] < alone["scalings"]


def test_a_simulated_forecast_begins_a_season_later(manifest, load):
    path = manifest(policy("my-api", forecast("my-api", origin="default")))
    history = load([100] * (24 * 60 + 120))
    flags = [f"--load={history}", "--per-replica=50", "--json"]
    line = refused("backtest", path, *flags)
    assert "predicted" in line and "--forecast-from" in line
    result = json.loads(succeeded("backtest", path, *flags, "--forecast-from=previous-day"))
    assert result["from"] == "2026-11-21T11:00:00Z"
    assert result["accountedSeconds"] == 7200
    line = refused("backtest", path, *flags, "--forecast-from=previous-week")
    assert "nothing to test" in line


@pytest.mark.parametrize(
    "content, words",
    [
        ("timestamp,value\n2014-07-01 00:00:00,1\n2014-07-01 00:30:00,\n", ["line 3", "no value"]),
        ("timestamp,value\n2014-07-01 00:00:00,1\n\n2014-07-01 01:00:00,2\n", ["line 3", "empty"]),
        ("timestamp,value\n2014-07-01 00:00:00,much\n", ["line 2", "much"]),
        ("timestamp,value\ntoday,1\n", ["line 2", "today"]),
        ("2014-07-01 01:00:00,1\n2014-07-01 00:00:00,1\n", ["line 2", "not after"]),
        ("", ["empty"]),
    ],
)
def test_a_load_with_holes_or_text_is_refused_by_its_line(tmp_path, content, words):
    path = tmp_path / "load.csv"
    path.write_text(content)
    line = refused("backtest", TAXI, f"--load={path}")
    assert str(path) in line and all(word in line for word in words), line


@pytest.mark.parametrize(
    "flags, words",
    [
        ([], ["--load", "--prometheus"]),
        (["--load=/nowhere"], ["/nowhere", "No such file"]),
        (["--prometheus=http://localhost:1"], ["--query", "--from", "--to"]),
        (["--prometheus=ftp://x", "--query=x", "--from=2026-01-01", "--to=now"], ["--prometheus"]),
        (["--per-replica=0"], ["--per-replica", "0"]),
        (["--min-replicas=-1"], ["--min-replicas", "-1"]),
        (["--min-replicas=9", "--max-replicas=5"], ["9", "5"]),
        (["--forecast-from=last-year"], ["--forecast-from", "previous-week"]),
        (["--policy=nobody"], ["nobody", "default/taxi"]),
        (["--startup=1"], ["--startup", "unit"]),
        (["--from=2026-01-02", "--to=2026-01-01"], ["reversed"]),
    ],
)
def test_backtest_refuses_in_one_line(flags, words):
    line = refused("backtest", TAXI, *flags)
    assert all(word in line for word in words), line


def test_a_server_that_is_not_there_is_exit_code_3():
    line = refused(
        "backtest",
        TAXI,
        f"--prometheus=http://127.0.0.1:{free_port()}",
        "--query=up",
        "--from=2026-11-20",
        "--to=2026-11-21",
        code=3,
    )
    assert "127.0.0.1" in line


def test_the_load_of_a_real_prometheus(prometheus, exporter):
    instance = prometheus(app=exporter.target)
    exporter.demand = {"a": 2100}
    instance.wait_for("count_over_time(demand[10s]) > 4", timeout=30)
    now = datetime.now(timezone.utc)
    flags = [
        f"--prometheus={instance.url}",
        f"--from={(now - timedelta(seconds=4)).isoformat(timespec='seconds')}",
        f"--to={now.isoformat(timespec='seconds')}",
        "--step=1s",
        "--json",
    ]
    result = json.loads(succeeded("backtest", TAXI, *flags, "--query=sum(demand)"))
    assert result["accountedSeconds"] >= 2
    assert result["oracle"]["replicaHours"] == pytest.approx(
        5 * result["accountedSeconds"] / 3600
    )
    assert "exactly one" in refused(
        "backtest", TAXI, *flags, '--query=label_replace(demand, "x", "y", "", "") or demand'
    )
    assert "parse error" in refused("backtest", TAXI, *flags, "--query=sum(")
    assert "the query has no values" in refused("backtest", TAXI, *flags, "--query=nothing")


def test_long_work_shows_a_bar_on_a_terminal():
    _, shown = on_terminal("backtest", TAXI, f"--load={OFFICE_LOAD}")
    assert "█".encode() in shown and b"replaying" in shown
    assert shown.endswith(b"\r\x1b[K")
