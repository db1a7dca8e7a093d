"""gRPC over HTTP/2, byte by byte: what no client library would send, and h2load and nghttp."""

import re
import shutil
import struct
import subprocess

import pytest
from hyperframe.frame import PingFrame, RstStreamFrame, SettingsFrame

from harness.frames import Connection, data_frame, prefixed, window_update
from harness.policies import fixed, policy
from harness.server import SANITIZER_KILOBYTES
from harness.waiting import eventually

IS_ACTIVE = "/externalscaler.ExternalScaler/IsActive"
GET_METRICS = "/externalscaler.ExternalScaler/GetMetrics"
STREAM = "/externalscaler.ExternalScaler/StreamIsActive"
REFERENCE = b"\x0a\x06my-api\x12\x07default"
METRICS_REQUEST = b"\x0a" + bytes([len(REFERENCE)]) + REFERENCE + b"\x12\x10desired_replicas"
YES = b"\x08\x01"

OK, INVALID_ARGUMENT, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL = 0, 3, 4, 12, 13


@pytest.fixture
def server(headstart):
    return headstart(policies={"a.yaml": policy("my-api", fixed(20))})


@pytest.fixture
def connect(server):
    opened = []

    def connection(**options):
        new = Connection(server.grpc_port, polite=options.pop("polite", True))
        opened.append(new)
        new.handshake(**options)
        return new

    yield connection
    for connection_ in opened:
        connection_.close()


def test_a_message_may_come_in_any_number_of_pieces(connect):
    connection = connect()
    stream = connection.open(IS_ACTIVE)
    for byte in prefixed(REFERENCE):
        connection.send(data_frame(stream, bytes([byte])))
        connection.send(data_frame(stream, b""))
    connection.send(data_frame(stream, b"", end=True))
    record = connection.finish(stream)
    assert (record.status, record.messages) == (OK, [YES])


def test_bytes_may_come_one_at_a_time(server):
    whole = Connection(server.grpc_port)
    sent = []
    whole.send_bytes = sent.append
    whole.handshake()
    stream = whole.request(IS_ACTIVE, REFERENCE)
    del whole.send_bytes
    for byte in b"".join(sent):
        whole.send_bytes(bytes([byte]))
    record = whole.finish(stream)
    assert (record.status, record.messages) == (OK, [YES])
    whole.close()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        prefixed(REFERENCE) * 2,
        prefixed(REFERENCE)[:-1],
        prefixed(REFERENCE)[:3],
        prefixed(REFERENCE) + b"\0",
    ],
)
def test_a_unary_call_needs_exactly_one_whole_message(connect, body):
    connection = connect()
    stream = connection.open(IS_ACTIVE)
    connection.send(data_frame(stream, body, end=True))
    record = connection.finish(stream)
    assert record.status in (INVALID_ARGUMENT, UNIMPLEMENTED, INTERNAL)
    assert record.trailers["grpc-message"]


@pytest.mark.parametrize("value", ["1S", "5000m", "99999999H", "1M", "60000000u", "99999999n"])
def test_all_units_of_a_timeout_are_read(connect, value):
    connection = connect()
    stream = connection.request(IS_ACTIVE, REFERENCE, [("grpc-timeout", value)])
    assert connection.finish(stream).status == OK


@pytest.mark.parametrize("value", ["0n", "1n"])
def test_a_timeout_that_is_over_ends_the_call(connect, value):
    connection = connect()
    stream = connection.request(STREAM, REFERENCE, [("grpc-timeout", value)])
    assert connection.finish(stream).status == DEADLINE_EXCEEDED


@pytest.mark.parametrize(
    "value", ["", "S", "1", "-1S", "+1S", "1 S", "1s", "1.5S", "100000000n", "0x1S", "1SS", "١S"]
)
def test_a_malformed_timeout_is_refused(connect, value):
    connection = connect()
    stream = connection.request(IS_ACTIVE, REFERENCE, [("grpc-timeout", value)])
    record = connection.finish(stream)
    assert record.status in (INVALID_ARGUMENT, INTERNAL)
    assert "grpc-timeout" in record.trailers["grpc-message"]


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "application/grpcx", None]
)
def test_another_content_type_is_415(connect, content_type):
    connection = connect()
    stream = connection.open(IS_ACTIVE, end=True, replace={"content-type": content_type})
    connection.receive(lambda: connection.record(stream).headers)
    assert connection.record(stream).headers[":status"] == "415"


@pytest.mark.parametrize("content_type", ["application/grpc+proto", "application/grpc;x=y"])
def test_variants_of_the_content_type_are_served(connect, content_type):
    connection = connect()
    stream = connection.open(IS_ACTIVE, replace={"content-type": content_type})
    connection.send(data_frame(stream, prefixed(REFERENCE), end=True))
    assert connection.finish(stream).status == OK


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_method_other_than_post_is_refused(connect, method):
    connection = connect()
    stream = connection.open(IS_ACTIVE, end=True, replace={":method": method})
    record = connection.record(stream)
    connection.receive(lambda: record.headers or record.reset is not None)
    assert record.reset is not None or record.headers[":status"] != "200"


def test_an_unknown_encoding_is_unimplemented_and_says_what_is_accepted(connect):
    connection = connect()
    stream = connection.open(IS_ACTIVE, [("grpc-encoding", "snappy")])
    connection.send(data_frame(stream, prefixed(REFERENCE, compressed=1), end=True))
    record = connection.finish(stream)
    assert record.status == UNIMPLEMENTED
    accepted = (record.headers | record.trailers)["grpc-accept-encoding"]
    assert "identity" in accepted


def test_identity_is_accepted_and_a_set_flag_without_encoding_is_not(connect):
    connection = connect()
    stream = connection.request(IS_ACTIVE, REFERENCE, [("grpc-encoding", "identity")])
    assert connection.finish(stream).status == OK
    stream = connection.open(IS_ACTIVE)
    connection.send(data_frame(stream, prefixed(REFERENCE, compressed=1), end=True))
    assert connection.finish(stream).status == INTERNAL


def test_the_message_of_an_error_is_percent_encoded(connect):
    connection = connect()
    metadata = b"\x0a\x06policy\x12\x08a\n\xc3\xbc%b~x"
    message = REFERENCE + b"\x1a" + bytes([len(metadata)]) + metadata
    stream = connection.request(IS_ACTIVE, message)
    text = connection.finish(stream).trailers["grpc-message"]
    assert all(" " <= character <= "~" for character in text)
    assert "%C3%BC" in text and "%25" in text


def test_pings_are_answered_and_unknown_frames_are_ignored(connect):
    connection = connect()
    # Type 0x42, and an acknowledgement of a PING that was never sent.
    connection.send_bytes(b"\x00\x00\x03\x42\x00\x00\x00\x00\x00abc")
    connection.send(PingFrame(0, opaque_data=b"keda2.18", flags=["ACK"]))
    connection.send(PingFrame(0, opaque_data=b"bdp-ping"))
    connection.receive(
        lambda: any(
            isinstance(frame, PingFrame)
            and "ACK" in frame.flags
            and frame.opaque_data == b"bdp-ping"
            for frame in connection.frames
        )
    )
    stream = connection.request(IS_ACTIVE, REFERENCE)
    assert connection.finish(stream).status == OK


@pytest.mark.parametrize(
    "start", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"PRI * HTTP/2.0\r\n\r\nXX"]
)
def test_what_is_not_http2_is_closed_and_harms_nobody(server, scaler, start):
    connection = Connection(server.grpc_port)
    connection.send_bytes(start + b"\0" * 64)
    connection.receive(lambda: False)
    assert connection.closed
    assert scaler(server).replicas("my-api") == 20


def test_streams_that_are_reset_release_what_they_hold(server, connect):
    connection = connect()
    for _ in range(200):
        stream = connection.open(STREAM)
        connection.send(data_frame(stream, prefixed(REFERENCE), end=True))
        record = connection.record(stream)
        connection.receive(lambda: record.body)
        connection.send(RstStreamFrame(stream, error_code=8))
    eventually(lambda: server.metric("headstart_streams", method="StreamIsActive") == 0)
    stream = connection.request(IS_ACTIVE, REFERENCE)
    assert connection.finish(stream).status == OK


def test_an_upload_larger_than_the_window_goes_through(connect):
    connection = connect()
    filler = b"x" * 1_000_000
    entry = b"\x0a\x01f\x12" + bytes([0xC0, 0x84, 0x3D]) + filler
    message = REFERENCE + b"\x1a" + bytes([0xC7, 0x84, 0x3D]) + entry
    assert len(entry) == 0xC7 & 0x7F | (0x84 & 0x7F) << 7 | 0x3D << 14
    stream = connection.open(IS_ACTIVE)
    # The window starts at 65,535 bytes; what the server gives back is waited for.
    window = {0: 65_535, stream: 65_535}
    seen = 0
    body = prefixed(message)
    while body:
        for frame in connection.frames[seen:]:
            if type(frame).__name__ == "WindowUpdateFrame":
                window[frame.stream_id] = window.get(frame.stream_id, 0) + frame.window_increment
            if isinstance(frame, SettingsFrame) and 4 in frame.settings:
                window[stream] += frame.settings[4] - 65_535
        seen = len(connection.frames)
        allowed = min(16_384, *window.values())
        if allowed <= 0:
            connection.receive(lambda: len(connection.frames) > seen)
            assert not connection.closed
            continue
        piece, body = body[:allowed], body[allowed:]
        connection.send(data_frame(stream, piece, end=not body))
        window = {key: value - len(piece) for key, value in window.items()}
    record = connection.finish(stream)
    assert (record.status, record.messages) == (OK, [YES])


def test_a_reader_without_a_window_costs_little_and_is_served_later(server, connect):
    before = server.resident_kilobytes()
    connection = connect(settings={SettingsFrame.INITIAL_WINDOW_SIZE: 0})
    streams = [connection.request(IS_ACTIVE, REFERENCE) for _ in range(2_000)]
    connection.receive(lambda: all(connection.record(stream).headers for stream in streams))
    assert not any(connection.record(stream).body for stream in streams)
    assert server.resident_kilobytes() - before < 16_384 + SANITIZER_KILOBYTES
    for stream in streams:
        connection.send(window_update(stream, 1_000))
    connection.receive(lambda: all(connection.record(stream).ended for stream in streams))
    assert {connection.record(stream).status for stream in streams} == {OK}


def test_a_peer_that_never_reads_is_bounded(server, scaler):
    before = server.resident_kilobytes()
    connection = Connection(server.grpc_port)
    connection.handshake()
    connection.socket.settimeout(2)
    try:
        for _ in range(200_000):
            connection.send(PingFrame(0, opaque_data=b"flooding"))
    except OSError:
        # The server stopped reading, or closed: both bound it.
        pass
    assert server.resident_kilobytes() - before < 32_768 + SANITIZER_KILOBYTES
    assert scaler(server).replicas("my-api") == 20
    connection.close()


def request_file(tmp_path, message):
    path = tmp_path / "request.bin"
    path.write_bytes(struct.pack(">BI", 0, len(message)) + message)
    return path


def tool(name):
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed (scripts/bootstrap test)")
    return path


GRPC_HEADERS = ["-H", "content-type: application/grpc", "-H", "te: trailers"]


def test_nghttp_shows_the_trailers(server, tmp_path):
    finished = subprocess.run(
        [
            tool("nghttp"),
            "-nv",
            *("-H:method: POST", *GRPC_HEADERS),
            f"--data={request_file(tmp_path, METRICS_REQUEST)}",
            f"http://{server.grpc_address}{GET_METRICS}",
        ],
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert re.search(r"grpc-status: 0", finished.stdout), finished.stdout


def test_h2load_gets_an_answer_to_every_request(server, tmp_path):
    count = 50_000
    finished = subprocess.run(
        [
            tool("h2load"),
            f"--requests={count}",
            "--clients=16",
            "--max-concurrent-streams=32",
            "--threads=1",
            *GRPC_HEADERS,
            f"--data={request_file(tmp_path, METRICS_REQUEST)}",
            f"http://{server.grpc_address}{GET_METRICS}",
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert f"{count} succeeded, 0 failed, 0 errored, 0 timeout" in finished.stdout
    assert f"{count} 2xx" in finished.stdout
    eventually(
        lambda: server.metric("headstart_rpcs_total", method="GetMetrics", code="OK") == count
    )
    assert server.resident_kilobytes() < (64 << 10) + SANITIZER_KILOBYTES
