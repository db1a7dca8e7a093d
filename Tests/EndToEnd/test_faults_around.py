"""What fails around Headstart while it is under load: clock, names, disk, log, and clients."""

import random
import resource
import signal
import socket
import struct
import subprocess
import sys
import time
from datetime import timedelta

import grpc
import pytest
from hpack import Encoder

from harness import world
from harness.fake_prometheus import FakePrometheus
from harness.frames import Connection
from harness.load import Load
from harness.paths import BINARY, ROOT
from harness.policies import fixed, now, policy, query, rule_from, schedule, source
from harness.server import clean_environment, free_port
from harness.stubs import Scaler
from harness.waiting import eventually

HOUR = 3600
# No call waits for anything; this is what a busy machine may take.
PROMPT = 2.0


@pytest.fixture
def upstream():
    server = FakePrometheus()
    server.result = {"resultType": "scalar", "result": [0, "700"]}
    yield server
    server.close()


def outcomes(calls):
    return {call.outcome for call in calls}


def assert_prompt(load):
    assert max(call.took for call in load.calls) < PROMPT
    assert load.ended == []


# The clock


@pytest.mark.parametrize("step", [HOUR, -HOUR], ids=["forth", "back"])
def test_a_clock_that_is_set_by_an_hour_fails_no_call_and_keeps_holds_as_long_as_they_are(
    headstart, generated, upstream, tmp_path, step
):
    hold = 5
    around = world.World(tmp_path)
    window = rule_from(now() + timedelta(hours=step / HOUR) - timedelta(minutes=30), 9)
    server = headstart(
        "--lead-time=1m",
        policies={
            "source.yaml": source("main", "prometheus", upstream.url),
            "live.yaml": policy("live", query("x", 100, origin="main"), hold=f"{hold}s"),
            "calendar.yaml": policy("calendar", schedule([window], default=2)),
        },
        environment=around.environment,
    )
    with Load(server, generated, ["live", "calendar"]) as load:
        eventually(lambda: {7, 2, True} <= outcomes(load.calls))
        around.set(clock=step)
        stepped = time.monotonic()
        # The schedule lives by the new time at once, and fetching goes on.
        eventually(lambda: load.of("calendar", "GetMetrics")[-1].outcome == 9, 5)
        asked = len(upstream.requests)
        eventually(lambda: len(upstream.requests) >= asked + 2, 5)
        around.set(clock=0)
        eventually(lambda: load.of("calendar", "GetMetrics")[-1].outcome == 2, 5)
        assert outcomes(load.of("live", since=stepped)) == {7, True}

        # In the middle of a hold.
        upstream.mode = "error"
        failed = time.monotonic()
        eventually(lambda: server.metric("headstart_signal_state", state="held") == 1)
        around.set(clock=step)
        eventually(
            lambda: load.of("live")[-1].outcome == grpc.StatusCode.UNAVAILABLE, 2 * hold + 5
        )
        lost = time.monotonic()
        # A hold is never shorter; its reading may be one refresh old, and the failure is seen later.
        assert lost > failed + hold - 1.5
        upstream.mode = "ok"
        eventually(lambda: load.of("live", "GetMetrics")[-1].outcome == 7, 10)
        recovered = time.monotonic()
    assert outcomes(load.of("live", until=lost - 1)) == {7, True}
    assert outcomes(load.of("live", since=recovered)) <= {7, True}
    assert outcomes(load.of("live")) == {7, True, grpc.StatusCode.UNAVAILABLE}
    assert outcomes(load.of("calendar")) == {2, 9, True}
    assert all(result for _, _, result in load.messages)
    assert_prompt(load)


# Names


@pytest.mark.parametrize("trouble", [world.NOTHING, world.SILENCE], ids=["unknown", "silent"])
def test_a_name_that_does_not_resolve_holds_up_nothing_else(
    headstart, generated, upstream, policy_directory, tmp_path, trouble
):
    around = world.World(tmp_path)
    port = upstream.url.rpartition(":")[2]

    def named(name):
        return source("named", "prometheus", f"http://{name}.headstart.test:{port}")

    server = headstart(
        policies={
            "named.yaml": named("first"),
            "main.yaml": source("main", "prometheus", upstream.url),
            "live.yaml": policy("live", query("x", 100, origin="named"), hold="2s"),
            "other.yaml": policy("other", query("y", 100, origin="main"), hold="2s"),
        },
        environment=around.environment,
    )
    with Load(server, generated, ["live", "other"]) as load:
        eventually(lambda: 7 in outcomes(load.of("live")))
        around.set(names=trouble)
        # Another name, because an answer about the first one is good for half a minute.
        policy_directory({"named.yaml": named("second")})
        eventually(lambda: load.of("live")[-1].outcome == grpc.StatusCode.UNAVAILABLE, 15)
        eventually(lambda: "named" in server.get("/healthz").text, 5)
        reason = "dns" if trouble == world.NOTHING else "timeout"
        assert server.metric("headstart_source_fetch_failures_total", source="named", reason=reason)
        around.set(names=world.LOOPBACK)
        eventually(lambda: load.of("live", "GetMetrics")[-1].outcome == 7, 15)
        eventually(lambda: server.get("/readyz?sources").status == 200, 10)
    assert outcomes(load.of("live")) == {7, True, grpc.StatusCode.UNAVAILABLE}
    assert outcomes(load.of("other")) == {7, True}
    assert all(result for _, _, result in load.messages)
    assert_prompt(load)


# The disk


@pytest.fixture
def full_disk(tmp_path):
    """A directory, and a way to write a file into it of which only a part fits: (path, write)."""
    directory = tmp_path / "disk"
    directory.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(directory)], capture_output=True
    )
    if mounted.returncode == 0:

        def write(path, text):
            with open(path, "wb", buffering=0) as file:
                with open(directory / "ballast", "wb", buffering=0) as ballast:
                    with pytest.raises(OSError, match="No space left"):
                        while ballast.write(bytes(4096)):
                            pass
                    # Room for one page.
                    ballast.truncate(ballast.tell() - 4096)
                file.write(text[:4096])
                with pytest.raises(OSError, match="No space left"):
                    file.write(text[4096:])
            (directory / "ballast").unlink()

        yield directory, write
        subprocess.run(["umount", "-l", str(directory)], check=True)
        return

    print(f"a size limit stands in for a full disk: {mounted.stderr.decode().strip()}")

    def write(path, text):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        copied = subprocess.run(["cp", "/dev/stdin", path], input=text, preexec_fn=limit)
        assert copied.returncode != 0

    yield directory, write


def test_a_manifest_that_does_not_fit_on_the_disk_keeps_its_last_good_content(
    headstart, generated, full_disk
):
    directory, write = full_disk

    def manifest(replicas):
        # Longer than a page, with the one that counts at the end.
        fillers = [policy(f"filler-{index}", fixed(1)) for index in range(60)]
        return "\n---\n".join([*fillers, policy("my-api", fixed(replicas))]).encode()

    path = directory / "policies.yaml"
    path.write_bytes(manifest(7))
    (directory / "other.yaml").write_text(policy("other", fixed(3)))
    server = headstart(f"--policies={directory}")
    with Load(server, generated, ["my-api", "other"]) as load:
        eventually(lambda: len(load.calls) > 50)
        write(path, manifest(9))
        assert path.stat().st_size == 4096
        eventually(lambda: server.metric("headstart_manifest_errors") >= 1)
        server.wait_for_log("policies.yaml:", "expected")
        assert server.metric("headstart_manifest_files", state="broken") == 1
        # As a writer leaves it that had no room for a byte, or for one.
        for text in (b"", b"{"):
            path.write_bytes(text)
            server.wait_for_log("policies.yaml", "found an empty file" if not text else "expected")
            before = len(load.calls)
            eventually(lambda: len(load.calls) > before + 100)
            assert load.of("my-api", "GetMetrics")[-1].outcome == 7
        path.write_bytes(manifest(9))
        eventually(lambda: load.of("my-api", "GetMetrics")[-1].outcome == 9)
        eventually(lambda: server.metric("headstart_manifest_errors") == 0)
    assert outcomes(load.of("my-api")) == {7, 9, True}
    assert outcomes(load.of("other")) == {3, True}
    assert_prompt(load)


def test_a_log_that_takes_no_more_stops_nothing(generated, policy_directory):
    directory = policy_directory({"a.yaml": policy("my-api", fixed(7))})
    port = free_port()
    with open("/dev/full", "w") as full:
        process = subprocess.Popen(
            [
                BINARY,
                "serve",
                f"--listen=127.0.0.1:{port}",
                f"--http-listen=127.0.0.1:{free_port()}",
                f"--policies={directory}",
                "--log-level=debug",
            ],
            stderr=full,
            stdout=full,
            env=clean_environment(),
        )
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            grpc.channel_ready_future(channel).result(10)
            scaler = Scaler(*generated, channel)
            assert scaler.replicas() == 7
            policy_directory({"a.yaml": policy("my-api", fixed(8))})
            eventually(lambda: scaler.replicas() == 8)
        process.terminate()
        assert process.wait(20) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


# Clients

STREAMER = """
import sys, grpc
from harness import stubs
from harness.stubs import Scaler
from pathlib import Path
directory, address = sys.argv[1:]
scaler = Scaler(*stubs.generate(Path(directory)), grpc.insecure_channel(address))
streams = [scaler.stub.StreamIsActive(scaler.reference()) for _ in range(20)]
for stream in streams:
    assert next(stream).result
print("open", flush=True)
for message in streams[0]:
    pass
"""


@pytest.fixture
def streamer(tmp_path):
    """Starts processes with 20 open streams each: streamer(server)."""
    started = []

    def start(server):
        directory = tmp_path / f"stubs-{len(started)}"
        directory.mkdir()
        process = subprocess.Popen(
            [sys.executable, "-c", STREAMER, str(directory), server.grpc_address],
            cwd=ROOT / "Tests" / "EndToEnd",
            stdout=subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout.readline() == b"open\n"
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


def recorded_call():
    """The bytes of a connection with one call of IsActive."""
    connection = Connection.__new__(Connection)
    connection.encoder, connection._next_stream = Encoder(), 1
    parts = []
    connection.send_bytes = parts.append
    connection.handshake()
    reference = b"\x0a\x06my-api\x12\x07default"
    connection.request("/externalscaler.ExternalScaler/IsActive", reference)
    return b"".join(parts)


CALL = recorded_call()


def reset(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def test_clients_that_die_stop_reset_and_talk_nonsense_disturb_nobody_else(
    headstart, generated, streamer, policy_directory
):
    server = headstart("--stall-timeout=2s", policies={"a.yaml": policy("my-api", fixed(7))})
    chance = random.Random(1)
    with Load(server, generated, ["my-api"], pause=0.002) as load:
        eventually(lambda: len(load.calls) > 50)
        connections = server.metric("headstart_connections")
        streams = server.metric("headstart_streams")
        descriptors = server.open_files()

        # Killed in the middle of their streams, and stopped for a while.
        killed, stopped = streamer(server), streamer(server)
        assert server.metric("headstart_streams") == streams + 40
        stopped.send_signal(signal.SIGSTOP)
        killed.kill()
        for replicas in (0, 7, 0, 7):
            policy_directory({"b.yaml": policy("passing", fixed(replicas))})
            wanted = {"desiredReplicas": replicas}
            eventually(
                lambda wanted=wanted: wanted.items()
                <= server.get("/api/v1/decisions/default/passing").json.items()
            )

        for _ in range(50):
            # A reset in the middle of a call, and bytes of all kinds.
            cut = Connection(server.grpc_port)
            cut.send_bytes(CALL[: chance.randrange(1, len(CALL))])
            reset(cut.socket)
            torn = bytearray(CALL)
            for _ in range(chance.randrange(1, 9)):
                torn[chance.randrange(len(torn))] = chance.randrange(256)
            for nonsense in (bytes(torn), chance.randbytes(2000)):
                client = Connection(server.grpc_port)
                client.send_bytes(nonsense)
                client.close()
        # A byte at a time is slow, and nothing else.
        slow = Connection(server.grpc_port)
        for byte in CALL:
            slow.send_bytes(bytes([byte]))
        record = slow.finish(1)
        assert (record.status, record.messages) == (0, [b"\x08\x01"])
        slow.close()

        stopped.send_signal(signal.SIGCONT)
        stopped.terminate()
        eventually(lambda: server.metric("headstart_connections") == connections, 15)
        eventually(lambda: server.metric("headstart_streams") == streams, 15)
        eventually(lambda: server.open_files() <= descriptors, 15)
    assert outcomes(load.calls) == {7, True}
    assert_prompt(load)
