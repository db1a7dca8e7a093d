"""The files of deploy/: they parse, agree with each other, and their policies are in order."""

import json
import re
import shutil
import subprocess

import jsonschema
import kubernetes_validate
import pytest
import yaml

from harness import deployment
from harness.apiserver import APIServer, Resource
from harness.certificates import Authority
from harness.deployment import CHART, ChartRenderer, find
from harness.paths import ROOT
from harness.server import run_command

DEPLOY = ROOT / "deploy"
BASE = DEPLOY / "kubernetes" / "base"
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
    wanted = base["ServiceMonitor", "headstart"]["spec"]["selector"]["matchLabels"]
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
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert deployment["template"]["spec"]["securityContext"]["runAsNonRoot"] is True
    # preStop and the drain must end before Kubernetes kills.
    grace = deployment["template"]["spec"]["terminationGracePeriodSeconds"]
    sleep = int(container["lifecycle"]["preStop"]["exec"]["command"][-1])
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


def test_the_image_installs_what_the_binary_links():
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    package = (ROOT / "Package.swift").read_text()
    packages = {
        "uv": "libuv1",
        "nghttp2": "libnghttp2-14",
        "curl": "libcurl4",
        "microhttpd": "libmicrohttpd12",
        "yaml": "libyaml-0-2",
        "cctz": "libcctz2",
        "protobuf-c": "libprotobuf-c1",
        "ssl": "libssl3",
    }
    linked = set(re.findall(r'linking: "([a-z0-9-]+)"', package))
    assert linked == packages.keys()
    assert all(name in dockerfile for name in packages.values())


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


# What the deployments are made of, beside what the test API server always has.
DEPLOYED = [
    Resource("v1", "Namespace", "namespaces", namespaced=False),
    Resource("v1", "ServiceAccount", "serviceaccounts"),
    Resource("v1", "Service", "services"),
    Resource("v1", "ConfigMap", "configmaps"),
    Resource("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"),
    Resource("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
    Resource("rbac.authorization.k8s.io/v1", "Role", "roles"),
    Resource("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings"),
    Resource("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", namespaced=False),
    Resource(
        "rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings",
        namespaced=False,
    ),
    Resource("monitoring.coreos.com/v1", "ServiceMonitor", "servicemonitors"),
    Resource("monitoring.coreos.com/v1", "PrometheusRule", "prometheusrules"),
]  # fmt: skip
KUBERNETES_VERSIONS = ["1.25", "1.37"]


@pytest.fixture(scope="module")
def chart(tmp_path_factory):
    return ChartRenderer(tmp_path_factory.mktemp("chart"))


def check_schemas(objects):
    """Every object of Kubernetes' own is as its OpenAPI says, without unknown fields."""
    checked = 0
    for item in objects:
        # Of the Prometheus Operator, whose schemas are not at hand.
        if item["apiVersion"].startswith("monitoring.coreos.com/"):
            continue
        for version in KUBERNETES_VERSIONS:
            kubernetes_validate.validate(item, version, strict=True)
        checked += 1
    assert checked


@pytest.mark.parametrize("overlay", [BASE, *OVERLAYS], ids=lambda path: path.name)
def test_overlays_are_as_the_schemas_of_kubernetes_say(overlay):
    check_schemas(deployment.kustomize(overlay))


@pytest.mark.parametrize("overlay", [BASE, *OVERLAYS], ids=lambda path: path.name)
def test_kubectl_would_apply_the_overlays(overlay, tmp_path):
    # kubectl sends its token over TLS only.
    authority = Authority(tmp_path)
    api = APIServer(*DEPLOYED, certificate=authority.issue("server"))
    try:
        shown = deployment.run(
            deployment.kubectl(),
            f"--kubeconfig={api.kubeconfig(tmp_path / 'kubeconfig')}",
            f"--certificate-authority={authority.certificate}",
            f"--cache-dir={tmp_path / 'cache'}",
            "apply", "--dry-run=client", "--validate=false", f"--kustomize={overlay}",
        )  # fmt: skip
    finally:
        api.close()
    lines = shown.splitlines()
    assert len(lines) == len(deployment.kustomize(overlay))
    assert all(line.endswith("created (dry run)") for line in lines), shown
    assert not api.objects


def test_a_field_that_kubernetes_does_not_know_is_seen():
    pod = deployment.kustomize(BASE)
    find(pod, "Deployment")["spec"]["template"]["spec"]["runAsNobody"] = True
    with pytest.raises(kubernetes_validate.ValidationError):
        check_schemas(pod)


# The chart

MODES = [
    {"mode": "keda", "policies": {"a.yaml": "kind: ScalingPolicy"}, "tlsSecret": "tls"},
    {"mode": "keda-crds", "prometheusOperator": {"serviceMonitor": True, "alerts": True}},
    {"mode": "keda-crds", "watchNamespaces": ["shop", "orders"], "replicas": 1},
    {"mode": "direct", "direct": {"dryRun": True}, "triggerServers": ["http://a:1", "http://b:1"]},
]


def values_schema():
    return json.loads((CHART / "values.schema.json").read_text())


@pytest.mark.parametrize("values", MODES, ids=lambda values: "-".join(map(str, values.values()))[:24])
def test_the_chart_renders_what_kubernetes_takes(chart, values):
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    jsonschema.validate(deployment.merged(defaults, values), values_schema())
    objects = chart.objects(**values)
    check_schemas(objects)
    assert "Headstart" in chart.files(**values)["templates/NOTES.txt"]
    kinds = [item["kind"] for item in objects]
    assert ("PodDisruptionBudget" in kinds) == (values.get("replicas") != 1)
    assert ("ClusterRole" in kinds) == (
        values["mode"] != "keda" and "watchNamespaces" not in values
    )


@pytest.mark.parametrize(
    ("overlay", "values"),
    [
        (path.name, {"mode": "keda-crds" if path.name == "namespaced" else path.name})
        for path in OVERLAYS
    ],
)
def test_the_chart_grants_and_confines_as_the_overlay_does(chart, overlay, values):
    if overlay == "namespaced":
        values["watchNamespaces"] = ["shop", "orders"]
    ours = chart.objects(**values)
    theirs = deployment.kustomize(DEPLOY / "kubernetes" / "overlays" / overlay)

    def grants(objects):
        return {str(grant) for grant in deployment.Grant.all(deployment.rules(objects))}

    def pod(objects):
        spec = find(objects, "Deployment")["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        shared = ("securityContext", "ports", "readinessProbe", "livenessProbe", "lifecycle")
        return [spec["securityContext"], spec["automountServiceAccountToken"]] + [
            container[key] for key in shared
        ]

    assert grants(ours) == grants(theirs)
    assert pod(ours) == pod(theirs)
    policies = [find(objects, "NetworkPolicy")["spec"] for objects in (ours, theirs)]
    for spec in policies:
        del spec["podSelector"]
        for rule in spec["ingress"] + spec["egress"]:
            for peer in rule.get("from", []) + rule.get("to", []):
                # The chart's pods carry the release's name as well.
                peer.get("podSelector", {}).get("matchLabels", {}).pop(
                    "app.kubernetes.io/instance", None
                )
    assert policies[0] == policies[1]


@pytest.mark.parametrize(
    "values",
    [
        {"mode": "kedacrds"},
        {"replicas": 0},
        {"replica": 2},
        {"watchNamespaces": ["Shop"]},
        {"networkPolicy": {"apiServerCIDRs": ["10.0.0.1"]}},
        {"extraArgs": ["watch"]},
    ],
    ids=str,
)
def test_the_schema_of_the_values_refuses_mistakes(values):
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    jsonschema.validate(defaults, values_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(deployment.merged(defaults, values), values_schema())


def test_the_schema_describes_exactly_the_values():
    def compare(value, schema, path):
        assert "description" in schema or path == "", path
        if "properties" not in schema:
            return
        assert schema["additionalProperties"] is False, path
        assert value.keys() == schema["properties"].keys(), path
        for key, inner in value.items():
            compare(inner, schema["properties"][key], f"{path}.{key}")

    compare(yaml.safe_load((CHART / "values.yaml").read_text()), values_schema(), "")


def test_the_chart_has_the_base_s_alerts_and_the_version_of_the_sources():
    alerts = CHART / "files" / "prometheusrule.yaml"
    assert alerts.read_text() == (BASE / "prometheusrule.yaml").read_text()
    source = (ROOT / "Sources" / "headstart" / "Version.swift").read_text()
    version = re.search(r'number = "(.+)"', source)[1]
    assert yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"] == version


def test_the_build_stage_of_the_image_copies_every_target(tmp_path):
    """Without Docker: SwiftPM reads a tree of exactly what the Dockerfile copies."""
    build = (DEPLOY / "Dockerfile").read_text().split("\nFROM ")[1]
    copied = re.findall(r"^COPY (.+) (\S+)$", build, re.MULTILINE)
    assert copied
    for sources, target in copied:
        for source in sources.split():
            place = tmp_path / (target if target != "./" else source)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, place)
    described = subprocess.run(
        ["swift", "package", "--package-path", str(tmp_path), "describe", "--type", "json"],
        capture_output=True, text=True, timeout=120,
    )
    assert described.returncode == 0, described.stderr
    named = {target["name"] for target in json.loads(described.stdout)["targets"]}
    assert {"headstart", "Scaling", "evaluation"} <= named
