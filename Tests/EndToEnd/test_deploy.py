"""The files of deploy/: they parse, agree with each other, and their policies are in order."""

import re

import pytest
import yaml

from harness.paths import ROOT
from harness.server import run_command

DEPLOY = ROOT / "deploy"
BASE = DEPLOY / "kubernetes"
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
def test_samples_switch_the_dead_band_off_and_use_the_headless_service(base, path):
    (sample,) = documents(path)
    behavior = sample["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert behavior["scaleUp"]["tolerance"] == behavior["scaleDown"]["tolerance"] == 0
    ours = [t for t in sample["spec"]["triggers"] if t["type"].startswith("external")]
    assert ours
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
