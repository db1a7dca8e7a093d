"""Policies that change while the server runs."""

import os
import threading
import time

import grpc
import pytest

from harness.policies import fixed, policy
from harness.waiting import eventually

BROKEN = """apiVersion: headstart.dev/v1alpha1
kind: ScalingPolicy
metadata: {name: my-api, namespace: default}
spec:
  leadTime: 5m
  signals:
    - name: calendar
      schedule: {timeZone: Mars/Olympus, default: 3}
"""


class ConfigMap:
    """A directory as the kubelet mounts a ConfigMap: links into ..data, which is swapped."""

    def __init__(self, directory, files):
        self.directory = directory
        directory.mkdir()
        self._version = 0
        self.update(files)

    def update(self, files):
        self._version += 1
        version = self.directory / f"..2026_11_20_{self._version}"
        version.mkdir()
        for name, text in files.items():
            (version / name).write_text(text)
        link = self.directory / "..data_tmp"
        link.symlink_to(version.name)
        previous = (self.directory / "..data").resolve() if self._version > 1 else None
        os.rename(link, self.directory / "..data")
        for name in files:
            if not (self.directory / name).is_symlink():
                (self.directory / name).symlink_to(f"..data/{name}")
        for entry in self.directory.iterdir():
            if not entry.name.startswith("..") and entry.name not in files:
                entry.unlink()
        if previous:
            for file in previous.iterdir():
                file.unlink()
            previous.rmdir()


class Load:
    """Calls GetMetrics without a pause from several connections, and notes every answer."""

    def __init__(self, make_client, threads=4):
        self.answers = set()
        self.errors = []
        self.count = 0
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(make_client(),), daemon=True)
            for _ in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, client):
        while not self._stop.is_set():
            try:
                self.answers.add(client.replicas("my-api"))
                self.count += 1
            except grpc.RpcError as error:
                self.errors.append((error.code(), error.details()))

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(10)


def test_a_config_map_is_swapped_under_load_without_a_failed_call(headstart, scaler, tmp_path):
    mounted = ConfigMap(tmp_path / "mount", {"a.yaml": policy("my-api", fixed(1))})
    server = headstart(f"--policies={mounted.directory}")
    load = Load(lambda: scaler(server))
    client = scaler(server)
    for replicas in range(2, 12):
        mounted.update({"a.yaml": policy("my-api", fixed(replicas))})
        eventually(lambda: client.replicas("my-api") == replicas, 10)
    load.stop()
    assert load.errors == []
    assert load.answers <= set(range(1, 12))
    assert load.count > 100


def test_files_come_change_and_go(headstart, scaler, policy_directory):
    server = headstart(policies={"a.yaml": policy("my-api", fixed(1))})
    client = scaler(server)
    directory = policy_directory({"b.yaml": policy("other", fixed(5))})
    eventually(lambda: _answer(client, "other") == 5)
    policy_directory({"b.yaml": policy("other", fixed(6))})
    eventually(lambda: _answer(client, "other") == 6)
    (directory / "b.yaml").unlink()
    # A deleted policy is answered for one more minute.
    start = time.monotonic()
    eventually(lambda: _answer(client, "other") == grpc.StatusCode.NOT_FOUND, 90)
    assert time.monotonic() - start > 55
    assert client.replicas("my-api") == 1


def _answer(client, name):
    try:
        return client.replicas(name)
    except grpc.RpcError as error:
        return error.code()


def test_a_broken_file_keeps_its_last_good_content(headstart, scaler, policy_directory):
    server = headstart(
        policies={"a.yaml": policy("my-api", fixed(3)), "b.yaml": policy("other", fixed(1))}
    )
    client = scaler(server)
    policy_directory({"a.yaml": BROKEN, "b.yaml": policy("other", fixed(2))})
    server.wait_for_log("a.yaml:8:28", "Mars/Olympus")
    eventually(lambda: client.replicas("other") == 2)
    assert client.replicas("my-api") == 3
    assert server.metric("headstart_manifest_files", state="broken") == 1
    policy_directory({"a.yaml": policy("my-api", fixed(4))})
    eventually(lambda: client.replicas("my-api") == 4)
    assert server.metric("headstart_manifest_files", state="broken") == 0


def test_a_file_that_is_broken_at_the_start_does_not_stop_the_others(headstart, scaler):
    files = {
        "a.yaml": BROKEN, "b.yaml": policy("other", fixed(2)),
        # Refused beside the file before it, and so not in its place either.
        "c.yaml": policy("my-api", fixed(1)),
    }  # fmt: skip
    server = headstart(policies=files, ready=False)
    server.wait_for_log("a.yaml:8:28")
    server.wait_for_log("c.yaml", "in a file that has an error")
    # The port waits a minute for somebody to fix it.
    server.wait_ready(90)
    client = scaler(server)
    assert client.replicas("other") == 2
    assert _answer(client, "my-api") == grpc.StatusCode.UNAVAILABLE


def test_a_directory_that_vanishes_keeps_its_policies_and_may_come_back(
    headstart, scaler, policy_directory, tmp_path
):
    server = headstart(policies={"a.yaml": policy("my-api", fixed(3))})
    client = scaler(server)
    (tmp_path / "policies").rename(tmp_path / "away")
    server.wait_for_log("policies", "warn")
    assert client.replicas("my-api") == 3
    policy_directory({"a.yaml": policy("my-api", fixed(5))})
    eventually(lambda: client.replicas("my-api") == 5, 15)


@pytest.mark.parametrize("rounds", [50])
def test_many_reloads_leak_nothing(headstart, scaler, policy_directory, rounds):
    server = headstart(policies={"a.yaml": policy("my-api", fixed(1))})
    client = scaler(server)
    files = server.open_files()
    for replicas in range(1, rounds + 1):
        policy_directory({"a.yaml": policy("my-api", fixed(replicas))})
        eventually(lambda: client.replicas("my-api") == replicas)
    eventually(lambda: server.open_files() <= files + 2)
