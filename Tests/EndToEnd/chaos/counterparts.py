"""What Headstart reads: scrape targets, the front of Prometheus and Thanos, and a forecaster."""

import asyncio
import contextlib
import http.client
import json
import threading
import time
import urllib.parse

from harness.forecaster import Forecaster, reset
from harness.loopback import Handler, Loopback

from .apps import TARGETS

# As Thanos sends it while a store is away.
WARNING = "receive series from Addr: store-2:10901: rpc error: code = Unavailable desc = error reading"


class Targets:
    """Scrape targets on one port, each with the demand of every app. Those in `gone` do not answer."""

    def __init__(self, demand):
        self.gone = frozenset()
        self.show(demand)
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, args=(ready,), daemon=True).start()
        ready.wait()

    def show(self, demand):
        lines = [f'load{{app="{app}"}} {replicas}\n' for app, replicas in demand.items()]
        self._page = "".join(["# TYPE load gauge\n", *lines]).encode()

    @property
    def configuration(self):
        """Prometheus' static_configs. Forty are in one shard, sixty in another."""
        return [
            {
                "targets": [f"127.0.0.1:{self._port}"],
                "labels": {
                    "__metrics_path__": f"/{number}",
                    "instance": f"target-{number}",
                    "shard": "a" if number < 40 else "b",
                },
            }
            for number in range(TARGETS)
        ]

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self, ready):
        listening = asyncio.start_server(self._serve, "127.0.0.1", 0)
        server = self._loop.run_until_complete(listening)
        self._port = server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()

    async def _serve(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                if int(request.split(b" ", 2)[1][1:]) in self.gone:
                    break
                page = self._page
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(page), page)
                )
                await writer.drain()
        writer.close()


class Front(Loopback):
    """What one replica takes for its Prometheus and its Thanos: /prometheus and /thanos.

    `modes` of each: ok, fails, slow, refuses, partial. Nothing arrives while `is_cut_off`.
    """

    def __init__(self, prometheus):
        self.modes = {"prometheus": "ok", "thanos": "ok"}
        self.is_cut_off = False
        owner = self

        class Answers(Handler):
            behind = None

            def do_POST(self):
                asked = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                name, path = self.path[1:].split("/", 1)
                mode = owner.modes[name]
                if owner.is_cut_off or mode == "refuses":
                    reset(self)
                    return
                if mode == "slow":
                    # Longer than anyone waits.
                    time.sleep(3)
                try:
                    status, answer = (503, b"<html>no backend</html>")
                    if mode != "fails":
                        status, answer = self._ask(f"/{path}", asked, mode == "partial")
                except (OSError, http.client.HTTPException):
                    self.behind = None
                    status, answer = 502, b"<html>bad gateway</html>"
                with contextlib.suppress(OSError):
                    self.reply(status, answer)
                    return
                self.close_connection = True

            def _ask(self, path, asked, is_partial):
                if is_partial:
                    form = urllib.parse.parse_qs(asked)
                    # Of all data only what one shard has.
                    form["query"] = [form["query"][0].replace("{", '{shard="a",')]
                    asked = urllib.parse.urlencode(form, doseq=True)
                # Before this Prometheus was started, the targets were up.
                asked = asked.replace("or%20vector%280%29%29%5B", "or%20vector%281%29%29%5B")
                self.behind = self.behind or http.client.HTTPConnection(prometheus, timeout=10)
                kind = {"Content-Type": "application/x-www-form-urlencoded"}
                self.behind.request("POST", path, asked, kind)
                answer = self.behind.getresponse()
                body = answer.read()
                if is_partial and answer.status == 200:
                    body = json.dumps(json.loads(body) | {"warnings": [WARNING]}).encode()
                return answer.status, body

            def handle(self):
                super().handle()
                if self.behind is not None:
                    self.behind.close()

        self.listen(Answers)


class Predictions(Forecaster):
    """A forecaster that sees the demand of every app for the next forty minutes."""

    def __init__(self, demand):
        self._demand = demand
        super().__init__()

    def show(self, demand):
        self._demand = demand

    def snapshot(self, workload, **changes):
        replicas = [self._demand[workload]] * 40
        values = [float(count) for count in replicas]
        lists = {"desiredReplicas": replicas, "values": values, "stepSeconds": 60}
        return super().snapshot(workload, **lists | changes)
