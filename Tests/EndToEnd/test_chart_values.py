"""The values of the Helm chart: which are refused, and where they are described."""

import json
import re

import pytest
import yaml

from harness import deployment
from harness.chart import CERTIFICATE, SCHEMA, VALUES, leaves
from harness.deployment import CHART, KUBERNETES, find, refusal, template
from harness.paths import ROOT


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"mode": "kedacrds"}, "/mode"),
        ({"replicas": 0}, "/replicas"),
        ({"replica": 2}, "replica"),
        ({"watchNamespaces": ["Shop"]}, "/watchNamespaces/0"),
        ({"networkPolicy": {"apiServerCIDRs": ["10.0.0.1"]}}, "/networkPolicy/apiServerCIDRs/0"),
        ({"extraArgs": ["watch"]}, "/extraArgs/0"),
        ({"podLabels": {"app.kubernetes.io/name": "other"}}, "app.kubernetes.io/name"),
        ({"secrets": {"token": "etc/token"}}, "/secrets/token"),
        ({"runAs": 0}, "/runAs"),
        ({"state": {"claim": {"size": "large"}}}, "/state/claim/size"),
        # The binary refuses these, too.
        ({"mode": "direct", "direct": {"checkInterval": "0s"}}, "/direct/checkInterval"),
        ({"mode": "direct", "direct": {"checkInterval": "0.5s"}}, "/direct/checkInterval"),
        ({"mode": "direct", "direct": {"checkInterval": "999ms"}}, "/direct/checkInterval"),
        ({"mode": "direct", "direct": {"checkInterval": "0m900ms"}}, "/direct/checkInterval"),
        ({"mode": "direct", "direct": {"checkInterval": "60"}}, "/direct/checkInterval"),
        ({"mode": "direct", "direct": {"cooldown": "-1s"}}, "/direct/cooldown"),
        ({"mode": "direct", "direct": {"crossNamespace": ["shop"]}}, "/direct/crossNamespace/0"),
        ({"mode": "direct", "elasti": {"resolver": "elasti/resolver"}}, "/elasti/resolver"),
        ({"elasti": {"resolver": "elasti/resolver:8012"}}, "/elasti/resolver"),
        ({"prometheusURL": "http://user:secret@prometheus:9090"}, "/prometheusURL"),
        ({"triggerServers": ["http://prometheus?a=b"]}, "/triggerServers/0"),
        ({"mode": "direct", "watchSelector": "shard on (a)"}, "/watchSelector"),
        ({"mode": "direct", "watchSelector": "shard in (a"}, "/watchSelector"),
        # A mode does not use them.
        ({"watchNamespaces": ["shop"]}, "/watchNamespaces"),
        ({"watchSelector": "shard=a"}, "/watchSelector"),
        ({"crds": {"install": True}}, "/crds/install"),
        ({"direct": {"dryRun": True}}, "/direct/dryRun"),
        ({"direct": {"crossNamespace": ["shop/*"]}}, "/direct/crossNamespace"),
        ({"targets": []}, "/targets"),
        ({"mode": "keda-crds", "direct": {"cooldown": "5m"}}, "/direct/cooldown"),
        ({"networkPolicy": {"prometheusPort": 80}}, "/networkPolicy/prometheusPort"),
        ({"networkPolicy": {"extraEgress": [{}]}}, "/networkPolicy/extraEgress"),
        # Another value takes its place.
        ({"state": {"claim": {"storageClass": "fast"}}}, "/state/claim/storageClass"),
        ({"state": {"sizeLimit": "1Gi", "claim": {"size": "1Gi"}}}, "/state/sizeLimit"),
        (CERTIFICATE | {"tlsSecret": "own"}, "/tlsSecret"),
        ({"certManager": {"enabled": True}}, "/certManager/issuerRef"),
        ({"clusterDomain": "example.internal"}, "/clusterDomain"),
        ({"serviceAccount": {"create": False, "annotations": {"a": "b"}}}, "/serviceAccount"),
        ({"image": {"tag": "1", "digest": "sha256:" + "0" * 64}}, "/image/tag"),
    ],
    ids=str,
)
def test_mistakes_in_the_values_are_refused_by_name(values, named):
    assert named in refusal(values)


@pytest.mark.parametrize("interval", ["1s", "1000ms", "1m", "1m500ms", "1.5h", "1d", "60s"])
def test_durations_that_the_binary_takes_are_taken(interval):
    objects = template({"mode": "direct", "direct": {"checkInterval": interval}})
    assert f"--check-interval={interval}" in deployment.flags(objects)


@pytest.mark.parametrize("selector", ["a", "!a", "a=b", "a.b/c != d,e==f", "a in (b, c),d notin (e)"])
def test_selectors_that_the_binary_takes_are_taken(selector):
    objects = template({"mode": "direct", "watchSelector": selector})
    assert f"--watch-selector={selector}" in deployment.flags(objects)


def test_a_chart_above_may_share_its_values():
    assert template({"global": {"domain": "example"}}) == template()


def test_the_schema_describes_exactly_the_values():
    def compare(value, schema, path):
        assert "description" in schema or path == "", path
        if "properties" not in schema or path == ".certManager.issuerRef":
            return
        assert schema["additionalProperties"] is False, path
        assert value.keys() == schema["properties"].keys() - {"global"}, path
        for key, inner in value.items():
            compare(inner, schema["properties"][key], f"{path}.{key}")

    compare(VALUES, SCHEMA, "")


def test_the_readme_of_the_chart_has_every_value_with_its_default():
    def default(path):
        value = VALUES
        for key in path.split("."):
            value = value[key]
        return json.dumps(value, ensure_ascii=False)

    def described(path):
        schema = SCHEMA
        for key in path.split("."):
            schema = schema["properties"][key]
        return schema["description"]

    rows = [f"| `{path}` | `{default(path)}` | {described(path)} |" for path in leaves(SCHEMA)]
    text = (CHART / "README.md").read_text()
    assert [line for line in text.splitlines() if line.startswith("| `")] == rows


def test_the_chart_has_the_version_of_the_sources():
    source = (ROOT / "Sources" / "Serving" / "Version.swift").read_text()
    version = re.search(r'number = "(.+)"', source)[1]
    assert yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"] == version
    for folder in (KUBERNETES, KUBERNETES / "base"):
        pod = find(deployment.kustomize(folder), "Deployment")["spec"]["template"]["spec"]
        assert pod["containers"][0]["image"] == f"headstart:{version}"


def test_artifact_hub_has_what_it_asks_for():
    entry = yaml.safe_load((ROOT / "deploy" / "artifacthub" / "artifacthub-pkg.yml").read_text())
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert {"version", "name", "displayName", "createdAt", "description"} <= entry.keys()
    assert (entry["name"], entry["version"]) == (chart["name"], chart["appVersion"])
    assert "keda-scaler" in entry["keywords"] and "keda-scaler" in chart["keywords"]
    # As the chart's is.
    assert entry["category"] == chart["annotations"]["artifacthub.io/category"]
    assert entry["license"] == chart["annotations"]["artifacthub.io/license"]
