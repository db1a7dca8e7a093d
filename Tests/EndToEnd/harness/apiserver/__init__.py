"""A Kubernetes API server for tests, after the recordings in Tests/Fixtures/kubernetes."""

from .call import Call
from .failures import Failure, PlainNotFound
from .resources import EASYSCALE, EASYSCALE_OWN, ELASTI, ELASTI_OWN, HEADSTART, KEDA, Resource
from .server import APIServer

__all__ = [
    "APIServer", "Call", "EASYSCALE", "EASYSCALE_OWN", "ELASTI", "ELASTI_OWN", "Failure", "HEADSTART", "KEDA",
    "PlainNotFound", "Resource",
]  # fmt: skip
