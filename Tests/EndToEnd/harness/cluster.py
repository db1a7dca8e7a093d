"""The test API server as a cluster that kubectl and helm work on."""

import os
import subprocess

from . import schemas, tools
from .apiserver import APIServer, Resource
from .certificates import Authority
from .paths import ROOT

# What a deployment is made of, beside what the test API server always has.
DEPLOYED = [
    Resource("v1", "Namespace", "namespaces", namespaced=False),
    Resource("v1", "ServiceAccount", "serviceaccounts"),
    Resource("v1", "Service", "services"),
    Resource("v1", "ConfigMap", "configmaps"),
    Resource("v1", "Pod", "pods", "status"),
    Resource("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"),
    Resource("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
    Resource("rbac.authorization.k8s.io/v1", "Role", "roles"),
    Resource("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings"),
    Resource("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", namespaced=False),
    Resource(
        "rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings",
        namespaced=False,
    ),
    Resource(
        "apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions",
        namespaced=False,
    ),
]  # fmt: skip
PROMETHEUS_OPERATOR = [
    Resource("monitoring.coreos.com/v1", "ServiceMonitor", "servicemonitors"),
    Resource("monitoring.coreos.com/v1", "PrometheusRule", "prometheusrules"),
]
CERT_MANAGER = [Resource("cert-manager.io/v1", "Certificate", "certificates")]


POD_USER = "system:serviceaccount:headstart:headstart"
POD_TOKEN = "token-of-the-pods"


class Cluster:
    """Runs until `close`. It takes only objects that are as their schemas say."""

    def __init__(self, directory, *resources):
        self.directory = directory
        # kubectl sends its token over TLS only.
        self.authority = Authority(directory)
        self.api = APIServer(
            *DEPLOYED, *resources,
            certificate=self.authority.issue("server"), validate=schemas.complaint,
        )  # fmt: skip
        # Whoever runs kubectl and helm may do everything; what Headstart may do, a test says.
        self.api.tokens[self.api.token] = "admin"
        self.api.tokens[POD_TOKEN] = POD_USER
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "KUBECONFIG": str(self.kubeconfig("kubeconfig", self.api.token)),
            # Releases are ConfigMaps: no Secrets in the test server.
            "HELM_DRIVER": "configmap",
        }

    def close(self):
        self.api.close()

    def kubeconfig(self, name, token):
        return self.api.kubeconfig(
            self.directory / name, authority=self.authority.certificate, token=token
        )

    def run_as_pod(self, rules):
        """A kubeconfig of Headstart's pods, which may do what these rules allow."""
        self.api.allow_only(rules, user=POD_USER)
        return self.kubeconfig("pod", POD_TOKEN)

    def make_namespaces(self, names):
        for name in names:
            self.kubectl("create", "namespace", name)

    def kubectl(self, *arguments, **options):
        return self.run(tools.path("kubectl"), *arguments, **options)

    def helm(self, *arguments, **options):
        return self.run(tools.path("helm"), *arguments, **options)

    def run(self, *command, stdin=None):
        """The output of a command that must succeed."""
        finished = subprocess.run(
            [str(part) for part in command], input=stdin, capture_output=True, text=True,
            timeout=60, env=self.environment, cwd=ROOT,
        )  # fmt: skip
        assert finished.returncode == 0, f"{command}: {finished.stderr}"
        return finished.stdout
