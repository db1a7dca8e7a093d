"""Signature Version 4, computed once more from what a server received."""

import hashlib
import hmac
import re
import urllib.parse


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _encode(text):
    return urllib.parse.quote(text, safe="-_.~")


def problem(request, secret, region, service):
    """What is wrong with the signature of a request of FakeAPI; None for a good one."""
    headers = request["headers"]
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, "
        r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})",
        headers.get("authorization", ""),
    )
    if not found:
        return "no signature"
    _, day, its_region, its_service, names, signature = found.groups()
    if (its_region, its_service) != (region, service):
        return f"signed for {its_region}/{its_service}"
    signed = names.split(";")
    must = {"host", "x-amz-date"} | {name for name in headers if name.startswith("x-amz-")}
    if "content-type" in headers:
        must.add("content-type")
    if signed != sorted(signed) or not must <= set(signed):
        return f"not signed: {must - set(signed)}"
    if not headers["x-amz-date"].startswith(day):
        return "another day"
    path, _, query = request["target"].partition("?")
    pairs = sorted(
        (_encode(name), _encode(value))
        for name, value in urllib.parse.parse_qsl(query, keep_blank_values=True)
    )
    canonical = "\n".join(
        [
            request["method"],
            "/".join(_encode(part) for part in path.split("/")),
            "&".join(f"{name}={value}" for name, value in pairs),
            "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in signed),
            names,
            hashlib.sha256(request["body"].encode()).hexdigest(),
        ]
    )
    scope = f"{day}/{region}/{service}/aws4_request"
    text = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            headers["x-amz-date"],
            scope,
            hashlib.sha256(canonical.encode()).hexdigest(),
        ]
    )
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = _hmac(key, part)
    if hmac.new(key, text.encode(), hashlib.sha256).hexdigest() != signature:
        return f"the signature is not that of\n{canonical}"
    return None
