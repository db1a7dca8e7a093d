"""What a server must do with what a client sends: RFC 9113, RFC 7541 and gRPC over HTTP/2, case by case.

    python -m conformance PORT              runs all cases against a running server and prints a report
    python -m conformance PORT 6.9 hpack    those of some sections
    python -m conformance --markdown        the table of docs/internals/conformance.md

The client has a frame layer of its own (wire.py), which sends whatever it is told to.
"""

from importlib import import_module

from .registry import CASES
from .wire import Nothing, Wire

# In the order of the report.
for _topic in ("connection", "frame", "message", "hpack", "grpc"):
    import_module(f".{_topic}_cases", __name__)

__all__ = ["CASES", "run"]


def run(case, port, tls=False):
    """Runs one case; returns what is wrong, or None."""
    wire = Wire(port, tls=tls)
    try:
        if case.opens:
            wire.open()
        case.body(wire)
        case.outcome.proof(wire)
    except (AssertionError, Nothing, KeyError, ValueError) as problem:
        return str(problem) or repr(problem)
    finally:
        wire.close()
    return None
