"""Which addresses outside of the cluster the shipped NetworkPolicy lets pods reach: what the documents say."""

import re

import pytest
import yaml

from harness import deployment
from harness.cluster import Cluster
from harness.deployment import CHART, KUBERNETES, find, template
from harness.network_policy import reaches
from harness.paths import ROOT

# Where Headstart asks for the keys of workload identities (TokenGrants.swift, AWSAuthority.swift), and
# where the pods of GKE are led to on the way.
METADATA = [
    ("169.254.169.254", 80), ("169.254.169.252", 988), ("169.254.170.23", 80), ("fd00:ec2::23", 80),
]  # fmt: skip
# Tokens of Azure, of roles of AWS, and the APIs of clouds.
OUTSIDE = ("203.0.113.7", 443)
LIMITED = [{"mode": "keda-crds"}, {"mode": "keda-crds", "watchNamespaces": ["shop"]}, {"mode": "direct"}]


def documented():
    """The values in docs/data-sources.md."""
    text = (ROOT / "docs" / "data-sources.md").read_text()
    (block,) = re.findall(r"```yaml\n(networkPolicy:\n.*?)```", text, re.DOTALL)
    return yaml.safe_load(block)


def policy(values):
    return find(template(values), "NetworkPolicy")


@pytest.mark.parametrize("values", LIMITED, ids=str)
def test_the_values_of_the_page_open_the_way_to_the_metadata_addresses(values):
    for place in METADATA:
        assert not reaches(policy(values), *place)
        assert reaches(policy(values | documented()), *place), place
    # Nothing but these ports of these addresses.
    assert not reaches(policy(values | documented()), "169.254.169.254", 8080)
    assert not reaches(policy(values | documented()), "169.254.169.253", 80)


@pytest.mark.parametrize("values", LIMITED, ids=str)
def test_port_443_is_open_until_the_addresses_of_the_api_server_are_given(values):
    assert reaches(policy(values), *OUTSIDE)
    closed = values | {"networkPolicy": {"apiServerCIDRs": ["10.0.0.1/32"]}}
    assert not reaches(policy(closed), *OUTSIDE)
    assert reaches(policy(closed), "10.0.0.1", 443)


def test_without_access_to_the_api_server_egress_is_not_limited():
    base = find(deployment.kustomize(KUBERNETES), "NetworkPolicy")
    for each in (policy({}), base):
        assert all(reaches(each, *place) for place in [*METADATA, OUTSIDE])


@pytest.mark.parametrize("overlay", ["keda-crds", "namespaced", "direct", "elasti"])
def test_overlays_are_limited_as_the_chart_is(overlay):
    found = find(deployment.kustomize(KUBERNETES / "overlays" / overlay), "NetworkPolicy")
    assert not any(reaches(found, *place) for place in METADATA)
    assert reaches(found, *OUTSIDE)


@pytest.mark.parametrize(("values", "told"), [
    ("mode=direct", True), ("mode=keda-crds", True), ("mode=keda", False),
    ("mode=direct,networkPolicy.enabled=false", False),
])  # fmt: skip
def test_the_notes_say_where_egress_is_limited(values, told, tmp_path):
    cluster = Cluster(tmp_path)
    try:
        notes = cluster.helm(
            "install", "headstart", CHART, "--namespace=headstart", "--create-namespace", f"--set={values}"
        )
    finally:
        cluster.close()
    assert ("networkPolicy.extraEgress" in notes) == told
    assert ("admits KEDA from the namespace keda" in notes) == (values in ("mode=keda-crds", "mode=keda"))
