"""The schemas of deploy/crds and the decoder judge alike, as far as a schema can say it.

A unit test compares their fields; here both see the same manifests, good and bad ones.
"""

import json
import re
import subprocess

import jsonschema
import pytest
import yaml

from harness import tools
from harness.paths import ROOT
from harness.schemas import closed
from harness.server import run_command

CRDS = ROOT / "deploy" / "crds"
FILES = sorted(CRDS.glob("*.yaml")) + sorted(CRDS.glob("compat/*.yaml"))
# What a structural schema may not say inside of allOf, anyOf, oneOf and not.
ONLY_OUTSIDE = {"type", "description", "default", "title", "additionalProperties", "nullable"}


def load(path):
    (definition,) = yaml.safe_load_all(path.read_text())
    return definition


DEFINITIONS = {path.name: load(path) for path in FILES}
SCHEMAS = {
    (definition["spec"]["group"] + "/" + version["name"], definition["spec"]["names"]["kind"]):
        version["schema"]["openAPIV3Schema"]
    for definition in DEFINITIONS.values()
    for version in definition["spec"]["versions"]
}


def complaints(manifest):
    schema = SCHEMAS[manifest["apiVersion"], manifest["kind"]]
    # OpenAPI 3.0 has draft 4's exclusiveMinimum: a boolean.
    validator = jsonschema.Draft4Validator(closed(schema))
    return [error.message for error in validator.iter_errors(manifest)]


def manifests(path):
    return [
        each for each in yaml.safe_load_all(path.read_text())
        if each and (each.get("apiVersion"), each.get("kind")) in SCHEMAS
    ]


# MARK: The definitions


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_definition_is_complete(name):
    definition = DEFINITIONS[name]
    spec = definition["spec"]
    assert definition["metadata"]["name"] == f"{spec['names']['plural']}.{spec['group']}"
    assert spec["scope"] == "Namespaced"
    (version,) = spec["versions"]
    assert version["served"] and version["storage"]
    assert version["subresources"] == {"status": {}}
    columns = [column["name"] for column in version["additionalPrinterColumns"]]
    # A calendar is read whether or not a policy names it.
    wanted = {"Ready", "Age"} if spec["names"]["kind"] == "Calendar" else {"Active", "Ready", "Age"}
    assert wanted <= set(columns)
    assert all(column["jsonPath"].startswith(".") for column in version["additionalPrinterColumns"])
    status = version["schema"]["openAPIV3Schema"]["properties"]["status"]
    if not status.get("x-kubernetes-preserve-unknown-fields"):
        conditions = status["properties"]["conditions"]
        assert conditions["x-kubernetes-list-type"] == "map"
        assert conditions["x-kubernetes-list-map-keys"] == ["type"]


def test_each_column_is_a_member_of_the_schema():
    for definition in DEFINITIONS.values():
        (version,) = definition["spec"]["versions"]
        schema = version["schema"]["openAPIV3Schema"]
        for column in version["additionalPrinterColumns"]:
            if column["jsonPath"].startswith(".metadata."):
                continue
            place = schema
            for part in re.findall(r"\.([A-Za-z]+)(\[[^]]*\])?", re.sub(r"@\.", "@", column["jsonPath"])):
                if place.get("x-kubernetes-preserve-unknown-fields"):
                    break
                place = place["properties"][part[0]]
                if part[1]:
                    place = place["items"]
            else:
                assert place["type"] in (column["type"], "string"), column


def test_a_policy_shows_what_its_first_forecast_is(tmp_path):
    (version,) = DEFINITIONS["scalingpolicies.yaml"]["spec"]["versions"]
    signals = [
        {"name": "always", "schedule": {}},
        {"name": "ahead", "forecast": {"quantile": 0.95}},
    ]
    config = {"apiVersion": "v1", "kind": "Config", "extensions": [
        {"name": "policy", "extension": {"kind": "Any", "spec": {"signals": signals}}}
    ]}  # fmt: skip
    (tmp_path / "config").write_text(yaml.safe_dump(config))

    # kubectl reads paths as the API server does, and its own configuration without a server.
    def shown(name):
        (path,) = (c["jsonPath"] for c in version["additionalPrinterColumns"] if c["name"] == name)
        command = [
            tools.path("kubectl"), f"--kubeconfig={tmp_path / 'config'}", "config", "view",
            "-o", f"jsonpath={{.extensions[0].extension{path}}}",
        ]  # fmt: skip
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert shown("Forecast") == "ahead"
    assert shown("Quantile") == "0.95"


# The only types that Kubernetes takes inside of anyOf.
INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]


def assert_structural(schema, path, inside=False):
    if schema.get("x-kubernetes-int-or-string"):
        assert not inside and schema["anyOf"] == INT_OR_STRING and "type" not in schema, path
        return
    if schema.get("x-kubernetes-preserve-unknown-fields") and "type" not in schema:
        assert not inside and "properties" not in schema, path
        return
    if inside:
        assert not ONLY_OUTSIDE & set(schema), f"{path}: {ONLY_OUTSIDE & set(schema)}"
    else:
        assert "type" in schema, f"{path}: no type"
    assert not {"properties", "additionalProperties"} <= set(schema), path
    if "pattern" in schema:
        re.compile(schema["pattern"])
        assert "(?" not in schema["pattern"], f"{path}: Go's regular expressions lack it"
    for field, value in schema.get("properties", {}).items():
        assert_structural(value, f"{path}.{field}", inside)
    for field in ("items", "additionalProperties"):
        if isinstance(schema.get(field), dict):
            assert_structural(schema[field], f"{path}[]", inside)
    for word in ("allOf", "anyOf", "oneOf"):
        for each in schema.get(word, []):
            assert_structural(each, f"{path} {word}", True)
    if "not" in schema:
        assert_structural(schema["not"], f"{path} not", True)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_schema_is_structural(name):
    for version in DEFINITIONS[name]["spec"]["versions"]:
        assert_structural(version["schema"]["openAPIV3Schema"], name)


# MARK: What both accept


def examples():
    paths = sorted((ROOT / "deploy" / "examples").rglob("*.yaml"))
    found = [(path, each) for path in paths for each in manifests(path)]
    for text in re.findall(
        r"```yaml\n(.*?)```", "".join(p.read_text() for p in sorted((ROOT / "docs").glob("*.md"))),
        re.DOTALL,
    ):
        for each in yaml.safe_load_all(text):
            if isinstance(each, dict) and (each.get("apiVersion"), each.get("kind")) in SCHEMAS:
                found.append(("docs", each))
    return found


def test_every_example_is_valid_by_the_schema():
    found = examples()
    assert len(found) >= 6
    for where, manifest in found:
        assert complaints(manifest) == [], f"{where}: {manifest['metadata']['name']}"


def object_of(kind, spec):
    versions = {kind: version for version, kind in SCHEMAS}
    return {
        "apiVersion": versions[kind], "kind": kind,
        "metadata": {"name": "x", "namespace": "default"}, "spec": spec,
    }


def policy(*signals, **spec):
    return object_of("ScalingPolicy", spec | {"signals": list(signals) or [{"forecast": {}}]})


def rule(**fields):
    return policy({"schedule": {"rules": [fields]}})


def live(**fields):
    return policy({"prometheus": {"query": "up", "threshold": 1} | fields})


def source(**spec):
    return object_of("DataSource", {"type": "prometheus", "address": "http://p:9090"} | spec)


def elasti(**spec):
    trigger = {"type": "prometheus", "metadata": {"query": "up", "threshold": "1"}}
    base = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "service": "web", "triggers": [trigger],
    }
    return object_of("ElastiService", {k: v for k, v in (base | spec).items() if v is not None})


def scaling_rule(*rules, **spec):
    base = {
        "target": {"kind": "Deployment", "name": "web", "namespace": "default"},
        "default": {"replicas": 1}, "schedule": list(rules) or [{"name": "a", "replicas": 2}],
    }
    return object_of("ScalingRule", {k: v for k, v in (base | spec).items() if v is not None})


GOOD = [
    policy(scaleTargetRef={"name": "web"}, leadTime="1h30m", hold="0"),
    policy(limits={"minReplicas": 0, "maxReplicas": 1000000}, whenUnavailable="inactive"),
    policy(activity={}, scaling={}),
    policy(
        activity={
            "cooldown": "15m", "activeReplicas": 1, "service": "a.b",
            "enabledPeriod": {"schedule": "*/5  9-17 * * MON-FRI", "duration": "366d"},
        },
        scaling={"cooldown": "0s", "cooldownOnUp": False, "maxDownPercentPerStep": 100},
    ),
    policy({"name": "a", "leadTime": "7d", "required": True, "forecast": {"maxAge": "1.5h"}}),
    policy({
        "forecast": {
            "workload": "w", "threshold": 0.5, "headroom": 1.2, "upMaxFactorPerStep": 2,
            "downMaxPercentPerStep": 50,
        }
    }),
    object_of("DataSource", {"type": "forecaster", "directory": "/etc/forecasts"}),
    rule(replicas=0, days=["Mon", "TUESDAY", "sunday"], dates=["2028-02-29"]),
    rule(atMost=5, start="00:00", end="24:00", priority=-9223372036854775808, timeZone="UTC"),
    policy({"forecast": {}}, {"schedule": {"rules": [{"replicas": "+20%"}, {"replicas": "x1.5"}]}}),
    live(threshold=0.001, activationThreshold=0, onEmpty="zero", uptimeFilter='job!~"a"'),
    live(uptimeFilter='job="a"', uptimeCooldown="1s"),
    source(headers={"X-A": "b"}, bearerTokenFile="/t", caFile="/c", timeout="1ms", refresh="1d"),
    source(
        address="https://p/prefix", basicAuth={"username": "a", "passwordFile": "/p"},
        clientCertificateFile="/c", clientKeyFile="/k",
    ),
    elasti(),
    elasti(cooldownPeriod=0, minTargetReplicas=3, enabledPeriod={}, autoscaler={"type": "hpa", "name": "a"}),
    object_of("Calendar", {"file": "/etc/holidays.ics", "timeZone": "Europe/Berlin", "refresh": "1m"}),
    object_of("Calendar", {
        "address": "https://c/basic.ics", "headers": {"X-A": "b"}, "timeout": "1s",
        "basicAuth": {"username": "a", "passwordFile": "/p"}, "caFile": "/c",
    }),
    object_of("Calendar", {
        "address": "https://c/cal/a@b/?export&key=x", "headerFiles": {"X-Key": "/k"},
        "proxy": "http://proxy:3128", "insecureSkipVerify": True,
        "oauth2": {"tokenURL": "https://t", "clientID": "a", "clientSecretFile": "/s"},
    }),
    object_of("Calendar", {"address": "https://c/h.ics", "aws": {"region": "eu-west-1"}}),
    object_of("Calendar", {"address": "https://c/h.ics", "google": {}}),
    object_of("Calendar", {"address": "https://c/h.ics", "azure": {"clientID": "a"}}),
    scaling_rule(),
    scaling_rule({"name": "a", "replicas": 2, "time_ranges": [{"start": "01:00", "end": "02:00"}]},
                 limits={"min_replicas": 1, "max_replicas": 3}, timezone="Europe/Paris"),
]

BAD = {
    "no signals": object_of("ScalingPolicy", {}),
    "an empty list of signals": object_of("ScalingPolicy", {"signals": []}),
    "too many signals": policy(*[{"name": f"s{n}", "forecast": {}} for n in range(101)]),
    "a signal of no kind": policy({"name": "a"}),
    "a signal of two kinds": policy({"forecast": {}, "schedule": {"rules": [{"replicas": 1}]}}),
    "an unknown field": policy(leadtime="5m"),
    "an unknown field in a signal": policy({"forecast": {}, "weight": 1}),
    "an unknown field in a rule": rule(replicas=1, from_="09:00"),
    "a number for a duration": policy(leadTime=300),
    "a duration without a unit": policy(leadTime="5"),
    "a negative duration": policy(hold="-5m"),
    "negative replicas": policy(limits={"minReplicas": -1}),
    "too many replicas": policy(limits={"maxReplicas": 1000001}),
    "replicas in quotes": policy(limits={"maxReplicas": "3"}),
    "a fraction of a replica": policy(limits={"maxReplicas": 1.5}),
    "another behaviour": policy(whenUnavailable="zero"),
    "a target without a name": policy(scaleTargetRef={"kind": "Deployment"}),
    "a target with an impossible name": policy(scaleTargetRef={"name": "Web_1"}),
    "no active replica": policy(activity={"activeReplicas": 0}),
    "a cron schedule of four fields": policy(activity={"enabledPeriod": {"schedule": "0 9 * *"}}),
    "a step of no per cent": policy(scaling={"maxDownPercentPerStep": 0}),
    "a step of more than everything": policy(scaling={"maxDownPercentPerStep": 101}),
    "a word for a boolean": policy(scaling={"cooldownOnUp": "no"}),
    "a rule without a number": rule(name="a"),
    "relative replicas without a sign": policy(
        {"forecast": {}}, {"schedule": {"rules": [{"replicas": "20%"}]}}),
    "fewer replicas than the others ask for": policy(
        {"forecast": {}}, {"schedule": {"rules": [{"replicas": "-20%"}]}}),
    "a day that is none": rule(replicas=1, days=["Mo"]),
    "a date without a zero": rule(replicas=1, dates=["2026-1-01"]),
    "a date of month 13": rule(replicas=1, dates=["2026-13-01"]),
    "a time without a zero": rule(replicas=1, start="9:00"),
    "a start at the end of the day": rule(replicas=1, start="24:00"),
    "a time of hour 25": rule(replicas=1, end="25:00"),
    "a fractional priority": rule(replicas=1, priority=1.5),
    "too many dates": rule(replicas=1, dates=["2026-01-01"] * 1001),
    "a query of spaces": live(query="  "),
    "no query": policy({"prometheus": {"threshold": 1}}),
    "a threshold of zero": live(threshold=0),
    "a threshold in quotes": live(threshold="1"),
    "another meaning of empty": live(onEmpty="one"),
    "a filter in braces": live(uptimeFilter='{job="a"}'),
    "a filter without a matcher": live(uptimeFilter="job"),
    "a type that is none": source(type="graphite"),
    "no address": object_of("DataSource", {"type": "prometheus"}),
    "a directory with an address": source(type="forecaster", directory="/f"),
    "a directory that is relative": object_of(
        "DataSource", {"type": "forecaster", "directory": "forecasts"}),
    "headroom below one": policy({"forecast": {"headroom": 0.9}}),
    "a factor of one": policy({"forecast": {"upMaxFactorPerStep": 1}}),
    "more than everything": policy({"forecast": {"downMaxPercentPerStep": 101}}),
    "an address without a scheme": source(address="prometheus:9090"),
    "an address with a password": source(address="http://a:b@prometheus"),
    "an address with a question mark": source(address="http://prometheus?a=b"),
    "two authentications": source(
        bearerTokenFile="/t", basicAuth={"username": "a", "passwordFile": "/p"}),
    "a password in a manifest": source(basicAuth={"username": "a", "password": "b"}),
    "a user name with a colon": source(basicAuth={"username": "a:b", "passwordFile": "/p"}),
    "a certificate without its key": source(clientCertificateFile="/c"),
    "a key without its certificate": source(clientKeyFile="/k"),
    "a calendar of nothing": object_of("Calendar", {}),
    "a calendar of both": object_of("Calendar", {"file": "/f", "address": "https://c/basic.ics"}),
    "a calendar with a relative path": object_of("Calendar", {"file": "holidays.ics"}),
    "a calendar with an address without a scheme": object_of("Calendar", {"address": "c/basic.ics"}),
    "a calendar with a fragment": object_of("Calendar", {"address": "https://c/basic.ics#x"}),
    "a calendar with a user": object_of("Calendar", {"address": "https://u:p@c/basic.ics"}),
    "a calendar with two credentials": object_of(
        "Calendar", {"address": "https://c/h.ics", "google": {}, "bearerTokenFile": "/t"}),
    "an exception of an unknown kind": rule(**{"replicas": 1, "except": [{"holidays": "x"}]}),
    "an ElastiService without a service": elasti(service=None),
    "an ElastiService that is never up": elasti(minTargetReplicas=0),
    "a cooldown of more than a week": elasti(cooldownPeriod=604801),
    "an unknown autoscaler": elasti(autoscaler={"type": "vpa", "name": "a"}),
    "a trigger of another type": elasti(triggers=[{"type": "kafka", "metadata": {}}]),
    "a ScalingRule without rules": scaling_rule(schedule=[]),
    "a ScalingRule without a default": scaling_rule(default=None),
    "a ScalingRule of a DaemonSet": scaling_rule(target={"kind": "DaemonSet", "name": "a"}),
    "a ScalingRule with negative replicas": scaling_rule({"name": "a", "replicas": -1}),
    "a range of time without an end": scaling_rule(
        {"replicas": 1, "time_ranges": [{"start": "01:00"}]}),
}


def check(tmp_path, manifest):
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest))
    return run_command("check", str(path))


@pytest.mark.parametrize("index", range(len(GOOD)))
def test_what_is_good_is_good_for_both(tmp_path, index):
    assert complaints(GOOD[index]) == []
    checked = check(tmp_path, GOOD[index])
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("what", BAD)
def test_what_is_bad_is_bad_for_both(tmp_path, what):
    assert complaints(BAD[what]) != []
    checked = check(tmp_path, BAD[what])
    assert checked.returncode == 1, checked.stdout


def test_what_the_api_server_sends_is_read(tmp_path):
    manifest = policy(scaleTargetRef={"name": "web"})
    manifest["metadata"] |= {
        "uid": "5640111d-3b0b-49a0-836c-46b3cb1f8c94", "resourceVersion": "681", "generation": 1,
        "creationTimestamp": "2026-11-20T22:50:50Z", "labels": {"a": "b"},
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}\n"},
        "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {".": {}}}}],
    }
    manifest["status"] = {
        "observedGeneration": 1, "desiredReplicas": 3, "currentReplicas": 2,
        "winningSignal": "forecast", "lastScalingTime": "2026-11-20T22:50:50Z",
        "nextChange": {"time": "2026-11-20T23:00:00Z", "replicas": 5},
        "conditions": [{
            "type": "Ready", "status": "True", "observedGeneration": 1,
            "lastTransitionTime": "2026-11-20T22:50:50Z", "reason": "Deciding", "message": "",
        }],
    }
    assert complaints(manifest) == []
    assert check(tmp_path, manifest).returncode == 0
