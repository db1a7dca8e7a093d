"""The commands plan and backtest: what they print, and how they refuse."""

import json
import os
import pty
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from datetime import datetime, timedelta, timezone

import pytest

from harness.paths import BINARY, FIXTURES, ROOT
from harness.policies import forecast, policy, query, schedule
from harness.server import clean_environment, free_port, run_command

OFFICE = ROOT / "deploy" / "examples" / "quickstart" / "office.yaml"
TAXI = ROOT / "deploy" / "examples" / "backtest" / "taxi.yaml"
RIDES = ROOT.parent / "shared" / "fixtures" / "load" / "nyc_taxi.csv"
OFFICE_LOAD = FIXTURES / "load" / "smooth.csv"
NOON = {"name": "Noon", "start": "12:00", "end": "13:00", "replicas": 9}


@pytest.fixture
def manifest(tmp_path):
    def write(text, name="policy.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.fixture
def load(tmp_path):
    """Writes a load history of one sample a minute from 2026-11-20 11:00 on."""

    def write(values, start=datetime(2026, 11, 20, 11)):
        lines = ["timestamp,value"]
        lines += [f"{start + timedelta(minutes=n)},{value}" for n, value in enumerate(values)]
        path = tmp_path / "load.csv"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def succeeded(*arguments):
    finished = run_command(*arguments)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stderr == ""
    return finished.stdout


def refused(code, *arguments):
    """The one line on standard error of a command that ends with that exit code."""
    finished = run_command(*arguments)
    assert finished.returncode == code, finished.stdout + finished.stderr
    assert finished.stdout == ""
    (line,) = finished.stderr.splitlines()
    assert line.startswith("headstart: ")
    return line


# plan


def test_the_plan_of_a_week_as_text():
    text = succeeded("plan", OFFICE, "--from=2099-11-20", "--to=2099-11-28", "--width=80")
    lines = text.splitlines()
    assert lines[0] == "Policy default/office, 2099-11-20T00:00:00Z to 2099-11-28T00:00:00Z"
    assert "30 ┤" in text and "   └" in text
    assert max(len(line) for line in lines if "┤" in line or "│" in line) <= 80
    assert '2099-11-20T07:45:00Z        10  10 replicas: calendar asks for 10' in text
    assert 'rule "Black Friday"' in text


def test_the_plan_as_json():
    plans = json.loads(
        succeeded("plan", OFFICE, "--from=2026-10-24", "--to=2026-10-27", "--json", "--step=12h")
    )["plans"]
    (plan,) = plans
    assert plan["namespace"] == "default" and plan["name"] == "office"
    assert plan["clockChanges"] == [
        {"at": "2026-10-25T01:00:00Z", "timeZone": "Europe/Paris", "shiftSeconds": -3600}
    ]
    assert [(entry["at"], entry["replicas"]) for entry in plan["transitions"]] == [
        ("2026-10-24T00:00:00Z", 0),
        ("2026-10-26T07:45:00.001Z", 10),
        ("2026-10-26T17:00:00Z", 0),
    ]
    assert [entry["replicas"] for entry in plan["steps"]] == [0, 0, 0, 0, 0, 10]


def test_the_plan_as_a_picture(tmp_path):
    picture = tmp_path / "plan.svg"
    succeeded("plan", OFFICE, f"--svg={picture}")
    root = ElementTree.parse(picture).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.find("{http://www.w3.org/2000/svg}title").text == "Plan of default/office"
    assert "replicas" in root.find("{http://www.w3.org/2000/svg}desc").text


def test_the_default_period_is_the_next_seven_days():
    (plan,) = json.loads(succeeded("plan", OFFICE, "--json"))["plans"]
    start, end = (datetime.fromisoformat(plan[key]) for key in ("from", "to"))
    assert end - start == timedelta(days=7)
    assert abs(start - datetime.now(timezone.utc)) < timedelta(minutes=2)


def test_one_instant_is_explained():
    text = succeeded("plan", OFFICE, "--at=2099-11-27T09:00:00+01:00")
    assert text.splitlines() == [
        "Policy default/office at 2099-11-27T08:00:00Z",
        '30 replicas: calendar asks for 30 now (rule "Black Friday").',
    ]


def test_forecast_files_and_past_load_take_part(manifest, load, tmp_path):
    path = manifest(
        policy(
            "my-api",
            schedule([NOON]),
            forecast("my-api", origin="default"),
            query("x", 10, origin="default"),
            leadTime="5m",
        )
    )
    series = tmp_path / "forecast.json"
    series.write_text(
        json.dumps(
            {
                "workload": "my-api",
                "generatedAt": "2026-11-20T14:00:00Z",
                "stepSeconds": 3600,
                "desiredReplicas": [4, 20],
            }
        )
    )
    period = ["--from=2026-11-20T10:00:00Z", "--to=2026-11-20T20:00:00Z", "--json"]

    def replicas(*flags):
        (plan,) = json.loads(succeeded("plan", path, *period, *flags))["plans"]
        return [entry["replicas"] for entry in plan["transitions"]], plan["leftOut"]

    assert replicas() == ([0, 9, 0], ["predicted", "live"])
    assert replicas(f"--forecast={series}") == ([0, 9, 0, 4, 20, 0], ["live"])
    assert replicas("--live=15") == ([2, 9, 2], ["predicted"])
    history = load([30] * 30, start=datetime(2026, 11, 13, 18))
    assert replicas(f"--load={history}") == ([0, 9, 0, 3, 0], ["predicted"])
    series.write_text(series.read_text().replace("my-api", "other"))
    line = refused(2, "plan", path, f"--forecast={series}")
    assert 'workload "other"' in line and "my-api" in line


@pytest.mark.parametrize(
    "flags, words",
    [
        (["--policy=nobody"], ["no policy", "nobody", "default/office"]),
        (["--from=2026-11-21", "--to=2026-11-20"], ["reversed"]),
        (["--from=2026-11-21", "--to=2026-11-21"], ["reversed"]),
        (["--from=soon"], ["--from", "soon", "2026-11-27"]),
        (["--at=2026-11-21", "--from=2026-11-20"], ["--at"]),
        (["--step=0s"], ["--step", "0s"]),
        (["--step=5"], ["--step", "unit"]),
        (["--step=1s", "--to=2036-01-01", "--from=2027-01-01"], ["--step", "lines"]),
        (["--from=2089-01-01", "--to=2100-01-01"], ["ten years"]),
        (["--width=39"], ["--width", "40"]),
        (["--forecast=/nowhere"], ["/nowhere", "No such file"]),
        ([f"--forecast={OFFICE}"], ["is not a forecast"]),
        (["--load=/nowhere"], ["/nowhere", "No such file"]),
        (["--live=many"], ["--live", "many"]),
        (["--live=1", "--load=x"], ["--live", "--load"]),
        (["--svg=/nowhere/plan.svg"], ["/nowhere/plan.svg", "No such file"]),
        (["--jsn"], ["--json"]),
        (["/nowhere.yaml"], ["/nowhere.yaml", "No such file"]),
    ],
)
def test_plan_refuses_in_one_line(flags, words):
    line = refused(2, "plan", OFFICE, *flags)
    assert all(word in line for word in words), line


def test_a_policy_of_live_signals_alone_cannot_be_planned(manifest):
    line = refused(2, "plan", manifest(policy("my-api", query("x", origin="default"))))
    assert "default/my-api" in line and "no schedule" in line


@pytest.mark.parametrize("command", ["plan", "backtest"])
def test_broken_manifests_are_exit_code_1(command, manifest, load):
    path = manifest("apiVersion: headstart.dev/v1alpha1\nkind: ScalingPolicy\n")
    flags = [f"--load={load([1, 2])}"] if command == "backtest" else []
    finished = run_command(command, path, *flags)
    assert finished.returncode == 1
    assert f"{path}:" in finished.stderr and "error:" in finished.stderr


@pytest.mark.parametrize("command", ["plan", "backtest"])
def test_help(command):
    text = succeeded(command, "--help")
    assert f"headstart {command} FILE…" in text and "--policy=NAME" in text
    assert f"headstart {command}" in succeeded("--help")


# backtest


def test_a_backtest_as_json_text_and_picture(manifest, load, tmp_path):
    path = manifest(
        policy("my-api", schedule([NOON]), query("x", 100, origin="default"), leadTime="10m")
    )
    history = load([100] * 60 + [900] * 60 + [100] * 60)
    picture = tmp_path / "backtest.svg"
    arguments = ["backtest", path, f"--load={history}", f"--svg={picture}"]
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
        "worstShortfall": 0,
        "worstShortfallAt": None,
        "replicaHours": 11,
        "scalings": 2,
    }
    text = succeeded(*arguments)
    assert "under-provisioned" in text and "1m15s" in text
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
    line = refused(2, "backtest", path, *flags)
    assert "predicted" in line and "--forecast-from" in line
    result = json.loads(succeeded("backtest", path, *flags, "--forecast-from=previous-day"))
    assert result["from"] == "2026-11-21T11:00:00Z"
    assert result["accountedSeconds"] == 7200
    line = refused(2, "backtest", path, *flags, "--forecast-from=previous-week")
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
    line = refused(2, "backtest", TAXI, f"--load={path}")
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
    line = refused(2, "backtest", TAXI, *flags)
    assert all(word in line for word in words), line


def test_a_server_that_is_not_there_is_exit_code_3():
    line = refused(
        3,
        "backtest",
        TAXI,
        f"--prometheus=http://127.0.0.1:{free_port()}",
        "--query=up",
        "--from=2026-11-20",
        "--to=2026-11-21",
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
        2, "backtest", TAXI, *flags, '--query=label_replace(demand, "x", "y", "", "") or demand'
    )
    assert "parse error" in refused(2, "backtest", TAXI, *flags, "--query=sum(")
    assert "at least two samples" in refused(2, "backtest", TAXI, *flags, "--query=nothing")


def test_long_work_shows_a_bar_on_a_terminal():
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [str(BINARY), "backtest", str(TAXI), f"--load={OFFICE_LOAD}"],
        stdout=subprocess.DEVNULL,
        stderr=follower,
        env=clean_environment(),
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            chunk = os.read(leader, 4096)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
    os.close(leader)
    assert process.wait(30) == 0
    assert "█".encode() in shown and b"replaying" in shown
    assert shown.endswith(b"\r\x1b[K")
