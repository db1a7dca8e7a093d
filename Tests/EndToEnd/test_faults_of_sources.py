"""Every way in which a forecaster or a Prometheus can fail, all at once and under load.

One server, and a data source for each fault. Each source has two policies: `…-alone` knows nothing
else, `…-joined` has a schedule beside it and does not require the source. All sources break in one moment and are mended in another;
then the record of the load is looked at, fault by fault. What is asserted is the design's promise: the
lost signal goes on asking for `hold`, which is short here; then the decision is unavailable, or the
schedule decides alone where the signal is not required. Nothing is ever zero.
"""

import signal
import time

import grpc
import pytest

from harness.fake_prometheus import FakePrometheus
from harness.forecaster import Forecaster
from harness.load import Load
from harness.policies import fixed, forecast, policy, query, source
from harness.processes import ForecasterProcess
from harness.prometheus import Exporter, Prometheus
from harness.server import Headstart
from harness.waiting import eventually

# Seconds. A forecast counts as lost once it is as old as `maxAge`, a query from its first failure on.
HOLD, MAX_AGE = 2, 3
# What the recorded forecast and the queries ask for, and the schedules beside them.
PREDICTED, QUERIED, SCHEDULED = 32, 7, 2
# No call waits for a source; this is what a busy machine may take.
PROMPT = 2.0

MODES = ["hang", "trickle", "reset", "error", "garbage", "truncated", "wrong"]
FAULTS = (
    ["forecaster-killed", "forecaster-stopped", "prometheus-killed", "prometheus-stopped"]
    + [f"forecaster-{mode}" for mode in MODES]
    + [f"prometheus-{mode}" for mode in MODES]
)


class Killed:
    def __init__(self, process):
        self.process, self.url = process, process.url

    def fail(self):
        self.process.kill()

    def mend(self):
        self.process.start()


class Stopped:
    def __init__(self, process):
        self.process, self.url = process, process.url

    def fail(self):
        self.process.signal(signal.SIGSTOP)

    def mend(self):
        self.process.signal(signal.SIGCONT)


class InMode:
    def __init__(self, server, mode):
        self.server, self.url, self.mode = server, server.url, mode

    def fail(self):
        self.server.mode = self.mode

    def mend(self):
        self.server.mode = "ok"


class Episode:
    """The whole course, and what was seen of it."""

    def __init__(self, directory, generated):
        self.closing = []
        self.sources = {}
        try:
            self._start(directory, generated)
            self._run(generated)
        finally:
            self._close()

    def _keep(self, counterpart):
        self.closing.append(counterpart)
        return counterpart

    def _fault(self, name, directory):
        kind, fault = name.split("-")
        if fault in ("killed", "stopped"):
            if kind == "forecaster":
                process = self._keep(ForecasterProcess())
            else:
                process = self._keep(Prometheus(directory / name, exporter=self.exporter.target))
            return Killed(process) if fault == "killed" else Stopped(process)
        server = self._keep(Forecaster() if kind == "forecaster" else FakePrometheus())
        if kind == "prometheus":
            server.result = {"resultType": "scalar", "result": [0, f"{QUERIED * 100}"]}
        return InMode(server, fault)

    def _start(self, directory, generated):
        self.exporter = self._keep(Exporter(a=1))
        policies = directory / "policies"
        policies.mkdir()
        for name in FAULTS:
            fault = self.sources[name] = self._fault(name, directory)
            kind = name.split("-")[0]
            (policies / f"{name}.yaml").write_text(source(name, kind, fault.url))
            if kind == "forecaster":
                signals = [forecast(origin=name, maxAge=f"{MAX_AGE}s")]
            else:
                signals = [query(f"vector({QUERIED * 100})", 100, origin=name)]
            for suffix, more in (("alone", []), ("joined", [fixed(SCHEDULED)])):
                asked = [{"required": not more} | one for one in signals]
                text = policy(f"{name}-{suffix}", *asked, *more, hold=f"{HOLD}s")
                (policies / f"{name}-{suffix}.yaml").write_text(text)
        self.server = self._keep(Headstart(f"--policies={policies}", "--lead-time=5m"))
        self.server.wait_ready()

    def _run(self, generated):
        names = [f"{name}-{suffix}" for name in FAULTS for suffix in ("alone", "joined")]
        self.states = {name: set() for name in FAULTS}
        self.down, self.unhealthy = set(), set()
        with Load(self.server, generated, names, pause=0.002) as self.load:
            eventually(lambda: self._all_are(self._is_good), 15)
            # What is compared with later: a while of load in which nothing is wrong.
            time.sleep(1)
            self.failed_at = time.monotonic()
            for fault in self.sources.values():
                fault.fail()
            eventually(self._watch_until_lost, 30)
            self._watch()
            # Long enough to see that the policies that have a schedule follow it.
            time.sleep(HOLD + 1)
            self.fixed_at = time.monotonic()
            for fault in self.sources.values():
                fault.mend()
            eventually(lambda: self._all_are(self._is_good), 30)
            self.recovered_at = time.monotonic()
            eventually(lambda: self.server.get("/readyz?sources").status == 200, 15)
            # And a while after it.
            time.sleep(0.5)
        self.failures = {
            name: self.server.metric("headstart_source_fetch_failures_total", source=name)
            for name in FAULTS
        }
        self.up = {name: self.server.metric("headstart_source_up", source=name) for name in FAULTS}

    def _watch_until_lost(self):
        self._watch()
        # Looks often enough to see each state, and leaves the processor to the load.
        time.sleep(0.3)
        return self._all_are(lambda name, call: call.outcome == grpc.StatusCode.UNAVAILABLE)

    def _watch(self):
        """Notes what metrics and health say."""
        for (metric, pairs), value in self.server.metrics().items():
            labels = {key: text.strip('"') for key, text in pairs}
            if metric == "headstart_signal_state" and value == 1:
                name, _, suffix = labels["policy"].rpartition("-")
                if suffix == "alone":
                    self.states[name].add(labels["state"])
            if metric == "headstart_source_up" and value == 0:
                self.down.add(labels["source"])
        report = self.server.get("/readyz?sources")
        if report.status == 503:
            failing = [check["name"] for check in report.json["checks"] if check["status"] == "failing"]
            self.unhealthy.update(name.split()[-1] for name in failing)

    def _all_are(self, condition):
        """Whether the last call for each policy that has one signal fulfils the condition."""
        last = {}
        for call in list(self.load.calls):
            last[call.name] = call
        alone = [name + "-alone" for name in FAULTS]
        return all(name in last and condition(name, last[name]) for name in alone)

    @staticmethod
    def good(name):
        return PREDICTED if name.startswith("forecaster") else QUERIED

    def _is_good(self, name, call):
        return call.outcome in (self.good(name), True)

    def lost_at(self, name):
        """When the policy with one signal became unavailable."""
        return next(
            call.began
            for call in self.load.of(f"{name}-alone")
            if call.outcome == grpc.StatusCode.UNAVAILABLE
        )

    def _close(self):
        for name, fault in self.sources.items():
            if isinstance(fault, Stopped):
                fault.mend()
        for counterpart in reversed(self.closing):
            counterpart.stop() if isinstance(counterpart, Headstart) else counterpart.close()


@pytest.fixture(scope="module")
def episode(tmp_path_factory, generated):
    return Episode(tmp_path_factory.mktemp("faults"), generated)


@pytest.fixture(params=FAULTS)
def fault(request):
    return request.param


def test_the_last_answer_stands_for_the_hold_and_then_there_is_none(episode, fault):
    name = f"{fault}-alone"
    lost = episode.lost_at(fault)
    assert lost >= episode.failed_at + HOLD - 0.5
    for call in episode.load.of(name, until=lost):
        assert call.outcome in (episode.good(fault), True)
    # A call that is under way when the source recovers may have either answer.
    for call in episode.load.of(name, since=lost, until=episode.fixed_at - PROMPT):
        assert call.outcome == grpc.StatusCode.UNAVAILABLE
    for call in episode.load.of(name, since=episode.recovered_at):
        assert call.outcome in (episode.good(fault), True)


def test_another_signal_decides_alone_once_the_hold_is_over(episode, fault):
    name = f"{fault}-joined"
    falls = episode.lost_at(fault) - 0.5
    values = [call for call in episode.load.of(name, "GetMetrics")]
    assert {call.outcome for call in values if call.began < falls} == {episode.good(fault)}
    assert {call.outcome for call in values} == {episode.good(fault), SCHEDULED}
    assert {call.outcome for call in episode.load.of(name, "IsActive")} == {True}


def test_nothing_is_ever_zero_inactive_late_or_another_error(episode, fault):
    allowed = {episode.good(fault), SCHEDULED, True, grpc.StatusCode.UNAVAILABLE}
    for suffix in ("alone", "joined"):
        calls = episode.load.of(f"{fault}-{suffix}")
        assert len(calls) > 20
        assert {call.outcome for call in calls} <= allowed
        assert max(call.took for call in calls) < PROMPT


def test_streams_stay_open_and_say_nothing_false(episode, fault):
    for suffix in ("alone", "joined"):
        name = f"{fault}-{suffix}"
        said = [result for stream, _, result in episode.load.messages if stream == name]
        assert said and all(said)
        assert name not in [stream for stream, _ in episode.load.ended]


def test_metrics_and_health_tell_of_it_and_of_the_recovery(episode, fault):
    assert {"held", "unknown"} <= episode.states[fault]
    assert episode.failures[fault] >= 1
    # JSON of another kind comes from a source that works: it is the query's trouble alone.
    if fault not in ("forecaster-truncated", "forecaster-wrong", "prometheus-wrong"):
        assert fault in episode.down
        assert fault in episode.unhealthy
    assert episode.up[fault] == 1
