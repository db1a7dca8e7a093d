"""The servers of the comparison, each behind the same few names."""

import json
import time
import urllib.request

from . import messages
from .load import call
from .process import ServerProcess, free_port

CONSTANT_REPLICAS = 32

THREE_SIGNALS = """\
apiVersion: headstart.dev/v1alpha1
kind: DataSource
metadata: {{name: forecasts}}
spec: {{type: forecaster, address: "{url}", refresh: 1s}}
---
apiVersion: headstart.dev/v1alpha1
kind: DataSource
metadata: {{name: main}}
spec: {{type: prometheus, address: "{url}", refresh: 1s}}
---
apiVersion: headstart.dev/v1alpha1
kind: ScalingPolicy
metadata: {{name: web, namespace: default}}
spec:
  leadTime: 10m
  limits: {{minReplicas: 2, maxReplicas: 100}}
  signals:
    - name: predicted
      forecast: {{source: forecasts, workload: web}}
    - name: calendar
      schedule:
        timeZone: Europe/Paris
        default: 2
        rules:
          - name: Business hours
            days: [Monday, Tuesday, Wednesday, Thursday, Friday]
            start: "09:00"
            end: "18:00"
            replicas: 10
            priority: 100
          - {{name: Black Friday, dates: ["2036-11-28"], replicas: 30, priority: 300}}
    - name: live
      prometheus:
        source: main
        query: sum(rate(http_requests_total[1m]))
        threshold: 100
        activationThreshold: 5
"""


class Server:
    """A way to start a server on a port, and to know that it answers as it must.

    `answers` holds the size of the answer to each method, gRPC's prefix included.
    """

    name = ""

    answers = {
        "GetMetrics": 5 + len(messages.metrics_response(CONSTANT_REPLICAS)),
        "IsActive": 5 + len(messages.IS_ACTIVE_RESPONSE),
    }

    def __init__(self, programs):
        self.programs = programs
        self.port = free_port()

    def command(self, method):
        raise NotImplementedError

    def start(self, method, changed=lambda command: command, **options):
        """Starts it, by its command as `changed` returns it, and waits until it serves."""
        process = ServerProcess(changed(self.command(method)), **options)
        process.seconds_to_serve = self.wait_ready(process)
        return process

    def wait_ready(self, process):
        return process.wait_for_port(self.port)

    def verify(self, method, bodies):
        """Raises unless one call is answered as the server must at this moment."""
        expected = {
            "GetMetrics": messages.metrics_response(CONSTANT_REPLICAS),
            "IsActive": messages.IS_ACTIVE_RESPONSE,
        }[method]
        answer = call(self.port, method, bodies[method])
        if answer != messages.prefixed(expected):
            raise RuntimeError(f"{self.name} answers {method} with {answer.hex()}")


class Bare(Server):
    """nghttp2 and libuv alone: the limit."""

    name = "bare"

    def command(self, method):
        # It knows no methods: it is started with the answer to the one that is measured.
        answer = (messages.metrics_response(CONSTANT_REPLICAS) if method == "GetMetrics"
                  else messages.IS_ACTIVE_RESPONSE)
        return [self.programs / "bare", self.port, answer.hex()]


class GRPCCPP(Server):
    """gRPC C++ with generated code and a constant answer."""

    name = "gRPC C++"

    def command(self, method):
        return [self.programs / "grpc-cpp", self.port, CONSTANT_REPLICAS]


class Headstart(Server):
    """The release binary, with the policies of a directory."""

    name = "headstart"

    def __init__(self, binary, policies):
        super().__init__(None)
        self.binary = binary
        self.policies = policies
        self.http_port = free_port()
        self.workers = 1

    def command(self, method):
        return [self.binary, "serve", f"--listen=127.0.0.1:{self.port}",
                f"--http-listen=127.0.0.1:{self.http_port}", f"--workers={self.workers}",
                "--log-level=warn", f"--policies={self.policies}"]

    def start(self, method, *arguments, workers=1, **options):
        self.workers = workers
        return super().start(method, *arguments, **options)

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=10) as answer:
            return answer.read()

    def series(self, name):
        """How many series a metric has."""
        return self.get("/metrics").count(b"\n" + name.encode() + b"{")

    def wait_ready(self, process):
        def ready():
            try:
                self.get("/readyz")
                return True
            except OSError:
                return False

        return process.wait_until(ready)

    def wait_for_replicas(self, name, expected, timeout):
        """Waits until the decision about a policy is that number."""
        deadline = time.monotonic() + timeout
        while self.decision(name)["desiredReplicas"] != expected:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{name} did not come to {expected} within {timeout:.0f} s")
            time.sleep(0.01)

    def wake(self, name):
        url = f"http://127.0.0.1:{self.http_port}/api/v1/wake/{messages.NAMESPACE}/{name}"
        with urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=10) as answer:
            if answer.status != 202:
                raise RuntimeError(f"the wake-up of {name} was answered with {answer.status}")

    def decision(self, name=messages.NAME):
        return json.loads(self.get(f"/api/v1/decisions/{messages.NAMESPACE}/{name}"))

    def verify(self, method, bodies):
        """The answer must be the decision, of which all signals are fresh, just before or after."""
        for _ in range(10):
            before = self.decision()
            answer = call(self.port, method, bodies[method])
            after = self.decision()
            decisions = [before, after]
            expected = [
                messages.prefixed(messages.metrics_response(each["desiredReplicas"])
                                  if method == "GetMetrics" else messages.IS_ACTIVE_RESPONSE)
                for each in decisions
            ]
            states = [part["state"] for each in decisions for part in each["contributions"]]
            if answer in expected and states == ["fresh"] * 6:
                return
            time.sleep(0.2)
        raise RuntimeError(f"{method} is answered with {answer.hex()}, the decision is {after}")
