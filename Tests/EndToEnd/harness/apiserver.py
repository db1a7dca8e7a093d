"""A Kubernetes API server for tests, after the recordings in Tests/Fixtures/kubernetes.

It keeps objects with resource versions in memory, checks requests as strictly as the real one, and
can be told to misbehave. Every call is kept in `calls`, from which the needed RBAC rules follow.
"""

import copy
import itertools
import json
import re
import ssl
import threading
import time
import uuid
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

CLUSTER_VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class Resource:
    """A kind of object that the server stores."""

    def __init__(self, api_version, kind, name, *subresources, namespaced=True, validate=None):
        self.api_version = api_version
        self.kind = kind
        self.name = name
        self.subresources = set(subresources)
        self.namespaced = namespaced
        self.validate = validate

    @property
    def group(self):
        return self.api_version.rpartition("/")[0]

    @property
    def qualified(self):
        return f"{self.name}.{self.group}" if self.group else self.name


BUILT_IN = [
    Resource("apps/v1", "Deployment", "deployments", "scale", "status"),
    Resource("apps/v1", "StatefulSet", "statefulsets", "scale", "status"),
    Resource("apps/v1", "ReplicaSet", "replicasets", "scale", "status"),
    Resource("apps/v1", "DaemonSet", "daemonsets", "status"),
    Resource("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "status"),
    Resource("coordination.k8s.io/v1", "Lease", "leases"),
    Resource("events.k8s.io/v1", "Event", "events"),
]
HEADSTART = [
    Resource("headstart.dev/v1alpha1", "ScalingPolicy", "scalingpolicies", "status"),
    Resource("headstart.dev/v1alpha1", "DataSource", "datasources", "status"),
]
EASYSCALE = [Resource("easyscale.io/v1", "ScalingRule", "scalingrules", "status")]
ELASTI = [Resource("elasti.truefoundry.com/v1alpha1", "ElastiService", "elastiservices", "status")]
KEDA = [Resource("keda.sh/v1alpha1", "ScaledObject", "scaledobjects", "status")]


class Failure(Exception):
    """An answer of kind Status."""

    def __init__(self, code, reason, message, details=None, headers=None):
        super().__init__(message)
        self.code = code
        self.headers = headers or {}
        self.status = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            **({"details": details} if details else {}),
            "code": code,
        }


class PlainNotFound(Exception):
    """What the server says of a path that it does not know."""


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


def now():
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


MICRO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


class Call:
    """One request, in the words of RBAC, and how it was answered."""

    def __init__(self, at, verb, group, resource, subresource, namespace, name, query, body, user):
        self.at = at
        self.verb = verb
        self.group = group
        self.resource = resource
        self.subresource = subresource
        self.namespace = namespace
        self.name = name
        self.query = query
        self.body = body
        self.user = user
        self.code = None

    @property
    def rule(self):
        """(verb, group, resource/subresource), which a role has to allow."""
        resource = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        return self.verb, self.group, resource

    def __repr__(self):
        verb, group, resource = self.rule
        return f"{verb} {resource}.{group} {self.namespace}/{self.name} -> {self.code}"


class APIServer:
    """Runs until `close`. `url` and `token` are what a client needs."""

    def __init__(
        self, *resources, certificate=None, client_authority=None, port=0, token="token-1"
    ):
        self.resources = list(BUILT_IN) + list(resources)
        self.tokens = {token: "system:serviceaccount:headstart:headstart"}
        self.token = token
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.objects = {}
        self.versions = itertools.count(100)
        self.version = next(self.versions)
        # Every change: (version, resource, type, object).
        self.history = []
        self.oldest = 0
        self.calls = []
        self.rules = None
        self.faults = []
        self.stalled = False
        self.sends_bookmarks = True
        self.bookmark_interval = 1.0
        self.expired_continues = 0
        self._snapshots = {}
        self._generation = 0
        self._certificate = certificate
        self._client_authority = client_authority
        self._start(port)

    def _start(self, port):
        server = self

        class Handler(_Handler):
            api = server

        self._server = _Server(("127.0.0.1", port), Handler)
        if self._certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*map(str, self._certificate))
            if self._client_authority:
                context.load_verify_locations(str(self._client_authority))
                context.verify_mode = ssl.CERT_OPTIONAL
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    @property
    def url(self):
        return f"{'https' if self._certificate else 'http'}://127.0.0.1:{self.port}"

    def close(self):
        """Ends it, and every connection, as a crash would."""
        with self.lock:
            self._generation += 1
            self.changed.notify_all()
        self._server.shutdown()
        self._server.server_close()
        self._server.close_connections()
        self._thread.join(5)

    def come_back(self):
        """Serves again on the same port, with everything it knew, after `close`."""
        self._start(self.port)

    def kubeconfig(self, path, namespace="headstart", **user):
        """Writes a kubeconfig of this server and returns its path."""
        user = user or {"token": self.token}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": self.url}}],
            "users": [{"name": "test", "user": user}],
            "contexts": [
                {
                    "name": "test",
                    "context": {"cluster": "test", "user": "test", "namespace": namespace},
                }
            ],
        }
        # In one step: a server that was started with it before may be reading it.
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(config))
        draft.replace(path)
        return path

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
        resource = self.resource(kind)
        with self.lock:
            gone = self.objects.pop((resource.name, namespace, name))
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

    # Faults

    def fail(self, code, count=1, verb=None, resource=None, retry_after=None, message="fault"):
        """Answers the next calls that match with an error."""
        with self.lock:
            self.faults.append([count, code, verb, resource, retry_after, message])

    def stall_watches(self, stalled=True):
        """Watches stay open and say nothing, not even bookmarks; calls are answered."""
        with self.lock:
            self.stalled = stalled
            self.changed.notify_all()

    def compact(self):
        """Forgets the past: older resource versions and continue tokens have expired."""
        with self.lock:
            self.oldest = self.version
            self._snapshots.clear()
            self.history.clear()
            self.changed.notify_all()

    def end_watches(self):
        """Ends every watch, as the server does after its timeout."""
        with self.lock:
            self._generation += 1
            self.changed.notify_all()

    # RBAC

    def allow_only(self, rules, user=None):
        """Refuses all that no rule allows: dicts as in a Role, with an optional `namespace`."""
        self.rules = rules

    def used_rules(self):
        """Every (verb, group, resource) that was asked for."""
        with self.lock:
            return {call.rule for call in self.calls if call.resource}

    def calls_of(self, verb, resource, subresource=None):
        with self.lock:
            return [
                call
                for call in self.calls
                if (call.verb, call.resource, call.subresource) == (verb, resource, subresource)
            ]

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

    # Requests

    def handle(self, method, path, query, content_type, body, user, call):
        """The answer to everything but a watch: (code, object)."""
        if path == "/version":
            return 200, {"major": "1", "minor": "35", "gitVersion": "v1.35.0"}
        if method == "GET" and path in ("/api", "/apis"):
            return 200, self._groups(path)
        if method == "GET" and (group := re.fullmatch(r"/(?:api/(v1)|apis/([^/]+/[^/]+))", path)):
            return 200, self._discover(group[1] or group[2])
        resource, namespace, name, subresource = self.find(path)
        with self.lock:
            if subresource and subresource not in resource.subresources:
                raise PlainNotFound
            if method == "GET":
                if name is None:
                    return 200, self._list(resource, namespace, query)
                return 200, self._read(resource, namespace, name, subresource)
            if namespace is None and resource.namespaced:
                raise Failure(405, "MethodNotAllowed", "the server does not allow this method")
            given = self._body(method, content_type, body)
            if method == "POST":
                return 201, self._create(resource, namespace, given, query)
            if name is None:
                raise Failure(405, "MethodNotAllowed", "the server does not allow this method")
            return 200, self._change(
                method, resource, namespace, name, subresource, given, query
            )

    def find(self, path):
        """(resource, namespace, name, subresource) of a path."""
        parts = path.strip("/").split("/")
        if parts[0] == "apis" and len(parts) >= 4:
            version, rest = "/".join(parts[1:3]), parts[3:]
        elif parts[0] == "api" and len(parts) >= 3:
            version, rest = parts[1], parts[2:]
        else:
            raise PlainNotFound
        namespace = None
        if rest[0] == "namespaces" and len(rest) >= 3:
            namespace, rest = rest[1], rest[2:]
        for resource in self.resources:
            if (resource.api_version, resource.name) == (version, rest[0]) and len(rest) <= 3:
                name = rest[1] if len(rest) > 1 else None
                return resource, namespace, name, rest[2] if len(rest) > 2 else None
        raise PlainNotFound

    def _groups(self, path):
        """What kubectl asks for first: the versions of the core, or all other groups."""
        if path == "/api":
            return {"kind": "APIVersions", "versions": ["v1"]}
        versions = {}
        for item in self.resources:
            if item.group:
                versions.setdefault(item.group, set()).add(item.api_version)
        groups = []
        for group, names in sorted(versions.items()):
            entries = [
                {"groupVersion": name, "version": name.partition("/")[2]} for name in sorted(names)
            ]
            groups.append({"name": group, "versions": entries, "preferredVersion": entries[-1]})
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}

    def _discover(self, version):
        found = [item for item in self.resources if item.api_version == version]
        if not found:
            raise PlainNotFound
        verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
        entries = []
        for item in found:
            entries.append(
                {
                    "name": item.name,
                    "singularName": item.kind.lower(),
                    "namespaced": item.namespaced,
                    "kind": item.kind,
                    "verbs": verbs,
                }
            )
            for subresource in sorted(item.subresources):
                entry = {
                    "name": f"{item.name}/{subresource}",
                    "singularName": "",
                    "namespaced": item.namespaced,
                    "kind": item.kind,
                    "verbs": ["get", "patch", "update"],
                }
                if subresource == "scale":
                    entry |= {"group": "autoscaling", "version": "v1", "kind": "Scale"}
                entries.append(entry)
        return {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": version,
            "resources": entries,
        }

    @staticmethod
    def _body(method, content_type, body):
        kind = (content_type or "").partition(";")[0].strip()
        accepted = {
            "POST": ["application/json"],
            "PUT": ["application/json"],
            "PATCH": ["application/merge-patch+json"],
        }[method]
        if kind not in accepted:
            raise Failure(
                415,
                "UnsupportedMediaType",
                f"the body of the request was in an unknown format - accepted media types include: "
                f"{', '.join(accepted)}",
            )
        try:
            given = json.loads(body)
        except ValueError as error:
            raise Failure(400, "BadRequest", f"couldn't get version/kind; json parse error: {error}")
        if not isinstance(given, dict):
            raise Failure(400, "BadRequest", "the object provided is unrecognized")
        return given

    def _missing(self, resource, name):
        return Failure(
            404,
            "NotFound",
            f'{resource.qualified} "{name}" not found',
            {"name": name, "group": resource.group, "kind": resource.name},
        )

    def _conflict(self, resource, name):
        return Failure(
            409,
            "Conflict",
            f'Operation cannot be fulfilled on {resource.qualified} "{name}": the object has been '
            "modified; please apply your changes to the latest version and try again",
            {"name": name, "group": resource.group, "kind": resource.name},
        )

    @staticmethod
    def _invalid(group, kind, name, field, message):
        qualified = f"{kind}.{group}" if group else kind
        return Failure(
            422,
            "Invalid",
            f'{qualified} "{name}" is invalid: {field}: {message}',
            {
                "name": name,
                "group": group,
                "kind": kind,
                "causes": [
                    {"reason": "FieldValueInvalid", "message": message, "field": field}
                ],
            },
        )

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
                for key, item in sorted(self.objects.items(), key=lambda pair: pair[0][1:])
                if key[0] == resource.name and (namespace is None or key[1] == namespace)
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
            raise self._missing(resource, name)
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

    def _check_query(self, query):
        dry_run = query.get("dryRun")
        if dry_run not in (None, "All"):
            raise self._invalid("meta.k8s.io", "UpdateOptions", "", "dryRun", "Unsupported value")
        return dry_run == "All"

    def _check_identity(self, resource, namespace, name, given):
        """What the object says of itself must be what the path says."""
        for field, value in (("apiVersion", resource.api_version), ("kind", resource.kind)):
            if given.get(field) != value:
                raise Failure(
                    400,
                    "BadRequest",
                    f"the {field} in the data ({given.get(field)}) does not match the expected "
                    f"{field} ({value})",
                )
        metadata = given.get("metadata", {})
        if metadata.get("namespace") not in (None, "", namespace):
            raise Failure(
                400,
                "BadRequest",
                f"the namespace of the provided object does not match the namespace sent on the "
                f"request",
            )
        if name is not None and metadata.get("name") != name:
            raise Failure(
                400,
                "BadRequest",
                f"the name of the object ({metadata.get('name')}) does not match the name on the "
                f"URL ({name})",
            )

    def _validate(self, resource, stored):
        name = stored["metadata"]["name"]
        if not NAME.fullmatch(name) or len(name) > 253:
            raise self._invalid(
                resource.group, resource.kind, name, "metadata.name", f'Invalid value: "{name}"'
            )
        spec = stored.get("spec", {})
        if resource.kind == "Lease":
            for field in ("acquireTime", "renewTime"):
                value = spec.get(field)
                if value is not None and not MICRO_TIME.fullmatch(value):
                    raise Failure(400, "BadRequest", f"parsing time {value!r} as MicroTime")
            if spec.get("leaseDurationSeconds") is not None and spec["leaseDurationSeconds"] <= 0:
                raise self._invalid(
                    resource.group, "Lease", name, "spec.leaseDurationSeconds",
                    "must be greater than 0",
                )  # fmt: skip
        if resource.kind == "Event":
            self._validate_event(resource, stored)
        if resource.validate:
            problem = resource.validate(stored)
            if problem:
                raise self._invalid(resource.group, resource.kind, name, *problem)

    def _validate_event(self, resource, event):
        """Kubernetes' rules of events.k8s.io/v1, as far as a recorder can break them."""
        name = event["metadata"]["name"]

        def refuse(field, message):
            raise self._invalid("", "Event", name, field, message)

        if not MICRO_TIME.fullmatch(event.get("eventTime") or ""):
            refuse("eventTime", "Required value")
        for field, longest in (
            ("reportingController", 128),
            ("reportingInstance", 128),
            ("action", 128),
            ("reason", 128),
        ):
            value = event.get(field) or ""
            if not value:
                refuse(field, "Required value")
            if len(value) > longest:
                refuse(field, f"can have at most {longest} characters")
        if len(event.get("note") or "") > 1024:
            refuse("note", "can have at most 1024 characters")
        if event.get("type") not in ("Normal", "Warning"):
            refuse("type", f"Invalid value: {event.get('type')!r}")
        series = event.get("series")
        if series is not None:
            if series.get("count", 0) < 2:
                refuse("series.count", "should be at least 2")
            if not MICRO_TIME.fullmatch(series.get("lastObservedTime") or ""):
                refuse("series.lastObservedTime", "Required value")
        regarding = event.get("regarding", {}).get("namespace")
        if (regarding or "default") != event["metadata"].get("namespace"):
            refuse("involvedObject.namespace", "does not match event.namespace")

    def _create(self, resource, namespace, given, query):
        dry_run = self._check_query(query)
        self._check_identity(resource, namespace, None, given)
        metadata = given.setdefault("metadata", {})
        if not metadata.get("name"):
            raise self._invalid(
                resource.group, resource.kind, "", "metadata.name",
                "Required value: name or generateName is required",
            )  # fmt: skip
        if metadata.get("resourceVersion"):
            raise Failure(400, "BadRequest", "resourceVersion should not be set on objects to be created")
        key = (resource.name, namespace, metadata["name"])
        if key in self.objects:
            raise Failure(
                409,
                "AlreadyExists",
                f'{resource.qualified} "{key[2]}" already exists',
                {"name": key[2], "group": resource.group, "kind": resource.name},
            )
        created = self._new(resource, key, given)
        self._validate(resource, created)
        if dry_run:
            return created | {"metadata": created["metadata"] | {"resourceVersion": ""}}
        return self._store(resource, key, created, "ADDED")

    def _change(self, method, resource, namespace, name, subresource, given, query):
        dry_run = self._check_query(query)
        stored = self._stored(resource, namespace, name)
        if subresource == "scale":
            return self._change_scale(method, resource, stored, given, dry_run)
        if method == "PUT":
            self._check_identity(resource, namespace, name, given)
            updated = given
            wanted = given["metadata"].get("resourceVersion")
            if not wanted and resource.kind != "Lease":
                raise self._invalid(
                    resource.group, resource.kind, name, "metadata.resourceVersion",
                    "Invalid value: 0: must be specified for an update",
                )  # fmt: skip
        else:
            wanted = given.get("metadata", {}).get("resourceVersion")
            updated = merge(stored, given)
        if wanted and wanted != stored["metadata"]["resourceVersion"]:
            raise self._conflict(resource, name)
        if uid := given.get("metadata", {}).get("uid"):
            if uid != stored["metadata"]["uid"]:
                raise self._conflict(resource, name)
        updated = copy.deepcopy(updated)
        system = ("uid", "creationTimestamp", "generation", "namespace", "name")
        for field in system:
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
        if updated.get("spec") != stored.get("spec"):
            updated["metadata"]["generation"] = stored["metadata"]["generation"] + 1
        self._validate(resource, updated)
        return self._write(resource, stored, updated, dry_run)

    def _change_scale(self, method, resource, stored, given, dry_run):
        name = stored["metadata"]["name"]
        wanted = given.get("metadata", {}).get("resourceVersion")
        if wanted and wanted != stored["metadata"]["resourceVersion"]:
            raise self._conflict(resource, name)
        scale = given if method == "PUT" else merge(self._scale(stored), given)
        replicas = scale.get("spec", {}).get("replicas", 0)
        if not isinstance(replicas, int) or isinstance(replicas, bool):
            raise Failure(400, "BadRequest", "spec.replicas: json: cannot unmarshal into int32")
        if replicas < 0:
            raise self._invalid(
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
        return self._store(resource, key, updated, "MODIFIED")

    def authorize(self, call):
        if self.rules is None or not call.resource:
            return
        verb, group, resource = call.rule
        for rule in self.rules:
            if (
                any(item in (verb, "*") for item in rule["verbs"])
                and any(item in (group, "*") for item in rule["apiGroups"])
                and any(item in (resource, "*") for item in rule["resources"])
                and (not rule.get("resourceNames") or call.name in rule["resourceNames"])
                and rule.get("namespace", call.namespace) == call.namespace
            ):
                return
        scope = f'in the namespace "{call.namespace}"' if call.namespace else "at the cluster scope"
        qualified = f"{call.resource}.{group}" if group else call.resource
        shown = f'{qualified} "{call.name}"' if call.name else qualified
        raise Failure(
            403,
            "Forbidden",
            f'{shown} is forbidden: User "{call.user}" cannot {verb} resource "{resource}" in API '
            f'group "{group}" {scope}',
            {"group": group, "kind": call.resource, **({"name": call.name} if call.name else {})},
        )

    def fault(self, call):
        with self.lock:
            for fault in self.faults:
                count, code, verb, resource, retry_after, message = fault
                if verb not in (None, call.verb) or resource not in (None, call.resource):
                    continue
                fault[0] -= 1
                if fault[0] <= 0:
                    self.faults.remove(fault)
                reasons = {
                    429: "TooManyRequests",
                    500: "InternalError",
                    503: "ServiceUnavailable",
                    409: "Conflict",
                }
                headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
                raise Failure(code, reasons.get(code, "Unknown"), message, headers=headers)

    # Watches

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
        generation = self._generation
        next_bookmark = time.monotonic() + self.bookmark_interval
        while True:
            with self.lock:
                if seen < self.oldest:
                    message = f"too old resource version: {seen} ({self.oldest})"
                    send("ERROR", Failure(410, "Expired", message).status)
                    return
                events = [] if self.stalled else self._events(resource, namespace, seen)
                current = self.version
            for event, item in events:
                send(event, item)
            clock = time.monotonic()
            if not self.stalled:
                seen = current
                if bookmarks and clock >= next_bookmark:
                    next_bookmark = clock + self.bookmark_interval
                    send("BOOKMARK", self._bookmark(resource, seen))
            if clock >= deadline and not self.stalled:
                return
            with self.lock:
                if self._generation != generation:
                    return
                if self.version == seen or self.stalled:
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


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 512

    def __init__(self, *arguments):
        self._connections = set()
        self._guard = threading.Lock()
        super().__init__(*arguments)

    def process_request(self, request, address):
        with self._guard:
            self._connections.add(request)
        super().process_request(request, address)

    def shutdown_request(self, request):
        with self._guard:
            self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self):
        with self._guard:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(2)
            except OSError:
                pass

    def handle_error(self, request, address):
        """A client that goes away is no error of the server."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    api = None

    def log_message(self, *arguments):
        pass

    def _serve(self):
        split = urlsplit(self.path)
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        user = self._user()
        call = self._call(split.path, query, body, user)
        with self.api.lock:
            self.api.calls.append(call)
        try:
            if user is None:
                raise Failure(401, "Unauthorized", "Unauthorized")
            self.api.authorize(call)
            self.api.fault(call)
            if call.verb == "watch":
                self._watch(call, split.path, query)
                return
            code, answer = self.api.handle(
                self.command, split.path, query, self.headers.get("Content-Type"), body, user, call
            )
            self._answer(call, code, answer)
        except PlainNotFound:
            self._send(call, 404, b"404 page not found\n", "text/plain; charset=utf-8", {})
        except Failure as failure:
            self._answer(call, failure.code, failure.status, failure.headers)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _user(self):
        certificate = getattr(self.connection, "getpeercert", dict)()
        for ((name, value),) in (certificate or {}).get("subject", ()):
            if name == "commonName":
                return value
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        return self.api.tokens.get(token) if scheme == "Bearer" else None

    def _call(self, path, query, body, user):
        verb = CLUSTER_VERBS[self.command]
        resource = namespace = name = subresource = None
        group = ""
        try:
            found, namespace, name, subresource = self.api.find(path)
            group, resource = found.group, found.name
            if verb == "get" and name is None:
                verb = "watch" if query.get("watch") in ("1", "true") else "list"
        except PlainNotFound:
            pass
        try:
            given = json.loads(body) if body else None
        except ValueError:
            given = None
        return Call(
            time.monotonic(), verb, group, resource, subresource, namespace, name, query, given, user
        )

    def _answer(self, call, code, answer, headers=None):
        body = json.dumps(answer).encode()
        self._send(call, code, body, "application/json", headers or {})

    def _send(self, call, code, body, content_type, headers):
        call.code = code
        self.send_response(code)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _watch(self, call, path, query):
        resource, namespace, _, _ = self.api.find(path)
        call.code = 200
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

        def send(event, item):
            line = json.dumps({"type": event, "object": item}).encode() + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.flush()

        self.api.watch(resource, namespace, query, send)
        self.wfile.write(b"0\r\n\r\n")
