"""Forecasts that Headstart makes itself, of histories that a server tells."""

import math
import random
import shutil
import subprocess
import time

import grpc
import pytest

from harness import browser as browsers
from harness.histories import Histories, daily, jumps, restless, since
from harness.policies import fixed, policy, source
from harness.server import free_port
from harness.waiting import eventually


def built_in(query, name="predicted", threshold=100, observe=False, origin="main", **options):
    signal = {
        "name": name,
        "forecast": {
            "prometheus": {"source": origin, "query": query, "threshold": threshold},
            "timeZone": "UTC",
        }
        | options,
    }
    return signal | ({"observe": True} if observe else {})


@pytest.fixture
def histories():
    started = []

    def start(**loads):
        started.append(Histories(**loads))
        return started[-1]

    yield start
    for one in started:
        one.close()


def forecast_of(server, name, signal="predicted"):
    answer = server.get(f"/api/v1/forecasts/default/{name}").json
    return next(one for one in answer["forecasts"] if one["signal"] == signal)


def until_fresh(server, name, timeout=30):
    return eventually(
        lambda: (found := forecast_of(server, name))["state"] == "fresh" and found,
        timeout,
        message=lambda: f"{forecast_of(server, name)}\n{server.log_text}",
    )


def needed(load):
    return math.ceil(load / 100)


def test_a_query_alone_is_forecast_and_explained(headstart, histories, scaler):
    upstream = histories(load=daily)
    server = headstart(
        policies={
            "source.yaml": source("main", "prometheus", upstream.url),
            "policy.yaml": policy("web", built_in("load"), leadTime="1h"),
        }
    )
    found = until_fresh(server, "web")
    now = time.time()
    ahead = [needed(daily(at)) for at in range(int(now), int(now) + 3600, 300)]
    # At most the load's own noise away from what it will be: below, one replica of 20.
    assert -1 <= scaler(server).replicas("web") - max(ahead) <= 4
    assert found["account"]["kept"] > 0.8
    assert found["account"]["skill"] > 0
    assert found["account"]["charge"] == "regression"
    assert found["account"]["historySeconds"] >= 28 * 86_400
    assert len(found["values"]) == 4 + 3
    assert len(found["past"]) == 96
    for bucket in found["past"]:
        assert bucket["came"] == pytest.approx(bucket["expected"], rel=0.2)
    why = server.get("/api/v1/decisions/default/web").json["explanation"]
    assert "expected, at most" in why and "with 90 %" in why
    assert "s at this time" in why and "of the last 7 days" in why
    assert "below the best simple guess" in why
    labels = {"namespace": "default", "policy": "web", "signal": "predicted"}
    assert server.metric("headstart_forecast_kept_ratio", **labels) > 0.8
    assert server.metric("headstart_forecast_load", quantile="0.9", **labels) > 0
    assert server.metric("headstart_forecast_charge", model="regression", **labels) == 1
    assert server.metric("headstart_forecast_skill", **labels) > 0
    assert server.metric("headstart_forecast_buckets_missing_total", **labels) == 0
    assert server.metric("headstart_forecast_learn_seconds_count") > 0
    # 28 days in pieces, oldest first, each once.
    starts = [int(form["start"]) for form in upstream.requests]
    assert len(starts) == len(set(starts)) <= 30
    assert starts == sorted(starts)
    assert upstream.requests[0]["query"] == "max_over_time((load)[900s:180s])"


def test_a_forecast_that_learns_takes_no_part_and_says_why(headstart, histories, scaler):
    start = time.time() - 4 * 300
    upstream = histories(load=since(start, daily))
    server = headstart(
        policies={
            "source.yaml": source("main", "prometheus", upstream.url),
            "policy.yaml": policy("web", built_in("load"), fixed(2), leadTime="10m"),
            "alone.yaml": policy("alone", built_in("load"), leadTime="10m"),
        }
    )
    eventually(lambda: forecast_of(server, "web")["state"] == "silent")
    assert scaler(server).replicas("web") == 2
    assert "values are needed" in forecast_of(server, "web")["problem"]
    why = server.get("/api/v1/decisions/default/web").json["explanation"]
    assert "predicted is silent: learning:" in why
    with pytest.raises(grpc.RpcError) as failed:
        scaler(server).replicas("alone")
    assert failed.value.code() == grpc.StatusCode.UNAVAILABLE
    assert "values are needed" in failed.value.details()


def test_an_observed_forecast_and_an_observed_policy_decide_nothing(headstart, histories, scaler):
    upstream = histories(load=daily)
    server = headstart(
        policies={
            "source.yaml": source("main", "prometheus", upstream.url),
            "policy.yaml": policy(
                "web", built_in("load", threshold=1, observe=True), fixed(2), leadTime="10m"
            ),
            "trial.yaml": policy("trial", fixed(7), observe=True),
        }
    )
    until_fresh(server, "web")
    client = scaler(server)
    assert client.replicas("web") == 2
    why = server.get("/api/v1/decisions/default/web").json["explanation"]
    assert "observed only: predicted asks for" in why
    assert server.get("/api/v1/decisions/default/trial").json["desiredReplicas"] == 7
    with pytest.raises(grpc.RpcError) as refused:
        client.replicas("x", policy="trial")
    assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert "observed only" in refused.value.details()


def test_a_lost_source_lowers_nothing(headstart, histories, scaler):
    upstream = histories(load=daily)
    server = headstart(
        policies={
            "source.yaml": source("main", "prometheus", upstream.url),
            "policy.yaml": policy("web", built_in("load", step="1m"), leadTime="2m"),
        }
    )
    until_fresh(server, "web")
    client = scaler(server)
    before = client.replicas("web")
    upstream.is_lost = True
    eventually(lambda: "503" in server.log_text, 90)
    assert client.replicas("web") == pytest.approx(before, abs=1)


def test_a_restart_with_a_state_directory_asks_only_for_what_is_new(
    headstart, histories, tmp_path
):
    upstream = histories(load=daily)
    manifests = {
        "source.yaml": source("main", "prometheus", upstream.url),
        "policy.yaml": policy("web", built_in("load"), leadTime="1h"),
    }
    state = tmp_path / "state"
    first = headstart(f"--state-dir={state}", policies=manifests)
    before = until_fresh(first, "web")
    first.stop()
    assert len(upstream.requests) > 28
    upstream.requests.clear()
    second = headstart(f"--state-dir={state}", policies=manifests)
    after = until_fresh(second, "web")
    assert after["account"]["historySeconds"] >= before["account"]["historySeconds"]
    assert len(upstream.requests) <= 1
    # The last day that the page shows is kept, too.
    assert len(after["past"]) == 96
    assert after["past"] == before["past"] or after["past"][:-1] == before["past"][1:]


def test_a_replica_that_starts_takes_what_its_peer_has_learnt(
    headstart, histories, scaler, tmp_path
):
    upstream = histories(load=daily, other=daily)
    token = tmp_path / "token"
    token.write_text("opensesame\n")
    ports = [free_port(), free_port()]
    flags = [
        "--peers=" + ",".join(f"127.0.0.1:{port}" for port in ports), f"--http-token-file={token}",
    ]  # fmt: skip
    credentials = {"Authorization": "Bearer opensesame"}

    def start(index, *others):
        manifests = {
            "source.yaml": source("main", "prometheus", upstream.url),
            "policy.yaml": policy("web", built_in("load"), leadTime="1h"),
        } | {f"{name}.yaml": policy(name, built_in(name), leadTime="1h") for name in others}
        folder = tmp_path / f"replica-{index}"
        folder.mkdir()
        for name, text in manifests.items():
            (folder / name).write_text(text)
        server = headstart(
            *flags, f"--policies={folder}", http_port=ports[index], ready=False
        )
        eventually(lambda: server.get("/readyz").status == 200, 30)
        for name in ["web", *others]:
            eventually(lambda: learnt(server, name)["state"] == "fresh", 60)
        return server

    def learnt(server, name):
        answer = server.get(f"/api/v1/forecasts/default/{name}", credentials)
        return answer.json["forecasts"][0] if answer.status == 200 else {"state": None}

    first = start(0)
    assert len(upstream.requests) > 28
    # What only the second one has is learnt from the source as ever.
    newest = max(int(form["end"]) for form in upstream.requests)
    upstream.requests.clear()
    second = start(1, "other")
    second.wait_for_log("is taken from another replica")
    tail = [form for form in upstream.requests if "(load)" in form["query"]]
    assert all(int(form["start"]) > newest for form in tail)
    assert len([form for form in upstream.requests if "(other)" in form["query"]]) > 28
    assert learnt(second, "web")["account"]["historySeconds"] >= 28 * 86_400
    replicas = scaler(first).replicas("web")
    assert scaler(second).replicas("web") == pytest.approx(replicas, rel=0.02, abs=1)
    # Learnt from a peer or from the source: the same within 2 %.
    taken, learnt_here = (
        {step["at"]: step["atMost"] for step in learnt(second, name)["values"]}
        for name in ["web", "other"]
    )
    both = taken.keys() & learnt_here.keys()
    assert len(both) >= 6
    for at in both:
        assert taken[at] == pytest.approx(learnt_here[at], rel=0.02)
    # Only for those who have the token.
    assert first.get("/api/v1/memory/forecasts?id=1").status == 401
    assert first.get("/api/v1/memory/forecasts?id=1", credentials).json == {
        "format": 1, "states": [],
    }  # fmt: skip
    assert first.get("/api/v1/memory/forecasts?id=x", credentials).status == 400


def test_another_headstart_reads_what_one_forecasts(headstart, histories, scaler):
    upstream = histories(load=daily)
    teacher = headstart(
        "--serve-forecasts",
        policies={
            "source.yaml": source("main", "prometheus", upstream.url),
            "policy.yaml": policy("web", built_in("load"), leadTime="1h", observe=True),
        },
    )
    until_fresh(teacher, "web")
    assert teacher.get("/workloads").json == {"workloads": ["web"]}
    answer = teacher.get("/forecast/current?workload=web").json
    assert answer["workload"] == "web" and answer["stepSeconds"] == 900
    assert len(answer["values"]) == len(answer["desiredReplicas"]) == 7
    assert [needed(value) for value in answer["values"]] == answer["desiredReplicas"]
    unknown = teacher.get("/forecast/current?workload=nope")
    assert unknown.status == 404
    assert unknown.json == {"error": 'snapshot not found for workload "nope"'}
    assert teacher.get("/forecast/current").status == 400
    reader = headstart(f"--forecaster-url={teacher.http_url}", "--lead-time=1h", policies={})
    decision = teacher.get("/api/v1/decisions/default/web").json["desiredReplicas"]
    eventually(lambda: scaler(reader).replicas("x", workload="web") == decision, 15)


@pytest.mark.skipif(not browsers.available(), reason="chromium and chromedriver are missing")
def test_the_page_shows_forecasts_that_learn_that_are_good_bad_and_overruled(
    headstart, histories, open_browser
):
    now = time.time()
    upstream = histories(
        young=since(now - 4 * 300, daily),
        good=daily,
        bad=restless(now - 48 * 3600, daily),
        jumpy=jumps(now),
    )
    signals = [
        built_in("young", "learning"), built_in("good", "good"), built_in("bad", "bad"),
        built_in("jumpy", "overruled", threshold=1000, observe=True), fixed(2),
    ]  # fmt: skip
    server = headstart(
        policies={
            "source.yaml": source("main", "prometheus", upstream.url),
            "policy.yaml": policy("web", *signals, leadTime="10m"),
        }
    )
    for signal in ["good", "bad", "overruled"]:
        eventually(lambda: forecast_of(server, "web", signal)["state"] == "fresh", 30)
    assert forecast_of(server, "web", "overruled")["account"]["charge"] == "last value"
    bad = forecast_of(server, "web", "bad")["account"]
    assert bad["kept"] < forecast_of(server, "web", "good")["account"]["kept"]

    window = open_browser()
    window.open(f"{server.http_url}/#/policy/default/web")
    window.wait_for_text("#forecast-list", "overruled", timeout=20)
    cards = window.run(
        "return [...document.querySelectorAll('.forecast')].map((one) => one.innerText)"
    )
    learning, good, poor, overruled = cards
    assert "values are needed" in learning and "Silent" in learning
    assert "what was learnt" in good and "less than the best" in good
    # 90 % without a decimal, as the page writes it.
    assert f"Kept of the last 7 days\t{round(bad['kept'] * 100, 1):g}%" in poor.replace(" %", "%")
    assert "last value" in overruled and "observed only" in overruled
    assert window.run("return document.querySelectorAll('.forecast .fan').length") == 3
    box = window.run(
        "const box = document.querySelectorAll('.forecast .chart')[1].getBoundingClientRect();"
        "return [box.width, box.height]"
    )
    assert box[0] > 300 and box[1] > 100
    window.screenshot("forecasts")
    assert window.console() == []


def backfill(directory, load, days, step, until):
    """Writes a Prometheus data directory with a gauge `demand` of the past."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (scripts/bootstrap test)")
    directory.mkdir(parents=True)
    text = directory / "history.txt"
    with text.open("w") as lines:
        lines.write("# TYPE demand gauge\n")
        for at in range(until - days * 86_400, until, step):
            lines.write(f"demand {load(at)} {at}\n")
        lines.write("# EOF\n")
    subprocess.run(
        [promtool, "tsdb", "create-blocks-from", "openmetrics", text, directory / "data"],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def test_a_real_prometheus_is_learnt_refreshed_lost_and_back(
    headstart, tmp_path, prometheus, scaler
):
    # Half an hour of the future too, so that it has something to say while the test runs.
    until = int(time.time()) // 60 * 60 + 1800
    noise = random.Random(1)
    backfill(tmp_path / "prometheus-0", lambda at: round(daily(at) * noise.uniform(0.98, 1), 2), 28, 60, until)
    real = prometheus()
    server = headstart(
        policies={
            "source.yaml": source("main", "prometheus", real.url),
            "policy.yaml": policy("web", built_in("demand", step="1m"), leadTime="4m"),
        }
    )
    found = until_fresh(server, "web", 120)
    assert found["account"]["historySeconds"] >= 27 * 86_400
    client = scaler(server)
    assert abs(client.replicas("web") - needed(daily(time.time()))) <= 2
    first = found["values"][0]["at"]
    # A minute later it has learnt one bucket more.
    eventually(lambda: forecast_of(server, "web")["values"][0]["at"] > first, 100)
    real.stop()
    before = client.replicas("web")
    eventually(lambda: "the history of a query cannot be read" in server.log_text, 150)
    assert abs(client.replicas("web") - before) <= 1
    missing = forecast_of(server, "web")["account"]["missingBuckets"]
    newest = forecast_of(server, "web")["values"][0]["at"]
    real.start()
    eventually(lambda: forecast_of(server, "web")["values"][0]["at"] > newest, 150)
    assert forecast_of(server, "web")["account"]["missingBuckets"] == missing
