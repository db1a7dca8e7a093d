"""The Prometheus signal against a real server, and how a request looks to it."""

import base64

import grpc
import pytest

from harness.fake_prometheus import FakePrometheus
from harness.policies import fixed, policy, query, source
from harness.waiting import eventually


def outcome(client, name):
    """A number, or (status, message)."""
    try:
        return client.replicas(name)
    except grpc.RpcError as error:
        return error.code(), error.details()


# With a threshold of 100: query, options, and the replicas or a word of the reason.
QUERIES = {
    "vector-of-one": ("sum(demand)", {}, 3),
    "scalar": ("scalar(sum(demand))", {}, 3),
    "number": ("301", {}, 4),
    "ceiling": ("vector(300.001)", {}, 4),
    "below-a-thousandth": ("vector(300.0001)", {}, 3),
    "zero": ("vector(0)", {}, 0),
    "below": ("vector(-5)", {}, "clamp_min"),
    "activation": ("vector(50)", {"activationThreshold": 50}, 0),
    "past-activation": ("vector(51)", {"activationThreshold": 50}, 1),
    "two-samples": ("demand", {}, "2"),
    "no-sample": ("absent_metric", {}, "empty"),
    "zero-if-empty": ("absent_metric", {"onEmpty": "zero"}, 0),
    "not-a-number": ("vector(NaN)", {}, "NaN"),
    "infinite": ("vector(Inf)", {}, "Inf"),
    "matrix": ("demand[5m]", {}, "matrix"),
    "syntax-error": ("sum(1 +)", {}, "parse"),
}


@pytest.fixture(scope="module")
def everything(tmp_path_factory, generated):
    """One real Prometheus, one server, and a policy for each query: (client, server)."""
    from harness import stubs
    from harness.prometheus import Exporter, Prometheus
    from harness.server import Headstart

    exporter = Exporter(a=250, b=50)
    real = Prometheus(tmp_path_factory.mktemp("prometheus"), exporter=exporter.target)
    directory = tmp_path_factory.mktemp("policies")
    (directory / "source.yaml").write_text(source("prometheus", "prometheus", real.url))
    for name, (text, options, _) in QUERIES.items():
        (directory / f"{name}.yaml").write_text(policy(name, query(text, 100, **options)))
    real.wait_for("demand")
    server = Headstart(f"--policies={directory}")
    try:
        server.wait_ready()
        yield stubs.Scaler(*generated, server.channel()), server
        server.stop()
    finally:
        server.kill()
        real.close()
        exporter.close()


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_becomes_replicas_or_an_error_with_its_reason(everything, name):
    client, _ = everything
    expected = QUERIES[name][2]
    found = outcome(client, name)
    if isinstance(expected, int):
        assert found == expected
    else:
        code, message = found
        assert code == grpc.StatusCode.UNAVAILABLE
        assert expected.lower() in message.lower()


def test_failed_queries_are_counted(everything):
    _, server = everything
    assert server.metric("headstart_source_fetches_total", source="prometheus", result="failure")
    assert server.metric("headstart_source_fetches_total", source="prometheus", result="success")


def test_the_answer_follows_the_value_and_survives_an_outage(
    headstart, scaler, prometheus, exporter
):
    real = prometheus(exporter=exporter.target)
    real.wait_for("demand")
    server = headstart(
        policies={
            "a.yaml": source("prometheus", "prometheus", real.url)
            + "\n---\n"
            + policy("my-api", query("sum(demand)", 100), hold="4s")
        }
    )
    client = scaler(server)
    assert client.replicas("my-api") == 3
    exporter.demand["a"] = 1_000
    eventually(lambda: client.replicas("my-api") == 11, 15, 0.1)

    real.stop()
    seen = set()

    def lost():
        found = outcome(client, "my-api")
        seen.add(found if isinstance(found, int) else found[0])
        return found != 11

    eventually(lost, 20, 0.1)
    assert seen == {11, grpc.StatusCode.UNAVAILABLE}
    real.start()
    real.wait_for("demand")
    eventually(lambda: outcome(client, "my-api") == 11, 40, 0.2)


def test_prometheus_scrapes_the_server(headstart, scaler, prometheus):
    server = headstart(policies={"a.yaml": policy("my-api", fixed(20))})
    real = prometheus(headstart=f"127.0.0.1:{server.http_port}")
    assert scaler(server).replicas("my-api") == 20
    eventually(
        lambda: real.query("kedastral_scaler_desired_replicas_returned")[0][1] == 20
        if real.query("kedastral_scaler_desired_replicas_returned")
        else False,
        20,
        0.2,
    )
    assert real.query('up{job="headstart"}')[0][1] == 1
    assert real.wait_for("process_resident_memory_bytes")
    assert real.wait_for("headstart_build_info")[0][1] == 1
    desired = real.wait_for('headstart_policy_desired_replicas{policy=~".*my-api"}')
    assert [value for _, value in desired] == [20]
    counted = real.query('sum(kedastral_scaler_grpc_requests_total{method="GetMetrics"})')
    assert counted[0][1] >= 1


# How a request looks.


@pytest.fixture
def fake():
    instance = FakePrometheus()
    yield instance
    instance.close()


def serve(headstart, fake, text="sum(x)", **options):
    return headstart(
        policies={
            "a.yaml": source("prometheus", "prometheus", fake.url, **options)
            + "\n---\n"
            + policy("my-api", query(text, 100))
        }
    )


def test_a_query_is_posted_as_a_form_with_the_headers_of_its_source(headstart, scaler, fake):
    text = 'sum(rate(http_requests_total{path=~"/a b/.+&ü"}[1m])) > 1 % 2'
    server = serve(headstart, fake, text, headers={"X-Scope-OrgID": "team-a"})
    assert scaler(server).replicas("my-api") == 3
    method, path, headers, form = fake.requests[0]
    assert (method, path) == ("POST", "/api/v1/query")
    assert form["query"] == [text]
    assert headers["X-Scope-OrgID"] == "team-a"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_path_prefix_is_kept(headstart, scaler, fake):
    fake_with_prefix = type("", (), {"url": fake.url + "/select/0/prometheus"})
    server = serve(headstart, fake_with_prefix)
    assert scaler(server).replicas("my-api") == 3
    assert fake.requests[0][1] == "/select/0/prometheus/api/v1/query"


def test_a_bearer_token_is_read_again_and_never_shown(headstart, scaler, fake, tmp_path):
    token = tmp_path / "token"
    token.write_text("first-secret\n")
    server = serve(
        headstart, fake, bearerTokenFile=str(token), headers={"X-Api-Key": "header-secret"}
    )
    assert scaler(server).replicas("my-api") == 3
    assert fake.requests[0][2]["Authorization"] == "Bearer first-secret"
    token.write_text("second-secret\n")
    eventually(lambda: fake.requests[-1][2]["Authorization"] == "Bearer second-secret")
    token.unlink()
    server.wait_for_log("token")
    shown = server.log_text + server.get("/metrics").text + server.get("/api/v1/policies").text
    assert "secret" not in shown


def test_basic_auth_is_sent_and_never_shown(headstart, scaler, fake, tmp_path):
    password = tmp_path / "password"
    password.write_text("open-sesame\n")
    server = serve(
        headstart, fake, basicAuth={"username": "reader", "passwordFile": str(password)}
    )
    assert scaler(server).replicas("my-api") == 3
    expected = base64.b64encode(b"reader:open-sesame").decode()
    assert fake.requests[0][2]["Authorization"] == f"Basic {expected}"
    shown = server.log_text + server.get("/api/v1/policies").text
    assert "open-sesame" not in shown and expected not in shown


def test_warnings_are_logged(headstart, fake):
    fake.warnings = ["PromQL: something to know"]
    server = serve(headstart, fake)
    server.wait_for_log("something to know")


def test_connections_are_kept_alive(headstart, scaler, fake):
    server = serve(headstart, fake)
    eventually(lambda: len(fake.requests) >= 4, 15)
    assert scaler(server).replicas("my-api") == 3
