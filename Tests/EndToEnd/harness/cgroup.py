"""A control group with a memory limit, below the one that the tests run in."""

import os
from contextlib import suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


class MemoryGroup:
    """A group of its own; `enter` moves the calling process into it. `close` when it is empty.

    Raises OSError where the machine does not let us make one.
    """

    def __init__(self, limit):
        own = {}
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            own[controllers] = path.lstrip("/")
        if "memory" in own:
            parent, limits = ROOT / "memory" / own["memory"], ["memory.limit_in_bytes"]
        elif "memory" in (ROOT / own.get("", "") / "cgroup.subtree_control").read_text():
            parent, limits = ROOT / own[""], ["memory.max"]
        else:
            raise OSError("no memory controller is delegated to this process's group")
        self.path = parent / f"headstart-test-{os.getpid()}"
        self.path.mkdir()
        try:
            for name in limits:
                (self.path / name).write_text(str(limit))
            with suppress(OSError):
                (self.path / "memory.swap.max").write_text("0")
        except OSError:
            self.close()
            raise

    def enter(self):
        (self.path / "cgroup.procs").write_text(str(os.getpid()))

    @property
    def kills(self):
        """How many processes ended for want of memory."""
        for name in ("memory.events", "memory.oom_control"):
            with suppress(FileNotFoundError):
                lines = (self.path / name).read_text().splitlines()
                return int(dict(line.split() for line in lines)["oom_kill"])
        raise AssertionError("the group does not count")

    def close(self):
        self.path.rmdir()
