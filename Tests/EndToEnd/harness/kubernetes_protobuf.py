"""Kubernetes' protobuf, in which helm sends its releases, and kubectl new namespaces (answers are JSON)."""

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
MAGIC = b"k8s\0"


def decoded(body):
    """The object of a body: the magic, then an envelope of kind and message. None for kinds that no one sends."""
    assert body.startswith(MAGIC)
    envelope = fields(body[len(MAGIC) :])
    (kind,), (raw,) = envelope[1], envelope[2]
    name = fields(kind)[2][0].decode()
    if name not in ("ConfigMap", "Namespace"):
        return None
    found = fields(raw)
    (metadata,) = map(fields, found[1])
    texts = {"name": 1, "namespace": 3, "uid": 5, "resourceVersion": 6}
    given = {text: metadata[number][0].decode() for text, number in texts.items()
             if metadata.get(number, [b""])[0]}  # fmt: skip
    return {
        "apiVersion": "v1",
        "kind": name,
        "metadata": given | {"labels": entries(metadata.get(11, []))},
        **({"data": entries(found.get(2, []))} if name == "ConfigMap" else {}),
    }


def entries(pairs):
    """A map of texts, which is a list of messages."""
    decoded = [fields(pair) for pair in pairs]
    return {pair[1][0].decode(): pair.get(2, [b""])[0].decode() for pair in decoded}


def fields(message):
    """The values of each field by its number: numbers, or bytes."""
    found, place = {}, 0
    while place < len(message):
        tag, place = varint(message, place)
        value, place = varint(message, place)
        if tag & 7 == 2:
            value, place = message[place : place + value], place + value
        else:
            assert tag & 7 == 0, f"wire type {tag & 7} is not expected"
        found.setdefault(tag >> 3, []).append(value)
    return found


def varint(message, place):
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
