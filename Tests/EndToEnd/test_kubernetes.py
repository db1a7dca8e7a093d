"""Custom resources from the API server: which are read, and what is served of them."""

import json
import time

from harness.custom_resources import broken, condition, events, objects, policy, replicas
from harness.waiting import eventually


# What is read


def test_custom_resources_are_served_changed_and_deleted(api, cluster):
    api.apply(policy("web", 3))
    server = cluster()
    assert replicas(server, "web") == 3
    api.apply(policy("web", 5))
    eventually(lambda: replicas(server, "web") == 5)
    api.apply(policy("late", 2, namespace="shop"))
    eventually(lambda: replicas(server, "late", "shop") == 2)
    api.delete("ScalingPolicy", "default", "web")
    eventually(lambda: objects(server) == 1)
    # A deleted policy is answered for one more minute.
    assert replicas(server, "web") == 5
    eventually(lambda: replicas(server, "web") is None, 90)
    assert replicas(server, "late", "shop") == 2


def test_an_invalid_object_keeps_its_last_good_version_and_stops_nothing_else(api, cluster):
    api.apply(policy("web", 3))
    api.apply(broken("never-good"))
    server = cluster()
    assert replicas(server, "web") == 3
    assert replicas(server, "never-good") is None
    api.apply(broken("web"))
    api.apply(policy("other", 7))
    eventually(lambda: replicas(server, "other") == 7)
    assert replicas(server, "web") == 3
    held = eventually(
        lambda: (
            (item := api.get("ScalingPolicy", "default", "web"))
            and (condition(item, "Accepted") or {}).get("status") == "False"
            and item
        ),
        timeout=20,
    )
    accepted = condition(held, "Accepted")
    assert accepted["reason"] == "Invalid"
    assert "spec.signals[0]" in accepted["message"]
    assert "last good version stays in force" in accepted["message"]
    assert accepted["observedGeneration"] == 2
    assert held["status"]["desiredReplicas"] == 3
    never = eventually(
        lambda: (
            (item := api.get("ScalingPolicy", "default", "never-good"))
            and condition(item, "Ready")
            and item
        ),
        timeout=20,
    )
    assert "last good" not in condition(never, "Accepted")["message"]
    assert condition(never, "Ready")["reason"] == "NotAccepted"
    eventually(
        lambda: (
            {event["regarding"]["name"] for event in events(api, "Invalid")}
            == {"web", "never-good"}
        ),
        timeout=20,
    )
    event = events(api, "Invalid")[0]
    assert event["type"] == "Warning" and event["action"] == "Validate"
    assert event["regarding"]["uid"] and event["reportingController"] == "headstart.dev/headstart"

    api.apply(policy("web", 4))
    eventually(lambda: replicas(server, "web") == 4)
    eventually(lambda: events(api, "AcceptedWithWarnings"), timeout=20)


def test_the_resources_of_easyscale_and_kubeelasti_are_read(api, cluster):
    api.apply(
        {
            "apiVersion": "easyscale.io/v1",
            "kind": "ScalingRule",
            "metadata": {"name": "shop", "namespace": "default"},
            "spec": {
                "target": {"kind": "Deployment", "name": "shop", "namespace": "default"},
                "schedule": [
                    {
                        "name": "Weekdays",
                        "days": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"],
                        "replicas": 4,
                    },
                    {"name": "Weekends", "days": ["Saturday", "Sunday"], "replicas": 4},
                ],
                "default": {"replicas": 2},
            },
        }
    )
    api.apply(
        {
            "apiVersion": "elasti.truefoundry.com/v1alpha1",
            "kind": "ElastiService",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "deployments", "name": "web"},
                "service": "web-svc",
                "minTargetReplicas": 1,
                "triggers": [
                    {
                        "type": "prometheus",
                        "metadata": {
                            "query": "up",
                            "threshold": "0.5",
                            "serverAddress": "http://nowhere.example:9090",
                        },
                    }
                ],
            },
        }
    )
    server = cluster()
    assert replicas(server, "shop") == 4
    rule = eventually(
        lambda: (item := api.get("ScalingRule", "default", "shop"))
        and condition(item, "Active")
        and item
    )
    assert condition(rule, "Active")["status"] == "True"
    assert rule["status"]["desiredReplicas"] == 4
    refused = eventually(
        lambda: condition(api.get("ElastiService", "default", "web"), "Accepted")
    )
    assert refused["status"] == "False"
    assert "nowhere.example" in refused["message"]


def test_the_same_event_again_becomes_a_series(api, cluster):
    api.apply(policy("web", 3))
    cluster()
    eventually(lambda: condition(api.get("ScalingPolicy", "default", "web"), "Accepted"))

    def become(manifest, status):
        api.apply(manifest)
        eventually(
            lambda: condition(api.get("ScalingPolicy", "default", "web"), "Accepted")["status"]
            == status,
            timeout=25,
        )

    become(broken("web"), "False")
    become(policy("web", 3), "True")
    become(broken("web"), "False")
    event = eventually(lambda: [found for found in events(api, "Invalid") if "series" in found])[0]
    assert event["series"]["count"] == 2
    assert event["series"]["lastObservedTime"] > event["eventTime"]
    assert len(events(api, "Invalid")) == 1


def test_files_and_custom_resources_stand_together_and_files_win(api, cluster):
    api.apply(policy("web", 3))
    api.apply(policy("cluster-only", 4))
    server = cluster(policies={"a.yaml": json.dumps(policy("web", 9))})
    assert replicas(server, "web") == 9
    assert replicas(server, "cluster-only") == 4
    found = eventually(lambda: condition(api.get("ScalingPolicy", "default", "web"), "Accepted"))
    assert found["status"] == "False"
    assert "already defined" in found["message"]


def test_only_the_named_namespaces_are_watched(api, cluster):
    for namespace in ("shop", "bank", "other"):
        api.apply(policy("web", 3, namespace=namespace))
    server = cluster("--watch-namespaces=shop,bank")
    assert replicas(server, "web", "shop") == 3
    assert replicas(server, "web", "bank") == 3
    assert replicas(server, "web", "other") is None
    api.apply(policy("web", 6, namespace="bank"))
    eventually(lambda: replicas(server, "web", "bank") == 6)
    assert replicas(server, "web", "shop") == 3
    scopes = {call.namespace for call in api.calls if call.verb in ("list", "watch")}
    assert scopes == {"shop", "bank"}


def test_a_kind_that_is_not_installed_is_left_out_and_found_later(api, cluster):
    crds = [resource for resource in api.resources if resource.name == "scalingpolicies"]
    for resource in crds:
        api.resources.remove(resource)
    server = cluster()
    lines = [line for line in server.log if "does not know the kind" in line["message"]]
    assert len([line for line in lines if "ScalingPolicy" in json.dumps(line)]) == 1
    api.resources += crds
    api.apply(policy("web", 3))
    eventually(lambda: replicas(server, "web") == 3, timeout=30)


# The watch


def test_five_thousand_objects(api, cluster):
    api.apply_many(policy(f"web-{number}", 1 + number % 50) for number in range(5000))
    server = cluster(ready=False)
    server.wait_ready(timeout=90)
    assert server.metric("headstart_kubernetes_objects", kind="ScalingPolicy") == 5000
    eventually(lambda: replicas(server, "web-4999") == 50, timeout=30)
    assert replicas(server, "web-0") == 1
    assert len(api.calls_of("list", "scalingpolicies")) == 10
    api.apply(policy("web-17", 99))
    eventually(lambda: replicas(server, "web-17") == 99, timeout=40)
    # A status each, at a bounded rate.
    # Some of them; the rate is looked at over this time.
    time.sleep(3)
    writes = api.calls_of("patch", "scalingpolicies", "status")
    assert writes
    busiest = max(
        sum(1 for call in writes if start <= call.at < start + 1)
        for start in (call.at for call in writes[:: max(1, len(writes) // 50)])
    )
    assert busiest <= 60
