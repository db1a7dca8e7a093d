"""What Headstart asks while it is measured: a forecaster and a Prometheus, both healthy."""

import asyncio
import json
import math
import threading
import time
import urllib.parse
from datetime import datetime, timezone


class Upstreams:
    """One HTTP server that plays both, on a thread of its own.

    The forecaster serves the recorded snapshot, dated now. Prometheus answers every query with a
    value that is another one each second, around what the forecast asks for, so that now the one
    and now the other decides; every range of a query is of one load with a day. While `hanging` is set, the forecaster takes requests and says
    nothing.
    """

    def __init__(self, snapshot_file):
        self._snapshot = json.loads(snapshot_file.read_text())
        self.hanging = threading.Event()
        # Prometheus queries that were answered, and ranges of them.
        self.queries = 0
        self.ranges = 0
        self._range_bodies = {}
        self._loop = asyncio.new_event_loop()
        server = self._loop.run_until_complete(
            self._loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, backlog=1024))
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def answer(self, method, target, form):
        """The body of an answer; None for no answer."""
        if target.endswith("/query_range"):
            self.ranges += 1
            return self._range(dict(urllib.parse.parse_qsl(form.decode())))
        if method == "POST":
            self.queries += 1
            return self._value()
        if self.hanging.is_set():
            return None
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(target).query)
        return self._forecast(query.get("workload", [""])[0])

    def _forecast(self, workload):
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return json.dumps(self._snapshot | {"workload": workload, "generatedAt": now})

    def _range(self, form):
        key = tuple(int(float(form[name])) for name in ("start", "end", "step"))
        if key not in self._range_bodies:
            start, end, step = key
            values = ",".join(
                f'[{at},"{300 - 200 * math.cos(at / 86_400 * 2 * math.pi) + at // step % 7:.1f}"]'
                for at in range(start, end + 1, step))
            self._range_bodies[key] = (
                '{"status": "success", "data": {"resultType": "matrix", "result": '
                f'[{{"metric": {{}}, "values": [{values}]}}]}}}}')
        return self._range_bodies[key]

    def _value(self):
        # The recorded forecast asks for about 32 within 10 minutes; this for 20 to 59.
        value = 100 * (20 + int(time.time()) * 7 % 40)
        return ('{"status": "success", "data": {"resultType": "vector", "result": '
                f'[{{"metric": {{}}, "value": [{time.time()}, "{value}"]}}]}}}}')


class _Connection(asyncio.Protocol):
    """HTTP/1.1, as far as Headstart's client speaks it: http.server answers some 360 queries/s."""

    def __init__(self, upstreams):
        self._upstreams = upstreams
        self._received = b""

    def connection_made(self, transport):
        self._transport = transport

    def data_received(self, data):
        self._received += data
        while (request := self._next_request()) is not None:
            body = self._upstreams.answer(*request)
            if body is None:
                continue
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                + f"Content-Length: {len(body)}\r\n\r\n{body}".encode())

    def _next_request(self):
        """The method and target of a request that is there whole, or None."""
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if not end:
            return None
        first, *fields = head.decode().split("\r\n")
        length = next((int(field[15:]) for field in fields
                       if field[:15].lower() == "content-length:"), 0)
        if len(rest) < length:
            return None
        self._received = rest[length:]
        return (*first.split()[:2], rest[:length])
