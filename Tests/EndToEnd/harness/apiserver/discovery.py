"""What kubectl and helm ask an API server for before they begin: its groups, kinds and fields."""

from .failures import PlainNotFound


def groups(resources, path):
    """What kubectl asks for first: the versions of the core, or all other groups."""
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    versions = {}
    for item in resources:
        if item.group:
            versions.setdefault(item.group, set()).add(item.api_version)
    groups = []
    for group, names in sorted(versions.items()):
        entries = [
            {"groupVersion": name, "version": name.partition("/")[2]} for name in sorted(names)
        ]
        groups.append({"name": group, "versions": entries, "preferredVersion": entries[-1]})
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def discover(resources, version):
    found = [item for item in resources if item.api_version == version]
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


def openapi(resources, group):
    """As much of OpenAPI as says to kubectl and helm that the server validates fields."""
    versions = {item.api_version for item in resources}
    paths = {f"{'apis' if '/' in version else 'api'}/{version}": version for version in versions}
    if not group:
        urls = {path: {"serverRelativeURL": f"/openapi/v3/{path}"} for path in sorted(paths)}
        return {"paths": urls}
    if group not in paths:
        raise PlainNotFound
    parameters = [{"name": name, "in": "query"} for name in ("dryRun", "fieldValidation")]
    operations = {}
    for item in resources:
        if item.api_version == paths[group]:
            version = item.api_version.rpartition("/")[2]
            kind = {"group": item.group, "version": version, "kind": item.kind}
            operation = {"parameters": parameters, "x-kubernetes-group-version-kind": kind}
            operations[f"/{group}/{item.name}/{{name}}"] = {"patch": operation}
    return {"openapi": "3.0.0", "paths": operations}
