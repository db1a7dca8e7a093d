"""The Helm chart, as helm itself lints, renders and installs it."""

import itertools
import json
import shutil
import subprocess

import pytest

from harness import deployment, schemas, tools
from harness.apiserver import HEADSTART, APIServer
from harness.certificates import Authority
from harness.chart import CERTIFICATE, ISSUER, SCHEMA, leaves
from harness.cluster import CERT_MANAGER, PROMETHEUS_OPERATOR, Cluster
from harness.deployment import CHART, KUBERNETES, find, template
from harness.server import free_port
from harness.waiting import eventually

POLICIES = {"my-api.yaml": "kind: ScalingPolicy\n"}

ONE_VOLUME = {"extraVolumes": [{"name": "more", "emptyDir": {}}]}
WATCHED = {"mode": "keda-crds"}
DIRECT = {"mode": "direct"}

# Every value, by its path, with something that is not its default, and what it needs beside.
EVERY = {
    "mode": ("keda-crds", {}),
    "nameOverride": ("pilot", {}),
    "fullnameOverride": ("scaler", {}),
    "image.repository": ("registry.example/headstart", {}),
    "image.tag": ("1.2.3", {}),
    "image.digest": ("sha256:" + "0" * 64, {}),
    "image.pullPolicy": ("Always", {}),
    "image.pullSecrets": (["registry"], {}),
    "replicas": (3, {}),
    "policies": (POLICIES, {}),
    "forecasterURL": ("http://forecaster:8081", {}),
    "prometheusURL": ("http://prometheus:9090", {}),
    "triggerServers": (["http://a:9090", "http://b:9090"], DIRECT),
    "watchNamespaces": (["shop", "orders"], WATCHED),
    "watchSelector": ("shard in (a,all)", WATCHED),
    "crds.install": (True, WATCHED),
    "crds.compat": (True, WATCHED),
    "targets": ([{"group": "argoproj.io", "resource": "rollouts"}], WATCHED),
    "direct.checkInterval": ("1s", DIRECT),
    "direct.cooldown": ("0s", DIRECT),
    "direct.dryRun": (True, DIRECT),
    "direct.crossNamespace": (["shop/night", "orders/*"], DIRECT),
    "direct.pauseScaledObjects": (False, DIRECT),
    "elasti.resolver": ("elasti/elasti-resolver-service:8012", DIRECT),
    "state.sizeLimit": ("1Gi", {}),
    "state.claim.size": ("1Gi", {}),
    "state.claim.storageClass": ("fast", {"state": {"claim": {"size": "1Gi"}}}),
    "tlsSecret": ("headstart-tls", {}),
    "certManager.enabled": (True, {"certManager": {"issuerRef": ISSUER}}),
    "certManager.issuerRef": ({"name": "other"}, CERTIFICATE),
    "clusterDomain": ("example.internal", CERTIFICATE),
    "logLevel": ("debug", {}),
    "extraArgs": (["--lead-time=10m"], {}),
    "extraEnv": ([{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}], {}),
    "extraVolumes": (ONE_VOLUME["extraVolumes"], {}),
    "extraVolumeMounts": ([{"name": "more", "mountPath": "/more"}], ONE_VOLUME),
    "secrets": ({"token.of.prometheus": "/etc/headstart/token"}, {}),
    "serviceAccount.create": (False, {}),
    "serviceAccount.name": ("scaler", {}),
    "serviceAccount.annotations": ({"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/a"}, {}),
    "runAs": ("", {}),
    "resources": ({"requests": {"cpu": "1"}}, {}),
    "nodeSelector": ({"disk": "ssd"}, {}),
    "tolerations": ([{"key": "spot", "operator": "Exists"}], {}),
    "affinity": ({"nodeAffinity": {}}, {}),
    "topologySpreadConstraints": (
        [{"maxSkew": 2, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule"}], {},
    ),
    "priorityClassName": ("system-cluster-critical", {}),
    "podAnnotations": ({"a": "b"}, {}),
    "podLabels": ({"a": "b"}, {}),
    "commonLabels": ({"team": "platform"}, {}),
    "revisionHistoryLimit": (3, {}),
    "updateStrategy": ({"type": "Recreate"}, {}),
    "podDisruptionBudget": (False, {}),
    "networkPolicy.enabled": (False, {}),
    "networkPolicy.kedaNamespace": ("autoscaling", {}),
    "networkPolicy.prometheusNamespace": ("observability", {}),
    "networkPolicy.wakeUpNamespaces": (["proxies"], {}),
    "networkPolicy.apiServerCIDRs": (["10.0.0.1/32"], WATCHED),
    "networkPolicy.apiServerPorts": ([8443], WATCHED),
    "networkPolicy.prometheusPort": (8080, WATCHED),
    "networkPolicy.extraEgress": ([{"ports": [{"port": 8081}]}], WATCHED),
    "serviceMonitor.enabled": (True, {}),
    "serviceMonitor.labels": ({"release": "stack"}, {"serviceMonitor": {"enabled": True}}),
    "serviceMonitor.interval": ("30s", {"serviceMonitor": {"enabled": True}}),
    "serviceMonitor.relabelings": (
        [{"action": "labeldrop", "regex": "pod"}], {"serviceMonitor": {"enabled": True}},
    ),
    "prometheusRule.enabled": (True, {}),
    "prometheusRule.labels": ({"release": "stack"}, {"prometheusRule": {"enabled": True}}),
    "dashboard.enabled": (True, {}),
    "dashboard.labels": ({"folder": "keda"}, {"dashboard": {"enabled": True}}),
}  # fmt: skip
MODES = {
    "keda": {"mode": "keda", "policies": POLICIES},
    "keda-crds": {"mode": "keda-crds"},
    "namespaced": {"mode": "keda-crds", "watchNamespaces": ["shop", "orders"]},
    "direct": {"mode": "direct"},
    "elasti": DIRECT | {"elasti": {"resolver": "elasti/elasti-resolver-service:8012"}},
}
TLS = {
    "plaintext": {},
    "secret": {"tlsSecret": "headstart-tls"},
    "cert-manager": {"certManager": {"enabled": True, "issuerRef": {"name": "internal"}}},
}
MATRIX = list(itertools.product(MODES, TLS, [1, 2, 3]))
# The oldest one of Chart.yaml, the first one with preStop.sleep, and the newest.
VERSIONS = ("1.25", "1.30", "1.37")
EVERYTHING = {
    "serviceMonitor": {"enabled": True},
    "prometheusRule": {"enabled": True},
    "dashboard": {"enabled": True},
    "state": {"claim": {"size": "1Gi"}},
}


def with_value(values, path, value):
    """The values, and this one at its path."""
    key, _, rest = path.partition(".")
    return values | {key: with_value(values.get(key, {}), rest, value) if rest else value}


def assert_valid(objects, versions=VERSIONS[-1:]):
    for item in objects:
        complaint = schemas.complaint(item, versions)
        assert complaint is None, f"{item['kind']} {item['metadata']['name']}"
    named = [(item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"])
             for item in objects]
    assert len(set(named)) == len(named) > 0


def lint(values):
    command = [tools.path("helm"), "lint", "--strict", CHART, "--values=-"]
    deployment.run(*command, stdin=json.dumps(values))


def test_every_value_is_set_once():
    assert EVERY.keys() == set(leaves(SCHEMA))


@pytest.mark.parametrize("path", EVERY)
def test_a_value_changes_what_is_rendered(path):
    value, beside = EVERY[path]
    objects = template(with_value(beside, path, value))
    assert_valid(objects)
    # An issuer alone is refused.
    assert objects != template({} if path == "certManager.enabled" else beside)
    lint(with_value(beside, path, value))


def test_a_value_that_a_mode_does_not_use_is_refused_there():
    refused = []
    for path, mode in itertools.product(EVERY, ["keda", "keda-crds", "direct"]):
        value, beside = EVERY[path]
        if path == "mode" or path.startswith("certManager."):
            continue
        beside = beside | {"mode": mode}
        finished = subprocess.run(
            [tools.path("helm"), "template", "headstart", CHART, "--values=-"],
            input=json.dumps(with_value(beside, path, value)),
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        if finished.returncode == 0:
            assert deployment.documents(finished.stdout) != template(beside), (path, mode)
        else:
            assert f"'/{path.replace('.', '/')}'" in finished.stderr, (path, mode)
            refused.append((path, mode))
    assert ("direct.dryRun", "keda-crds") in refused and ("watchSelector", "keda") in refused
    assert not [each for each in refused if each[1] == "direct"]


@pytest.mark.parametrize("values", [{"name": "own"}, {"name": "own", "create": False}])
@pytest.mark.parametrize("mode", ["keda", "keda-crds", "namespaced", "direct", "elasti"])
def test_every_role_is_that_of_the_account_the_pods_have(mode, values):
    objects = template(MODES[mode] | {"serviceAccount": values})
    pod = deployment.workload(objects)["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "own"
    bindings = [item for item in objects if item["kind"] in ("RoleBinding", "ClusterRoleBinding")]
    assert bool(bindings) == (mode != "keda")
    for binding in bindings:
        (subject,) = binding["subjects"]
        assert (subject["name"], subject["namespace"]) == ("own", "headstart")
    made = [item["metadata"]["name"] for item in objects if item["kind"] == "ServiceAccount"]
    assert made == ([] if "create" in values else ["own"])


@pytest.mark.parametrize(("mode", "tls", "replicas"), MATRIX)
def test_the_chart_renders_what_kubernetes_takes(mode, tls, replicas):
    values = MODES[mode] | TLS[tls] | {"replicas": replicas}
    objects = template(values)
    assert_valid(objects)
    kinds = [item["kind"] for item in objects]
    assert ("PodDisruptionBudget" in kinds) == (replicas > 1)
    assert ("ClusterRole" in kinds) == (mode in ("keda-crds", "direct", "elasti"))
    certificate = "--grpc-tls-cert-file=/etc/headstart/tls/tls.crt"
    assert (certificate in deployment.flags(objects)) == (tls != "plaintext")
    lint(values)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("mode", MODES)
def test_every_kubernetes_of_the_chart_takes_it(mode, version):
    objects = template(MODES[mode] | EVERYTHING, f"--kube-version={version}")
    assert_valid(objects, (version,))


@pytest.mark.parametrize("mode", MODES)
def test_helm_installs_and_upgrades_the_chart(mode, tmp_path):
    cluster = Cluster(tmp_path, *PROMETHEUS_OPERATOR, *CERT_MANAGER)
    command = [
        "upgrade", "--install", "headstart", CHART,
        "--namespace=headstart", "--create-namespace", "--values=-",
    ]  # fmt: skip
    values = MODES[mode] | EVERYTHING | TLS["cert-manager"]
    if mode != "keda":
        values |= {"crds": {"install": True, "compat": True}}
    try:
        cluster.make_namespaces(values.get("watchNamespaces", []))
        for count in (1, 3):
            notes = cluster.helm(*command, stdin=json.dumps(values | {"replicas": count}))
            assert "STATUS: deployed" in notes
            assert ("headstart-headless.headstart.svc:50051" in notes) == (mode not in ("direct", "elasti"))
            deployed = cluster.api.get("StatefulSet", "headstart", "headstart")
            assert deployed["spec"]["replicas"] == count
    finally:
        cluster.close()
    assert len(cluster.api.all("CustomResourceDefinition")) == (0 if mode == "keda" else 5)


@pytest.mark.parametrize("mode", MODES)
def test_the_binary_takes_every_flag_of_the_chart(mode, headstart, tmp_path):
    values = MODES[mode] | TLS["secret"]
    flags = [
        "forecasterURL", "prometheusURL", "triggerServers", "logLevel", "extraArgs",
        "watchSelector", "direct.checkInterval", "direct.cooldown", "direct.dryRun",
        "direct.crossNamespace", "direct.pauseScaledObjects", "elasti.resolver",
    ]  # fmt: skip
    for path in flags:
        value, beside = EVERY[path]
        if beside in ({}, {"mode": values["mode"]}):
            values = with_value(values, path, value)
    given = deployment.flags(template(values))
    policies, state, tls = (tmp_path / name for name in ("policies", "state", "tls"))
    policies.mkdir()
    tls.mkdir()
    certificate, key = Authority(tmp_path).issue("server")
    shutil.copy(certificate, tls / "tls.crt")
    shutil.copy(key, tls / "tls.key")
    api = APIServer(*HEADSTART)
    places = {
        "/etc/headstart/policies": policies, "/var/lib/headstart": state, "/etc/headstart/tls": tls,
    }  # fmt: skip
    for place, folder in places.items():
        given = [flag.replace(place, str(folder)) for flag in given]
    if values["mode"] != "keda":
        given.append(f"--kubeconfig={api.kubeconfig(tmp_path / 'kubeconfig')}")
    try:
        assert {"--log-level=debug", "--lead-time=10m"} <= set(given)
        assert f"--grpc-tls-cert-file={tls}/tls.crt" in given
        server = headstart(*given, ready=False)
        eventually(lambda: server.get("/livez").status == 200)
        server.stop()
    finally:
        api.close()


def test_the_pod_of_helm_test_sees_whether_headstart_answers(headstart):
    (pod,) = [item for item in template() if item["kind"] == "Pod"]
    (container,) = pod["spec"]["containers"]
    server = headstart()

    def run(http_port, grpc_port):
        (script,) = container["args"]
        script = script.replace("headstart.headstart.svc/8082", f"127.0.0.1/{http_port}")
        script = script.replace("headstart-headless.headstart.svc/50051", f"127.0.0.1/{grpc_port}")
        return subprocess.run([*container["command"], script], timeout=30).returncode

    assert run(server.http_port, server.grpc_port) == 0
    assert run(server.http_port, free_port()) != 0
    server.stop()
    assert run(server.http_port, server.grpc_port) != 0


def test_the_pod_of_helm_test_is_no_pod_of_the_services_and_may_call_them():
    objects = template()
    (pod,) = [item for item in objects if item["kind"] == "Pod"]
    labels = pod["metadata"]["labels"].items()
    for item in objects:
        if item["kind"] == "Service":
            assert not item["spec"]["selector"].items() <= labels
    callers = [
        peer["podSelector"]["matchLabels"].items()
        for rule in find(objects, "NetworkPolicy")["spec"]["ingress"]
        for peer in rule["from"]
        if "podSelector" in peer and len(rule["ports"]) == 2
    ]
    assert callers and all(caller <= labels for caller in callers)


def test_a_certificate_has_every_name_of_the_services():
    objects = template(TLS["cert-manager"], release="a", namespace="b")
    (certificate,) = [item for item in objects if item["kind"] == "Certificate"]
    services = [item["metadata"]["name"] for item in objects if item["kind"] == "Service"]
    assert len(services) == 3
    assert set(certificate["spec"]["dnsNames"]) == {
        f"{service}{rest}"
        for service in services
        for rest in ("", ".b", ".b.svc", ".b.svc.cluster.local")
    }
    pod = deployment.workload(objects)["spec"]["template"]["spec"]
    (volume,) = [volume for volume in pod["volumes"] if volume["name"] == "tls"]
    assert volume["secret"]["secretName"] == certificate["spec"]["secretName"]


def test_a_secret_is_mounted_where_it_was_asked_for():
    pod = deployment.workload(template({"secrets": {"a.b": "/one", "c": "/two"}}))
    pod = pod["spec"]["template"]["spec"]
    names = {
        volume["name"]: volume["secret"]["secretName"]
        for volume in pod["volumes"] if "secret" in volume
    }  # fmt: skip
    mounts = {
        names[mount["name"]]: mount["mountPath"]
        for mount in pod["containers"][0]["volumeMounts"] if mount["name"] in names
    }  # fmt: skip
    assert mounts == {"a.b": "/one", "c": "/two"}


@pytest.mark.parametrize("none", ["", None])
def test_user_and_group_can_be_left_to_the_cluster(none):
    objects = template({"runAs": none})
    (test,) = [item for item in objects if item["kind"] == "Pod"]
    for pod in (deployment.workload(objects)["spec"]["template"], test):
        context = pod["spec"]["securityContext"]
        assert context == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


def test_labels_for_all_are_on_every_object_and_never_in_a_selector():
    objects = template({"commonLabels": {"team": "platform"}} | EVERYTHING)
    for item in objects:
        assert item["metadata"]["labels"]["team"] == "platform", item["kind"]
    workload = deployment.workload(objects)["spec"]
    assert workload["template"]["metadata"]["labels"]["team"] == "platform"
    assert "team" not in workload["selector"]["matchLabels"]


def test_a_claim_makes_a_stateful_set_with_one_claim_for_each_replica():
    objects = template({"state": {"claim": {"size": "2Gi", "storageClass": "fast"}}})
    workload = deployment.workload(objects)
    assert workload["kind"] == "StatefulSet"
    (claim,) = workload["spec"]["volumeClaimTemplates"]
    assert claim["metadata"]["name"] == "state"
    assert claim["spec"]["storageClassName"] == "fast"
    pod = workload["spec"]["template"]["spec"]
    assert "volumes" not in pod
    assert {"name": "state", "mountPath": "/var/lib/headstart"} in pod["containers"][0]["volumeMounts"]
    services = [item["metadata"]["name"] for item in objects if item["kind"] == "Service"]
    assert workload["spec"]["serviceName"] in services


@pytest.mark.parametrize("overlay", ["keda-crds", "namespaced", "direct", "elasti"])
def test_the_chart_grants_and_confines_as_the_overlay_does(overlay):
    ours = template(MODES[overlay])
    theirs = deployment.kustomize(KUBERNETES / "overlays" / overlay)

    def grants(objects):
        return {str(grant) for grant in deployment.Grant.all(deployment.rules(objects))}

    def pod(objects):
        spec = find(objects, "Deployment")["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        # Nothing of the overlay is on a volume of a claim.
        spec["securityContext"].pop("fsGroup", None)
        shared = ("securityContext", "ports", "readinessProbe", "livenessProbe", "lifecycle",
                  "resources", "volumeMounts")  # fmt: skip
        return [spec["securityContext"], spec["automountServiceAccountToken"], spec["volumes"]] + [
            container[key] for key in shared
        ]

    assert grants(ours) == grants(theirs)
    assert pod(ours) == pod(theirs)
    policies = [find(objects, "NetworkPolicy")["spec"] for objects in (ours, theirs)]
    for spec in policies:
        del spec["podSelector"]
        # The pod of helm test.
        spec["ingress"] = [rule for rule in spec["ingress"] if "headstart-test" not in str(rule)]
        for rule in spec["ingress"] + spec["egress"]:
            for peer in rule.get("from", []) + rule.get("to", []):
                # The chart's pods carry the release's name as well.
                peer.get("podSelector", {}).get("matchLabels", {}).pop(
                    "app.kubernetes.io/instance", None
                )
    assert policies[0] == policies[1]
