"""The values of the Helm chart, and their schema."""

import json

import yaml

from .deployment import CHART

VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA = json.loads((CHART / "values.schema.json").read_text())

ISSUER = {"name": "internal", "kind": "ClusterIssuer"}
CERTIFICATE = {"certManager": {"enabled": True, "issuerRef": ISSUER}}


def leaves(schema, path=()):
    """The paths of all values that the schema describes, objects of free form as one."""
    for key, inner in schema["properties"].items():
        here = ".".join((*path, key))
        if "properties" in inner and here != "certManager.issuerRef":
            yield from leaves(inner, (*path, key))
        elif here != "global":
            yield here
