"""Custom resources from the API server: watched, held, reported."""

import pytest

from harness.apiserver import APIServer, HEADSTART
from harness.certificates import Authority
from harness.waiting import eventually

POLICIES = "headstart.dev/v1alpha1"


def policy(name, replicas, namespace="default", **spec):
    """A ScalingPolicy that always asks for the same number."""
    return {
        "apiVersion": POLICIES,
        "kind": "ScalingPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "signals": [
                {"name": "calendar", "schedule": {"timeZone": "UTC", "default": replicas}}
            ],
            **spec,
        },
    }


@pytest.fixture
def api():
    server = APIServer(*HEADSTART)
    yield server
    server.close()


@pytest.fixture
def cluster(api, headstart, tmp_path):
    """Starts servers that watch the API server."""

    def start(*flags, environment=None, **options):
        return headstart(
            "--watch",
            f"--kubeconfig={api.kubeconfig(tmp_path / 'kubeconfig')}",
            *flags,
            environment=environment,
            **options,
        )

    return start


def replicas(server, name, namespace="default"):
    answer = server.get(f"/api/v1/decisions/{namespace}/{name}")
    return answer.json["desiredReplicas"] if answer.status == 200 else None


def condition(item, kind):
    conditions = (item or {}).get("status", {}).get("conditions", [])
    return next((found for found in conditions if found["type"] == kind), None)


def test_custom_resources_are_served_changed_and_deleted(api, cluster):
    api.apply(policy("web", 3))
    server = cluster()
    assert replicas(server, "web") == 3
    api.apply(policy("web", 5))
    eventually(lambda: replicas(server, "web") == 5)
    api.apply(policy("late", 2, namespace="shop"))
    eventually(lambda: replicas(server, "late", "shop") == 2)
    api.delete("ScalingPolicy", "default", "web")
    eventually(lambda: replicas(server, "web") is None)
    assert replicas(server, "late", "shop") == 2


def test_status_says_what_became_of_the_object(api, cluster):
    api.apply(policy("web", 3))
    cluster()
    found = eventually(
        lambda: (item := api.get("ScalingPolicy", "default", "web")).get("status") and item
    )
    status = found["status"]
    assert status["observedGeneration"] == 1
    assert status["desiredReplicas"] == 3
    assert status["winningSignal"] == "calendar"
    for kind in ("Accepted", "Ready", "Active"):
        assert condition(found, kind)["status"] == "True", kind
    assert found["metadata"]["generation"] == 1
