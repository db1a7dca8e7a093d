"""The side port towards strangers: TLS, certificates that change, slow and many clients."""

import http.client
import shutil
import socket
import subprocess
import threading
import time

import pytest

from harness.certificates import Authority, Secret, s_client, serial, served_serial
from harness.policies import fixed, policy
from harness.server import free_port, run_command
from harness.waiting import eventually

POLICIES = {"a.yaml": policy("my-api", fixed(7))}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def pair(authority):
    return authority.issue("server")


@pytest.fixture
def secured(headstart, authority):
    """Starts a server: secured(certificate, key, *flags)."""

    def start(certificate, key, *flags):
        return headstart(
            f"--http-tls-cert-file={certificate}",
            f"--http-tls-key-file={key}",
            *flags,
            policies=POLICIES,
            authority=authority.certificate,
        )

    return start


def reloads(server, result):
    return server.metric("headstart_http_tls_reloads_total", result=result)


def ended(server, reason):
    return server.metric("headstart_http_connections_ended_total", reason=reason)


# TLS


def test_everything_is_served_over_tls(secured, pair):
    server = secured(*pair)
    for path in ("/metrics", "/healthz", "/livez", "/readyz", "/", "/api/v1/policies"):
        assert server.get(path).status == 200
    expiry = server.metric("headstart_http_tls_certificate_expiry_seconds")
    assert expiry > time.time() + 9 * 86400
    assert server.metric("headstart_tls_certificate_expiry_seconds") is None


def test_curl_gets_in_with_the_authority_alone(secured, authority, pair):
    server = secured(*pair)

    def curl(*arguments):
        return subprocess.run(
            ["curl", "-sS", "-m", "10", *arguments, f"{server.http_url}/livez"],
            capture_output=True,
            text=True,
        )

    trusting = curl("--cacert", str(authority.certificate))
    assert (trusting.returncode, trusting.stderr) == (0, "")
    # 60: the server's certificate is not trusted.
    assert curl().returncode == 60


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_tls_1_2_and_1_3_are_spoken(secured, pair, version):
    output = s_client(secured(*pair).http_address, version)
    assert "New, TLSv1." + version[-1] in output


@pytest.mark.parametrize(
    "offer",
    [
        ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"],
        ["-tls1_2", "-cipher", "AES128-SHA:AES128-GCM-SHA256"],
        ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"],
    ],
)
def test_what_is_weak_is_refused(secured, pair, offer):
    server = secured(*pair)
    assert "Cipher is (NONE)" in s_client(server.http_address, *offer)
    assert server.get("/livez").status == 200


def test_a_client_in_plain_text_gets_nothing(secured, pair):
    server = secured(*pair)
    with socket.create_connection(("127.0.0.1", server.http_port), 5) as client:
        client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        client.settimeout(10)
        try:
            assert b"HTTP" not in client.recv(100)
        except ConnectionResetError:
            pass
    assert server.get("/livez").status == 200


def test_one_pair_may_serve_both_ports(secured, pair):
    certificate, key = pair
    server = secured(
        *pair, f"--grpc-tls-cert-file={certificate}", f"--grpc-tls-key-file={key}"
    )
    served = served_serial(server.http_address)
    assert served == served_serial(server.grpc_address, "-alpn", "h2")


def test_the_rest_of_the_chain_is_sent(secured, authority, pair, tmp_path):
    chain = tmp_path / "chain.crt"
    chain.write_bytes(pair[0].read_bytes() + authority.certificate.read_bytes())
    output = s_client(secured(chain, pair[1]).http_address, "-showcerts")
    assert output.count("-----BEGIN CERTIFICATE-----") == 2


def test_files_that_cannot_be_meant_end_the_start_with_one_line(authority, pair, tmp_path):
    certificate, key = pair
    text = tmp_path / "text.pem"
    text.write_text("no certificate\n")
    for arguments, words in [
        ((tmp_path / "absent.pem", key), ["absent.pem", "no such file"]),
        ((certificate, text), ["text.pem", "private key"]),
        ((certificate, authority.issue("other")[1]), ["other.key", "does not belong"]),
    ]:
        finished = run_command(
            "serve",
            f"--listen=127.0.0.1:{free_port()}",
            f"--http-listen=127.0.0.1:{free_port()}",
            f"--http-tls-cert-file={arguments[0]}",
            f"--http-tls-key-file={arguments[1]}",
        )
        assert finished.returncode == 2, finished.stderr
        (line,) = finished.stderr.strip().splitlines()
        assert all(word in line for word in words), line


# Rotation


def test_rotation_under_load_fails_no_request(secured, authority, tmp_path):
    secret = Secret(tmp_path / "secret")
    server = secured(*secret.write(*authority.issue("first")))
    stop = threading.Event()
    counts, errors = [0, 0], []

    def ask_on_one_connection():
        connection = http.client.HTTPSConnection(
            "127.0.0.1", server.http_port, timeout=10, context=server.trust
        )
        while not stop.is_set():
            try:
                connection.request("GET", "/livez")
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200 and not answer.will_close
                counts[0] += 1
            except Exception as error:
                errors.append(error)
        connection.close()

    def ask_on_new_connections():
        while not stop.is_set():
            try:
                assert server.get("/livez").status == 200
                counts[1] += 1
            except Exception as error:
                errors.append(error)

    threads = [
        threading.Thread(target=ask_on_one_connection),
        threading.Thread(target=ask_on_new_connections),
        threading.Thread(target=ask_on_new_connections),
    ]
    for thread in threads:
        thread.start()
    try:
        for number in range(1, 4):
            certificate, key = authority.issue(f"rotated-{number}")
            secret.write(certificate, key)
            expected = serial(certificate.read_bytes())
            eventually(
                lambda expected=expected: served_serial(server.http_address) == expected
            )
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert errors == []
    assert all(count > 10 for count in counts), counts
    assert (reloads(server, "success"), reloads(server, "failure")) == (3, 0)


def test_a_pair_that_does_not_fit_keeps_the_old_one(secured, authority, tmp_path):
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    first, second = authority.issue("one"), authority.issue("two")
    shutil.copy(first[0], certificate)
    shutil.copy(first[1], key)
    server = secured(certificate, key)
    shutil.copy(second[0], certificate)
    server.wait_for_log("TLS files not taken over", '"HTTP"', "does not belong")
    assert reloads(server, "failure") == 1
    assert served_serial(server.http_address) == serial(first[0].read_bytes())
    shutil.copy(second[1], key)
    server.wait_for_log("TLS files taken over", '"HTTP"')
    assert served_serial(server.http_address) == serial(second[0].read_bytes())
    certificate.write_text("torn")
    server.wait_for_log("TLS files not taken over", "tls.crt")
    assert served_serial(server.http_address) == serial(second[0].read_bytes())
    shutil.copy(second[0], certificate)
    server.wait_for_log("TLS files fixed", '"HTTP"')


def test_an_expired_certificate_is_a_warning(headstart, authority):
    certificate, key = authority.issue("expired", days=-1)
    server = headstart(
        f"--http-tls-cert-file={certificate}", f"--http-tls-key-file={key}", ready=False
    )
    server.wait_for_log("the certificate has expired", "expired.crt")
    server.wait_for_log("serving")


# Limits


def connect(server):
    return http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=10)


def ask(connection):
    connection.request("GET", "/livez")
    answer = connection.getresponse()
    answer.read()
    return answer.status


def test_connections_up_to_the_limit_stay_and_one_more_displaces_the_oldest(headstart):
    server = headstart("--http-max-connections=3")
    # What waited for readiness is gone.
    eventually(lambda: server.metric("headstart_http_connections") == 1)
    connections = [connect(server) for _ in range(3)]
    for connection in connections:
        assert ask(connection) == 200
    assert [ask(connection) for connection in connections] == [200] * 3
    # `auto_open` would hide that the server has closed it.
    for connection in connections:
        connection.auto_open = 0
    assert ended(server, "displaced") == 1
    with pytest.raises((http.client.HTTPException, OSError)):
        ask(connections[0])
    assert [ask(connection) for connection in connections[1:]] == [200] * 2
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("secure", [False, True])
def test_a_request_that_takes_too_long_is_ended(headstart, authority, pair, secure):
    flags = [f"--http-tls-cert-file={pair[0]}", f"--http-tls-key-file={pair[1]}"]
    server = headstart(
        "--http-request-timeout=1s",
        *(flags if secure else []),
        authority=authority.certificate if secure else None,
    )
    began = time.monotonic()
    client = socket.create_connection(("127.0.0.1", server.http_port), 5)
    if secure:
        client = server.trust.wrap_socket(client, server_hostname="127.0.0.1")
    try:
        client.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n")
        for _ in range(100):
            # Slow, but never silent for long.
            time.sleep(0.1)
            client.sendall(b"x: y\r\n")
    except OSError:
        pass
    finally:
        client.close()
    # Not before its time, and long before the ten seconds that the client would take.
    assert 1 <= time.monotonic() - began < 8
    assert ended(server, "request_timeout") == 1
    assert server.get("/livez").status == 200


@pytest.mark.parametrize("secure", [False, True])
def test_a_client_that_connects_and_says_nothing_is_ended(headstart, authority, pair, secure):
    flags = [f"--http-tls-cert-file={pair[0]}", f"--http-tls-key-file={pair[1]}"]
    server = headstart(
        "--http-request-timeout=1s",
        *(flags if secure else []),
        authority=authority.certificate if secure else None,
    )
    with socket.create_connection(("127.0.0.1", server.http_port), 5) as client:
        began = time.monotonic()
        assert client.recv(1) == b""
        # Not before its time; that it comes at all is what `recv` has waited for.
        assert time.monotonic() - began >= 1
    assert ended(server, "request_timeout") == 1


def test_a_connection_between_two_requests_outlives_the_limit_of_one(headstart):
    server = headstart("--http-request-timeout=1s")
    connection = connect(server)
    connection.auto_open = 0
    connection.connect()
    assert ask(connection) == 200
    # Three times as long as a request may take.
    time.sleep(3.5)
    assert ask(connection) == 200
    connection.close()
    assert ended(server, "request_timeout") == 0


# headstart explain


def explain(server, *arguments):
    return run_command("explain", "my-api", f"--server={server.http_url}", *arguments)


def test_explain_asks_a_protected_side_port(secured, authority, pair, tmp_path):
    token, wrong = tmp_path / "token", tmp_path / "wrong"
    token.write_text("secret-1\n")
    wrong.write_text("secret-2\n")
    server = secured(*pair, f"--http-token-file={token}")
    trust = f"--ca-file={authority.certificate}"
    for output in ([], ["--json"]):
        told = explain(server, trust, f"--token-file={token}", *output)
        assert (told.returncode, told.stderr) == (0, "")
        assert "my-api" in told.stdout
    for arguments, code, words in [
        ([trust], 2, "asks for a token"),
        ([trust, f"--token-file={wrong}"], 2, "asks for a token"),
        ([trust, f"--token-file={tmp_path / 'absent'}"], 2, "absent: no such file"),
        ([f"--token-file={token}"], 3, "certificate"),
        ([f"--token-file={token}", f"--ca-file={tmp_path / 'absent'}"], 3, "absent"),
    ]:
        told = explain(server, *arguments)
        assert (told.returncode, told.stdout) == (code, ""), told.stderr
        assert words in told.stderr and told.stderr.count("\n") == 1
        assert "secret" not in told.stderr
