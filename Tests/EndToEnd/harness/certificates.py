"""Certificates made by the openssl command."""

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
