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


SCALED_OBJECT = {
    "apiVersion": "keda.sh/v1alpha1",
    "kind": "ScaledObject",
    "metadata": {"name": "web", "namespace": "default", "annotations": {"own": "kept"}},
    "spec": {"scaleTargetRef": {"name": "web"}, "triggers": []},
}


def test_to_zero_and_back_with_the_scaled_object_paused(api, direct, prometheus_answers):
    vector(prometheus_answers, 0)
    api.deployment("web", 5)
    api.apply(SCALED_OBJECT)
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


def test_without_writes_to_scaled_objects_the_target_stays_above_zero_and_that_is_said(
    api, direct, prometheus_answers
):
    vector(prometheus_answers, 0)
    api.deployment("web", 5)
    api.apply(SCALED_OBJECT)
    api.apply(elasti(prometheus_answers.url, autoscaler={"type": "keda", "name": "web"}))
    server = direct(
        "--watch", "--pause-scaled-objects=false", "--refresh=1s",
        f"--prometheus-trigger-servers={prometheus_answers.url}",
    )  # fmt: skip
    refused = eventually(lambda: history(server), timeout=20)
    assert [one["result"] for one in refused] == ["refused"]
    assert "--pause-scaled-objects=false" in refused[0]["error"]
    looks = len(api.calls_of("get", "deployments", "scale"))
    eventually(lambda: len(api.calls_of("get", "deployments", "scale")) >= looks + 3)
    assert replicas(api) == 5 and len(history(server)) == 1
    # It is paused by somebody else, and nothing is in the way any more, down and up.
    paused = SCALED_OBJECT["metadata"] | {"annotations": {PAUSED: "true", PAUSED_REPLICAS: "0"}}
    api.apply(SCALED_OBJECT | {"metadata": paused})
    eventually(lambda: replicas(api) == 0, timeout=20)
    vector(prometheus_answers, 1)
    eventually(lambda: replicas(api) == 2, timeout=15)
    assert not api.calls_of("patch", "scaledobjects")
