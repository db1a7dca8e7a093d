"""What the API server of the tests demands of requests and objects."""

import json
import re

import yaml

from .. import kubernetes_protobuf
from .failures import Failure, invalid

# The media type of server-side apply.
APPLY = "application/apply-patch+yaml"
PROTOBUF = kubernetes_protobuf.MEDIA_TYPE
MICRO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


def body(method, content_type, body):
    kind = (content_type or "").partition(";")[0].strip()
    accepted = {
        "POST": ["application/json", PROTOBUF],
        "PUT": ["application/json", PROTOBUF],
        "PATCH": ["application/merge-patch+json", APPLY],
    }[method]
    if kind not in accepted:
        raise Failure(
            415,
            "UnsupportedMediaType",
            f"the body of the request was in an unknown format - accepted media types include: "
            f"{', '.join(accepted)}",
        )
    try:
        if kind == PROTOBUF:
            given = kubernetes_protobuf.decoded(body)
        else:
            given = yaml.safe_load(body) if kind == APPLY else json.loads(body)
    except (ValueError, yaml.YAMLError) as error:
        raise Failure(400, "BadRequest", f"couldn't get version/kind; json parse error: {error}")
    if not isinstance(given, dict):
        raise Failure(400, "BadRequest", "the object provided is unrecognized")
    return given


def check_query(query):
    dry_run = query.get("dryRun")
    if dry_run not in (None, "All"):
        raise invalid("meta.k8s.io", "UpdateOptions", "", "dryRun", "Unsupported value")
    return dry_run == "All"


def check_identity(resource, namespace, name, given):
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


def validate(resource, stored, *judges):
    name = stored["metadata"]["name"]
    if not NAME.fullmatch(name) or len(name) > 253:
        raise invalid(
            resource.group, resource.kind, name, "metadata.name", f'Invalid value: "{name}"'
        )
    spec = stored.get("spec", {})
    if resource.kind == "Lease":
        for field in ("acquireTime", "renewTime"):
            value = spec.get(field)
            if value is not None and not MICRO_TIME.fullmatch(value):
                raise Failure(400, "BadRequest", f"parsing time {value!r} as MicroTime")
        if spec.get("leaseDurationSeconds") is not None and spec["leaseDurationSeconds"] <= 0:
            raise invalid(
                resource.group, "Lease", name, "spec.leaseDurationSeconds",
                "must be greater than 0",
            )  # fmt: skip
    if resource.kind == "Event":
        validate_event(resource, stored)
    for judge in filter(None, (*judges, resource.validate)):
        if problem := judge(stored):
            raise invalid(resource.group, resource.kind, name, *problem)


def validate_event(resource, event):
    """Kubernetes' rules of events.k8s.io/v1, as far as a recorder can break them."""
    name = event["metadata"]["name"]

    def refuse(field, message):
        raise invalid("", "Event", name, field, message)

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
