"""A bounded load, as KEDA makes it, and a record of every outcome."""

import threading
import time
from dataclasses import dataclass

import grpc

from .stubs import Scaler


@dataclass
class Call:
    """One call: when it began and how long it took, on the monotonic clock."""

    name: str
    method: str
    began: float
    took: float
    # The replicas, the truth, or the status code.
    outcome: object


class Load:
    """Asks GetMetrics and IsActive of every name in turn, and holds a StreamIsActive for each.

    `pause` lies between two names; `channel` replaces the one without TLS. Ends with the `with` block, or after `limit` seconds.
    """

    def __init__(self, server, generated, names, pause=0.01, limit=120, channel=None):
        self.calls = []
        # (name, time, result) of every message of the streams.
        self.messages = []
        # (name, code) of the streams that ended before the load did.
        self.ended = []
        self._names = names
        self._pause = pause
        self._deadline = time.monotonic() + limit
        self._stop = threading.Event()
        self._scaler = Scaler(*generated, channel or server.channel())
        self._streams = []
        self._threads = [threading.Thread(target=self._call_all, daemon=True)]

    def __enter__(self):
        for name in self._names:
            stream = self._scaler.stub.StreamIsActive(self._scaler.reference(name))
            self._streams.append(stream)
            self._threads.append(
                threading.Thread(target=self._read, args=(name, stream), daemon=True)
            )
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for stream in self._streams:
            stream.cancel()
        for thread in self._threads:
            thread.join(10)

    def of(self, name, method=None, since=0.0, until=float("inf")):
        """The calls for a name that began in that time."""
        return [
            call
            for call in list(self.calls)
            if call.name == name
            and method in (None, call.method)
            and since <= call.began < until
        ]

    def _call_all(self):
        methods = {"GetMetrics": self._scaler.replicas, "IsActive": self._scaler.active}
        while not self._stop.is_set() and time.monotonic() < self._deadline:
            for name in self._names:
                for method, call in methods.items():
                    began = time.monotonic()
                    try:
                        outcome = call(name)
                    except grpc.RpcError as error:
                        outcome = error.code()
                    took = time.monotonic() - began
                    self.calls.append(Call(name, method, began, took, outcome))
                if self._stop.wait(self._pause):
                    return

    def _read(self, name, stream):
        try:
            for message in stream:
                self.messages.append((name, time.monotonic(), message.result))
            code = grpc.StatusCode.OK
        except grpc.RpcError as error:
            code = error.code()
        if not self._stop.is_set():
            self.ended.append((name, code))
