"""An etcd as operators guard it: TLS with client certificates, logins whose tokens expire soon, and a role for Winslow alone."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.certificates import Authority, Pair
from tests.etcd import Member, running

TOKEN_LIVES = 4
"""Seconds, counted from the login, however much the token is used."""
USER, PASSWORD = "winslow", "a secret"


class GuardedEtcd:
    """One member. `user` may read and write under /winslow/ and nothing else."""

    def __init__(self, member: Member, authority: Authority, own: Pair) -> None:
        self.member = member
        self.authority = authority
        self.own = own
        """The pair that the member takes from a client."""

    def settings(self, **changes: object) -> dict[str, object]:
        """The daemon's settings under `etcd`."""
        return {
            "endpoints": [f"https://{self.member.endpoint}"],
            "user": USER,
            "password": PASSWORD,
            "ca": str(self.authority.certificate),
            "certificate": str(self.own.certificate),
            "key": str(self.own.key),
            **changes,
        }

    def etcdctl(self, *arguments: str, user: str = "") -> None:
        tls = [f"--cacert={self.authority.certificate}", f"--cert={self.own.certificate}", f"--key={self.own.key}"]
        login = [f"--user={user}"] if user else []
        command = ["etcdctl", f"--endpoints=https://{self.member.endpoint}", *tls, *login, *arguments]
        subprocess.run(command, check=True, capture_output=True)


@contextmanager
def guarded_etcd(folder: Path) -> Iterator[GuardedEtcd]:
    authority = Authority(folder / "pem")
    # etcd 3.4 speaks to itself with its own pair, so that one is good for both.
    server, own = authority.signed("etcd", "serverAuth,clientAuth"), authority.signed("node", "clientAuth")
    public, private = authority.token_keys()
    flags = (
        f"--cert-file={server.certificate}",
        f"--key-file={server.key}",
        "--client-cert-auth",
        f"--trusted-ca-file={authority.certificate}",
        f"--auth-token=jwt,pub-key={public},priv-key={private},sign-method=RS256,ttl={TOKEN_LIVES}s",
    )
    with running(folder / "etcd", 1, *flags) as (member,):
        etcd = GuardedEtcd(member, authority, own)
        etcd.etcdctl("user", "add", "root:root")
        etcd.etcdctl("user", "grant-role", "root", "root")
        etcd.etcdctl("user", "add", f"{USER}:{PASSWORD}")
        etcd.etcdctl("role", "add", "winslow")
        etcd.etcdctl("role", "grant-permission", "winslow", "--prefix=true", "readwrite", "/winslow/")
        etcd.etcdctl("user", "grant-role", USER, "winslow")
        etcd.etcdctl("auth", "enable")
        yield etcd
