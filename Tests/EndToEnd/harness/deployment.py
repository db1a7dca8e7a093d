"""What deploy/ becomes: rendered overlays and charts, the flags of their pods, their RBAC rules."""

import json
import re
import subprocess

import yaml

from . import tools
from .paths import ROOT

KUBERNETES = ROOT / "deploy" / "kubernetes"
CHART = ROOT / "deploy" / "helm" / "headstart"
ACCOUNT = ("headstart", "headstart")


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
    return documents(run(tools.path("kubectl"), "kustomize", directory))


def template(values=None, *arguments, release="headstart", namespace="headstart"):
    """The objects of the chart, as helm renders them with these values."""
    command = [tools.path("helm"), "template", release, CHART, f"--namespace={namespace}"]
    return documents(run(*command, "--values=-", *arguments, stdin=json.dumps(values or {})))


def refusal(values):
    """What helm says of values that it refuses."""
    finished = subprocess.run(
        [tools.path("helm"), "template", "headstart", CHART, "--values=-"],
        input=json.dumps(values), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert finished.returncode != 0, f"{values} was taken"
    return finished.stderr


def documents(text):
    return [document for document in yaml.safe_load_all(text) if document]


def find(objects, kind, name="headstart", namespace=None):
    """The one object of that kind and name."""
    (found,) = [
        item
        for item in objects
        if (item["kind"], item["metadata"]["name"]) == (kind, name)
        and namespace in (None, item["metadata"].get("namespace"))
    ]
    return found


def workload(objects):
    """The Deployment, or the StatefulSet."""
    (found,) = [item for item in objects if item["kind"] in ("Deployment", "StatefulSet")]
    return found


def flags(objects):
    """The flags of the pods' container, with its variables as the kubelet fills them in."""
    deployment = workload(objects)
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
    pod = workload(objects)["spec"]["template"]["spec"]
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
    assert not roles, f"bound to no one: {list(roles)}"
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
