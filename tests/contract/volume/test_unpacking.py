"""What the port Trees promises of archives that are unpacked: the whole is there or nothing, and nothing outside is touched."""

from __future__ import annotations

import asyncio
import os
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.contract.volume.project import Project, refused
from tests.unit.hostile_archives import PACKINGS, Part, tar, zip_
from winslow.errors import AlreadyExists, Exhausted, FailedPrecondition, NotFound, WinslowError
from winslow.ports import UnpackLimits

pytestmark = pytest.mark.asyncio(loop_scope="module")

GOOD = (
    Part("dir", kind="5"),
    Part("dir/file.txt", b"content"),
    Part("dir/empty", b""),
    Part("deep/er/tool", b"#!/bin/sh", mode=0o755),
    Part("./dot", b"x"),
    Part("long-" + "n" * 240, bytes(200_000)),
    Part("ünïcode", b"u"),
    Part("dir/link", kind="2", link="../deep/er/tool"),
)
LIMITS = UnpackLimits()


def drafts(project: Project) -> list[str]:
    above = project.path / ".uploads"
    return os.listdir(above) if above.exists() else []


async def unpack(project: Project, data: bytes, target: str = "input/out", limits: UnpackLimits = LIMITS) -> Path:
    (project.path / "input" / "archive").write_bytes(data)
    await project.storage.trees.unpack(project.at("input/archive"), project.at(target), limits, "")
    return project.path / target


def require_good(top: Path) -> None:
    files = {
        path.relative_to(top).as_posix(): path for path in top.rglob("*") if path.is_file() and not path.is_symlink()
    }
    assert {name: path.read_bytes() for name, path in files.items()} == {
        part.name.removeprefix("./"): part.content for part in GOOD if part.kind == "0"
    }
    assert (top / "deep/er/tool").stat().st_mode & 0o777 == 0o755
    assert (top / "dir/file.txt").stat().st_mode & 0o777 == 0o644
    assert (top / "dir/link").readlink() == Path("../deep/er/tool")
    assert top.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("format_", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("packing", list(PACKINGS))
async def test_a_tar_is_unpacked_however_it_is_packed(project: Project, packing: str, format_: int) -> None:
    top = await unpack(project, PACKINGS[packing](tar(GOOD, format_)), "input/new/out")
    require_good(top)
    assert (top / "dir/file.txt").stat().st_mtime == 1_700_000_000
    assert drafts(project) == []


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
async def test_a_zip_is_unpacked(project: Project, compression: int) -> None:
    require_good(await unpack(project, zip_(GOOD, compression)))
    assert drafts(project) == []


async def test_a_hard_link_is_another_name_of_a_file_before_it(project: Project) -> None:
    top = await unpack(project, tar([Part("a", b"x"), Part("b/c", kind="1", link="a")]))
    assert (top / "a").stat().st_ino == (top / "b/c").stat().st_ino


async def test_an_empty_directory_is_filled_and_a_full_one_left_alone(project: Project) -> None:
    (project.path / "input" / "out").mkdir()
    require_good(await unpack(project, zip_(GOOD)))
    with refused(AlreadyExists, "FILE_EXISTS"):
        await unpack(project, zip_([Part("other", b"")]))
    require_good(project.path / "input" / "out")


async def test_unpacking_again_for_the_same_request_changes_nothing(project: Project) -> None:
    (project.path / "input" / "archive").write_bytes(zip_(GOOD))
    again = (project.at("input/archive"), project.at("input/out"), LIMITS, "ann/1")
    await project.storage.trees.unpack(*again)
    await project.storage.trees.unpack(*again)
    require_good(project.path / "input" / "out")


BAD: dict[str, tuple[bytes, str]] = {
    "dots": (tar([Part("a", b"x"), Part("b/../../out", b"x")]), "leads out of the archive"),
    "zip dots": (zip_([Part("../out", b"x")]), "leads out of the archive"),
    "dots of another system": (zip_([Part("..\\out", b"x")]), "leads out of the archive"),
    "absolute": (tar([Part("/etc/out", b"x")]), "absolute"),
    "a drive": (zip_([Part("C:\\out", b"x")]), "absolute"),
    "through a link": (tar([Part("l", kind="2", link="d"), Part("d", kind="5"), Part("l/x", b"x")]), "through a link"),
    "through a link that leads out": (tar([Part("l", kind="2", link="../.."), Part("l/x", b"x")]), "leads out"),
    "zip through a link": (zip_([Part("l", kind="2", link="."), Part("l/x", b"x")]), "through a link"),
    "an absolute link": (tar([Part("l", kind="2", link="/etc/passwd")]), "leads out"),
    "a link that leads out": (tar([Part("d/l", kind="2", link="../../x")]), "leads out"),
    "two links that lead out": (
        tar([Part("a/b", kind="5"), Part("s", kind="2", link="a/b"), Part("a/b/l", kind="2", link="../../s/../../x")]),
        "",
    ),
    "links in a circle": (tar([Part("a", kind="2", link="b"), Part("b", kind="2", link="a")]), "circle"),
    "a hard link that leads out": (tar([Part("h", kind="1", link="../../a")]), "leads out"),
    "a hard link to nothing": (tar([Part("h", kind="1", link="a")]), "no file that came before"),
    "a hard link to a link": (tar([Part("l", kind="2", link="x"), Part("h", kind="1", link="l")]), "no file"),
    "a device": (tar([Part("dev", kind="3")]), "is a device"),
    "a zip's device": (zip_([Part("dev", kind="3")]), "is a device"),
    "a FIFO": (tar([Part("pipe", kind="6")]), "is a FIFO"),
    "a name twice": (tar([Part("a", b"x"), Part("./a", b"y")]), "another entry"),
    "a zip's name twice": (zip_([Part("a", b"x"), Part("a", kind="5")]), "through a file"),
    "a file that is a directory": (tar([Part("a", b"x"), Part("a/b", b"y")]), "through a file"),
    "a long name": (tar([Part("n" * 256, b"x")]), "more than 255 bytes"),
    "a long path": (tar([Part("/".join(["n" * 200] * 21), b"x")]), "more than 4096 bytes"),
    "not UTF-8": (tar([Part("caf\udce9", b"x")], tarfile.GNU_FORMAT), "not UTF-8"),
    "snapshots": (tar([Part(".snap/mine", b"x")]), "snapshots"),
    "no archive": (b"neither " * 200, "neither a zip nor a tar"),
    "nothing": (b"", "neither a zip nor a tar"),
    "a cut tar": (tar(GOOD)[:100_000], "ends in the middle"),
    "a cut gzip": (PACKINGS["tar.gz"](tar(GOOD))[:-20], "ends in the middle"),
    "a cut zip": (zip_(GOOD)[:-10], "is no zip, or cut off"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BAD))
async def test_a_bad_archive_is_refused_and_nothing_is_left(project: Project, case: str) -> None:
    data, why = BAD[case]
    before = sorted(os.listdir(project.path / "input"))
    with refused(FailedPrecondition, "ARCHIVE_REFUSED"):
        try:
            await unpack(project, data)
        except WinslowError as error:
            assert why in error.message
            raise
    assert sorted(os.listdir(project.path / "input")) == sorted({*before, "archive"})
    assert drafts(project) == []


def patched(data: bytes, at: bytes, offset: int, value: bytes) -> bytes:
    place = data.index(at) + offset
    return data[:place] + value + data[place + len(value) :]


async def test_an_encrypted_zip_is_refused(project: Project) -> None:
    with pytest.raises(FailedPrecondition, match="encrypted"):
        await unpack(project, patched(zip_([Part("a", b"x")]), b"PK\1\2", 8, b"\1\0"))


async def test_a_zip_that_says_two_names_is_refused(project: Project) -> None:
    with pytest.raises(FailedPrecondition, match="not what the list of contents says"):
        await unpack(project, patched(zip_([Part("a", b"x")]), b"PK\3\4", 30, b"b"))


async def test_a_zip_whose_content_differs_is_refused(project: Project) -> None:
    data = zip_([Part("a", b"some content")], zipfile.ZIP_STORED)
    with pytest.raises(FailedPrecondition, match="checksum"):
        await unpack(project, data.replace(b"some content", b"same content"))


@pytest.mark.parametrize("size", [0, 5])
async def test_a_zip_that_claims_another_size_is_refused(project: Project, size: int) -> None:
    data = patched(zip_([Part("a", bytes(1000))]), b"PK\1\2", 24, struct.pack("<L", size))
    with pytest.raises(FailedPrecondition, match="length differs"):
        await unpack(project, data)


async def test_a_bomb_is_refused_for_what_it_becomes(project: Project) -> None:
    limits = UnpackLimits(ratio=10, slack=1 << 20)
    for data in (zip_([Part("zeros", bytes(4 << 20))]), PACKINGS["tar.xz"](tar([Part("zeros", bytes(4 << 20))]))):
        with pytest.raises(FailedPrecondition, match="becomes more than") as caught:
            await unpack(project, data, limits=limits)
        assert caught.value.metadata["entry"] == "zeros"
    with pytest.raises(FailedPrecondition, match="one more than"):
        await unpack(project, tar([Part(f"f{number}") for number in range(11)]), limits=UnpackLimits(entries=10))
    assert drafts(project) == []


async def test_a_bomb_of_members_that_share_their_bytes_is_refused(project: Project) -> None:
    one = zip_([Part("a", os.urandom(1000))], zipfile.ZIP_STORED)
    start = one.index(b"PK\1\2")
    end = one.index(b"PK\5\6")
    entry = one[start:end]
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 3, 3, 3 * len(entry), start, 0)
    with pytest.raises(FailedPrecondition, match="overlap"):
        await unpack(project, one[:start] + entry * 3 + tail)


async def test_what_does_not_fit_the_quota_is_not_unpacked(project: Project) -> None:
    data = zip_([Part(f"f{number}", bytes(1 << 20)) for number in range(12)])
    await project.storage.quotas.set(project.id, 4 << 20)
    with refused(Exhausted, "QUOTA_EXCEEDED"):
        await unpack(project, data)
    assert drafts(project) == []
    assert os.listdir(project.path / "input") == ["archive"]
    await project.storage.quotas.set(project.id, 0)
    assert len(list((await unpack(project, data)).iterdir())) == 12


async def test_what_is_no_archive_at_all_is_told(project: Project) -> None:
    with refused(NotFound, "FILE_NOT_FOUND"):
        await project.storage.trees.unpack(project.at("input/none"), project.at("input/out"), LIMITS, "")
    with refused(FailedPrecondition, "POOL_READ_ONLY"):
        await project.storage.trees.unpack(project.at("input/none"), project.at("stages/s/output/x"), LIMITS, "")


async def test_unpacking_that_is_given_up_leaves_nothing(project: Project) -> None:
    (project.path / "input" / "archive").write_bytes(tar([Part(f"f{at}", bytes(100_000)) for at in range(2000)]))
    task = asyncio.ensure_future(
        project.storage.trees.unpack(project.at("input/archive"), project.at("input/out"), LIMITS, "")
    )
    while not drafts(project) and not task.done():
        await asyncio.sleep(0.001)
    if task.done():
        pytest.skip("without a process of its own, nothing can be given up")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(30):
        while drafts(project):
            await asyncio.sleep(0.01)
    assert not (project.path / "input" / "out").exists()
