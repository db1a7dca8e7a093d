"""A rolling update from 0.1.0: both releases side by side as two replicas. Nothing falls, nothing is woken."""

import functools
import json
import threading

import grpc
import pytest

from harness.apiserver import ELASTI, HEADSTART, APIServer
from harness.fake_prometheus import FakePrometheus
from harness.load import Load
from harness.policies import fixed, forecast, policy, query, source
from harness.releases import V0_1_0, release
from harness.server import Headstart, free_port
from harness.stubs import Scaler
from harness.waiting import eventually
from test_wakeup import post

TARGETS = {name: {"apiVersion": "apps/v1", "kind": "Deployment", "name": name} for name in ("web", "night")}
# What each policy asks for all the time. `night` sleeps.
WANTED = {"shop": 25, "predicted": 32, "web": 3, "night": 0}


@pytest.fixture(scope="module")
def old_binary():
    return release(V0_1_0)


@pytest.fixture
def busy():
    """A Prometheus that says 2500 to every query but that of `night`, which is idle."""
    server = FakePrometheus()
    server.result = {"resultType": "scalar", "result": [0, "2500"]}
    yield server
    server.close()


@pytest.fixture
def idle():
    server = FakePrometheus()
    server.result = {"resultType": "vector", "result": [{"metric": {}, "value": [0, "0"]}]}
    yield server
    server.close()


def elasti_service(address):
    # 0.1.0 begins with a cooldown at each start. Here it is over soon.
    trigger = {"query": "sum(rate(requests_total[1m]))", "threshold": "0.5", "serverAddress": address}
    return {
        "apiVersion": "elasti.truefoundry.com/v1alpha1",
        "kind": "ElastiService",
        "metadata": {"name": "night", "namespace": "default"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "deployments", "name": "night"},
            "service": "night",
            "minTargetReplicas": 2,
            "cooldownPeriod": 2,
            "triggers": [{"type": "prometheus", "metadata": trigger}],
        },
    }


class Fleet:
    """Two replicas on ports of their own, of which each is of one release or the other."""

    def __init__(self, old_binary, *flags, states=None):
        """Updated replicas have a state directory in `states`, as the shipped manifests give them one."""
        self._states = states
        self._ports = [{"grpc_port": free_port(), "http_port": free_port()} for _ in range(2)]
        peers = ",".join(f"127.0.0.1:{ports['http_port']}" for ports in self._ports)
        self._flags = [f"--peers={peers}", "--refresh=1s", "--drain-timeout=5s", *flags]
        self.replicas = [self._start(number, binary=old_binary) for number in range(2)]
        for one in self.replicas:
            one.wait_ready()

    def _start(self, number, *flags, **options):
        return Headstart(
            *self._flags, *flags, environment={"POD_NAME": f"pod-{number}"}, **self._ports[number], **options
        )

    def update(self, number):
        self.replicas[number].stop()
        state = [f"--state-dir={self._states / str(number)}"] if self._states else []
        self.replicas[number] = self._start(number, *state).wait_ready()

    def channel(self):
        addresses = ",".join(f"127.0.0.1:{ports['grpc_port']}" for ports in self._ports)
        options = [
            ("grpc.lb_policy_name", "round_robin"),
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.max_reconnect_backoff_ms", 500),
        ]
        return grpc.insecure_channel(f"ipv4:{addresses}", options=options)

    def wait_for_answers(self, count=40):
        """Until each replica has answered so many more calls."""
        for one in self.replicas:
            for method in ("GetMetrics", "IsActive"):
                counter = functools.partial(one.metric, "headstart_rpcs_total", method=method)
                begun = counter()
                eventually(lambda: counter() >= begun + count, 30)

    def state_of_shop(self, number):
        answer = self.replicas[number].get("/api/v1/decisions/default/shop").json
        return next(one["state"] for one in answer["contributions"] if one["signal"] == "live")

    def close(self):
        for one in self.replicas:
            one.kill()


@pytest.fixture
def fleet(old_binary):
    started = []

    def start(*flags, **options):
        started.append(Fleet(old_binary, *flags, **options))
        return started[-1]

    yield start
    for one in started:
        one.close()


def is_asleep(server):
    answer = server.get("/api/v1/decisions/default/night")
    return answer.status == 200 and answer.json.get("desiredReplicas") == 0


def outcomes(load, name):
    return {call.outcome for call in load.of(name)}


@pytest.fixture(params=["files", "custom resources"])
def served(request, fleet, policy_directory, forecaster, busy, idle, tmp_path):
    """The two replicas with their policies, in files or read from the API server."""
    manifests = {
        "prometheus.yaml": source("prometheus", "prometheus", busy.url),
        "forecaster.yaml": source("forecaster", "forecaster", forecaster.url),
        "shop.yaml": policy("shop", fixed(2), query("load", 100)),
        "predicted.yaml": policy("predicted", forecast("my-api"), leadTime="5m"),
        "web.yaml": policy("web", fixed(3)),
        "night.yaml": json.dumps(elasti_service(idle.url)),
    }
    states = tmp_path / "states"
    states.mkdir()
    api = None
    if request.param == "files":
        flags = [f"--policies={policy_directory(manifests)}"]
    else:
        api = APIServer(*HEADSTART, *ELASTI)
        for text in manifests.values():
            api.apply(json.loads(text))
        flags = ["--watch", f"--kubeconfig={api.kubeconfig(tmp_path / 'kubeconfig')}"]
    try:
        running = fleet(*flags, f"--prometheus-trigger-servers={idle.url}", states=states)
        for one in running.replicas:
            eventually(lambda: is_asleep(one))
        yield running
    finally:
        if api:
            api.close()


def test_nothing_falls_and_nothing_is_woken_behind_one_client(served, generated, busy):
    with (
        served.channel() as channel,
        Load(None, generated, list(WANTED), channel=channel) as load,
        # Calls that alternate would bring each method to one replica alone.
        Load(None, generated, ["web"], pause=0.007, channel=channel) as more,
    ):
        served.wait_for_answers()
        served.update(0)
        served.wait_for_answers()
        # Both know the last number, each in its own way.
        busy.mode = "error"
        eventually(lambda: served.state_of_shop(0) == "held")
        served.wait_for_answers()
        busy.mode = "ok"
        eventually(lambda: served.state_of_shop(0) == "fresh")
        served.update(1)
        served.wait_for_answers()
    for name, replicas in WANTED.items():
        assert outcomes(load, name) == {replicas, replicas > 0}, name
    assert outcomes(more, "web") == {WANTED["web"], True}
    assert not [message for message in load.messages if message[0] == "night" and message[2]]


@pytest.mark.parametrize("called", [0, 1], ids=["the new one is called", "the old one is called"])
def test_a_wake_up_reaches_both_releases(served, generated, called):
    served.update(0)
    # As KubeElasti's resolver calls.
    body = {"count": 1, "svc": "night", "namespace": "default"}
    answer = post(served.replicas[called], "/informer/incoming-request", body)
    assert answer.status in (200, 202)
    for one in served.replicas:
        assert Scaler(*generated, one.channel()).active("night")


def test_wake_ups_are_taken_while_the_releases_change(served, generated):
    body = {"count": 1, "svc": "night", "namespace": "default"}

    def update(number):
        """Updates one replica; what the other one answers to wake-ups meanwhile."""
        answers, ended = [], threading.Event()

        def call():
            # As often as the limit of wake-ups lets it for a quarter of a minute.
            while not ended.wait(0.3):
                answers.append(post(served.replicas[1 - number], "/informer/incoming-request", body).status)

        caller = threading.Thread(target=call)
        caller.start()
        try:
            served.update(number)
            eventually(lambda: len(answers) >= 3)
        finally:
            ended.set()
            caller.join()
        return answers

    assert set(update(0)) <= {200, 202}
    assert set(update(1)) == {200}
    assert post(served.replicas[0], "/informer/incoming-request", body).status == 200
    for one in served.replicas:
        assert Scaler(*generated, one.channel()).active("night")


def test_the_lease_passes_from_one_release_to_the_other_and_nothing_is_written(
    fleet, idle, tmp_path
):
    api = APIServer(*HEADSTART, *ELASTI)
    try:
        api.deployment("web", 3)
        api.deployment("night", 0)
        api.apply(json.loads(policy("web", fixed(3), scaleTargetRef=TARGETS["web"])))
        api.apply(elasti_service(idle.url))
        running = fleet(
            "--watch",
            "--direct",
            f"--kubeconfig={api.kubeconfig(tmp_path / 'kubeconfig')}",
            "--check-interval=1s",
            "--cooldown=0s",
            f"--prometheus-trigger-servers={idle.url}",
        )
        for one in running.replicas:
            eventually(lambda: is_asleep(one))
        eventually(lambda: leaders(running) == 1)
        # 0.1.0 may have woken it at its start.
        eventually(lambda: replicas(api, "night") == 0, 30)
        written = len(api.calls_of("patch", "deployments", "scale"))
        for number in range(2):
            running.update(number)
            eventually(lambda: leaders(running) == 1, 30)
            looks = len(api.calls_of("get", "deployments", "scale"))
            eventually(lambda: len(api.calls_of("get", "deployments", "scale")) >= looks + 4, 30)
        assert (replicas(api, "web"), replicas(api, "night")) == (3, 0)
        assert len(api.calls_of("patch", "deployments", "scale")) == written
        # The new release writes where something is to be written.
        api.deployment("web", 1)
        eventually(lambda: replicas(api, "web") == 3)
    finally:
        api.close()


def leaders(running):
    return sum(one.metric("headstart_leader") or 0 for one in running.replicas)


def replicas(api, name):
    return api.get("Deployment", "default", name)["spec"]["replicas"]
