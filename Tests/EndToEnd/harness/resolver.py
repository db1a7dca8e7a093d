"""KubeElasti's resolver, as far as Headstart and the callers notice it."""

import hashlib
import json
import threading
import time
import urllib.request

from .server import free_port
from .service_network import SERVICE_LABEL, Refused, loopback_address, serve

NAMESPACE, SERVICE = "elasti", "elasti-resolver-service"


def private_name(service):
    return f"elasti-{service}-pvt-{hashlib.sha256(service.encode()).hexdigest()[:10]}"


def slice_name(service):
    digest = hashlib.sha256(service.encode()).hexdigest()[:10]
    return f"elasti-{service}-endpointslice-to-resolver-{digest}"


class Resolver:
    """Holds each request until a pod is ready behind the private Service, and passes it on.

    It tells the operator of each one, again every moment while there is no pod, and calls every
    answer but 200 an error. `told` holds the answers, `held` the Services whose requests had to wait.
    """

    def __init__(self, network, patience=60):
        self.network = network
        self.operator = None
        self.patience = patience
        self.told = []
        self.held = []
        self.address = loopback_address()
        self.port = free_port()
        self._server = serve(self.address, self.port, self._answer)
        self._guard = threading.Lock()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def register(self, addresses=None):
        """Its Service has these addresses: its own, unless a test says otherwise."""
        self.network.api.apply(
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {
                    "name": "elasti-resolver-service-x1",
                    "namespace": NAMESPACE,
                    "labels": {SERVICE_LABEL: SERVICE},
                },
                "addressType": "IPv4",
                "endpoints": [
                    {"addresses": [address], "conditions": {"ready": True}}
                    for address in ([self.address] if addresses is None else addresses)
                ],
                "ports": [{"name": "", "protocol": "TCP", "port": self.port}],
            }
        )

    @property
    def flag(self):
        return f"--elasti-resolver={NAMESPACE}/{SERVICE}:{self.port}"

    def _answer(self, handler):
        service, namespace = handler.headers["Host"].split(".")[:2]
        target = private_name(service)
        deadline = time.monotonic() + self.patience
        self._tell(service, namespace)
        last = time.monotonic()
        waited = False
        while not self.network.endpoints(target, namespace):
            if not waited:
                waited = True
                self.held.append(service)
            if time.monotonic() > deadline:
                return 408, b"request timeout"
            # Polled: the endpoints are learnt on another thread.
            time.sleep(0.02)
            if time.monotonic() > last + 1:
                last = time.monotonic()
                self._tell(service, namespace)
        try:
            status, body = self.network.request(target, namespace)
            return status, body.encode()
        except (Refused, OSError) as error:
            return 502, str(error).encode()

    def _tell(self, service, namespace):
        threading.Thread(target=self._call, args=(service, namespace), daemon=True).start()

    def _call(self, service, namespace):
        body = json.dumps({"count": 1, "svc": service, "namespace": namespace}).encode()
        request = urllib.request.Request(
            f"{self.operator}/informer/incoming-request", data=body, method="POST",
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                told = answer.status, json.loads(answer.read())
        except OSError as error:
            told = str(error), None
        with self._guard:
            self.told.append(told)
