"""What a cluster does with Services, for the test API server: pods that answer, the controllers that
start them and list them in EndpointSlices, and kube-proxy."""

import http.client
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .apiserver import Resource
from .server import free_port

SERVICE_LABEL = "kubernetes.io/service-name"
# How long a pod takes until it is ready.
START = 0.3


class Refused(Exception):
    """No endpoint is ready: kube-proxy refuses the connection."""


def resources(judge=None):
    return [
        Resource("v1", "Service", "services", validate=judge),
        Resource("discovery.k8s.io/v1", "EndpointSlice", "endpointslices"),
    ]


def loopback_address():
    """One of its own for each pod, as in a cluster."""
    return f"127.{random.randrange(1, 250)}.{random.randrange(250)}.{random.randrange(1, 250)}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


def serve(address, port, answer):
    """An HTTP server whose answers are `answer(handler)` -> (status, body)."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

        def do_GET(self):
            status, body = answer(self)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = _Server((address, port), Handler)
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    ).start()
    return server


class Pod:
    """Answers with its address from the start on, and is ready a moment later."""

    def __init__(self, port):
        self.address = loopback_address()
        self.ready_at = time.monotonic() + START
        self.is_terminating = False
        self.in_flight = 0
        self._server = serve(self.address, port, lambda _: (200, self.address.encode()))

    @property
    def is_ready(self):
        return not self.is_terminating and time.monotonic() >= self.ready_at

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class ServiceNetwork:
    """Runs until `close`. Follows the Deployments and Services of one API server.

    A pod that goes is taken out of the EndpointSlices first, and ends when its last request is
    answered, as one with a preStop hook does.
    """

    def __init__(self, api):
        self.api = api
        self.port = free_port()
        # By namespace and app.
        self.pods = {}
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._is_closed = True
        self._thread.join(5)
        for pods in self.pods.values():
            for pod in pods:
                pod.close()

    # Controllers

    def _run(self):
        while not self._is_closed:
            with self.api.lock:
                ended = self._step()
                if not ended:
                    self.api.changed.wait(0.02)
            for pod in ended:
                pod.close()

    def _step(self):
        """Pods and slices as they should be; returns the pods that have ended."""
        ended = []
        for deployment in self.api.all("Deployment"):
            metadata = deployment["metadata"]
            pods = self.pods.setdefault((metadata["namespace"], metadata["name"]), [])
            alive = [pod for pod in pods if not pod.is_terminating]
            wanted = deployment["spec"]["replicas"]
            for _ in range(wanted - len(alive)):
                pods.append(Pod(self.port))
            for pod in alive[wanted:]:
                pod.is_terminating = True
        for service in self.api.all("Service"):
            if selector := service["spec"].get("selector"):
                self._list(service, self.pods.get((service["metadata"]["namespace"], selector.get("app")), []))
        # Out of every slice by now, and without a request.
        for pods in self.pods.values():
            for pod in [pod for pod in pods if pod.is_terminating and not pod.in_flight]:
                pods.remove(pod)
                ended.append(pod)
        return ended

    def _list(self, service, pods):
        metadata = service["metadata"]
        name = f"{metadata['name']}-abcde"
        endpoints = [
            {
                "addresses": [pod.address],
                "conditions": {
                    "ready": pod.is_ready,
                    "serving": not pod.is_terminating,
                    "terminating": pod.is_terminating,
                },
            }
            for pod in pods
        ]
        ports = [
            {"name": port.get("name", ""), "protocol": "TCP", "port": self.port}
            for port in service["spec"]["ports"]
        ]
        known = self.api.get("EndpointSlice", metadata["namespace"], name)
        if known and (known["endpoints"], known["ports"]) == (endpoints, ports):
            return
        self.api.apply(
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {
                    "name": name,
                    "namespace": metadata["namespace"],
                    "labels": {
                        SERVICE_LABEL: metadata["name"],
                        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
                    },
                },
                "addressType": "IPv4",
                "endpoints": endpoints,
                "ports": ports,
            }
        )

    # kube-proxy

    def endpoints(self, service, namespace="default"):
        """(address, port) of everything that is ready behind a Service; () for a Service without."""
        with self.api.lock:
            known = self.api.get("Service", namespace, service)
            if known is None:
                return []
            port_name = known["spec"]["ports"][0].get("name", "")
            return [
                (address, port["port"])
                for piece in self.api.all("EndpointSlice")
                if piece["metadata"]["namespace"] == namespace
                and piece["metadata"].get("labels", {}).get(SERVICE_LABEL) == service
                for port in piece["ports"]
                if port["name"] == port_name
                for endpoint in piece["endpoints"]
                if endpoint.get("conditions", {}).get("ready") is not False
                for address in endpoint["addresses"]
            ]

    def request(self, service, namespace="default", timeout=60):
        """One request to a Service on a connection of its own: (status, body)."""
        with self.api.lock:
            found = self.endpoints(service, namespace)
            if not found:
                raise Refused(f"{namespace}/{service} has no endpoint that is ready")
            address, port = random.choice(found)
            pod = next(
                (pod for pods in self.pods.values() for pod in pods if pod.address == address), None
            )
            if pod:
                pod.in_flight += 1
        try:
            connection = http.client.HTTPConnection(address, port, timeout=timeout)
            connection.request("GET", "/", headers={"Host": f"{service}.{namespace}.svc.cluster.local"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()
            if pod:
                with self.api.lock:
                    pod.in_flight -= 1
