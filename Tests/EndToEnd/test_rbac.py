"""The roles of overlays and chart: nothing that a run needs is missing, and nothing is granted in vain."""

import json

import pytest

from harness import deployment, resolver, service_network
from harness.apiserver import APIServer, Call, EASYSCALE, ELASTI, HEADSTART, KEDA
from harness.deployment import KUBERNETES, judge
from harness.server import free_port
from harness.fake_prometheus import FakePrometheus
from harness.waiting import eventually

OVERLAYS = KUBERNETES / "overlays"
SCALE_AT_ONCE = ["--check-interval=1s", "--cooldown=0s"]
SHARD = {"shard": "a"}

# What no overlay has. That the chart grants what the overlays do is a test of the chart.
NAMESPACES = {"watchNamespaces": ["shop", "orders"]}
SELECTOR = {"watchSelector": "shard in (a,all)"}
RESOLVER = {"elasti": {"resolver": f"{resolver.NAMESPACE}/{resolver.SERVICE}:8012"}}
CHARTS = {
    "keda-crds with a selector": {"mode": "keda-crds"} | SELECTOR,
    "direct of namespaces": {"mode": "direct"} | NAMESPACES,
    "direct with a selector": {"mode": "direct"} | SELECTOR,
    "direct without pausing": {"mode": "direct", "direct": {"pauseScaledObjects": False}},
    "direct in a dry run": {"mode": "direct", "direct": {"dryRun": True}},
    "elasti of namespaces": {"mode": "direct"} | NAMESPACES | RESOLVER,
    "elasti with a selector": {"mode": "direct"} | SELECTOR | RESOLVER,
}


@pytest.fixture
def prometheus():
    server = FakePrometheus()
    server.result = {"resultType": "vector", "result": [{"metric": {}, "value": [0, "0"]}]}
    yield server
    server.close()


@pytest.fixture
def api():
    server = APIServer(*HEADSTART, *EASYSCALE, *ELASTI, *KEDA, *service_network.resources())
    yield server
    server.close()


def manifest(api_version, kind, name, namespace, spec):
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def policy(name, namespace, kind="Deployment", replicas=3, time_zone="UTC"):
    schedule = {"timeZone": time_zone, "default": replicas}
    spec = {
        "scaleTargetRef": {"kind": kind, "name": name},
        "signals": [{"name": "calendar", "schedule": schedule}],
    }
    return manifest("headstart.dev/v1alpha1", "ScalingPolicy", name, namespace, spec)


def unread(name, namespace, kind):
    """A policy whose query was never read: its target's present replicas stand in for it."""
    spec = {
        "scaleTargetRef": {"kind": kind, "name": name},
        "signals": [
            {"name": "live", "prometheus": {"source": "away", "query": "q", "threshold": 1}}
        ],
    }
    return manifest("headstart.dev/v1alpha1", "ScalingPolicy", name, namespace, spec)


def scaled_object(name, target, namespace):
    spec = {"scaleTargetRef": {"name": target}, "triggers": [{"type": "cron", "metadata": {}}]}
    return manifest("keda.sh/v1alpha1", "ScaledObject", name, namespace, spec)


def workload(kind, name, namespace, replicas=1):
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}}
    return manifest("apps/v1", kind, name, namespace, spec)


def everything(namespace, prometheus):
    """One of each kind that Headstart reads, and their targets."""
    source = {"type": "prometheus", "address": prometheus, "refresh": "1s"}
    away = source | {"address": f"http://127.0.0.1:{free_port()}"}
    rule = {
        "target": {"kind": "Deployment", "name": "ruled", "namespace": namespace},
        "schedule": [{"name": "Always", "days": ["Monday"], "replicas": 4, "priority": 1}],
        "default": {"replicas": 2},
        "limits": {"minReplicas": 1, "maxReplicas": 5},
    }
    trigger = {"serverAddress": prometheus, "query": "sum(requests)", "threshold": "1"}
    service = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "deployments", "name": "idle"},
        "service": "idle",
        "minTargetReplicas": 1,
        "cooldownPeriod": 1,
        "autoscaler": {"type": "keda", "name": "idle"},
        "triggers": [{"type": "prometheus", "metadata": trigger}],
    }
    return [
        workload("Deployment", "web", namespace),
        workload("StatefulSet", "store", namespace),
        workload("Deployment", "ruled", namespace),
        workload("Deployment", "unread", namespace),
        workload("StatefulSet", "unread-too", namespace),
        workload("Deployment", "idle", namespace),
        scaled_object("idle", "idle", namespace),
        policy("web", namespace),
        policy("store", namespace, kind="StatefulSet"),
        unread("unread", namespace, kind="Deployment"),
        unread("unread-too", namespace, kind="StatefulSet"),
        manifest("headstart.dev/v1alpha1", "DataSource", "metrics", namespace, source),
        manifest("headstart.dev/v1alpha1", "DataSource", "away", namespace, away),
        manifest("headstart.dev/v1alpha1", "Calendar", "days", namespace, {"file": "/no/such.ics"}),
        manifest("easyscale.io/v1", "ScalingRule", "ruled", namespace, rule),
        manifest("elasti.truefoundry.com/v1alpha1", "ElastiService", "idle", namespace, service),
    ]


def labelled(item, labels):
    """The object with the labels, where it is one that Headstart reads."""
    if item["apiVersion"].split("/")[0] in ("apps", "keda.sh"):
        return item
    return item | {"metadata": item["metadata"] | {"labels": labels}}


REPORTED = [
    ("ScalingPolicy", "web"),
    ("DataSource", "metrics"),
    ("Calendar", "days"),
    ("ScalingRule", "ruled"),
    ("ElastiService", "idle"),
]


def break_and_mend(api, namespace, labels):
    """The same mistake twice: an event, and then the series of it."""

    def wait_for(status):
        def condition():
            found = api.get("ScalingPolicy", namespace, "web").get("status", {})
            return any(
                (item["type"], item["status"]) == ("Accepted", status)
                for item in found.get("conditions", [])
            )

        # A status is written once in 10 seconds.
        eventually(condition, timeout=25)

    for time_zone, status in (("Mars/Base", "False"), ("UTC", "True"), ("Mars/Base", "False")):
        api.apply(labelled(policy("web", namespace, time_zone=time_zone), labels))
        wait_for(status)


def lead_to_the_resolver(api, namespace):
    """Everything that is done for the requests of a workload at zero."""

    def public(port):
        spec = {"selector": {"app": "idle"}, "ports": [{"name": "http", "port": port}]}
        return manifest("v1", "Service", "idle", namespace, spec)

    def reach(address):
        labels = {service_network.SERVICE_LABEL: resolver.SERVICE}
        metadata = {"name": "resolver-1", "namespace": resolver.NAMESPACE, "labels": labels}
        api.apply(
            {
                "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": metadata,
                "addressType": "IPv4", "endpoints": [{"addresses": [address]}], "ports": [],
            }
        )  # fmt: skip

    def found(kind, name):
        return api.get(kind, namespace, name) or {}

    slice_name, private = resolver.slice_name("idle"), resolver.private_name("idle")
    reach("10.0.0.1")
    api.apply(public(80))
    eventually(lambda: found("EndpointSlice", slice_name), timeout=20)
    reach("10.0.0.2")
    api.apply(public(81))
    addresses = [{"addresses": ["10.0.0.2"]}]
    eventually(lambda: found("EndpointSlice", slice_name)["endpoints"] == addresses, timeout=20)
    eventually(lambda: found("Service", private)["spec"]["ports"][0]["port"] == 81, timeout=20)
    api.delete("ElastiService", namespace, "idle")
    eventually(lambda: not found("ElastiService", "idle"), timeout=20)
    assert not found("EndpointSlice", slice_name) and not found("Service", private)


def replicas(api, kind, namespace, name):
    return api.get(kind, namespace, name)["spec"]["replicas"]


def set_back(api, kind, namespace, name):
    """As another manager does, until it is asked for its name."""

    def asked():
        resource = api.resource(kind).name
        return any(call.name == name for call in api.calls_of("get", resource))

    for _ in range(3):
        eventually(lambda: replicas(api, kind, namespace, name) == 3)
        api.apply(workload(kind, name, namespace))
    eventually(asked)


@pytest.mark.parametrize("name", ["keda-crds", "direct", "elasti", "namespaced", *CHARTS])
def test_roles_grant_what_a_run_needs_and_nothing_else(name, api, headstart, prometheus, tmp_path):
    values = CHARTS.get(name)
    objects = deployment.template(values) if values else deployment.kustomize(OVERLAYS / name)
    rules = deployment.rules(objects)
    api.allow_only(rules)
    given = [
        flag.replace("/var/lib/headstart", str(tmp_path / "state"))
        for flag in deployment.flags(objects)
    ]
    namespaces = ["shop", "orders"] if "--watch-namespaces=shop,orders" in given else ["shop"]
    selects = any(flag.startswith("--watch-selector=") for flag in given)
    labels = SHARD if selects else {}
    for namespace in namespaces:
        api.apply_many(labelled(item, labels) for item in everything(namespace, prometheus.url))
    if selects:
        api.apply(policy("of-another-shard", "shop"))
    direct, dry = "--direct" in given, "--dry-run" in given
    pauses = "--pause-scaled-objects=false" not in given
    server = headstart(
        *given,
        *(SCALE_AT_ONCE if direct else []),
        f"--prometheus-trigger-servers={prometheus.url}",
        "--refresh=1s",
        f"--kubeconfig={api.kubeconfig(tmp_path / 'kubeconfig')}",
    )
    for namespace in namespaces:
        for kind, reported in REPORTED:
            eventually(lambda: "status" in api.get(kind, namespace, reported), timeout=20)
        if dry:
            for kind, target in (("Deployment", "web"), ("StatefulSet", "store")):
                eventually(lambda: api.calls_of("patch", api.resource(kind).name, "scale"))
        elif direct:
            eventually(lambda: replicas(api, "Deployment", namespace, "web") == 3)
            eventually(lambda: replicas(api, "StatefulSet", namespace, "store") == 3)
            if pauses:
                eventually(lambda: replicas(api, "Deployment", namespace, "idle") == 0, timeout=20)
            else:
                server.wait_for_log("idle stays above zero", "--pause-scaled-objects=false")
                assert replicas(api, "Deployment", namespace, "idle") == 1
            for kind, target in (("Deployment", "web"), ("StatefulSet", "store")):
                set_back(api, kind, namespace, target)
    for namespace in namespaces:
        break_and_mend(api, namespace, labels)
        eventually(
            lambda: any(call.namespace == namespace for call in api.calls_of("patch", "events")),
            timeout=30,
        )
    eventually(lambda: api.calls_of("update", "leases"))
    if any(flag.startswith("--elasti-resolver=") for flag in given):
        for namespace in namespaces:
            lead_to_the_resolver(api, namespace)
    if selects:
        assert "status" not in api.get("ScalingPolicy", "shop", "of-another-shard")
    lacking, unused = judge(rules, list(api.calls))
    assert (lacking, unused) == ([], []), json.dumps([lacking, unused], indent=1)
    refused = [call for call in api.calls if call.code == 403]
    assert not refused, server.log_text


def call(verb, group, resource, namespace=None, name=None):
    resource, _, subresource = resource.partition("/")
    return Call(0, verb, group, resource, subresource or None, namespace, name, {}, None, "")


LEASE = {"apiGroups": ["g"], "resources": ["leases"], "verbs": ["get"], "resourceNames": ["mine"]}


@pytest.mark.parametrize(
    ("rule", "made", "lacking", "unused"),
    [
        (LEASE, call("get", "g", "leases", "a", "mine"), 0, 0),
        (LEASE, call("get", "g", "leases", "a", "other"), 1, 1),
        (LEASE, call("update", "g", "leases", "a", "mine"), 1, 1),
        (LEASE, call("get", "other", "leases", "a", "mine"), 1, 1),
        (LEASE, call("get", "g", "leases/status", "a", "mine"), 1, 1),
        (LEASE | {"namespace": "a"}, call("get", "g", "leases", "a", "mine"), 0, 0),
        (LEASE | {"namespace": "b"}, call("get", "g", "leases", "a", "mine"), 1, 1),
        (LEASE | {"verbs": ["get", "delete"]}, call("get", "g", "leases", "a", "mine"), 0, 1),
        (LEASE | {"resources": ["leases", "x"]}, call("get", "g", "leases", "a", "mine"), 0, 1),
    ],
)
def test_the_judge_sees_what_is_missing_and_what_is_too_much(rule, made, lacking, unused):
    found = judge([rule], [made])
    assert (len(found[0]), len(found[1])) == (lacking, unused)


def test_a_namespaced_role_reaches_no_other_namespace():
    rules = deployment.rules(deployment.kustomize(OVERLAYS / "namespaced"))
    foreign = call("list", "headstart.dev", "scalingpolicies", "billing")
    everywhere = call("list", "headstart.dev", "scalingpolicies")
    own = call("list", "headstart.dev", "scalingpolicies", "shop")
    lacking, _ = judge(rules, [foreign, everywhere, own])
    assert len(lacking) == 2
