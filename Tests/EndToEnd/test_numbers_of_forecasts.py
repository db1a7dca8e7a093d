"""Forecasts that look like less load than there is, and are not."""

from datetime import datetime, timedelta, timezone

import pytest

from harness.decisions import asks, decision, state, wait_for_readings
from harness.policies import fixed, forecast, policy, source
from harness.server import run_command
from harness.waiting import eventually
from harness.world import World

HOUR = 3600


@pytest.fixture
def predicted(headstart, forecaster):
    def start(environment=None, **spec):
        files = {
            "source.yaml": source("forecaster", "forecaster", forecaster.url),
            "shop.yaml": policy("shop", forecast("my-api"), fixed(2), leadTime="5m", **spec),
        }
        server = headstart(policies=files, environment=environment)
        eventually(lambda: asks(server) == 20)
        return server

    forecaster.replicas = [20] * 60
    return start


@pytest.mark.parametrize(
    ("age", "reason"),
    [
        (timedelta(days=-25_500), "the snapshot begins only at"),
        (timedelta(minutes=-10), "the snapshot begins only at"),
        (timedelta(minutes=-5, seconds=-30), "the snapshot begins only at"),
        (timedelta(minutes=5, seconds=5), "the snapshot ends at"),
        (timedelta(days=2), "the snapshot ends at"),
    ],
    ids=["2096", "in ten minutes", "just beyond the lead time", "just over", "over"],
)
def test_a_snapshot_that_does_not_reach_the_window_replaces_none(
    predicted, forecaster, age, reason
):
    server = predicted()
    forecaster.step, forecaster.replicas, forecaster.age = 60, [3] * 5, age
    eventually(lambda: state(server, "predicted") == "held")
    wait_for_readings(server, forecaster)
    assert asks(server) == 20
    assert reason in decision(server)["explanation"]
    # A fetch that failed, for everybody who looks.
    labels = {"source": "forecaster", "kind": "forecaster"}
    assert server.metric("headstart_source_up", **labels) == 0
    assert server.metric("headstart_source_fetch_failures_total", reason="outside_window", **labels) > 0
    assert reason in server.get("/api/v1/sources").text
    forecaster.age = timedelta(0)
    eventually(lambda: asks(server) == 3, 20)
    assert server.metric("headstart_source_up", **labels) == 1


@pytest.mark.parametrize("step", [HOUR, -HOUR], ids=["ahead", "back"])
def test_a_clock_that_is_set_does_not_end_the_hold_of_a_forecast(
    predicted, forecaster, tmp_path, step
):
    around = World(tmp_path)
    server = predicted(environment=around.environment, hold="1h")
    forecaster.mode = "error"
    forecaster.wait_for_requests(2)
    around.set(clock=step)
    server.wait_for_log("the wall clock was set")
    forecaster.wait_for_requests(2)
    assert asks(server) == 20


def test_beyond_the_end_of_a_forecast_nothing_is_said_to_fall(predicted, forecaster):
    server = predicted()
    later = (datetime.now(timezone.utc) + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = run_command("explain", "shop", f"--at={later}", f"--server={server.http_url}")
    assert "not known" in told.stdout + told.stderr
    assert "will ask for 2 " not in told.stdout
