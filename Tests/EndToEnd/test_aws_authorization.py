"""Requests signed for AWS, and where the keys come from, against strict fakes."""

import pytest

from harness import sigv4
from harness.web_sources import VALUE, expiry, source
from harness.policies import policy, query
from harness.waiting import eventually


def signed(keys, region="eu-west-1", service="aps"):
    """A Prometheus behind AWS, which computes every signature once more.

    `keys` is by access key: secret, and the token of a session or None.
    """

    def answer(request):
        authorization = request["headers"].get("authorization", "")
        access = authorization.partition("Credential=")[2].partition("/")[0]
        if access not in keys:
            return 403, {"message": f"The security token is invalid: {access}"}
        secret, token = keys[access]
        if request["headers"].get("x-amz-security-token") != token:
            return 403, {"message": "another session"}
        wrong = sigv4.problem(request, secret, region, service)
        answer.problems += [wrong] if wrong else []
        return (403, {"message": wrong}) if wrong else (200, VALUE)

    answer.problems = []
    return answer


def test_requests_are_signed_with_keys_of_the_environment(serve_source, web_api):
    answer = signed({"AKIA1": ("secret/of+aws", None)})
    fake = web_api(answer)
    serve_source(
        f"{fake.url}/workspaces/ws-1",
        {
            "AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "secret/of+aws",
            "AWS_REGION": "eu-west-1",
        },
        aws={}, parameters={"dedup": "a b"}, headers={"X-Amz-Extra": "a  b"},
    )
    assert answer.problems == []
    assert fake.requests[0]["path"] == "/workspaces/ws-1/api/v1/query"


def test_a_query_string_is_signed_as_it_is_sent(serve_source, web_api):
    answer = signed({"AKIA1": ("secret/of+aws", "session")}, "us-east-1", "monitoring")

    def get_only(request):
        return answer(request) if request["method"] == "GET" else (405, {})

    fake = web_api(get_only)
    serve_source(
        fake.url,
        {
            "AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "secret/of+aws",
            "AWS_SESSION_TOKEN": "session",
        },
        aws={"region": "us-east-1", "service": "monitoring"},
        parameters={"z": "1", "a": 'x=y&z "é"/~*', "B": "2"},
    )
    assert answer.problems == []


def test_keys_of_a_file_are_read_and_read_again(serve_source, web_api, tmp_path):
    keys = {"AKIA1": ("first/secret", None)}
    answer = signed(keys)
    path = tmp_path / "credentials"
    path.write_text(
        "[default]\naws_access_key_id = AKIA0\naws_secret_access_key = no\n"
        "[metrics]\naws_access_key_id = AKIA1\naws_secret_access_key = first/secret\n"
    )
    serve_source(
        web_api(answer).url,
        aws={"region": "eu-west-1", "credentialsFile": str(path), "profile": "metrics"},
    )
    assert answer.problems == []


def test_a_web_identity_is_exchanged_for_keys(serve_source, web_api, tmp_path):
    keys = {}
    token = tmp_path / "token"
    token.write_text("token.of.kubernetes")

    def sts(request):
        wanted = {
            "Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15",
            "RoleArn": "arn:aws:iam::1:role/metrics", "RoleSessionName": "headstart",
            "WebIdentityToken": "token.of.kubernetes",
        }
        if request["method"] != "POST" or request["form"] != wanted:
            return 400, "<ErrorResponse><Error><Code>ValidationError</Code></Error></ErrorResponse>"
        name = f"ASIA{len(keys) + 1}"
        keys[name] = (f"secret-of-{name}", f"session/of+{name}")
        return 200, (
            "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
            f"<AccessKeyId>{name}</AccessKeyId><SecretAccessKey>{keys[name][0]}</SecretAccessKey>"
            f"<SessionToken>{keys[name][1]}</SessionToken><Expiration>{expiry(6)}</Expiration>"
            "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
        )

    answer = signed(keys)
    server = serve_source(
        web_api(answer).url,
        {
            "AWS_ROLE_ARN": "arn:aws:iam::1:role/metrics", "AWS_REGION": "eu-west-1",
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(token), "AWS_ENDPOINT_URL_STS": web_api(sts).url,
        },
        aws={},
    )
    # New keys come before the old ones end.
    eventually(lambda: len(keys) >= 3, 30)
    assert answer.problems == []
    for access in list(keys):
        assert keys[access][1] not in server.log_text


def test_keys_come_from_the_endpoint_of_a_pod(serve_source, web_api, tmp_path):
    keys = {}
    token = tmp_path / "token"
    token.write_text("token-of-the-pod")

    def endpoint(request):
        if request["method"] != "GET" or request["path"] != "/v1/credentials":
            return 404, {}
        if request["headers"].get("authorization") != "token-of-the-pod":
            return 401, {}
        name = f"ASIA{len(keys) + 1}"
        keys[name] = (f"secret-of-{name}", f"session-of-{name}")
        return 200, {
            "AccessKeyId": name, "SecretAccessKey": keys[name][0], "Token": keys[name][1],
            "Expiration": expiry(3600), "AccountId": "1",
        }

    answer = signed(keys)
    serve_source(
        web_api(answer).url,
        {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{web_api(endpoint).url}/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token), "AWS_REGION": "eu-west-1",
        },
        aws={},
    )
    assert len(keys) == 1 and answer.problems == []


def test_no_key_and_no_session_is_repeated(headstart, web_api):
    keys = {
        "AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "planted/secret+of-aws",
        "AWS_SESSION_TOKEN": "planted-session-of-aws", "AWS_REGION": "eu-west-1",
    }
    fake = web_api(lambda request: (500, f"no: {request['headers'].get('x-amz-security-token')}"))
    server = headstart(
        "--log-level=debug",
        policies={
            "a.yaml": source("main", "prometheus", fake.url, aws={}),
            "b.yaml": policy("web", query("up", 100, origin="main")),
        },
        environment=keys,
        ready=False,
    )
    server.wait_for_log("no: [redacted]")
    seen = [server.log_text]
    for path in ("/metrics", "/healthz", "/api/v1/sources", "/api/v1/decisions/default/web", "/"):
        seen.append(server.get(path).text)
    for text in seen:
        assert "planted" not in text


@pytest.mark.parametrize(
    "environment, words",
    [
        ({"AWS_REGION": "eu-west-1"}, "there are no keys of AWS"),
        ({}, "the region of AWS is not known"),
        (
            {
                "AWS_REGION": "eu-west-1",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://evil.example/keys",
            },
            "expected https, or http at this machine",
        ),
    ],
)
def test_what_is_missing_is_named(headstart, web_api, environment, words):
    server = headstart(
        policies={
            "a.yaml": source("main", "prometheus", web_api(VALUE).url, aws={}),
            "b.yaml": policy("web", query("up", 100, origin="main")),
        },
        environment=environment,
        ready=False,
    )
    server.wait_for_log(words)
