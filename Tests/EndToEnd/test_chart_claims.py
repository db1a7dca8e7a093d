"""From a Deployment to a StatefulSet with claims, and back: the commands of docs/deployment.md, as they stand there."""

import re
import shlex

import pytest

from harness.apiserver import HEADSTART, Resource
from harness.cluster import Cluster
from harness.paths import ROOT

PAGE = ROOT / "docs" / "deployment.md"
HEADING = "### From an emptyDir to claims"
INSTALL = ["install", "headstart", "deploy/helm/headstart", "--namespace=headstart", "--create-namespace"]
CLAIM = "--set=state.claim.size=1Gi"
UPGRADE = ["upgrade", "headstart", "deploy/helm/headstart", "--namespace=headstart", "--reuse-values"]


def blocks():
    """The commands of the section: there, and back."""
    section = PAGE.read_text().partition(HEADING)[2].partition("\n## ")[0]
    return [block.strip().splitlines() for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL)]


@pytest.fixture
def cluster(tmp_path):
    claims = Resource("v1", "PersistentVolumeClaim", "persistentvolumeclaims")
    instance = Cluster(tmp_path, *HEADSTART, claims)
    yield instance
    instance.close()


def workloads(cluster):
    kinds = ("Deployment", "StatefulSet")
    return {kind for kind in kinds if cluster.api.get(kind, "headstart", "headstart")}


def run(cluster, line):
    """What is deployed after the command. Pods there are none, so no one waits for them."""
    name, *arguments = shlex.split(line)
    if "rollout" not in arguments:
        {"kubectl": cluster.kubectl, "helm": cluster.helm}[name](*arguments)
    return workloads(cluster)


@pytest.mark.parametrize(("old", "new", "given", "block"), [
    ("Deployment", "StatefulSet", [], 0), ("StatefulSet", "Deployment", [CLAIM], 1),
])  # fmt: skip
def test_the_old_workload_stays_until_the_new_one_is_there(old, new, given, block, cluster):
    cluster.helm(*INSTALL, *given)
    seen = [run(cluster, line) for line in blocks()[block]]
    assert seen[:4] == [{old}, {old, new}, {old, new}, {new}]
    # Helm goes on with the new one.
    cluster.helm(*UPGRADE, "--set=replicas=3")
    assert cluster.api.get(new, "headstart", "headstart")["spec"]["replicas"] == 3
    assert workloads(cluster) == {new}


def test_helm_deletes_the_old_workload_at_once_where_it_is_not_told_to_keep_it(cluster):
    cluster.helm(*INSTALL)
    cluster.helm(*UPGRADE, CLAIM)
    assert workloads(cluster) == {"StatefulSet"}


def test_pods_and_claims_have_the_names_and_labels_of_the_page(cluster):
    cluster.helm(*INSTALL, CLAIM)
    spec = cluster.api.get("StatefulSet", "headstart", "headstart")["spec"]
    (claim,) = spec["volumeClaimTemplates"]
    names = [f"{claim['metadata']['name']}-headstart-{number}" for number in range(spec["replicas"])]
    page = PAGE.read_text()
    assert all(f"`{name}`" in page for name in names)
    # Claims get the labels that select the pods.
    (key, _, value) = blocks()[1][-1].rpartition(" ")[2].partition("=")
    assert spec["selector"]["matchLabels"][key] == value
