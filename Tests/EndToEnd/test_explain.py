"""headstart explain against a running server."""

import json
from datetime import timedelta

import pytest

from harness.fake_prometheus import FakePrometheus
from harness.policies import fixed, now, policy, query, rule_from, schedule, source
from harness.server import free_port, run_command
from harness.waiting import eventually


@pytest.fixture
def server(headstart):
    upstream = FakePrometheus()
    rule = rule_from(now() + timedelta(minutes=40), 12)
    server = headstart(
        policies={
            "a.yaml": policy(
                "my-api", schedule([rule], default=3), query("up", 100, origin="main"),
                leadTime="30m", limits={"minReplicas": 2, "maxReplicas": 50},
            ),
            "b.yaml": policy("everywhere", fixed(1), namespace=None),
            "c.yaml": source("main", "prometheus", upstream.url),
        }
    )
    yield server
    upstream.close()


def explain(server, *arguments):
    return run_command("explain", *arguments, f"--server={server.http_url}")


def test_it_tells_the_decision_as_a_person_would(server):
    told = explain(server, "my-api")
    assert (told.returncode, told.stderr) == (0, "")
    for text in [
        "default/my-api asks for 3 replicas at ", "Next change: 12 replicas at ", "calendar",
        "value 300", "at least 2, at most 50", "without live", "with a lead time of 1h", "12 replicas",
        "The HPA asks every 15s", "prometheus main",
    ]:
        assert text in told.stdout


def test_json_is_for_machines(server):
    told = explain(server, "default/my-api", "--json")
    record = json.loads(told.stdout)
    assert record["desiredReplicas"] == 3
    assert {"change": "with a lead time of 1h", "leadTime": "1h", "replicas": 12} in record["whatIf"]


def test_another_instant(server):
    later = (now() + timedelta(minutes=60)).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = explain(server, "my-api", f"--at={later}")
    assert "will ask for 12 replicas" in told.stdout
    # Its first decision, from before anything was read, may be of the same second.
    eventually(
        lambda: "asked for 3 replicas"
        in explain(server, "my-api", f"--at={now().strftime('%Y-%m-%dT%H:%M:%SZ')}").stdout
    )


def test_a_policy_of_every_namespace_is_found(server):
    assert "everywhere asks for 1 replica" in explain(server, "everywhere").stdout


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "needs the name of one policy"),
        (["a", "b"], "needs the name of one policy"),
        (["my-ap"], "did you mean default/my-api?"),
        (["my-api", "--namespace=elsewhere"], "did you mean default/my-api?"),
        (["a/b/c"], '"a/b/c" is not a policy'),
        (["default/my-api", "--namespace=other"], "names another namespace"),
        (["my-api", "--at=noon"], 'flag --at is "noon"'),
        (["my-api", "--at=2020-01-01T00:00:00Z"], "the history of default/my-api begins at"),
        (["my-api", "--at=9999-01-01T00:00:00Z"], "more than 8d ahead"),
        (["my-api", "--sever=x"], "did you mean --server?"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_code_2(server, arguments, message):
    told = explain(server, *arguments)
    assert (told.returncode, told.stdout) == (2, "")
    assert message in told.stderr and told.stderr.count("\n") == 1


def test_a_server_that_is_not_there_is_code_3():
    told = run_command("explain", "my-api", f"--server=http://127.0.0.1:{free_port()}")
    assert told.returncode == 3
    assert "connection refused" in told.stderr and told.stderr.count("\n") == 1


def test_a_server_that_is_another_is_code_2():
    other = FakePrometheus()
    try:
        told = run_command("explain", "my-api", f"--server={other.url}")
    finally:
        other.close()
    assert told.returncode == 2
    assert "not as Headstart's side port does" in told.stderr


def test_a_server_url_without_a_scheme_is_code_2():
    told = run_command("explain", "my-api", "--server=localhost:8082")
    assert told.returncode == 2
    assert "http://" in told.stderr
