"""What the side port says of the decisions of the policy `shop`."""

from .waiting import eventually


def decision(server):
    answer = server.get("/api/v1/decisions/default/shop")
    return answer.json if answer.status == 200 else {}


def asks(server):
    """The number of the policy; None where there is none."""
    return decision(server).get("desiredReplicas")


def state(server, signal="live"):
    found = (one for one in decision(server).get("contributions", []) if one["signal"] == signal)
    return next(found, {}).get("state")


def wait_for_readings(server, upstream, count=2):
    """Until the source has been asked so many more times, and the last answer has arrived."""
    asked = len(upstream.requests)
    # A source that fails is asked less often.
    eventually(lambda: len(upstream.requests) >= asked + count, 60)
