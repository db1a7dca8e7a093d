"""grpc.health.v1 and both versions of reflection, asked by their Python packages."""

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from harness.policies import fixed, policy

SERVICES = [
    "externalscaler.ExternalScaler",
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
]
Status = health_pb2.HealthCheckResponse


@pytest.fixture
def server(headstart):
    return headstart(policies={"a.yaml": policy("my-api", fixed(3))})


def health(server):
    return health_pb2_grpc.HealthStub(server.channel())


@pytest.mark.parametrize("service", ["", "externalscaler.ExternalScaler"])
def test_check_says_serving(server, service):
    answer = health(server).Check(health_pb2.HealthCheckRequest(service=service), timeout=5)
    assert answer.status == Status.SERVING


def test_check_of_an_unknown_service_is_not_found(server):
    with pytest.raises(grpc.RpcError) as caught:
        health(server).Check(health_pb2.HealthCheckRequest(service="no.Such"), timeout=5)
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND


def test_watch_says_not_serving_at_sigterm_and_ends_with_ok(server):
    watch = health(server).Watch(health_pb2.HealthCheckRequest(), timeout=20)
    assert next(watch).status == Status.SERVING
    server.terminate()
    assert [answer.status for answer in watch] == [Status.NOT_SERVING]
    assert watch.code() == grpc.StatusCode.OK
    assert server.wait() == 0


def test_watch_of_an_unknown_service_stays_open(server):
    watch = health(server).Watch(health_pb2.HealthCheckRequest(service="no.Such"), timeout=2)
    assert next(watch).status == Status.SERVICE_UNKNOWN
    with pytest.raises(grpc.RpcError) as caught:
        next(watch)
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED


def test_grpcio_lists_and_describes_everything(server):
    database = ProtoReflectionDescriptorDatabase(server.channel())
    assert sorted(database.get_services()) == SERVICES

    pool = descriptor_pool.DescriptorPool(database)
    service = pool.FindServiceByName("externalscaler.ExternalScaler")
    methods = {
        method.name: (method.input_type.name, method.output_type.name, method.server_streaming)
        for method in service.methods
    }
    assert methods == {
        "IsActive": ("ScaledObjectRef", "IsActiveResponse", False),
        "StreamIsActive": ("ScaledObjectRef", "IsActiveResponse", True),
        "GetMetricSpec": ("ScaledObjectRef", "GetMetricSpecResponse", False),
        "GetMetrics": ("GetMetricsRequest", "GetMetricsResponse", False),
        "StreamMetricSpec": ("ScaledObjectRef", "GetMetricSpecResponse", True),
    }
    reference = pool.FindMessageTypeByName("externalscaler.ScaledObjectRef")
    assert [(field.number, field.name) for field in reference.fields] == [
        (1, "name"),
        (2, "namespace"),
        (3, "scalerMetadata"),
    ]
    for name in SERVICES:
        assert pool.FindServiceByName(name).full_name == name


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_one_stream_answers_question_after_question(server, version):
    call = server.channel().stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    Request = reflection_pb2.ServerReflectionRequest
    questions = [
        Request(host="here", list_services="*"),
        Request(file_containing_symbol="externalscaler.ExternalScaler.GetMetrics"),
        Request(file_by_filename="grpc/health/v1/health.proto"),
        Request(file_containing_symbol="no.Such"),
        Request(file_by_filename="no/such.proto"),
        Request(all_extension_numbers_of_type="externalscaler.MetricSpec"),
        Request(),
        Request(list_services=""),
    ]
    answers = list(call(iter(questions), timeout=10))
    assert [answer.original_request for answer in answers] == questions
    assert answers[0].valid_host == "here"
    for answer in (answers[0], answers[7]):
        assert [service.name for service in answer.list_services_response.service] == SERVICES
    for answer, name in (
        (answers[1], "externalscaler.proto"),
        (answers[2], "grpc/health/v1/health.proto"),
    ):
        (file,) = answer.file_descriptor_response.file_descriptor_proto
        assert descriptor_pb2.FileDescriptorProto.FromString(file).name == name
    for answer in answers[3:5]:
        assert answer.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]
        assert "no" in answer.error_response.error_message
    assert (
        answers[5].all_extension_numbers_response.base_type_name == "externalscaler.MetricSpec"
    )
    assert answers[6].error_response.error_code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
