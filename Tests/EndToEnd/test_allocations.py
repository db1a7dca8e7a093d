"""What answering a call allocates: nothing, once the server has answered a few."""

import shutil
import struct
import subprocess

import pytest
from harness.paths import ROOT
from harness.policies import fixed, policy
from harness.waiting import eventually

CALLS = 50_000
# Beside the calls: h2load's connection, timers, what a second's housekeeping logs and counts.
CEILING = 500

REQUESTS = {
    "GetMetrics": lambda messages, reference: messages.GetMetricsRequest(
        scaledObjectRef=reference, metricName="desired_replicas"
    ),
    "IsActive": lambda messages, reference: reference,
    "GetMetricSpec": lambda messages, reference: reference,
}


@pytest.fixture(scope="session")
def counting_library(tmp_path_factory):
    """Counts calls of malloc and its like into the file that ALLOCATIONS_FILE names."""
    library = tmp_path_factory.mktemp("allocations") / "allocations.so"
    source = ROOT / "Benchmarks" / "allocations" / "allocations.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source], check=True)
    return library


@pytest.fixture
def counted(headstart, counting_library, tmp_path):
    """A server with one worker, and a function that tells how much it has allocated so far."""
    counter = tmp_path / "count"
    counter.write_bytes(bytes(8))
    server = headstart(
        "--workers=1",
        policies={"my-api.json": policy("my-api", fixed(3))},
        environment={"LD_PRELOAD": str(counting_library), "ALLOCATIONS_FILE": str(counter)},
    )
    return server, lambda: struct.unpack("Q", counter.read_bytes())[0]


@pytest.mark.parametrize("method", REQUESTS)
def test_a_call_allocates_nothing(counted, generated, tmp_path, method):
    h2load = shutil.which("h2load")
    if h2load is None:
        pytest.skip("h2load is not installed (scripts/bootstrap test)")
    server, allocations = counted
    messages = generated[0]
    reference = messages.ScaledObjectRef(
        name="my-api", namespace="default", scalerMetadata={"scalerAddress": "localhost:50051"}
    )
    message = REQUESTS[method](messages, reference).SerializeToString()
    body = tmp_path / "request"
    body.write_bytes(b"\0" + struct.pack(">I", len(message)) + message)

    def call(count):
        output = subprocess.run(
            [
                h2load,
                f"--requests={count}",
                "--clients=1",
                "--max-concurrent-streams=32",
                *("-H", "content-type: application/grpc", "-H", "te: trailers"),
                f"--data={body}",
                f"http://{server.grpc_address}/externalscaler.ExternalScaler/{method}",
            ],
            capture_output=True,
            text=True,
            timeout=120,
        ).stdout
        assert f"{count} succeeded, 0 failed, 0 errored, 0 timeout" in output

    def closed():
        return server.metric("headstart_connections") == 0

    call(5_000)
    eventually(closed)
    before = allocations()
    assert before > 0, "nothing is counted"
    call(CALLS)
    taken = allocations() - before
    eventually(closed)
    assert taken <= CEILING, f"{taken / CALLS:.4f} allocations per call"
