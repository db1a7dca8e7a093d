"""Headstart's custom resources, and how tests look at what became of them."""

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


def broken(name, namespace="default"):
    """A ScalingPolicy that is not one: its only signal has no kind."""
    return policy(name, 1, namespace) | {"spec": {"signals": [{"name": "calendar"}]}}


def replicas(server, name, namespace="default"):
    answer = server.get(f"/api/v1/decisions/{namespace}/{name}")
    return answer.json["desiredReplicas"] if answer.status == 200 else None


def objects(server):
    return server.metric("headstart_kubernetes_objects", kind="ScalingPolicy")


def condition(item, kind):
    conditions = (item or {}).get("status", {}).get("conditions", [])
    return next((found for found in conditions if found["type"] == kind), None)


def events(api, reason):
    return [event for event in api.all("Event") if event["reason"] == reason]
