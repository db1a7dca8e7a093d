"""Tokens, roles, certificates: how Headstart reaches the API server, and what it may do there."""

import base64
import json

from harness.apiserver import HEADSTART, APIServer
from harness.certificates import Authority
from harness.custom_resources import broken, events, policy, replicas
from harness.server import run_command
from harness.waiting import eventually


def test_a_token_file_is_read_again_when_the_server_refuses_the_old_one(api, headstart, tmp_path):
    token = tmp_path / "token"
    token.write_text("old")
    api.tokens = {"old": "headstart"}
    api.apply(policy("web", 3))
    config = api.kubeconfig(tmp_path / "kubeconfig", tokenFile=str(token))
    server = headstart("--watch", f"--kubeconfig={config}")
    token.write_text("new")
    api.tokens = {"new": "headstart"}
    api.end_watches()
    api.apply(policy("web", 4))
    eventually(lambda: replicas(server, "web") == 4, timeout=15)


def test_a_role_that_lacks_a_rule_is_named(api, cluster):
    api.apply(policy("web", 3))
    api.allow_only(
        [
            {
                "apiGroups": ["headstart.dev"],
                "resources": ["scalingpolicies"],
                "verbs": ["list", "watch"],
            }
        ]
    )
    server = cluster()
    assert replicas(server, "web") == 3
    line = server.wait_for_log("datasources", "the verb list on datasources")
    assert json.loads(line)["level"].lower().startswith("warn")


def test_nothing_is_asked_for_but_what_the_documentation_names(api, cluster):
    rules = [
        {
            "apiGroups": ["headstart.dev"],
            "resources": ["scalingpolicies", "datasources", "calendars"],
            "verbs": ["list", "watch"],
        },
        {"apiGroups": ["easyscale.io"], "resources": ["scalingrules"], "verbs": ["list", "watch"]},
        {
            "apiGroups": ["elasti.truefoundry.com"],
            "resources": ["elastiservices"],
            "verbs": ["list", "watch"],
        },
        {
            "apiGroups": ["headstart.dev", "easyscale.io", "elasti.truefoundry.com"],
            "resources": [
                "scalingpolicies/status",
                "datasources/status",
                "calendars/status",
                "scalingrules/status",
                "elastiservices/status",
            ],
            "verbs": ["patch"],
        },
        {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]},
        {
            "apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "verbs": ["get", "create", "update"],
            "namespace": "headstart",
        },
    ]
    api.allow_only(rules)
    api.apply(policy("web", 3))
    api.apply(broken("broken"))
    server = cluster()
    for name in ("web", "broken"):
        eventually(
            lambda name=name: api.get("ScalingPolicy", "default", name).get("status"), timeout=20
        )
    eventually(lambda: events(api, "Invalid"))
    api.apply(policy("web", 4))
    eventually(lambda: replicas(server, "web") == 4)
    assert not [call for call in api.calls if call.code == 403]


def test_tls_with_data_of_a_kubeconfig(headstart, tmp_path):
    authority = Authority(tmp_path)
    api = APIServer(*HEADSTART, certificate=authority.issue("localhost"))
    try:
        api.apply(policy("web", 3))
        path = api.kubeconfig(tmp_path / "kubeconfig")
        config = json.loads(path.read_text())
        # Without the authority the server is not believed.
        refused = headstart("--watch", f"--kubeconfig={path}", ready=False)
        refused.wait_for_log("could not agree on TLS")
        data = base64.b64encode(authority.certificate.read_bytes()).decode()
        config["clusters"][0]["cluster"]["certificate-authority-data"] = data
        path.write_text(json.dumps(config))
        server = headstart("--watch", f"--kubeconfig={path}")
        assert replicas(server, "web") == 3
    finally:
        api.close()


def test_a_client_certificate_as_data_of_a_kubeconfig(headstart, tmp_path):
    authority = Authority(tmp_path)
    api = APIServer(
        *HEADSTART,
        certificate=authority.issue("localhost"),
        client_authority=authority.certificate,
    )
    try:
        api.apply(policy("web", 3))
        certificate, key = authority.issue("operator")
        encoded = {
            "client-certificate-data": base64.b64encode(certificate.read_bytes()).decode(),
            "client-key-data": base64.b64encode(key.read_bytes()).decode(),
        }
        path = api.kubeconfig(tmp_path / "kubeconfig", **encoded)
        config = json.loads(path.read_text())
        config["clusters"][0]["cluster"]["certificate-authority"] = "authority.crt"
        path.write_text(json.dumps(config))
        server = headstart("--watch", f"--kubeconfig={path}")
        assert replicas(server, "web") == 3
        assert {call.user for call in api.calls} == {"operator"}
    finally:
        api.close()


def test_the_service_account_of_a_pod_is_looked_for():
    environment = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "1"}
    ended = run_command("serve", "--watch", environment=environment)
    assert ended.returncode == 2
    assert "automountServiceAccountToken" in ended.stderr


# Status
