"""Many policies, and many clients."""

import socket
import struct
from datetime import timedelta

from . import messages

_TWO_RULES = """\
    - schedule:
        timeZone: Europe/Paris
        default: 2
        rules:
          - {{days: [Monday, Friday], start: "09:00", end: "18:00", replicas: {replicas}}}
          - {{start: "22:00", end: "06:00", atMost: 50}}
"""

_CONSTANT = """\
    - schedule: {{default: {replicas}, rules: []}}
"""

_EDGE = """\
    - schedule:
        rules:
          - {{start: "{start}", end: "{end}", replicas: {replicas}}}
"""

_QUERY = """\
    - prometheus: {{source: main, query: 'sum(rate(http_requests_total{{app="{name}"}}[1m]))', threshold: 100}}
"""

_FORECAST = """\
    - forecast:
        prometheus: {{source: main, query: 'sum(rate(http_requests_total{{app="{name}"}}[1m]))', threshold: 10}}
        timeZone: UTC
        step: {step}
        history: {history}
    - schedule: {{default: 1, rules: []}}
"""

ASLEEP = """\
    - schedule: {{default: 0, rules: [{{dates: ["2999-12-31"], replicas: {replicas}}}]}}
"""

_POLICY = """\
apiVersion: headstart.dev/v1alpha1
kind: ScalingPolicy
metadata: {{name: {name}, namespace: default}}
spec:
  leadTime: {lead_time}
  signals:
"""

_POLICIES_A_FILE = 1_000


def policy_name(index):
    return f"workload-{index:06}"


def _write(folder, count, signal, lead_time="10m", more_replicas=0, **values):
    folder.mkdir(exist_ok=True)
    for start in range(0, count, _POLICIES_A_FILE):
        documents = []
        for index in range(start, min(start + _POLICIES_A_FILE, count)):
            values |= {"name": policy_name(index), "replicas": 3 + index % 40 + more_replicas}
            documents.append((_POLICY + signal).format(lead_time=lead_time, **values))
        # A file comes into being or changes all at once.
        new = folder / ".new"
        new.write_text("---\n".join(documents))
        new.rename(folder / f"policies-{start:06}.yaml")
    return folder


def write_policies(folder, count, signal=_TWO_RULES):
    """Writes that many policies, each with a schedule of two rules, unless they are there."""
    return folder if folder.exists() else _write(folder, count, signal)


def write_constants(folder, count, more_replicas=0):
    """Policies that ask for 3 to 42 replicas, and for `more_replicas` beyond."""
    return _write(folder, count, _CONSTANT, more_replicas=more_replicas)


def write_edges(folder, count, start):
    """Policies that all become active at that time of UTC, for an hour."""
    end = start + timedelta(hours=1)
    return _write(folder, count, _EDGE, lead_time="0s", start=f"{start:%H:%M}", end=f"{end:%H:%M}")


def write_queries(folder, count, url):
    """Policies of one Prometheus query each, no two alike."""
    _write(folder, count, _QUERY)
    return _add_source(folder, url)


def write_forecasts(folder, count, url, step, history):
    """Policies of one built-in forecast each, no two of the same query, and a constant."""
    _write(folder, count, _FORECAST, lead_time="10m", step=step, history=history)
    return _add_source(folder, url)


def _add_source(folder, url):
    (folder / "main.yaml").write_text(
        "apiVersion: headstart.dev/v1alpha1\nkind: DataSource\nmetadata: {name: main}\n"
        f'spec: {{type: prometheus, address: "{url}", refresh: 15s}}\n')
    return folder


def _frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) \
        + payload


def _literal(name, value):
    """A header field, not indexed and without Huffman's code."""
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


class Connections:
    """Open HTTP/2 connections that each make one call and then stay."""

    def __init__(self, port, count):
        self._sockets = []
        for _ in range(count):
            each = socket.create_connection(("127.0.0.1", port), timeout=10)
            each.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(4, 0, 0, b"")
                         + _frame(4, 1, 0, b""))
            self._sockets.append(each)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in self._sockets:
            each.close()

    def call_each(self):
        """One GetMetrics of another policy on each connection. Fails without an answer."""
        fields = [(":method", "POST"), (":scheme", "http"), (":authority", "localhost"),
                  (":path", "/externalscaler.ExternalScaler/GetMetrics"), ("te", "trailers"),
                  ("content-type", "application/grpc")]
        block = b"".join(_literal(*field) for field in fields)
        for index, each in enumerate(self._sockets):
            body = messages.prefixed(messages.get_metrics(policy_name(index)))
            each.sendall(_frame(1, 4, 1, block) + _frame(0, 1, 1, body))
        for each in self._sockets:
            received = b""
            while messages.METRIC.encode() not in received:
                more = each.recv(65536)
                if not more:
                    raise RuntimeError("a connection was closed without an answer")
                received += more
