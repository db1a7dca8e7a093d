"""Certificates made by the openssl command."""

import shutil
import subprocess


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """A certificate authority of its own, with files in `directory`."""

    def __init__(self, directory, name="authority"):
        self.directory = directory
        self.name = name
        self.key = directory / f"{name}.key"
        self.certificate = directory / f"{name}.crt"
        self._new_key(self.key)
        openssl(
            "req", "-x509", "-new", "-key", self.key, "-out", self.certificate,
            "-subj", f"/CN={name}", "-days", "30",
        )  # fmt: skip

    @staticmethod
    def _new_key(path):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)

    def issue(self, name, days=10):
        """A certificate for localhost; returns the paths (certificate, key)."""
        key = self.directory / f"{name}.key"
        request = self.directory / f"{name}.csr"
        certificate = self.directory / f"{name}.crt"
        extensions = self.directory / f"{name}.ext"
        extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        self._new_key(key)
        openssl("req", "-new", "-key", key, "-out", request, "-subj", f"/CN={name}")
        openssl(
            "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
            "-CAcreateserial", "-out", certificate, "-days", days, "-extfile", extensions,
        )  # fmt: skip
        return certificate, key


class Secret:
    """A mounted Secret: files behind a symbolic link that is swapped, as the kubelet does it."""

    def __init__(self, directory):
        self.directory = directory
        self._versions = 0

    def write(self, certificate, key):
        self._versions += 1
        version = self.directory / f"..version-{self._versions}"
        version.mkdir(parents=True)
        shutil.copy(certificate, version / "tls.crt")
        shutil.copy(key, version / "tls.key")
        link = self.directory / "..new"
        link.symlink_to(version.name)
        link.rename(self.directory / "..data")
        for name in ("tls.crt", "tls.key"):
            if not (self.directory / name).is_symlink():
                (self.directory / name).symlink_to(f"..data/{name}")
        return self.directory / "tls.crt", self.directory / "tls.key"


def s_client(address, *arguments):
    """What openssl s_client says of a port."""
    finished = subprocess.run(
        ["openssl", "s_client", "-connect", address, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=20,
    )
    return finished.stdout.decode(errors="replace")


def served_serial(address, *arguments):
    """The serial number of the certificate that a port serves; None where it showed none in time."""
    output = s_client(address, *arguments)
    end_line = "-----END CERTIFICATE-----\n"
    if end_line not in output:
        return None
    start = output.index("-----BEGIN CERTIFICATE-----")
    return serial(output[start : output.index(end_line) + len(end_line)].encode())


def serial(pem):
    return subprocess.run(
        ["openssl", "x509", "-noout", "-serial"], input=pem, capture_output=True, check=True
    ).stdout
