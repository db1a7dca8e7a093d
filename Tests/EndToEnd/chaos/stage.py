"""Everything that runs: Prometheus with what it scrapes, and two replicas of Headstart."""

import contextlib
import os
import resource
import shutil
import signal

from harness.prometheus import Prometheus
from harness.server import Headstart, free_port
from harness.world import World

from .apps import APPS, JOB, manifests
from .counterparts import Front, Predictions, Targets


class Replica:
    """One Headstart with its own front, manifests, state directory and clock, on the same ports again
    after each start.
    """

    def __init__(self, name, directory, stage, is_careless):
        self.name = name
        self.front = Front(f"127.0.0.1:{stage.prometheus.port}")
        self.world = World(directory)
        self.policies = directory / "policies"
        self.policies.mkdir()
        self.files = manifests(self.front.url, stage.forecaster.url, is_careless)
        for file, text in self.files.items():
            self.write(file, text)
        self.state = directory / "state"
        self.ports = {"grpc_port": free_port(), "http_port": free_port()}
        self._flags = [
            # As every replica has it, each in a directory of its own: by it one asks the other.
            f"--policies={self.policies.name}",
            f"--state-dir={self.state}",
            f"--prometheus-trigger-servers={self.front.url}/prometheus",
            # Of the ElastiServices; the other sources name their own.
            "--refresh=1s",
            "--lead-time=5m",
            "--workers=1",
            "--drain-timeout=3s",
        ]
        self.disk_is_full = False
        self.server = None
        self.logs = []

    def join(self, peers):
        self._flags.append("--peers=" + ",".join(f"127.0.0.1:{one.ports['http_port']}" for one in peers))

    def write(self, file, text):
        """As a whole: renamed into its place."""
        new = self.policies / f".{file}"
        new.write_text(text)
        new.rename(self.policies / file)

    @property
    def is_running(self):
        return self.server is not None and self.server.process.poll() is None

    def start(self):
        self.server = Headstart(
            *self._flags, environment=self.world.environment, prepare=self._prepare, **self.ports
        )

    def wait_ready(self):
        self.server.wait_ready(60)

    def kill(self):
        self.server.kill()
        self._keep_log()

    def stop(self):
        self.server.stop()
        self._keep_log()

    def forget(self):
        """As a pod that is replaced: an emptyDir goes with it."""
        shutil.rmtree(self.state)

    def fill_disk(self, is_full):
        """No file takes a byte more. A full disk, as far as the process can tell."""
        self.disk_is_full = is_full
        if self.is_running:
            limit = 0 if is_full else resource.RLIM_INFINITY
            resource.prlimit(
                self.server.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY)
            )

    def _prepare(self):
        os.chdir(self.policies.parent)
        # Without this a write past the limit ends the process.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        if self.disk_is_full:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    def _keep_log(self):
        self.logs.append(self.server.log_text)
        self.server = None

    def explain(self, app):
        """Its decision in one sentence, or why there is none."""
        if not self.is_running:
            return "not running"
        try:
            answer = self.server.get(f"/api/v1/decisions/default/{app}")
        except OSError as error:
            return str(error)
        return answer.json.get("explanation", answer.text)

    def close(self):
        if self.server is not None:
            self.kill()
        self.front.close()


class Stage:
    """`is_careless`: the policies' authors do without evidence, so that something falls."""

    def __init__(self, directory, is_careless=False):
        self._closing = contextlib.ExitStack()
        # No one is awake at the start but those whose schedule says so.
        self.demand = {name: 0 if app.may_rest else app.floor for name, app in APPS.items()}
        self.targets = self._keep(Targets(self.demand))
        self.forecaster = self._keep(Predictions(self.demand))
        # Longer than a refresh: what is missing for one scrape is seen by every query, the evidence too.
        targets = {JOB: self.targets.configuration}
        self.prometheus = self._keep(
            Prometheus(directory / "prometheus", scrape_interval="2s", **targets)
        )
        self.replicas = []
        for name in ("a", "b"):
            (directory / name).mkdir()
            self.replicas.append(self._keep(Replica(name, directory / name, self, is_careless)))
        for one in self.replicas:
            one.join(self.replicas)
            one.start()
        for one in self.replicas:
            one.wait_ready()

    def _keep(self, part):
        self._closing.callback(part.close)
        return part

    def change(self, demand):
        self.demand = self.demand | demand
        self.targets.show(self.demand)
        self.forecaster.show(self.demand)

    def wanted(self, app):
        """What an app has to ask for as long as everything works."""
        return max(self.demand[app], APPS[app].floor)

    def save_logs(self, directory):
        for one in self.replicas:
            text = "\n".join([*one.logs, one.server.log_text if one.server else ""])
            (directory / f"{one.name}.log").write_text(text)

    def close(self):
        self._closing.close()
