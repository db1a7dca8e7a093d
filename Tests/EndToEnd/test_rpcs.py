"""The unary RPCs, asked by grpcio (C-core) with code generated from our own protos."""

import grpc
import pytest

from harness.policies import fixed, policy

SCALER = "/externalscaler.ExternalScaler/"


@pytest.fixture
def server(headstart):
    return headstart(
        policies={
            "policies.yaml": "\n---\n".join(
                [
                    policy("my-api", fixed(20)),
                    policy("other", fixed(7)),
                    policy("nothing", fixed(0)),
                    policy("shared", fixed(4), namespace=None),
                    policy("my-api", fixed(2), namespace="team-b"),
                    policy("bounded", fixed(20), limits={"minReplicas": 2, "maxReplicas": 5}),
                ]
            )
        }
    )


def code_of(call, *arguments, **options):
    """The status and the message with which a call fails."""
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments, **options)
    return caught.value.code(), caught.value.details()


def raw(channel, method, path=SCALER):
    """A unary call of bytes."""
    return channel.unary_unary(path + method)


def test_metric_spec_names_one_metric_with_target_one_in_both_fields(server, scaler):
    spec = scaler(server).metric_spec("my-api")
    assert (spec.metricName, spec.targetSize, spec.targetSizeFloat) == ("desired_replicas", 1, 1.0)


def test_metrics_return_one_value_in_both_fields(server, scaler):
    value = scaler(server).value("my-api")
    assert (value.metricName, value.metricValue, value.metricValueFloat) == (
        "desired_replicas",
        20,
        20.0,
    )


def test_active_means_one_replica_or_more(server, scaler):
    client = scaler(server)
    assert client.active("my-api") is True
    assert client.active("nothing") is False
    assert client.replicas("nothing") == 0


@pytest.mark.parametrize(
    "name, namespace, metadata, replicas",
    [
        ("my-api", "default", {}, 20),
        ("my-api", "team-b", {}, 2),
        # Metadata policy, then metadata workload, then the name of the ScaledObject.
        ("my-api", "default", {"policy": "other"}, 7),
        ("my-api", "default", {"workload": "other"}, 7),
        ("my-api", "default", {"policy": "nothing", "workload": "other"}, 0),
        ("x", "default", {"workload": "my-api", "leadTime": "10m"}, 20),
        # The namespace of the ScaledObject first, then the policies without one.
        ("shared", "default", {}, 4),
        ("x", "elsewhere", {"policy": "shared"}, 4),
        # KEDA passes all keys.
        ("my-api", "default", {"scalerAddress": "headstart:50051", "unknown": "x"}, 20),
        ("bounded", "default", {}, 5),
    ],
)
def test_the_policy_is_chosen_as_designed(server, scaler, name, namespace, metadata, replicas):
    assert scaler(server).replicas(name, namespace, **metadata) == replicas


def test_metadata_renames_the_metric(server, scaler):
    client = scaler(server)
    assert client.metric_spec("my-api", metricName="wanted").metricName == "wanted"
    assert client.replicas("my-api", metric="wanted", metricName="wanted") == 20


@pytest.mark.parametrize("metadata, own", [({}, "desired_replicas"), ({"metricName": "own"}, "own")])
def test_a_metric_is_returned_under_the_name_that_was_asked_for(server, scaler, metadata, own):
    client = scaler(server)
    # Again, since the second time the request may be known.
    for asked in ["", own, "other", own[:-1], own + "x", ""] * 2:
        value = client.value("my-api", metric=asked, **metadata)
        assert (value.metricName, value.metricValue) == (asked or own, 20)


@pytest.mark.parametrize(
    "metadata, code, words",
    [
        ({"policy": "absent"}, grpc.StatusCode.NOT_FOUND, ["absent"]),
        ({"leadTime": "soon"}, grpc.StatusCode.INVALID_ARGUMENT, ["leadTime", "soon"]),
        ({"leadTime": "-5m"}, grpc.StatusCode.INVALID_ARGUMENT, ["leadTime"]),
    ],
)
def test_a_bad_trigger_is_reported_by_metrics_but_has_a_spec(
    server, scaler, metadata, code, words
):
    client = scaler(server)
    assert client.metric_spec("my-api", **metadata).targetSize == 1
    for call in (client.value, client.active):
        status, message = code_of(call, "my-api", **metadata)
        assert status == code
        assert all(word in message for word in words), message


def test_without_policy_and_forecaster_the_answer_says_so(server, scaler):
    client = scaler(server)
    assert client.metric_spec("unheard").targetSize == 1
    status, message = code_of(client.value, "unheard")
    assert status == grpc.StatusCode.NOT_FOUND
    assert "unheard" in message


def test_ten_thousand_metadata_keys(server, scaler):
    metadata = {f"key-{index}": "v" * 20 for index in range(10_000)}
    assert scaler(server).replicas("x", **metadata, workload="my-api") == 20


@pytest.mark.parametrize(
    "message, words",
    [
        (b"\x0a\x02\xff\xfe", ["name", "UTF-8"]),
        (b"\x0a\x01x\x12\x02\xc0\x80", ["namespace", "UTF-8"]),
        (b"\x1a\x0d\x0a\x08workload\x12\x01\xff", ["workload", "UTF-8"]),
        (b"\x0a\x05web", ["ScaledObjectRef"]),
        (b"\x08\x01", ["ScaledObjectRef"]),
        (b"\xff" * 40, ["ScaledObjectRef"]),
    ],
)
@pytest.mark.parametrize("method", ["IsActive", "GetMetricSpec"])
def test_bytes_that_are_no_reference_are_refused(server, message, words, method):
    channel = server.channel()
    status, text = code_of(raw(channel, method), message, timeout=5)
    assert status in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL)
    assert all(word in text for word in words), text


def test_metrics_without_a_reference_are_refused(server):
    status, text = code_of(raw(server.channel(), "GetMetrics"), b"", timeout=5)
    assert status in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND)
    assert text


@pytest.mark.parametrize(
    "path",
    [
        "/externalscaler.ExternalScaler/Scale",
        "/externalscaler.ExternalScaler/",
        "/externalscaler.Scaler/IsActive",
        "/nothing",
        "/",
    ],
)
def test_unknown_methods_are_unimplemented(server, path):
    status, text = code_of(server.channel().unary_unary(path), b"", timeout=5)
    assert status == grpc.StatusCode.UNIMPLEMENTED
    assert text


def reference_of_size(generated, size):
    """A ScaledObjectRef of exactly that many bytes."""
    messages, _ = generated
    filler = size - 100
    while True:
        message = messages.ScaledObjectRef(
            name="my-api", namespace="default", scalerMetadata={"filler": "x" * filler}
        ).SerializeToString()
        if len(message) == size:
            return message
        filler += size - len(message)


def test_a_message_of_4_mib_is_read_and_one_byte_more_is_refused(server, generated):
    limit = 4 << 20
    call = raw(server.channel(), "IsActive")
    assert call(reference_of_size(generated, limit), timeout=10) == b"\x08\x01"
    status, text = code_of(call, reference_of_size(generated, limit + 1), timeout=10)
    assert status == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "4194304" in text or "4 MiB" in text


def test_a_compressed_message_is_refused_with_what_is_accepted(server, generated):
    call = raw(server.channel(), "IsActive")
    status, text = code_of(
        call, reference_of_size(generated, 10_000), timeout=5, compression=grpc.Compression.Gzip
    )
    assert status == grpc.StatusCode.UNIMPLEMENTED
    assert "gzip" in text


def test_deadlines_that_run_out_under_way_harm_nothing(server, scaler):
    client = scaler(server)
    request = client.reference("my-api")
    # Shorter and longer than a call takes.
    calls = [client.stub.IsActive.future(request, timeout=n / 20_000) for n in range(400)]
    codes = {call.code() for call in calls}
    assert codes <= {grpc.StatusCode.OK, grpc.StatusCode.DEADLINE_EXCEEDED}
    assert grpc.StatusCode.DEADLINE_EXCEEDED in codes
    assert client.replicas("my-api") == 20


def test_values_are_fresh_in_every_call(server, scaler):
    client = scaler(server)
    futures = [
        client.stub.IsActive.future(client.reference("my-api"), timeout=10) for _ in range(1000)
    ]
    assert all(future.result().result for future in futures)
