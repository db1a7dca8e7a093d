"""What signals last asked outlives outages, edits, files and processes, and the gRPC port opens when
there is something to say.

One policy has a schedule that asks for 2 and a live query that asks for 25: whoever forgets answers 2.
"""

import os
import shutil
import socket
import time

import grpc
import pytest

from harness.fake_prometheus import FakePrometheus
from harness.server import Headstart, run_command
from harness.waiting import eventually


def manifest(prometheus, value_query="load", hold=None):
    """The policy `shop`, and its data source."""
    lines = [
        "apiVersion: headstart.dev/v1alpha1",
        "kind: DataSource",
        "metadata: {name: main}",
        f"spec: {{type: prometheus, address: {prometheus.url}, refresh: 1s, timeout: 500ms}}",
        "---",
        "apiVersion: headstart.dev/v1alpha1",
        "kind: ScalingPolicy",
        "metadata: {name: shop, namespace: default}",
        "spec:",
        *([f"  hold: {hold}"] if hold else []),
        "  signals:",
        "    - name: calendar",
        "      schedule: {timeZone: UTC, default: 2, rules: []}",
        "    - name: live",
        f"      prometheus: {{source: main, query: '{value_query}', threshold: 100}}",
    ]
    return "\n".join(lines) + "\n"


@pytest.fixture
def live():
    instance = FakePrometheus()
    instance.result = {"resultType": "scalar", "result": [0, "2500"]}
    yield instance
    instance.close()


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


def asks(server):
    """What the policy asks for now; None where there is no number."""
    answer = server.get("/api/v1/decisions/default/shop")
    return answer.json.get("desiredReplicas") if answer.status == 200 else None


def is_held(server):
    answer = server.get("/api/v1/decisions/default/shop")
    return "held" in answer.text


def lose(prometheus, server):
    prometheus.mode = "error"
    eventually(lambda: is_held(server))


def port_is_open(server):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", server.grpc_port)) == 0


# A1, A2


@pytest.mark.parametrize("end", [Headstart.stop, Headstart.kill])
def test_a_restart_goes_on_with_what_was_asked_last(
    headstart, scaler, live, state, policy_directory, end
):
    flags = f"--state-dir={state}", f"--policies={policy_directory({'shop.yaml': manifest(live)})}"
    first = Headstart(*flags)
    try:
        eventually(lambda: asks(first) == 25)
        # A rise is on the disk within a second.
        eventually(lambda: b'"replicas":25' in (state / "memory").read_bytes(), 3)
        lose(live, first)
    finally:
        end(first)
        first.kill()
    second = headstart(*flags)
    assert scaler(second).replicas("shop") == 25
    assert "state directory" in second.get("/api/v1/decisions/default/shop").text
    # Back, and lower: what was read counts at once.
    live.result = {"resultType": "scalar", "result": [0, "300"]}
    live.mode = "ok"
    eventually(lambda: asks(second) == 3)


def test_without_a_memory_the_port_stays_closed_for_ten_seconds(headstart, scaler, live):
    live.mode = "error"
    server = headstart(policies={"shop.yaml": manifest(live)}, ready=False)
    server.wait_for_log("waiting for the first readings")
    assert not port_is_open(server)
    assert server.get("/readyz").status == 503
    assert "shop" in server.get("/readyz").text
    # The source fails, and the closed port is no fault.
    checks = {check["name"]: check["status"] for check in server.get("/healthz").json["checks"]}
    assert checks["grpc"] == "ok"
    assert server.get("/livez").status == 200
    server.wait_ready(30)
    assert "shop" in server.get("/readyz").text
    assert server.metric("headstart_unready_policies") == 1
    with pytest.raises(grpc.RpcError) as error:
        scaler(server).replicas("shop")
    assert error.value.code() == grpc.StatusCode.UNAVAILABLE


def test_the_port_opens_with_the_first_reading(headstart, scaler, live):
    live.mode = "hang"
    server = headstart(policies={"shop.yaml": manifest(live)}, ready=False)
    server.wait_for_log("waiting for the first readings")
    assert not port_is_open(server)
    live.mode = "ok"
    server.wait_ready()
    assert scaler(server).replicas("shop") == 25


def test_a_server_that_still_waits_ends_in_good_order(headstart, live):
    live.mode = "error"
    server = headstart(policies={"shop.yaml": manifest(live)}, ready=False)
    server.wait_for_log("waiting for the first readings")
    server.stop(timeout=5)


# A3, A4


def test_a_file_that_is_deleted_and_comes_back_goes_on_where_it_was(headstart, live, policy_directory):
    policies = {"shop.yaml": manifest(live), "rest.yaml": "# nothing\n"}
    server = headstart(policies=policies)
    eventually(lambda: asks(server) == 25)
    lose(live, server)
    path = policy_directory({}) / "shop.yaml"
    reloads = server.metric("headstart_manifest_reloads_total")
    path.unlink()
    eventually(lambda: server.metric("headstart_manifest_reloads_total") > reloads)
    assert asks(server) == 25
    policy_directory(policies)
    eventually(lambda: server.metric("headstart_manifest_reloads_total") > reloads + 1)
    assert asks(server) == 25


def test_an_empty_directory_deletes_nothing(headstart, live, policy_directory):
    server = headstart(policies={"shop.yaml": manifest(live)})
    eventually(lambda: asks(server) == 25)
    (policy_directory({}) / "shop.yaml").unlink()
    server.wait_for_log("empty directory")
    assert asks(server) == 25


def test_an_edit_asks_for_the_old_number_until_it_is_read(headstart, live, policy_directory):
    server = headstart(policies={"shop.yaml": manifest(live)})
    eventually(lambda: asks(server) == 25)
    lose(live, server)
    reloads = server.metric("headstart_manifest_reloads_total")
    policy_directory({"shop.yaml": manifest(live, value_query="other")})
    eventually(lambda: server.metric("headstart_manifest_reloads_total") > reloads)
    assert asks(server) == 25


# A12


def test_a_broken_file_is_named_and_no_policy_is_implied(headstart, forecaster, live):
    broken = manifest(live).replace("threshold: 100", "threshold: many")
    server = headstart(
        f"--forecaster-url={forecaster.url}", policies={"shop.yaml": broken}, ready=False
    )
    server.wait_for_log("waiting for the first readings")
    assert not port_is_open(server)
    answer = server.get("/readyz")
    assert answer.status == 503
    assert "shop.yaml:" in answer.text


def test_a_file_that_is_empty_at_the_start_is_not_written_yet(
    headstart, scaler, forecaster, live, policy_directory
):
    """What it is to define is not known, so that no policy is implied; the port waits a moment only."""
    server = headstart(
        f"--forecaster-url={forecaster.url}", policies={"shop.yaml": "", "idle.yaml": "# none\n"},
        ready=False,
    )  # fmt: skip
    server.wait_for_log("waiting for the first readings")
    assert not port_is_open(server)
    assert "shop.yaml" in server.get("/readyz").text
    server.wait_ready(50)
    for policy in ({}, {"workload": "shop"}):
        with pytest.raises(grpc.RpcError) as error:
            scaler(server).replicas("shop", **policy)
        assert error.value.code() == grpc.StatusCode.UNAVAILABLE
        assert "shop.yaml" in error.value.details() and "empty" in error.value.details()
    (finding,) = [
        each for each in server.get("/api/v1/findings").json["findings"]
        if each["severity"] == "error"
    ]  # fmt: skip
    assert finding["file"].endswith("shop.yaml") and not finding["lastGoodIsUsed"]
    # The writer goes on.
    policy_directory({"shop.yaml": manifest(live)})
    eventually(lambda: asks(server) == 25)
    assert scaler(server).replicas("shop") == 25
    assert server.get("/api/v1/findings").json["errors"] == 0


def test_a_file_that_is_empty_at_a_restart_is_used_as_it_was_last_good(
    headstart, scaler, live, state
):
    first = headstart(f"--state-dir={state}", policies={"shop.yaml": manifest(live)})
    eventually(lambda: asks(first) == 25)
    eventually(lambda: (state / "manifests").exists(), 5)
    first.stop()
    second = headstart(f"--state-dir={state}", policies={"shop.yaml": ""})
    assert scaler(second).replicas("shop") == 25
    (finding,) = [
        each for each in second.get("/api/v1/findings").json["findings"]
        if each["severity"] == "error"
    ]  # fmt: skip
    assert finding["lastGoodIsUsed"]


def test_a_file_that_is_broken_at_a_restart_is_used_as_it_was_last_good(
    headstart, scaler, forecaster, live, state, policy_directory
):
    flags = f"--state-dir={state}", f"--forecaster-url={forecaster.url}"
    other = manifest(live).split("---\n")[1].replace("name: shop", "name: other")
    both = manifest(live) + "---\n" + other
    first = headstart(*flags, policies={"shop.yaml": both})
    eventually(lambda: asks(first) == 25)
    eventually(lambda: (state / "manifests").exists(), 5)
    first.stop()
    typo = both[: both.rindex("threshold")] + "treshold: 100}\n"
    second = headstart(*flags, policies={"shop.yaml": typo})
    assert scaler(second).replicas("shop") == 25
    found = second.get("/api/v1/findings").json
    assert found["errors"] >= 1
    finding = next(each for each in found["findings"] if each["severity"] == "error")
    assert finding["lastGoodIsUsed"]
    assert finding["file"].endswith("shop.yaml") and finding["line"] > 1 and finding["column"] > 1
    assert second.metric("headstart_manifest_findings", severity="error") == found["errors"]
    # A policy that only the new content could define: the file is named.
    with pytest.raises(grpc.RpcError) as error:
        scaler(second).replicas("web", policy="third")
    assert error.value.code() == grpc.StatusCode.NOT_FOUND
    assert "shop.yaml:" in error.value.details()
    second.stop()
    # What was good is still known after another restart, and a file that is gone is gone.
    third = headstart(*flags, policies={"shop.yaml": typo})
    assert scaler(third).replicas("shop") == 25
    policy_directory({"rest.yaml": "# nothing\n"})
    (policy_directory({}) / "shop.yaml").unlink()
    eventually(lambda: third.get("/api/v1/findings").json["errors"] == 0)
    third.stop()
    fourth = headstart(*flags, policies={})
    assert fourth.get("/api/v1/findings").json["errors"] == 0


# The directory itself


def test_a_second_process_on_the_directory_is_refused(headstart, live, state):
    headstart(f"--state-dir={state}", policies={"shop.yaml": manifest(live)})
    ended = run_command("serve", "--listen=127.0.0.1:0", "--http-listen=127.0.0.1:0", f"--state-dir={state}")
    assert ended.returncode == 1
    assert str(state) in ended.stderr
    assert "another process" in ended.stderr


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"headstart memory 9\n{}\n", b"headstart memory 1\nnot a line\n"])
def test_foreign_and_damaged_content_costs_one_line(headstart, live, state, content):
    state.mkdir()
    (state / "memory").write_bytes(content)
    server = headstart(f"--state-dir={state}", policies={"shop.yaml": manifest(live)})
    eventually(lambda: asks(server) == 25)
    lines = [line for line in server.log if "passed over" in line["message"]]
    assert len(lines) == 1
    eventually(lambda: b'"replicas":25' in (state / "memory").read_bytes(), 3)


def test_a_directory_that_cannot_be_written_costs_a_warning_and_a_count(headstart, scaler, live, state):
    server = headstart(f"--state-dir={state}", policies={"shop.yaml": manifest(live)})
    eventually(lambda: asks(server) == 25)
    # Not even root can write into what is no directory.
    shutil.rmtree(state)
    state.write_text("in the way")
    live.result = {"resultType": "scalar", "result": [0, "3000"]}
    eventually(lambda: asks(server) == 30)
    eventually(lambda: server.metric("headstart_state_write_failures_total") >= 1)
    assert scaler(server).replicas("shop") == 30
    # It goes on as soon as it can.
    os.unlink(state)
    state.mkdir()
    eventually(lambda: (state / "memory").exists(), 15)


def test_content_that_is_too_old_is_not_used(headstart, live, state):
    policies = {"shop.yaml": manifest(live)}
    first = headstart(f"--state-dir={state}", policies=policies)
    eventually(lambda: asks(first) == 25)
    first.stop()
    live.mode = "error"
    eventually(lambda: time.time() - (state / "memory").stat().st_mtime > 1.5)
    second = headstart(
        f"--state-dir={state}", "--state-max-age=1s", policies=policies, ready=False
    )
    second.wait_for_log("too old to be used")
    second.wait_for_log("waiting for the first readings")
    assert not port_is_open(second)
    assert asks(second) is None
