"""Watches that end, fall silent or expire, and an API server that is away."""

import json
import time

from harness.custom_resources import POLICIES, objects, policy, replicas
from harness.waiting import eventually


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


def test_an_expired_version_is_listed_again(api, cluster):
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
    eventually(lambda: objects(server) == 1)
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


def test_what_was_known_is_served_while_the_api_server_is_away_at_the_start(
    api, cluster, forecaster, scaler, tmp_path
):
    flags = f"--state-dir={tmp_path / 'state'}", f"--forecaster-url={forecaster.url}"
    api.apply(policy("web", 7))
    first = cluster(*flags)
    eventually(lambda: replicas(first, "web") == 7)
    eventually(lambda: (tmp_path / "state" / "manifests").exists(), 5)
    first.stop()
    api.close()
    second = cluster(*flags)
    assert scaler(second).replicas("web") == 7
    api.come_back()
    api.delete("ScalingPolicy", "default", "web")
    api.apply(policy("other", 2))
    eventually(lambda: replicas(second, "other") == 2, timeout=45)
    second.stop()
    # What was deleted does not come back with the next start.
    api.close()
    third = cluster(*flags)
    assert replicas(third, "other") == 2
    assert replicas(third, "web") is None


def test_without_anything_known_nothing_is_implied_while_the_api_server_is_away(
    api, cluster, forecaster
):
    api.apply(policy("web", 7))
    api.close()
    server = cluster(f"--forecaster-url={forecaster.url}", ready=False)
    server.wait_for_log("waiting for the first readings")
    answer = server.get("/readyz")
    assert answer.status == 503
    assert "has not listed the custom resources yet" in answer.text
    found = server.get("/api/v1/findings").json["findings"]
    assert any("has not listed" in each["message"] for each in found)
    api.come_back()
    server.wait_ready(45)
    eventually(lambda: replicas(server, "web") == 7)
    assert server.get("/api/v1/findings").json["errors"] == 0


def test_the_present_replicas_stand_in_for_what_was_never_read(api, cluster, headstart):
    api.deployment("web", 6)
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    live = {"name": "live", "prometheus": {"source": "main", "query": "x", "threshold": 1}}
    api.apply(
        {
            "apiVersion": POLICIES,
            "kind": "DataSource",
            "metadata": {"name": "main", "namespace": "default"},
            "spec": {"type": "prometheus", "address": "http://127.0.0.1:1"},
        }
    )
    api.apply(policy("web", 1) | {"spec": {"scaleTargetRef": target, "signals": [live]}})
    api.apply(policy("other", 1) | {"spec": {"signals": [live]}})
    server = cluster()
    assert replicas(server, "web") == 6
    assert "present replicas" in server.get("/api/v1/decisions/default/web").text
    assert replicas(server, "other") is None


def test_everything_stays_in_force_while_the_api_server_is_away(api, cluster):
    api.apply(policy("web", 3))
    server = cluster()
    eventually(lambda: replicas(server, "web") == 3)
    api.close()
    # An outage of eight seconds: the back-off has reached its longest.
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline:
        assert replicas(server, "web") == 3
        assert server.get("/readyz").status == 200
        # A pause between two looks.
        time.sleep(0.2)
    assert server.process.poll() is None
    api.come_back()
    api.apply(policy("web", 6))
    # The longest wait between two attempts is 3 seconds.
    eventually(lambda: replicas(server, "web") == 6, timeout=5)


def test_a_server_that_restarts_and_does_not_know_its_crds_at_first_is_soon_watched_again(
    api, cluster
):
    api.apply(policy("web", 3))
    server = cluster()
    api.close()
    known = list(api.resources)
    api.resources[:] = [item for item in known if item.group != "headstart.dev"]
    api.come_back()
    # It has looked, and there was nothing.
    eventually(
        lambda: server.metric(
            "headstart_kubernetes_watch_restarts_total",
            resource="scalingpolicies.headstart.dev", reason="refused",
        ),
        timeout=20,
    )  # fmt: skip
    assert replicas(server, "web") == 3
    api.resources[:] = known
    api.apply(policy("web", 6))
    # A kind that was never there is looked for every 15 seconds.
    eventually(lambda: replicas(server, "web") == 6, timeout=12)


def labelled(item, **labels):
    item["metadata"]["labels"] = labels
    return item


def test_a_selector_divides_the_objects_between_several_headstarts(api, cluster):
    api.apply(labelled(policy("one", 1), shard="a"))
    api.apply(labelled(policy("two", 2), shard="b"))
    api.apply(labelled(policy("both", 3), shard="all"))
    api.apply(policy("none", 4))
    first = cluster("--watch-selector=shard in (a,all)", "--lease-name=first")
    second = cluster("--watch-selector=shard in (b,all)", "--lease-name=second")

    def shown(server):
        return [replicas(server, name) for name in ("one", "two", "both", "none")]

    assert shown(first) == [1, None, 3, None]
    assert shown(second) == [None, 2, 3, None]
    # One that gets another label moves.
    api.apply(labelled(policy("one", 5), shard="b"))
    eventually(lambda: replicas(second, "one") == 5)
    eventually(lambda: objects(first) == 1)
    assert all(
        call.query["labelSelector"]
        for verb in ("list", "watch")
        for call in api.calls_of(verb, "scalingpolicies")
    )


def test_a_server_that_is_away_at_the_start_is_found_later(api, cluster):
    api.apply(policy("web", 3))
    api.close()
    server = cluster(policies={"a.yaml": json.dumps(policy("file", 2))}, ready=False)
    # The port waits a minute for the custom resources, and files are decided meanwhile.
    server.wait_for_log("waiting for the first readings")
    assert replicas(server, "file") == 2
    api.come_back()
    server.wait_ready(timeout=30)
    assert replicas(server, "web") == 3


def test_an_expired_continue_token_begins_the_list_again(api, cluster):
    api.apply_many(policy(f"web-{number}", 1) for number in range(700))
    api.expired_continues = 1
    server = cluster(ready=False)
    server.wait_ready(timeout=60)
    assert server.metric("headstart_kubernetes_objects", kind="ScalingPolicy") == 700


# Access
