"""How requests reach the API server of the tests: HTTP/1.1, tokens and client certificates."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from .call import Call
from .failures import Failure, PlainNotFound

CLUSTER_VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 512

    def __init__(self, *arguments):
        self._connections = set()
        self._guard = threading.Lock()
        super().__init__(*arguments)

    def process_request(self, request, address):
        with self._guard:
            self._connections.add(request)
        super().process_request(request, address)

    def shutdown_request(self, request):
        with self._guard:
            self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self):
        with self._guard:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(2)
            except OSError:
                pass

    def handle_error(self, request, address):
        """A client that goes away is no error of the server."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    api = None

    def log_message(self, *arguments):
        pass

    def _serve(self):
        split = urlsplit(self.path)
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        user = self._user()
        call = self._call(split.path, query, body, user)
        with self.api.lock:
            self.api.calls.append(call)
            hanging = self.api.hanging
        if hanging:
            self.api.wait_for_the_end()
            self.close_connection = True
            return
        try:
            if user is None:
                raise Failure(401, "Unauthorized", "Unauthorized")
            self.api.authorize(call)
            self.api.fault(call)
            if call.verb == "watch":
                self._watch(call, split.path, query)
                return
            code, answer = self.api.handle(
                self.command, split.path, query, self.headers.get("Content-Type"), body, user, call
            )
            self._answer(call, code, answer)
        except PlainNotFound:
            self._send(call, 404, b"404 page not found\n", "text/plain; charset=utf-8", {})
        except Failure as failure:
            self._answer(call, failure.code, failure.status, failure.headers)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _user(self):
        certificate = getattr(self.connection, "getpeercert", dict)()
        for ((name, value),) in (certificate or {}).get("subject", ()):
            if name == "commonName":
                return value
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        return self.api.tokens.get(token) if scheme == "Bearer" else None

    def _call(self, path, query, body, user):
        verb = CLUSTER_VERBS[self.command]
        resource = namespace = name = subresource = None
        group = ""
        try:
            found, namespace, name, subresource = self.api.find(path)
            group, resource = found.group, found.name
            if verb == "get" and name is None:
                verb = "watch" if query.get("watch") in ("1", "true") else "list"
        except PlainNotFound:
            pass
        try:
            given = json.loads(body) if body else None
        except ValueError:
            given = None
        call = Call(
            time.monotonic(), verb, group, resource, subresource, namespace, name, query, given, user
        )
        call.headers = dict(self.headers)
        return call

    def _answer(self, call, code, answer, headers=None):
        body = json.dumps(answer).encode()
        self._send(call, code, body, "application/json", headers or {})

    def _send(self, call, code, body, content_type, headers):
        call.code = code
        self.send_response(code)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _watch(self, call, path, query):
        resource, namespace, _, _ = self.api.find(path)
        call.code = 200
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

        def send(event, item):
            line = json.dumps({"type": event, "object": item}).encode() + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.flush()

        self.api.watch(resource, namespace, query, send)
        self.wfile.write(b"0\r\n\r\n")
