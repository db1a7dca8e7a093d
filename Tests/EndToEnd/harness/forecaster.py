"""A forecaster that can fail in every way that tests want to see survived."""

import json
import socket
import struct
import threading
import time
import urllib.parse
from datetime import datetime, timedelta, timezone

from .loopback import Handler, Loopback
from .paths import FIXTURES

RECORDED = json.loads((FIXTURES / "kedastral" / "forecast-current.json").read_text())
RECORDED_404 = (FIXTURES / "kedastral" / "forecast-unknown.http").read_text()


def reset(handler):
    """Closes the connection of a request with RST instead of an answer."""
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.close_connection = True


class Forecaster(Loopback):
    """Serves the recorded snapshot, dated now, until `mode` says otherwise.

    ok, stale, not_found, error, garbage, truncated, wrong, hang, trickle, reset, redirect, million,
    huge, nan, infinity, negative, fraction, empty, step_zero, no_date, far_future
    """

    def __init__(self, port=0):
        self._frozen = None
        self.mode = "ok"
        # Overrides the recorded list of replicas.
        self.replicas = None
        self.age = timedelta(0)
        self.step = RECORDED["stepSeconds"]
        self.redirect_to = None
        self.requests = []
        self._released = threading.Event()
        owner = self

        class Answers(Handler):
            def do_GET(self):
                owner.requests.append((self.path, dict(self.headers)))
                try:
                    owner._answer(self)
                except (BrokenPipeError, ConnectionResetError):
                    # The client gave up, as it should when we hang.
                    self.close_connection = True

        self.listen(Answers, port)

    @property
    def mode(self):
        return self._mode

    @mode.setter
    def mode(self, mode):
        # A stale snapshot stays the one that it is.
        self._frozen = datetime.now(timezone.utc) if mode == "stale" else None
        self._mode = mode

    def close(self):
        self._released.set()
        super().close()

    @property
    def workloads_asked(self):
        """The workloads of the requests for a forecast, unescaped, in their order."""
        parts = [urllib.parse.urlsplit(path) for path, _ in list(self.requests)]
        return [
            urllib.parse.parse_qs(part.query).get("workload", [""])[0]
            for part in parts
            if part.path == "/forecast/current"
        ]

    def snapshot(self, workload, **changes):
        replicas = RECORDED["desiredReplicas"] if self.replicas is None else self.replicas
        generated = (self._frozen or datetime.now(timezone.utc)) - self.age
        return RECORDED | {
            "workload": workload,
            "desiredReplicas": replicas,
            "values": [float(count) for count in replicas],
            "generatedAt": generated.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "stepSeconds": self.step,
        } | changes

    def _answer(self, handler):
        mode = self.mode
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(handler.path).query)
        workload = query.get("workload", [""])[0]
        changes = {
            "nan": {"desiredReplicas": [1, float("nan"), 2]},
            "infinity": {"desiredReplicas": [1, float("inf")]},
            "negative": {"desiredReplicas": [3, -1, 2]},
            "fraction": {"desiredReplicas": [3, 1.5]},
            "empty": {"desiredReplicas": []},
            "step_zero": {"stepSeconds": 0},
            "no_date": {"generatedAt": "soon"},
            "far_future": {"generatedAt": "9999-12-31T23:59:59Z"},
        }
        if mode == "not_found":
            status, body = 404, RECORDED_404.split("\n\n", 1)[-1].strip().encode()
        elif mode == "error":
            status, body = 500, b'{"error":"out of order"}'
        elif mode == "garbage":
            status, body = 200, b"\x00\xff<html>not json</html>" * 40
        elif mode == "truncated":
            status, body = 200, json.dumps(self.snapshot(workload)).encode()[:-50]
        elif mode == "wrong":
            status, body = 200, b'{"status":"success","data":{"resultType":"scalar"}}'
        elif mode in ("million", "huge"):
            # The latter is above the limit of 8 MiB. Text, for it is quicker than encoding a list:
            # the client of the test shares this process.
            steps = 1_000_000 if mode == "million" else 5_000_000
            text = json.dumps(self.snapshot(workload, desiredReplicas="@", values=[]))
            status, body = 200, text.replace('"@"', "[" + "7," * (steps - 1) + "7]").encode()
        else:
            status, body = 200, json.dumps(self.snapshot(workload, **changes.get(mode, {}))).encode()

        if mode == "hang":
            self._released.wait()
            handler.close_connection = True
            return
        if mode == "reset":
            reset(handler)
            return
        if mode == "redirect":
            handler.send_response(302)
            handler.send_header("Location", self.redirect_to)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return

        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        if mode == "stale":
            handler.send_header("X-Kedastral-Stale", "true")
        handler.end_headers()
        if mode == "trickle":
            for byte in body:
                handler.wfile.write(bytes([byte]))
                if self._released.wait(0.2):
                    return
        else:
            handler.wfile.write(body)

    def wait_for_requests(self, count=1, timeout=10.0):
        """Waits until `count` more requests have come."""
        target = len(self.requests) + count
        deadline = time.monotonic() + timeout
        while len(self.requests) < target:
            assert time.monotonic() < deadline, f"no {count} requests within {timeout} s"
            # Polled: the requests come on threads of the server.
            time.sleep(0.02)
