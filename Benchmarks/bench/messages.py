"""The bytes that KEDA sends and Headstart answers, encoded by hand: a few fields, no library."""

import struct

NAME, NAMESPACE, METRIC, LEAD_TIME = "web", "default", "desired_replicas", "10m"


def prefixed(message):
    """A gRPC message: not compressed, and its length."""
    return b"\0" + struct.pack(">I", len(message)) + message


def _field(number, content):
    """A field of bytes. Everything here is shorter than 128 bytes: lengths take one byte."""
    content = content.encode() if isinstance(content, str) else content
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


def scaled_object(name=NAME, namespace=NAMESPACE, lead_time=LEAD_TIME):
    """A ScaledObjectRef with the metadata that a recorded KEDA 2.18 sends, in its order.

    Its lead time overrides the policy's; None leaves it out.
    """
    metadata = [("scalerAddress", "localhost:50072"), ("workload", name)]
    if lead_time:
        metadata.insert(0, ("leadTime", lead_time))
    entries = b"".join(_field(3, _field(1, key) + _field(2, value)) for key, value in metadata)
    return _field(1, name) + _field(2, namespace) + entries


def get_metrics(name=NAME, lead_time=LEAD_TIME):
    return _field(1, scaled_object(name, lead_time=lead_time)) + _field(2, METRIC)


def metrics_response(replicas):
    """What Headstart, and any server with generated code, answers for fewer than 128 replicas."""
    assert 0 < replicas < 128
    value = b"\x10" + bytes([replicas]) + b"\x19" + struct.pack("<d", replicas)
    return _field(1, _field(1, METRIC) + value)


IS_ACTIVE_RESPONSE = b"\x08\x01"
