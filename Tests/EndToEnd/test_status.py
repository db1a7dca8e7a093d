"""The status of custom resources of other projects, whose own definitions drop what they do not know."""

import time

import pytest

from harness.apiserver import EASYSCALE_OWN, ELASTI_OWN, HEADSTART, APIServer
from harness.custom_resources import policy, replicas
from harness.fake_prometheus import FakePrometheus
from harness.latency import ROUNDS, Latency
from harness.policies import now
from harness.waiting import eventually


@pytest.fixture
def api():
    server = APIServer(*HEADSTART, *EASYSCALE_OWN, *ELASTI_OWN)
    yield server
    server.close()


@pytest.fixture
def prometheus_answers():
    server = FakePrometheus()
    server.result = {"resultType": "vector", "result": [{"metric": {}, "value": [0, "0"]}]}
    yield server
    server.close()


@pytest.fixture
def cluster(api, headstart, tmp_path):
    def start(*flags):
        kubeconfig = api.kubeconfig(tmp_path / "kubeconfig")
        return headstart("--watch", f"--kubeconfig={kubeconfig}", *flags)

    return start


def status(api, kind):
    return api.get(kind, "default", "web").get("status", {})


def status_of(api, name):
    return api.get("ScalingPolicy", "default", name).get("status", {})


def serve_elasti_service(api, cluster, prometheus_answers):
    """A server with an ElastiService that goes idle after a second without load."""
    trigger = {"serverAddress": prometheus_answers.url, "query": "q", "threshold": "1"}
    service = {
        "apiVersion": "elasti.truefoundry.com/v1alpha1",
        "kind": "ElastiService",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "service": "web",
            "minTargetReplicas": 1,
            "cooldownPeriod": 1,
            "triggers": [{"type": "prometheus", "metadata": trigger}],
        },
    }
    api.apply(service)
    server = cluster("--refresh=1s", f"--prometheus-trigger-servers={prometheus_answers.url}")
    wait_for_mode(api, "proxy")
    return server


def wait_for_mode(api, mode):
    # Other changes of the status wait until ten seconds after the last one.
    eventually(lambda: status(api, "ElastiService").get("mode") == mode, timeout=20)


def written(api, mode):
    """When the mode was last written."""
    writes = api.calls_of("patch", "elastiservices", "status")
    return [call.at for call in writes if call.body["status"].get("mode") == mode][-1]


def wake(server):
    assert server.get("/api/v1/wake/default/web", method="POST").status == 202


def test_an_elasti_service_has_the_mode_of_kubeelasti(api, cluster, prometheus_answers):
    server = serve_elasti_service(api, cluster, prometheus_answers)
    first = status(api, "ElastiService")
    assert first.keys() == {"mode", "lastReconciledTime"}
    assert first["lastReconciledTime"].endswith("Z")
    wake(server)
    wait_for_mode(api, "serve")
    assert status(api, "ElastiService").keys() == {
        "mode", "lastReconciledTime", "lastScaledUpTime",
    }  # fmt: skip


def test_the_mode_is_written_within_a_second_of_a_wake_up_and_of_the_end_of_it(
    api, cluster, prometheus_answers
):
    """What a trivial server was late with meanwhile was late for others' sake: a round of five has to be good."""
    server = serve_elasti_service(api, cluster, prometheus_answers)
    rounds = []
    while len(rounds) < ROUNDS:
        with Latency("http", server.http_port) as latency:
            woken = time.monotonic()
            wake(server)
            wait_for_mode(api, "serve")
            # Its cooldown is over, and the policy asks for nothing.
            eventually(lambda: replicas(server, "web") == 0)
            idle = time.monotonic()
            wait_for_mode(api, "proxy")
        lost = sum(latency.excused)
        took = written(api, "serve") - woken, written(api, "proxy") - idle
        if all(each <= 1 + lost for each in took):
            return
        rounds.append(f"{took} with {lost} of others")
    raise AssertionError(f"the mode was written late: {rounds}")


def test_the_mode_does_not_wait_for_what_else_the_status_says(api, cluster, prometheus_answers):
    """The order of events: another object's status, changed before, is still to be written."""
    server = serve_elasti_service(api, cluster, prometheus_answers)
    api.apply(policy("slow", 3))
    eventually(lambda: status_of(api, "slow").get("desiredReplicas") == 3, timeout=20)
    api.apply(policy("slow", 4))
    eventually(lambda: replicas(server, "slow") == 4)
    wake(server)
    wait_for_mode(api, "serve")
    eventually(lambda: status_of(api, "slow")["desiredReplicas"] == 4, timeout=20)
    last = api.calls_of("patch", "scalingpolicies", "status")[-1]
    assert written(api, "serve") < last.at


def test_a_scaling_rule_names_the_rule_that_applies(api, cluster):
    today = now().strftime("%A"), (now().replace(hour=23)).strftime("%A")
    rule = {
        "apiVersion": "easyscale.io/v1",
        "kind": "ScalingRule",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "target": {"kind": "Deployment", "name": "web", "namespace": "default"},
            "schedule": [{"name": "Today", "days": sorted(set(today)), "replicas": 4}],
            "default": {"replicas": 4},
            "limits": {"min_replicas": 1, "max_replicas": 5},
        },
    }
    api.apply(rule)
    cluster()
    eventually(lambda: status(api, "ScalingRule").get("lastAppliedRule") == "Today", timeout=20)
    found = status(api, "ScalingRule")
    assert found["desiredReplicas"] == 4
    assert {item["type"] for item in found["conditions"]} == {"Accepted", "Ready", "Active"}
    rule["spec"]["schedule"][0]["days"] = []
    rule["spec"]["schedule"][0]["dates"] = ["2001-01-01"]
    del rule["spec"]["schedule"][0]["days"]
    api.apply(rule)
    eventually(lambda: "lastAppliedRule" not in status(api, "ScalingRule"), timeout=20)
