"""Fixtures: the server under test and its counterparts."""

import pytest

from harness import stubs, web_sources
from harness import browser as browsers
from harness.apiserver import EASYSCALE, ELASTI, HEADSTART, KEDA, APIServer
from harness.commands import write_load
from harness.fake_api import FakeAPI
from harness.fake_prometheus import FakePrometheus
from harness.forecaster import Forecaster
from harness.paths import BINARY
from harness.policies import policy, query
from harness.prometheus import Exporter, Prometheus
from harness.server import Headstart


def pytest_sessionstart(session):
    # Skipping everything would look like success.
    if not BINARY.exists():
        pytest.exit(f"{BINARY} has not been built; run scripts/test", returncode=2)


@pytest.fixture(scope="session")
def generated(tmp_path_factory):
    """The messages and services that grpc_tools generates from Protos/."""
    return stubs.generate(tmp_path_factory.mktemp("stubs"))


@pytest.fixture
def policy_directory(tmp_path):
    """Writes manifests into a directory of their own and returns it."""

    def write(manifests):
        directory = tmp_path / "policies"
        directory.mkdir(exist_ok=True)
        for name, text in manifests.items():
            (directory / name).write_text(text)
        return directory

    return write


@pytest.fixture
def headstart(policy_directory):
    """Starts servers: headstart(*flags, policies={file: text}, ready=True)."""
    started = []

    def start(*flags, policies=None, ready=True, **options):
        if policies is not None:
            flags = (*flags, f"--policies={policy_directory(policies)}")
        server = Headstart(*flags, **options)
        started.append(server)
        return server.wait_ready() if ready else server

    yield start
    try:
        for server in started:
            server.stop()
    finally:
        for server in started:
            server.kill()


@pytest.fixture
def scaler(generated):
    """Makes clients: scaler(server)."""
    return lambda server, **options: stubs.Scaler(*generated, server.channel(**options))


@pytest.fixture
def forecaster():
    instance = Forecaster()
    yield instance
    instance.close()


@pytest.fixture
def exporter():
    instance = Exporter(a=250, b=50)
    yield instance
    instance.close()


@pytest.fixture
def prometheus(tmp_path):
    """Starts Prometheus servers: prometheus(job="host:port", …), on `port` if given."""
    started = []

    def start(**targets):
        instance = Prometheus(tmp_path / f"prometheus-{len(started)}", **targets)
        started.append(instance)
        return instance

    yield start
    for instance in started:
        instance.close()


@pytest.fixture
def open_browser():
    opened = []

    def start(**options):
        window = browsers.Browser(**options)
        opened.append(window)
        return window

    yield start
    for window in opened:
        window.close()


@pytest.fixture
def api():
    """An API server that knows the kinds of Headstart, EasyScale, KubeElasti and KEDA."""
    server = APIServer(*HEADSTART, *EASYSCALE, *ELASTI, *KEDA)
    yield server
    server.close()


@pytest.fixture
def cluster(api, headstart, tmp_path):
    """Starts servers that watch the API server."""

    def start(*flags, environment=None, **options):
        return headstart(
            "--watch",
            f"--kubeconfig={api.kubeconfig(tmp_path / 'kubeconfig')}",
            *flags,
            environment=environment,
            **options,
        )

    return start


@pytest.fixture
def prometheus_answers():
    """A source that answers what a test says."""
    server = FakePrometheus()
    yield server
    server.close()


@pytest.fixture
def direct(api, headstart, tmp_path):
    """Starts servers that scale directly, each second and without a cooldown."""

    def start(*flags, environment=None, **options):
        kubeconfig = api.kubeconfig(tmp_path / "kubeconfig")
        return headstart(
            "--direct",
            f"--kubeconfig={kubeconfig}",
            "--check-interval=1s",
            "--cooldown=0s",
            *flags,
            environment=environment,
            **options,
        )

    return start


@pytest.fixture
def manifest(tmp_path):
    """Writes a manifest into a file and returns its path."""

    def write(text, name="policy.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.fixture
def load(tmp_path):
    """Writes a load history of one sample a minute from 2026-11-20 11:00 on."""
    return lambda values, **start: write_load(tmp_path / "load.csv", values, **start)


@pytest.fixture
def web_api():
    """Starts HTTP APIs that answer as a function of each request says."""
    made = []

    def make(answer):
        made.append(FakeAPI(answer))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def serve_source(headstart, scaler):
    """Starts a server with one source and one policy, and waits until it has read it."""

    def start(url, environment=None, **spec):
        server = headstart(
            policies={
                "a.yaml": web_sources.source("main", "prometheus", url, **spec),
                "b.yaml": policy("web", query("up", 100, origin="main")),
            },
            environment=environment,
        )
        assert scaler(server).replicas("web") == 3
        return server

    return start
