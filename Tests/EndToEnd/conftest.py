"""Fixtures: the server under test and its counterparts."""

import pytest

from harness import stubs
from harness.forecaster import Forecaster
from harness.paths import BINARY
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
