"""Manifests for the tests."""

import json
from datetime import datetime, timedelta, timezone


def policy(name, *signals, namespace="default", **spec):
    """A ScalingPolicy as text: JSON, which is YAML too."""
    return json.dumps(
        {
            "apiVersion": "headstart.dev/v1alpha1",
            "kind": "ScalingPolicy",
            "metadata": {"name": name} | ({"namespace": namespace} if namespace else {}),
            "spec": spec | {"signals": list(signals)},
        }
    )


def source(name, kind, address, **spec):
    """A DataSource as text, refreshed as often as a test can wait for."""
    defaults = {"refresh": "1s", "timeout": "1s"}
    return json.dumps(
        {
            "apiVersion": "headstart.dev/v1alpha1",
            "kind": "DataSource",
            "metadata": {"name": name},
            "spec": {"type": kind, "address": address} | defaults | spec,
        }
    )


def fixed(replicas, name="calendar"):
    """A schedule that always asks for the same count."""
    return schedule([], default=replicas, name=name)


def schedule(rules, default=0, zone="UTC", name="calendar"):
    return {"name": name, "schedule": {"timeZone": zone, "default": default, "rules": rules}}


def forecast(workload="my-api", name="predicted", origin="forecaster", **options):
    return {"name": name, "forecast": {"source": origin, "workload": workload} | options}


def query(text, threshold=1, name="live", origin="prometheus", **options):
    return {
        "name": name,
        "prometheus": {"source": origin, "query": text, "threshold": threshold} | options,
    }


def rule_from(start, replicas, minutes=60, name="Soon", **rule):
    """A rule of today that starts at the minute of `start` (UTC)."""
    start = start.astimezone(timezone.utc)
    end = start + timedelta(minutes=minutes)
    return {
        "name": name,
        "start": start.strftime("%H:%M"),
        "end": end.strftime("%H:%M"),
        "replicas": replicas,
    } | rule


def now():
    return datetime.now(timezone.utc)
