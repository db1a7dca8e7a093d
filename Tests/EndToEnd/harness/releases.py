"""Binaries of earlier releases, built from the history of the repository and kept in .build."""

import fcntl
import shutil
import subprocess

import pytest

from .paths import ROOT


# Release 0.1.0.
V0_1_0 = "cbdfbe4"
_FOLDER = ROOT / ".build" / "releases"


def release(commit):
    """The binary of that commit. Skips the test where the clone does not have the commit."""
    binary = _prepare(commit)
    if binary is None:
        pytest.skip(f"commit {commit} is not in this clone (git fetch --unshallow)")
    return binary


def _prepare(commit):
    known = ["git", "-C", ROOT, "cat-file", "-e", f"{commit}^{{commit}}"]
    if subprocess.run(known, capture_output=True).returncode != 0:
        return None
    _FOLDER.mkdir(parents=True, exist_ok=True)
    binary = _FOLDER / f"headstart-{commit}"
    # Tests run side by side, and one of them builds.
    with open(_FOLDER / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not binary.exists():
            _build(commit, _FOLDER / commit, binary)
    return binary


def _build(commit, tree, binary):
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir()
    with subprocess.Popen(["git", "-C", ROOT, "archive", commit], stdout=subprocess.PIPE) as archive:
        subprocess.run(["tar", "-x", "-C", tree], stdin=archive.stdout, check=True)
    build = ["swift", "build", "-c", "release", "--static-swift-stdlib", "--product", "headstart"]
    built = subprocess.run(
        [*build, "--package-path", tree], capture_output=True, text=True, timeout=1800
    )
    assert built.returncode == 0, f"commit {commit} cannot be built:\n{built.stdout[-2000:]}"
    shutil.copy2(tree / ".build" / "release" / "headstart", binary)
    shutil.rmtree(tree)


if __name__ == "__main__":
    # So that no build takes the processor from tests that run.
    _prepare(V0_1_0)
