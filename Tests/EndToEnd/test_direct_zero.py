"""Direct scaling to zero and back, as KubeElasti does it."""

from harness.direct_scaling import PAUSED, PAUSED_REPLICAS, history, patches, replicas, vector
from harness.waiting import eventually


def elasti(address, **spec):
    return {
        "apiVersion": "elasti.truefoundry.com/v1alpha1",
        "kind": "ElastiService",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "deployments", "name": "web"},
            "service": "web-svc",
            "minTargetReplicas": 2,
            "cooldownPeriod": 3,
            "triggers": [
                {
                    "type": "prometheus",
                    "metadata": {"query": "q", "threshold": "0.5", "serverAddress": address},
                }
            ],
            **spec,
        },
    }


def test_to_zero_and_back_with_the_scaled_object_paused(api, direct, prometheus_answers):
    vector(prometheus_answers, 0)
    api.deployment("web", 5)
    api.apply(
        {
            "apiVersion": "keda.sh/v1alpha1",
            "kind": "ScaledObject",
            "metadata": {"name": "web", "namespace": "default", "annotations": {"own": "kept"}},
            "spec": {"scaleTargetRef": {"name": "web"}, "triggers": []},
        }
    )
    api.apply(elasti(prometheus_answers.url, autoscaler={"type": "keda", "name": "web"}))
    server = direct(
        "--watch", "--refresh=1s", f"--prometheus-trigger-servers={prometheus_answers.url}"
    )

    def annotations():
        return api.get("ScaledObject", "default", "web")["metadata"].get("annotations", {})

    # A new object waits one cooldown.
    assert replicas(api) == 5
    eventually(lambda: replicas(api) == 0, timeout=20)
    assert annotations() == {"own": "kept", PAUSED: "true", PAUSED_REPLICAS: "0"}
    paused = api.calls_of("patch", "scaledobjects")[0].at
    assert paused <= patches(api)[0].at

    def status():
        return api.get("ElastiService", "default", "web").get("status", {})

    eventually(lambda: status().get("mode") == "proxy", timeout=15)
    vector(prometheus_answers, 1)
    eventually(lambda: replicas(api) == 2, timeout=15)
    assert annotations() == {"own": "kept"}
    # Above zero the count is the ScaledObject's.
    api.deployment("web", 1)
    looks = len(api.calls_of("get", "deployments", "scale"))
    eventually(lambda: len(api.calls_of("get", "deployments", "scale")) >= looks + 3)
    assert replicas(api) == 1
    eventually(
        lambda: (s := status()).get("mode") == "serve" and s.get("lastScaledUpTime"), timeout=20
    )
    assert [one["to"] for one in reversed(history(server))] == [0, 2]


def test_going_up_leaves_more_as_it_is_and_unknown_is_not_zero(api, direct, prometheus_answers):
    vector(prometheus_answers, 1)
    api.deployment("web", 7)
    api.apply(elasti(prometheus_answers.url))
    direct("--watch", "--refresh=1s", f"--prometheus-trigger-servers={prometheus_answers.url}")
    eventually(lambda: len(api.calls_of("get", "deployments", "scale")) >= 3)
    assert replicas(api) == 7
    prometheus_answers.mode = "error"
    looks = len(api.calls_of("get", "deployments", "scale"))
    eventually(lambda: len(api.calls_of("get", "deployments", "scale")) >= looks + 6, timeout=20)
    assert replicas(api) == 7
