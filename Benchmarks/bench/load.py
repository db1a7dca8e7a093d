"""h2load: the load, and what it reports."""

import re
import subprocess
from dataclasses import dataclass

from .process import CLIENT_CORE, favoured

_HEADERS = ["-H", "te: trailers", "-H", "content-type: application/grpc"]


@dataclass(frozen=True)
class Load:
    """How many connections, how many calls at a time on each, and of which method."""

    method: str
    connections: int
    streams: int


@dataclass(frozen=True)
class LoadResult:
    calls: int
    seconds: float
    data_bytes: int

    @property
    def rate(self):
        return self.calls / self.seconds


def url(port, method):
    return f"http://127.0.0.1:{port}/externalscaler.ExternalScaler/{method}"


def run_load(port, load, calls, body_file, answer_size, latencies_file=None, core=CLIENT_CORE):
    """Makes exactly `calls` calls. Fails unless each was answered with one message of that size."""
    command = ["h2load", "-t1", f"-c{load.connections}", f"-m{load.streams}", f"-n{calls}"]
    if latencies_file:
        # h2load appends.
        latencies_file.unlink(missing_ok=True)
        command += [f"--log-file={latencies_file}"]
    command += ["-d", body_file, *_HEADERS, url(port, load.method)]
    output = subprocess.run(
        favoured(command, core), capture_output=True, text=True, timeout=600, check=True
    ).stdout
    seconds = _seconds(re.search(r"finished in ([\d.]+)(us|ms|s)", output))
    succeeded = int(re.search(r"(\d+) succeeded", output)[1])
    data = int(re.search(r"headers.*\((\d+)\) data", output)[1])
    if succeeded != calls or data != calls * answer_size:
        raise RuntimeError(f"not every call was answered with {answer_size} bytes:\n{output}")
    return LoadResult(calls, seconds, data)


def _seconds(match):
    return float(match[1]) * {"us": 1e-6, "ms": 1e-3, "s": 1}[match[2]]


def latencies(file):
    """Microseconds of every call of the load that wrote the file, sorted."""
    with open(file) as lines:
        return sorted(int(line.split("\t")[2]) for line in lines)


def call(port, method, body_file):
    """One call by another client, nghttp; returns the message of the answer, prefix included."""
    return subprocess.run(
        ["nghttp", "-t5", "-d", body_file, *(part.replace("-H", "--header") for part in _HEADERS),
         url(port, method)],
        capture_output=True, timeout=10, check=True,
    ).stdout
