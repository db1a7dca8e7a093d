"""scripts/soak: see there and docs/internals/soak.md."""

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from statistics import fmean

from . import chart, sources
from .fleet import OBJECTS, Fleet
from .verdict import Verdict

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("HEADSTART_BINARY", ROOT / ".build" / "release" / "headstart"))
CLIENT = ROOT / ".build" / "bench" / "keda"

INTERVAL, STREAMS = 5, 500
# Seconds between two samples, between two scrapes and between two reloads.
REPORT, SCRAPE, RELOAD = 5, 15, 5
HISTORIES = "headstart_history_bytes"
RELOADS = 'headstart_manifest_reloads_total{result="success"}'
# More decisions than a policy remembers.
MOST_REMEMBERED = 200
TICKS = os.sysconf("SC_CLK_TCK")
MEBIBYTE = 1 << 20


def free_port():
    """A loopback port that no one listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Soak:
    """One run: the server, what surrounds it, and what is seen of it."""

    def __init__(self, minutes, seed, folder):
        self.minutes = minutes
        self.random = random.Random(seed)
        self.folder = folder
        self.samples = []
        self.bands = []
        self.failures = {}
        # (path, what went wrong) of requests to the side port.
        self.scrapes_failed = []
        # Since the last sample.
        self.memory = []
        # By the last scrape.
        self.history = 0.0
        self._grpc, self._http = free_port(), free_port()
        self._began = None

    def _elapsed(self):
        return time.monotonic() - self._began

    async def run(self):
        forecaster, prometheus = sources.forecaster(), sources.prometheus()
        await forecaster.start()
        await prometheus.start()
        self.fleet = Fleet(self.folder / "policies", forecaster.url, prometheus.url)
        with open(self.folder / "headstart.log", "wb") as log:
            self._server = await asyncio.create_subprocess_exec(
                str(BINARY),
                "serve",
                f"--listen=127.0.0.1:{self._grpc}",
                f"--http-listen=127.0.0.1:{self._http}",
                f"--policies={self.folder / 'policies'}",
                # Ages and drains connections every few minutes.
                "--max-connection-age=3m",
                "--max-connection-age-grace=20s",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            await self._wait_ready()
            await self._fill_histories()
            self._began = time.monotonic()
            tasks = [
                asyncio.create_task(task)
                for task in (
                    self._fail(forecaster),
                    self._fail(prometheus),
                    self._reload(),
                    self._scrape(),
                    self._watch(),
                )
            ]
            try:
                await self._load(tasks)
            finally:
                for task in tasks:
                    task.cancel()
        finally:
            self.exit_code = await self._stop()
            await forecaster.stop()
            await prometheus.stop()

    async def _wait_ready(self):
        for _ in range(600):
            if self._server.returncode is not None:
                break
            try:
                await asyncio.to_thread(self._get, "/readyz")
                return
            except OSError:
                await asyncio.sleep(0.1)
        raise SystemExit(f"soak: Headstart is not ready; see {self.folder / 'headstart.log'}")

    async def _fill_histories(self):
        """Changes all policies until what is remembered of their decisions grows no more."""
        full = 0
        for turn in range(1, MOST_REMEMBERED):
            reloads = await self._metric(RELOADS)
            self.fleet.change_all(turn)
            await self._wait_reloaded(reloads)
            before, self.history = self.history, await self._metric(HISTORIES)
            full = full + 1 if self.history <= before else 0
            if full == 3:
                size = f"{self.history / MEBIBYTE:.1f} MiB"
                print(f"{size} of histories after {turn} changes of all policies", flush=True)
                return
        raise SystemExit("soak: the histories of decisions grow without end")

    async def _wait_reloaded(self, reloads):
        """A change of all files may be read in several reloads."""
        last = reloads
        for _ in range(100):
            await asyncio.sleep(0.3)
            now = await self._metric(RELOADS)
            if now > reloads and now == last:
                return
            last = now
        raise SystemExit("soak: a change of all policies is not read")

    async def _metric(self, name):
        return metric(await asyncio.to_thread(self._get, "/metrics"), name)

    def _get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self._http}{path}", timeout=10) as answer:
            return answer.read().decode()

    async def _stop(self):
        if self._server.returncode is None:
            self._server.send_signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(self._server.wait(), 40)
        except asyncio.TimeoutError:
            self._server.kill()
            return await self._server.wait()

    async def _load(self, tasks):
        """Runs the client to its end and takes a sample with each of its reports."""
        seconds = self.minutes * 60
        client = await asyncio.create_subprocess_exec(
            *map(str, (CLIENT, self._grpc, OBJECTS, INTERVAL, STREAMS, REPORT, seconds)),
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            async for line in client.stdout:
                report = json.loads(line)
                # The report of the end may cover no time at all.
                if not report["calls"] and not report["failed"]:
                    continue
                self.samples.append(self._sample() | report)
                self._tell(self.samples[-1])
                for task in tasks:
                    if task.done():
                        task.result()
        finally:
            if client.returncode is None and self._elapsed() < seconds:
                client.kill()
            self.client_code = await client.wait()

    async def _watch(self):
        """Looks at memory often, and never in step with what the server does every five seconds: after
        each reload it gives pages back, and touches some of them again."""
        while True:
            self.memory.append(self._memory())
            await asyncio.sleep(random.uniform(0.2, 0.5))

    def _memory(self):
        rollup = Path("/proc") / str(self._server.pid) / "smaps_rollup"
        memory = {}
        for line in rollup.read_text().splitlines()[1:]:
            name, value = line.split()[:2]
            memory[name.rstrip(":")] = int(value) * 1024
        return memory["Rss"], memory["Private_Clean"] + memory["Private_Dirty"]

    def _sample(self):
        folder = Path("/proc") / str(self._server.pid)
        looks, self.memory = self.memory or [self._memory()], []
        fields = (folder / "stat").read_text().rpartition(") ")[2].split()
        return {
            "seconds": round(self._elapsed(), 1),
            "resident": fmean(resident for resident, _ in looks),
            "private": fmean(private for _, private in looks),
            "history": self.history,
            "descriptors": len(os.listdir(folder / "fd")),
            "cpu": (int(fields[11]) + int(fields[12])) / TICKS,
        }

    def _tell(self, sample):
        print(
            f"{sample['seconds']:7.0f} s  {sample['resident'] / MEBIBYTE:6.2f} MiB  "
            f"{sample['descriptors']:3} descriptors  {sample['calls']:5} calls, "
            f"{sample['failed']} failed  p50 {sample['p50']} µs  p99 {sample['p99']} µs  "
            f"{sample['streams']} streams",
            flush=True,
        )

    async def _fail(self, source):
        """Now and then the source fails for a while, never as long as readings are held (5 min)."""
        while True:
            await asyncio.sleep(self.random.uniform(15, 60))
            mode, seconds = self.random.choice(sources.FAILURES), self.random.uniform(3, 25)
            begin = self._elapsed()
            self.failures[mode] = self.failures.get(mode, 0) + 1
            await source.fail(mode, seconds)
            self.bands.append((begin, self._elapsed()))

    async def _reload(self):
        while True:
            await asyncio.sleep(RELOAD)
            self.fleet.change(self.random)

    async def _scrape(self):
        while True:
            await asyncio.sleep(SCRAPE)
            for path in ("/metrics", "/healthz", "/api/v1/policies"):
                try:
                    answer = await asyncio.to_thread(self._get, path)
                    if path == "/metrics":
                        self.history = metric(answer, HISTORIES)
                except urllib.error.HTTPError as error:
                    # A source that fails makes it so.
                    if path != "/healthz" or error.code != 503:
                        self.scrapes_failed.append((path, error))
                except OSError as error:
                    self.scrapes_failed.append((path, error))


def metric(metrics, name):
    """The value of a series in the text of /metrics."""
    line = next(line for line in metrics.splitlines() if line.startswith(f"{name} "))
    return float(line.split()[1])


def per_second(samples, key):
    """The last sample may cover less time than the others."""
    times = [0] + [sample["seconds"] for sample in samples]
    return [
        sample[key] / max(end - begin, 0.1)
        for sample, begin, end in zip(samples, times, times[1:])
    ]


def picture(soak, title, subtitle):
    samples = soak.samples
    return chart.draw(
        title,
        subtitle,
        [sample["seconds"] / 60 for sample in samples],
        [
            chart.Panel(
                "Memory (MiB)",
                [
                    (name, [sample[name] / MEBIBYTE for sample in samples])
                    for name in ("resident", "private")
                ],
            ),
            chart.Panel(
                "File descriptors", [("open", [sample["descriptors"] for sample in samples])]
            ),
            chart.Panel(
                "Latency of a call (µs, logarithmic)",
                [
                    (name, [max(sample[name], 1) for sample in samples])
                    for name in ("p50", "p99")
                ],
                logarithmic=True,
            ),
            chart.Panel(
                "Calls per second",
                [("answered", per_second(samples, "calls"))]
                + [("failed", per_second(samples, "failed"))],
            ),
        ],
        [(begin / 60, end / 60) for begin, end in soak.bands],
    )


def main():
    parser = argparse.ArgumentParser(prog="scripts/soak", description="Soaks Headstart.")
    parser.add_argument("minutes", type=float, nargs="?", default=30, help="default 30")
    parser.add_argument("--seed", type=int, help="of what happens when; default: at random")
    parser.add_argument("--out", type=Path, default=ROOT / ".build" / "soak", help="folder")
    options = parser.parse_args()
    if not options.minutes > 0:
        parser.error("minutes must be more than 0")
    seed = random.SystemRandom().randrange(1 << 32) if options.seed is None else options.seed
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="headstart-soak-") as folder:
        soak = Soak(options.minutes, seed, Path(folder))
        print(f"seed {seed}: scripts/soak {options.minutes:g} --seed {seed}", flush=True)
        try:
            asyncio.run(soak.run())
        finally:
            log = Path(folder) / "headstart.log"
            if log.exists():
                (options.out / "headstart.log").write_bytes(log.read_bytes())
    verdict = Verdict(soak.samples)
    if soak.client_code != 0:
        verdict.problems.append("the client lost the server")
    if soak.exit_code != 0:
        verdict.problems.append(f"Headstart ended with exit code {soak.exit_code}")
    if soak.scrapes_failed:
        verdict.problems.append(f"{len(soak.scrapes_failed)} requests to the side port failed")
        for path, error in soak.scrapes_failed[:10]:
            print(f"{path}: {error}", file=sys.stderr)
    happened = ", ".join(f"{count} × {mode}" for mode, count in sorted(soak.failures.items()))
    print(f"{soak.fleet.reloads} reloads; sources failed: {happened or 'never'}")
    if soak.samples:
        worst = max(sample["p99"] for sample in soak.samples)
        cpu = soak.samples[-1]["cpu"] / soak.samples[-1]["seconds"]
        print(f"worst p99 of {REPORT} s: {worst} µs; processor: {cpu:.1%} of one")
        title = f"{options.minutes:g} minutes: {OBJECTS:,} ScaledObjects, {STREAMS} streams"
        (options.out / "soak.svg").write_text(picture(soak, title, verdict.sentence))
        (options.out / "samples.json").write_text(json.dumps(soak.samples))
        print(f"{options.out / 'soak.svg'}")
    print(verdict.sentence)
    return 0 if verdict.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
