"""Boosts and freezes: what people ask of a policy until a certain time."""

import json
from datetime import datetime, timezone

import pytest

from harness.policies import fixed, policy, schedule
from harness.server import free_port, run_command
from harness.waiting import eventually

AUTHORIZED = {"Authorization": "Bearer secret"}


@pytest.fixture
def token(tmp_path):
    file = tmp_path / "token"
    file.write_text("secret\n")
    return file


@pytest.fixture
def boosted(headstart, token):
    """Starts a server with a token and the policy `web`, which asks for 3."""

    def start(*flags, port=None, **limits):
        port = port or free_port()
        document = policy("web", schedule([], default=3, zone="Europe/Paris"), **limits)
        server = headstart(
            f"--http-token-file={token}", f"--http-listen=127.0.0.1:{port}", *flags,
            policies={"a.yaml": document}, ready=False,
        )
        server.http_url = f"http://127.0.0.1:{port}"
        return server.wait_ready()

    return start


def run(server, token, *arguments):
    return run_command(*arguments, f"--server={server.http_url}", f"--token-file={token}")


def post(server, path, body, headers=AUTHORIZED):
    return server.get(
        path, headers | {"Content-Type": "application/json"}, method="POST",
        body=json.dumps(body).encode(),
    )


def record(server):
    return server.get("/api/v1/decisions/default/web", AUTHORIZED).json


def listed(server):
    return server.get("/api/v1/overrides", AUTHORIZED).json["overrides"]


def test_a_boost_is_answered_explained_listed_and_ended(boosted, token, scaler):
    server = boosted(limits={"minReplicas": 0, "maxReplicas": 50})
    client = scaler(server)
    assert client.replicas("web") == 3
    told = run(server, token, "boost", "web", "--at-least=40", "--until=18:00", "--reason=launch")
    assert (told.returncode, told.stderr) == (0, "")
    assert "default/web: at least 40 until " in told.stdout and ": launch" in told.stdout
    assert client.replicas("web") == 40
    explained = run(server, token, "explain", "web").stdout
    assert "40 replicas: " in explained and "at least 40 until" in explained
    (override,) = listed(server)
    until = datetime.fromisoformat(override["until"].replace("Z", "+00:00"))
    # 18:00 in Paris, in winter or in summer.
    assert (until.hour, until.minute) in [(17, 0), (16, 0)]
    assert until > datetime.now(timezone.utc)
    limit = next(one for one in record(server)["appliedLimits"] if one["limit"] == "override")
    assert (limit["atLeast"], limit["atMost"], limit["reason"]) == (40, None, "launch")
    assert server.metric("headstart_policy_overrides", headers=AUTHORIZED, policy="web") == 1
    assert override["id"] in run(server, token, "overrides").stdout
    ended = run(server, token, "overrides", "web", "--end")
    assert ended.returncode == 0 and "ended: at least 40" in ended.stdout
    assert client.replicas("web") == 3
    assert listed(server)[0]["ended"]
    assert run(server, token, "overrides", "web", "--end").returncode == 2


def test_a_freeze_keeps_the_last_answer_up_and_down(boosted, token, scaler, tmp_path):
    server = boosted()
    frozen = run(server, token, "freeze", "default/web", "--for=2h", "--json")
    assert frozen.returncode == 0, frozen.stderr
    (override,) = json.loads(frozen.stdout)["overrides"]
    assert (override["atLeast"], override["atMost"], override["frozen"]) == (3, 3, True)
    assert post(server, "/api/v1/overrides/default/web", {"atLeast": 9, "for": "1h"}).status == 201
    # The last word counts.
    assert scaler(server).replicas("web") == 9


def test_what_is_wrong_is_refused_with_a_form_that_is_right(boosted, token, headstart):
    server = boosted()
    path = "/api/v1/overrides/default/web"
    for body, status, words in [
        ({"atLeast": 4}, 400, "needs an end"),
        ({"atLeast": 4, "until": "6pm"}, 400, "18:00"),
        ({"atLeast": 4, "until": "2020-01-01T00:00:00Z"}, 400, "is over"),
    ]:
        answer = post(server, path, body)
        assert (answer.status, words in answer.text) == (status, True), answer.text
    assert post(server, "/api/v1/overrides/default/other", {"atLeast": 4, "for": "1h"}).status == 404
    assert post(server, path, {"atLeast": 4, "for": "1h"}, headers={}).status == 401
    assert listed(server) == []
    for arguments in [
        ["boost", "web", "--for=1h"], ["boost", "web", "--at-least=4"],
        ["freeze", "web", "--at-least=4", "--for=1h"], ["overrides", "--end"],
    ]:
        assert run(server, token, *arguments).returncode == 2
    # Without a token there is no telling who asks.
    open_server = headstart(policies={"a.yaml": policy("web", fixed(3))})
    refused = post(open_server, path, {"atLeast": 4, "for": "1h"}, headers={})
    assert refused.status == 403 and "--http-token-file" in refused.text


def test_a_policy_that_is_not_there_is_answered_with_those_that_may_be_meant(
    headstart, token, tmp_path
):
    documents = [
        policy("shop", fixed(3), namespace="team"), policy("everywhere", fixed(3), namespace=None),
    ]  # fmt: skip
    server = headstart(
        f"--http-token-file={token}", policies={"a.yaml": "\n---\n".join(documents)}
    )
    for arguments in [
        ["boost", "shop", "--at-least=4", "--for=1h"], ["freeze", "shop", "--for=1h"],
        ["overrides", "shop"], ["overrides", "shop", "--end"], ["explain", "shop"],
    ]:  # fmt: skip
        told = run(server, token, *arguments)
        words = "there is no policy shop in namespace default; did you mean team/shop?"
        assert (told.returncode, told.stdout) == (2, ""), told
        assert words in told.stderr and told.stderr.count("\n") == 1
    refused = server.get("/api/v1/wake/default/shop", AUTHORIZED, method="POST", body=b"")
    assert (refused.status, "did you mean team/shop?" in refused.text) == (404, True), refused.text
    # What is proposed is accepted.
    assert run(server, token, "boost", "team/shop", "--at-least=4", "--for=1h").returncode == 0
    # One without a namespace is found by its name alone, by every command.
    assert run(server, token, "boost", "everywhere", "--at-least=4", "--for=1h").returncode == 0
    assert "at least 4 until" in run(server, token, "overrides", "everywhere").stdout
    assert run(server, token, "overrides", "everywhere", "--end").returncode == 0


def test_a_policy_that_is_observed_only_takes_no_override(headstart, token, tmp_path):
    document = policy("web", fixed(3), observe=True)
    server = headstart(f"--http-token-file={token}", policies={"a.yaml": document})
    for arguments in [["boost", "web", "--at-least=4", "--for=1h"], ["freeze", "web", "--for=1h"]]:
        told = run(server, token, *arguments)
        assert (told.returncode, told.stdout, told.stderr.count("\n")) == (2, "", 1), told
        assert "default/web is observed only" in told.stderr
        assert 'take "observe: true" out of it' in told.stderr
    path = "/api/v1/overrides/default/web"
    assert post(server, path, {"atLeast": 4, "for": "1h"}).status == 409
    assert listed(server) == []
    # As is said, it takes one without that.
    (tmp_path / "policies" / "a.yaml").write_text(policy("web", fixed(3)))
    eventually(lambda: post(server, path, {"atLeast": 4, "for": "1h"}).status == 201)


def test_every_replica_knows_and_those_that_start_later_too(boosted, token, scaler):
    ports = [free_port(), free_port()]
    peers = "--peers=" + ",".join(f"127.0.0.1:{port}" for port in ports)
    first, second = (boosted(peers, port=port) for port in ports)
    answer = post(first, "/api/v1/overrides/default/web", {"atLeast": 40, "for": "1h"})
    assert answer.json["peers"] == []
    assert [scaler(each).replicas("web") for each in (first, second)] == [40, 40]
    identifier = listed(second)[0]["id"]
    second.stop()
    # One that is away is named.
    answer = post(first, "/api/v1/overrides/default/web", {"atLeast": 41, "for": "1h"})
    assert answer.json["peers"][0]["address"] == f"127.0.0.1:{ports[1]}"
    second = boosted(peers, port=ports[1])
    assert scaler(second).replicas("web") == 41
    ended = second.get(f"/api/v1/overrides/default/web?id={identifier}", AUTHORIZED, method="DELETE")
    assert ended.status == 200, ended.text
    assert post(second, "/api/v1/overrides/default/web/end", {}).status == 200
    assert [scaler(each).replicas("web") for each in (first, second)] == [3, 3]
    # What is ended stays ended: no other replica brings it back.
    first.stop()
    first = boosted(peers, port=ports[0])
    assert scaler(first).replicas("web") == 3
    assert all(one["ended"] for one in listed(first))


def test_it_outlives_a_restart(boosted, scaler, tmp_path):
    flag = f"--state-dir={tmp_path / 'state'}"
    server = boosted(flag)
    assert post(server, "/api/v1/overrides/default/web", {"atLeast": 40, "for": "1h"}).status == 201
    eventually(lambda: (tmp_path / "state" / "overrides").exists())
    server.stop()
    server = boosted(flag)
    assert scaler(server).replicas("web") == 40
    assert post(server, "/api/v1/overrides/default/web/end", {}).status == 200
    server.stop()
    assert scaler(boosted(flag)).replicas("web") == 3


def test_plan_shows_what_a_boost_would_do(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text(policy("web", schedule([], default=3, zone="Europe/Paris")))
    period = ["--from=2099-11-20T08:00:00Z", "--to=2099-11-21T08:00:00Z"]
    told = run_command("plan", file, *period, "--at-least=40", "--until=18:00")
    assert told.returncode == 0, told.stderr
    lines = [line for line in told.stdout.splitlines() if line.startswith("2099-")]
    assert [line.split()[:2] for line in lines] == [
        ["2099-11-20T08:00:00Z", "40"], ["2099-11-20T17:00:00Z", "3"],
    ]
    assert "at least 40 until 17:00Z" in lines[0]
    assert run_command("plan", file, *period, "--at-least=40").returncode == 2
