"""Servers that repeat the credentials that they get, in every way that servers have."""

import base64
import html
import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import pytest

from harness.policies import policy, query, source
from harness.server import run_command
from harness.waiting import eventually

TOKEN = 's3cret/t0ken+"of"&<a>=long%41enough'


def prometheus(**answer):
    return json.dumps(answer)


def sample(value="1", **labels):
    return {"metric": labels, "value": [0, value]}


def vector(*samples, kind="vector"):
    return {"resultType": kind, "result": list(samples)}


def escaped(text):
    """As PHP writes JSON."""
    return json.dumps(text)[1:-1].replace("/", "\\/")


def every(pattern, text):
    return "".join(pattern % byte for byte in text.encode())


# What makes text of the token; each is repeated in the body of an HTTP 500.
FORMS = {
    "plain": lambda token: token,
    "capitals": str.upper,
    "json": escaped,
    "json, every character": lambda token: "".join(f"\\u{ord(each):04x}" for each in token),
    "json twice": lambda token: escaped(escaped(token)),
    "url": urllib.parse.quote,
    "url, every character": lambda token: every("%%%02x", token),
    "url twice": lambda token: urllib.parse.quote(urllib.parse.quote(token, safe=""), safe=""),
    "html": html.escape,
    "html, every character": lambda token: every("&#%d;", token),
    "xml, every character": lambda token: every("&#x%X;", token),
    "json in html": lambda token: html.escape(escaped(token)),
    "url in json": lambda token: urllib.parse.quote(token).replace("%", "\\u0025"),
    "hexadecimal": lambda token: token.encode().hex(),
    "a dump": lambda token: token.encode().hex(" "),
    "base64": lambda token: base64.b64encode(token.encode()).decode(),
    # From the first digit that is of the token alone.
    "base64 of more": lambda token: base64.b64encode(f"Bearer {token}!".encode()).decode()[10:-4],
    "base64 of capitals": lambda token: base64.b64encode(token.upper().encode()).decode(),
    "base64 for urls": lambda token: base64.urlsafe_b64encode(token.encode()).decode(),
    "base64 in lines": lambda token: "\r\n".join(
        base64.b64encode(token.encode()).decode()[start : start + 16] for start in range(0, 48, 16)
    ),
    "cut short": lambda token: token[: len(token) * 2 // 3],
}

# Where the token stands in an answer.
PLACES = {
    "an error": lambda token: (400, prometheus(status="error", errorType="bad_data", error=token)),
    "an error type": lambda token: (
        500,
        prometheus(status="error", errorType=token, error="x"),
    ),
    "an error of another shape": lambda token: (503, json.dumps({"detail": [{"msg": token}]})),
    "an error inside another": lambda token: (
        502,
        json.dumps({"error": {"message": json.dumps({"authorization": token})}}),
    ),
    "an error that is no object": lambda token: (500, json.dumps([token])),
    "an error with numbers": lambda token: (
        422,
        json.dumps({"status": "error", "errorType": 422, "error": token}),
    ),
    "no JSON": lambda token: (200, token),
    "JSON that breaks off": lambda token: (200, json.dumps({"status": token})[:-1]),
    "a key": lambda token: (200, json.dumps({token: 1, "status": "success"})),
    "a key twice": lambda token: (200, f"{{{json.dumps(token)}: 1, {json.dumps(token)}: 1}}"),
    "a type": lambda token: (
        200,
        prometheus(status="success", data=vector(sample(), kind=token)),
    ),
    "labels": lambda token: (
        200,
        prometheus(status="success", data=vector(sample(a=token), sample(b=token))),
    ),
    "a value": lambda token: (200, prometheus(status="success", data=vector(sample(token)))),
    "a warning": lambda token: (
        200,
        prometheus(status="success", warnings=[token], data=vector(sample())),
    ),
    "an information": lambda token: (
        200,
        prometheus(status="success", infos=[token], data=vector(sample())),
    ),
}


# Where nothing of the answer is shown.
SILENT = {"JSON that breaks off", "a key", "an information"}


class Echo:
    """Answers `/NUMBER/…` with the answer of that number, made of the token that was sent."""

    def __init__(self, answers):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                token = self.headers["Authorization"].removeprefix("Bearer ")
                number = int(self.path.split("/")[1])
                status, body = answers[number](token)
                self.send_response(status, "Said")
                self.send_header("X-Authorization", token)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def strings(value):
    """All texts of JSON, keys included."""
    if isinstance(value, dict):
        value = [each for pair in value.items() for each in pair]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return [value] if isinstance(value, str) else []


def said(text):
    """A text as it is, and the texts in it where its lines are JSON."""
    found = [text]
    for line in text.splitlines():
        try:
            found += strings(json.loads(line))
        except ValueError:
            pass
    return "\n".join(found)


@pytest.mark.parametrize("kind", ["forms", "places"])
def test_no_repetition_of_a_token_is_shown(headstart, scaler, tmp_path, kind):
    token = tmp_path / "token"
    token.write_text(TOKEN)
    if kind == "forms":
        answers = [lambda sent, form=form: (500, f"no: {form(sent)}.") for form in FORMS.values()]
        hidden = [form(TOKEN) for form in FORMS.values()]
    else:
        answers, hidden = list(PLACES.values()), [TOKEN, escaped(TOKEN), json.dumps(TOKEN)[1:-1]]
    echo = Echo(answers)
    policies = {}
    for number in range(len(answers)):
        address = f"{echo.url}/{number}"
        origin = source(f"s{number}", "prometheus", address, bearerTokenFile=str(token))
        policies[f"p{number}.yaml"] = policy(f"p{number}", query("up", origin=f"s{number}"))
        policies[f"s{number}.yaml"] = origin
    server = headstart("--log-level=debug", policies=policies, ready=False)
    eventually(lambda: server.get("/readyz").status == 200, timeout=30)
    client = scaler(server)
    silent = set()
    for number, name in enumerate(FORMS if kind == "forms" else PLACES):
        path = f"/api/v1/decisions/default/p{number}"
        seen = [server.get(path).text, server.get(path, {"Accept": "text/plain"}).text]
        told = run_command("explain", f"p{number}", f"--server={server.http_url}")
        seen += [told.stdout, told.stderr]
        try:
            client.replicas(f"p{number}")
        except grpc.RpcError as error:
            seen.append(error.details())
        if "[redacted]" not in said("\n".join(seen)):
            silent.add(name)
        for text in map(said, seen):
            for secret in hidden:
                assert secret not in text, f"{name}: {text}"
    assert silent == (set() if kind == "forms" else SILENT)
    paths = ("/metrics", "/healthz", "/readyz?sources", "/api/v1/sources", "/api/v1/policies")
    for text in [server.get(path).text for path in paths] + [server.log_text]:
        for secret in hidden:
            assert secret not in said(text), text[max(0, text.find(secret) - 200) :][:600]
    echo.close()
