"""Answers instant queries as a test wants them, and remembers how they were asked."""

import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .forecaster import reset


class FakePrometheus:
    """`result` is the data of the answer; `requests` holds (method, path, headers, form).

    `mode` is ok, error, garbage, truncated, wrong, hang, trickle (a byte at a time) or reset.
    """

    def __init__(self):
        self.mode = "ok"
        self._released = threading.Event()
        self.result = {"resultType": "scalar", "result": [0, "300"]}
        self.warnings = []
        self.requests = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self):
                length = int(self.headers.get("Content-Length", 0))
                form = urllib.parse.parse_qs(self.rfile.read(length).decode())
                owner.requests.append((self.command, self.path, dict(self.headers), form))
                answer = {"status": "success", "data": owner.result}
                if owner.warnings:
                    answer["warnings"] = owner.warnings
                body = json.dumps(answer).encode()
                try:
                    self._send(owner.mode, body)
                except (BrokenPipeError, ConnectionResetError):
                    # The client gave up.
                    self.close_connection = True

            def _send(self, mode, body):
                if mode == "reset":
                    reset(self)
                    return
                if mode == "hang":
                    owner._released.wait()
                    self.close_connection = True
                    return
                if mode == "garbage":
                    body = b"\x00\xff<html>not json</html>" * 40
                elif mode == "wrong":
                    body = b'{"desiredReplicas":[0,0,0],"stepSeconds":60}'
                self.send_response(500 if mode == "error" else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if mode == "truncated":
                    self.wfile.write(body[: len(body) // 2])
                    self.close_connection = True
                elif mode == "trickle":
                    for byte in body:
                        self.wfile.write(bytes([byte]))
                        if owner._released.wait(0.2):
                            return
                else:
                    self.wfile.write(body)

            def handle(self):
                try:
                    super().handle()
                except ConnectionResetError:
                    # The client's end came between two requests.
                    pass

            do_GET = do_POST = _answer

            def log_message(self, *arguments):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    def close(self):
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
