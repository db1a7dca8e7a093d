"""KEDA's client, and the judgement of what it is answered.

No answer may be below what was true at some moment since all replicas knew the truth; nothing that
sleeps may be woken; no replica that can be reached may answer an error.
"""

import asyncio
import threading
import time
from collections import Counter

import grpc
import grpc.aio

from .apps import APPS

# KEDA polls an object every 30 s by default, which would see little.
POLL = 1.0
# How the text of a wrong decrease begins.
FELL = "fell"
# What gRPC itself says while no replica can be reached, or one ends.
_UNREACHABLE = ("connect", "Connection", "connection", "Socket closed", "GOAWAY", "recvmsg", "sendmsg")


class Judge:
    def __init__(self, stage, generated):
        self._stage = stage
        self._messages, self._services = generated
        self._low = {app: 0 for app in APPS}
        self._violations = {}
        self.count = Counter()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._in_loop(self._open())

    # What is true

    def lowered(self):
        """The demand changed: whoever does not know yet may answer the old truth."""
        for app in APPS:
            self._low[app] = min(self._low[app], self._stage.wanted(app))

    def wait_until_all_know(self, limit):
        """Waits until both replicas answer the truth for every app; how long that took."""
        began = time.monotonic()
        while wrong := self._in_loop(self._compare()):
            if time.monotonic() - began > limit:
                for app, text in wrong.items():
                    self._note(app, f"not followed within {limit} s: {text}")
                break
        self._low = {app: self._stage.wanted(app) for app in APPS}
        return time.monotonic() - began

    @property
    def violations(self):
        return dict(self._violations)

    def note_fault(self, name, text):
        """A process did not come back."""
        self._violations[name] = f"{name}: {text}"

    def _note(self, app, text):
        """Keeps the first of each app, and what the replicas have to say of it."""
        if app in self._violations:
            return
        said = [f"  {one.name}: {one.explain(app)}" for one in self._stage.replicas]
        self._violations[app] = "\n".join([f"{app} ({APPS[app].kind}): {text}", *said])

    # The client

    def start(self):
        for app in APPS:
            asyncio.run_coroutine_threadsafe(self._poll(app), self._loop)
            asyncio.run_coroutine_threadsafe(self._listen(app), self._loop)

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _in_loop(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(120)

    async def _open(self):
        ports = [one.ports["grpc_port"] for one in self._stage.replicas]
        every = "ipv4:" + ",".join(f"127.0.0.1:{port}" for port in ports)
        self._stub = self._connect(every)
        self._each = [self._connect(f"127.0.0.1:{port}") for port in ports]

    def _connect(self, address):
        options = [
            ("grpc.lb_policy_name", "round_robin"),
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.initial_reconnect_backoff_ms", 200),
            ("grpc.min_reconnect_backoff_ms", 200),
            ("grpc.max_reconnect_backoff_ms", 500),
        ]
        return self._services.ExternalScalerStub(grpc.aio.insecure_channel(address, options))

    def _reference(self, app):
        return self._messages.ScaledObjectRef(name=app, namespace="default")

    async def _replicas(self, stub, app):
        request = self._messages.GetMetricsRequest(
            scaledObjectRef=self._reference(app), metricName="desired_replicas"
        )
        (value,) = (await stub.GetMetrics(request, timeout=5)).metricValues
        return value.metricValue

    async def _poll(self, app):
        """One object of KEDA's: its metric, its value, its activity, again and again.

        The pauses are KEDA's: a polling interval, at which the objects begin one after the other.
        """
        reference = self._reference(app)
        await asyncio.sleep(POLL * list(APPS).index(app) / len(APPS))
        while True:
            low = self._low[app]
            try:
                await self._stub.GetMetricSpec(reference, timeout=5)
                replicas = await self._replicas(self._stub, app)
                active = (await self._stub.IsActive(reference, timeout=5)).result
                self._judge(app, min(low, self._low[app]), replicas, active)
            except grpc.RpcError as error:
                self._failed(app, error)
            await asyncio.sleep(POLL)

    async def _listen(self, app):
        """Its push stream, opened again an interval after it ends, as KEDA does."""
        while True:
            try:
                async for message in self._stub.StreamIsActive(self._reference(app)):
                    self.count["pushes"] += 1
                    if message.result and APPS[app].sleeps:
                        self._note(app, "woken by a push")
            except grpc.RpcError as error:
                self._failed(app, error)
            await asyncio.sleep(POLL)

    def _judge(self, app, low, replicas, active):
        self.count["answers"] += 1
        if replicas < low:
            self._note(app, f"{FELL}: answered {replicas}, and at least {low} was true")
        if not active and low > 0:
            self._note(app, f"{FELL}: answered inactive, and at least {low} was true")
        if APPS[app].sleeps and (replicas > 0 or active):
            self._note(app, f"woken: answered {replicas}, active is {active}")

    def _failed(self, app, error):
        text = error.details() or ""
        if error.code() == grpc.StatusCode.UNAVAILABLE and any(word in text for word in _UNREACHABLE):
            self.count["calls without a replica"] += 1
        else:
            self._note(app, f"answered {error.code().name}: {text}")

    async def _compare(self):
        """{app: what is wrong} of both replicas."""
        wrong = {}
        for one, stub in zip(self._stage.replicas, self._each):
            for app in APPS:
                try:
                    replicas = await self._replicas(stub, app)
                except grpc.RpcError as error:
                    replicas = error.code().name
                if replicas != self._stage.wanted(app):
                    wrong[app] = f"{one.name} answers {replicas}, not {self._stage.wanted(app)}"
        return wrong
