"""A forecaster and a Prometheus that fail in every way that a server can."""

import asyncio
import json
import math
import socket
import struct
import time
from datetime import datetime, timezone

FAILURES = ("error", "hang", "reset", "garbage", "truncated", "trickle", "refuse")


class Source:
    """One HTTP server on loopback. `mode` is "ok" or one of FAILURES."""

    def __init__(self, name, answer):
        self.name = name
        self.mode = "ok"
        self._answer = answer
        self._server = None
        self._connections = set()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}"

    async def start(self):
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self._port, reuse_address=True
        )

    async def stop(self):
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._connections):
            writer.transport.abort()

    async def fail(self, mode, seconds):
        """Fails that way for a while, and recovers."""
        self.mode = mode
        if mode == "refuse":
            await self.stop()
        await asyncio.sleep(seconds)
        if mode == "refuse":
            await self.start()
        self.mode = "ok"

    async def _serve(self, reader, writer):
        self._connections.add(writer)
        try:
            while await self._serve_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _serve_one(self, reader, writer):
        """Answers a request; false where the connection ends with it."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = 0
        for line in head.split("\r\n"):
            name, _, value = line.partition(":")
            if name.lower() == "content-length":
                length = int(value)
        body = (await reader.readexactly(length)).decode("latin-1")
        mode, status, content = self.mode, "200 OK", json.dumps(self._answer(head, body)).encode()
        if mode == "hang":
            while self.mode == "hang":
                await asyncio.sleep(0.2)
            return False
        if mode == "reset":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
            return False
        if mode == "error":
            status, content = "500 Internal Server Error", b'{"error":"out of order"}'
        elif mode == "garbage":
            content = b"\x00\xff<html>no JSON</html>" * 40
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n\r\n".encode()
        )
        if mode == "truncated":
            writer.write(content[: len(content) // 2])
            await writer.drain()
            return False
        if mode == "trickle":
            for byte in content:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.1)
        writer.write(content)
        await writer.drain()
        return mode == "ok"


def forecaster():
    """Every workload rises and falls between 5 and 25 replicas, once in two hours."""

    def answer(head, _):
        workload = head.split("workload=", 1)[-1].split(" ", 1)[0].split("&", 1)[0]
        now = datetime.now(timezone.utc)
        minutes = int(now.timestamp()) // 60
        replicas = [
            round(15 + 10 * math.sin((minutes + step) * math.tau / 120)) for step in range(60)
        ]
        return {
            "workload": workload,
            "metric": "http_rps",
            "generatedAt": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "stepSeconds": 60,
            "horizonSeconds": 3600,
            "values": [10.0 * count for count in replicas],
            "desiredReplicas": replicas,
        }

    return Source("forecaster", answer)


def prometheus():
    """Every query's value moves with each fetch, and decisions with it about once a minute."""

    def answer(_, body):
        value = 60 + 40 * math.sin(time.time() / 240 + len(body))
        return {
            "status": "success",
            "data": {
                "resultType": "vector",
                "result": [{"metric": {}, "value": [time.time(), f"{value:.1f}"]}],
            },
        }

    return Source("Prometheus", answer)
