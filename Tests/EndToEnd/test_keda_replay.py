"""Every byte that a real KEDA sent on one connection, played again."""

import random
import time

import pytest
from hpack import Decoder

from harness.frames import PREFACE, Connection, split_frames
from harness.paths import FIXTURES
from harness.policies import fixed, policy

RECORDING = FIXTURES / "keda" / "keda-2.18-connection.client.bin"
METHODS = {"GetMetricSpec": 54, "GetMetrics": 34, "IsActive": 34, "StreamIsActive": 1}


@pytest.fixture(scope="module")
def recording():
    return RECORDING.read_bytes()


@pytest.fixture(scope="module")
def calls(recording):
    """Stream number to method, out of the recording."""
    frames, rest = split_frames(recording[len(PREFACE) :])
    assert rest == b""
    decoder = Decoder()
    found = {}
    for frame in frames:
        if type(frame).__name__ == "HeadersFrame":
            path = dict(decoder.decode(frame.data))[":path"]
            found[frame.stream_id] = path.removeprefix("/externalscaler.ExternalScaler/")
    methods = list(found.values())
    assert {method: methods.count(method) for method in methods} == METHODS
    return found


@pytest.fixture
def server(headstart):
    return headstart(
        policies={"a.yaml": policy("web", fixed(5)) + "\n---\n" + policy("web-value", fixed(9))}
    )


def at_once(connection, data):
    connection.send_bytes(data)


def frame_by_frame(connection, data):
    """As KEDA did, without its pauses: a frame in each segment."""
    connection.send_bytes(data[: len(PREFACE)])
    rest = data[len(PREFACE) :]
    while rest:
        length = 9 + int.from_bytes(rest[:3], "big")
        connection.send_bytes(rest[:length])
        rest = rest[length:]
        # So that it leaves in a segment of its own.
        time.sleep(0.001)


def in_random_pieces(connection, data):
    """Cut anywhere, in the middle of frame headers too."""
    source = random.Random(2026)
    while data:
        length = source.choice([1, 2, 3, 7, 40, 200])
        connection.send_bytes(data[:length])
        data = data[length:]
        # So that the pieces do not leave together.
        time.sleep(0.0005)


@pytest.mark.parametrize("pace", [at_once, frame_by_frame, in_random_pieces])
def test_every_recorded_call_is_answered(server, recording, calls, pace):
    # The recording holds its own acknowledgements; ours would be out of place.
    connection = Connection(server.grpc_port, polite=False)
    pace(connection, recording)
    streaming = [stream for stream, method in calls.items() if method == "StreamIsActive"]
    unary = [stream for stream in calls if stream not in streaming]
    connection.receive(
        lambda: all(connection.record(stream).ended for stream in unary)
        and all(connection.record(stream).body for stream in streaming),
        timeout=20,
    )
    assert connection.goaway is None and not connection.closed
    for stream in unary:
        record = connection.record(stream)
        assert record.headers[":status"] == "200"
        assert record.headers["content-type"].startswith("application/grpc")
        assert record.status == 0, record.trailers
        assert len(record.messages) == 1
    values = {
        message
        for stream in unary
        if calls[stream] == "GetMetrics"
        for message in connection.record(stream).messages
    }
    assert len(values) == 2
    for stream in streaming:
        record = connection.record(stream)
        assert record.messages[0] == b"\x08\x01"
        assert not record.ended
    connection.close()


def test_the_server_serves_on_after_the_replay(server, recording, scaler):
    connection = Connection(server.grpc_port, polite=False)
    connection.send_bytes(recording)
    connection.close()
    assert scaler(server).replicas("web") == 5
