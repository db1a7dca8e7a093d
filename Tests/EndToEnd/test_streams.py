"""The two server streams."""

import queue
import threading
from datetime import timedelta

import grpc
import pytest

from harness.policies import fixed, now, policy, rule_from, schedule
from harness.waiting import eventually


class Stream:
    """Collects the messages of a server stream with the time at which they came."""

    def __init__(self, call):
        self.call = call
        self.messages = queue.Queue()
        self.ended = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            for message in self.call:
                self.messages.put((now(), message))
        except grpc.RpcError:
            pass
        self.ended.set()

    def next(self, timeout=5):
        return self.messages.get(timeout=timeout)

    def nothing_for(self, seconds):
        try:
            self.messages.get(timeout=seconds)
        except queue.Empty:
            return True
        return False

    def code(self, timeout=10):
        assert self.ended.wait(timeout), "the stream is still open"
        return self.call.code()


def active_stream(client, *arguments, **metadata):
    return Stream(client.stub.StreamIsActive(client.reference(*arguments, **metadata)))


def test_the_state_comes_on_open_and_true_once_more(headstart, scaler):
    server = headstart(policies={"a.yaml": policy("my-api", fixed(3))})
    stream = active_stream(scaler(server), "my-api")
    assert stream.next()[1].result is True
    # KEDA drops a push while the ScaledObject is young; it is sent again after about 5 s (C10).
    assert stream.next(timeout=9)[1].result is True
    assert stream.nothing_for(3)


def test_nothing_is_said_while_inactive(headstart, scaler):
    server = headstart(policies={"a.yaml": policy("my-api", fixed(0))})
    client = scaler(server)
    stream = active_stream(client, "my-api")
    assert client.active("my-api") is False
    # KEDA up to 2.17 would take `false` for an order to scale to zero (C28).
    assert stream.nothing_for(7)


def test_a_rule_is_pushed_when_it_enters_the_lead_window(headstart, scaler):
    # The rule starts on a whole minute, one to two minutes from now; the lead time is chosen so
    # that it comes into sight in three to four seconds.
    start = (now() + timedelta(minutes=2)).replace(second=0, microsecond=0)
    lead = int((start - now()).total_seconds()) - 3
    entry = start - timedelta(seconds=lead)
    server = headstart(
        policies={
            "a.yaml": policy("my-api", schedule([rule_from(start, 6)]), leadTime=f"{lead}s")
        }
    )
    client = scaler(server)
    stream = active_stream(client, "my-api")
    assert client.replicas("my-api") == 0
    came, message = stream.next(timeout=10)
    assert message.result is True
    # Not before it enters the window; nothing but that can have pushed it afterwards.
    assert came >= entry
    # The same decision for every RPC.
    assert client.active("my-api") is True
    assert client.replicas("my-api") == 6


def test_a_new_policy_wakes_an_open_stream(headstart, scaler, policy_directory):
    server = headstart(policies={"a.yaml": policy("my-api", fixed(0))})
    client = scaler(server)
    stream = active_stream(client, "my-api")
    assert client.active("my-api") is False
    policy_directory({"a.yaml": policy("my-api", fixed(2))})
    assert stream.next(timeout=10)[1].result is True


def test_the_metric_spec_comes_on_open_and_the_stream_stays(headstart, scaler):
    server = headstart(policies={"a.yaml": policy("my-api", fixed(3))})
    client = scaler(server)
    stream = Stream(client.stub.StreamMetricSpec(client.reference("my-api")))
    (spec,) = stream.next()[1].metricSpecs
    assert spec == client.metric_spec("my-api")
    assert stream.nothing_for(2)
    assert not stream.ended.is_set()


def test_sigterm_ends_every_stream_with_ok(headstart, scaler):
    server = headstart(policies={"a.yaml": policy("my-api", fixed(3))})
    client = scaler(server)
    streams = [active_stream(client, "my-api") for _ in range(20)]
    streams += [
        Stream(client.stub.StreamMetricSpec(client.reference("my-api"))) for _ in range(20)
    ]
    for stream in streams:
        stream.next()
    server.terminate()
    # KEDA's back-off starts over only after a clean end (C11).
    assert {stream.code() for stream in streams} == {grpc.StatusCode.OK}
    assert server.wait() == 0


def test_cancelled_streams_hold_nothing(headstart, scaler):
    server = headstart(policies={"a.yaml": policy("my-api", fixed(3))})
    client = scaler(server)
    for _ in range(3):
        streams = [active_stream(client, "my-api") for _ in range(300)]
        for stream in streams:
            stream.next()
        assert server.metric("headstart_streams", method="StreamIsActive") == 300
        for stream in streams:
            stream.call.cancel()
        eventually(lambda: server.metric("headstart_streams", method="StreamIsActive") == 0)
    assert client.replicas("my-api") == 3


def test_a_deadline_ends_a_stream(headstart, scaler):
    server = headstart(policies={"a.yaml": policy("my-api", fixed(3))})
    client = scaler(server)
    stream = Stream(client.stub.StreamIsActive(client.reference("my-api"), timeout=1))
    stream.next()
    assert stream.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    eventually(lambda: server.metric("headstart_streams", method="StreamIsActive") == 0)


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"policy": "absent"}, grpc.StatusCode.NOT_FOUND),
        ({"leadTime": "soon"}, grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
def test_a_bad_trigger_ends_with_what_keda_tries_again(headstart, scaler, metadata, code):
    server = headstart(policies={"a.yaml": policy("my-api", fixed(3))})
    stream = active_stream(scaler(server), "my-api", **metadata)
    # UNIMPLEMENTED would be final (C23).
    assert stream.ended.wait(10)
    assert stream.call.code() == code
