"""The release binary as a process."""

import json
import os
import random
import signal
import socket
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import grpc

from .paths import BINARY
from .waiting import eventually


# What a sanitizer takes beside the server: of freed memory, AddressSanitizer alone keeps 256 MiB.
SANITIZER_KILOBYTES = 320 << 10 if os.environ.get("HEADSTART_SANITIZER") else 0
# How many times as long a command may compute with one.
SANITIZER_SLOWNESS = 10 if os.environ.get("HEADSTART_SANITIZER") else 1


_taken = set()


def free_port():
    """A loopback port that no one listened on a moment ago, and that no other caller gets.

    Not one of those that the kernel gives to outgoing connections: the clients of other tests would
    now and then have it before the server does. Of the rest, each process of a run has its share.
    """
    first_ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    share = range(10_000 + process, first_ephemeral, processes)
    while True:
        port = random.choice(share)
        if len(_taken) > len(share) // 2:
            _taken.clear()
        with socket.socket() as probe, suppress(OSError):
            if port not in _taken:
                probe.bind(("127.0.0.1", port))
                _taken.add(port)
                return port


def run_command(*arguments, timeout=30, environment=None, **options):
    """Runs the binary to its end and returns the finished process, output as text."""
    return subprocess.run(
        [str(BINARY), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout * SANITIZER_SLOWNESS,
        env=clean_environment(environment),
        **options,
    )


def clean_environment(extra=None):
    """The environment without the variables that would configure the server, plus `extra`."""
    ours = {
        "FORECASTER_URL", "SCALER_LISTEN", "LEAD_TIME", "LOG_LEVEL", "LOG_FORMAT", "TLS_ENABLED",
        "KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "POD_NAME", "WATCH",
    }  # fmt: skip
    kept = {key: value for key, value in os.environ.items() if key not in ours}
    return kept | (extra or {})


class Response:
    """An HTTP answer, whatever its status."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


class Headstart:
    """One running server. `stop` ends it with SIGTERM and expects exit code 0.

    `authority`: the PEM file that the certificate of a side port with TLS must chain to.
    `errors`: where standard output and standard error go instead of into the log.
    `prepare`: called in the new process before the server.
    `grpc_port`, `http_port`: those of a server that is started again; free ones otherwise.
    `binary`: of another release.
    """

    def __init__(
        self, *flags, environment=None, authority=None, errors=None, prepare=None, grpc_port=None,
        http_port=None, binary=BINARY,
    ):  # fmt: skip
        self.grpc_port = grpc_port or free_port()
        self.http_port = http_port or free_port()
        self.grpc_address = f"127.0.0.1:{self.grpc_port}"
        self.http_address = f"127.0.0.1:{self.http_port}"
        self.http_url = f"{'https' if authority else 'http'}://{self.http_address}"
        self.trust = ssl.create_default_context(cafile=authority) if authority else None
        self._lines = []
        self._channels = []
        self.process = subprocess.Popen(
            [
                str(binary),
                "serve",
                f"--listen={self.grpc_address}",
                f"--http-listen=127.0.0.1:{self.http_port}",
                "--log-format=json",
                *map(str, flags),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if errors is None else errors,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=clean_environment(environment),
            preexec_fn=prepare,
        )
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    def _read_log(self):
        for line in self.process.stdout or ():
            self._lines.append(line.rstrip("\n"))

    # What it says

    @property
    def log_text(self):
        return "\n".join(self._lines)

    @property
    def log(self):
        """The log records; every line must be a JSON object."""
        return [json.loads(line) for line in list(self._lines)]

    def wait_for_log(self, *texts, timeout=10.0):
        """Waits for a line that contains all texts, and returns it."""
        return eventually(
            lambda: next(
                (line for line in list(self._lines) if all(text in line for text in texts)), None
            ),
            timeout,
            message=lambda: f"no log line with {texts}; the log:\n{self.log_text}",
        )

    # The side port

    def get(self, path, headers=None, timeout=5.0, method="GET", body=None):
        request = urllib.request.Request(
            self.http_url + path, headers=headers or {}, method=method, data=body
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout, context=self.trust) as answer:
                return Response(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Response(error.code, error.headers, error.read())

    def wait_ready(self, timeout=15.0):
        def ready():
            assert self.process.poll() is None, f"it ended:\n{self.log_text}"
            return self.get("/readyz").status == 200

        eventually(ready, timeout, message=lambda: f"not ready; the log:\n{self.log_text}")
        return self

    def metrics(self, headers=None):
        """Every sample of /metrics as {(name, frozenset of label pairs): value}."""
        samples = {}
        for line in self.get("/metrics", headers).text.splitlines():
            if line.startswith("#") or not line:
                continue
            series, value = line.rsplit(" ", 1)
            name, _, labels = series.partition("{")
            pairs = frozenset(
                tuple(pair.split("=", 1)) for pair in labels.rstrip("}").split(",") if pair
            )
            samples[name, pairs] = float(value)
        return samples

    def metric(self, name, headers=None, **labels):
        """The sum of the samples of that name that carry the labels; None without any."""
        wanted = {(key, f'"{value}"') for key, value in labels.items()}
        found = [
            value
            for (sample, pairs), value in self.metrics(headers).items()
            if sample == name and wanted <= pairs
        ]
        return sum(found) if found else None

    def resident_kilobytes(self):
        """What bounds it has room for SANITIZER_KILOBYTES beside what the server may take."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    # The gRPC port

    def channel(self, **options):
        """A channel of its own connection, closed with the server."""
        arguments = [("grpc.use_local_subchannel_pool", 1), *options.items()]
        channel = grpc.insecure_channel(self.grpc_address, options=arguments)
        self._channels.append(channel)
        return channel

    # The end

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self, timeout=30.0):
        """Waits for the end and returns the exit code."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running after {timeout} s:\n{self.log_text}") from None
        self._reader.join(5)
        return code

    def kill(self):
        for channel in self._channels:
            channel.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self, timeout=30.0):
        for channel in self._channels:
            channel.close()
        if self.process.poll() is None:
            self.terminate()
        code = self.wait(timeout)
        assert code == 0, f"exit code {code}, expected 0:\n{self.log_text}"
