"""Two replicas: each tells the other what its signals last asked."""

import json
import time
from contextlib import suppress
from pathlib import Path

import pytest

from harness.decisions import wait_for_readings
from harness.fake_prometheus import FakePrometheus
from harness.policies import fixed, policy
from harness.server import free_port
from harness.waiting import eventually
from test_memory import asks, manifest, port_is_open


@pytest.fixture
def sources():
    """A Prometheus for each replica, so that one can be cut off alone."""
    found = [FakePrometheus(), FakePrometheus()]
    for each in found:
        each.result = {"resultType": "scalar", "result": [0, "2500"]}
    yield found
    for each in found:
        each.close()


@pytest.fixture
def replica(headstart, tmp_path, sources):
    """Starts the replica of that number. Each reads its own Prometheus."""
    ports = [free_port(), free_port()]

    def start(index, *flags, ready=True, peers=None):
        folder = tmp_path / f"policies-{index}"
        folder.mkdir(exist_ok=True)
        (folder / "shop.yaml").write_text(manifest(sources[index]))
        (folder / "idle.yaml").write_text(
            policy("idle", fixed(0), activity={"cooldown": "10m"}, namespace="default")
        )
        peers = peers or ",".join(f"127.0.0.1:{port}" for port in ports)
        server = headstart(
            f"--peers={peers}", f"--policies={folder}",
            f"--http-listen=127.0.0.1:{ports[index]}", *flags, ready=False,
        )
        server.http_url = f"http://127.0.0.1:{ports[index]}"
        return server.wait_ready() if ready else server

    return start


def told(server, query="", **headers):
    return server.get(f"/api/v1/memory{query}", headers)


def contribution(server):
    record = server.get("/api/v1/decisions/default/shop").json
    return next(each for each in record["contributions"] if each["signal"] == "live")


def test_a_replica_that_starts_without_its_source_asks_as_the_other_does(replica, scaler, sources):
    replica(0)
    sources[1].mode = "error"
    second = replica(1)
    assert scaler(second).replicas("shop") == 25
    live = contribution(second)
    assert live["state"] == "held"
    assert live["origin"].startswith("peer 127.0.0.1:")
    assert "learnt from peer" in second.get("/api/v1/decisions/default/shop").text


def test_a_replica_that_is_cut_off_follows_the_other_up_and_down(replica, sources):
    first, second = replica(0), replica(1)
    sources[1].mode = "error"
    eventually(lambda: contribution(second)["state"] == "held")
    for value, replicas in [("4000", 40), ("300", 3)]:
        sources[0].result = {"resultType": "scalar", "result": [0, value]}
        eventually(lambda replicas=replicas: asks(first) == replicas)
        eventually(lambda replicas=replicas: asks(second) == replicas)
    # Both are cut off: nothing falls, and what is back counts at once.
    sources[0].mode = "error"
    eventually(lambda: contribution(first)["state"] == "held")
    assert asks(first) == asks(second) == 3
    sources[1].result = {"resultType": "scalar", "result": [0, "500"]}
    sources[1].mode = "ok"
    eventually(lambda: asks(second) == 5)
    eventually(lambda: asks(first) == 5)


def test_sleeping_workloads_stay_asleep_and_woken_ones_awake_on_every_replica(replica, scaler):
    first = replica(0)
    assert scaler(first).active("idle") is False
    assert first.get("/api/v1/wake/default/idle", method="POST").status == 202
    assert scaler(first).active("idle") is True
    # It was not there when the workload was woken.
    second = replica(1)
    assert scaler(second).active("idle") is True
    assert scaler(second).replicas("shop") == 25


@pytest.fixture
def shared(headstart, tmp_path, sources):
    """Starts replicas that mount the same manifests: shared(number, *flags)."""
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / "shop.yaml").write_text(manifest(sources[0]))
    ports = [free_port(), free_port()]

    def start(index, *flags, peers=None):
        peers = peers or ",".join(f"127.0.0.1:{port}" for port in ports)
        server = headstart(
            f"--peers={peers}", f"--policies={folder}", f"--state-dir={tmp_path / f'state-{index}'}",
            f"--http-listen=127.0.0.1:{ports[index]}", *flags, ready=False,
        )
        server.http_url = f"http://127.0.0.1:{ports[index]}"
        return server

    start.file = folder / "shop.yaml"
    start.state = lambda index: tmp_path / f"state-{index}"
    return start


def spoil(file):
    """As a ConfigMap with a typing error: for every replica that mounts it."""
    new = file.with_name(".new")
    new.write_text(file.read_text().replace("threshold: 100", "treshold: 100"))
    new.rename(file)


@pytest.mark.parametrize(
    "spoilt",
    [spoil, lambda file: file.write_text("kind: ["), lambda file: file.write_text(""), Path.unlink],
    ids=["typo", "no YAML", "no byte", "the whole directory"],
)
def test_a_pod_that_is_replaced_while_a_file_is_broken_learns_from_its_peer(
    shared, scaler, sources, spoilt
):
    first = shared(0).wait_ready()
    eventually((shared.state(0) / "manifests").exists)
    spoilt(shared.file)
    eventually(lambda: first.get("/api/v1/findings").json["errors"] > 0)
    for each in sources:
        each.mode = "error"
    second = shared(1).wait_ready()
    assert scaler(second).replicas("shop") == scaler(first).replicas("shop") == 25
    finding = next(
        each for each in second.get("/api/v1/findings").json["findings"] if each["severity"] == "error"
    )
    gone = not shared.file.exists()
    assert gone or finding["lastGoodIsUsed"] and finding["file"] == str(shared.file)
    assert "as another replica last knew it" in second.log_text
    # From its own directory from then on.
    first.stop()
    second.stop()
    assert scaler(shared(1).wait_ready()).replicas("shop") == 25


@pytest.mark.parametrize(
    "content", ["kind: ScalingPolicy", "treshold: 100", "# nothing", "\u0000", None],
    ids=["incomplete", "no better", "of another file", "no text", "no answer"],
)
def test_a_peer_that_knows_no_better_changes_nothing(shared, http_answers, content):
    name = "other.yaml" if content == "# nothing" else "shop.yaml"
    path = str(shared.file.with_name(name))
    told = {"format": 1, "files": [{"directory": "/", "path": path, "content": content}]}
    address = http_answers(json.dumps(told).encode())
    spoil(shared.file)
    server = shared(0, peers=address)
    server.wait_for_log("waiting for the first readings")
    answer = server.get("/readyz")
    assert answer.status == 503 and "shop.yaml:" in answer.text
    assert not port_is_open(server)
    assert any(path.startswith("/api/v1/memory/files?path=") for path in http_answers.requests)


def test_what_may_be_a_secret_is_told_with_the_token_only(shared, tmp_path):
    shared.file.write_text(
        shared.file.read_text().replace("timeout: 500ms", "timeout: 500ms, headers: {X-Key: s3cret}")
    )
    server = shared(0)
    eventually((shared.state(0) / "manifests").exists)
    assert server.get("/api/v1/memory/files").json == {"format": 1, "files": []}
    server.stop()
    token = tmp_path / "token"
    token.write_text("opensesame\n")
    server = shared(0, f"--http-token-file={token}")
    eventually(lambda: server.get("/livez").status == 200)
    assert server.get("/api/v1/memory/files").status == 401
    (file,) = server.get(
        "/api/v1/memory/files", {"Authorization": "Bearer opensesame"}
    ).json["files"]
    assert file["path"] == str(shared.file) and "s3cret" in file["content"]


def test_nothing_waits_for_a_peer_that_is_silent(replica, sources, scaler):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        # It takes connections and says nothing: the start goes on after two seconds.
        server = replica(0, peers=f"127.0.0.1:{silent.getsockname()[1]}")
        assert scaler(server).replicas("shop") == 25
        sources[0].mode = "error"
        eventually(lambda: contribution(server)["state"] == "held")
        assert scaler(server).replicas("shop") == 25
        assert server.get("/livez").status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\xff<html>" * 100,
        b'{"format":9,"policies":{"default/shop":{"signals":{"live":{"replicas":90}}}}}',
        b'{"format":1,"policies":{"default/shop":{"signals":{"live":{"replicas":9000000000}}}}}',
    ],
)
def test_what_a_peer_says_is_checked(replica, sources, http_answers, body):
    address = http_answers(body)
    sources[0].mode = "error"
    server = replica(0, peers=address, ready=False)
    server.wait_for_log("another replica does not say what it knows", address)
    assert asks(server) is None
    assert not port_is_open(server)


def test_what_was_on_its_way_for_long_is_no_newer_than_what_was_read_here(
    replica, sources, http_answers
):
    """A peer is asked when this replica has lost its source, and answers seconds later."""
    server = replica(0, peers=http_answers(b'{"format":1,"policies":{}}'))
    live = told(server).json["policies"]["default/shop"]["signals"]["live"]
    read_at = time.monotonic()

    def report():
        age = int(1000 * (time.monotonic() - read_at))
        older = {"replicas": 3, "value": 300, "read": age, "definition": live["definition"]}
        policies = {"default/shop": {"signals": {"live": older}}}
        return json.dumps({"format": 1, "policies": policies}).encode()

    wait_for_readings(server, sources[0], 1)
    http_answers.body = report
    http_answers.delay = 4
    sources[0].mode = "error"
    asked = len(http_answers.requests)
    eventually(lambda: contribution(server)["state"] == "held")
    eventually(lambda: len(http_answers.requests) >= asked + 2, 30)
    assert asks(server) == 25
    # Read after that.
    read_at = time.monotonic()
    http_answers.delay = 0
    eventually(lambda: asks(server) == 3, 20)


def test_an_address_that_stands_twice_is_called_once(replica, http_answers):
    address = http_answers(b'{"format":1,"policies":{}}')
    port = address.rsplit(":", 1)[1]
    replica(0, peers=f"{address},{address},127.0.0.1:{port}")
    assert len(http_answers.requests) == 1


def test_the_memory_needs_the_token_and_knows_its_own_call(replica, tmp_path):
    token = tmp_path / "token"
    token.write_text("s3cret\n")
    server = replica(0, f"--http-token-file={token}", ready=False)
    eventually(lambda: server.get("/readyz").status == 200)
    assert told(server).status == 401
    answer = told(server, Authorization="Bearer s3cret")
    memory = answer.json["policies"]["default/shop"]
    assert answer.json["format"] == 1
    assert memory["signals"]["live"]["replicas"] == 25
    assert told(server, "?state=lost", Authorization="Bearer s3cret").status == 400
    only = told(server, "?state=fresh&policy=default%2Fother", Authorization="Bearer s3cret")
    assert only.json["policies"] == {}
    # With the token, and no failure for the address that is its own.
    second = replica(1, f"--http-token-file={token}", ready=False)
    eventually(lambda: second.get("/readyz").status == 200)
    metrics = second.get("/metrics", {"Authorization": "Bearer s3cret"}).text
    assert 'headstart_peer_memory_calls_total{result="answered"} 1' in metrics
    assert 'headstart_peer_memory_calls_total{result="failed"} 0' in metrics


@pytest.fixture
def http_answers():
    """Starts servers that answer every request with one body, or with what `body` returns, after
    `delay` seconds; returns their address."""
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    servers = []
    ended = threading.Event()

    def start(body):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                start.requests.append(self.path)
                answer = start.body() if start.body else body
                ended.wait(start.delay)
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)

            def log_message(self, *arguments):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"127.0.0.1:{server.server_port}"

    start.requests = []
    start.body = None
    start.delay = 0
    yield start
    ended.set()
    for server in servers:
        server.shutdown()
        server.server_close()
