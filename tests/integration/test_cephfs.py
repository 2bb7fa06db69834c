"""What only a real CephFS can tell: quotas, sizes without a walk, snapshots, holes; and how it says that it is gone."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage import ceph as cephfs
from storage.beneath import held
from storage.ceph import Quota, Recursive
from storage.clone import Ways, clone
from storage.faults import about
from storage.stop import Stop
from tests.ceph import FILE_SYSTEM, Cluster, Mount
from winslow.errors import (
    AlreadyExists,
    Exhausted,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unavailable,
    WinslowError,
)

on_ceph = pytest.mark.ceph
WHAT = "projects/p"


@pytest.fixture
def mount(ceph: Cluster) -> Iterator[Mount]:
    with ceph.mounted_new() as mount:
        yield mount


@pytest.fixture
def top(mount: Mount) -> Iterator[int]:
    with held(os.open(mount.path, os.O_RDONLY)) as top:
        yield top


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[int]:
    with held(os.open(tmp_path, os.O_RDONLY)) as plain:
        yield plain


def refused(kind: type[WinslowError], reason: str, call: Callable[..., object], *arguments: object) -> None:
    with pytest.raises(kind) as caught:
        call(*arguments, WHAT)
    assert caught.value.reason == reason
    assert caught.value.hint


def until(condition: Callable[[], bool], within: float = 60.0) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_plain_directory_is_not_on_cephfs(plain: int) -> None:
    assert not cephfs.is_cephfs(plain)
    assert cephfs.recursive(plain) is None
    for call, arguments in (
        (cephfs.quota, ()),
        (cephfs.set_quota, (Quota(1),)),
        (cephfs.snapshot, ("one",)),
        (cephfs.snapshots, ()),
        (cephfs.remove_snapshot, ("one",)),
    ):
        refused(FailedPrecondition, "NOT_ON_CEPHFS", call, plain, *arguments)
    assert os.listdir(plain) == []


@on_ceph
def test_what_lies_below_a_directory_is_known_without_a_walk(mount: Mount, top: int) -> None:
    assert cephfs.is_cephfs(top)
    assert cephfs.recursive(top) == Recursive(0, 0, 0)
    (mount.path / "a" / "b").mkdir(parents=True)
    for index in range(3):
        (mount.path / "a" / "b" / str(index)).write_bytes(b"x" * 1000)
    until(lambda: cephfs.recursive(top) == Recursive(3000, 3, 2))


@on_ceph
def test_a_quota_is_set_read_changed_and_lifted(top: int) -> None:
    assert cephfs.quota(top, WHAT) == Quota()
    for wanted in (Quota(10 << 20, 100), Quota(20 << 20), Quota()):
        cephfs.set_quota(top, wanted, WHAT)
        cephfs.set_quota(top, wanted, WHAT)
        assert cephfs.quota(top, WHAT) == wanted
    refused(InvalidArgument, "QUOTA_INVALID", cephfs.set_quota, top, Quota(-1))


@on_ceph
def test_a_quota_that_is_used_up_is_told_as_one(mount: Mount, top: int) -> None:
    cephfs.set_quota(top, Quota(8 << 20, 3), WHAT)
    with pytest.raises(Exhausted) as caught, about(WHAT), (mount.path / "big").open("wb", buffering=0) as file:
        for _ in range(64):
            file.write(bytes(1 << 20))
    assert caught.value.reason == "QUOTA_EXCEEDED"
    # Clients hear of what is used a moment late, and write a little more until then.
    assert 8 << 20 <= (mount.path / "big").stat().st_size < 16 << 20
    with pytest.raises(Exhausted) as caught, about(WHAT):
        for index in range(5):
            (mount.path / str(index)).touch()
    assert caught.value.reason == "QUOTA_EXCEEDED"


@on_ceph
def test_a_snapshot_keeps_what_was_there(mount: Mount, top: int) -> None:
    (mount.path / "sub").mkdir()
    (mount.path / "file").write_text("before")
    cephfs.snapshot(top, "one", WHAT)
    (mount.path / "file").write_text("after")
    assert (mount.path / ".snap" / "one" / "file").read_text() == "before"
    refused(AlreadyExists, "SNAPSHOT_EXISTS", cephfs.snapshot, top, "one")
    cephfs.snapshot(top, "another", WHAT)
    assert cephfs.snapshots(top, WHAT) == ["another", "one"]
    with held(os.open(mount.path / "sub", os.O_RDONLY)) as sub:
        assert cephfs.snapshots(sub, WHAT) == []
    for name in ("one", "another"):
        cephfs.remove_snapshot(top, name, WHAT)
    refused(NotFound, "SNAPSHOT_NOT_FOUND", cephfs.remove_snapshot, top, "one")
    assert cephfs.snapshots(top, WHAT) == []


@on_ceph
@pytest.mark.parametrize("name", ["", ".", "..", "_mine", "a/b", "a\0b", "x" * 201])
def test_a_snapshot_has_a_name_that_every_directory_below_can_show(top: int, name: str) -> None:
    refused(InvalidArgument, "SNAPSHOT_INVALID", cephfs.snapshot, top, name)


@on_ceph
def test_a_key_without_the_right_says_which_it_lacks(ceph: Cluster) -> None:
    with ceph.mounted("/", "rw") as mount, held(os.open(mount.path, os.O_RDONLY)) as top:
        refused(PermissionDenied, "QUOTA_FORBIDDEN", cephfs.set_quota, top, Quota(1 << 30))
        refused(PermissionDenied, "SNAPSHOT_FORBIDDEN", cephfs.snapshot, top, "one")


@on_ceph
def test_a_sparse_file_stays_sparse(ceph: Cluster, mount: Mount) -> None:
    with (mount.path / "source").open("wb") as file:
        file.truncate(64 << 20)
        file.seek(32 << 20)
        file.write(b"island")
    (mount.path / "copy").touch()
    source, target = (os.open(mount.path / name, os.O_RDWR) for name in ("source", "copy"))
    with held(source), held(target):
        clone(source, target, os.fstat(source), Ways(), Stop())
        os.fsync(target)
    assert (mount.path / "copy").read_bytes() == (mount.path / "source").read_bytes()
    inode = f"{(mount.path / 'copy').stat().st_ino:x}."
    objects = ceph.rados("-p", f"{FILE_SYSTEM}_data", "ls").split()
    assert sum(name.startswith(inode) for name in objects) <= 2, "of 16 that it would have without holes"


@on_ceph
def test_a_client_that_was_shut_out_is_told_so_and_others_are_not(ceph: Cluster, mount: Mount) -> None:
    with ceph.mounted_new() as other:
        (other.path / "file").write_text("x")
        ceph.evict(other)
        with pytest.raises(Unavailable) as caught, about(WHAT):
            (other.path / "late").write_text("x")
    assert caught.value.reason == "STORAGE_FENCED"
    (mount.path / "file").write_text("well")


@on_ceph
def test_a_mount_whose_process_was_killed_is_told_so(ceph: Cluster) -> None:
    with ceph.mounted_new() as mount:
        mount.kill()
        with pytest.raises(Unavailable) as caught, about(WHAT):
            os.listdir(mount.path)
    assert caught.value.reason == "STORAGE_DEGRADED"


@on_ceph
def test_work_goes_on_after_the_metadata_server_was_killed(ceph: Cluster, mount: Mount) -> None:
    killed = ceph.fail_over()
    (mount.path / "after").write_text("x")
    assert (mount.path / "after").read_text() == "x"
    assert ceph.active is not killed
    killed.start()  # and waits, as the other did
    killed.wait_until_answering()
