"""What strangers, neighbours and accidents try on a server."""

import base64
import concurrent.futures
import json
import socket
import struct
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness import latency
from harness.certificates import Authority
from harness.fake_prometheus import FakePrometheus
from harness.paths import BINARY
from harness.policies import fixed, forecast, policy, query, source
from harness.server import free_port, run_command
from harness.waiting import eventually

POLICY = {"a.yaml": policy("web", fixed(3))}


class Upstream:
    """An HTTP server that answers whatever `answer(handler)` sends."""

    def __init__(self, answer):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, body, kind = answer(self)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_PATCH = do_PUT = do_GET

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def ask(server, request):
    """The status line's number of the answer to raw bytes."""
    with socket.create_connection(("127.0.0.1", server.http_port), 10) as client:
        client.sendall(request.encode())
        return int(client.recv(65536).split()[1])


# Browsers


@pytest.mark.parametrize(
    "head, status",
    [
        ("Host: x", 202),
        ("Host: localhost\r\nOrigin: http://localhost", 202),
        ("Host: localhost\r\nOrigin: http://evil.example", 403),
        ("Host: localhost\r\nOrigin: null", 403),
        ("Host: localhost\r\nSec-Fetch-Site: cross-site", 403),
        ("Host: evil.example\r\nOrigin: http://evil.example", 403),
        ("Host: headstart.example\r\nOrigin: http://headstart.example", 202),
        ("Host: x\r\nTransfer-Encoding : chunked", 400),
    ],
)
def test_pages_of_other_sites_wake_nothing(headstart, head, status):
    server = headstart("--http-hosts=headstart.example", policies=POLICY)
    request = f"POST /api/v1/wake/default/web HTTP/1.1\r\n{head}\r\nContent-Length: 0\r\n\r\n"
    assert ask(server, request) == status


# Wake-ups of replicas that start


def test_a_starting_replica_does_not_call_a_policy_unknown(headstart):
    upstream = FakePrometheus()
    upstream.close()
    server = headstart(
        policies={
            "a.yaml": policy("web", query("up", 100, origin="main")),
            "b.yaml": source("main", "prometheus", upstream.url),
        },
        ready=False,
    )
    path = "/api/v1/wake/default/unheard-of"
    request = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    eventually(lambda: server.get("/livez").status == 200, message=lambda: server.log_text)
    assert ask(server, request) == 503
    eventually(lambda: ask(server, request) == 404, timeout=30)


def test_a_replica_that_starts_is_called_once_more_and_none_twice(headstart):
    calls = []

    def answer(handler):
        calls.append(handler.path)
        if len(calls) == 1:
            return 503, b"{}", "application/json"
        return 202, b"{}", "application/json"

    peer = Upstream(answer)
    address = f"127.0.0.1:{peer.port}"
    server = headstart(f"--peers={address},localhost:{peer.port},{address}", policies=POLICY)
    found = server.get("/api/v1/policies").json
    assert found["matching"] == 1
    request = "POST /api/v1/wake/default/web HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.http_port), 10) as client:
        client.sendall(request.encode())
        report = json.loads(client.recv(65536).split(b"\r\n\r\n")[1])
    assert report["peers"] == [{"address": address, "target": None, "error": None}]
    assert len(calls) == 2
    peer.close()


# Reloads


def test_however_many_ask_files_are_read_again_once_a_second(headstart):
    server = headstart(policies=POLICY)
    began = time.monotonic()
    request = "POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert set(pool.map(lambda _: ask(server, request), range(48))) == {200}
    seconds = time.monotonic() - began
    reloads = sum('"reloaded"' in line for line in server.log_text.splitlines())
    assert 1 <= reloads <= seconds + 1


# The log level


def test_the_log_level_is_set_with_the_token(headstart, tmp_path):
    token = tmp_path / "token"
    token.write_text("secret-of-the-side-port")
    server = headstart(f"--http-token-file={token}", policies=POLICY, ready=False)
    eventually(lambda: server.get("/readyz").status == 200)

    def put(body, *more):
        head = "\r\n".join(["Host: x", f"Content-Length: {len(body)}", *more])
        return ask(server, f"PUT /api/v1/log-level HTTP/1.1\r\n{head}\r\n\r\n{body}")

    authorization = "Authorization: Bearer secret-of-the-side-port"
    assert put("debug") == 401
    assert put("loud", authorization) == 400
    assert put("debug", authorization) == 200
    server.wait_for_log("log level is debug")


# Secrets


def test_no_secret_is_repeated_anywhere(headstart, tmp_path, scaler):
    secret = "s3cret/t0ken+of-a-source"
    variants = [
        secret,
        secret.upper(),
        base64.b64encode(secret.encode()).decode(),
    ]
    login = base64.b64encode(f"user:{secret}".encode()).decode()

    asked = []

    def answer(handler):
        asked.append(handler.path)
        text = f"refused: {handler.headers.get('Authorization')} {' '.join([*variants, login])}"
        return 500, text.encode(), "text/plain"

    upstream = Upstream(answer)
    token = tmp_path / "token"
    token.write_text(secret)
    user = {"name": "u", "user": {"token": secret}}
    cluster = {"name": "c", "cluster": {"server": upstream.url}}
    context = {"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "default"}}
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        json.dumps(
            {"apiVersion": "v1", "kind": "Config", "current-context": "x"}
            | {"clusters": [cluster], "users": [user], "contexts": [context]}
        )
    )
    authorized = source("main", "prometheus", upstream.url, bearerTokenFile=str(token))
    server = headstart(
        "--log-level=debug",
        f"--http-token-file={token}",
        f"--peers=127.0.0.1:{upstream.port}",
        "--watch",
        "--direct",
        f"--kubeconfig={kubeconfig}",
        policies={
            "a.yaml": policy("web", query("up", 100, origin="main")),
            "b.yaml": authorized,
            # A source without credentials, in front of which the same proxy stands.
            "c.yaml": source("plain", "prometheus", upstream.url),
            "d.yaml": policy("other", query("up", 100, origin="plain")),
        },
        ready=False,
    )
    headers = {"Authorization": f"Bearer {secret}"}
    eventually(lambda: "refused" in server.log_text, message=lambda: server.log_text)
    # The API server, too, repeats the token that it got.
    eventually(lambda: any("headstart.dev" in path for path in asked), 15)
    # A call is tried for ten seconds.
    server.wait_for_log("the Lease cannot be used", "refused", timeout=40)
    wake = (
        "POST /api/v1/wake/default/web HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
        f"Authorization: Bearer {secret}\r\n\r\n"
    )

    def woken():
        with socket.create_connection(("127.0.0.1", server.http_port), 10) as client:
            client.sendall(wake.encode())
            text = client.recv(65536).decode()
        # While it starts no other replica is told.
        return text.split()[1] != "503" and text

    seen = [eventually(woken, 30)]
    for path in (
        "/metrics",
        "/healthz",
        "/readyz",
        "/api/v1/policies",
        "/api/v1/decisions/default/web",
        "/api/v1/decisions/default/other",
        "/api/v1/decisions/default/web/history",
        "/api/v1/history",
        "/",
    ):
        seen.append(server.get(path, headers).text)
    told = run_command("explain", "web", f"--server={server.http_url}", f"--token-file={token}")
    seen += [told.stdout, told.stderr]
    server.wait_for_log("a wake-up did not reach a replica")
    seen.append(server.log_text)
    for text in seen:
        # Of the login the digits at its ends stand for other bytes, too.
        for variant in [*variants, login[8:-4]]:
            assert variant not in text, text[max(0, text.index(variant) - 200) :][:400]
    upstream.close()


# Long forecasts


def test_probes_are_answered_while_forecasts_are_long_and_scrapes_many(headstart):
    def answer(handler):
        if "/forecast" not in handler.path:
            return 200, b"{}", "application/json"
        workload = handler.path.split("workload=")[1]
        body = {
            "workload": workload,
            "metric": "x",
            "generatedAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "stepSeconds": 1,
            "horizonSeconds": 100_000,
            "values": SERIES,
            "desiredReplicas": REPLICAS,
        }
        return 200, json.dumps(body).encode(), "application/json"

    upstream = Upstream(answer)
    policies = {
        f"{number}.yaml": policy(f"p{number}", forecast(f"p{number}", origin="default"))
        for number in range(100)
    }
    server = headstart(f"--forecaster-url={upstream.url}", policies=policies, ready=False)
    eventually(lambda: server.get("/readyz").status == 200, timeout=120)
    stop = threading.Event()

    def scrape():
        while not stop.is_set():
            assert server.get("/metrics").status == 200
            server.get("/api/v1/decisions/default/p1/projection?hours=168")

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        scrapes = [pool.submit(scrape) for _ in range(8)]
        try:
            # So long the eight scrapes and projections load the side port while it is judged.
            latency.judge("http", server.http_port, lambda: time.sleep(4))
        finally:
            stop.set()
        for each in scrapes:
            each.result()
    upstream.close()


SERIES = [float(100 + step % 7) for step in range(100_000)]
REPLICAS = [2 + step % 7 for step in range(100_000)]


# Commands


@pytest.mark.parametrize("command", ["check", "plan", "version", "help"])
def test_a_full_disk_is_a_failure(tmp_path, command):
    manifest = tmp_path / "a.yaml"
    manifest.write_text(policy("web", fixed(3)))
    arguments = [command, str(manifest)] if command in ("check", "plan") else [command]
    with open("/dev/full", "wb") as full:
        done = subprocess.run([BINARY, *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr


def test_explain_shows_escape_sequences_and_does_not_send_them(tmp_path):
    upstream = Upstream(
        lambda handler: (200, "3 replicas \x1b[31mred\x1b[0m \u202e\n".encode(), "text/plain")
    )
    told = run_command("explain", "web", f"--server={upstream.url}")
    assert told.returncode == 0
    assert "\x1b" not in told.stdout and "\u202e" not in told.stdout
    assert "\\u{1b}[31mred" in told.stdout
    upstream.close()


def test_a_chain_in_the_wrong_order_is_named(tmp_path):
    authority = Authority(tmp_path)
    certificate, key = authority.issue("server")
    chain = tmp_path / "chain.pem"
    chain.write_bytes(authority.certificate.read_bytes() + certificate.read_bytes())
    for prefix in ("grpc-tls", "http-tls"):
        done = run_command(
            "serve",
            f"--listen=127.0.0.1:{free_port()}",
            f"--http-listen=127.0.0.1:{free_port()}",
            f"--{prefix}-cert-file={chain}",
            f"--{prefix}-key-file={key}",
        )
        assert done.returncode == 2
        assert "it belongs to number 2" in done.stderr


def test_a_file_that_is_not_read_is_named(headstart, tmp_path):
    server = headstart(policies={**POLICY, "second": policy("second", fixed(1)), ".hidden": "x"})
    server.wait_for_log("second", "not read, because of its name")
    assert ".hidden" not in server.log_text
    directory = tmp_path / "policies"
    for name in ("below", "b.yaml", "lost+found"):
        (directory / name).mkdir()
    server.wait_for_log("/below/", "not read: what is in a directory")
    server.wait_for_log("/b.yaml/", "not read: what is in a directory")
    assert "lost+found" not in server.log_text
    done = run_command("check", str(directory))
    assert done.returncode == 0
    assert f"{directory}/second: warning: not read, because of its name" in done.stdout
    assert f"{directory}/below/: warning: not read: what is in a directory" in done.stdout


# Connections


def test_the_orderly_close_of_a_client_is_no_protocol_error(headstart):
    server = headstart(policies=POLICY)
    with socket.create_connection(("127.0.0.1", server.grpc_port), 10) as client:
        client.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
        client.recv(100)
        # GOAWAY as grpc-go sends it, with its own last stream.
        client.sendall(b"\0\0\x08\7\0\0\0\0\0" + struct.pack(">LL", 1, 0))
    eventually(
        lambda: server.metric("headstart_connections_closed_total", reason="client") == 1
    )
    assert not server.metric("headstart_connections_closed_total", reason="protocol")
