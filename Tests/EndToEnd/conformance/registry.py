"""The table of cases."""

from collections import Counter, namedtuple

Case = namedtuple("Case", "number section title outcome body opens")

SECTIONS = {
    "3.4": "HTTP/2 connection preface",
    "4.1": "Frame format",
    "4.2": "Frame size",
    "4.3": "Field section compression and decompression",
    "5.1": "Stream states",
    "5.1.1": "Stream identifiers",
    "5.2": "Flow control",
    "5.3": "Prioritization, deprecated",
    "5.4.1": "Connection error handling",
    "5.4.2": "Stream error handling",
    "5.5": "Extending HTTP/2",
    "6.1": "DATA",
    "6.2": "HEADERS",
    "6.3": "PRIORITY",
    "6.4": "RST_STREAM",
    "6.5": "SETTINGS",
    "6.5.2": "Defined settings",
    "6.6": "PUSH_PROMISE",
    "6.7": "PING",
    "6.8": "GOAWAY",
    "6.9": "WINDOW_UPDATE",
    "6.9.1": "The flow-control window",
    "6.9.2": "Initial flow-control window size",
    "6.10": "CONTINUATION",
    "8.1": "HTTP message framing",
    "8.1.1": "Malformed messages",
    "8.2.1": "Field validity",
    "8.2.2": "Connection-specific header fields",
    "8.3": "HTTP control data",
    "8.3.1": "Request pseudo-header fields",
    "8.5": "The CONNECT method",
    "hpack 2.2": "RFC 7541: Encoding and decoding contexts",
    "hpack 2.3.2": "RFC 7541: Dynamic table",
    "hpack 2.3.3": "RFC 7541: Index address space",
    "hpack 4.2": "RFC 7541: Maximum table size",
    "hpack 4.3": "RFC 7541: Entry eviction when dynamic table size changes",
    "hpack 4.4": "RFC 7541: Entry eviction when adding new entries",
    "hpack 5.1": "RFC 7541: Integer representation",
    "hpack 5.2": "RFC 7541: String literal representation",
    "hpack 6.1": "RFC 7541: Indexed header field representation",
    "hpack 6.2.2": "RFC 7541: Literal header field without indexing",
    "hpack 6.2.3": "RFC 7541: Literal header field never indexed",
    "hpack 6.3": "RFC 7541: Dynamic table size update",
    "grpc requests": "gRPC: Requests",
    "grpc messages": "gRPC: Length-Prefixed-Message",
    "grpc answers": "gRPC: Responses",
    "grpc errors": "gRPC: Errors",
    "grpc connection": "gRPC: Connection management",
}

CASES = []
_counts = Counter()


def case(section, title, outcome, opens=True):
    """Adds a case. Its body gets a `Wire`, on which HTTP/2 is open unless `opens` is False."""

    def add(body):
        _counts[section] += 1
        number = f"{section}/{_counts[section]}"
        CASES.append(Case(number, section, title, outcome, body, opens))
        return body

    return add


def sends(section, title, outcome, *frames, opens=True):
    """Adds a case that sends these frames."""
    case(section, title, outcome, opens)(lambda wire: wire.send(*frames))
