"""scripts/soak sees what it is there to see: memory and descriptors that grow, and calls that fail."""

import json
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from harness.paths import ROOT
from harness.policies import fixed, policy

sys.path.insert(0, str(ROOT / "Benchmarks"))
from soak import chart  # noqa: E402
from soak.verdict import Verdict  # noqa: E402


def samples(**changes):
    """Sixty flat samples; each change is a function of the index."""
    flat = {"resident": 50 << 20, "history": 0, "descriptors": 40, "calls": 6000, "failed": 0}
    return [
        flat | {key: change(index) for key, change in changes.items()} for index in range(60)
    ]


def test_what_is_flat_is_well():
    # The first third is a warm-up, whatever happens in it.
    verdict = Verdict(samples(resident=lambda index: (50 if index >= 20 else index) << 20))
    assert verdict.is_good, verdict.sentence
    assert "360,000 calls, none failed" in verdict.sentence


@pytest.mark.parametrize(
    "changes, words",
    [
        # A little under and a little over 2 % from one third to the next.
        ({"resident": lambda index: (50 << 20) * (1 + 0.0009 * index)}, None),
        ({"resident": lambda index: (50 << 20) * (1 + 0.0011 * index)}, "resident memory"),
        ({"resident": lambda index: (50 << 20) * (1 - 0.002 * index)}, "resident memory"),
        # Histories are memory like any other.
        (
            {
                "resident": lambda index: (50 << 20) + (index << 16),
                "history": lambda index: index << 16,
            },
            "resident memory",
        ),
        ({"descriptors": lambda index: 40 + index // 30}, None),
        ({"descriptors": lambda index: 40 + index // 10}, "descriptors grew from 42.5 to 44.5"),
        ({"failed": lambda index: int(index == 3)}, "1 of 360000 calls failed"),
        ({"calls": lambda index: 0}, "no call was answered"),
    ],
)
def test_what_grows_or_fails_is_found(changes, words):
    verdict = Verdict(samples(**changes))
    assert verdict.is_good == (words is None), verdict.sentence
    assert (words or "OK") in verdict.sentence


def test_too_few_samples_are_no_verdict():
    assert "too few samples" in Verdict(samples()[:2]).sentence


def test_the_picture_is_svg_whatever_the_numbers():
    for values in ([0, 0, 0], [1, 10, 1e6], [3.5, 3.5, 3.6]):
        panels = [
            chart.Panel("Linear", [("one", values), ("two", values)]),
            chart.Panel("Logarithmic", [("one", values)], logarithmic=True),
        ]
        text = chart.draw("A <title>", "and & more", [0, 1, 2], panels, [(0.5, 1)])
        root = ElementTree.fromstring(text)
        assert root.tag.endswith("svg")
        lines = [each for each in root.iter() if each.tag.endswith("polyline")]
        assert len(lines) == 3
        for line in lines:
            for point in line.get("points").split():
                x, y = map(float, point.split(","))
                assert 0 <= x <= chart.WIDTH and 0 <= y <= float(root.get("height"))


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    program = tmp_path_factory.mktemp("keda") / "keda"
    sources = [file for file in (ROOT / "Benchmarks" / "load").glob("*.c") if file.stem != "load"]
    subprocess.run(["cc", "-O1", "-o", program, *sources, "-lnghttp2", "-luv"], check=True)
    return program


def run_client(client, server, objects):
    """Two seconds of the client: the sums of its reports, and what it complained of."""
    finished = subprocess.run(
        [client, str(server.grpc_port), str(objects), "0.5", "10", "1", "2"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert finished.returncode == 0, finished.stderr
    reports = [json.loads(line) for line in finished.stdout.splitlines()]
    totals = {key: sum(report[key] for report in reports) for key in reports[0]}
    return totals | {"streams": reports[-1]["streams"]}, finished.stderr


def test_the_client_counts_answers_and_failures(headstart, client):
    def workloads(count, replicas):
        names = [f"workload-{index:06}" for index in range(count)]
        return {"a.yaml": "\n---\n".join(policy(name, fixed(replicas)) for name in names)}

    well, complaints = run_client(client, headstart(policies=workloads(20, 3)), 20)
    assert well["calls"] > 100 and well["failed"] == 0 and well["streams"] == 10
    assert complaints == ""
    # A policy that is missing, and one that asks for none.
    missing, complaints = run_client(client, headstart(policies=workloads(19, 3)), 20)
    assert missing["failed"] > 2
    assert "object 19: not OK (status 5)" in complaints
    zero, complaints = run_client(client, headstart(policies=workloads(20, 0)), 20)
    assert zero["failed"] > 50
    assert "not active" in complaints and "zero" in complaints
