"""What a container runtime does to the process: any user, no entry in /etc/passwd, no home, a root that is
read-only. And what the image is made of; scripts/check-image builds and runs it."""

import ctypes
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness.paths import BINARY, ROOT
from harness.policies import fixed, policy

DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
# Of no user of any Debian system, as OpenShift gives them.
USER = 1_000_670_000
NEW_NAMESPACE = 0x20000
READ_ONLY, REMOUNT, BIND, RECURSIVE, PRIVATE = 0x1, 0x20, 0x1000, 0x4000, 0x40000


@pytest.fixture
def folder():
    """A directory that any user may enter: pytest's own are root's alone."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def contain(state):
    """Makes this process what it is in a container, of which only `state` can be written."""
    libc = ctypes.CDLL(None, use_errno=True)
    steps = [
        libc.unshare(NEW_NAMESPACE),
        libc.mount(b"none", b"/", None, RECURSIVE | PRIVATE, None),
        libc.mount(bytes(state), bytes(state), None, BIND, None),
        libc.mount(None, b"/", None, REMOUNT | BIND | READ_ONLY, None),
    ]
    if any(steps):
        raise OSError(ctypes.get_errno(), "no namespace of its own")
    os.chdir("/")
    os.setgroups([])
    os.setresgid(0, 0, 0)
    os.setresuid(USER, USER, USER)


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")
def test_any_user_may_run_it_on_a_read_only_root(headstart, scaler, folder):
    with pytest.raises(KeyError):
        pwd.getpwuid(USER)
    (folder / "policies").mkdir()
    (folder / "policies" / "a.yaml").write_text(policy("web", fixed(3)))
    state = folder / "state"
    state.mkdir()
    # As an emptyDir is.
    state.chmod(0o777)
    try:
        server = headstart(
            f"--policies={folder / 'policies'}", f"--state-dir={state}",
            environment={"HOME": "/"}, prepare=lambda: contain(state),
        )  # fmt: skip
    except subprocess.SubprocessError:
        pytest.skip("mount namespaces are not allowed here")
    assert scaler(server).replicas("web") == 3
    server.stop()
    written = [path for path in state.rglob("*") if path.is_file()]
    assert written and {path.stat().st_uid for path in written} == {USER}


def test_the_image_is_for_both_processors():
    instructions = re.sub(r"^#.*", "", DOCKERFILE, flags=re.MULTILINE)
    assert not re.search(r"amd64|x86_64|arm64|aarch64", instructions)
    assert "--platform linux/amd64,linux/arm64" in DOCKERFILE


def package_of(library):
    """The Debian package that a shared library comes from."""
    shown = subprocess.run(
        ["dpkg-query", "--search", f"*/{library}"], capture_output=True, text=True, check=True
    ).stdout
    return shown.split(":")[0]


@pytest.mark.skipif(
    "HEADSTART_SANITIZER" in os.environ, reason="a sanitizer loads libraries of its own"
)
def test_the_image_has_the_libraries_that_the_binary_loads_and_no_others():
    dynamic = subprocess.run(
        ["readelf", "--dynamic", str(BINARY)], capture_output=True, text=True, check=True
    ).stdout
    loaded = {package_of(name) for name in re.findall(r"\(NEEDED\).*\[(.+)\]", dynamic)}
    installed = re.findall(r"(?<![\w/-])lib[a-z0-9+.-]+", DOCKERFILE.split("\nFROM ")[2])
    # These two are part of every Debian.
    assert loaded - {"libc6", "libgcc-s1"} == set(installed)
