"""What the tests of direct scaling ask the API server and Headstart."""

from .policies import fixed, policy

TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
PAUSED = "autoscaling.keda.sh/paused"
PAUSED_REPLICAS = "autoscaling.keda.sh/paused-replicas"


def calendar(replicas, name="calendar", **spec):
    return policy(name, fixed(replicas), scaleTargetRef=TARGET, **spec)


def replicas(api, name="web"):
    return api.get("Deployment", "default", name)["spec"]["replicas"]


def patches(api):
    return [call for call in api.calls_of("patch", "deployments", "scale") if call.code == 200]


def history(server, **filters):
    parameters = "&".join(f"{key}={value}" for key, value in filters.items())
    answer = server.get(f"/api/v1/history?{parameters}")
    assert answer.status == 200, answer.text
    return answer.json["operations"]


def vector(server, value):
    server.result = {"resultType": "vector", "result": [{"metric": {}, "value": [0, str(value)]}]}
