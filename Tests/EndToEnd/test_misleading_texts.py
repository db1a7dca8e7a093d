"""What check, log and findings say of texts that mean less than they seem to."""

import json
import re
import time

import pytest

from harness.decisions import asks
from harness.policies import policy, schedule, source
from harness.server import run_command
from harness.waiting import eventually


def sum_of_vectors(query):
    """What Prometheus makes of `vector(a) + vector(b)` over several lines: a comment ends its line."""
    text = " ".join(line.split("#")[0] for line in query.splitlines())
    value = sum(float(number) for number in re.findall(r"vector\((\d+)\)", text))
    return {
        "resultType": "vector", "result": [{"metric": {}, "value": [time.time(), str(value)]}],
    }  # fmt: skip


def two_lines(address, style, comment):
    """The policy `shop`, whose query is written over two lines, the first with a comment or not."""
    return "\n".join(
        [
            source("prometheus", "prometheus", address),
            "---",
            "apiVersion: headstart.dev/v1alpha1",
            "kind: ScalingPolicy",
            "metadata: {name: shop, namespace: default}",
            "spec:",
            "  signals:",
            "    - name: live",
            "      prometheus:",
            "        source: prometheus",
            "        threshold: 100",
            f"        query: {style}",
            f"          vector(300){comment}",
            "          + vector(200)",
            "",
        ]
    )


@pytest.mark.parametrize(
    ("style", "comment", "replicas", "warns"),
    [
        (">-", "  # web", 3, True), (">", "  # web, and # more", 3, True), (">-", "", 5, False),
        ("|", "  # web", 5, False), ("|-", "", 5, False),
        ("", "  # web", 5, False),
    ],
)  # fmt: skip
def test_a_query_that_is_folded_into_its_own_comment_is_named(
    headstart, prometheus_answers, tmp_path, style, comment, replicas, warns
):
    prometheus_answers.result = sum_of_vectors
    text = two_lines(prometheus_answers.url, style, comment)
    if not style:
        # A plain scalar: YAML itself ends it at the comment.
        lines = "          vector(300)  # web\n          + vector(200)"
        text = text.replace(lines, "          'vector(300)\n          + vector(200)'  # web")
    server = headstart(policies={"shop.yaml": text})
    eventually(lambda: asks(server) == replicas)
    path = tmp_path / "policies.yaml"
    path.write_text(text)
    check = run_command("check", path)
    assert check.returncode == 0, check.stdout
    findings = server.get("/api/v1/findings").json["findings"]
    places = [check.stdout, server.log_text, json.dumps(findings)]
    for place in places:
        assert ("is a comment, since the query is one line" in place) == warns, place
        assert ("query: |" in place) == warns, place
    if warns:
        (finding,) = findings
        assert finding["severity"] == "warning" and finding["line"] > 1


def checked(tmp_path, text):
    path = tmp_path / "policies.yaml"
    path.write_text(source("main", "prometheus", "http://127.0.0.1:9") + "\n---\n" + text)
    return run_command("check", path).stdout


def scaled_object(**metadata):
    return "\n---\n" + json.dumps(
        {
            "apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {
                "scaleTargetRef": {"name": "web"},
                "triggers": [
                    {
                        "type": "external",
                        "metadata": {"scalerAddress": "headstart:50051"} | metadata,
                    }
                ],
            },
        }
    )  # fmt: skip


CRON = {"timezone": "Europe/Berlin", "start": "0 8 * * *", "end": "0 18 * * *"}


@pytest.mark.parametrize(
    ("metadata", "words", "right"),
    [
        ({"policyName": "shop"}, 'write "policy"', {"policy": "shop"}),
        ({"policy": "shop", "leadtime": "5m"}, 'write "leadTime"', {"policy": "shop", "leadTime": "5m"}),
        ({"policy": "shop", "leadTime": "5"}, 'write it like "90s"', {"policy": "shop", "leadTime": "90s"}),
        ({"policy": "shop", "query": "up"}, "leave one of them out", {"policy": "shop"}),
        ({"policy": "default/shop"}, "write shop: a trigger names", {"policy": "shop"}),
        (CRON, "desiredReplicas: \"10\"", CRON | {"desiredReplicas": "10"}),
        (
            CRON | {"desiredReplicas": "10", "timezone": "Europe/Berln"}, "did you mean Europe/Berlin?",
            CRON | {"desiredReplicas": "10"},
        ),
        (
            {"query": "up", "threshold": "x", "serverAddress": "http://prometheus"}, "such as 100",
            {"query": "up", "threshold": "100", "serverAddress": "http://prometheus"},
        ),
        ({"hold": "5m"}, "there is no signal that it could go with", {"policy": "shop"}),
    ],
)  # fmt: skip
def test_check_says_what_a_server_would_refuse_of_a_trigger(tmp_path, metadata, words, right):
    path = tmp_path / "policies.yaml"

    def errors(metadata, *, alone=False):
        rules = [{"days": ["Mon-Fri"], "replicas": 3}]
        known = "" if alone else policy("shop", schedule(rules, default=2))
        path.write_text(known + scaled_object(**metadata))
        return [line for line in run_command("check", path).stdout.splitlines() if ": error: " in line]

    (error,) = errors(metadata)
    assert "policies.yaml:" in error and "spec.triggers[0].metadata" in error and words in error, error
    assert errors(right) == []
    # A policy may be elsewhere, and a value in the environment of the workload.
    assert errors(right, alone=True) == [] and errors({"hold": "5m"}, alone=True) == []
    assert errors({"policyFromEnv": "POLICY", "leadtime": "5m"}) == []


def test_a_machine_without_time_zones_is_named_in_place_of_the_zone(tmp_path):
    path = tmp_path / "policies.yaml"
    path.write_text(policy("shop", schedule([{"replicas": 3}], zone="Europe/Paris")))
    told = run_command("check", path, environment={"TZDIR": str(tmp_path)})
    assert told.returncode == 1
    assert 'the time zone "Europe/Paris" cannot be looked up' in told.stdout
    assert "install tzdata" in told.stdout and "expected" not in told.stdout, told.stdout


@pytest.mark.parametrize(
    ("end", "start", "warns"),
    [("23:59", "00:00", True), ("24:00", "00:00", False), ("23:58", "00:00", False)],
)
def test_the_minute_before_midnight_is_named(tmp_path, end, start, warns):
    rules = [
        {"name": "evening", "start": "18:00", "end": end, "replicas": 36},
        {"name": "night", "start": start, "end": "06:00", "replicas": 36},
    ]
    text = checked(tmp_path, policy("shop", schedule(rules, default=2)))
    assert ("24:00" in text) == warns, text
