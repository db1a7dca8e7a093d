"""The values of the Helm chart: which are refused, and where they are described."""

import json
import re

import pytest
import yaml

from harness import deployment
from harness.chart import CERTIFICATE, SCHEMA, VALUES, leaves
from harness.deployment import CHART, KUBERNETES, find, refusal, template
from harness.paths import ROOT


def is_map_of_values(key):
    return "properties" in SCHEMA["properties"][key]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"mode": "kedacrds"}, "/mode"),
        ({"replicas": 0}, "/replicas"),
        ({"replica": 2}, "replica"),
        ({"nameOverride": "My.App"}, "/nameOverride"),
        ({"fullnameOverride": "my.app"}, "/fullnameOverride"),
        ({"fullnameOverride": "a" * 51}, "/fullnameOverride"),
        ({"watchNamespaces": ["Shop"]}, "/watchNamespaces/0"),
        ({"networkPolicy": {"apiServerCIDRs": ["10.0.0.1"]}}, "/networkPolicy/apiServerCIDRs/0"),
        ({"mode": "direct", "networkPolicy": {"apiServerCIDRs": ["10.0.0.1/33"]}}, "/networkPolicy/apiServerCIDRs/0"),
        ({"mode": "direct", "networkPolicy": {"apiServerCIDRs": ["10.0.0.256/8"]}}, "/networkPolicy/apiServerCIDRs/0"),
        ({"mode": "direct", "networkPolicy": {"apiServerCIDRs": ["fd00::/129"]}}, "/networkPolicy/apiServerCIDRs/0"),
        ({"mode": "direct", "networkPolicy": {"apiServerPorts": [99999]}}, "/networkPolicy/apiServerPorts/0"),
        ({"image": {"repository": "headstart:1.0"}}, "/image/repository"),
        ({"tlsSecret": "a..b"}, "/tlsSecret"),
        ({"extraArgs": ["watch"]}, "/extraArgs/0"),
        ({"extraEnv": [{"name": "A", "value": 1}]}, "/extraEnv/0/value"),
        ({"podLabels": {"app.kubernetes.io/name": "other"}}, "app.kubernetes.io/name"),
        ({"secrets": {"token": "etc/token"}}, "/secrets/token"),
        ({"runAs": 0}, "/runAs"),
        ({"state": {"claim": {"size": "large"}}}, "/state/claim/size"),
        # The binary refuses these, too.
        ({"mode": "direct", "direct": {"checkInterval": "0s"}}, "/direct/checkInterval"),
        ({"mode": "direct", "direct": {"checkInterval": "0.5s"}}, "/direct/checkInterval"),
        ({"mode": "direct", "direct": {"checkInterval": "999ms"}}, "/direct/checkInterval"),
        ({"mode": "direct", "direct": {"checkInterval": "0m900ms"}}, "/direct/checkInterval"),
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
        ({"updateStrategy": {"type": "OnDelete"}}, "/updateStrategy/type"),
        ({"updateStrategy": {"type": "Recreate"}, "state": {"claim": {"size": "1Gi"}}}, "/updateStrategy/type"),
        (CERTIFICATE | {"tlsSecret": "own"}, "/tlsSecret"),
        # It would look like TLS, and be none.
        ({"certManager": {"issuerRef": {"name": "internal"}}}, "/certManager/issuerRef"),
        ({"certManager": {"enabled": False, "issuerRef": {"name": "internal"}}}, "/certManager/issuerRef"),
        ({"certManager": {"enabled": True}}, "/certManager/issuerRef"),
        ({"clusterDomain": "example.internal"}, "/clusterDomain"),
        ({"serviceAccount": {"create": False, "annotations": {"a": "b"}}}, "/serviceAccount"),
        ({"image": {"tag": "1", "digest": "sha256:" + "0" * 64}}, "/image/tag"),
    ],
    ids=str,
)
def test_mistakes_in_the_values_are_refused_by_name(values, named):
    assert named in refusal(values)


# Their defaults can be taken away. For maps Helm has no other way.
MAY_BE_NONE = ("runAs", "resources", "networkPolicy.wakeUpNamespaces", "dashboard.labels")


@pytest.mark.parametrize("mode", ["keda", "direct"])
@pytest.mark.parametrize("path", [*leaves(SCHEMA), *(path for path in VALUES if is_map_of_values(path))])
def test_null_is_none_or_refused(mode, path):
    """Helm takes a value away that is null, and its default with it."""
    default, values, keys = VALUES, None, path.split(".")
    for key in keys:
        default = default[key]
    for key in reversed(keys):
        values = {key: values}
    values |= {"mode": mode} if path != "mode" else {}
    if not default:
        assert template(values) == template({"mode": mode})
    elif path in MAY_BE_NONE:
        assert template(values) != template({"mode": mode}) or path == "dashboard.labels"
    else:
        message = refusal(values)
        assert "missing propert" in message and f"'{keys[-1]}'" in message


def test_labels_of_what_is_turned_on_may_be_null():
    names = ("serviceMonitor", "prometheusRule", "dashboard")
    objects = template({name: {"enabled": True, "labels": None} for name in names})
    assert [find(objects, kind)["metadata"]["labels"] for kind in ("ServiceMonitor", "PrometheusRule")]
    assert "grafana_dashboard" not in find(objects, "ConfigMap", "headstart-dashboard")["metadata"]["labels"]


@pytest.mark.parametrize(
    "settings",
    [
        {"networkPolicy": {"enabled": False, "kedaNamespace": "autoscaling"}},
        {"serviceMonitor": {"enabled": False, "labels": {"release": "stack"}}},
        {"prometheusRule": {"enabled": False, "labels": {"release": "stack"}}},
        {"dashboard": {"enabled": False, "labels": {"folder": "keda"}}},
    ],
)
def test_settings_may_stay_beside_what_is_turned_off(settings):
    ((name, inner),) = settings.items()
    assert template(settings) == template({name: {"enabled": False}})
    assert f"`{name}`" in (CHART / "README.md").read_text().partition("may stay beside")[2]
    assert template({name: inner | {"enabled": True}}) != template({name: {"enabled": True}})


def test_the_crds_that_are_installed_are_the_ones_that_the_value_names():
    for switch in ("install", "compat"):
        objects = template({"mode": "direct", "crds": {switch: True}})
        kinds = {
            item["spec"]["names"]["kind"]
            for item in objects
            if item["kind"] == "CustomResourceDefinition"
        }
        described = SCHEMA["properties"]["crds"]["properties"][switch]["description"]
        assert kinds and all(kind in described for kind in kinds), kinds


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
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (version, version)
    for folder in (KUBERNETES, KUBERNETES / "base"):
        pod = find(deployment.kustomize(folder), "Deployment")["spec"]["template"]["spec"]
        assert pod["containers"][0]["image"] == f"headstart:{version}"


def test_the_documents_use_the_tag_of_the_sources():
    tag = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    for name in ("install.md", "deployment.md"):
        text = (ROOT / "docs" / name).read_text()
        tags = re.findall(r"(?:/headstart:|image\.tag=|newTag: )([\w.-]*\w)", text)
        assert tags and set(tags) == {tag}, name


def test_no_version_is_that_of_an_older_release():
    """A node with IfNotPresent would run the old image under the same tag."""
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    first, second = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[:2]
    number = re.match(r"[\d.]+", second)[0]
    assert (first == "Unreleased") == version.endswith("-dev")
    if first == "Unreleased":
        newer, older = (tuple(map(int, text.split("."))) for text in (version.removesuffix("-dev"), number))
        assert newer > older
    else:
        assert first.startswith(version)


def test_artifact_hub_has_what_it_asks_for():
    entry = yaml.safe_load((ROOT / "deploy" / "artifacthub" / "artifacthub-pkg.yml").read_text())
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert {"version", "name", "displayName", "createdAt", "description"} <= entry.keys()
    assert (entry["name"], entry["version"]) == (chart["name"], chart["appVersion"])
    assert "keda-scaler" in entry["keywords"] and "keda-scaler" in chart["keywords"]
    # As the chart's is.
    assert entry["category"] == chart["annotations"]["artifacthub.io/category"]
    assert entry["license"] == chart["annotations"]["artifacthub.io/license"]
