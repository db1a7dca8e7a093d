"""The objects of the API server of the tests, and what requests make of them."""

import copy
import itertools
import re
import threading
import uuid
from datetime import datetime, timezone

from .failures import Failure, conflict, invalid, missing
from .resources import BUILT_IN
from .validation import check_identity, check_query, validate

# The metadata that is the server's to set.
SYSTEM = ("uid", "creationTimestamp", "deletionTimestamp", "generation", "namespace", "name")


def merge(target, patch):
    """RFC 7386."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = copy.deepcopy(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def selects(selector, item):
    """Whether a label selector of equalities and sets takes the object; without one it does."""
    labels = item["metadata"].get("labels", {})
    for part in re.findall(r"[^,(]+(?:\([^)]*\))?", selector or ""):
        key, word, values = re.fullmatch(r"\s*([^\s=]+)(?:\s+(in)\s+|(?:=))\(?([^)]*)\)?", part).groups()
        if labels.get(key) not in (values.split(",") if word else [values]):
            return False
    return True


def now():
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Store:
    """Objects with resource versions, and the history of their changes.

    Whoever reads or changes it in several steps holds `lock`; `changed` is notified of each change.
    """

    def __init__(self, resources, validate):
        self.resources = resources
        # Judges every object that is written: (field, message), or None.
        self.validate = validate
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.objects = {}
        self.versions = itertools.count(100)
        self.version = next(self.versions)
        # Every change: (version, resource, type, object).
        self.history = []
        self.oldest = 0
        self.expired_continues = 0
        self._snapshots = {}

    # What tests do to it, as other clients would

    def resource(self, kind):
        return next(found for found in self.resources if found.kind == kind)

    def apply(self, manifest):
        """Creates the object, or replaces its spec and metadata; returns it."""
        resource = self.resource(manifest["kind"])
        metadata = manifest["metadata"]
        key = (resource.name, metadata.get("namespace"), metadata["name"])
        with self.lock:
            existing = self.objects.get(key)
            if existing is None:
                return self._store(resource, key, self._new(resource, key, manifest), "ADDED")
            updated = copy.deepcopy(existing)
            if manifest.get("spec") != updated.get("spec"):
                updated["metadata"]["generation"] += 1
            updated["metadata"] = merge(updated["metadata"], metadata)
            for field, value in manifest.items():
                if field != "metadata":
                    updated[field] = value
            return self._store(resource, key, updated, "MODIFIED")

    def apply_many(self, manifests):
        for manifest in manifests:
            self.apply(manifest)

    def delete(self, kind, namespace, name):
        """Deletes the object; one with finalizers goes when the last of them has been removed."""
        resource = self.resource(kind)
        key = (resource.name, namespace, name)
        with self.lock:
            if self.objects[key]["metadata"].get("finalizers"):
                going = copy.deepcopy(self.objects[key])
                going["metadata"]["deletionTimestamp"] = now()
                going["metadata"]["generation"] += 1
                self._store(resource, key, going, "MODIFIED")
                return
            gone = self.objects.pop(key)
            gone = copy.deepcopy(gone)
            gone["metadata"]["resourceVersion"] = self._advance()
            self._record(resource, "DELETED", gone)

    def get(self, kind, namespace, name):
        """The object, or None."""
        with self.lock:
            return copy.deepcopy(self.objects.get((self.resource(kind).name, namespace, name)))

    def all(self, kind):
        with self.lock:
            name = self.resource(kind).name
            return [copy.deepcopy(item) for key, item in self.objects.items() if key[0] == name]

    def deployment(self, name, replicas, namespace="default"):
        """A Deployment whose pods are there at once."""
        return self.apply(
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": name, "namespace": namespace},
                "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}},
            }
        )

    # Storage

    def _advance(self):
        self.version = next(self.versions)
        return str(self.version)

    def _new(self, resource, key, manifest):
        created = copy.deepcopy(manifest)
        metadata = created["metadata"]
        metadata["name"] = key[2]
        if key[1]:
            metadata["namespace"] = key[1]
        metadata["uid"] = str(uuid.uuid4())
        metadata["creationTimestamp"] = now()
        metadata["generation"] = 1
        if "status" in resource.subresources and resource.api_version != "apps/v1":
            created.pop("status", None)
        return {"kind": resource.kind, "apiVersion": resource.api_version, **created}

    def _store(self, resource, key, stored, event):
        stored = copy.deepcopy(stored)
        stored["metadata"]["resourceVersion"] = self._advance()
        self.objects[key] = stored
        self._record(resource, event, stored)
        return copy.deepcopy(stored)

    def _record(self, resource, event, stored):
        self.history.append((self.version, resource, event, stored))
        self.changed.notify_all()

    def _list(self, resource, namespace, query):
        limit = int(query.get("limit") or 0)
        token = query.get("continue")
        if token:
            snapshot = self._snapshots.get(token)
            if snapshot is None or self.expired_continues > 0:
                self.expired_continues = max(self.expired_continues - 1, 0)
                raise Failure(
                    410,
                    "Expired",
                    "The provided continue parameter is too old to display a consistent list "
                    "result. You can start a new list without the continue parameter.",
                )
            version, items = snapshot
        else:
            version = self.version
            items = [
                item
                for key, item in sorted(self.objects.items(), key=lambda pair: (pair[0][1] or "", pair[0][2]))
                if key[0] == resource.name
                and (namespace is None or key[1] == namespace)
                and selects(query.get("labelSelector"), item)
            ]
        metadata = {"resourceVersion": str(version)}
        page = items
        if limit and len(items) > limit:
            page, rest = items[:limit], items[limit:]
            next_token = uuid.uuid4().hex
            self._snapshots[next_token] = (version, rest)
            metadata |= {"continue": next_token, "remainingItemCount": len(rest)}
        custom = resource not in BUILT_IN
        # Items of a built-in list do not repeat kind and apiVersion.
        shown = [
            item if custom else {k: v for k, v in item.items() if k not in ("kind", "apiVersion")}
            for item in copy.deepcopy(page)
        ]
        return {
            "kind": f"{resource.kind}List",
            "apiVersion": resource.api_version,
            "metadata": metadata,
            "items": shown,
        }

    def _stored(self, resource, namespace, name):
        stored = self.objects.get((resource.name, namespace, name))
        if stored is None:
            raise missing(resource, name)
        return stored

    def _read(self, resource, namespace, name, subresource):
        stored = self._stored(resource, namespace, name)
        return self._scale(stored) if subresource == "scale" else copy.deepcopy(stored)

    @staticmethod
    def _scale(stored):
        metadata = stored["metadata"]
        kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        return {
            "kind": "Scale",
            "apiVersion": "autoscaling/v1",
            "metadata": {key: metadata[key] for key in kept if key in metadata},
            "spec": {"replicas": stored["spec"].get("replicas", 1)},
            "status": {
                "replicas": stored.get("status", {}).get("replicas", 0),
                "selector": f"app={metadata['name']}",
            },
        }

    def _create(self, resource, namespace, given, query):
        dry_run = check_query(query)
        check_identity(resource, namespace, None, given)
        metadata = given.setdefault("metadata", {})
        if not metadata.get("name"):
            raise invalid(
                resource.group, resource.kind, "", "metadata.name",
                "Required value: name or generateName is required",
            )  # fmt: skip
        if metadata.get("resourceVersion"):
            raise Failure(400, "BadRequest", "resourceVersion should not be set on objects to be created")
        self._check_namespace(namespace)
        key = (resource.name, namespace, metadata["name"])
        if key in self.objects:
            raise Failure(
                409,
                "AlreadyExists",
                f'{resource.qualified} "{key[2]}" already exists',
                {"name": key[2], "group": resource.group, "kind": resource.name},
            )
        created = self._new(resource, key, given)
        validate(resource, created, self.validate)
        if dry_run:
            return created | {"metadata": created["metadata"] | {"resourceVersion": ""}}
        return self._store(resource, key, created, "ADDED")

    def _check_namespace(self, namespace):
        """Where there are Namespaces, nothing is created in one that does not exist."""
        known = [found for found in self.resources if found.kind == "Namespace"]
        if known and namespace not in (None, "default"):
            self._stored(known[0], None, namespace)

    def _apply(self, resource, namespace, name, given, query):
        """Server-side apply by the one manager that there is: what it says replaces what it said."""
        stored = self.objects.get((resource.name, namespace, name))
        if stored is None:
            check_identity(resource, namespace, name, given)
            given["metadata"].pop("creationTimestamp", None)
            return 201, self._create(resource, namespace, given, query)
        kept = {key: stored["metadata"][key] for key in SYSTEM if key in stored["metadata"]}
        given["metadata"] |= kept | {"resourceVersion": stored["metadata"]["resourceVersion"]}
        return 200, self._change("PUT", resource, namespace, name, None, given, query)

    def _change(self, method, resource, namespace, name, subresource, given, query):
        dry_run = check_query(query)
        stored = self._stored(resource, namespace, name)
        if subresource == "scale":
            return self._change_scale(method, resource, stored, given, dry_run)
        if method == "PUT":
            check_identity(resource, namespace, name, given)
            updated = given
            wanted = given["metadata"].get("resourceVersion")
            if not wanted and resource.kind not in ("Lease", "ConfigMap"):
                raise invalid(
                    resource.group, resource.kind, name, "metadata.resourceVersion",
                    "Invalid value: 0: must be specified for an update",
                )  # fmt: skip
        else:
            wanted = given.get("metadata", {}).get("resourceVersion")
            updated = merge(stored, given)
        if wanted and wanted != stored["metadata"]["resourceVersion"]:
            raise conflict(resource, name)
        if uid := given.get("metadata", {}).get("uid"):
            if uid != stored["metadata"]["uid"]:
                raise conflict(resource, name)
        updated = copy.deepcopy(updated)
        for field in SYSTEM:
            if field in stored["metadata"]:
                updated["metadata"][field] = stored["metadata"][field]
        # The subresource changes the status alone, and the object everything but it.
        if subresource == "status":
            metadata = stored["metadata"]
            status = updated.get("status")
            updated = copy.deepcopy(stored)
            updated["metadata"] = copy.deepcopy(metadata)
            if status is None:
                updated.pop("status", None)
            else:
                updated["status"] = status
        elif "status" in resource.subresources:
            updated.pop("status", None)
            if "status" in stored:
                updated["status"] = copy.deepcopy(stored["status"])
        if resource.status is not None and "status" in updated:
            kept = resource.status & updated["status"].keys()
            updated["status"] = {member: updated["status"][member] for member in kept}
        if updated.get("spec") != stored.get("spec"):
            updated["metadata"]["generation"] = stored["metadata"]["generation"] + 1
        validate(resource, updated, self.validate)
        return self._write(resource, stored, updated, dry_run)

    def _change_scale(self, method, resource, stored, given, dry_run):
        name = stored["metadata"]["name"]
        wanted = given.get("metadata", {}).get("resourceVersion")
        if wanted and wanted != stored["metadata"]["resourceVersion"]:
            raise conflict(resource, name)
        scale = given if method == "PUT" else merge(self._scale(stored), given)
        replicas = scale.get("spec", {}).get("replicas", 0)
        if not isinstance(replicas, int) or isinstance(replicas, bool):
            raise Failure(400, "BadRequest", "spec.replicas: json: cannot unmarshal into int32")
        if replicas < 0:
            raise invalid(
                "autoscaling", "Scale", name, "spec.replicas",
                f"Invalid value: {replicas}: must be greater than or equal to 0",
            )  # fmt: skip
        updated = copy.deepcopy(stored)
        updated["spec"]["replicas"] = replicas
        if updated["spec"] != stored["spec"]:
            updated["metadata"]["generation"] += 1
        return self._scale(self._write(resource, stored, updated, dry_run))

    def _write(self, resource, stored, updated, dry_run):
        # A write that changes nothing makes no new version.
        if dry_run or updated == stored:
            return updated
        metadata = stored["metadata"]
        key = (resource.name, metadata.get("namespace"), metadata["name"])
        if metadata.get("deletionTimestamp") and not updated["metadata"].get("finalizers"):
            self.objects[key] = updated
            self.delete(resource.kind, key[1], key[2])
            return updated
        return self._store(resource, key, updated, "MODIFIED")
