"""docs/install.md, followed to the letter: every command that the test API server can answer runs as it
stands there, with the pod's binary and KEDA's calls in between."""

import re
import shlex

import pytest

from harness import deployment, tools
from harness.apiserver import HEADSTART, KEDA
from harness.cluster import Cluster
from harness.paths import BINARY, ROOT
from harness.waiting import eventually

WALK = ROOT / "docs" / "install.md"
# What needs a registry, KEDA, the network or a kubelet.
ELSEWHERE = [
    r"docker .*",
    r"helm repo .*",
    r"helm install keda .*",
    r"helm test .*",
    r"kubectl .* rollout status .*",
    r"kubectl .* port-forward .*",
    r"kubectl .* get scaledobject,hpa,deployment",
]


def commands():
    """Every command of the walk, by the heading that it is under."""
    found, heading = [], None
    for block in re.split(r"^(## [^\n]*|```sh\n.*?```)$", WALK.read_text(), flags=re.DOTALL | re.MULTILINE):
        if block.startswith("## "):
            heading = block[3:]
        elif block.startswith("```sh"):
            lines = block.removeprefix("```sh").removesuffix("```").replace("\\\n", " ")
            found += [(heading, line) for line in lines.strip().splitlines()]
    return found


def is_elsewhere(command):
    return any(re.fullmatch(pattern, command) for pattern in ELSEWHERE)


@pytest.fixture
def cluster(tmp_path):
    instance = Cluster(tmp_path, *HEADSTART, *KEDA)
    yield instance
    instance.close()


def status_of(cluster):
    return cluster.api.get("ScalingPolicy", "shop", "web").get("status", {})


class Walker:
    """Runs the commands of one heading after the other."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.server = None

    def walk(self, heading):
        outputs = [self.run(line) for place, line in commands() if place == heading]
        assert outputs, heading
        return outputs

    def run(self, line):
        if is_elsewhere(line):
            return None
        name, *arguments = shlex.split(line)
        if "exec" in arguments:
            inside = arguments[arguments.index("--") + 1 :]
            assert inside[0] == "headstart"
            address = f"--server=http://{self.server.http_address}"
            # A person types slower than a policy is decided.
            eventually(lambda: "desiredReplicas" in status_of(self.cluster))
            return deployment.run(BINARY, *inside[1:], address)
        run = {"kubectl": self.cluster.kubectl, "helm": self.cluster.helm}[name]
        return run(*arguments)


def test_a_new_user_gets_from_nothing_to_a_scaled_object_that_scales(
    cluster, headstart, scaler, tmp_path
):
    walker = Walker(cluster)
    (installed, *_) = walker.walk("3. Headstart")
    assert "STATUS: deployed" in installed
    assert len(cluster.api.all("CustomResourceDefinition")) == 3

    # The kubelet starts the pod, with its flags and its roles.
    deployed = [
        cluster.api.get(kind, namespace, name)
        for kind, namespace, name in [
            ("Deployment", "headstart", "headstart"),
            ("Role", "headstart", "headstart-lease"),
            ("RoleBinding", "headstart", "headstart-lease"),
            ("ClusterRole", None, "headstart.headstart"),
            ("ClusterRoleBinding", None, "headstart.headstart"),
        ]
    ]
    flags = [
        flag for flag in deployment.flags(deployed)
        if not flag.startswith(("--peers", "--state-dir"))
    ]  # fmt: skip
    rules = deployment.rules(deployed)
    walker.server = headstart(
        *flags, f"--state-dir={tmp_path / 'state'}", f"--kubeconfig={cluster.run_as_pod(rules)}"
    )

    *_, explained = walker.walk("4. A workload and its policy")
    assert status_of(cluster)["desiredReplicas"] in (3, 10)
    assert "shop/web asks for" in explained and "calendar" in explained

    walker.walk("5. KEDA asks Headstart")
    (trigger,) = cluster.api.get("ScaledObject", "shop", "web")["spec"]["triggers"]
    service, namespace = re.fullmatch(
        r"([a-z-]+)\.([a-z-]+)\.svc:50051", trigger["metadata"]["scalerAddress"]
    ).groups()
    assert cluster.api.get("Service", namespace, service)["spec"]["clusterIP"] == "None"
    client = scaler(walker.server)
    # The policy has been patched to at least 12.
    eventually(lambda: client.replicas("web", "shop", **trigger["metadata"]) == 12)
    assert client.active("web", "shop", **trigger["metadata"])

    walker.walk("Take it away")
    assert cluster.api.get("Deployment", "headstart", "headstart") is None
    assert cluster.api.get("ScalingPolicy", "shop", "web") is not None
    assert len(cluster.api.all("CustomResourceDefinition")) == 3


def test_every_command_is_run_or_needs_what_is_not_here():
    found = [line for _, line in commands()]
    assert len(found) > 15
    for pattern in ELSEWHERE:
        assert any(re.fullmatch(pattern, line) for line in found), f"{pattern} is not needed"
    for line in found:
        if not is_elsewhere(line):
            assert tools.path(line.split()[0]).exists()
