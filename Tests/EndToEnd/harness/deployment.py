"""What deploy/ becomes: rendered overlays and charts, the flags of their pods, their RBAC rules."""

import json
import os
import re
import shutil
import subprocess

import pytest
import yaml

from .paths import ROOT

KUBERNETES = ROOT / "deploy" / "kubernetes"
CHART = ROOT / "deploy" / "helm" / "headstart"
ACCOUNT = ("headstart", "headstart")
# Before, kubectl had kustomize 2, which knows neither components nor labels.
OLDEST_KUBECTL = (1, 22)


def kubectl():
    """The path of a kubectl that is new enough, or else the test is skipped with the reason."""
    path = shutil.which("kubectl")
    if path is None:
        pytest.skip("kubectl is not on the PATH")
    shown = run(path, "version", "--client", "--output=json")
    version = json.loads(shown)["clientVersion"]
    numbers = tuple(int(re.match(r"\d+", version[part])[0]) for part in ("major", "minor"))
    if numbers < OLDEST_KUBECTL:
        pytest.skip(f"kubectl {version['gitVersion']} is too old: its kustomize has no components")
    return path


def run(*command, stdin=None, timeout=60):
    """The output of a command that must succeed."""
    finished = subprocess.run(
        [str(part) for part in command],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert finished.returncode == 0, f"{command}: {finished.stderr}"
    return finished.stdout


def kustomize(directory):
    """The objects of an overlay, as kubectl renders them."""
    return documents(run(kubectl(), "kustomize", directory))


def documents(text):
    return [document for document in yaml.safe_load_all(text) if document]


def merged(defaults, values):
    """Values over the chart's defaults, as Helm lays them: maps are merged, all else replaced."""
    if not isinstance(defaults, dict) or not isinstance(values, dict):
        return values
    result = dict(defaults)
    for key, value in values.items():
        result[key] = merged(defaults.get(key), value)
    return result


class ChartRenderer:
    """Renders the chart with harness/chart, built into `directory`: Debian has no Helm."""

    def __init__(self, directory):
        go = shutil.which("go")
        if go is None:
            pytest.skip("go is not on the PATH, which the templates of the chart are rendered with")
        self._binary = directory / "chart"
        # Offline, with the libraries of Debian's packages.
        environment = os.environ | {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode"}
        environment |= {"GOFLAGS": "", "GOCACHE": str(directory / "cache")}
        source = ROOT / "Tests" / "EndToEnd" / "harness" / "chart" / "main.go"
        built = subprocess.run(
            [go, "build", "-o", str(self._binary), str(source)],
            capture_output=True,
            text=True,
            timeout=300,
            env=environment,
        )
        assert built.returncode == 0, built.stderr

    def files(self, release="headstart", namespace="headstart", **values):
        """The text of each template that renders, by its path in the chart."""
        defaults = yaml.safe_load((CHART / "values.yaml").read_text())
        given = {
            "release": release,
            "namespace": namespace,
            "values": merged(defaults, values),
        }
        return json.loads(run(self._binary, CHART, stdin=json.dumps(given)))

    def objects(self, **values):
        return [
            document
            for name, text in self.files(**values).items()
            if name.endswith(".yaml")
            for document in documents(text)
        ]


def find(objects, kind, name="headstart", namespace=None):
    """The one object of that kind and name."""
    (found,) = [
        item
        for item in objects
        if (item["kind"], item["metadata"]["name"]) == (kind, name)
        and namespace in (None, item["metadata"].get("namespace"))
    ]
    return found


def flags(objects):
    """The flags of the pods' container, with its variables as the kubelet fills them in."""
    deployment = find(objects, "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    variables = {"POD_NAME": "headstart-0", "POD_NAMESPACE": deployment["metadata"]["namespace"]}
    declared = {item["name"] for item in container.get("env", [])}
    assert declared <= variables.keys()
    return [
        re.sub(r"\$\((\w+)\)", lambda found: variables[found[1]], argument)
        for argument in container["args"]
    ]


def rules(objects):
    """What the pods' service account may do: rules as in a role, with `namespace` where it is one's.

    Fails where a binding leads nowhere, or gives something to another account.
    """
    pod = find(objects, "Deployment")["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == ACCOUNT[1]
    roles = {
        (item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]): item["rules"]
        for item in objects
        if item["kind"] in ("Role", "ClusterRole")
    }
    found = []
    for binding in objects:
        if binding["kind"] not in ("RoleBinding", "ClusterRoleBinding"):
            continue
        namespace = binding["metadata"].get("namespace")
        (subject,) = binding["subjects"]
        assert (subject["kind"], subject["namespace"], subject["name"]) == ("ServiceAccount", *ACCOUNT)
        assert binding["kind"] == binding["roleRef"]["kind"] + "Binding"
        granted = roles.pop((binding["roleRef"]["kind"], namespace, binding["roleRef"]["name"]))
        found += [rule | ({"namespace": namespace} if namespace else {}) for rule in granted]
    assert not roles, f"bound to nobody: {list(roles)}"
    return found


class Grant:
    """One verb on one resource, which a rule gives."""

    def __init__(self, namespace, verb, group, resource, name):
        self.parts = (namespace, verb, group, resource, name)

    @staticmethod
    def all(rules):
        return [
            Grant(rule.get("namespace"), verb, group, resource, name)
            for rule in rules
            for verb in rule["verbs"]
            for group in rule["apiGroups"]
            for resource in rule["resources"]
            for name in rule.get("resourceNames") or [None]
        ]

    def allows(self, call):
        namespace, verb, group, resource, name = self.parts
        return (
            (verb, group, resource) == call.rule
            and namespace in (None, call.namespace)
            and name in (None, call.name)
        )

    def __str__(self):
        namespace, verb, group, resource, name = self.parts
        where = f"in {namespace}" if namespace else "everywhere"
        return f"{verb} {resource}.{group}{f' {name}' if name else ''} {where}"


def judge(rules, calls):
    """(calls that no rule allows, grants that no call needed), as texts."""
    grants = Grant.all(rules)
    calls = [call for call in calls if call.resource]
    lacking = sorted({repr(call) for call in calls if not any(g.allows(call) for g in grants)})
    unused = [str(grant) for grant in grants if not any(grant.allows(call) for call in calls)]
    return lacking, unused
