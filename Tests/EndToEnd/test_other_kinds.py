"""ScalingRule and ElastiService from files, as their users have them."""

import json
import urllib.request

import grpc
import pytest

from harness.fake_prometheus import FakePrometheus
from harness.server import run_command
from harness.waiting import eventually


@pytest.fixture
def prometheus():
    server = FakePrometheus()
    server.result = {"resultType": "vector", "result": [{"metric": {}, "value": [0, "0"]}]}
    yield server
    server.close()


def set_value(server, value):
    server.result = {"resultType": "vector", "result": [{"metric": {}, "value": [0, value]}]}


def elasti_service(address, cooldown=2, **metadata):
    trigger = {"query": "sum(rate(requests_total[1m]))", "threshold": "0.5", **metadata}
    if address:
        trigger["serverAddress"] = address
    return json.dumps(
        {
            "apiVersion": "elasti.truefoundry.com/v1alpha1",
            "kind": "ElastiService",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "deployments", "name": "web"},
                "service": "web-svc",
                "minTargetReplicas": 2,
                "cooldownPeriod": cooldown,
                "triggers": [{"type": "prometheus", "metadata": trigger}],
            },
        }
    )


def until_zero(client):
    """A first zero counts once its target is seen up after it; until then it is UNAVAILABLE."""

    def is_zero():
        try:
            return client.replicas("web") == 0
        except grpc.RpcError:
            return False

    eventually(is_zero, timeout=20)


SCALING_RULE = """
apiVersion: easyscale.io/v1
kind: ScalingRule
metadata: {name: shop, namespace: default}
spec:
  target: {kind: Deployment, name: shop, namespace: default}
  schedule:
  - name: Every day
    days: [Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday]
    replicas: 40
    priority: 100
  - {name: Never wins, days: [Monday], replicas: 7}
  default: {replicas: 3}
  limits: {minReplicas: 1, maxReplicas: 12}
"""


def test_a_scaling_rule_answers_keda(headstart, scaler):
    server = headstart(policies={"a.yaml": SCALING_RULE})
    client = scaler(server)
    assert client.replicas("shop") == 12
    text = server.get("/api/v1/decisions/default/shop").json
    assert text["contributions"][0]["rule"] == "Every day"
    assert text["appliedLimits"] == [{"limit": "maxReplicas", "replicas": 12}]


def test_an_elasti_service_goes_to_zero_and_comes_back(headstart, scaler, prometheus):
    server = headstart(
        f"--prometheus-trigger-servers={prometheus.url}",
        "--refresh=1s",
        policies={"a.json": elasti_service(prometheus.url)},
    )
    client = scaler(server)
    # Who is idle when Headstart starts stays idle.
    until_zero(client)
    assert not client.active("web")
    set_value(prometheus, "0.5")
    eventually(lambda: client.replicas("web") == 2, timeout=10)
    assert client.active("web")
    assert server.get("/api/v1/decisions/default/web").json["winner"] == "triggers[0]"
    set_value(prometheus, "NaN")
    eventually(
        lambda: server.get("/api/v1/decisions/default/web").json["contributions"][0]["state"]
        == "held",
        timeout=10,
    )
    assert client.active("web")


def test_a_trigger_without_a_filter_is_healthy_while_prometheus_was_up(
    headstart, scaler, prometheus
):
    set_value(prometheus, "1")
    server = headstart(
        f"--prometheus-trigger-servers={prometheus.url}",
        "--refresh=1s",
        policies={"a.json": elasti_service(prometheus.url)},
    )
    client = scaler(server)
    assert client.replicas("web") == 2
    prometheus.uptime = 0
    set_value(prometheus, "0")
    told = eventually(
        lambda: (signal := server.get("/api/v1/decisions/default/web").json["contributions"][0])
        and "the uptime query is 0" in (signal["problem"] or "")
        and signal
    )
    assert told["state"] == "held"
    assert client.replicas("web") == 2
    asked = {form["query"][0] for _, _, _, form in prometheus.requests}
    assert 'min_over_time((max(up{container="prometheus"}) or vector(0))[2s:1s])' in asked
    prometheus.uptime = 1
    eventually(lambda: client.replicas("web") == 0, timeout=20)


def test_the_variables_of_kubeelasti_set_authorization_and_interval(headstart, prometheus):
    headstart(
        policies={"a.json": elasti_service(None)},
        environment={
            "PROMETHEUS_TRIGGER_SERVER_ADDRESS": prometheus.url,
            "PROMETHEUS_TRIGGER_AUTHORIZATION_HEADER": "Bearer of-the-operator",
            "POLLING_INTERVAL": "1s",
        },
    )
    # With the default of 15 s it would take longer.
    eventually(lambda: len(prometheus.requests) >= 6, timeout=12)
    sent = {headers.get("Authorization") for _, _, headers, _ in prometheus.requests}
    assert sent == {"Bearer of-the-operator"}


def test_explain_says_why_a_workload_is_kept(headstart, scaler, prometheus):
    server = headstart(
        f"--prometheus-trigger-servers={prometheus.url}",
        "--refresh=1s",
        policies={"a.json": elasti_service(prometheus.url, cooldown=600)},
    )
    eventually(lambda: prometheus.requests, timeout=10)
    wake = urllib.request.Request(f"{server.http_url}/api/v1/wake/default/web", method="POST")
    with urllib.request.urlopen(wake, timeout=10) as answer:
        assert answer.status == 202
    # A first zero counts once its target is seen up after it.
    told = eventually(
        lambda: (text := run_command("explain", "web", f"--server={server.http_url}").stdout)
        and "2 replicas: triggers[0] asks for 0 now" in text
        and text,
        timeout=20,
    )
    assert "  woken at" in told and "kept at 2 until" in told


def test_headers_of_a_trigger_are_sent(headstart, prometheus):
    headstart(
        f"--prometheus-trigger-servers=http://127.0.0.1:1,{prometheus.url}",
        policies={"a.json": elasti_service(prometheus.url, headers={"X-Scope-OrgID": "team-a"})},
    )
    eventually(lambda: prometheus.requests, timeout=10)
    assert prometheus.requests[0][2]["X-Scope-OrgID"] == "team-a"


def test_a_trigger_without_an_address_asks_the_variables_server(headstart, scaler, prometheus):
    server = headstart(
        "--refresh=1s",
        policies={"a.json": elasti_service(None)},
        environment={"PROMETHEUS_TRIGGER_SERVER_ADDRESS": prometheus.url},
    )
    until_zero(scaler(server))
    assert prometheus.requests


def test_an_address_that_is_not_listed_is_refused_and_never_asked(
    headstart, scaler, prometheus, policy_directory
):
    # A start would wait a minute for somebody to fix the file.
    server = headstart(policies={"empty.yaml": "# nothing yet\n"})
    policy_directory({"a.json": elasti_service(prometheus.url)})
    server.wait_for_log("--prometheus-trigger-servers", prometheus.url)
    with pytest.raises(grpc.RpcError):
        scaler(server).replicas("web")
    assert not prometheus.requests


def test_check_and_plan_know_both_kinds(tmp_path):
    (tmp_path / "a.yaml").write_text(SCALING_RULE)
    (tmp_path / "b.json").write_text(elasti_service("http://prometheus:9090", cooldown=0))
    checked = run_command("check", str(tmp_path))
    assert checked.returncode == 0, checked.stdout
    assert "spec.cooldownPeriod: 0 means 900 s" in checked.stdout
    assert "2 policies" in checked.stdout
    refused = run_command(
        "check", "--prometheus-trigger-servers=http://other:9090", str(tmp_path / "b.json")
    )
    assert refused.returncode == 1
    assert "http://prometheus:9090 is not one of the servers" in refused.stdout

    plan = run_command(
        "plan", str(tmp_path), "--policy=web", "--live=0", "--json",
        "--from=2026-11-20T08:00:00Z", "--to=2026-11-20T10:00:00Z",
    )
    assert plan.returncode == 0, plan.stderr
    transitions = json.loads(plan.stdout)["plans"][0]["transitions"]
    assert [(each["at"], each["replicas"]) for each in transitions] == [
        ("2026-11-20T08:00:00Z", 0),
    ]
