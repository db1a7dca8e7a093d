"""Answers instant queries as a test wants them, and remembers how they were asked."""

import json
import threading
import urllib.parse

from .forecaster import reset
from .loopback import Handler, Loopback


class FakePrometheus(Loopback):
    """`result` is the data of the answer, or a function of the query; `extra` stands beside it.
    `uptime` is what the query of an uptimeFilter reads, unless `result` is a function.
    `requests` holds (method, path, headers, form).

    `mode` is ok, error, garbage, truncated, wrong, hang, trickle (a byte at a time) or reset.
    """

    def __init__(self):
        self.mode = "ok"
        self._released = threading.Event()
        self.result = {"resultType": "scalar", "result": [0, "300"]}
        self.uptime = 1
        self.warnings = []
        self.extra = {}
        self.requests = []
        owner = self

        class Answers(Handler):
            def _answer(self):
                length = int(self.headers.get("Content-Length", 0))
                form = urllib.parse.parse_qs(self.rfile.read(length).decode())
                owner.requests.append((self.command, self.path, dict(self.headers), form))
                data = owner.result
                if callable(data):
                    data = data(form["query"][0])
                elif form.get("query", [""])[0].startswith("min_over_time((max(up{"):
                    sample = {"metric": {}, "value": [0, str(owner.uptime)]}
                    data = {"resultType": "vector", "result": [sample]}
                answer = {"status": "success", "data": data} | owner.extra
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

            do_GET = do_POST = _answer

        self.listen(Answers)

    def close(self):
        self._released.set()
        super().close()
