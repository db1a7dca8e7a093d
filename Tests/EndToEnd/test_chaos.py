"""Clients that do anything at all, in the company of one that behaves."""

import os
import random
import time

import grpc
import pytest

from harness.certificates import Authority
from harness.chaos import Chaos
from harness.load import Load
from harness.policies import fixed, policy
from harness.server import SANITIZER_KILOBYTES
from harness.waiting import eventually

SECONDS = 6
MEMORY = 4 << 20
# What six such connections, and those that linger after them, may take. A sanitizer keeps what TLS has
# freed for a while.
BOUND_KILOBYTES = (MEMORY >> 10) * 2 * 12 + (16 << 10) + 2 * SANITIZER_KILOBYTES


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "tls"])
def test_clients_that_do_anything_harm_nobody(
    headstart, generated, tmp_path, secured, record_property
):
    flags, credentials = [], None
    if secured:
        authority = Authority(tmp_path)
        certificate, key = authority.issue("server")
        credentials = grpc.ssl_channel_credentials(authority.certificate.read_bytes())
        flags = [f"--grpc-tls-cert-file={certificate}", f"--grpc-tls-key-file={key}"]
    server = headstart(
        *flags,
        "--workers=1",
        f"--max-connection-memory={MEMORY}",
        f"--max-outbound-buffer={MEMORY}",
        "--stall-timeout=1s",
        "--request-timeout=1s",
        "--max-connection-age=2s",
        "--max-connection-age-grace=1s",
        "--handshake-timeout=1s",
        policies={"a.yaml": policy("my-api", fixed(20))},
    )
    channel = secured and grpc.secure_channel(server.grpc_address, credentials)
    seed = int(os.environ.get("HEADSTART_CHAOS_SEED", random.SystemRandom().randrange(1 << 32)))
    record_property("seed", seed)
    print(f"HEADSTART_CHAOS_SEED={seed}")
    with Load(server, generated, ["my-api"], pause=0.005, channel=channel) as load:
        eventually(lambda: len(load.calls) > 10)
        with Chaos(random.Random(seed), server.grpc_port, secured) as chaos:
            # How long it goes on.
            time.sleep(SECONDS)
        assert server.process.poll() is None, f"it ended:\n{server.log_text}"
        assert chaos.failure is None
        assert chaos.connections > 20
        assert server.resident_kilobytes() < BOUND_KILOBYTES
    assert {call.outcome for call in load.calls} == {20, True}
    assert not load.ended or {code.name for _, code in load.ended} == {"OK"}
    eventually(lambda: server.metric("headstart_connections") == 0, 15)
    methods = ("StreamIsActive", "ServerReflectionInfo")
    eventually(lambda: not any(server.metric("headstart_streams", method=name) for name in methods))
