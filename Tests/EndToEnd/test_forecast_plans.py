"""How a forecaster's forecast becomes replicas, and forecasts that are files."""

import json
import time
from datetime import timedelta

from harness.forecaster import RECORDED
from harness.policies import fixed, forecast, policy, source
from harness.waiting import eventually



def test_loads_count_where_the_signal_has_a_threshold(headstart, scaler, forecaster):
    forecaster.replicas = [7] * 60
    forecaster.step = 60
    server = headstart(
        policies={
            "source.yaml": source("forecaster", "forecaster", forecaster.url),
            "plain.yaml": policy("plain", forecast("my-api"), leadTime="5m"),
            "loads.yaml": policy("loads", forecast("my-api", threshold=2), leadTime="5m"),
            "more.yaml": policy(
                "more", forecast("my-api", threshold=2, headroom=1.5), leadTime="5m"
            ),
        }
    )
    client = scaler(server)
    # The forecaster's values are its replicas, as floating point numbers.
    assert client.replicas("plain") == 7
    assert client.replicas("loads") == 4
    assert client.replicas("more") == 6


def planned(headstart, scaler, forecaster, leadTime, **plan):
    server = headstart(
        policies={
            "source.yaml": source("forecaster", "forecaster", forecaster.url),
            "any.yaml": policy("any", forecast("my-api", maxAge="3h"), leadTime=leadTime),
            "web.yaml": policy("web", forecast("my-api", maxAge="3h", **plan), leadTime=leadTime),
        }
    )
    client = scaler(server)
    return client.replicas("any"), client.replicas("web")


def test_rising_is_limited_as_kedastral_limits_it(headstart, scaler, forecaster):
    forecaster.replicas = [10, 100, 100, 100]
    forecaster.step = 600
    found = planned(headstart, scaler, forecaster, "15m", upMaxFactorPerStep=3)
    assert found == (100, 30)


def test_falling_is_limited_as_kedastral_limits_it(headstart, scaler, forecaster):
    forecaster.replicas = [10, 100, 100, 0, 0, 0, 0, 0]
    forecaster.step = 600
    # In the sixth step: 100, 50, 25, 13.
    forecaster.age = timedelta(seconds=5 * 600 + 60)
    found = planned(headstart, scaler, forecaster, "0s", downMaxPercentPerStep=50)
    assert found == (0, 13)


def test_a_forecast_from_a_file(headstart, scaler, tmp_path):
    directory = tmp_path / "forecasts"
    directory.mkdir()

    def write(workload, replicas, **changes):
        snapshot = RECORDED | {
            "workload": workload,
            "desiredReplicas": replicas,
            "values": [10.0 * count for count in replicas],
            "generatedAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "stepSeconds": 3600,
        }
        part = directory / "part"
        part.write_text(json.dumps(snapshot | changes))
        part.rename(directory / f"{workload}.json")

    write("my-api", [5, 6])
    files = {
        "apiVersion": "headstart.dev/v1alpha1", "kind": "DataSource",
        "metadata": {"name": "forecaster"},
        "spec": {"type": "forecaster", "directory": str(directory), "refresh": "1s"},
    }  # fmt: skip
    server = headstart(
        policies={
            "source.yaml": json.dumps(files),
            "web.yaml": policy("web", forecast("my-api"), leadTime="5m"),
            "loads.yaml": policy("loads", forecast("my-api", threshold=25), leadTime="5m"),
            "late.yaml": policy("late", forecast("late"), fixed(1), leadTime="5m"),
        }
    )
    client = scaler(server)
    assert client.replicas("web") == 5
    assert client.replicas("loads") == 2
    # What the file does not say yet takes no part, as a 404 of a forecaster.
    assert client.replicas("late") == 1
    write("late", [3])
    eventually(lambda: client.replicas("late") == 3)
    write("my-api", [8, 8])
    eventually(lambda: client.replicas("web") == 8)
    # A broken file lowers nothing, and is named.
    (directory / "my-api.json").write_text("{")
    eventually(lambda: "my-api.json" in server.log_text)
    assert client.replicas("web") == 8
