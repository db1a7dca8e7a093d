"""What lets the requests of a data source in: tokens, against strict fakes."""

import base64
import json
import subprocess
import time

import pytest

from harness.web_sources import SECRET, VALUE, guarded, source
from harness.policies import policy, query
from harness.waiting import eventually


# MARK: OAuth2


class TokenEndpoint:
    """Hands out token-1, token-2 … for the client credentials grant, asked in the right way."""

    def __init__(self, lifetime, in_body=False):
        self.tokens = []
        self.refused = []
        self.lifetime = lifetime
        self.in_body = in_body

    def __call__(self, request):
        form = dict(request["form"])
        login = request["headers"].get("authorization")
        if self.in_body:
            fits = login is None and form.pop("client_id", None) == "head:start"
            fits = fits and form.pop("client_secret", None) == SECRET
        else:
            # RFC 6749, section 2.3.1: encoded as in a form.
            expected = base64.b64encode(b"head%3Astart:s3cret%2Bof%2Fa%3Dsource").decode()
            fits = login == f"Basic {expected}"
        wanted = {"grant_type": "client_credentials", "scope": "read all", "audience": "prom"}
        if (
            request["method"] != "POST" or not fits or form != wanted
            or request["headers"]["content-type"] != "application/x-www-form-urlencoded"
        ):
            self.refused.append(request)
            return 401, {"error": "invalid_client"}
        self.tokens.append(f"token-{len(self.tokens) + 1}-{time.time_ns()}")
        return 200, {
            "access_token": self.tokens[-1], "token_type": "Bearer", "expires_in": self.lifetime
        }


def oauth2(fake, tmp_path, **more):
    secret = tmp_path / "client-secret"
    secret.write_text(SECRET + "\n")
    return {
        "tokenURL": f"{fake.url}/token", "clientID": "head:start", "clientSecretFile": str(secret),
        "scopes": ["read", "all"], "parameters": {"audience": "prom"},
    } | more


@pytest.mark.parametrize("in_body", [False, True])
def test_a_token_is_asked_for_once_and_kept(serve_source, web_api, tmp_path, in_body):
    endpoint = TokenEndpoint(3600, in_body)
    tokens = web_api(endpoint)
    main = web_api(guarded(endpoint.tokens))
    more = {"credentialsIn": "body"} if in_body else {}
    serve_source(main.url, oauth2=oauth2(tokens, tmp_path, **more))
    eventually(lambda: len(main.requests) >= 3)
    assert len(endpoint.tokens) == 1
    assert endpoint.refused == []
    assert {request["headers"]["authorization"] for request in main.requests} == {
        f"Bearer {endpoint.tokens[0]}"
    }


def test_a_token_is_exchanged_before_it_ends(serve_source, web_api, tmp_path):
    endpoint = TokenEndpoint(4)
    tokens = web_api(endpoint)
    taken = []

    def answer(request):
        token = request["headers"].get("authorization", "").removeprefix("Bearer ")
        # Older ones have ended by then.
        if token not in endpoint.tokens[-2:]:
            return 401, {}
        taken.append(token)
        return 200, VALUE

    main = web_api(answer)
    server = serve_source(main.url, oauth2=oauth2(tokens, tmp_path))
    eventually(lambda: len(set(taken)) >= 3, 30)
    assert server.metric(
        "headstart_source_fetches_total", source="main", result="failure") in (None, 0)


def test_a_token_that_is_revoked_is_asked_for_once_more(serve_source, web_api, tmp_path):
    endpoint = TokenEndpoint(3600)
    tokens = web_api(endpoint)
    revoked = set()

    def answer(request):
        token = request["headers"].get("authorization", "").removeprefix("Bearer ")
        return (200, VALUE) if token in set(endpoint.tokens) - revoked else (401, {})

    main = web_api(answer)
    server = serve_source(main.url, oauth2=oauth2(tokens, tmp_path))
    revoked.add(endpoint.tokens[0])
    eventually(lambda: len(endpoint.tokens) == 2, 15)
    count = len(main.requests)
    eventually(lambda: len(main.requests) >= count + 3, 15)
    assert len(endpoint.tokens) == 2
    assert server.metric(
        "headstart_source_fetches_total", source="main", result="failure") in (None, 0)


def test_no_token_and_no_secret_is_repeated(headstart, web_api, tmp_path):
    endpoint = TokenEndpoint(3600)
    tokens = web_api(endpoint)
    # A source that repeats the token, and an endpoint that repeats the secret.
    main = web_api(lambda request: (500, f"refused: {request['headers'].get('authorization')}"))
    leaky = web_api(lambda request: (400, {
        "error": "invalid_client",
        "error_description": f"{SECRET} {request['headers'].get('authorization')} {request['body']}",
    }))
    server = headstart(
        "--log-level=debug",
        policies={
            "a.yaml": source("main", "prometheus", main.url, oauth2=oauth2(tokens, tmp_path)),
            "b.yaml": policy("web", query("up", 100, origin="main")),
            "c.yaml": source(
                "leaky", "prometheus", main.url,
                oauth2=oauth2(leaky, tmp_path, credentialsIn="body")),
            "d.yaml": policy("other", query("up", 100, origin="leaky")),
        },
        ready=False,
    )
    server.wait_for_log("refused:")
    server.wait_for_log("invalid_client")
    eventually(lambda: server.get("/readyz").status == 200, 60)
    seen = [server.log_text]
    for path in ("/metrics", "/healthz", "/api/v1/sources", "/api/v1/decisions/default/web",
                 "/api/v1/decisions/default/other", "/api/v1/policies", "/"):
        seen.append(server.get(path).text)
    login = base64.b64encode(b"head%3Astart:s3cret%2Bof%2Fa%3Dsource").decode()
    for text in seen:
        for secret in (*endpoint.tokens, SECRET, "s3cret%2Bof%2Fa%3Dsource", login[12:-4]):
            assert secret not in text, text[max(0, text.index(secret) - 200):][:400]


# MARK: Google


def test_a_token_comes_from_the_metadata_server(serve_source, web_api):
    tokens = []

    def metadata(request):
        if request["headers"].get("metadata-flavor") != "Google":
            return 403, {}
        if request["path"] != "/computeMetadata/v1/instance/service-accounts/default/token":
            return 404, {}
        if request["query"] != {"scopes": "https://www.googleapis.com/auth/monitoring.read"}:
            return 400, {}
        tokens.append(f"ya29.token-{len(tokens)}")
        return 200, {"access_token": tokens[-1], "expires_in": 3599, "token_type": "Bearer"}

    fake = web_api(metadata)
    serve_source(web_api(guarded(tokens)).url, {"GCE_METADATA_HOST": fake.target}, google={})
    assert len(tokens) == 1


def test_a_service_account_signs_for_a_token(serve_source, web_api, tmp_path):
    key, public = tmp_path / "key.pem", tmp_path / "public.pem"
    run = lambda *arguments: subprocess.run(  # noqa: E731
        ["openssl", *map(str, arguments)], check=True, capture_output=True)
    run("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key)
    run("pkey", "-in", key, "-pubout", "-out", public)
    tokens, problems = [], []

    def decoded(text):
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    def endpoint(request):
        form = request["form"]
        head, claims, signature = form.get("assertion", "..").split(".")
        (tmp_path / "signature").write_bytes(decoded(signature))
        (tmp_path / "signed").write_bytes(f"{head}.{claims}".encode())
        said = json.loads(decoded(claims))
        now = time.time()
        try:
            run("dgst", "-sha256", "-verify", public, "-signature", tmp_path / "signature",
                tmp_path / "signed")
            assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
            assert json.loads(decoded(head)) == {"alg": "RS256", "typ": "JWT", "kid": "key-1"}
            assert said["iss"] == "head@start.iam.gserviceaccount.com"
            assert said["scope"] == "https://www.googleapis.com/auth/monitoring.read"
            assert said["aud"] == f"{fake.url}/token"
            assert now - 60 < said["iat"] <= now + 1 and said["exp"] - said["iat"] == 3600
        except (AssertionError, subprocess.CalledProcessError) as error:
            problems.append(repr(error))
            return 400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
        tokens.append(f"ya29.token-{len(tokens)}")
        return 200, {"access_token": tokens[-1], "expires_in": 3599, "token_type": "Bearer"}

    fake = web_api(endpoint)
    account = tmp_path / "account.json"
    account.write_text(json.dumps({
        "type": "service_account", "project_id": "p", "private_key_id": "key-1",
        "private_key": key.read_text(), "client_email": "head@start.iam.gserviceaccount.com",
        "token_uri": f"{fake.url}/token",
    }))
    serve_source(web_api(guarded(tokens)).url, google={"serviceAccountFile": str(account)})
    assert problems == [] and len(tokens) == 1


# MARK: Azure


def test_a_token_of_kubernetes_is_exchanged_at_entra_id(serve_source, web_api, tmp_path):
    tokens = []
    federated = tmp_path / "token"
    federated.write_text("token.of.kubernetes")

    def endpoint(request):
        wanted = {
            "grant_type": "client_credentials", "client_id": "client-1",
            "scope": "https://prometheus.monitor.azure.com/.default",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": "token.of.kubernetes",
        }
        if request["path"] != "/tenant-1/oauth2/v2.0/token" or request["form"] != wanted:
            return 400, {"error": "invalid_request"}
        tokens.append(f"token-of-entra-{len(tokens)}")
        return 200, {"access_token": tokens[-1], "expires_in": "3599", "token_type": "Bearer"}

    serve_source(
        web_api(guarded(tokens)).url,
        {
            "AZURE_CLIENT_ID": "client-1", "AZURE_TENANT_ID": "tenant-1",
            "AZURE_FEDERATED_TOKEN_FILE": str(federated),
            "AZURE_AUTHORITY_HOST": f"{web_api(endpoint).url}/",
        },
        azure={},
    )
    assert len(tokens) == 1


# MARK: The metadata addresses


@pytest.mark.parametrize("host", ["2852039166", "[::ffff:169.254.170.23]"])
def test_no_source_reaches_the_metadata_service_of_a_cloud(headstart, host):
    server = headstart(
        policies={
            "a.yaml": source("main", "prometheus", f"http://{host}"),
            "b.yaml": policy("web", query("up", 100, origin="main")),
        },
        ready=False,
    )
    server.wait_for_log("leads to the metadata service of a cloud")
