"""Client code that grpc_tools generates from the project's own proto files."""

import importlib
import sys

from grpc_tools import protoc

from .paths import PROTOS


def generate(directory):
    """Generates into `directory` and returns (messages, services) of externalscaler.proto."""
    status = protoc.main(
        [
            "protoc",
            f"--proto_path={PROTOS}",
            f"--python_out={directory}",
            f"--grpc_python_out={directory}",
            "externalscaler.proto",
        ]
    )
    assert status == 0, "grpc_tools could not compile Protos/externalscaler.proto"
    sys.path.insert(0, str(directory))
    try:
        return (
            importlib.import_module("externalscaler_pb2"),
            importlib.import_module("externalscaler_pb2_grpc"),
        )
    finally:
        sys.path.remove(str(directory))


class Scaler:
    """The five RPCs, called as KEDA calls them."""

    def __init__(self, messages, services, channel):
        self.messages = messages
        self.stub = services.ExternalScalerStub(channel)

    def reference(self, name="my-api", namespace="default", **metadata):
        return self.messages.ScaledObjectRef(
            name=name, namespace=namespace, scalerMetadata=metadata
        )

    def metric_spec(self, *arguments, timeout=5, **metadata):
        answer = self.stub.GetMetricSpec(self.reference(*arguments, **metadata), timeout=timeout)
        (spec,) = answer.metricSpecs
        return spec

    def value(self, *arguments, metric="desired_replicas", timeout=5, **metadata):
        """The one MetricValue of GetMetrics."""
        request = self.messages.GetMetricsRequest(
            scaledObjectRef=self.reference(*arguments, **metadata), metricName=metric
        )
        (value,) = self.stub.GetMetrics(request, timeout=timeout).metricValues
        return value

    def replicas(self, *arguments, **metadata):
        """The answer of GetMetrics, after a look at the invariants of every answer."""
        value = self.value(*arguments, **metadata)
        assert value.metricValue == value.metricValueFloat
        return value.metricValue

    def active(self, *arguments, timeout=5, **metadata):
        return self.stub.IsActive(self.reference(*arguments, **metadata), timeout=timeout).result
