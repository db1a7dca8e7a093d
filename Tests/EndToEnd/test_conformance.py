"""RFC 9113, RFC 7541 and gRPC over HTTP/2: the table of conformance/, case by case."""

from importlib.util import find_spec, module_from_spec

import pytest

from conformance import CASES, run
from conformance.__main__ import table
from conformance.outcomes import Closed, ConnectionFailure, Ignored, StreamError
from conformance.wire import Wire
from harness import raw
from harness.certificates import Authority
from harness.paths import ROOT
from harness.policies import fixed, policy
from harness.raw import SETTINGS, data, headers, message, request, reset
from harness.server import Headstart
from harness.waiting import eventually


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    directory = tmp_path_factory.mktemp("policies")
    (directory / "a.yaml").write_text(policy("my-api", fixed(20)))
    instance = Headstart(f"--policies={directory}")
    try:
        yield instance.wait_ready()
        instance.stop()
    finally:
        instance.kill()


@pytest.mark.parametrize("case", CASES, ids=[case.number for case in CASES])
def test_case(server, case):
    problem = run(case, server.grpc_port)
    assert problem is None, f"{case.number}, {case.title}: expected {case.outcome.text}; {problem}"


def foreign_cases():
    """The cases of RFC 9113 with requests that are not gRPC, as far as they end in an error or go on."""
    count, original = len(CASES), raw.request

    def foreign(*fields, **changes):
        return original(*fields, **{"content_type": "text/html", **changes})

    raw.request = foreign
    try:
        for topic in ("connection", "frame", "message"):
            # A second copy: the first one goes on with requests of gRPC.
            spec = find_spec(f"conformance.{topic}_cases")
            spec.loader.exec_module(module_from_spec(spec))
    finally:
        raw.request = original
    found = CASES[count:]
    del CASES[count:]
    kinds = (Closed, ConnectionFailure, Ignored, StreamError)
    # These rest on a call that is refused at once, or on one whose DATA is not read.
    others = ("closed by the server's RST_STREAM", "more DATA than a stream's window")
    return [
        case
        for case in found
        if isinstance(case.outcome, kinds) and not case.title.startswith(others)
    ]


FOREIGN = foreign_cases()


@pytest.mark.parametrize("case", FOREIGN, ids=[case.number for case in FOREIGN])
def test_case_with_a_request_that_is_not_grpc(server, case):
    problem = run(case, server.grpc_port)
    assert problem is None, f"{case.title}: expected {case.outcome.text}; {problem}"


def test_all_cases_over_tls(headstart, tmp_path):
    certificate, key = Authority(tmp_path).issue("server")
    server = headstart(
        f"--grpc-tls-cert-file={certificate}",
        f"--grpc-tls-key-file={key}",
        policies={"a.yaml": policy("my-api", fixed(20))},
    )
    problems = {}
    for case in CASES + FOREIGN:
        # What is no HTTP/2 at all is told on plain text; TLS sees to it by ALPN.
        problem = run(case, server.grpc_port, tls=True)
        if problem is not None:
            problems[f"{case.number}, {case.title}"] = problem
    assert not problems


def test_no_connection_and_no_stream_is_left_behind(server):
    # All cases close their connections.
    eventually(lambda: server.metric("headstart_connections") == 0)
    assert (
        sum(value for (name, _), value in server.metrics().items() if name == "headstart_streams")
        == 0
    )


def test_the_document_shows_the_cases_as_they_are():
    assert table() in (ROOT / "docs" / "internals" / "conformance.md").read_text(), (
        "docs/internals/conformance.md is out of date: put the output of"
        " `python -m conformance --markdown` (in Tests/EndToEnd) below its heading"
    )


def test_a_limit_of_streams_is_announced_and_kept(headstart):
    policies = {"a.yaml": policy("my-api", fixed(1))}
    server = headstart("--max-concurrent-streams=2", policies=policies)
    wire = Wire(server.grpc_port).open()
    (announced,) = [
        each.payload for each in wire.received if each.kind == SETTINGS and not each.flags
    ]
    assert b"\0\x03\0\0\0\x02" in announced
    wire.round_trip()
    wire.send(*[headers(stream, request()) for stream in (1, 3, 5)])
    wire.await_(lambda: wire.stream(5).reset is not None or wire.goaway)
    assert wire.stream(5).reset == 7 and not wire.goaway
    # A call that ends makes room.
    wire.send(reset(1), headers(7, request()), data(7, message(), end=True))
    wire.await_(lambda: wire.stream(7).ended)
    assert wire.stream(7).fields["grpc-status"] == "0"
    assert server.metric("headstart_limits_exceeded_total", limit="streams") == 1
    wire.close()
