"""Waiting for a condition instead of sleeping for a guess."""

import time


def eventually(condition, timeout=10.0, interval=0.02, message=None):
    """Returns the first true value of `condition`, and fails when the time is up.

    An AssertionError or OSError inside the condition counts as not yet; the last one is shown.
    """
    deadline = time.monotonic() + timeout
    last = None
    while True:
        try:
            value = condition()
            if value:
                return value
            last = None
        except (AssertionError, OSError) as error:
            last = error
        if time.monotonic() >= deadline:
            what = message() if callable(message) else message
            raise AssertionError(f"not within {timeout} s: {what or last or condition}")
        time.sleep(interval)
