"""Copies in the servers: where the client has them done, and what happens to what the servers refuse."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from storage.clients import named, servers_copy
from storage.clone import Ways, clone
from storage.stop import Stop

TABLE = """\
22 28 0:20 / /sys rw,nosuid - sysfs sysfs rw
61 28 0:55 / /srv/winslow rw,relatime shared:3 - ceph 10.0.0.1:6789:/winslow rw,name=w,secret=<hidden>,acl,copyfrom
62 28 0:56 / /srv/old rw,relatime - ceph 10.0.0.1:6789:/ rw,name=w,secret=<hidden>,acl,nocopyfrom
63 28 0:57 / /srv/fuse rw,relatime - fuse.ceph-fuse ceph-fuse rw,user_id=0,copyfrom
6 28 0:58 / /broken
""".splitlines()
MEBIBYTE = 1 << 20


@pytest.mark.parametrize(
    ("mount", "expected"), [("61", True), ("62", False), ("63", False), ("6", False), ("7", False)]
)
def test_only_the_kernels_client_with_copyfrom_has_the_servers_copy(mount: str, expected: bool) -> None:
    assert named(mount, TABLE) is expected


def test_the_mount_of_an_open_file_is_found(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        assert servers_copy(file.fileno()) is False
    assert servers_copy(1 << 20) is False  # no such descriptor


@pytest.mark.parametrize("refused_at", [0, 8 * MEBIBYTE, None])
def test_what_the_servers_refuse_is_copied_by_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused_at: int | None
) -> None:
    """A server refuses an object that was never written."""
    real, asked = os.copy_file_range, []

    def servers(source: int, target: int, count: int, start: int, end: int) -> int:
        asked.append(start)
        if start == refused_at:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        return real(source, target, count, start, end)

    monkeypatch.setattr(os, "copy_file_range", servers)
    content = os.urandom(9 * MEBIBYTE) + bytes(8 * MEBIBYTE) + b"end"
    (tmp_path / "source").write_bytes(content)
    ways = Ways(reflink=False)
    ways.hides_holes = ways.servers_copy = True
    with (tmp_path / "source").open("rb") as source, (tmp_path / "target").open("wb") as target:
        clone(source.fileno(), target.fileno(), os.fstat(source.fileno()), ways, Stop())
    assert (tmp_path / "target").read_bytes() == content
    assert asked[0] == 0 and (refused_at is None or asked[-1] == refused_at)
