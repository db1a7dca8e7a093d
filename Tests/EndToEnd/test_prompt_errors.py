"""An answer comes within 300 ms, however long a source takes: to KEDA a late error is worse than one
that comes at once (C24). A source that hangs never holds up a call.

Each call has a deadline of 300 ms. On a busy machine a call may miss it, so that a few are made; a
server that waits for its source misses it every time.
"""

import grpc
import pytest

from harness.policies import fixed, policy, query, source
from harness.waiting import eventually

DEADLINE = 0.3
ATTEMPTS = 20
NOT_FOUND, UNAVAILABLE = grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNAVAILABLE


def within_the_deadline(call):
    """What `call(number)` says, unless all calls miss the deadline: (value, code, details)."""
    for number in range(ATTEMPTS):
        try:
            return call(number), None, ""
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.DEADLINE_EXCEEDED:
                return None, error.code(), error.details()
    raise AssertionError(f"none of {ATTEMPTS} calls was answered within {DEADLINE} s")


@pytest.fixture(params=["hang", "trickle"])
def hanging(request, prometheus_answers):
    prometheus_answers.mode = request.param
    return prometheus_answers


@pytest.fixture
def forecaster_away(forecaster):
    forecaster.mode = "hang"
    return forecaster


def assert_prompt(client, code, names, **metadata):
    """Both RPCs fail with the code, and the specification is there. Each call is a first one."""
    for method in (client.value, client.active):
        outcome = within_the_deadline(
            lambda number: method(
                f"{names}-{method.__name__}-{number}", timeout=DEADLINE, **metadata
            )
        )
        assert outcome[1] == code, outcome
    spec, *_ = within_the_deadline(
        lambda number: client.metric_spec(f"{names}-{number}", timeout=DEADLINE, **metadata)
    )
    assert spec.targetSizeFloat == 1


def test_what_no_policy_answers_is_not_found_at_once(
    headstart, scaler, hanging, forecaster_away
):
    server = headstart(
        f"--prometheus-url={hanging.url}", f"--forecaster-url={forecaster_away.url}",
        policies={"a.yaml": policy("web", fixed(3))},
    )  # fmt: skip
    client = scaler(server)
    assert_prompt(client, NOT_FOUND, "unknown", policy="none")
    # And what is known is answered meanwhile.
    outcome = within_the_deadline(lambda _: client.value("web", timeout=DEADLINE).metricValue)
    assert outcome == (3, None, "")


@pytest.mark.parametrize(
    "metadata",
    [{}, {"workload": "web"}, {"query": "load", "threshold": "1"}],
    ids=["implied", "workload", "trigger"],
)
def test_the_first_call_does_not_wait_for_a_source_that_hangs(
    headstart, scaler, hanging, forecaster_away, metadata
):
    server = headstart(
        f"--prometheus-url={hanging.url}", f"--forecaster-url={forecaster_away.url}",
        policies={"a.yaml": policy("idle", fixed(3))},
    )  # fmt: skip
    assert_prompt(scaler(server), UNAVAILABLE, "first", **metadata)


def test_a_policy_that_is_added_while_its_source_hangs_is_unavailable_at_once(
    headstart, scaler, hanging, policy_directory
):
    main = source("prometheus", "prometheus", hanging.url, timeout="30s")
    server = headstart(policies={"a.yaml": policy("idle", fixed(3)), "s.yaml": main})
    policy_directory({"late.yaml": policy("late", fixed(2), query("load"))})
    eventually(lambda: server.get("/api/v1/decisions/default/late").status == 200)
    assert_prompt(scaler(server), UNAVAILABLE, "late", policy="late")


def test_nothing_known_is_unavailable_at_once_when_the_port_is_open(headstart, scaler, hanging):
    main = source("prometheus", "prometheus", hanging.url, timeout="30s")
    server = headstart(
        policies={"a.yaml": policy("web", fixed(2), query("load")), "s.yaml": main}, ready=False
    )
    client = scaler(server.wait_ready(60))
    assert_prompt(client, UNAVAILABLE, "unread", policy="web")


def test_a_source_that_begins_to_hang_holds_up_nothing(headstart, scaler, prometheus_answers):
    main = source("prometheus", "prometheus", prometheus_answers.url)
    server = headstart(policies={"a.yaml": policy("web", query("load", 100)), "s.yaml": main})
    client = scaler(server)
    assert client.replicas("web") == 3
    prometheus_answers.mode = "hang"
    eventually(lambda: "held" in server.get("/api/v1/decisions/default/web").text)
    outcome = within_the_deadline(lambda _: client.value("web", timeout=DEADLINE).metricValue)
    assert outcome == (3, None, "")
    assert_prompt(client, NOT_FOUND, "unknown", policy="none")
