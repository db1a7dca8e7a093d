"""An HTTP server on loopback that a test plays a counterpart with."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Handlers that hang must not hold up the end of a test.
    block_on_close = False


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status, body, content_type="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle(self):
        try:
            super().handle()
        except ConnectionResetError:
            # The client's end came between two requests.
            pass

    def log_message(self, *arguments):
        pass


class Loopback:
    """Serves with `handler` from `listen` to `close`, in threads of its own."""

    def listen(self, handler, port=0):
        self._server = _Server(("127.0.0.1", port), handler)
        self.target = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.target}"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
