"""Custom resources from the API server: watched, held, reported."""

import base64
import json
import time

import pytest

from harness.apiserver import EASYSCALE, ELASTI, HEADSTART, APIServer
from harness.certificates import Authority
from harness.server import Headstart, run_command
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
    server = APIServer(*HEADSTART, *EASYSCALE, *ELASTI)
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


def broken(name, namespace="default"):
    """A ScalingPolicy that is not one: its only signal has no kind."""
    return policy(name, 1, namespace) | {"spec": {"signals": [{"name": "calendar"}]}}


def replicas(server, name, namespace="default"):
    answer = server.get(f"/api/v1/decisions/{namespace}/{name}")
    return answer.json["desiredReplicas"] if answer.status == 200 else None


def condition(item, kind):
    conditions = (item or {}).get("status", {}).get("conditions", [])
    return next((found for found in conditions if found["type"] == kind), None)


def events(api, reason):
    return [event for event in api.all("Event") if event["reason"] == reason]


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
    eventually(lambda: replicas(server, "web") is None)
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


def test_a_watch_that_ends_goes_on_where_it_was(api, cluster):
    api.apply(policy("web", 3))
    server = cluster()
    lists = len(api.calls_of("list", "scalingpolicies"))
    for count in (4, 5, 6):
        api.end_watches()
        api.apply(policy("web", count))
        eventually(lambda count=count: replicas(server, "web") == count)
    assert len(api.calls_of("list", "scalingpolicies")) == lists
    for call in api.calls_of("watch", "scalingpolicies"):
        assert call.query["resourceVersion"] not in ("", "0")
        assert call.query["allowWatchBookmarks"] == "true"


def test_an_expired_version_is_listed_anew(api, cluster):
    api.apply(policy("web", 3))
    api.apply(policy("gone", 3))
    server = cluster()
    lists = len(api.calls_of("list", "scalingpolicies"))
    # Between the end of the watch and the next one, history is lost, and with it a deletion.
    with api.lock:
        api.end_watches()
        api.apply(policy("web", 8))
        api.delete("ScalingPolicy", "default", "gone")
        api.compact()
    eventually(lambda: replicas(server, "web") == 8)
    eventually(lambda: replicas(server, "gone") is None)
    assert len(api.calls_of("list", "scalingpolicies")) > lists


def test_a_watch_that_falls_silent_is_replaced(api, cluster):
    api.apply(policy("web", 3))
    server = cluster("--watch-silence=2s")
    # A bookmark or two, which reset what is measured; the test needs none of them.
    time.sleep(1.5)
    watches = len(api.calls_of("watch", "scalingpolicies"))
    api.stall_watches()
    api.apply(policy("web", 7))
    eventually(lambda: len(api.calls_of("watch", "scalingpolicies")) > watches, timeout=15)
    assert replicas(server, "web") == 3
    api.stall_watches(False)
    eventually(lambda: replicas(server, "web") == 7, timeout=15)
    assert server.metric("headstart_kubernetes_watch_restarts_total", reason="silent") >= 1


def test_bookmarks_keep_a_quiet_watch_alive(api, cluster):
    api.apply(policy("web", 3))
    server = cluster("--watch-silence=2s")
    # Three times as long as silence may last: what must not happen cannot be awaited.
    time.sleep(6)
    assert not server.metric("headstart_kubernetes_watch_restarts_total", reason="silent")


def test_everything_stays_in_force_while_the_api_server_is_away(api, cluster):
    api.apply(policy("web", 3))
    server = cluster()
    api.close()
    # Until the back-off has reached its longest.
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert replicas(server, "web") == 3
        assert server.get("/readyz").status == 200
        # A pause between two looks.
        time.sleep(0.2)
    assert server.process.poll() is None
    api.come_back()
    api.apply(policy("web", 6))
    eventually(lambda: replicas(server, "web") == 6, timeout=45)


def test_a_server_that_is_away_at_the_start_is_found_later(api, cluster):
    api.apply(policy("web", 3))
    api.close()
    server = cluster(policies={"a.yaml": json.dumps(policy("file", 2))}, ready=False)
    server.wait_ready(timeout=30)
    assert replicas(server, "file") == 2
    api.come_back()
    eventually(lambda: replicas(server, "web") == 3, timeout=30)


def test_an_expired_continue_token_begins_the_list_anew(api, cluster):
    api.apply_many(policy(f"web-{number}", 1) for number in range(700))
    api.expired_continues = 1
    server = cluster(ready=False)
    server.wait_ready(timeout=60)
    assert server.metric("headstart_kubernetes_objects", kind="ScalingPolicy") == 700


# Access


def test_a_token_file_is_read_anew_when_the_server_refuses_the_old_one(api, headstart, tmp_path):
    token = tmp_path / "token"
    token.write_text("old")
    api.tokens = {"old": "headstart"}
    api.apply(policy("web", 3))
    config = api.kubeconfig(tmp_path / "kubeconfig", tokenFile=str(token))
    server = headstart("--watch", f"--kubeconfig={config}")
    token.write_text("new")
    api.tokens = {"new": "headstart"}
    api.end_watches()
    api.apply(policy("web", 4))
    eventually(lambda: replicas(server, "web") == 4, timeout=15)


def test_a_role_that_lacks_a_rule_is_named(api, cluster):
    api.apply(policy("web", 3))
    api.allow_only(
        [
            {
                "apiGroups": ["headstart.dev"],
                "resources": ["scalingpolicies"],
                "verbs": ["list", "watch"],
            }
        ]
    )
    server = cluster()
    assert replicas(server, "web") == 3
    line = server.wait_for_log("datasources", "the verb list on datasources")
    assert json.loads(line)["level"].lower().startswith("warn")


def test_nothing_is_asked_for_but_what_the_documentation_names(api, cluster):
    rules = [
        {
            "apiGroups": ["headstart.dev"],
            "resources": ["scalingpolicies", "datasources"],
            "verbs": ["list", "watch"],
        },
        {"apiGroups": ["easyscale.io"], "resources": ["scalingrules"], "verbs": ["list", "watch"]},
        {
            "apiGroups": ["elasti.truefoundry.com"],
            "resources": ["elastiservices"],
            "verbs": ["list", "watch"],
        },
        {
            "apiGroups": ["headstart.dev", "easyscale.io", "elasti.truefoundry.com"],
            "resources": [
                "scalingpolicies/status",
                "datasources/status",
                "scalingrules/status",
                "elastiservices/status",
            ],
            "verbs": ["patch"],
        },
        {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]},
        {
            "apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "verbs": ["get", "create", "update"],
            "namespace": "headstart",
        },
    ]
    api.allow_only(rules)
    api.apply(policy("web", 3))
    api.apply(broken("broken"))
    server = cluster()
    for name in ("web", "broken"):
        eventually(
            lambda name=name: api.get("ScalingPolicy", "default", name).get("status"), timeout=20
        )
    eventually(lambda: events(api, "Invalid"))
    api.apply(policy("web", 4))
    eventually(lambda: replicas(server, "web") == 4)
    assert not [call for call in api.calls if call.code == 403]


def test_tls_with_data_of_a_kubeconfig(headstart, tmp_path):
    authority = Authority(tmp_path)
    api = APIServer(*HEADSTART, certificate=authority.issue("localhost"))
    try:
        api.apply(policy("web", 3))
        path = api.kubeconfig(tmp_path / "kubeconfig")
        config = json.loads(path.read_text())
        # Without the authority the server is not believed.
        refused = headstart("--watch", f"--kubeconfig={path}", ready=False)
        refused.wait_for_log("could not agree on TLS")
        data = base64.b64encode(authority.certificate.read_bytes()).decode()
        config["clusters"][0]["cluster"]["certificate-authority-data"] = data
        path.write_text(json.dumps(config))
        server = headstart("--watch", f"--kubeconfig={path}")
        assert replicas(server, "web") == 3
    finally:
        api.close()


def test_a_client_certificate_as_data_of_a_kubeconfig(headstart, tmp_path):
    authority = Authority(tmp_path)
    api = APIServer(
        *HEADSTART,
        certificate=authority.issue("localhost"),
        client_authority=authority.certificate,
    )
    try:
        api.apply(policy("web", 3))
        certificate, key = authority.issue("operator")
        encoded = {
            "client-certificate-data": base64.b64encode(certificate.read_bytes()).decode(),
            "client-key-data": base64.b64encode(key.read_bytes()).decode(),
        }
        path = api.kubeconfig(tmp_path / "kubeconfig", **encoded)
        config = json.loads(path.read_text())
        config["clusters"][0]["cluster"]["certificate-authority"] = "authority.crt"
        path.write_text(json.dumps(config))
        server = headstart("--watch", f"--kubeconfig={path}")
        assert replicas(server, "web") == 3
        assert {call.user for call in api.calls} == {"operator"}
    finally:
        api.close()


def test_the_service_account_of_a_pod_is_looked_for():
    environment = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "1"}
    ended = run_command("serve", "--watch", environment=environment)
    assert ended.returncode == 2
    assert "automountServiceAccountToken" in ended.stderr


# Status


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
        # Past two of its looks, the second must not have taken over.
        time.sleep(5)
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
