"""Tenants of one Headstart: what the objects of one namespace can do to another."""

from harness.custom_resources import condition
from harness.waiting import eventually


def rule(name, namespace, replicas, target):
    """A ScalingRule of one namespace whose workload is in another."""
    return {
        "apiVersion": "easyscale.io/v1",
        "kind": "ScalingRule",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "target": {"kind": "Deployment", "name": "web", "namespace": target},
            "schedule": [{"name": "Never", "dates": ["2001-01-01"], "replicas": replicas}],
            "default": {"replicas": replicas},
        },
    }


def replicas(api, namespace):
    return api.get("Deployment", namespace, "web")["spec"]["replicas"]


def start(headstart, api, tmp_path, *flags):
    return headstart(
        "--direct", "--watch", "--check-interval=1s", "--cooldown=0s",
        f"--kubeconfig={api.kubeconfig(tmp_path / 'kubeconfig')}", *flags,
    )  # fmt: skip


def test_an_object_scales_workloads_of_its_own_namespace_only(api, headstart, tmp_path):
    for namespace in ("shop", "orders"):
        api.deployment("web", 3, namespace)
    api.apply(rule("raid", "shop", 0, target="orders"))
    api.apply(rule("own", "shop", 5, target="shop"))
    start(headstart, api, tmp_path)
    eventually(lambda: replicas(api, "shop") == 5, timeout=20)

    def refused():
        accepted = condition(api.get("ScalingRule", "shop", "raid"), "Accepted")
        return accepted and accepted["status"] == "False" and accepted["message"]

    message = eventually(refused, timeout=20)
    assert "--direct-cross-namespace=shop/raid" in message
    assert replicas(api, "orders") == 3


def test_listed_objects_may_scale_others(api, headstart, tmp_path):
    api.deployment("web", 3, "orders")
    api.apply(rule("night", "shop", 7, target="orders"))
    start(headstart, api, tmp_path, "--direct-cross-namespace=shop/night")
    eventually(lambda: replicas(api, "orders") == 7, timeout=20)
