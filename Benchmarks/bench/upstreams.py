"""What Headstart asks while it is measured: a forecaster and a Prometheus, both healthy."""

import json
import threading
import time
import urllib.parse
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Handlers that hang must not hold up the end.
    block_on_close = False
    request_queue_size = 1024


class Upstreams:
    """One HTTP server that plays both.

    The forecaster serves the recorded snapshot, dated now. Prometheus answers every query with a
    value that is another one each second, around what the forecast asks for, so that now the one
    and now the other decides. While `hanging` is set, the forecaster takes requests and says
    nothing.
    """

    def __init__(self, snapshot_file):
        self._snapshot = json.loads(snapshot_file.read_text())
        self.hanging = threading.Event()
        self._released = threading.Event()
        # Prometheus queries that were answered.
        self.queries = 0
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if owner.hanging.is_set():
                    owner._released.wait()
                    self.close_connection = True
                    return
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                self._answer(owner._forecast(query.get("workload", [""])[0]))

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                owner.queries += 1
                self._answer(owner._value())

            def _answer(self, value):
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def handle(self):
                try:
                    super().handle()
                except ConnectionError:
                    # A server that is stopped leaves in the middle of an answer.
                    pass

            def log_message(self, *_):
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._released.set()
        self._server.shutdown()
        self._server.server_close()

    def _forecast(self, workload):
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self._snapshot | {"workload": workload, "generatedAt": now}

    def _value(self):
        # The recorded forecast asks for about 32 within 10 minutes; this for 20 to 59.
        value = 100 * (20 + int(time.time()) * 7 % 40)
        return {"status": "success",
                "data": {"resultType": "vector",
                         "result": [{"metric": {}, "value": [time.time(), str(value)]}]}}
