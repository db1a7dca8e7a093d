"""The limits of the gRPC port from the outside: by flag, in time, and without descriptors."""

import contextlib
import random
import resource
import socket
import time
from pathlib import Path

import grpc
import pytest

from conformance.wire import Wire
from harness.policies import fixed, policy
from harness.raw import (
    ACK,
    BIDIRECTIONAL,
    PING,
    STREAMING,
    data,
    frame,
    headers,
    message,
    ping,
    request,
    settings,
    window_update,
)
from harness.server import SANITIZER_KILOBYTES
from harness.waiting import eventually

POLICIES = {"a.yaml": policy("my-api", fixed(20))}


@pytest.fixture
def wires():
    """Connects: wires(server, *settings)."""
    opened = []

    def connect(server, *pairs, **options):
        opened.append(Wire(server.grpc_port, **options))
        return opened[-1].open(*pairs)

    yield connect
    for wire in opened:
        wire.close()


def exceeded(server, limit):
    return server.metric("headstart_limits_exceeded_total", limit=limit)


def cpu_seconds(server):
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_every_limit_has_its_series_from_the_start(headstart):
    server = headstart(policies=POLICIES)
    limits = {
        dict(pairs)["limit"].strip('"')
        for name, pairs in server.metrics()
        if name == "headstart_limits_exceeded_total"
    }
    documented = (Path(__file__).parents[2] / "docs" / "limits.md").read_text()
    assert len(limits) == 21
    assert all(f"`{limit}`" in documented for limit in limits), limits


def test_a_request_that_is_not_complete_in_time_ends(headstart, wires):
    server = headstart("--request-timeout=1s", policies=POLICIES)
    wire = wires(server)
    begun = time.monotonic()
    wire.send(headers(1, request()), data(1, message()[:-1]))
    wire.send(headers(3, request(BIDIRECTIONAL)))
    wire.send(headers(5, request(STREAMING)), data(5, message(), end=True))
    wire.await_(lambda: wire.stream(1).ended)
    # Not before its time; what else could end it takes longer than is waited for.
    assert time.monotonic() - begun > 0.9
    assert wire.stream(1).fields["grpc-status"] == "4"
    assert "complete" in wire.stream(1).fields["grpc-message"]
    # The client need not send the rest.
    wire.await_(lambda: wire.stream(1).reset is not None)
    assert wire.stream(1).reset == 0
    assert exceeded(server, "request_time") == 1
    wire.round_trip()
    assert not wire.stream(3).ended and not wire.stream(5).ended


def test_a_connection_too_old_drains_and_is_cut_off_after_its_grace(headstart, wires):
    server = headstart(
        "--max-connection-age=1s",
        "--max-connection-age-grace=1s",
        "--request-timeout=0s",
        policies=POLICIES,
    )
    wire = wires(server)
    wire.send(headers(1, request(STREAMING)), data(1, message(), end=True))
    # Never complete: nothing but the end of the grace ends it.
    wire.send(headers(3, request()))
    begun = time.monotonic()
    wire.await_(lambda: wire.stream(1).ended)
    assert wire.stream(1).fields["grpc-status"] == "0"
    # The server asks whether its GOAWAY was read.
    wire.await_(lambda: wire.has(PING, 0))
    wire.send(ping(b"\0" * 8, flags=ACK))
    wire.await_(lambda: wire.closed)
    # Not before both times are over; the age is shortened by up to a tenth.
    assert time.monotonic() - begun > 1.5
    assert wire.goaway == (3, 0)
    assert not wire.stream(3).ended
    eventually(lambda: exceeded(server, "age_grace") == 1)
    assert server.metric("headstart_connections_closed_total", reason="age") == 1


def test_a_client_that_takes_no_byte_is_closed_for(headstart, wires):
    server = headstart("--stall-timeout=1s", policies=POLICIES)
    wire = wires(server, (4, 1 << 30), receive_buffer=4096)
    # Reflection has the longest answers: a few bytes ask for several KiB.
    ask = message(b"\x22\x1dexternalscaler.ExternalScaler")
    wire.send(window_update(0, 1 << 30))
    for stream in range(1, 801, 2):
        wire.send(headers(stream, request(BIDIRECTIONAL)), data(stream, ask * 50))
    eventually(lambda: exceeded(server, "stall") > 0)
    wire.close()
    eventually(lambda: server.metric("headstart_connections") == 0)


def test_clients_that_vanish_in_the_middle_of_everything_harm_nobody(headstart, wires):
    server = headstart("--workers=1", policies=POLICIES)
    bystander = wires(server)
    chance = random.Random(1)
    ask = message(b"\x22\x1dexternalscaler.ExternalScaler")
    for stream in range(1, 201, 2):
        # Answers wait for the client, and requests for the server, when the connection is reset.
        wire = wires(server, (4, 1 << 30), receive_buffer=4096)
        with contextlib.suppress(OSError):
            wire.send(window_update(0, 1 << 30))
            for number in range(1, 2 * chance.randrange(10, 200), 2):
                wire.send(headers(number, request(BIDIRECTIONAL)), data(number, ask * 50))
            # So that the reset meets the server in the middle of something, each time another.
            time.sleep(chance.uniform(0, 0.01))
        wire.close()
        bystander.send(headers(stream, request()), data(stream, message(), end=True))
        bystander.await_(lambda: bystander.stream(stream).ended)
    eventually(lambda: server.metric("headstart_connections") == 1)


def test_descriptors_run_out_and_come_back(headstart, scaler):
    server = headstart("--workers=2", policies=POLICIES)
    client = scaler(server)
    assert client.replicas("my-api") == 20
    limit = server.open_files() + 40
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (limit, limit))
    crowd = [socket.create_connection(("127.0.0.1", server.grpc_port), 5) for _ in range(limit)]
    try:
        # Before the last ones are gone the server stops to accept: it can still be asked why.
        eventually(lambda: server.metric("headstart_accept_failures_total") > 0)
        assert exceeded(server, "descriptors") > 0
        server.wait_for_log("cannot accept connections for now")
        assert server.open_files() < limit
        before = cpu_seconds(server)
        # The time over which processor time is measured.
        time.sleep(1.0)
        assert cpu_seconds(server) - before < 0.25, "it burns the processor while it waits"
        # Who is connected is served.
        assert client.replicas("my-api") == 20
        assert server.get("/livez").status == 200
    finally:
        for each in crowd:
            each.close()

    def serves_another():
        other = Wire(server.grpc_port)
        try:
            other.open()
            return other.round_trip()
        finally:
            other.close()

    def serves_a_new_client():
        try:
            return scaler(server).replicas("my-api") == 20
        except grpc.RpcError:
            # The other worker has not seen yet that the crowd is gone.
            return False

    eventually(serves_another)
    eventually(serves_a_new_client)
    assert server.log_text.count("cannot accept connections for now") <= 2


def test_connections_wait_in_the_queue_while_there_is_no_descriptor_at_all(headstart, wires):
    server = headstart("--workers=1", policies=POLICIES)
    failures = server.metric("headstart_accept_failures_total")
    pid = server.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, hard))
    waiting = Wire(server.grpc_port)
    waiting.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", settings())
    before = cpu_seconds(server)
    # The time over which processor time is measured.
    time.sleep(1.0)
    assert cpu_seconds(server) - before < 0.25, "it burns the processor while it waits"
    assert not waiting.received
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
    assert waiting.round_trip()
    waiting.close()
    assert server.metric("headstart_accept_failures_total") > failures


def test_connections_that_get_no_answer_keep_no_buffer(headstart, wires):
    server = headstart("--workers=1", policies=POLICIES)
    busy = wires(server)
    # Enough to answer that the worker's buffer becomes large, time and again.
    stream = 1

    def answer_many():
        nonlocal stream
        # Each answer names another path, so that none is compressed to a byte.
        calls = [
            headers(number, request(f"/no.Such/{number}" + "M" * 200), end=True)
            for number in range(stream, stream + 400, 2)
        ]
        stream += 400
        busy.send(*calls)
        assert busy.await_(lambda: busy.stream(stream - 2).ended)

    answer_many()
    before = server.resident_kilobytes()
    for _ in range(200):
        answer_many()
        # More than is dealt with at once, and nothing that is answered but the end.
        quiet = wires(server)
        quiet.send(frame(0xFA, payload=bytes(6_000)), frame(0xFA, payload=bytes(6_000)))
        assert quiet.round_trip()
    grown = server.resident_kilobytes() - before
    assert grown < 4_000 + SANITIZER_KILOBYTES


def test_a_reference_longer_than_any_of_kubernetes_is_not_kept(headstart, scaler):
    server = headstart(policies=POLICIES)
    client = scaler(server)
    before = server.resident_kilobytes()
    for number in range(100):
        with pytest.raises(grpc.RpcError) as refused:
            client.replicas(f"{number}" + "n" * 200_000)
        assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert "Kubernetes has no names" in refused.value.details()
    assert server.resident_kilobytes() - before < 10_000 + SANITIZER_KILOBYTES
    # The longest that there can be are looked for.
    with pytest.raises(grpc.RpcError) as unknown:
        client.replicas("n" * 253, "s" * 63)
    assert unknown.value.code() == grpc.StatusCode.NOT_FOUND
