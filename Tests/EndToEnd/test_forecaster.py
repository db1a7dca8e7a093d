"""The forecast signal against a forecaster that works, fails in every way, and recovers."""

import time
from datetime import timedelta

import grpc
import pytest

from harness.forecaster import RECORDED, Forecaster
from harness.policies import fixed, forecast, policy, source
from harness.waiting import eventually

# Nothing waits for a forecaster inside an RPC: below the timeout of one fetch, and above what a
# busy machine may take.
PROMPT = 0.7

# What a broken source may do, beside answering well.
FAILURES = [
    "not_found",
    "error",
    "garbage",
    "truncated",
    "hang",
    "trickle",
    "redirect",
    "huge",
    "nan",
    "infinity",
    "negative",
    "empty",
    "step_zero",
    "no_date",
]


def refusal(call, *arguments, **options):
    """The status and message of a call that fails, and fails promptly: that it waits for no source is
    what is promised, and PROMPT has room for a busy machine."""
    start = time.monotonic()
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments, **options)
    assert time.monotonic() - start < PROMPT
    return caught.value.code(), caught.value.details()


# Kedastral's way: flags and trigger metadata, no policy.


def test_the_recorded_snapshot_gives_the_maximum_of_the_lead_window(
    headstart, scaler, forecaster
):
    server = headstart(f"--forecaster-url={forecaster.url}", "--lead-time=5m")
    client = scaler(server)
    replicas = RECORDED["desiredReplicas"]
    # Twenty steps of 15 s; the first call loads the workload.
    assert client.replicas("my-api") == max(replicas[:20]) == 32
    assert client.active("my-api") is True
    assert forecaster.workloads_asked[0] == "my-api"


def test_the_look_ahead_counts_from_now_not_from_the_snapshot(headstart, scaler, forecaster):
    forecaster.replicas = [50, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    forecaster.step = 60
    forecaster.age = timedelta(seconds=150)
    server = headstart(f"--forecaster-url={forecaster.url}", "--lead-time=3m")
    # Half of the third step is over: the window overlaps the steps 2 to 5.
    assert scaler(server).replicas("my-api") == 5


def test_environment_variables_stand_behind_the_flags(headstart, scaler, forecaster):
    forecaster.replicas = [1] * 20 + [9] * 100
    server = headstart(environment={"FORECASTER_URL": forecaster.url, "LEAD_TIME": "10m"})
    assert scaler(server).replicas("my-api") == 9


def test_metadata_adjusts_workload_and_lead_time(headstart, scaler, forecaster):
    forecaster.replicas = [1] * 20 + [9] * 100
    server = headstart(f"--forecaster-url={forecaster.url}", "--lead-time=4m")
    client = scaler(server)
    assert client.replicas("x", workload="my-api") == 1
    assert client.replicas("x", workload="my-api", leadTime="10m") == 9


@pytest.mark.parametrize("workload", ["a b", "ü/ß", "x&y=z", "a+b", "100%", "#1", "?q", "日本"])
def test_the_workload_is_escaped(headstart, scaler, forecaster, workload):
    server = headstart(f"--forecaster-url={forecaster.url}")
    assert scaler(server).replicas("x", workload=workload) > 0
    assert forecaster.workloads_asked[0] == workload


def test_an_unknown_workload_is_an_error_that_names_it(headstart, scaler, forecaster):
    forecaster.mode = "not_found"
    server = headstart(f"--forecaster-url={forecaster.url}")
    client = scaler(server)
    assert client.metric_spec("nobody").targetSize == 1
    for call in (client.value, client.active):
        with pytest.raises(grpc.RpcError) as caught:
            call("nobody")
        assert caught.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.NOT_FOUND)
        assert "nobody" in caught.value.details()


def test_a_first_call_whose_forecaster_hangs_is_an_error_or_late_as_its_caller_wants(
    headstart, scaler, forecaster
):
    forecaster.mode = "hang"
    server = headstart(f"--forecaster-url={forecaster.url}")
    client = scaler(server)
    with pytest.raises(grpc.RpcError) as caught:
        client.value("my-api")
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    # Shorter than the 250 ms for which a first call waits.
    with pytest.raises(grpc.RpcError) as caught:
        client.value("my-web", timeout=0.1)
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED


def test_when_unavailable_inactive_says_inactive(headstart, scaler, forecaster):
    forecaster.mode = "error"
    server = headstart(
        f"--forecaster-url={forecaster.url}", "--when-unavailable=inactive"
    )
    client = scaler(server)
    assert client.active("my-api") is False
    with pytest.raises(grpc.RpcError) as caught:
        client.value("my-api")
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE


# Failures: one server, and for each way to fail a forecaster and a policy of its own.


class Outage:
    """All sources work, then each fails in its way past its hold, then all work again.

    Collects what the RPCs said in each phase: a number, or (status, message).
    """

    def __init__(self, server, client, forecasters):
        self.server, self.client, self.forecasters = server, client, forecasters
        self.elsewhere = Forecaster()
        self.before = self.ask_until(lambda answer: answer == 32)
        counts = {mode: len(forecaster.requests) for mode, forecaster in forecasters.items()}
        for mode, forecaster in forecasters.items():
            # The same server under another name is another host.
            forecaster.redirect_to = self.elsewhere.url.replace("127.0.0.1", "localhost") + "/f"
            forecaster.mode = mode
        # Every source has failed once, and none longer than its reading is held.
        eventually(
            lambda: all(len(forecasters[mode].requests) > counts[mode] for mode in forecasters)
        )
        self.during = self.ask()
        self.after_hold = self.ask_until(lambda answer: not isinstance(answer, int))
        self.healthz = server.get("/healthz")
        self.readyz = server.get("/readyz?sources")
        self.sources = server.get("/api/v1/sources").json
        self.failures = {
            mode: server.metric(
                "headstart_source_fetches_total", source=object_name(mode), result="failure"
            )
            for mode in forecasters
        }
        for forecaster in forecasters.values():
            forecaster.mode = "ok"
        # A source that failed for long is asked less often.
        self.recovered = self.ask_until(lambda answer: answer == 32)
        self.elsewhere.close()

    def ask_until(self, wanted):
        """Asks until all answers are as wanted, at most 30 s, and returns the last ones."""
        deadline = time.monotonic() + 30
        while True:
            answers = self.ask()
            if all(map(wanted, answers.values())) or time.monotonic() > deadline:
                return answers
            # A pause between two rounds: what changes is waited for, not slept for.
            time.sleep(0.2)

    def ask(self):
        return {mode: self.answer(mode) for mode in self.forecasters}

    def answer(self, mode):
        start = time.monotonic()
        try:
            return self.client.replicas(object_name(mode))
        except grpc.RpcError as error:
            return error.code(), error.details()
        finally:
            # A failing source may hold up its own policies no more than others.
            assert time.monotonic() - start < PROMPT


def object_name(mode):
    """Names of Kubernetes objects have no underscore."""
    return mode.replace("_", "-")


@pytest.fixture(scope="module")
def outage(tmp_path_factory, generated):
    from harness import stubs
    from harness.server import Headstart

    forecasters = {mode: Forecaster() for mode in FAILURES}
    directory = tmp_path_factory.mktemp("policies")
    for mode, forecaster in forecasters.items():
        name = object_name(mode)
        (directory / f"{name}.yaml").write_text(
            source(name, "forecaster", forecaster.url, timeout="900ms")
            + "\n---\n"
            + policy(name, forecast(origin=name, maxAge="3s"), leadTime="5m", hold="8s")
        )
    server = Headstart(f"--policies={directory}").wait_ready()
    try:
        yield Outage(server, stubs.Scaler(*generated, server.channel()), forecasters)
        server.stop()
    finally:
        server.kill()
        for forecaster in forecasters.values():
            forecaster.close()


@pytest.mark.parametrize("mode", FAILURES)
def test_a_failing_source_is_held_then_an_error_and_then_recovers(outage, mode):
    assert outage.before[mode] == 32
    # The last good reading stands, and the answer does not fall.
    assert outage.during[mode] == 32
    # Past the hold it is an error with a reason, never a number.
    code, message = outage.after_hold[mode]
    assert code == grpc.StatusCode.UNAVAILABLE
    assert "predicted" in message or object_name(mode) in message
    assert outage.failures[mode] >= 2
    assert outage.recovered[mode] == 32


def test_a_redirect_is_not_followed_to_another_host(outage):
    assert outage.elsewhere.requests == []


def test_healthz_names_the_sources_that_fail(outage):
    # They are named, and no reason to restart the process.
    assert outage.healthz.status == 200
    assert outage.readyz.status == 503
    states = {each["name"]: each for each in outage.sources["sources"]}
    for mode in FAILURES:
        assert object_name(mode) in outage.readyz.text
    # An answer about one workload alone is no fault of the forecaster.
    own = {mode for mode in FAILURES if states[object_name(mode)]["state"] == "up"}
    assert "not_found" in own
    assert own.isdisjoint({"error", "hang", "trickle"})
    assert all(states[object_name(mode)]["lastError"] for mode in FAILURES if mode not in own)
    for mode in FAILURES:
        assert object_name(mode) in outage.healthz.text


def test_every_failure_is_logged_with_its_source(outage):
    for mode in FAILURES:
        name = object_name(mode)
        assert any(
            record["level"] in ("warn", "warning", "error") and name in str(record)
            for record in outage.server.log
        ), f"nothing about {name}"


# Snapshots that are odd but no failure.


@pytest.fixture
def one_source(headstart, forecaster):
    """Starts a server with one policy, whose first signal is a forecast with `options`."""

    def start(*signals, options={}, **spec):
        return headstart(
            policies={
                "a.yaml": source("forecaster", "forecaster", forecaster.url)
                + "\n---\n"
                + policy("my-api", forecast(**options), *signals, **({"leadTime": "5m"} | spec))
            }
        )

    return start


def test_a_forecast_of_a_million_steps_is_survived(one_source, scaler, forecaster):
    forecaster.mode = "million"
    server = one_source()
    client = scaler(server)
    try:
        assert client.replicas("my-api") == 7
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.UNAVAILABLE
    assert client.metric_spec("my-api").targetSize == 1


def test_a_snapshot_of_the_far_future_is_never_zero(one_source, scaler, forecaster):
    forecaster.mode = "far_future"
    client = scaler(one_source())
    status, message = refusal(client.value, "my-api")
    assert status == grpc.StatusCode.UNAVAILABLE
    assert message


def test_a_stale_snapshot_is_held_and_then_an_error(one_source, scaler, forecaster):
    client = scaler(one_source(hold="3s"))
    assert client.replicas("my-api") == 32
    forecaster.mode = "stale"
    forecaster.wait_for_requests(2)
    assert client.replicas("my-api") == 32
    eventually(lambda: not _answers(client), 15, 0.1)
    forecaster.mode = "ok"
    eventually(lambda: _answers(client), 15, 0.1)


def _answers(client):
    try:
        return client.replicas("my-api") == 32
    except grpc.RpcError:
        return False


def test_a_lost_signal_goes_on_asking_until_it_is_back(one_source, scaler, forecaster):
    server = one_source(fixed(2), options={"maxAge": "2s"})
    client = scaler(server)
    assert client.replicas("my-api") == 32
    forecaster.mode = "error"

    def state():
        record = server.get("/api/v1/decisions/default/my-api").json
        return record["contributions"][0]["state"]

    # The snapshot is too old after 2 s.
    eventually(lambda: state() == "held", 20, 0.1)
    assert client.replicas("my-api") == 32
    told = server.get("/api/v1/decisions/default/my-api").json["explanation"]
    assert "is lost for" in told and "goes on asking for 32" in told
    forecaster.mode = "ok"
    eventually(lambda: state() == "fresh", 20, 0.1)
    assert client.replicas("my-api") == 32


def test_a_required_signal_makes_the_whole_answer_an_error(headstart, scaler, forecaster):
    server = headstart(
        policies={
            "a.yaml": source("forecaster", "forecaster", forecaster.url)
            + "\n---\n"
            + policy("my-api", {"required": True} | forecast(maxAge="2s"), fixed(2), hold="2s")
        }
    )
    client = scaler(server)
    assert client.replicas("my-api") == 32
    forecaster.mode = "error"

    def refused():
        try:
            assert client.replicas("my-api") == 32
        except grpc.RpcError as error:
            return error.code() == grpc.StatusCode.UNAVAILABLE

    eventually(refused, 20, 0.1)


def test_identical_feeds_are_fetched_once_for_all_policies(headstart, scaler, forecaster):
    server = headstart(
        policies={
            "a.yaml": "\n---\n".join(
                [source("forecaster", "forecaster", forecaster.url, refresh="2s")]
                + [policy(f"p{index}", forecast()) for index in range(200)]
            )
        }
    )
    client = scaler(server)
    forecaster.wait_for_requests(3, timeout=15)
    assert {client.replicas(f"p{index}") for index in range(200)} == {32}
    assert len(forecaster.requests) < 12


def test_a_forecaster_that_starts_late_is_found(headstart, scaler):
    late = Forecaster()
    late.mode = "error"
    try:
        server = headstart(
            policies={
                "a.yaml": source("forecaster", "forecaster", late.url)
                + "\n---\n"
                + policy("my-api", forecast())
            },
            ready=False,
        )
        server.wait_for_log("forecaster")
        late.mode = "ok"
        client = scaler(server)
        eventually(lambda: _answers(client), 30, 0.2)
        server.wait_ready()
    finally:
        late.close()
