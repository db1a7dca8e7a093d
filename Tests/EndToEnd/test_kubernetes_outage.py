"""An API server that is there and does not serve: refusals, requests that no one answers, dead connections."""

import time

import pytest

from harness.custom_resources import policy, replicas
from harness.direct_scaling import calendar, patches
from harness.direct_scaling import replicas as scaled
from harness.waiting import eventually

ALWAYS = 1_000_000
OUTAGE = 8


def refuse(code, retry_after=None):
    """A proxy answers for a server that is away, or the server is overloaded."""

    def begin(api):
        with api.lock:
            api.fail(code, count=ALWAYS, retry_after=retry_after)
            api.end_watches()

    return begin


def never_answer(api):
    """Connections are accepted, and packets dropped. Watches end."""
    with api.lock:
        api.hang()
        api.end_watches()


def half_open(api):
    """The same, and what was connected before stays so, and says nothing even after the return."""
    with api.lock:
        api.hang()
        api.lose_watches()


OUTAGES = {
    "503": refuse(503),
    "503 with Retry-After": refuse(503, retry_after=1),
    "429 with Retry-After": refuse(429, retry_after=2),
    "no answers": never_answer,
    "half-open connections": half_open,
}


def end(api):
    with api.lock:
        api.faults.clear()
        api.hang(False)


@pytest.fixture(params=OUTAGES)
def outage(request):
    return OUTAGES[request.param]


def test_the_watch_is_soon_back_and_nothing_has_fallen_meanwhile(api, cluster, outage):
    api.apply(policy("web", 3))
    server = cluster()
    eventually(lambda: replicas(server, "web") == 3 and api.calls_of("watch", "scalingpolicies"))
    outage(api)
    deadline = time.monotonic() + OUTAGE
    while time.monotonic() < deadline:
        assert replicas(server, "web") == 3
        assert server.get("/readyz").status == 200
        # A pause between two looks.
        time.sleep(0.2)
    end(api)
    api.apply(policy("web", 6))
    # Five seconds are the promise, and the machine is busy. A watch without a word counts as dead after two
    # minutes, a list without an answer after 45 seconds.
    eventually(lambda: replicas(server, "web") == 6, timeout=12, message=lambda: server.log_text[-2000:])


def test_a_watch_that_was_never_answered_is_told_of(api, cluster):
    api.apply(policy("web", 3))
    server = cluster()
    eventually(lambda: api.calls_of("watch", "scalingpolicies"))
    never_answer(api)
    server.wait_for_log("the watch fails; what is known stays in force", timeout=20)
    end(api)
    server.wait_for_log("watching again", timeout=20)


def test_direct_scaling_waits_and_only_the_holder_of_the_lease_writes(
    api, headstart, policy_directory, tmp_path, outage
):
    api.deployment("web", 3)
    servers = {}
    for name in ("pod-a", "pod-b"):
        api.tokens[name] = name
        servers[name] = headstart(
            "--direct", "--watch", "--check-interval=1s", "--cooldown=0s",
            f"--kubeconfig={api.kubeconfig(tmp_path / name, token=name)}",
            policies={"a.yaml": calendar(3)}, environment={"POD_NAME": name},
        )  # fmt: skip

    def holder():
        return api.get("Lease", "headstart", "headstart")["spec"]["holderIdentity"]

    eventually(lambda: servers["pod-a"].metric("headstart_leader") == 1)
    outage(api)
    policy_directory({"a.yaml": calendar(5)})
    deadline = time.monotonic() + OUTAGE
    while time.monotonic() < deadline:
        assert scaled(api) == 3
        # A pause between two looks.
        time.sleep(0.2)
    leading = [name for name, server in servers.items() if server.metric("headstart_leader") == 1]
    assert leading in ([], ["pod-a"])
    end(api)
    eventually(lambda: scaled(api) == 5, timeout=40)
    # The pod that held the Lease is the one that goes on: the other did not see it unchanged for long enough.
    assert {call.user for call in patches(api)} == {"pod-a"} == {holder()}
    assert len(patches(api)) == 1
    assert servers["pod-b"].metric("headstart_leader") == 0


def test_the_kernel_asks_every_few_seconds_whether_the_other_end_of_a_watch_is_there(api, cluster):
    """Whoever has forgotten the connection answers with a reset."""
    server = cluster()
    eventually(lambda: api.calls_of("watch", "scalingpolicies"))
    port, longest, alive = f":{api.port:04X}", 4 * 100, "02"

    def timers():
        """(timer, ticks until then) of connections to the API server, where they are idle."""
        with open(f"/proc/{server.process.pid}/net/tcp") as table:
            rows = [line.split() for line in table][1:]
        return [row[5].split(":") for row in rows if row[2].endswith(port) and row[3] == "01"]

    found = eventually(lambda: [timer for timer in timers() if timer[0] == alive])
    assert all(int(ticks, 16) <= longest for _, ticks in found)
