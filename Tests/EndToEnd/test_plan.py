"""The command plan: what it prints, and how it refuses."""

import json
import xml.etree.ElementTree as ElementTree
from datetime import datetime, timedelta, timezone

import pytest

from harness.commands import refused, succeeded
from harness.paths import ROOT
from harness.policies import forecast, policy, query, schedule
from harness.server import run_command

OFFICE = ROOT / "deploy" / "examples" / "quickstart" / "office.yaml"
NOON = {"name": "Noon", "start": "12:00", "end": "13:00", "replicas": 9}


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
    line = refused("plan", path, f"--forecast={series}")
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
    line = refused("plan", OFFICE, *flags)
    assert all(word in line for word in words), line


def test_a_policy_of_live_signals_alone_cannot_be_planned(manifest):
    line = refused("plan", manifest(policy("my-api", query("x", origin="default"))))
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
