"""Wake-ups through both doors."""

import json
import threading
import urllib.error
import urllib.request

import pytest

from harness.apiserver import APIServer
from harness.policies import fixed, policy
from harness.server import Response, free_port
from harness.waiting import eventually
from test_streams import active_stream

TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


def post(server, path, body=None, method="POST", **headers):
    data = body if isinstance(body, bytes) else (json.dumps(body).encode() if body else b"")
    headers = {"Content-Type": "application/json"} | {
        key.replace("_", "-"): value for key, value in headers.items()
    }
    request = urllib.request.Request(
        server.http_url + path, data=data, headers=headers, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return Response(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        return Response(error.code, error.headers, error.read())


@pytest.fixture
def api():
    server = APIServer()
    yield server
    server.close()


@pytest.fixture
def direct(api, headstart, tmp_path):
    def start(*flags, **options):
        kubeconfig = api.kubeconfig(tmp_path / "kubeconfig")
        return headstart("--direct", f"--kubeconfig={kubeconfig}", *flags, **options)

    return start


def replicas(api):
    return api.get("Deployment", "default", "web")["spec"]["replicas"]


def test_a_wake_up_is_pushed_to_keda(headstart, scaler):
    server = headstart(policies={"a.yaml": policy("web", fixed(0))})
    client = scaler(server)
    stream = active_stream(client, "web")
    assert client.active("web") is False
    answer = post(server, "/api/v1/wake/default/web")
    assert answer.status == 202
    record = answer.json
    assert (record["namespace"], record["name"]) == ("default", "web")
    assert (record["previousReplicas"], record["desiredReplicas"]) == (0, 1)
    assert record["active"] is True
    assert record["scaledObjects"] == ["default/web"]
    assert record["target"] is None
    assert record["message"]
    assert "woken" in record["explanation"]
    assert stream.next()[1].result is True
    assert client.active("web")
    assert client.replicas("web") == 1
    assert server.metric("headstart_wake_ups_total", result="woken") == 1


def test_the_resolver_of_kubeelasti_is_answered_as_its_operator_does(headstart, scaler):
    server = headstart(policies={"a.yaml": policy("web", fixed(0))})
    client = scaler(server)
    stream = active_stream(client, "web")
    body = {"count": 1, "svc": "web", "namespace": "default"}
    answer = post(server, "/informer/incoming-request", body)
    assert (answer.status, answer.json) == (200, {"message": "Request received successfully!"})
    assert stream.next()[1].result is True
    assert client.replicas("web") == 1


def test_the_target_is_scaled_before_the_answer_comes(api, direct):
    api.deployment("web", 0)
    server = direct(
        "--check-interval=10m", policies={"a.yaml": policy("web", fixed(0), scaleTargetRef=TARGET)}
    )
    eventually(lambda: api.calls_of("get", "deployments", "scale"))
    answer = post(server, "/api/v1/wake/default/web")
    assert answer.status == 202
    assert answer.json["target"] == {"result": "scaled", "from": 0, "to": 1, "error": None}
    assert replicas(api) == 1
    # It has what it needs: nothing is written again.
    assert post(server, "/api/v1/wake/default/web").json["target"]["result"] == "unchanged"
    assert len(api.calls_of("patch", "deployments", "scale")) == 1


def test_a_wake_up_does_not_wait_for_the_cooldown(api, direct):
    api.deployment("web", 3)
    server = direct(
        "--check-interval=10m",
        "--cooldown=10m",
        policies={"a.yaml": policy("web", fixed(0), scaleTargetRef=TARGET)},
    )
    eventually(lambda: replicas(api) == 0)
    assert post(server, "/api/v1/wake/default/web").json["target"]["to"] == 1
    assert replicas(api) == 1


def test_what_keeps_the_target_from_being_scaled_is_told(api, direct):
    server = direct(policies={"a.yaml": policy("web", fixed(0), scaleTargetRef=TARGET)})
    eventually(lambda: api.calls_of("get", "deployments", "scale"))
    target = post(server, "/api/v1/wake/default/web").json["target"]
    assert target["result"] == "missing"
    assert "Deployment default/web" in target["error"]


def test_a_slow_api_server_holds_up_nobody_else(api, direct):
    api.deployment("web", 0)
    server = direct(policies={"a.yaml": policy("web", fixed(0), scaleTargetRef=TARGET)})
    eventually(lambda: api.calls_of("get", "deployments", "scale"))
    api.fail(503, count=20, verb="get", resource="deployments")
    answers = []
    call = threading.Thread(
        target=lambda: answers.append(post(server, "/api/v1/wake/default/web"))
    )
    call.start()
    # The probes are answered while the wake-up waits.
    for _ in range(20):
        assert server.get("/livez", timeout=1).status == 200
    call.join(15)
    assert answers[0].status == 202
    assert answers[0].json["target"]["result"] in ("pending", "failed")


def test_unknown_and_bad_calls(headstart):
    server = headstart(policies={"a.yaml": policy("web", fixed(0))})
    incoming = "/informer/incoming-request"
    good = {"count": 1, "svc": "web", "namespace": "default"}
    assert post(server, incoming, good | {"svc": "nothing"}).status == 404
    assert post(server, "/api/v1/wake/default/nothing").status == 404
    assert post(server, "/api/v1/wake/other/web").status == 404
    for body in (b"", b"{", b"[]", b'{"svc": 1}', b'{"svc": "web"}', b'{"namespace": "default"}',
                 b'{"svc": "", "namespace": "default"}', b'{"svc": "web", "namespace": null}',
                 b'{"count": "x", "svc": "web", "namespace": "default"}', b"\xff\xfe"):  # fmt: skip
        answer = post(server, incoming, body)
        assert answer.status == 400, (body, answer.text)
        assert "svc" in answer.json["error"]
    assert post(server, incoming, good, Content_Type="text/plain").status == 415
    assert post(server, incoming, b" " * 65537).status == 413
    assert post(server, incoming, method="GET").status == 405
    assert post(server, "/api/v1/wake/default/web", method="GET").headers["Allow"] == "POST"
    assert post(server, "/api/v1/wake/default/web?at=yesterday").status == 400
    assert post(server, incoming, good | {"more": [1]}).status == 200


def test_too_many_wake_ups_of_one_target_are_refused(headstart):
    policies = {"a.yaml": policy("web", fixed(0)), "b.yaml": policy("other", fixed(0))}
    server = headstart("--wake-up-limit=2", policies=policies)
    path = "/api/v1/wake/default/web"
    assert [post(server, path).status for _ in range(3)] == [202, 202, 429]
    answer = post(server, path)
    assert 1 <= int(answer.headers["Retry-After"]) <= 30
    assert post(server, "/api/v1/wake/default/other").status == 202
    assert server.metric("headstart_wake_ups_total", result="limited") == 2


def test_the_token_protects_wake_ups(headstart, tmp_path):
    token = tmp_path / "token"
    token.write_text("secret\n")
    server = headstart(
        f"--http-token-file={token}", policies={"a.yaml": policy("web", fixed(0))}, ready=False
    )
    eventually(lambda: server.get("/readyz").status == 200, message=lambda: server.log_text)
    assert post(server, "/api/v1/wake/default/web").status == 401
    assert post(server, "/api/v1/wake/default/web", Authorization="Bearer secret").status == 202


def test_every_replica_hears_of_a_wake_up(headstart, tmp_path, scaler):
    token = tmp_path / "token"
    token.write_text("secret\n")
    ports = [free_port(), free_port()]
    peers = ",".join(f"localhost:{port}" for port in ports)
    servers = []
    for port in ports:
        server = headstart(
            f"--http-token-file={token}",
            f"--peers={peers}",
            f"--http-listen=127.0.0.1:{port}",
            policies={"a.yaml": policy("web", fixed(0))},
            ready=False,
        )
        server.http_url = f"http://127.0.0.1:{port}"
        servers.append(server.wait_ready())
    clients = [scaler(server) for server in servers]
    streams = [active_stream(client, "web") for client in clients]
    assert [client.active("web") for client in clients] == [False, False]
    authorized = {"Authorization": "Bearer secret"}
    path = "/api/v1/wake/default/web"
    answer = post(servers[0], path, **authorized)
    assert answer.status == 202, answer.text
    # The own address is among the peers, and is left out.
    peer = {"address": f"127.0.0.1:{ports[1]}", "target": None, "error": None}
    assert answer.json["peers"] == [peer]
    assert [stream.next()[1].result for stream in streams] == [True, True]
    for server in servers:
        record = server.get("/api/v1/decisions/default/web", authorized).json
        assert record["desiredReplicas"] == 1
        assert "woken" in record["explanation"]
    servers[1].wait_for_log("woken up", '"forwarded":true')
    servers[0].wait_for_log("woken up")
    assert sum("woken up" in line for line in servers[0].log_text.splitlines()) == 1
    # A replica that is gone does not keep the others from waking up.
    servers[1].stop()
    answer = post(servers[0], path, **authorized)
    assert answer.status == 202
    assert answer.json["peers"][0]["address"] == f"127.0.0.1:{ports[1]}"
    assert "connect" in answer.json["peers"][0]["error"]


def test_the_replica_that_leads_scales_whichever_is_called(api, direct):
    api.deployment("web", 0)
    ports = [free_port(), free_port()]
    peers = ",".join(f"localhost:{port}" for port in ports)
    policies = {"a.yaml": policy("web", fixed(0), scaleTargetRef=TARGET)}
    servers = []
    for port in ports:
        flags = (f"--peers={peers}", f"--http-listen=127.0.0.1:{port}", "--check-interval=10m")
        server = direct(*flags, policies=policies, ready=False)
        server.http_url = f"http://127.0.0.1:{port}"
        servers.append(server.wait_ready())
    servers[0].wait_for_log("leading")
    record = post(servers[1], "/api/v1/wake/default/web").json
    assert record["target"]["result"] == "notLeading"
    assert [peer["target"] for peer in record["peers"]] == ["scaled"]
    assert replicas(api) == 1


def test_a_name_that_nobody_knows_is_reported(headstart):
    server = headstart(
        "--peers=nowhere.invalid:8082", policies={"a.yaml": policy("web", fixed(0))}
    )
    answer = post(server, "/api/v1/wake/default/web")
    assert answer.status == 202
    assert answer.json["peers"][0]["address"] == "nowhere.invalid:8082"


def test_the_process_ends_in_order_while_somebody_waits(api, direct):
    api.deployment("web", 0)
    server = direct(policies={"a.yaml": policy("web", fixed(0), scaleTargetRef=TARGET)})
    eventually(lambda: api.calls_of("get", "deployments", "scale"))
    api.fail(503, count=50, verb="get", resource="deployments")
    ended = threading.Event()

    def call():
        try:
            post(server, "/api/v1/wake/default/web")
        except OSError:
            pass
        ended.set()

    threading.Thread(target=call).start()
    server.wait_for_log("woken up")
    # Exit code 0, and no one is left waiting.
    server.stop()
    assert ended.wait(10)
