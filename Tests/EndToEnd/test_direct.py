"""Direct scaling against an API server: what is written, when, and what is left alone."""

import json
import time
from datetime import timedelta

import pytest

from harness.direct_scaling import TARGET, calendar, history, patches, replicas, vector
from harness.policies import fixed, now, policy, query, rule_from, schedule, source
from harness.waiting import eventually


def test_the_target_gets_what_the_policy_asks_for_and_keeps_it(api, direct):
    api.deployment("web", 1)
    server = direct(policies={"a.yaml": calendar(3)})
    eventually(lambda: replicas(api) == 3)
    call = patches(api)[0]
    assert call.query["fieldManager"] == "headstart"
    assert call.body["metadata"]["resourceVersion"]
    # What is there already is not written again.
    looks = len(api.calls_of("get", "deployments", "scale"))
    eventually(lambda: len(api.calls_of("get", "deployments", "scale")) >= looks + 2)
    assert len(patches(api)) == 1
    # Somebody else's change is corrected at the next check.
    api.deployment("web", 7)
    eventually(lambda: replicas(api) == 3)
    first, last = history(server)[-1], history(server)[0]
    assert (first["from"], first["to"], first["result"], first["error"]) == (1, 3, "success", None)
    assert first["signal"] == "calendar"
    assert first["reason"].startswith("3 replicas")
    assert first["policy"] == {"namespace": "default", "name": "calendar"}
    assert last["from"] == 7
    assert server.metric("headstart_scale_operations_total", result="success") == 2
    labels = frozenset({("namespace", '"default"'), ("kind", '"Deployment"'), ("name", '"web"')})
    assert server.metrics()["headstart_target_current_replicas", labels] == 3
    assert server.metrics()["headstart_target_desired_replicas", labels] == 3
    event = eventually(lambda: next(iter(api.all("Event")), None))
    assert event["reason"] == "Scaled"
    assert event["regarding"]["name"] == "web"
    assert event["regarding"]["uid"] == api.get("Deployment", "default", "web")["metadata"]["uid"]


def test_a_schedule_is_acted_on_at_its_instant(api, direct):
    api.deployment("web", 1)
    # The check interval cannot be what notices it.
    soon = now() + timedelta(seconds=6)
    start = (soon + timedelta(seconds=60)).replace(second=0, microsecond=0)
    lead = int((start - soon).total_seconds())
    rules = [rule_from(start, 5)]
    direct(
        "--check-interval=10m",
        policies={
            "a.yaml": policy(
                "calendar", schedule(rules, default=1), scaleTargetRef=TARGET, leadTime=f"{lead}s"
            )
        },
    )
    eventually(lambda: replicas(api) == 5, timeout=15)
    due = (start - timedelta(seconds=lead)).timestamp()
    written = patches(api)[0].at - time.monotonic() + time.time()
    # Not before its instant, to the millisecond of two clocks; afterwards only the instant can have
    # caused it, long before the next check.
    assert written - due > -0.1


def test_a_changed_policy_acts_at_once_and_a_deleted_one_no_more(api, direct, policy_directory):
    api.deployment("web", 1)
    server = direct("--check-interval=10m", policies={"a.yaml": calendar(3)})
    eventually(lambda: replicas(api) == 3)
    policy_directory({"a.yaml": calendar(4)})
    eventually(lambda: replicas(api) == 4)
    # A directory that is empty at once would be broken.
    directory = policy_directory({"rest.yaml": "# nothing\n"})
    reloads = server.metric("headstart_manifest_reloads_total")
    (directory / "a.yaml").unlink()
    eventually(lambda: server.metric("headstart_manifest_reloads_total") > reloads)
    # It is answered for one more minute, and acts no more.
    assert server.get("/api/v1/decisions/default/calendar").status == 200
    api.deployment("web", 1)
    looks = len(api.calls_of("get", "deployments", "scale"))
    # Whatever it would do, it would do now.
    policy_directory({"b.yaml": policy("other", fixed(1))})
    eventually(lambda: server.get("/api/v1/decisions/default/other").status == 200)
    assert len(api.calls_of("get", "deployments", "scale")) == looks
    assert replicas(api) == 1


def test_the_cooldown_keeps_writes_apart_unless_ups_are_exempt(api, direct, policy_directory):
    api.deployment("web", 1)
    server = direct("--cooldown=4s", policies={"a.yaml": calendar(3)})
    eventually(lambda: replicas(api) == 3)
    policy_directory({"a.yaml": calendar(5)})
    eventually(lambda: replicas(api) == 5, timeout=15)
    first, second = patches(api)
    # Its promise is a lower bound.
    assert second.at - first.at >= 4
    # With an hour to wait otherwise.
    exempt = {"cooldown": "1h", "cooldownOnUp": False}
    policy_directory({"a.yaml": calendar(6, scaling=exempt)})
    eventually(lambda: replicas(api) == 6)
    assert len(history(server)) == 3


def test_down_goes_step_by_step(api, direct):
    api.deployment("web", 20)
    server = direct(policies={"a.yaml": calendar(4, scaling={"maxDownPercentPerStep": 50})})
    eventually(lambda: replicas(api) == 4, timeout=20)
    assert [one["to"] for one in reversed(history(server))] == [10, 5, 4]


def test_a_dry_run_asks_the_api_server_and_changes_nothing(api, direct):
    api.deployment("web", 1)
    server = direct("--dry-run", policies={"a.yaml": calendar(3)})
    operation = eventually(lambda: next(iter(history(server)), None))
    assert (operation["result"], operation["from"], operation["to"]) == ("dryRun", 1, 3)
    assert all(call.query["dryRun"] == "All" for call in patches(api))
    eventually(lambda: history(server)[0]["count"] >= 2)
    assert len(history(server)) == 1
    assert replicas(api) == 1
    assert not api.all("Event")


def test_what_a_role_does_not_allow_is_told(api, direct):
    api.deployment("web", 1)
    api.allow_only(
        [
            {"verbs": ["*"], "apiGroups": ["coordination.k8s.io", "events.k8s.io"], "resources": ["*"]},
            {"verbs": ["list"], "apiGroups": ["*"], "resources": ["*"]},
            {"verbs": ["get"], "apiGroups": ["apps"], "resources": ["deployments/scale"]},
        ]
    )
    server = direct("--dry-run", policies={"a.yaml": calendar(3)})
    operation = eventually(lambda: next(iter(history(server)), None))
    assert operation["result"] == "failure"
    assert "verb patch on deployments/scale" in operation["error"]


@pytest.mark.parametrize(
    "owner",
    [
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "spec": {"scaleTargetRef": TARGET, "minReplicas": 1, "maxReplicas": 9},
        },
        {
            "apiVersion": "keda.sh/v1alpha1",
            "kind": "ScaledObject",
            "spec": {"scaleTargetRef": {"name": "web"}, "triggers": []},
        },
    ],
    ids=lambda owner: owner["kind"],
)
def test_an_owned_target_is_refused_with_the_owner_named(api, direct, owner):
    api.deployment("web", 1)
    api.apply({**owner, "metadata": {"name": "other", "namespace": "default"}})
    api.apply(json.loads(calendar(3)))
    server = direct("--watch")
    operation = eventually(lambda: next(iter(history(server)), None))
    name = f"{owner['kind']} default/other"
    assert operation["result"] == "refused"
    assert name in operation["error"]
    server.wait_for_log("not scaled", name)
    event = eventually(
        lambda: next((one for one in api.all("Event") if one["reason"] == "ScalingRefused"), None)
    )
    assert name in event["note"]

    def ready():
        status = api.get("ScalingPolicy", "default", "calendar").get("status", {})
        return next((c for c in status.get("conditions", []) if c["type"] == "Ready"), None)

    condition = eventually(lambda: (c := ready()) and c["reason"] == "ScalingRefused" and c, 15)
    assert condition["status"] == "False"
    assert name in condition["message"]
    assert replicas(api) == 1
    assert not api.calls_of("patch", "deployments", "scale")
    # Once the owner is gone, the target is scaled.
    api.delete(owner["kind"], "default", "other")
    eventually(lambda: replicas(api) == 3)


def test_two_policies_do_not_share_a_target(api, direct, policy_directory):
    api.deployment("web", 1)
    server = direct(
        policies={"a.yaml": calendar(3), "b.yaml": calendar(9, name="second")}
    )
    eventually(lambda: replicas(api) == 3)
    refused = eventually(lambda: next(iter(history(server, policy="second")), None))
    assert refused["result"] == "refused"
    assert "default/calendar" in refused["error"]
    (policy_directory({}) / "a.yaml").unlink()
    eventually(lambda: replicas(api) == 9)


def test_a_target_that_does_not_exist_waits(api, direct):
    api.apply(json.loads(calendar(3)))
    server = direct("--watch")
    eventually(lambda: api.calls_of("get", "deployments", "scale"))

    def ready():
        status = api.get("ScalingPolicy", "default", "calendar").get("status", {})
        return next((c for c in status.get("conditions", []) if c["type"] == "Ready"), None)

    assert eventually(lambda: (c := ready()) and c["reason"] == "TargetMissing" and c, 15)
    # It is told once, whatever the number of checks.
    looks = len(api.calls_of("get", "deployments", "scale"))
    eventually(lambda: len(api.calls_of("get", "deployments", "scale")) >= looks + 3)
    (operation,) = history(server)
    assert (operation["result"], operation["count"]) == ("refused", 1)
    assert "Deployment default/web does not exist" in operation["error"]
    assert server.metric("headstart_scale_operations_total", result="refused") == 1
    assert server.log_text.count("not scaled") == 1
    api.deployment("web", 1)
    eventually(lambda: replicas(api) == 3)


def test_a_change_of_somebody_else_is_raised_without_the_cooldown(api, direct):
    api.deployment("web", 1)
    direct("--cooldown=10m", policies={"a.yaml": calendar(5)})
    eventually(lambda: replicas(api) == 5)
    api.deployment("web", 1)
    eventually(lambda: replicas(api) == 5)


def test_the_status_tells_current_replicas_and_the_last_scaling(api, direct):
    api.deployment("web", 1)
    api.apply(json.loads(calendar(3)))
    direct("--watch")
    status = eventually(
        lambda: (s := api.get("ScalingPolicy", "default", "calendar").get("status", {}))
        and s.get("lastScalingTime") and s.get("currentReplicas") == 3 and s,
        timeout=20,
    )  # fmt: skip
    assert status["desiredReplicas"] == 3


def test_the_history_is_filtered(api, direct):
    api.deployment("web", 1)
    server = direct(policies={"a.yaml": calendar(3)})
    eventually(lambda: history(server))
    assert history(server, namespace="default", name="web", kind="Deployment")
    assert not history(server, namespace="other")
    assert not history(server, name="calendar")
    assert not history(server, kind="StatefulSet")
    assert server.get("/api/v1/history?limit=0").status == 400


def test_missing_data_never_scales_down(api, direct, prometheus_answers):
    prometheus_answers.mode = "error"
    api.deployment("web", 8)
    server = direct(
        policies={
            "s.yaml": source("prometheus", "prometheus", prometheus_answers.url),
            "a.yaml": policy(
                "calendar",
                fixed(2),
                {"required": False} | query("up", threshold=1),
                scaleTargetRef=TARGET,
            ),
        }
    )
    eventually(lambda: len(api.calls_of("get", "deployments", "scale")) >= 3, timeout=15)
    assert replicas(api) == 8
    # What the target had stands for the signal that was never read, whoever lowers it.
    api.deployment("web", 1)
    eventually(lambda: replicas(api) == 8)
    # When the data is there, the target follows it.
    prometheus_answers.mode = "ok"
    vector(prometheus_answers, 1)
    api.deployment("web", 8)
    eventually(lambda: replicas(api) == 2, timeout=15)
    assert history(server)[0]["result"] == "success"


def test_an_api_server_that_goes_away_is_waited_for(api, direct, policy_directory):
    api.deployment("web", 1)
    server = direct(policies={"a.yaml": calendar(3)})
    eventually(lambda: replicas(api) == 3)
    api.close()
    policy_directory({"a.yaml": calendar(5)})
    eventually(
        lambda: server.get("/api/v1/decisions/default/calendar").json["desiredReplicas"] == 5
    )
    assert server.get("/readyz").status == 200
    server.wait_for_log("leading no more", timeout=20)
    api.come_back()
    eventually(lambda: replicas(api) == 5, timeout=30)


def test_what_the_api_server_throttles_comes_later(api, direct):
    api.deployment("web", 1)
    api.fail(429, count=1, verb="patch", resource="deployments", retry_after=3)
    server = direct(policies={"a.yaml": calendar(3)})
    eventually(lambda: replicas(api) == 3, timeout=15)
    refused, taken = api.calls_of("patch", "deployments", "scale")
    assert refused.code == 429
    assert taken.at - refused.at >= 3
    assert [one["result"] for one in history(server)] == ["success", "failure"]


def test_exactly_one_replica_writes_and_another_takes_over(api, headstart, tmp_path):
    api.deployment("web", 1)
    kubeconfig = api.kubeconfig(tmp_path / "kubeconfig")
    api.apply(json.loads(calendar(3)))
    flags = (
        "--direct", "--watch", f"--kubeconfig={kubeconfig}", "--check-interval=1s", "--cooldown=0s",
    )  # fmt: skip
    servers = [headstart(*flags, environment={"POD_NAME": name}) for name in ("one", "two")]
    eventually(lambda: replicas(api) == 3)
    leader = api.get("Lease", "headstart", "headstart")["spec"]["holderIdentity"]
    assert leader == "one"
    assert history(servers[0]) and not history(servers[1])
    servers[0].kill()
    servers[0].stop = lambda: None
    api.deployment("web", 9)
    eventually(lambda: replicas(api) == 3, timeout=20)
    assert history(servers[1])[0]["from"] == 9
