"""What is written into the status of objects, and when."""

import time

from harness.custom_resources import condition, policy, replicas
from harness.waiting import eventually


def test_status_says_what_became_of_the_object(api, cluster):
    api.apply(policy("web", 3))
    api.apply(policy("idle", 0))
    cluster()

    def status(name):
        return eventually(
            lambda: (item := api.get("ScalingPolicy", "default", name)).get("status")
            and condition(item, "Ready")["status"] != "Unknown"
            and item,
            timeout=20,
        )

    found = status("web")
    assert found["status"]["observedGeneration"] == 1
    assert found["status"]["desiredReplicas"] == 3
    assert found["status"]["winningSignal"] == "calendar"
    for kind in ("Accepted", "Ready", "Active"):
        assert condition(found, kind)["status"] == "True", kind
        assert condition(found, kind)["lastTransitionTime"].endswith("Z")
    assert found["metadata"]["generation"] == 1
    assert condition(status("idle"), "Active")["status"] == "False"
    for call in api.calls:
        if call.verb in ("create", "update", "patch"):
            assert call.query.get("fieldManager") == "headstart"


def test_a_status_is_written_only_when_it_changes_and_seldom(api, cluster):
    api.apply(policy("web", 3))
    server = cluster()
    eventually(lambda: api.get("ScalingPolicy", "default", "web").get("status"))
    # The changes below fall into the time in which no second write is allowed, not the write before.
    time.sleep(1)
    writes = len(api.calls_of("patch", "scalingpolicies", "status"))
    for count in range(4, 12):
        api.apply(policy("web", count))
        eventually(lambda count=count: replicas(server, "web") == count)
    # What must not happen cannot be awaited, here and below.
    time.sleep(3)
    assert len(api.calls_of("patch", "scalingpolicies", "status")) - writes <= 1
    eventually(
        lambda: api.get("ScalingPolicy", "default", "web")["status"]["desiredReplicas"] == 11,
        timeout=20,
    )
    assert api.get("ScalingPolicy", "default", "web")["status"]["observedGeneration"] == 9
    written = len(api.calls_of("patch", "scalingpolicies", "status"))
    assert written - writes <= 3
    time.sleep(4)
    assert len(api.calls_of("patch", "scalingpolicies", "status")) == written


def test_what_others_write_into_a_status_stays(api, cluster):
    manifest = policy("web", 3)
    api.apply(manifest)
    stored = api.objects["scalingpolicies", "default", "web"]
    stored["status"] = {
        "theirs": 1,
        "conditions": [{"type": "Foreign", "status": "True", "reason": "X", "message": ""}],
    }
    cluster()
    eventually(lambda: condition(api.get("ScalingPolicy", "default", "web"), "Accepted"))
    found = api.get("ScalingPolicy", "default", "web")
    assert found["status"]["theirs"] == 1
    assert condition(found, "Foreign")["reason"] == "X"


def test_throttled_writes_come_back_when_the_server_says(api, cluster):
    api.apply(policy("web", 3))
    api.fail(429, count=2, verb="patch", resource="scalingpolicies", retry_after=1)
    cluster()
    eventually(lambda: api.get("ScalingPolicy", "default", "web").get("status"), timeout=15)
    calls = api.calls_of("patch", "scalingpolicies", "status")
    assert [call.code for call in calls] == [429, 429, 200]
    assert all(after.at - before.at >= 0.95 for before, after in zip(calls, calls[1:]))


# The Lease
