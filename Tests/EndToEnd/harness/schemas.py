"""Whether an object is what its API takes: no unknown field, no wrong type, nothing missing.

The schemas of Kubernetes' own kinds, those of the Prometheus Operator and of cert-manager come from
packages, and those of Headstart's own kinds from deploy/crds.
"""

import functools
import importlib
import json

import jsonschema
import kubernetes_validate
import yaml

from .paths import ROOT

# The oldest one that the manifests are for, and the newest one that there are schemas of.
KUBERNETES_VERSIONS = ("1.30", "1.37")
MODELS = {
    "monitoring.coreos.com/v1": "cloudcoil.models.prometheus_operator.v1",
    "cert-manager.io/v1": "cloudcoil.models.cert_manager.v1",
}
# KEDA's objects are samples here, and part of no deployment.
WITHOUT_SCHEMA = "keda.sh/v1alpha1"
CRDS = ROOT / "deploy" / "crds"


def complaint(item, versions=KUBERNETES_VERSIONS):
    """(field, message) of the first mistake in the object, or None."""
    if item["apiVersion"] == WITHOUT_SCHEMA:
        return None
    versions = versions if kind_of(item) not in custom() else [None]
    text = json.dumps(item)
    return next(filter(None, (complaint_of(text, version) for version in versions)), None)


@functools.cache
def complaint_of(text, version):
    """As `complaint` of the object's text, by the schemas of one version of Kubernetes."""
    item = json.loads(text)
    try:
        if version is None:
            custom()[kind_of(item)]().validate(item)
        else:
            kubernetes_validate.validate(item, version, strict=True)
    except jsonschema.ValidationError as error:
        # The package keeps the attributes of the error, and not its class.
        place = getattr(error, "relative_path", None) or error.path
        return ".".join(map(str, place)), f"{error.message} (Kubernetes {version})"
    return None


def kind_of(item):
    return item["apiVersion"], item["kind"]


@functools.cache
def custom():
    """What makes the validator, by version and kind, for all that is not Kubernetes' own."""
    found = {}
    for path in [*CRDS.glob("*.yaml"), *CRDS.glob("compat/*.yaml")]:
        spec = yaml.safe_load(path.read_text())["spec"]
        for version in spec["versions"]:
            schema = version["schema"]["openAPIV3Schema"]
            key = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
            # OpenAPI 3.0 has draft 4's exclusiveMinimum: a boolean.
            found[key] = functools.partial(jsonschema.Draft4Validator, closed(schema))
    for api_version, kind in (
        ("monitoring.coreos.com/v1", "ServiceMonitor"),
        ("monitoring.coreos.com/v1", "PrometheusRule"),
        ("cert-manager.io/v1", "Certificate"),
    ):
        found[api_version, kind] = functools.partial(modelled, api_version, kind)
    return found


@functools.cache
def modelled(api_version, kind):
    """The validator of a kind that a package has a model of."""
    model = getattr(importlib.import_module(MODELS[api_version]), kind)
    return jsonschema.Draft202012Validator(closed(model.model_json_schema(by_alias=True)))


def closed(schema):
    """The schema as JSON schema: what it does not list, the API server would drop."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict):
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            changed.setdefault("additionalProperties", False)
    return changed
