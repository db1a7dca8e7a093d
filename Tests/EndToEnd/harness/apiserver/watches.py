"""The watches of the API server of the tests."""

import time

from .failures import Failure
from .store import selects


class Watches:
    """Of a store: what a watch sends of its changes. Tests may stall it."""

    def watch(self, resource, namespace, query, send):
        """Calls `send` with every event, until the watch's end."""
        version = query.get("resourceVersion")
        deadline = time.monotonic() + float(query.get("timeoutSeconds") or 1800)
        bookmarks = query.get("allowWatchBookmarks") in ("true", "1") and self.sends_bookmarks
        if version in (None, "", "0"):
            send(
                "ERROR",
                Failure(
                    500,
                    "InternalError",
                    "a watch stream was requested by the client but the required storage feature "
                    "RequestWatchProgress is disabled",
                ).status,
            )
            return
        seen = int(version)
        selector = query.get("labelSelector")
        with self.lock:
            # What a change of labels takes away is deleted, and what it brings is added.
            shown = {key for key, item in self.objects.items() if selects(selector, item)}
        generation, losses = self._generation, self.losses
        next_bookmark = time.monotonic() + self.bookmark_interval
        while True:
            with self.lock:
                if seen < self.oldest:
                    message = f"too old resource version: {seen} ({self.oldest})"
                    send("ERROR", Failure(410, "Expired", message).status)
                    return
                stalled = self.stalled or self.losses != losses
                events = [] if stalled else self._events(resource, namespace, seen)
                current = self.version
            for event, item in events:
                key = (resource.name, item["metadata"].get("namespace"), item["metadata"]["name"])
                was_shown, fits = key in shown, selects(selector, item)
                if fits:
                    shown.add(key)
                    send(event if was_shown else "ADDED", item)
                elif was_shown:
                    shown.discard(key)
                    send("DELETED", item)
            clock = time.monotonic()
            if not stalled:
                seen = current
                if bookmarks and clock >= next_bookmark:
                    next_bookmark = clock + self.bookmark_interval
                    send("BOOKMARK", self._bookmark(resource, seen))
            if clock >= deadline and not stalled:
                return
            with self.lock:
                if self._generation != generation:
                    return
                if self.version == seen or stalled:
                    self.changed.wait(0.1)

    def _events(self, resource, namespace, seen):
        found = []
        for version, item_resource, event, item in reversed(self.history):
            if version <= seen:
                break
            if item_resource is resource and namespace in (None, item["metadata"].get("namespace")):
                found.append((event, item))
        return found[::-1]

    @staticmethod
    def _bookmark(resource, version):
        return {
            "kind": resource.kind,
            "apiVersion": resource.api_version,
            "metadata": {"resourceVersion": str(version), "creationTimestamp": None},
        }
