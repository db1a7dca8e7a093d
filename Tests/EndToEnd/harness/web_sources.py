"""Data sources that are HTTP APIs of the tests, and which requests they let in."""

from datetime import datetime, timedelta, timezone

from . import policies

VALUE = {"status": "success", "data": {"resultType": "scalar", "result": [0, "300"]}}
SECRET = "s3cret+of/a=source"


def source(name, kind, address, **spec):
    """Patient, so that a busy machine fails no fetch."""
    return policies.source(name, kind, address, **({"timeout": "10s"} | spec))


def guarded(tokens):
    """A Prometheus that takes these tokens alone; the set may change."""

    def answer(request):
        if request["headers"].get("authorization") not in {f"Bearer {token}" for token in tokens}:
            return 401, {"status": "error", "error": "who are you?"}
        return 200, VALUE

    return answer


def expiry(seconds):
    end = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return end.strftime("%Y-%m-%dT%H:%M:%SZ")
