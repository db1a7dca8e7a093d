"""Where things are in the repository."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PROTOS = ROOT / "Protos"
FIXTURES = ROOT / "Tests" / "Fixtures"
BINARY = Path(os.environ.get("HEADSTART_BINARY", ROOT / ".build" / "release" / "headstart"))
