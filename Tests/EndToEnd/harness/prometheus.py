"""A real Prometheus server, and something for it to scrape."""

import json
import shutil
import subprocess
import urllib.parse
import urllib.request

import pytest

from .loopback import Handler, Loopback
from .server import free_port
from .waiting import eventually
from .world import IS_CLOCK_SET


class Exporter(Loopback):
    """A /metrics page with a gauge `demand`, one series for each key of `demand`."""

    def __init__(self, **demand):
        self.demand = demand
        owner = self

        class Page(Handler):
            def do_GET(self):
                lines = ["# TYPE demand gauge"]
                lines += [f'demand{{part="{part}"}} {value}' for part, value in owner.demand.items()]
                body = ("\n".join(lines) + "\n").encode()
                self.reply(200, body, "text/plain; version=0.0.4")

        self.listen(Page)


class Prometheus:
    """Debian's prometheus on loopback, with everything it writes below `directory`.

    A job of `targets` is one "host:port", or a list as `static_configs` has it.
    """

    def __init__(self, directory, port=None, scrape_interval="1s", **targets):
        binary = shutil.which("prometheus")
        if binary is None:
            pytest.skip("prometheus is not installed (scripts/bootstrap test)")
        if IS_CLOCK_SET:
            pytest.skip("Prometheus asks the kernel for the time, which scripts/test-dates cannot set")
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        directory.mkdir(parents=True, exist_ok=True)
        self._log = open(directory / "prometheus.log", "w+")
        configuration = directory / "prometheus.yml"
        # JSON is YAML too.
        configuration.write_text(
            json.dumps(
                {
                    "global": {
                        "scrape_interval": scrape_interval,
                        "scrape_timeout": scrape_interval,
                    },
                    "scrape_configs": [
                        {
                            "job_name": name,
                            "static_configs": target
                            if isinstance(target, list)
                            else [{"targets": [target]}],
                        }
                        for name, target in targets.items()
                    ],
                }
            )
        )
        self._command = [
            binary,
            f"--config.file={configuration}",
            f"--storage.tsdb.path={directory / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--query.lookback-delta=10s",
            "--storage.tsdb.retention.time=60d",
        ]
        self.start()

    def start(self):
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )
        eventually(self._ready, 30, message="prometheus is not ready")

    def _ready(self):
        assert self._process.poll() is None, "prometheus ended"
        with urllib.request.urlopen(self.url + "/-/ready", timeout=2) as answer:
            return answer.status == 200

    def query(self, text):
        """The samples of an instant query as (labels, value)."""
        body = urllib.parse.urlencode({"query": text}).encode()
        with urllib.request.urlopen(self.url + "/api/v1/query", body, timeout=5) as answer:
            result = json.load(answer)["data"]["result"]
        return [(sample["metric"], float(sample["value"][1])) for sample in result]

    def wait_for(self, text, timeout=15.0):
        """Waits until a query yields something, and returns its samples."""
        return eventually(lambda: self.query(text), timeout, 0.1, message=f"{text} is empty")

    def signal(self, number):
        self._process.send_signal(number)

    def kill(self):
        """Ends it as the kernel does, with nothing put in order."""
        self._process.kill()
        self._process.wait()

    def stop(self):
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(20)

    def close(self):
        self.stop()
        self._log.close()
