"""The Grafana dashboard and the alerts: promtool reads them, and a real Prometheus that scrapes the
server has an answer to every query."""

import json
import re
import shutil
import subprocess

import grpc
import pytest
import yaml

from harness.deployment import KUBERNETES
from harness.paths import ROOT
from harness.policies import fixed, forecast, policy, query, source
from harness.server import free_port
from harness.waiting import eventually

DASHBOARD = ROOT / "deploy" / "grafana" / "headstart.json"
RULES = KUBERNETES / "components" / "prometheus-operator" / "prometheusrule.yaml"
ALERTS = {
    "HeadstartDown",
    "HeadstartDecisionUnavailable",
    "HeadstartNumberKept",
    "HeadstartPoliciesUnready",
    "HeadstartStateNotWritten",
    "HeadstartSourceFailing",
    "HeadstartManifestErrors",
    "HeadstartManifestWarnings",
    "HeadstartCertificateExpiring",
}


def queries():
    """Every query of the dashboard, by the panel's title."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [
        (f"{panel['title']} {target['refId']}", target["expr"])
        for panel in panels
        for target in panel.get("targets", [])
    ]


def filled(expression):
    """A query with Grafana's variables replaced, as for All."""
    for variable, value in {
        "$__rate_interval": "10s",
        "$namespace": ".*",
        "$policy": ".*",
    }.items():
        expression = expression.replace(variable, value)
    assert "$" not in expression
    return expression


@pytest.fixture(scope="module")
def rules():
    return yaml.safe_load(RULES.read_text())["spec"]


@pytest.fixture
def promtool(tmp_path, rules):
    """Runs promtool in a folder that holds the rules as rules.yaml."""
    binary = shutil.which("promtool")
    if binary is None:
        pytest.skip("promtool is not installed (scripts/bootstrap test)")
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(rules))

    def run(*arguments):
        finished = subprocess.run(
            [binary, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished.stdout

    return run


@pytest.fixture
def scraped(headstart, prometheus, scaler, policy_directory):
    """A server with a policy in every state, and a Prometheus that scrapes it."""
    port = free_port()
    server = headstart(
        policies={
            "sources.yaml": "\n---\n".join(
                [
                    source("prometheus", "prometheus", f"http://127.0.0.1:{port}"),
                    source("forecaster", "forecaster", f"http://127.0.0.1:{free_port()}"),
                ]
            ),
            "good.yaml": policy("good", fixed(3), query("vector(5)")),
            "lost.yaml": policy("lost", forecast()),
            "next.yaml": policy(
                "next",
                {
                    "name": "calendar",
                    "schedule": {
                        "timeZone": "UTC",
                        "rules": [
                            {"name": "Noon", "start": "12:00", "end": "13:00", "replicas": 2},
                            {"name": "Night", "start": "00:00", "end": "01:00", "replicas": 1},
                        ],
                    },
                },
            ),
        },
        ready=False,
    )
    instance = prometheus(port=port, headstart=f"127.0.0.1:{server.http_port}")
    server.wait_ready()
    # A start waits longer while a file is broken.
    policy_directory({"broken.yaml": "kind: ScalingPolicy\n"})
    eventually(lambda: server.metric("headstart_manifest_errors") == 1)
    client = scaler(server)

    def is_read():
        # There is no answer before Prometheus is up.
        try:
            return client.replicas("good") == 5
        except grpc.RpcError:
            return False

    eventually(is_read, 30, message="the query has no value")
    yield server, instance, client


def test_the_dashboard_is_whole():
    dashboard = json.loads(DASHBOARD.read_text())
    panels = dashboard["panels"]
    identifiers = [panel["id"] for panel in panels]
    assert len(set(identifiers)) == len(identifiers)
    assert {variable["name"] for variable in dashboard["templating"]["list"]} == {
        "datasource",
        "namespace",
        "policy",
    }
    for panel in panels:
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24, panel["title"]
        if panel["type"] != "row":
            assert panel["targets"], panel["title"]
            assert panel["datasource"]["uid"] == "${datasource}"


def test_every_query_has_an_answer(scraped):
    server, prometheus, client = scraped
    for title, expression in queries():

        def answer(expression=expression):
            # Rates need calls between two scrapes.
            client.replicas("good")
            return prometheus.query(filled(expression))

        eventually(answer, 20, 0.2, message=f"{title}: {expression} is empty")


def test_the_numbers_at_a_glance(scraped):
    _, prometheus, _ = scraped
    by_title = dict(queries())
    expected = {
        "Policies A": 3,
        "Decisions unavailable A": 1,
        "Signals not fresh A": 1,
        "Sources failing A": 1,
        "Manifest errors A": 1,
    }
    for title, value in expected.items():
        eventually(
            lambda title=title, value=value: (
                [number for _, number in prometheus.query(filled(by_title[title]))] == [value]
            ),
            15,
            message=lambda title=title: f"{title}: {prometheus.query(filled(by_title[title]))}",
        )


def test_the_dashboard_asks_for_metrics_that_are_documented():
    documented = (ROOT / "docs" / "metrics.md").read_text()
    for title, expression in queries():
        for name in re.findall(r"\b(?:headstart|process)_[a-z_]+", expression):
            family = re.sub(r"_bucket$", "", name)
            assert f"`{family}`" in documented, f"{title}: {name}"


def test_promtool_accepts_the_rules(promtool, rules):
    output = promtool("check", "rules", "rules.yaml")
    assert f"{len(ALERTS)} rules found" in output
    found = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
    assert found == ALERTS
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in ("info", "warning", "critical")
            assert rule["annotations"].keys() == {"summary", "description"}


SILENT = {
    'headstart_build_info{version="1"}': "1x30",
    'headstart_policy_available{namespace="a", policy="p"}': "1x30",
    'headstart_signal_kept_seconds{namespace="a", policy="p", signal="s", kind="forecast"}': "0x30",
    "headstart_unready_policies": "0x30",
    "headstart_state_write_failures_total": "3x30",
    'headstart_source_up{source="f", kind="forecaster"}': "1x30",
    "headstart_manifest_errors": "0x30",
    'headstart_manifest_findings{severity="warning"}': "0x90",
    # The tests of promtool run from 1970 on: a month ahead.
    "headstart_tls_certificate_expiry_seconds": "2678400x30",
    "headstart_http_tls_certificate_expiry_seconds": "2678400x30",
}
CASES = {
    "HeadstartDown": ('headstart_build_info{version="1"}', "_x30", 5, {}),
    "HeadstartDecisionUnavailable": (
        'headstart_policy_available{namespace="a", policy="p"}',
        "0x30",
        2,
        {"namespace": "a", "policy": "p"},
    ),
    "HeadstartNumberKept": (
        'headstart_signal_kept_seconds{namespace="a", policy="p", signal="s", kind="forecast"}',
        "901x30",
        1,
        {"namespace": "a", "policy": "p", "signal": "s", "kind": "forecast"},
    ),
    "HeadstartPoliciesUnready": ("headstart_unready_policies", "2x30", 5, {}),
    "HeadstartStateNotWritten": ("headstart_state_write_failures_total", "0+1x30", 5, {}),
    "HeadstartSourceFailing": (
        'headstart_source_up{source="f", kind="forecaster"}',
        "0x30",
        5,
        {"source": "f", "kind": "forecaster"},
    ),
    "HeadstartManifestErrors": ("headstart_manifest_errors", "2x30", 1, {}),
    "HeadstartManifestWarnings": (
        'headstart_manifest_findings{severity="warning"}', "3x90", 60, {"severity": "info"},
    ),
    # Six days ahead.
    "HeadstartCertificateExpiring": (
        "headstart_tls_certificate_expiry_seconds",
        "518400x30",
        10,
        {},
    ),
}


@pytest.mark.parametrize("alert", sorted(ALERTS))
def test_an_alert_fires_for_its_own_trouble_after_its_time(promtool, rules, tmp_path, alert):
    series, values, minutes, labels = CASES[alert]
    (rule,) = [rule for group in rules["groups"] for rule in group["rules"] if rule["alert"] == alert]
    assert rule["for"] == f"{minutes}m"
    # An increase takes two scrapes.
    minutes += "increase(" in rule["expr"]
    value = values.split("x")[0]
    annotations = {
        key: text.replace("{{ $value }}", value) for key, text in rule["annotations"].items()
    }
    for name, label in labels.items():
        annotations = {
            key: text.replace("{{ $labels.%s }}" % name, label)
            for key, text in annotations.items()
        }
    firing = [{"exp_labels": rule["labels"] | labels, "exp_annotations": annotations}]
    tests = [
        # In good times nothing fires.
        {
            "interval": "1m",
            "input_series": [{"series": key, "values": text} for key, text in SILENT.items()],
            "alert_rule_test": [
                {"eval_time": "30m", "alertname": other, "exp_alerts": []} for other in ALERTS
            ],
        },
        {
            "interval": "1m",
            "input_series": [
                {"series": key, "values": text} for key, text in (SILENT | {series: values}).items()
            ],
            "alert_rule_test": [
                {"eval_time": f"{minutes * 60 - 1}s", "alertname": alert, "exp_alerts": []},
                {"eval_time": f"{minutes}m", "alertname": alert, "exp_alerts": firing},
            ]
            + [
                {"eval_time": "30m", "alertname": other, "exp_alerts": []}
                for other in ALERTS - {alert}
            ],
        },
    ]
    (tmp_path / "tests.yaml").write_text(
        yaml.safe_dump(
            {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": tests}
        )
    )
    promtool("test", "rules", "tests.yaml")
