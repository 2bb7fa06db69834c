"""An authority for TLS of the test's own, made by openssl, and what it has signed."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Pair:
    """Files in PEM."""

    certificate: Path
    key: Path


class Authority:
    """Signs in `folder`, for a day."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.certificate = folder / "ca.pem"
        self._key = folder / "ca.key"
        _openssl("req", "-x509", *_fresh("ca", self._key), "-days", "1", "-out", self.certificate)

    def signed(self, name: str, use: str) -> Pair:
        """A pair for `name` on 127.0.0.1; `use` is serverAuth, clientAuth or both."""
        pair = Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request, extensions = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName=IP:127.0.0.1\nextendedKeyUsage={use}\n")
        _openssl("req", *_fresh(name, pair.key), "-out", request)
        signing = ("-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial", "-days", "1")
        _openssl("x509", "-req", "-in", request, *signing, "-extfile", extensions, "-out", pair.certificate)
        return pair

    def token_keys(self) -> tuple[Path, Path]:
        """(public, private) keys for etcd's JWT tokens."""
        private, public = self._folder / "jwt.key", self._folder / "jwt.pub"
        _openssl("genrsa", "-out", private, "2048")
        _openssl("rsa", "-in", private, "-pubout", "-out", public)
        return public, private


def _fresh(name: str, key: Path) -> tuple[str | Path, ...]:
    return ("-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key)


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
