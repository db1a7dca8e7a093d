"""A Kubernetes API server for tests, after the recordings in Tests/Fixtures/kubernetes.

It keeps objects with resource versions in memory, checks requests as strictly as the real one, and
can be told to misbehave. Every call is kept in `calls`, from which the needed RBAC rules follow.
"""

import json
import re
import ssl
import threading

from . import validation
from .discovery import discover, groups, openapi
from .failures import Failure, PlainNotFound
from .http import Handler, Server
from .resources import BUILT_IN
from .store import Store
from .validation import APPLY
from .watches import Watches


class APIServer(Watches, Store):
    """Runs until `close`. `url` and `token` are what a client needs."""

    def __init__(
        self, *resources, certificate=None, client_authority=None, port=0, token="token-1",
        validate=None,
    ):  # fmt: skip
        super().__init__(list(BUILT_IN) + list(resources), validate)
        self.tokens = {token: "system:serviceaccount:headstart:headstart"}
        self.token = token
        self.calls = []
        self.rules = None
        self.judged = None
        self.faults = []
        self.stalled = False
        self.hanging = False
        # How often watches were lost: those that began before are silent for ever.
        self.losses = 0
        self.sends_bookmarks = True
        self.bookmark_interval = 1.0
        self._generation = 0
        self._certificate = certificate
        self._client_authority = client_authority
        self._start(port)

    def _start(self, port):
        server = self

        class ServersHandler(Handler):
            api = server

        self._server = Server(("127.0.0.1", port), ServersHandler)
        if self._certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*map(str, self._certificate))
            if self._client_authority:
                context.load_verify_locations(str(self._client_authority))
                context.verify_mode = ssl.CERT_OPTIONAL
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    @property
    def url(self):
        return f"{'https' if self._certificate else 'http'}://127.0.0.1:{self.port}"

    def close(self):
        """Ends it, and every connection, as a crash would."""
        with self.lock:
            self._generation += 1
            self.changed.notify_all()
        self._server.shutdown()
        self._server.server_close()
        self._server.close_connections()
        self._thread.join(5)

    def come_back(self):
        """Serves again on the same port, with everything it knew, after `close`."""
        self._start(self.port)

    def kubeconfig(self, path, namespace="headstart", authority=None, **user):
        """Writes a kubeconfig of this server and returns its path."""
        user = user or {"token": self.token}
        trust = {"certificate-authority": str(authority)} if authority else {}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": self.url} | trust}],
            "users": [{"name": "test", "user": user}],
            "contexts": [
                {
                    "name": "test",
                    "context": {"cluster": "test", "user": "test", "namespace": namespace},
                }
            ],
        }
        # In one step: a server that was started with it before may be reading it.
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(config))
        draft.replace(path)
        return path

    # Faults

    def fail(self, code, count=1, verb=None, resource=None, retry_after=None, message="fault"):
        """Answers the next calls that match with an error."""
        with self.lock:
            self.faults.append([count, code, verb, resource, retry_after, message])

    def stall_watches(self, stalled=True):
        """Watches stay open and say nothing, not even bookmarks; calls are answered."""
        with self.lock:
            self.stalled = stalled
            self.changed.notify_all()

    def hang(self, hanging=True):
        """Takes requests and never answers them, also not when it has come back."""
        with self.lock:
            self.hanging = hanging

    def lose_watches(self):
        """Watches under way stay open and never say anything again; later ones work."""
        with self.lock:
            self.losses += 1

    def compact(self):
        """Forgets the past: older resource versions and continue tokens have expired."""
        with self.lock:
            self.oldest = self.version
            self._snapshots.clear()
            self.history.clear()
            self.changed.notify_all()

    def wait_for_the_end(self):
        """Returns when connections are ended by the server's end, or by `end_watches`."""
        with self.lock:
            generation = self._generation
            while self._generation == generation:
                self.changed.wait()

    def end_watches(self):
        """Ends every watch, as the server does after its timeout."""
        with self.lock:
            self._generation += 1
            self.changed.notify_all()

    # RBAC

    def allow_only(self, rules, user=None):
        """Refuses all that no rule allows: dicts as in a Role, with an optional `namespace`.

        With `user` only that one's calls are judged.
        """
        self.rules = rules
        self.judged = user

    def used_rules(self):
        """Every (verb, group, resource) that was asked for."""
        with self.lock:
            return {call.rule for call in self.calls if call.resource}

    def calls_of(self, verb, resource, subresource=None):
        with self.lock:
            return [
                call
                for call in self.calls
                if (call.verb, call.resource, call.subresource) == (verb, resource, subresource)
            ]

    def authorize(self, call):
        if self.rules is None or not call.resource or self.judged not in (None, call.user):
            return
        verb, group, resource = call.rule
        for rule in self.rules:
            if (
                any(item in (verb, "*") for item in rule["verbs"])
                and any(item in (group, "*") for item in rule["apiGroups"])
                and any(item in (resource, "*") for item in rule["resources"])
                and (not rule.get("resourceNames") or call.name in rule["resourceNames"])
                and rule.get("namespace", call.namespace) == call.namespace
            ):
                return
        scope = f'in the namespace "{call.namespace}"' if call.namespace else "at the cluster scope"
        qualified = f"{call.resource}.{group}" if group else call.resource
        shown = f'{qualified} "{call.name}"' if call.name else qualified
        raise Failure(
            403,
            "Forbidden",
            f'{shown} is forbidden: User "{call.user}" cannot {verb} resource "{resource}" in API '
            f'group "{group}" {scope}',
            {"group": group, "kind": call.resource, **({"name": call.name} if call.name else {})},
        )

    def fault(self, call):
        with self.lock:
            for fault in self.faults:
                count, code, verb, resource, retry_after, message = fault
                if verb not in (None, call.verb) or resource not in (None, call.resource):
                    continue
                fault[0] -= 1
                if fault[0] <= 0:
                    self.faults.remove(fault)
                reasons = {
                    429: "TooManyRequests",
                    500: "InternalError",
                    503: "ServiceUnavailable",
                    409: "Conflict",
                }
                headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
                raise Failure(code, reasons.get(code, "Unknown"), message, headers=headers)

    # Requests

    def handle(self, method, path, query, content_type, body, user, call):
        """The answer to everything but a watch: (code, object)."""
        if path == "/version":
            return 200, {"major": "1", "minor": "35", "gitVersion": "v1.35.0"}
        if method == "GET" and path in ("/api", "/apis"):
            return 200, groups(self.resources, path)
        if method == "GET" and (group := re.fullmatch(r"/(?:api/(v1)|apis/([^/]+/[^/]+))", path)):
            return 200, discover(self.resources, group[1] or group[2])
        if method == "GET" and path.startswith("/openapi/v3"):
            return 200, openapi(self.resources, path.removeprefix("/openapi/v3").strip("/"))
        resource, namespace, name, subresource = self.find(path)
        with self.lock:
            if subresource and subresource not in resource.subresources:
                raise PlainNotFound
            if method == "GET":
                if name is None:
                    return 200, self._list(resource, namespace, query)
                return 200, self._read(resource, namespace, name, subresource)
            if namespace is None and resource.namespaced:
                raise Failure(405, "MethodNotAllowed", "the server does not allow this method")
            if method == "DELETE" and name is not None:
                gone = self._stored(resource, namespace, name)
                self.delete(resource.kind, namespace, name)
                return 200, gone
            given = validation.body(method, content_type, body)
            if method == "POST":
                return 201, self._create(resource, namespace, given, query)
            if name is None:
                raise Failure(405, "MethodNotAllowed", "the server does not allow this method")
            if (content_type or "").startswith(APPLY) and not subresource:
                return self._apply(resource, namespace, name, given, query)
            return 200, self._change(
                method, resource, namespace, name, subresource, given, query
            )

    def find(self, path):
        """(resource, namespace, name, subresource) of a path."""
        parts = path.strip("/").split("/")
        if parts[0] == "apis" and len(parts) >= 4:
            version, rest = "/".join(parts[1:3]), parts[3:]
        elif parts[0] == "api" and len(parts) >= 3:
            version, rest = parts[1], parts[2:]
        else:
            raise PlainNotFound
        namespace = None
        if rest[0] == "namespaces" and len(rest) >= 3:
            namespace, rest = rest[1], rest[2:]
        for resource in self.resources:
            if (resource.api_version, resource.name) == (version, rest[0]) and len(rest) <= 3:
                name = rest[1] if len(rest) > 1 else None
                return resource, namespace, name, rest[2] if len(rest) > 2 else None
        raise PlainNotFound
