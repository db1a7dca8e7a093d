"""TLS on the gRPC port: who is let in, what the others are told, and certificates that change."""

import os
import shutil
import socket
import ssl
import threading
import time

import grpc
import pytest

from harness import certificates
from harness.certificates import Authority, Secret, serial
from harness.fake_api import FakeAPI
from harness.policies import fixed, policy
from harness.server import free_port, run_command
from harness.stubs import Scaler
from harness.waiting import eventually

POLICIES = {"a.yaml": policy("my-api", fixed(7))}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def pair(authority):
    return authority.issue("server")


@pytest.fixture(scope="module")
def strangers(tmp_path_factory):
    """Another authority, which no one trusts."""
    return Authority(tmp_path_factory.mktemp("strangers"), "stranger")


@pytest.fixture
def secured(headstart):
    """Starts a server: secured(certificate, key, *flags)."""

    def start(certificate, key, *flags):
        return headstart(
            f"--grpc-tls-cert-file={certificate}",
            f"--grpc-tls-key-file={key}",
            *flags,
            policies=POLICIES,
        )

    return start


@pytest.fixture
def connect(generated):
    """Makes clients of connections of their own: connect(server, authority, (cert, key))."""
    channels = []

    def client(server, authority, identity=None):
        certificate, key = identity or (None, None)
        credentials = grpc.ssl_channel_credentials(
            authority.certificate.read_bytes(),
            key and key.read_bytes(),
            certificate and certificate.read_bytes(),
        )
        channel = grpc.secure_channel(
            server.grpc_address, credentials, [("grpc.use_local_subchannel_pool", 1)]
        )
        channels.append(channel)
        return Scaler(*generated, channel)

    yield client
    for channel in channels:
        channel.close()


def s_client(server, *arguments):
    """What openssl s_client says of the gRPC port."""
    return certificates.s_client(server.grpc_address, *arguments)


def served_serial(server):
    return certificates.served_serial(server.grpc_address, "-alpn", "h2")


def failures(server, reason):
    return server.metric("headstart_tls_handshake_failures_total", reason=reason)


# Clients


def test_a_secure_channel_calls_and_streams(secured, connect, authority, pair):
    server = secured(*pair)
    scaler = connect(server, authority)
    assert scaler.replicas() == 7
    stream = scaler.stub.StreamIsActive(scaler.reference())
    assert next(iter(stream)).result is True
    stream.cancel()
    assert server.metric("headstart_tls_certificate_expiry_seconds") > time.time() + 9 * 86400


def test_a_drain_ends_a_stream_with_ok_over_tls_too(secured, connect, authority, pair):
    server = secured(*pair)
    scaler = connect(server, authority)
    stream = scaler.stub.StreamIsActive(scaler.reference())
    assert next(stream).result is True
    server.terminate()
    assert list(stream) == []
    assert stream.code() == grpc.StatusCode.OK
    assert server.wait() == 0


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_tls_1_2_and_1_3_agree_on_h2(secured, pair, version):
    output = s_client(secured(*pair), version, "-alpn", "h2")
    assert "ALPN protocol: h2" in output
    assert "New, TLSv1." + version[-1] in output


def test_older_versions_are_refused(secured, pair):
    server = secured(*pair)
    output = s_client(server, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0", "-alpn", "h2")
    assert "Cipher is (NONE)" in output
    eventually(lambda: failures(server, "version") == 1)


@pytest.mark.parametrize("offer", [[], ["-alpn", "http/1.1"]])
def test_a_client_without_h2_is_refused(secured, pair, offer):
    server = secured(*pair)
    assert "alert no application protocol" in s_client(server, *offer)
    eventually(lambda: failures(server, "alpn") == 1)
    server.wait_for_log("does not offer HTTP/2 by ALPN")


def test_weak_ciphers_and_renegotiation_are_refused(secured, pair):
    server = secured(*pair)
    output = s_client(server, "-tls1_2", "-alpn", "h2", "-cipher", "AES128-SHA:AES128-GCM-SHA256")
    assert "Cipher is (NONE)" in output
    eventually(lambda: failures(server, "cipher") == 1)


# Mutual TLS


def test_a_client_certificate_of_any_of_the_authorities_is_asked_for(
    secured, connect, authority, strangers, pair, tmp_path
):
    newer = Authority(tmp_path, "newer")
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(authority.certificate.read_bytes() + newer.certificate.read_bytes())
    server = secured(*pair, f"--grpc-tls-ca-file={bundle}")
    for issuer in (authority, newer):
        assert connect(server, authority, issuer.issue("keda")).replicas() == 7
    for identity, reason in [
        (None, "client_certificate_missing"),
        (strangers.issue("keda"), "client_certificate_rejected"),
    ]:
        with pytest.raises(grpc.RpcError) as error:
            connect(server, authority, identity).replicas()
        assert error.value.code() == grpc.StatusCode.UNAVAILABLE
        eventually(lambda reason=reason: failures(server, reason) >= 1)


def test_an_expired_client_certificate_is_refused(secured, connect, authority, pair):
    server = secured(*pair, f"--grpc-tls-ca-file={authority.certificate}")
    with pytest.raises(grpc.RpcError):
        connect(server, authority, authority.issue("late", days=-1)).replicas()
    eventually(lambda: failures(server, "client_certificate_rejected") >= 1)
    server.wait_for_log("certificate has expired")


def test_a_client_that_does_not_trust_the_server_is_counted(secured, strangers, pair):
    server = secured(*pair)
    trust = ["-verify_return_error", "-CAfile", strangers.certificate]
    assert "verify failed" in s_client(server, "-alpn", "h2", *trust)
    eventually(lambda: failures(server, "server_certificate_rejected") == 1)


# The wrong kind of client


def test_a_plaintext_client_on_the_tls_port_is_named(secured, scaler, pair):
    server = secured(*pair)
    with pytest.raises(grpc.RpcError):
        scaler(server).replicas()
    server.wait_for_log("expected TLS", "HTTP/2 in plain text")
    assert failures(server, "plaintext") >= 1


def test_an_http_1_client_on_the_tls_port_is_answered(secured, pair):
    server = secured(*pair)
    with socket.create_connection(("127.0.0.1", server.grpc_port), 5) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")
    server.wait_for_log("expected TLS", "HTTP/1")


def test_a_tls_client_on_the_plaintext_port_is_named(headstart, connect, authority):
    server = headstart(policies=POLICIES)
    with pytest.raises(grpc.RpcError):
        connect(server, authority).replicas()
    server.wait_for_log("a TLS handshake; this port speaks plain text")
    assert sum("TLS handshake" in line for line in server.log_text.splitlines()) <= os.cpu_count()


@pytest.mark.parametrize("first", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01"])
def test_an_unfinished_handshake_is_cut_off(secured, connect, authority, pair, first):
    server = secured(*pair, "--handshake-timeout=1s")
    with socket.create_connection(("127.0.0.1", server.grpc_port), 5) as client:
        client.sendall(first)
        assert client.recv(1) == b""
    eventually(lambda: failures(server, "timeout") == 1)
    assert connect(server, authority).replicas() == 7


# Files


def start_with(certificate, key, *more):
    return run_command(
        "serve",
        f"--listen=127.0.0.1:{free_port()}",
        f"--http-listen=127.0.0.1:{free_port()}",
        f"--grpc-tls-cert-file={certificate}",
        f"--grpc-tls-key-file={key}",
        *more,
    )


def test_files_that_cannot_be_meant_end_the_start_with_one_line(authority, pair, tmp_path):
    certificate, key = pair
    other = authority.issue("other")
    text = tmp_path / "text.pem"
    text.write_text("no certificate\n")
    torn = tmp_path / "torn.pem"
    torn.write_bytes(certificate.read_bytes()[:300])
    for arguments, words in [
        ((tmp_path / "absent.pem", key), ["absent.pem", "no such file"]),
        ((certificate, tmp_path / "absent.key"), ["absent.key"]),
        ((tmp_path, key), [str(tmp_path)]),
        ((text, key), ["text.pem", "PEM certificate"]),
        ((torn, key), ["torn.pem"]),
        ((certificate, text), ["text.pem", "private key"]),
        ((certificate, certificate), ["server.crt", "private key"]),
        ((certificate, other[1]), ["other.key", "does not belong"]),
        ((certificate, key, f"--grpc-tls-ca-file={text}"), ["text.pem", "authorities"]),
    ]:
        finished = start_with(*arguments)
        assert finished.returncode == 2, finished.stderr
        (line,) = finished.stderr.strip().splitlines()
        assert all(word in line for word in words), line


@pytest.mark.parametrize(
    "arguments, word",
    [
        (["--tls-enabled"], "--tls-cert-file"),
        (["--tls-enabled=true", "--tls-cert-file=x"], "--tls-key-file"),
        (["--tls-cert-file=x"], "--tls-enabled"),
        (["--tls-enabled=maybe"], "--tls-enabled"),
        (["--grpc-tls-cert-file=x"], "--grpc-tls-key-file"),
        (["--grpc-tls-key-file=x"], "--grpc-tls-cert-file"),
        (["--grpc-tls-ca-file=x"], "--grpc-tls-cert-file"),
    ],
)
def test_flags_that_do_not_fit_together(arguments, word):
    finished = run_command("serve", *arguments)
    assert finished.returncode == 2
    assert word in finished.stderr


def test_the_environment_secures_the_port(headstart, connect, authority, pair):
    certificate, key = pair
    server = headstart(
        policies=POLICIES,
        environment={"GRPC_TLS_CERT_FILE": str(certificate), "GRPC_TLS_KEY_FILE": str(key)},
    )
    assert connect(server, authority).replicas() == 7
    assert "the gRPC port is plaintext" not in server.log_text


def test_the_flags_of_the_seed_secure_the_way_to_the_forecaster_alone(
    headstart, scaler, authority, pair, tmp_path
):
    certificate, key = authority.issue("localhost")
    fake = FakeAPI(lambda request: (200, {
        "workload": "my-api", "stepSeconds": 600, "desiredReplicas": [4, 4],
        "generatedAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    # Mutual TLS: whoever has no certificate of the authority is refused.
    context.load_verify_locations(authority.certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    fake.secure(context)
    try:
        server = headstart(
            f"--forecaster-url=https://localhost:{fake.url.rsplit(':', 1)[1]}",
            environment={
                "TLS_ENABLED": "1",
                "TLS_CERT_FILE": str(pair[0]),
                "TLS_KEY_FILE": str(pair[1]),
                "TLS_CA_FILE": str(authority.certificate),
            },
        )
        assert scaler(server).replicas("my-api") == 4
        server.wait_for_log("the gRPC port is plaintext", "--grpc-tls-cert-file")
    finally:
        fake.close()


def test_an_expired_certificate_is_a_warning(secured, authority):
    server = secured(*authority.issue("expired", days=-1))
    server.wait_for_log("the certificate has expired")
    assert server.metric("headstart_tls_certificate_expiry_seconds") < time.time()


# Rotation


def reloads(server, result):
    return server.metric("headstart_tls_reloads_total", result=result)


def test_rotation_under_load_fails_no_call(secured, connect, authority, tmp_path):
    secret = Secret(tmp_path / "secret")
    server = secured(*secret.write(*authority.issue("first")))
    stop = threading.Event()
    counts, errors = [0, 0], []

    def call_on_one_connection():
        scaler = connect(server, authority)
        while not stop.is_set():
            try:
                assert scaler.replicas() == 7
                counts[0] += 1
            except Exception as error:
                errors.append(error)

    def call_on_new_connections():
        while not stop.is_set():
            try:
                assert connect(server, authority).replicas() == 7
                counts[1] += 1
            except Exception as error:
                errors.append(error)

    threads = [
        threading.Thread(target=call_on_one_connection),
        threading.Thread(target=call_on_new_connections),
    ]
    for thread in threads:
        thread.start()
    try:
        for number in range(1, 4):
            certificate, key = authority.issue(f"rotated-{number}")
            secret.write(certificate, key)
            expected = serial(certificate.read_bytes())
            eventually(lambda expected=expected: served_serial(server) == expected)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert errors == []
    assert all(count > 10 for count in counts), counts
    assert reloads(server, "success") == 3
    assert reloads(server, "failure") == 0


def test_files_written_one_after_the_other_keep_the_old_pair_until_both_are_there(
    secured, connect, authority, tmp_path
):
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    first, second = authority.issue("one"), authority.issue("two")
    shutil.copy(first[0], certificate)
    shutil.copy(first[1], key)
    server = secured(certificate, key)
    shutil.copy(second[0], certificate)
    server.wait_for_log("TLS files not taken over", "does not belong")
    eventually(lambda: reloads(server, "failure") == 1)
    assert served_serial(server) == serial(first[0].read_bytes())
    assert connect(server, authority).replicas() == 7
    shutil.copy(second[1], key)
    server.wait_for_log("TLS files taken over")
    assert served_serial(server) == serial(second[0].read_bytes())
    certificate.unlink()
    server.wait_for_log("TLS files not taken over", "no such file")
    assert connect(server, authority).replicas() == 7
    shutil.copy(second[0], certificate)
    server.wait_for_log("TLS files fixed")
