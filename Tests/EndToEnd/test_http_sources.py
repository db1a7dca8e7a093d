"""Data sources of type http, the recipes of the docs, and what a signal asks in its own way."""

import json
import re
import ssl
from datetime import datetime, timezone

import grpc
import pytest
import yaml

from harness import sigv4
from harness.certificates import Authority
from harness.paths import ROOT
from harness.policies import policy, query
from harness.server import run_command
from harness.waiting import eventually
from harness.web_sources import source


def http(pointer, threshold=50, origin="api", **options):
    return {
        "name": "live",
        "http": {"source": origin, "pointer": pointer, "threshold": threshold} | options,
    }


def test_a_number_in_json_becomes_replicas(headstart, scaler, web_api):
    def answer(request):
        if request["method"] != "GET" or request["path"] != "/v1/api/queues/%2F/orders":
            return 404, {}
        return 200, {"name": "orders", "messages": 120}

    fake = web_api(answer)
    server = headstart(
        policies={
            "a.yaml": source("api", "http", f"{fake.url}/v1"),
            "b.yaml": policy("web", http("/messages", path="/api/queues/%2F/orders")),
        }
    )
    assert scaler(server).replicas("web") == 3
    found = server.get("/api/v1/decisions/default/web").json
    assert found["contributions"][0]["kind"] == "http"
    assert server.metric("headstart_source_up", source="api", kind="http") == 1


def test_a_post_has_its_body_and_its_times(headstart, scaler, web_api):
    def answer(request):
        body = json.loads(request["body"])
        fits = (
            request["method"] == "POST"
            and request["headers"]["content-type"] == "application/json"
            and body["to"] - body["from"] == 300_000
            and request["query"] == {"a": "b c", "at": str(body["to"] // 1000)}
        )
        return (200, [{"value": "130.5"}]) if fits else (400, {"error": "no"})

    fake = web_api(answer)
    live = http(
        "/0/value", path="/query", body='{"from": {now-5m:ms}, "to": {now:ms}}',
        parameters={"at": "{now}"},
    )
    server = headstart(
        policies={
            "a.yaml": source("api", "http", fake.url, parameters={"a": "b c"}),
            "b.yaml": policy("web", live),
        }
    )
    assert scaler(server).replicas("web") == 3


@pytest.mark.parametrize(
    "body, words",
    [
        ({"messages": "many"}, 'the text \\"many\\" at /messages'),
        ({"error": "no such queue"}, 'the answer has no member \\"messages\\", but error'),
        ("<html>", "is not JSON"),
    ],
)
def test_anything_else_is_a_failure_that_says_what_was_found(headstart, scaler, web_api, body, words):
    fake = web_api(body)
    server = headstart(
        policies={
            "a.yaml": source("api", "http", fake.url),
            "b.yaml": policy("web", http("/messages", path="/q")),
        },
        ready=False,
    )
    server.wait_for_log(words)
    eventually(lambda: server.get("/readyz").status == 200, 60)
    with pytest.raises(grpc.RpcError) as error:
        scaler(server).replicas("web")
    assert error.value.code() == grpc.StatusCode.UNAVAILABLE


def test_a_forecast_is_read_at_its_pointer(headstart, scaler, web_api):
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    fake = web_api(
        {"result": {"f": {"generatedAt": now, "stepSeconds": 600, "values": [100, 450, 100]}}}
    )
    signal = {
        "forecast": {
            "threshold": 100, "http": {"source": "api", "path": "/f", "pointer": "/result/f"}
        }
    }
    server = headstart(
        policies={
            "a.yaml": source("api", "http", fake.url),
            "b.yaml": policy("web", signal, leadTime="15m"),
        }
    )
    assert scaler(server).replicas("web") == 5


def test_signals_of_one_source_have_tenants_of_their_own(headstart, scaler, web_api):
    """What each asks is answered by its tenant; a tenant of the data source stays."""

    def answer(request):
        value = {"a": "300", "b": "700"}.get(request["headers"].get("x-scope-orgid"), "100")
        return 200, {"status": "success", "data": {"resultType": "scalar", "result": [0, value]}}

    fake = web_api(answer)

    def asking(origin, tenant):
        return query(
            "up", 100, origin=origin, headers={"x-scope-orgid": tenant},
            parameters={"partial_response": "false"}, timeout="9s",
        )

    server = headstart(
        policies={
            "s.yaml": source("main", "prometheus", fake.url),
            "p.yaml": source("pinned", "prometheus", fake.url, headers={"X-Scope-OrgID": "a"}),
            "a.yaml": policy("a", asking("main", "a")),
            "b.yaml": policy("b", asking("main", "b")),
            "c.yaml": policy("c", asking("pinned", "b")),
        }
    )
    client = scaler(server)
    assert [client.replicas(name) for name in "abc"] == [3, 7, 3]
    asked = [request["form"] for request in fake.requests if request["form"]["query"] == "up"]
    assert all(form["partial_response"] == "false" for form in asked)
    assert {form["timeout"] for form in asked} == {"9.0"}


def test_requests_go_through_the_proxy(headstart, scaler, web_api):
    def answer(request):
        if request["target"] == "http://api.example:8080/v1/q?a=b":
            return 200, {"n": 120}
        return 502, {}

    proxy = web_api(answer)
    server = headstart(
        policies={
            "a.yaml": source(
                "api", "http", "http://api.example:8080/v1", proxy=proxy.url,
                parameters={"a": "b"}),
            "b.yaml": policy("web", http("/n", path="/q")),
        }
    )
    assert scaler(server).replicas("web") == 3


def test_a_certificate_that_is_not_checked_is_warned_about(headstart, scaler, web_api, tmp_path):
    fake = web_api({"n": 120})
    authority = Authority(tmp_path)
    certificate, key = authority.issue("someone.else")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    fake.secure(context)
    manifest = source("api", "http", fake.url, insecureSkipVerify=True)
    server = headstart(
        policies={"a.yaml": manifest, "b.yaml": policy("web", http("/n"))})
    assert scaler(server).replicas("web") == 3
    server.wait_for_log("the server's certificate is not checked")
    path = tmp_path / "a.yaml"
    path.write_text(manifest)
    checked = run_command("check", str(path))
    assert checked.returncode == 0
    assert "the server's certificate is not checked" in checked.stdout


# MARK: The recipes


def recipes():
    """From the docs: name, manifests, and what the API answers."""
    text = (ROOT / "docs" / "http-sources.md").read_text()
    found = []
    for manifests, answer in re.findall(r"```yaml\n(.*?)```.*?(?:```json\n(.*?)```|(?=## ))", text, re.S):
        objects = list(yaml.safe_load_all(manifests))
        if answer:
            found.append((objects[0]["metadata"]["name"], manifests, answer))
    return found


RECIPES = recipes()


def test_there_is_a_recipe_for_each_service():
    assert {name for name, _, _ in RECIPES} >= {
        "rabbitmq", "datadog", "cloudwatch", "graphite", "influxdb", "loki"
    }


@pytest.mark.parametrize("name, manifests, answer", RECIPES, ids=[each[0] for each in RECIPES])
def test_a_recipe_is_valid_and_reads_the_answer_it_is_for(
    name, manifests, answer, headstart, scaler, web_api, tmp_path
):
    path = tmp_path / "recipe.yaml"
    path.write_text(manifests)
    checked = run_command("check", str(path))
    assert checked.returncode == 0, checked.stdout
    assert "warning:" not in checked.stdout, checked.stdout

    definition, wanted = yaml.safe_load_all(manifests)
    (signal,) = wanted["spec"]["signals"]
    asked = signal["http"]
    secret = tmp_path / "secret"
    secret.write_text("s3cret-of-a-recipe")
    spec = definition["spec"]
    files = spec.get("headerFiles", {})
    if files:
        spec["headerFiles"] = dict.fromkeys(files, str(secret))
    if "basicAuth" in spec:
        spec["basicAuth"]["passwordFile"] = str(secret)

    def reply(request):
        if request["path"] != asked["path"]:
            return 404, {"error": "no such path"}
        if request["method"] != ("POST" if "body" in asked else "GET"):
            return 405, {}
        if "body" in asked:
            json.loads(request["body"])
        if not (spec.get("parameters", {}) | asked.get("parameters", {})).items() <= request["query"].items():
            return 400, {"error": "a parameter is missing"}
        for header in files:
            if request["headers"].get(header.lower()) != "s3cret-of-a-recipe":
                return 403, {}
        if "basicAuth" in spec and not request["headers"].get("authorization", "").startswith("Basic "):
            return 401, {}
        if "aws" in spec and sigv4.problem(request, "a/secret", "eu-west-1", "monitoring"):
            return 403, {}
        for header, value in (spec.get("headers", {}) | asked.get("headers", {})).items():
            if request["headers"].get(header.lower()) != value:
                return 400, {"error": "a header is missing"}
        return 200, answer

    spec["address"] = web_api(reply).url
    server = headstart(
        policies={"a.yaml": json.dumps(definition), "b.yaml": json.dumps(wanted)},
        environment={"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "a/secret"},
    )
    client = scaler(server)
    assert client.replicas(wanted["metadata"]["name"], namespace=wanted["metadata"]["namespace"]) == 3
