"""Answers that look like less load than there is, and are not.

One policy reads a query with threshold 100, which says 2500, and often has a schedule that asks for 2
beside it: who believes the answer in question asks for less than 25.
"""

import time

import grpc
import pytest

from harness.decisions import asks, decision, state, wait_for_readings
from harness.fake_prometheus import FakePrometheus
from harness.policies import fixed, policy, query, source
from harness.waiting import eventually
from harness.world import World

HOUR = 3600


def sample(value, at=None):
    """An instant query's one sample, evaluated now."""
    return {
        "resultType": "vector",
        "result": [{"metric": {}, "value": [time.time() if at is None else at, str(value)]}],
    }


EMPTY = {"resultType": "vector", "result": []}


@pytest.fixture
def live():
    server = FakePrometheus()
    server.result = lambda query: sample(2500)
    yield server
    server.close()


@pytest.fixture
def other():
    server = FakePrometheus()
    yield server
    server.close()


def says(server, value):
    server.result = lambda query: sample(value)


@pytest.fixture
def shop(headstart, live):
    """Starts a server with the policy `shop`: shop(*further signals, policy={…}, **of the query)."""

    def start(*signals, flags=(), spec=None, environment=None, data_source=None, **options):
        files = {
            "source.yaml": source("prometheus", "prometheus", live.url, **data_source or {}),
            "shop.yaml": policy("shop", query("load", 100, **options), *signals, **spec or {}),
        }
        return headstart(*flags, policies=files, environment=environment, ready=False)

    return start


def settle(server, replicas=25):
    eventually(lambda: asks(server) == replicas and state(server) == "fresh")


def assert_held(server, upstream, replicas=25):
    eventually(lambda: state(server) == "held")
    wait_for_readings(server, upstream)
    assert (asks(server), state(server)) == (replicas, "held")


# One loss after another


def test_two_losses_one_after_the_other_leave_the_higher_number(headstart, live, other):
    says(live, 4000)
    says(other, 3000)
    server = headstart(
        policies={
            "a.yaml": "\n---\n".join(
                [
                    source("a", "prometheus", live.url),
                    source("b", "prometheus", other.url),
                    policy(
                        "shop",
                        fixed(1),
                        query("load", 100, name="a", origin="a"),
                        query("load", 100, name="b", origin="b"),
                    ),
                ]
            )
        }
    )
    eventually(lambda: asks(server) == 40)
    live.mode = "error"
    eventually(lambda: state(server, "a") == "held")
    assert asks(server) == 40
    other.mode = "error"
    eventually(lambda: state(server, "b") == "held")
    assert asks(server) == 40


def test_a_hold_that_ends_leaves_no_number_and_not_that_of_others(shop, scaler, live):
    server = shop(fixed(2), spec={"hold": "2s"})
    settle(server)
    live.mode = "error"
    client = scaler(server)

    def is_refused():
        try:
            assert client.replicas("shop") == 25
        except grpc.RpcError as error:
            return error.code() == grpc.StatusCode.UNAVAILABLE
        return False

    eventually(is_refused, 15)


# Partial answers

PARTIAL = {
    "thanos": {
        "warnings": [
            "receive series from Addr: store-2:10901 LabelSets: Mint: 0 Maxt: 0:"
            " rpc error: code = Unavailable desc = connection refused"
        ]
    },
    "thanos without a store": {"warnings": ["No StoreAPIs matched for this query"]},
    "mimir": {"warnings": ["some ingesters are unavailable: the result may be incomplete"]},
    "victoriametrics": {"isPartial": True},
    "beside an annotation": {
        "warnings": ['PromQL warning: bucket label "le" is missing', "store-3: context deadline exceeded"]
    },
}


@pytest.mark.parametrize("shape", PARTIAL)
@pytest.mark.parametrize("value", [300, 0, None], ids=["less", "zero", "empty"])
def test_an_answer_in_part_never_lowers(shop, live, shape, value):
    server = shop(fixed(2), onEmpty="zero")
    settle(server)
    live.extra = PARTIAL[shape]
    live.result = lambda query: EMPTY if value is None else sample(value)
    assert_held(server, live)
    assert server.metric("headstart_partial_answers_total", source="prometheus") >= 1
    # The same number in an answer that is whole.
    live.extra = {}
    eventually(lambda: asks(server) == max(2, (value or 0) // 100))


@pytest.mark.parametrize("shape", PARTIAL)
def test_an_answer_in_part_may_raise(shop, live, shape):
    server = shop()
    settle(server)
    live.extra = PARTIAL[shape]
    says(live, 4000)
    eventually(lambda: asks(server) == 40)
    assert state(server) == "held"


def test_an_answer_in_part_is_no_first_reading(shop, live):
    live.extra = PARTIAL["thanos"]
    server = shop(fixed(2))
    server.wait_ready(30)
    assert asks(server) is None
    live.extra = {}
    settle(server)


@pytest.mark.parametrize(
    "extra",
    [
        {"warnings": ['PromQL warning: bucket label "le" is missing or has a malformed value']},
        {"infos": ['PromQL info: metric might not be a counter, name does not end in _total: "load"']},
        {"warnings": ["PromQL info: ignored histograms in a range"], "isPartial": False},
        {"warnings": [], "infos": []},
    ],
    ids=["warning", "infos", "info among the warnings", "empty"],
)
def test_annotations_of_prometheus_are_whole_answers(shop, live, extra):
    server = shop()
    settle(server)
    live.extra = extra
    says(live, 300)
    eventually(lambda: (asks(server), state(server)) == (3, "fresh"))


def test_a_federation_that_is_never_whole_may_be_believed(shop, live):
    live.extra = PARTIAL["mimir"]
    server = shop(data_source={"partialAnswers": "accept"})
    settle(server)
    says(live, 300)
    eventually(lambda: asks(server) == 3)


# Zeros that are not to be trusted


def test_a_zero_of_a_target_that_was_down_is_no_zero(shop, live):
    def answer(query, value=2500, up=1):
        return sample(up if "up{" in query else value)

    live.result = answer
    server = shop(uptimeFilter='container="web"', uptimeCooldown="15m")
    settle(server)
    live.result = lambda query: answer(query, value=0, up=0)
    assert_held(server, live)
    live.result = lambda query: answer(query, value=0, up=1)
    eventually(lambda: asks(server) == 0)


def test_a_subquery_names_its_step(shop, live):
    """Without a step it is five minutes in VictoriaMetrics, whatever the refresh."""

    def answer(query):
        if "up{" not in query:
            return sample(0)
        # It sees an outage of some minutes only where the step is short.
        return sample(1 if "s:]" in query else 0)

    live.result = answer
    server = shop(uptimeFilter='container="web"', uptimeCooldown="15m")
    eventually(lambda: any("up{" in form["query"][0] for _, _, _, form in live.requests))
    wait_for_readings(server, live)
    assert asks(server) is None
    queries = {form["query"][0] for _, _, _, form in live.requests}
    assert [text for text in queries if "[900s:1s]" in text]


@pytest.mark.parametrize("value", ["-1", "-0.5", "-1e300", "NaN", "+Inf", "-Inf"])
def test_a_value_that_is_no_load_is_no_number(shop, live, value):
    server = shop(fixed(2), onEmpty="zero")
    settle(server)
    says(live, value)
    assert_held(server, live)
    if value == "-1":
        assert "clamp_min" in decision(server)["explanation"]


@pytest.mark.parametrize("age", [HOUR * 2, 330], ids=["two hours", "just too old"])
def test_an_answer_that_is_old_by_its_own_time_is_no_reading(shop, live, age):
    server = shop(fixed(2))
    settle(server)
    live.result = lambda query: sample(300, at=time.time() - age)
    assert_held(server, live)
    assert "cache" in server.get("/api/v1/decisions/default/shop").text


def test_an_answer_that_is_a_little_old_is_one(shop, live):
    server = shop()
    live.result = lambda query: sample(300, at=time.time() - 240)
    eventually(lambda: asks(server) == 3)


# Numbers as KEDA and the HPA make them


@pytest.mark.parametrize(
    ("value", "threshold", "replicas"),
    [
        ("2.1", 0.7, 3),
        ("0.30000000000000004", 0.1, 3),
        ("2.0006", 1, 2),
        ("2.001", 1, 3),
        ("100.0004", 100, 1),
        ("0.0004", 1, 1),
        ("0.57999999999", 0.29, 2),
    ],
)
def test_quotients_are_counted_in_thousandths(headstart, live, value, threshold, replicas):
    says(live, value)
    server = headstart(
        policies={
            "source.yaml": source("prometheus", "prometheus", live.url),
            "shop.yaml": policy("shop", query("load", threshold)),
        }
    )
    eventually(lambda: asks(server) == replicas)


# Whole evidence


def answer(total, up):
    """Of a sum, and of how many targets it is the sum."""
    return lambda query: sample(up if query.startswith("count(up{") else total)


@pytest.fixture
def summed(headstart, live):
    def start(environment=None, **options):
        live.result = answer(2500, 100)
        server = headstart(
            policies={
                "source.yaml": source("prometheus", "prometheus", live.url),
                "shop.yaml": policy(
                    "shop", fixed(2), query('sum(load{job="api"})', 100, evidence="targets", **options)
                ),
            },
            environment=environment,
        )
        settle(server)
        return server

    return start


def test_a_sum_falls_only_while_its_targets_are_there(summed, live):
    server = summed()
    live.result = answer(1000, 40)
    assert_held(server, live)
    # A rise counts at once.
    live.result = answer(3000, 40)
    eventually(lambda: asks(server) == 30)
    # Back, and lower: whole.
    live.result = answer(1000, 100)
    eventually(lambda: asks(server) == 10)
    queries = {form["query"][0] for _, _, _, form in live.requests}
    assert 'count(up{job="api"} == 1)' in queries


def test_a_clock_that_is_set_right_does_not_keep_a_sum_from_falling(summed, live, tmp_path):
    around = World(tmp_path)
    around.set(clock=-1200)
    server = summed(environment=around.environment)
    # Each time just after a look at the clock, so that readings come before the next look.
    for count, step in enumerate([0, -1200, 0, -1200, 0], start=1):
        around.set(clock=step)
        eventually(lambda: server.log_text.count("the wall clock was set") == count)
    live.result = answer(1000, 100)
    eventually(lambda: asks(server) == 10)


def numbers(server):
    """All that the policy ever asked for."""
    decisions = [line for line in server.log if line["message"] == "decision changed"]
    return {line["desired"] for line in decisions if "desired" in line}


def test_targets_that_are_gone_while_the_evidence_fails_lower_nothing(summed, live):
    """They are back when it is: what it was for long before says nothing of the time between."""
    server = summed(evidenceSettles="1s")
    wait_for_readings(server, live, 6)
    for _ in range(3):
        gone = True

        def flapping(text):
            nonlocal gone
            if not text.startswith("count(up{"):
                return sample(1000 if gone else 2500)
            if gone and time.monotonic() < back:
                return {"resultType": "matrix", "result": []}
            gone = False
            return sample(100)

        back = time.monotonic() + 2.5
        live.result = flapping
        eventually(lambda: not gone)
        settle(server)
        wait_for_readings(server, live, 4)
    assert numbers(server) == {25}
    # Whole, and lower.
    live.result = answer(1000, 100)
    eventually(lambda: asks(server) == 10)


@pytest.mark.parametrize("settles", ["0s", "100ms"])
def test_fewer_targets_are_believed_however_soon_they_settle(summed, live, settles):
    """Also where that is shorter than the refresh."""
    server = summed(evidenceSettles=settles)
    live.result = answer(1000, 40)
    eventually(lambda: asks(server) == 10)
