"""The Helm chart with values that are odd and legitimate: what comes out is what Kubernetes takes."""

import json
import re

import pytest

from harness import deployment, schemas
from harness.chart import CERTIFICATE
from harness.cluster import Cluster
from harness.deployment import CHART, KUBERNETES, find, template

# The longest name that Helm gives a release.
LONGEST = "a" * 53
EVERYTHING = CERTIFICATE | {
    "mode": "direct",
    "policies": {"a.yaml": "kind: ScalingPolicy\n"},
    "serviceMonitor": {"enabled": True},
    "prometheusRule": {"enabled": True},
    "dashboard": {"enabled": True},
    "watchNamespaces": ["shop", "orders"],
    "elasti": {"resolver": "elasti/elasti-resolver-service:8012"},
    "commonLabels": {"team": "platform"},
}
# RFC 1123, sections of "Object Names and IDs" in the documentation of Kubernetes.
LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"

ODD = {
    "one replica": {"replicas": 1},
    "a hundred replicas with claims": {"replicas": 100, "state": {"claim": {"size": "0.5Gi"}}},
    "a secret of one's own": {
        "tlsSecret": "own.tls",
        "extraEnv": [
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "own", "key": "token"}}},
            {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
            {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
            {"name": "EMPTY", "value": ""},
        ],
        "secrets": {"own." + "x" * 240: "/etc/own"},
    },
    "where it runs": {
        "tolerations": [
            {"operator": "Exists"},
            {"key": "spot", "value": "true", "effect": "NoExecute", "tolerationSeconds": 60},
        ],
        "nodeSelector": {"kubernetes.io/arch": "arm64"},
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "gpu", "operator": "DoesNotExist"}]}],
        }}},
        "priorityClassName": "system-cluster-critical",
    },
    "IPv6": {
        "mode": "direct",
        "extraArgs": ["--listen=[::]:50051", "--http-listen=[::]:8082"],
        "prometheusURL": "http://[fd00::1]:9090",
        "networkPolicy": {"apiServerCIDRs": ["fd00::1/128", "::/0", "10.0.0.0/8", "::ffff:10.0.0.0/104"]},
    },
    "another domain": CERTIFICATE | {"clusterDomain": "k8s.example.internal"},
    "an account of one's own": {"serviceAccount": {"create": False, "name": "scaler.of.all"}},
    "no user, no limits": {"runAs": "", "resources": None},
    "texts that look like something else": {
        "image": {"repository": "localhost:5000/headstart", "tag": "1.0"},
        "podAnnotations": {"a": "true", "b": "1", "c": "null", "d": "line\nline", "e": '"', "f": "{{ }}"},
        "podLabels": {"a": "true", "b": "1e3", "c": ""},
        "commonLabels": {"team": "007"},
        "extraArgs": ["--http-hosts=a,b", "--lead-time=10m # no comment"],
    },
    "a Deployment that starts anew": {"updateStrategy": {"type": "Recreate"}},
    "one pod after the other by hand": {
        "updateStrategy": {"type": "OnDelete"}, "state": {"claim": {"size": "1Gi"}},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_and_legitimate_renders_what_kubernetes_takes(name):
    for item in template(ODD[name]):
        assert schemas.complaint(item) is None, (item["kind"], item["metadata"]["name"])


@pytest.mark.parametrize("claim", ["", "1Gi"])
@pytest.mark.parametrize(
    "release", ["a", LONGEST, "a" * 52 + "b", "a" * 41 + "-headstart", "a" * 48 + "---b", "my.app.v2", "headstart"]
)
@pytest.mark.parametrize("namespace", ["default", "n" * 63])
@pytest.mark.parametrize(
    "names", [{}, {"nameOverride": "n" * 63}, {"fullnameOverride": "f" * 50}], ids=lambda names: "".join(names)
)
def test_every_name_of_a_release_makes_names_that_kubernetes_takes(release, claim, namespace, names):
    values = EVERYTHING | names | {"state": {"claim": {"size": claim}}}
    objects = template(values, release=release, namespace=namespace)
    for item in objects:
        assert schemas.complaint(item) is None, (item["kind"], item["metadata"]["name"])
        name = item["metadata"]["name"]
        # Pods of a StatefulSet have the label "controller-revision-hash", which is 11 longer than its name.
        room = 11 if item["kind"] == "StatefulSet" else 0
        # The name of a role may be any path segment, and has the namespace of the release behind a dot.
        kind = item["kind"].removeprefix("Cluster")
        parts = name.rsplit(".", 1) if kind in ("Role", "RoleBinding") else [name]
        assert all(re.fullmatch(LABEL, part + "x" * room) for part in parts), (kind, name)
        for value in item["metadata"]["labels"].values():
            assert len(value) <= 63
    workload = deployment.workload(objects)
    services = {item["metadata"]["name"] for item in objects if item["kind"] == "Service"}
    peers = f"{workload['metadata']['name']}-peers"
    assert peers in services
    assert f"--peers={peers}.{namespace}.svc:8082" in deployment.flags(objects)


@pytest.mark.parametrize(
    ("release", "names", "name", "label"),
    [
        ("headstart", {}, "headstart", "headstart"),
        ("my", {}, "my-headstart", "headstart"),
        ("my-headstart-2", {}, "my-headstart-2", "headstart"),
        ("my", {"nameOverride": "pilot"}, "my-pilot", "pilot"),
        ("pilot-eu", {"nameOverride": "pilot"}, "pilot-eu", "pilot"),
        ("headstart", {"nameOverride": "pilot"}, "headstart-pilot", "pilot"),
        ("my", {"fullnameOverride": "scaler"}, "scaler", "headstart"),
        ("my", {"nameOverride": "pilot", "fullnameOverride": "scaler"}, "scaler", "pilot"),
    ],
)
def test_names_can_be_overridden_as_in_other_charts(release, names, name, label):
    objects = template(EVERYTHING | names, release=release)
    for item in objects:
        if item["kind"] == "Pod":
            continue
        assert re.fullmatch(rf"{name}(-[a-z-]+)?(\.headstart)?", item["metadata"]["name"]), item["kind"]
        assert item["metadata"]["labels"]["app.kubernetes.io/name"] == label
    selector = {"app.kubernetes.io/name": label, "app.kubernetes.io/instance": release}
    pod = deployment.workload(objects)["spec"]["template"]["metadata"]["labels"]
    assert selector.items() <= pod.items()
    for item in objects:
        if item["kind"] == "Service":
            assert item["spec"]["selector"] == selector
    assert find(objects, "NetworkPolicy", name)["spec"]["podSelector"]["matchLabels"] == selector
    assert f"--lease-name={name}" in deployment.flags(objects)
    (lease,) = [
        rule["resourceNames"] for rule in find(objects, "Role", f"{name}-lease")["rules"]
        if "resourceNames" in rule
    ]  # fmt: skip
    assert lease == [name]


@pytest.mark.parametrize("mode", ["keda", "keda-crds", "direct"])
@pytest.mark.parametrize("claim", ["", "1Gi"])
def test_helm_installs_two_releases_in_one_namespace(mode, claim, tmp_path):
    cluster = Cluster(tmp_path)
    values = {"mode": mode, "state": {"claim": {"size": claim}}}
    install = ["--namespace=shop", "--create-namespace", "--values=-"]
    try:
        for release in ("blue", "green"):
            cluster.helm("install", release, CHART, *install, stdin=json.dumps(values))
        workloads = cluster.api.all("StatefulSet" if claim else "Deployment")
        services = cluster.api.all("Service")
    finally:
        cluster.close()
    pods = {item["metadata"]["name"]: item["spec"]["template"] for item in workloads}
    assert pods.keys() == {"blue-headstart", "green-headstart"} and len(services) == 6
    for service in services:
        chosen = service["spec"]["selector"].items()
        selected = [name for name, pod in pods.items() if chosen <= pod["metadata"]["labels"].items()]
        assert len(selected) == 1 and service["metadata"]["name"].startswith(selected[0])
    leases = [flag for item in workloads for flag in deployment.flags([item]) if "lease-name" in flag]
    assert len(set(leases)) == (0 if mode == "keda" else 2)


@pytest.mark.parametrize("mode", ["keda-crds", "direct"])
@pytest.mark.parametrize("more", [{}, {"watchNamespaces": ["teams"]}], ids=["cluster", "namespaced"])
@pytest.mark.parametrize(
    "releases",
    [
        [("headstart", "shop"), ("headstart", "orders")],
        [("headstart", "x-y"), ("headstart-x", "y")],
    ],
)
def test_two_releases_have_no_object_in_common(mode, more, releases):
    values = {"mode": mode, "crds": {"install": False}} | more
    if mode == "direct" and more:
        values["elasti"] = {"resolver": "elasti/elasti-resolver-service:8012"}
    rendered = [template(values, namespace=namespace, release=name) for name, namespace in releases]
    ours, theirs = (
        {(item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in objects}
        for objects in rendered
    )
    assert ours and not ours & theirs
    for binding in (item for objects in rendered for item in objects if "roleRef" in item):
        role, where = binding["roleRef"], binding["metadata"].get("namespace")
        assert (role["kind"], where, role["name"]) in ours | theirs


MORE = {"extraVolumes": [{"name": "more", "emptyDir": {}}]}


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"secrets": {"a": "/var/lib/headstart/"}}, "/secrets/a"),
        ({"secrets": {"a": "/etc/a", "b": "/etc/a"}}, "/secrets/b"),
        ({"extraVolumes": [{"name": "state", "emptyDir": {}}]}, "/extraVolumes"),
        ({"extraVolumes": 2 * MORE["extraVolumes"]}, "/extraVolumes"),
        ({"extraVolumeMounts": [{"name": "more", "mountPath": "/more"}]}, "/extraVolumeMounts"),
        (
            MORE | {"extraVolumeMounts": [{"name": "more", "mountPath": "/etc/headstart/tls"}]},
            "/extraVolumeMounts",
        ),
    ],
)
def test_volumes_that_kubernetes_refuses_are_refused_before(values, path):
    assert f"'{path}'" in deployment.refusal(values)


def test_a_volume_may_be_mounted_at_two_places():
    mounts = [{"name": "more", "mountPath": "/a"}, {"name": "more", "mountPath": "/b", "subPath": "b"}]
    (item,) = (i for i in template(MORE | {"extraVolumeMounts": mounts}) if i["kind"] == "Deployment")
    container = item["spec"]["template"]["spec"]["containers"][0]
    assert mounts == [each for each in container["volumeMounts"] if each["name"] == "more"]


@pytest.mark.parametrize("interval", ["30s", "1m30s", "1h", "90m"])
def test_an_interval_may_be_as_prometheus_writes_it(interval):
    objects = template({"serviceMonitor": {"enabled": True, "interval": interval}})
    assert find(objects, "ServiceMonitor")["spec"]["endpoints"][0]["interval"] == interval


@pytest.mark.parametrize("interval", ["0s", "1.5m", "30", "s", ""])
def test_an_interval_that_prometheus_refuses_is_refused(interval):
    values = {"serviceMonitor": {"enabled": True, "interval": interval}}
    assert "/serviceMonitor/interval" in deployment.refusal(values)


@pytest.mark.parametrize("deployed", ["chart", "overlay"])
def test_pods_reach_the_dns_of_kubernetes_and_of_openshift(deployed):
    chart = deployed == "chart"
    objects = template({"mode": "direct"}) if chart else deployment.kustomize(KUBERNETES / "overlays/direct")
    reached = {
        (peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"], port["port"], port["protocol"])
        for rule in find(objects, "NetworkPolicy")["spec"]["egress"]
        for peer in rule.get("to", [])
        for port in rule["ports"]
        if "namespaceSelector" in peer
    }  # fmt: skip
    # Pods of OpenShift's DNS listen on 5353, and the network checks the port that the pod has.
    assert {port for port in reached if "dns" in port[0] or port[0] == "kube-system"} == {
        ("kube-system", 53, "UDP"), ("kube-system", 53, "TCP"),
        ("openshift-dns", 5353, "UDP"), ("openshift-dns", 5353, "TCP"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "protocol"),
    [({}, "kubernetes.io/h2c"), ({"tlsSecret": "own"}, "https"), (CERTIFICATE, "https")],
)
def test_the_services_say_whether_the_grpc_port_is_plaintext(values, protocol):
    ports = [port for item in template(values) if item["kind"] == "Service" for port in item["spec"]["ports"]]
    assert {port["appProtocol"] for port in ports if port["name"] == "grpc"} == {protocol}
