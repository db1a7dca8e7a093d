"""The files of deploy/: they parse, agree with each other, and their policies are in order."""

import os
import re
import shutil

import pytest
import yaml

from harness import deployment
from harness.apiserver import EASYSCALE, ELASTI, HEADSTART, KEDA
from harness.cluster import PROMETHEUS_OPERATOR, Cluster
from harness.deployment import find
from harness.paths import ROOT
from harness.server import run_command

DEPLOY = ROOT / "deploy"
BASE = DEPLOY / "kubernetes" / "base"
KUBERNETES = DEPLOY / "kubernetes"
COMPONENTS = DEPLOY / "kubernetes" / "components"
OVERLAYS = sorted(path for path in (DEPLOY / "kubernetes" / "overlays").iterdir())
SAMPLES = sorted((DEPLOY / "examples" / "scaledobjects").glob("*.yaml"))


def documents(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


@pytest.fixture(scope="module")
def base():
    """Everything that the kustomization names, by (kind, name)."""
    (kustomization,) = documents(BASE / "kustomization.yaml")
    files = {path.name for path in BASE.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(kustomization["resources"]) == files
    return {
        (document["kind"], document["metadata"]["name"]): document
        for name in kustomization["resources"]
        for document in documents(BASE / name)
    }


def test_the_selectors_select_the_pods(base):
    labels = base["Deployment", "headstart"]["spec"]["template"]["metadata"]["labels"]
    selectors = [
        base["Deployment", "headstart"]["spec"]["selector"]["matchLabels"],
        base["PodDisruptionBudget", "headstart"]["spec"]["selector"]["matchLabels"],
        base["Service", "headstart"]["spec"]["selector"],
        base["Service", "headstart-headless"]["spec"]["selector"],
    ]
    assert all(selector.items() <= labels.items() for selector in selectors)
    assert base["Service", "headstart-headless"]["spec"]["clusterIP"] == "None"


def test_the_service_monitor_selects_one_of_the_services(base):
    (monitor,) = documents(COMPONENTS / "prometheus-operator" / "servicemonitor.yaml")
    wanted = monitor["spec"]["selector"]["matchLabels"]
    matching = [
        name
        for (kind, name), document in base.items()
        if kind == "Service" and wanted.items() <= document["metadata"]["labels"].items()
    ]
    assert matching == ["headstart"]


def test_the_container_is_probed_and_confined(base):
    deployment = base["Deployment", "headstart"]["spec"]
    assert deployment["replicas"] == 2
    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    (container,) = deployment["template"]["spec"]["containers"]
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    for probe in ("livenessProbe", "readinessProbe"):
        assert container[probe]["timeoutSeconds"] < container[probe]["periodSeconds"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert deployment["template"]["spec"]["securityContext"]["runAsNonRoot"] is True
    # preStop and the drain must end before Kubernetes kills.
    grace = deployment["template"]["spec"]["terminationGracePeriodSeconds"]
    sleep = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    drain = next(
        int(re.fullmatch(r"--drain-timeout=(\d+)s", argument)[1])
        for argument in container["args"]
        if argument.startswith("--drain-timeout")
    )
    assert sleep + drain < grace


def test_the_policies_of_the_config_map_are_in_order(base, tmp_path):
    for name, text in base["ConfigMap", "headstart-policies"]["data"].items():
        (tmp_path / name).write_text(text)
    finished = run_command("check", tmp_path)
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_samples_have_the_form_that_docs_keda_recommends(base, path):
    (sample,) = documents(path)
    behavior = sample["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert behavior["scaleUp"]["tolerance"] == behavior["scaleDown"]["tolerance"] == 0
    ours = [t for t in sample["spec"]["triggers"] if t["type"].startswith("external")]
    # A second trigger fails with ours while Headstart is unreachable (docs/keda.md, C25).
    assert len(ours) == 1 and sample["spec"]["triggers"] == ours
    assert "fallback" not in sample["spec"]
    assert sample["spec"].get("cooldownPeriod", 300) >= 2 * sample["spec"]["pollingInterval"]
    for trigger in ours:
        # With Value the HPA would multiply by the ready pods.
        assert "metricType" not in trigger
        service, namespace = trigger["metadata"]["scalerAddress"].split(".")[:2]
        assert ("Service", service) in base and ("Namespace", namespace) in base
        assert all(isinstance(value, str) for value in trigger["metadata"].values())


def test_the_network_policy_admits_keda_and_prometheus_and_nobody_else(base):
    spec = base["NetworkPolicy", "headstart"]["spec"]
    deployment = base["Deployment", "headstart"]["spec"]["template"]
    assert spec["podSelector"]["matchLabels"].items() <= deployment["metadata"]["labels"].items()
    (container,) = deployment["spec"]["containers"]
    names = {port["name"] for port in container["ports"]}
    assert {port["port"] for rule in spec["ingress"] for port in rule["ports"]} == names
    assert all(rule["from"] for rule in spec["ingress"])


def test_the_pods_are_hardened(base):
    pod = base["Deployment", "headstart"]["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def kustomization(directory, resource, *components):
    """A kustomization of a user, with a folder of deploy/kubernetes and components of it."""
    directory.mkdir()
    image = {"name": "headstart", "newName": "registry.example/headstart", "newTag": "1.2.3"}
    # kustomize takes relative paths only.
    paths = [os.path.relpath(path.resolve(), directory.resolve()) for path in (resource, *components)]
    text = {"resources": paths[:1], "components": paths[1:], "images": [image]}
    (directory / "kustomization.yaml").write_text(yaml.safe_dump(text))
    return directory


APPLIED = [KUBERNETES, BASE, *OVERLAYS]
# The namespaces of users that an overlay is about. The others bring all that they need.
NAMESPACES = {"namespaced": ["shop", "orders"]}


@pytest.fixture
def cluster(tmp_path):
    instance = Cluster(tmp_path, *HEADSTART, *EASYSCALE, *ELASTI, *KEDA, *PROMETHEUS_OPERATOR)
    yield instance
    instance.close()


def apply(cluster, directory):
    return cluster.kubectl("apply", "--server-side", "--validate=strict", f"--kustomize={directory}")


@pytest.mark.parametrize("overlay", APPLIED, ids=lambda path: path.name)
def test_kubectl_applies_the_overlays_twice_without_the_prometheus_operator(overlay, tmp_path):
    cluster = Cluster(tmp_path)
    try:
        cluster.make_namespaces(NAMESPACES.get(overlay.name, []))
        others = len(cluster.api.objects)
        first = apply(cluster, overlay).splitlines()
        assert len(first) == len(deployment.kustomize(overlay)) == len(cluster.api.objects) - others
        objects = dict(cluster.api.objects)
        apply(cluster, overlay)
    finally:
        cluster.close()
    assert cluster.api.objects == objects


@pytest.mark.parametrize("name", NAMESPACES)
def test_a_namespace_that_an_overlay_is_about_has_to_exist(name, cluster):
    with pytest.raises(AssertionError) as refused:
        apply(cluster, KUBERNETES / "overlays" / name)
    for namespace in NAMESPACES[name]:
        assert f'namespaces "{namespace}" not found' in str(refused.value)


def walk(overlay):
    """The commands in the comment at the top of a kustomization."""
    text = (overlay / "kustomization.yaml").read_text()
    lines = re.findall(r"^#   (kubectl [^#\n]*)", text, re.MULTILINE)
    return [command.split() for line in lines for command in line.split(";")]


@pytest.mark.parametrize("overlay", [KUBERNETES, *OVERLAYS], ids=lambda path: path.name)
def test_the_commands_at_the_top_of_an_overlay_are_all_that_it_needs(overlay, cluster):
    commands = walk(overlay)
    assert commands[-1] == ["kubectl", "apply", "-k", str(overlay.relative_to(ROOT))]
    for command in commands:
        cluster.kubectl(*command[1:])
    assert cluster.api.get("Deployment", "headstart", "headstart")
    assert bool(cluster.api.all("CustomResourceDefinition")) == (overlay != KUBERNETES)


def test_what_is_commented_out_in_the_kustomization_of_the_root_can_be_had(cluster, tmp_path):
    copied = shutil.copytree(KUBERNETES, tmp_path / "kubernetes")
    file = copied / "kustomization.yaml"
    text, count = re.subn(r"^( *)# (components:|  - |newName:)", r"\1\2", file.read_text(), flags=re.MULTILINE)
    assert count == 4
    file.write_text(text)
    apply(cluster, copied)
    assert len(cluster.api.all("ServiceMonitor")) == len(cluster.api.all("PrometheusRule")) == 1
    pod = cluster.api.get("Deployment", "headstart", "headstart")["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"].startswith("registry.example.com/headstart:")
    assert "runAsUser" not in pod["securityContext"]


@pytest.mark.parametrize("folder", ["policies", "scaledobjects"])
def test_kubectl_applies_the_definitions_and_the_examples(folder, cluster):
    apply_strictly = ["apply", "--server-side", "--validate=strict", "--recursive"]
    cluster.kubectl(*apply_strictly, f"--filename={DEPLOY / 'crds'}")
    assert len(cluster.api.all("CustomResourceDefinition")) == 5
    cluster.make_namespaces(["shop", "headstart"])
    others = len(cluster.api.objects)
    examples = DEPLOY / "examples" / folder
    cluster.kubectl(*apply_strictly, f"--filename={examples}")
    written = [document for path in examples.glob("*.yaml") for document in documents(path)]
    keys = {(item["kind"], item["metadata"].get("namespace", "default"), item["metadata"]["name"]) for item in written}
    assert len(cluster.api.objects) - others == len(keys) > 0


def test_every_kustomization_is_applied():
    """By itself, or as a part of another one, or added by a user."""

    def reached(directory):
        (text,) = documents(directory / "kustomization.yaml")
        parts = [directory / name for name in text.get("resources", []) + text.get("components", [])]
        return {directory.resolve()}.union(*(reached(part) for part in parts if part.is_dir()))

    added = [COMPONENTS / "prometheus-operator", COMPONENTS / "any-user"]
    there = {path.parent.resolve() for path in KUBERNETES.rglob("kustomization.yaml")}
    assert set.union(*(reached(path) for path in [*APPLIED, *added])) == there


@pytest.mark.parametrize("overlay", APPLIED, ids=lambda path: path.name)
def test_users_add_components_and_their_image(overlay, cluster, tmp_path):
    components = [COMPONENTS / name for name in ("prometheus-operator", "any-user")]
    own = kustomization(tmp_path / "own", overlay, *components)
    cluster.make_namespaces(NAMESPACES.get(overlay.name, []))
    apply(cluster, own)
    assert len(cluster.api.all("ServiceMonitor")) == len(cluster.api.all("PrometheusRule")) == 1
    pod = cluster.api.get("Deployment", "headstart", "headstart")["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == "registry.example/headstart:1.2.3"
    assert pod["securityContext"] == {
        "runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"},
    }  # fmt: skip


def test_what_was_asked_last_is_kept_and_shared(base):
    pod = base["Deployment", "headstart"]["spec"]["template"]["spec"]
    assert_keeps_and_shares(pod, base["Service", "headstart-peers"])


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_overlays_keep_and_share_too(overlay):
    objects = deployment.kustomize(overlay)
    pod = find(objects, "Deployment")["spec"]["template"]["spec"]
    assert_keeps_and_shares(pod, find(objects, "Service", "headstart-peers"))
    # The policies are custom resources.
    assert [volume["name"] for volume in pod["volumes"]] == ["state"]


def assert_keeps_and_shares(pod, peers):
    (container,) = pod["containers"]
    mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    (volume,) = [volume for volume in pod["volumes"] if volume["name"] == "state"]
    assert "emptyDir" in volume and f"--state-dir={mounted['state']}" in container["args"]
    assert "--peers=headstart-peers.$(POD_NAMESPACE).svc:8082" in container["args"]
    # A replica that starts asks the others before it is ready, and is asked.
    assert peers["spec"]["publishNotReadyAddresses"] and peers["spec"]["clusterIP"] == "None"


def test_the_cluster_refuses_a_field_that_kubernetes_does_not_know(cluster):
    pods = deployment.kustomize(BASE)
    find(pods, "Deployment")["spec"]["template"]["spec"]["runAsNobody"] = True
    cluster.kubectl("create", "namespace", "headstart")
    with pytest.raises(AssertionError, match="runAsNobody.* was unexpected"):
        cluster.kubectl(
            "apply", "--server-side", "--filename=-",
            stdin=yaml.safe_dump(find(pods, "Deployment")),
        )  # fmt: skip
