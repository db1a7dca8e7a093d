"""scripts/order: see there."""

import sys
import tempfile
import time
from pathlib import Path

from bench import messages
from bench.callgrind import Callgrind
from bench.load import Load, run_load
from bench.servers import THREE_SIGNALS, Headstart
from bench.upstreams import Upstreams

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / ".build" / "release" / "headstart"
SNAPSHOT = ROOT / "Tests" / "Fixtures" / "kedastral" / "forecast-current.json"
ORDER = ROOT / "function-order.txt"

HEADER = """\
# Written by scripts/order: the functions that run all the time, for the linker to lay side by side.
# Names that are no longer there do no harm, and functions that are not named here lie behind.
"""
# Seconds. Under valgrind starting takes a few; whatever an idle server does, it does within ten.
STARTING, IDLING = 8, 20
CALLS, PATHS = 2_000, ("/metrics", "/healthz", "/livez", "/readyz")


def functions(folder):
    """What runs in a server with three signals that nobody calls, and in one that is called."""
    upstreams = Upstreams(SNAPSHOT)
    try:
        policies, counts = folder / "policies", folder / "counts"
        policies.mkdir()
        counts.mkdir()
        (policies / "web.yaml").write_text(THREE_SIGNALS.format(url=upstreams.url))
        server, callgrind = Headstart(BINARY, policies), Callgrind(counts)
        with server.start("GetMetrics", callgrind.command) as process:
            time.sleep(STARTING)
            callgrind.begin(process.pid)
            time.sleep(IDLING)
            idle = callgrind.counts(process.pid).functions
            for method, message in (
                ("GetMetrics", messages.get_metrics()),
                ("IsActive", messages.scaled_object()),
            ):
                body = folder / method
                body.write_bytes(messages.prefixed(message))
                load = Load(method, connections=4, streams=8)
                run_load(server.port, load, CALLS, body, server.answers[method])
            for path in PATHS:
                server.get(path)
            return idle, callgrind.counts(process.pid).functions
    finally:
        upstreams.close()


def section(title, names):
    # Functions without a name are told by their address, which is another in the next build.
    known = sorted(name for name in names if not name.startswith("0x"))
    return "\n".join([f"\n# {title}", *known, ""])


def main():
    with tempfile.TemporaryDirectory(prefix="headstart-order-") as folder:
        idle, called = functions(Path(folder))
    ORDER.write_text(HEADER + section("Idle", idle) + section("Called", called - idle))
    print(f"{ORDER.name}: {len(idle)} functions run when idle, {len(called - idle)} more when called")


if __name__ == "__main__":
    sys.exit(main())
