"""The side port: metrics, health, policies and decisions; and the log."""

import shutil
import subprocess

import pytest

from harness.policies import fixed, policy
from harness.server import Headstart, free_port, run_command
from harness.waiting import eventually

# Kedastral's metric families, whose names existing dashboards hold.
SEED = [
    "kedastral_scaler_desired_replicas_returned",
    "kedastral_scaler_forecast_age_seen_seconds",
    "kedastral_scaler_forecast_fetch_duration_seconds",
    "kedastral_scaler_grpc_request_duration_seconds",
    "kedastral_scaler_forecast_fetch_errors_total",
    "kedastral_scaler_grpc_requests_total",
]


@pytest.fixture
def server(headstart, scaler):
    server = headstart(policies={"a.yaml": policy("my-api", fixed(20), fixed(3, name="second"))})
    client = scaler(server)
    assert client.replicas("my-api") == 20
    assert client.active("my-api")
    return server


def test_all_families_of_the_seed_are_there(server):
    text = server.get("/metrics").text
    for family in SEED:
        assert f"# TYPE {family} " in text
    assert server.metric("kedastral_scaler_desired_replicas_returned") == 20
    assert server.metric("kedastral_scaler_grpc_requests_total", method="GetMetrics") >= 1


@pytest.mark.parametrize("accept", ["text/plain", "application/openmetrics-text"])
def test_promtool_finds_nothing(server, accept):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (scripts/bootstrap test)")
    answer = server.get("/metrics", {"Accept": accept})
    assert answer.headers["Content-Type"].startswith(accept)
    if accept.startswith("application"):
        assert answer.text.endswith("# EOF\n")
        return
    finished = subprocess.run(
        [promtool, "check", "metrics"], input=answer.text, capture_output=True, text=True
    )
    assert (finished.returncode, finished.stdout + finished.stderr) == (0, "")


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz"])
def test_a_healthy_server_says_200(server, path):
    assert server.get(path).status == 200


def test_healthz_names_each_check(server):
    answer = server.get("/healthz")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json


def test_the_policies_are_listed(server):
    answer = server.get("/api/v1/policies")
    assert answer.status == 200
    assert "my-api" in answer.text and "calendar" in answer.text


def test_a_decision_explains_itself(server):
    answer = server.get("/api/v1/decisions/default/my-api")
    assert answer.status == 200
    assert answer.json
    for word in ("calendar", "second", "20"):
        assert word in answer.text


@pytest.mark.parametrize(
    "path, status",
    [
        ("/api/v1/decisions/default/absent", 404),
        ("/api/v1/decisions/default", 404),
        ("/api/v1/decisions/default/my-api/more", 404),
        ("/api/v1/decisions/%2e%2e/%00", 404),
        ("/absent", 404),
        ("/" + "x" * 4000, 404),
    ],
)
def test_what_is_not_there_is_404(server, path, status):
    assert server.get(path).status == status


def test_other_methods_are_405(server):
    import urllib.error
    import urllib.request

    request = urllib.request.Request(server.http_url + "/metrics", data=b"x", method="POST")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=5)
    assert caught.value.code == 405


def test_one_line_is_logged_for_each_changed_decision(server, scaler, policy_directory):
    def lines():
        return [
            record
            for record in server.log
            if record["level"] == "info" and "my-api" in str(record) and "20" in str(record)
        ]

    eventually(lambda: len(lines()) == 1)
    client = scaler(server)
    for _ in range(50):
        client.replicas("my-api")
    assert len(lines()) == 1
    policy_directory({"a.yaml": policy("my-api", fixed(21))})
    eventually(lambda: client.replicas("my-api") == 21)
    assert any("21" in str(record) for record in server.log)


def test_every_line_of_the_json_log_has_time_level_and_message(server):
    assert server.log
    for record in server.log:
        assert {"time", "level", "message"} <= record.keys()


def test_the_text_log_is_for_people(tmp_path):
    server = Headstart("--log-format=text")
    try:
        server.wait_ready()
        assert "INFO" in server.log_text
    finally:
        server.stop()


def test_the_first_lines_say_where_it_listens(server):
    # It is ready before it says so.
    server.wait_for_log(str(server.grpc_port))
    server.wait_for_log(str(server.http_port))


# The token


def test_a_token_is_asked_for_by_everything_but_the_probes(headstart, tmp_path):
    file = tmp_path / "token"
    file.write_text("first\n")
    server = headstart(f"--http-token-file={file}")

    def status(path, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return server.get(path, headers).status

    for path in ("/livez", "/readyz", "/healthz", "/-/healthy", "/-/ready"):
        assert status(path) == 200
    for path in ("/metrics", "/", "/api/v1/policies", "/nothing", "/livez/", "/%6civez"):
        assert status(path) == 401
        assert status(path, "firs") == status(path, "first2") == status(path, "wrong") == 401
    assert server.get("/metrics").headers["WWW-Authenticate"] == "Bearer"
    assert server.get("/metrics", {"Authorization": "Basic first"}).status == 401
    assert status("/metrics", "first") == 200
    file.write_text("second")
    assert status("/metrics", "first") == 401
    assert status("/metrics", "second") == 200
    file.unlink()
    assert status("/metrics", "second") == 503
    assert status("/readyz") == 200


@pytest.mark.parametrize("text", [None, "", " \n"])
def test_a_token_file_without_a_token_ends_the_start(tmp_path, text):
    file = tmp_path / "token"
    if text is not None:
        file.write_text(text)
    finished = run_command(
        "serve",
        f"--listen=127.0.0.1:{free_port()}",
        f"--http-listen=127.0.0.1:{free_port()}",
        f"--http-token-file={file}",
    )
    assert finished.returncode == 2
    (line,) = finished.stderr.strip().splitlines()
    assert str(file) in line
