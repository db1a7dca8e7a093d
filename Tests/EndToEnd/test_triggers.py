"""KEDA's own cron and prometheus triggers, moved to Headstart by a change of `type`."""

import shutil
from pathlib import Path

import grpc
import pytest

from harness.fake_prometheus import FakePrometheus
from harness.policies import fixed, policy, query, source
from harness.server import Headstart
from harness.waiting import eventually
from harness.world import World

ALWAYS = {"timezone": "Europe/Berlin", "start": "* * * * *", "end": "0 0 1 1 *"}
NEVER = {"timezone": "Europe/Berlin", "start": "0 0 1 1 *", "end": "0 0 29 2 *"}


@pytest.fixture
def fake():
    instance = FakePrometheus()
    yield instance
    instance.close()


def replicas(client, name, metadata):
    """As `client.replicas`, for metadata that holds a key `namespace`."""
    reference = client.reference(name)
    reference.scalerMetadata.update(metadata)
    request = client.messages.GetMetricsRequest(
        scaledObjectRef=reference, metricName="desired_replicas"
    )
    (value,) = client.stub.GetMetrics(request, timeout=5).metricValues
    return value.metricValue


def refused(client, name, **metadata):
    with pytest.raises(grpc.RpcError) as caught:
        client.replicas(name, **metadata)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    return caught.value.details()


def test_a_cron_trigger_answers_as_keda_would(headstart, scaler):
    client = scaler(headstart())
    # A start every minute, and the next end not before the new year: between two starts KEDA is
    # inactive.
    assert client.replicas("web", **ALWAYS, desiredReplicas="7", leadTime="0s") == 0
    # The other way round: an end every minute.
    up = {"timezone": "UTC", "start": "0 0 1 1 *", "end": "* * * * *", "desiredReplicas": "7"}
    assert client.replicas("web", **up) == 7
    assert client.active("web", **up) is True
    assert client.metric_spec("web", **up).metricName == "desired_replicas"


def test_a_prometheus_trigger_asks_the_data_source_at_its_address(
    headstart, scaler, fake, tmp_path
):
    around = World(tmp_path)
    server = headstart(
        policies={"s.yaml": source("main", "prometheus", fake.url, parameters={"dedup": "true"})},
        environment=around.environment,
    )
    client = scaler(server)
    trigger = {
        "serverAddress": fake.url + "/",
        "query": "sum(rate(x[1m]))",
        "threshold": "100",
        "namespace": "team-a",
        "scalerAddress": "headstart:50051",
        "authModes": "bearer",
        "unsafeSsl": "true",
    }
    assert replicas(client, "web", trigger) == 3
    form = fake.requests[-1][3]
    assert form["query"] == ["sum(rate(x[1m]))"]
    assert form["namespace"] == ["team-a"] and form["dedup"] == ["true"]
    assert "authModes unsafeSsl" in server.wait_for_log("is the data source's business")

    # Another trigger of the ScaledObject, whose query fails: what the first one asks says nothing of it,
    # and would lower the target in its place.
    fake.mode = "error"
    with pytest.raises(grpc.RpcError) as caught:
        replicas(client, "web", trigger | {"query": "sum(rate(z[1m]))"})
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    # An edit while the source is away: the last number stays. KEDA has polled all triggers by then.
    around.set(clock=120)
    server.wait_for_log("the wall clock was set")
    edited = trigger | {"query": "sum(rate(y[1m]))", "threshold": "10"}
    assert replicas(client, "web", edited) == 3
    # The same trigger of another ScaledObject has asked nothing yet.
    with pytest.raises(grpc.RpcError) as caught:
        replicas(client, "api", edited)
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    fake.mode = "ok"
    eventually(lambda: replicas(client, "web", edited) == 30)


@pytest.fixture
def away():
    """A source that nobody can reach."""
    instance = FakePrometheus()
    instance.close()
    return source("away", "prometheus", instance.url)


def test_a_trigger_that_names_another_policy_keeps_its_answer_until_that_one_is_read(
    headstart, scaler, fake, away, policy_directory, tmp_path
):
    around = World(tmp_path)
    fake.result = {"resultType": "scalar", "result": [0, "2500"]}
    manifests = policy_directory({
        "a.yaml": policy("a", query("load", 100, origin="main")),
        "b.yaml": policy("b", query("load", 100, origin="away")),
        "s.yaml": source("main", "prometheus", fake.url),
        "t.yaml": away,
    })  # fmt: skip
    flags = f"--state-dir={tmp_path / 'state'}", f"--policies={manifests}"
    first = Headstart(*flags, environment=around.environment).wait_ready()
    try:
        client = scaler(first)
        assert client.replicas("web", policy="a") == 25
        around.set(clock=120)
        first.wait_for_log("the wall clock was set")
        assert client.replicas("web", policy="b") == 25
        assert "the answer before the edit" in first.get("/api/v1/decisions/default/b").text
        # A rise is on the disk within a second.
        eventually(lambda: b'"floor":25' in (tmp_path / "state" / "memory").read_bytes(), 3)
    finally:
        first.kill()
    second = headstart(*flags, environment=around.environment)
    assert scaler(second).replicas("web", policy="b") == 25


def test_a_trigger_that_is_edited_over_a_restart_goes_on_with_its_number(
    headstart, scaler, fake, policy_directory, tmp_path
):
    manifests = policy_directory({"s.yaml": source("main", "prometheus", fake.url)})
    flags = f"--state-dir={tmp_path / 'state'}", f"--policies={manifests}"
    trigger = {"source": "main", "query": "sum(rate(x[1m]))", "threshold": "100"}
    first = Headstart(*flags).wait_ready()
    try:
        assert scaler(first).replicas("web", **trigger) == 3
        eventually(lambda: b'"replicas":3' in (tmp_path / "state" / "memory").read_bytes(), 3)
    finally:
        first.kill()
    fake.mode = "error"
    client = scaler(headstart(*flags))
    edited = trigger | {"query": "sum(rate(y[1m]))", "threshold": "10"}
    assert client.replicas("web", **edited) == 3
    # The old form asks again: it was another trigger, whose number says nothing of this one.
    assert client.replicas("web", **trigger) == 3
    with pytest.raises(grpc.RpcError) as caught:
        client.replicas("web", **edited)
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE


def test_what_a_trigger_may_not_say_is_told(headstart, scaler, fake):
    server = headstart(
        policies={
            "s.yaml": source("main", "prometheus", fake.url),
            "p.yaml": policy("known", fixed(4)),
        }
    )
    client = scaler(server)
    query = {"query": "up", "threshold": "1"}
    assert "source\" (there is main)" in refused(
        client, "web", serverAddress="http://169.254.169.254", **query
    )
    assert all(form["query"] == ["vector(1)"] for *_, form in fake.requests)
    assert 'does not go with "policy"' in refused(client, "web", policy="known", **query)
    assert 'write "policy"' in refused(client, "web", policyName="known")
    assert 'write "policy"' in refused(client, "web", Policy="known")
    # KEDA resolves such a key from the workload's environment.
    assert client.replicas("web", policyFromEnv="known") == 4
    # GetMetricSpec never fails: KEDA would hide the reason.
    assert client.metric_spec("web", policyName="known").targetSize == 1


def test_a_machine_without_time_zones_is_not_the_trigger_s_fault(headstart, scaler, tmp_path):
    zones = tmp_path / "zones"
    zones.mkdir()
    client = scaler(headstart(environment={"TZDIR": str(zones)}))
    cron = ALWAYS | {"desiredReplicas": "7", "leadTime": "0s"}
    with pytest.raises(grpc.RpcError) as caught:
        client.replicas("web", **cron)
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    assert 'the time zone "Europe/Berlin" cannot be looked up' in caught.value.details()
    assert "install tzdata" in caught.value.details()
    assert client.replicas("utc", **cron | {"timezone": "UTC"}) == 0
    assert "start" in refused(client, "web", **cron | {"start": "0 9"})
    # Without a restart.
    (zones / "Europe").mkdir()
    (zones / "Europe" / "Berlin").write_bytes(Path("/usr/share/zoneinfo/Europe/Berlin").read_bytes())
    assert client.replicas("web", **cron) == 0
    assert 'is no IANA time zone' in refused(client, "web", **cron | {"timezone": "Europe/Pariss"})


def test_the_log_says_where_keda_s_rule_surprises(headstart, scaler):
    server = headstart()
    client = scaler(server)
    cron = {"timezone": "Europe/Berlin", "desiredReplicas": "2"}
    client.replicas("web", **cron, start="30 6 * * 1-5", end="10 22 * * *")
    assert "22:10 Europe/Berlin" in server.wait_for_log(
        "still applies after its end on", "ScaledObject default/web"
    )


def test_a_time_zone_that_is_installed_later_is_found(headstart, scaler, tmp_path):
    installed, zones = Path("/usr/share/zoneinfo/Europe"), tmp_path / "zones"
    (zones / "Europe").mkdir(parents=True)
    shutil.copy(installed / "Paris", zones / "Europe")
    client = scaler(headstart(environment={"TZDIR": str(zones)}))
    up = {"start": "0 0 1 1 *", "end": "* * * * *", "desiredReplicas": "7"}
    assert client.replicas("web", timezone="Europe/Paris", **up) == 7
    assert "no IANA time zone" in refused(client, "web", timezone="Europe/Berlin", **up)
    shutil.copy(installed / "Berlin", zones / "Europe")
    assert client.replicas("web", timezone="Europe/Berlin", **up) == 7
