"""Another manager that sets the replicas of a target back, again and again (E25)."""

import json

import pytest

from harness.direct_scaling import calendar, history, replicas
from harness.waiting import eventually

ALLOWED = [
    {"verbs": ["*"], "apiGroups": ["coordination.k8s.io", "events.k8s.io"], "resources": ["*"]},
    {"verbs": ["*"], "apiGroups": ["headstart.dev"], "resources": ["*"]},
    {"verbs": ["list"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["get", "patch"], "apiGroups": ["apps"], "resources": ["deployments/scale"]},
]
NAMING = {"verbs": ["get"], "apiGroups": ["apps"], "resources": ["deployments"]}
WARNING = "a target is set back again and again"


def set_back(api, count, wanted=1, manager=None):
    """Sets the target as GitOps does, each time after Headstart has raised it."""
    for _ in range(count):
        eventually(lambda: replicas(api) != wanted)
        manifest = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {"replicas": wanted, "selector": {"matchLabels": {"app": "web"}}},
        }
        if manager:
            fields = {"f:spec": {"f:replicas": {}}}
            manifest["metadata"]["managedFields"] = [
                {"manager": manager, "operation": "Update", "fieldsV1": fields},
                {"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:metadata": {}}},
            ]
        api.apply(manifest)


def warnings(server):
    return [line for line in server.log if line["message"] == WARNING]


def test_the_other_manager_is_named_once_and_equal_steps_are_counted_together(api, direct):
    api.deployment("web", 1)
    api.apply(json.loads(calendar(3)))
    server = direct("--watch")
    set_back(api, 2, manager="argocd-controller")
    eventually(lambda: server.metric("headstart_target_set_backs_total") == 2)
    assert not warnings(server)
    set_back(api, 4, manager="argocd-controller")
    eventually(lambda: server.metric("headstart_target_set_backs_total") == 6)
    eventually(lambda: replicas(api) == 3)
    (warning,) = warnings(server)
    assert warning["level"] == "warning"
    assert "argocd-controller" in warning["problem"]
    assert "spec.replicas of Deployment default/web" in warning["problem"]
    assert "kubectl" not in warning["problem"]
    # Asked once, and for the metadata alone.
    (call,) = api.calls_of("get", "deployments")
    assert "PartialObjectMetadata" in call.headers["Accept"]
    (operation,) = eventually(lambda: (found := history(server)) and found[0]["count"] == 7 and found)
    assert (operation["from"], operation["to"]) == (1, 3)
    event = eventually(
        lambda: next((e for e in api.all("Event") if e["reason"] == "ScalingUndone"), None)
    )
    assert event["type"] == "Warning" and "argocd-controller" in event["note"]
    assert event["regarding"]["name"] == "web"
    eventually(
        lambda: any(
            (each["type"], each["status"], each["reason"]) == ("Ready", "False", "ScalingUndone")
            and "argocd-controller" in each["message"]
            for each in api.get("ScalingPolicy", "default", "calendar")["status"]["conditions"]
        ),
        timeout=25,
    )


@pytest.mark.parametrize("may_name", [False, True])
def test_without_the_permission_the_warning_names_that(api, direct, may_name):
    api.deployment("web", 1)
    api.allow_only(ALLOWED + [NAMING] * may_name)
    server = direct(policies={"a.yaml": calendar(3)})
    set_back(api, 3, manager="helm")
    (warning,) = eventually(lambda: warnings(server))
    problem = warning["problem"]
    assert ("by helm" in problem) == may_name, problem
    assert ("verb get on deployments in the API group" in problem) == (not may_name), problem
    # Scaling goes on.
    eventually(lambda: replicas(api) == 3)


def test_an_object_that_does_not_say_who_it_was_holds_nothing_up(api, direct):
    api.deployment("web", 1)
    server = direct(policies={"a.yaml": calendar(3)})
    set_back(api, 3)
    (warning,) = eventually(lambda: warnings(server))
    assert "by somebody else" in warning["problem"]
    eventually(lambda: replicas(api) == 3)


def test_changes_of_the_policy_and_a_single_deployment_are_no_set_backs(
    api, direct, policy_directory
):
    api.deployment("web", 1)
    server = direct(policies={"a.yaml": calendar(3)})
    for count in (5, 2, 6, 4):
        policy_directory({"a.yaml": calendar(count)})
        eventually(lambda count=count: replicas(api) == count)
    assert server.metric("headstart_target_set_backs_total") == 0
    set_back(api, 1)
    eventually(lambda: replicas(api) == 4)
    eventually(lambda: server.metric("headstart_target_set_backs_total") == 1)
    assert not warnings(server)
