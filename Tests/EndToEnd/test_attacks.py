"""One hostile connection at a time: calls on another go on, memory stays within its bound, and the
attacker is told to calm down where it should be.

How long the calls of the others take meanwhile is measured by scripts/bench --only attacks.
"""

import threading
import time

import pytest

from harness.attacks import ATTACKS, Attacker
from harness.policies import fixed, policy
from harness.server import SANITIZER_KILOBYTES
from harness.waiting import eventually

CALM = 11
SECONDS = 0.7
# --max-connection-memory, and what the allocator and the kernel's view of it may add.
MEMORY = 8 << 20
BOUND_KILOBYTES = (MEMORY >> 10) * 2 + (16 << 10) + SANITIZER_KILOBYTES


@pytest.fixture
def server(headstart):
    return headstart(
        "--workers=1",
        "--max-reset-rate=100",
        "--max-control-frame-rate=100",
        f"--max-connection-memory={MEMORY}",
        "--handshake-timeout=500ms",
        policies={"a.yaml": policy("my-api", fixed(20))},
    )


def exceeded(server, limit):
    return server.metric("headstart_limits_exceeded_total", limit=limit)


class Victim:
    """Calls, one after the other, on a connection of its own."""

    def __init__(self, client):
        self.client = client
        self.calls = 0
        self.failure = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        assert self.client.replicas("my-api") == 20
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._thread.join(20)

    def _run(self):
        while not self._stopping.is_set() and self.failure is None:
            try:
                assert self.client.replicas("my-api") == 20
                self.calls += 1
            except Exception as failure:
                self.failure = failure


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_harms_nobody_else(server, scaler, name):
    attack = ATTACKS[name]
    limit = attack.limit
    ends = limit not in (None, "memory")
    before = server.resident_kilobytes()
    attackers = []
    with Victim(scaler(server)) as victim:
        end = time.monotonic() + SECONDS
        while not attackers or (ends and time.monotonic() < end):
            attackers.append(Attacker(attack, server.grpc_port))
            attackers[-1].run(5.0 if ends else SECONDS)
            if limit == "memory":
                eventually(lambda: attackers[-1].run(SECONDS) and exceeded(server, limit) > 0)
            grown = server.resident_kilobytes() - before
            attackers[-1].close()
        eventually(lambda: victim.calls > 10 or victim.failure)
    assert victim.failure is None, victim.failure
    assert grown < BOUND_KILOBYTES, f"{grown} KiB more than before"
    for attacker in attackers:
        assert attacker.closed == ends, attacker.goaway
        if ends and attack.reads and limit != "handshake":
            assert attacker.goaway == CALM
        else:
            # Who reads nothing may hear of it all the same.
            assert attacker.goaway in ((None, CALM) if ends else (None,))
    if limit == "pending_acks" and not exceeded(server, limit):
        # One that does not get through a thousand within its turn answers them in between.
        limit = "pings"
    if limit:
        assert exceeded(server, limit) > 0
    # Nothing of it is left.
    eventually(lambda: server.metric("headstart_connections") == 1)
    eventually(lambda: server.metric("headstart_streams") == 0)
    assert scaler(server).replicas("my-api") == 20


def test_the_reason_of_a_flood_is_counted_and_logged_once_a_minute(server):
    for _ in range(3):
        attacker = Attacker(ATTACKS["pings"], server.grpc_port)
        attacker.run(5)
        attacker.close()
    eventually(lambda: server.metric("headstart_connections_closed_total", reason="flood") == 3)
    assert exceeded(server, "pings") == 3
    assert server.log_text.count("ran into the limit pings") == 1
