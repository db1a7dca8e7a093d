"""The status of custom resources of other projects, whose own definitions drop what they do not know."""

import pytest

from harness.apiserver import EASYSCALE_OWN, ELASTI_OWN, HEADSTART, APIServer
from harness.fake_prometheus import FakePrometheus
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


def test_an_elasti_service_has_the_mode_of_kubeelasti_at_once(api, cluster, prometheus_answers):
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
    eventually(lambda: status(api, "ElastiService").get("mode") == "proxy", timeout=20)
    first = status(api, "ElastiService")
    assert first.keys() == {"mode", "lastReconciledTime"}
    assert first["lastReconciledTime"].endswith("Z")
    assert server.get("/api/v1/wake/default/web", method="POST").status == 202
    # Other changes of the status wait until ten seconds after the last one.
    eventually(lambda: status(api, "ElastiService").get("mode") == "serve", timeout=5)
    assert status(api, "ElastiService").keys() == {
        "mode", "lastReconciledTime", "lastScaledUpTime",
    }  # fmt: skip


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
