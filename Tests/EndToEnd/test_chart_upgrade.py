"""helm upgrades a release of 0.1.0's chart, in every mode that it had."""

import json
import subprocess

import pytest

from harness.cluster import CERT_MANAGER, PROMETHEUS_OPERATOR, Cluster
from harness.deployment import CHART
from harness.paths import ROOT
from harness.releases import V0_1_0

MODES = {
    "keda": {"mode": "keda", "policies": {"my-api.yaml": "kind: ScalingPolicy\n"}},
    "keda-crds": {"mode": "keda-crds"},
    "namespaced": {"mode": "keda-crds", "watchNamespaces": ["shop", "orders"]},
    "direct": {"mode": "direct"},
}


@pytest.fixture(scope="module")
def old_chart(tmp_path_factory):
    folder = tmp_path_factory.mktemp("0.1.0")
    archive = subprocess.run(
        ["git", "-C", ROOT, "archive", V0_1_0, "deploy/helm/headstart"], capture_output=True
    )
    if archive.returncode != 0:
        pytest.skip(f"commit {V0_1_0} is not in this clone (git fetch --unshallow)")
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    return folder / "deploy" / "helm" / "headstart"


@pytest.mark.parametrize("mode", MODES)
def test_helm_upgrades_a_release_of_0_1_0(mode, old_chart, tmp_path):
    cluster = Cluster(tmp_path, *PROMETHEUS_OPERATOR, *CERT_MANAGER)

    def helm(verb, chart):
        flags = ["--namespace=headstart", "--create-namespace", "--values=-"]
        if verb == "upgrade":
            flags.remove("--create-namespace")
        notes = cluster.helm(verb, "headstart", chart, *flags, stdin=json.dumps(MODES[mode]))
        assert "STATUS: deployed" in notes

    def immutable():
        """What Kubernetes refuses to change."""
        deployed = cluster.api.get("Deployment", "headstart", "headstart")
        services = [
            cluster.api.get("Service", "headstart", name) for name in ["headstart", "headstart-headless"]
        ]
        return deployed["spec"]["selector"], [
            (each["metadata"]["name"], each["spec"].get("clusterIP")) for each in services if each
        ]

    try:
        cluster.make_namespaces(MODES[mode].get("watchNamespaces", []))
        helm("install", old_chart)
        before = immutable()
        assert before[1]
        helm("upgrade", CHART)
        assert immutable() == before
        # The new roles are bound, and no old one stays.
        for kind in ["Role", "ClusterRole"]:
            roles = {named(item) for item in cluster.api.all(kind)}
            bindings = cluster.api.all(f"{kind}Binding")
            bound = {
                (item["metadata"].get("namespace"), item["roleRef"]["name"])
                for item in bindings if item["roleRef"]["kind"] == kind
            }  # fmt: skip
            assert roles == bound
    finally:
        cluster.close()


def named(item):
    return item["metadata"].get("namespace"), item["metadata"]["name"]
