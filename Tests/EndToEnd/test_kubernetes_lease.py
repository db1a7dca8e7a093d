"""One of several replicas writes: the Lease."""

import time

from harness.custom_resources import policy, replicas
from harness.server import Headstart
from harness.waiting import eventually


def holder(api):
    lease = api.get("Lease", "headstart", "headstart")
    return lease and lease["spec"]["holderIdentity"]


def test_one_of_two_replicas_writes_and_the_other_takes_over_after_a_crash(
    api, cluster, tmp_path
):
    api.apply(policy("web", 3))
    config = api.kubeconfig(tmp_path / "first")
    first = Headstart("--watch", f"--kubeconfig={config}", environment={"POD_NAME": "pod-a"})
    try:
        first.wait_ready()
        eventually(lambda: holder(api) == "pod-a")
        second = cluster(environment={"POD_NAME": "pod-b"})
        # Past some more looks of both, the second must not have taken over.
        looks = len(api.calls_of("get", "leases"))
        eventually(lambda: len(api.calls_of("get", "leases")) >= looks + 3, 30)
        assert holder(api) == "pod-a"
        assert (first.metric("headstart_leader"), second.metric("headstart_leader")) == (1, 0)
        lease = api.get("Lease", "headstart", "headstart")["spec"]
        assert lease["leaseDurationSeconds"] == 15
    finally:
        first.kill()
    crashed = time.monotonic()
    eventually(lambda: holder(api) == "pod-b", timeout=25)
    # Not before the Lease is over, which was renewed within the last two or three seconds.
    assert time.monotonic() - crashed > 12
    assert api.get("Lease", "headstart", "headstart")["spec"]["leaseTransitions"] == 1
    api.apply(policy("web", 5))
    eventually(
        lambda: api.get("ScalingPolicy", "default", "web")["status"]["desiredReplicas"] == 5,
        timeout=20,
    )


def test_of_three_replicas_that_begin_together_one_writes(api, cluster):
    api.apply(policy("web", 3))
    servers = [cluster(ready=False, environment={"POD_NAME": f"pod-{n}"}) for n in range(3)]
    for server in servers:
        server.wait_ready(timeout=30)
    eventually(lambda: holder(api), timeout=15)
    for _ in range(10):
        leaders = [server for server in servers if server.metric("headstart_leader") == 1]
        assert len(leaders) == 1
        # That there is never a second one has to be looked at for a while.
        time.sleep(0.5)
    assert len([call for call in api.calls_of("create", "leases") if call.code == 201]) == 1
    eventually(lambda: api.get("ScalingPolicy", "default", "web").get("status"), timeout=20)
    assert len(api.calls_of("patch", "scalingpolicies", "status")) == 1


def test_an_orderly_end_gives_the_lease_up(api, cluster):
    first = cluster(environment={"POD_NAME": "pod-a"})
    eventually(lambda: holder(api) == "pod-a")
    second = cluster(environment={"POD_NAME": "pod-b"})
    first.stop()
    assert holder(api) in ("", "pod-b")
    eventually(lambda: second.metric("headstart_leader") == 1, timeout=6)


def test_a_holder_that_cannot_renew_stops_before_another_may_begin(api, cluster):
    server = cluster(environment={"POD_NAME": "pod-a"})
    eventually(lambda: server.metric("headstart_leader") == 1)
    api.fail(500, count=1000, resource="leases")
    lost = time.monotonic()
    eventually(lambda: server.metric("headstart_leader") == 0, timeout=20)
    # Ten seconds are the promise: another replica may begin after fifteen.
    assert time.monotonic() - lost <= 12.5
    writes = len(api.calls_of("patch", "scalingpolicies", "status"))
    api.apply(policy("web", 3))
    eventually(lambda: replicas(server, "web") == 3)
    # What must not happen cannot be awaited.
    time.sleep(2)
    assert len(api.calls_of("patch", "scalingpolicies", "status")) == writes


def test_a_conflict_on_the_lease_is_read_again(api, cluster):
    server = cluster(environment={"POD_NAME": "pod-a"})
    eventually(lambda: server.metric("headstart_leader") == 1)
    # Somebody labels the Lease, between a renewal and the next.
    with api.lock:
        lease = api.get("Lease", "headstart", "headstart")
        lease["metadata"]["labels"] = {"kept": "yes"}
        api.apply(lease)
    renewed = lease["spec"]["renewTime"]
    eventually(
        lambda: api.get("Lease", "headstart", "headstart")["spec"]["renewTime"] > renewed,
        timeout=10,
    )
    assert api.get("Lease", "headstart", "headstart")["metadata"]["labels"] == {"kept": "yes"}
    assert server.metric("headstart_leader") == 1
    assert 409 in [call.code for call in api.calls_of("update", "leases")]


def test_without_a_lease_the_only_replica_writes(api, cluster):
    api.apply(policy("web", 3))
    cluster("--lease-name=-")
    eventually(lambda: api.get("ScalingPolicy", "default", "web").get("status"))
    assert not [call for call in api.calls if call.resource == "leases"]


# Many
