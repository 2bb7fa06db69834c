"""What the port Uploads promises."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat

import pytest

from tests.contract.volume.project import Project, refused
from winslow.domain.layout import parse
from winslow.domain.stage import ProjectId
from winslow.errors import (
    Conflict,
    DataLoss,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    OutOfRange,
)
from winslow.ports import Upload

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_file_is_seen_only_once_it_is_committed(project: Project) -> None:
    content = os.urandom(1_500_000)
    upload = await project.upload("input/new/clip.mp4", content)
    assert not (project.path / "input" / "new").exists()
    assert (await project.storage.uploads.flush(upload)).offset == len(content)
    entry = await project.storage.uploads.commit(upload)
    assert (entry.name, entry.kind, entry.size) == ("clip.mp4", "file", len(content))
    assert entry == await project.storage.files.stat(project.at("input/new/clip.mp4"))
    assert (project.path / "input/new/clip.mp4").read_bytes() == content
    assert stat.S_IMODE((project.path / "input/new/clip.mp4").stat().st_mode) == 0o644


async def test_committing_again_answers_the_same(project: Project) -> None:
    upload = await project.upload("input/a", b"content")
    entry = await project.storage.uploads.commit(upload)
    (project.path / "input" / "a").unlink()
    assert await project.storage.uploads.commit(upload) == entry
    assert not (project.path / "input" / "a").exists()
    begun = await project.storage.uploads.begin(upload.id, upload.location, upload.size, upload.sha256)
    assert begun.offset == upload.size


async def test_committing_at_once_from_many_sides_ends_the_same(project: Project) -> None:
    upload = await project.upload("input/a", b"content")
    entries = await asyncio.gather(*(project.storage.uploads.commit(upload) for _ in range(8)))
    assert len(set(entries)) == 1
    contents = [bytes([index]) * 1000 for index in range(8)]
    uploads = [await project.upload("input/same", content) for content in contents]
    await asyncio.gather(*(project.storage.uploads.commit(upload) for upload in uploads))
    assert (project.path / "input" / "same").read_bytes() in contents


async def test_an_empty_file_can_be_uploaded(project: Project) -> None:
    upload = await project.storage.uploads.begin("e", project.at("input/e"), 0, hashlib.sha256().hexdigest())
    assert (await project.storage.uploads.append(upload, 0, b"")).offset == 0
    assert (await project.storage.uploads.commit(upload)).size == 0


async def test_an_upload_replaces_a_file_but_no_directory(project: Project) -> None:
    (project.path / "input" / "a").write_text("old")
    await project.storage.uploads.commit(await project.upload("input/a", b"new"))
    assert (project.path / "input" / "a").read_text() == "new"
    (project.path / "input" / "dir").mkdir()
    with refused(FailedPrecondition, "IS_A_DIRECTORY"):
        await project.upload("input/dir", b"x")
    upload = await project.upload("input/becomes", b"x")
    (project.path / "input" / "becomes").mkdir()
    with refused(FailedPrecondition, "IS_A_DIRECTORY"):
        await project.storage.uploads.commit(upload)
    (project.path / "input" / "becomes").rmdir()
    await project.storage.uploads.commit(upload)
    assert (project.path / "input" / "becomes").read_text() == "x"


async def test_bytes_go_only_where_the_upload_ends(project: Project) -> None:
    uploads = project.storage.uploads
    upload = await uploads.begin("lies", project.at("input/a"), 10, hashlib.sha256(b"0123456789").hexdigest())
    upload = await uploads.append(upload, 0, b"01234")
    for offset in (0, 4, 6, 10, -1, 1 << 62):
        with pytest.raises(OutOfRange) as caught:
            await uploads.append(upload, offset, b"x")
        assert (caught.value.reason, caught.value.metadata["offset"]) == ("OFFSET_MISMATCH", "5")
    with refused(InvalidArgument, "UPLOAD_TOO_LONG"):
        await uploads.append(upload, 5, b"567890")
    with refused(FailedPrecondition, "UPLOAD_INCOMPLETE"):
        await uploads.commit(upload)
    await uploads.append(upload, 5, b"56789")
    await uploads.commit(upload)
    assert (project.path / "input" / "a").read_text() == "0123456789"


async def test_an_upload_is_found_again_where_it_stood(project: Project) -> None:
    upload = await project.storage.uploads.begin("again", project.at("input/a"), 6, "0" * 64)
    await project.storage.uploads.append(upload, 0, b"abc")
    found = await project.storage.uploads.begin("again", project.at("input/a"), 6, "0" * 64)
    assert found.offset == 3
    for size, digest, path in ((7, "0" * 64, "input/a"), (6, "1" * 64, "input/a"), (6, "0" * 64, "input/b")):
        with refused(Conflict, "UPLOAD_DIFFERS"):
            await project.storage.uploads.begin("again", project.at(path), size, digest)


async def test_what_was_not_sent_is_not_shown(project: Project) -> None:
    uploads = project.storage.uploads
    upload = await uploads.begin("wrong", project.at("input/a"), 5, hashlib.sha256(b"right").hexdigest())
    upload = await uploads.append(upload, 0, b"wrong")
    with refused(DataLoss, "CHECKSUM_MISMATCH"):
        await uploads.commit(upload)
    assert not (project.path / "input" / "a").exists()
    upload = await uploads.begin("wrong", upload.location, upload.size, upload.sha256)
    assert upload.offset == 0
    await uploads.append(upload, 0, b"right")
    await uploads.commit(upload)
    assert (project.path / "input" / "a").read_text() == "right"


async def test_a_committed_upload_takes_no_more_bytes(project: Project) -> None:
    upload = await project.upload("input/a", b"abc")
    await project.storage.uploads.commit(upload)
    with refused(FailedPrecondition, "UPLOAD_ENDED"):
        await project.storage.uploads.append(upload, 3, b"d")


async def test_a_cancelled_upload_is_forgotten(project: Project) -> None:
    upload = await project.upload("input/a", b"abc")
    await project.storage.uploads.cancel(upload)
    await project.storage.uploads.cancel(upload)
    for call in (project.storage.uploads.commit, project.storage.uploads.flush):
        with refused(NotFound, "UPLOAD_NOT_FOUND"):
            await call(upload)
    assert list((project.path / ".uploads").iterdir()) == []


async def test_uploads_of_two_projects_may_have_one_id(project: Project) -> None:
    other = ProjectId(f"{project.id}-b")
    await project.storage.workspaces.make_project(other)
    digest = hashlib.sha256(b"x").hexdigest()
    mine = await project.storage.uploads.begin("u", project.at("input/a"), 1, digest)
    theirs = await project.storage.uploads.begin("u", parse(f"projects/{other}/input/a"), 1, digest)
    for upload in (mine, theirs):
        await project.storage.uploads.append(upload, 0, b"x")
        await project.storage.uploads.commit(upload)
    assert (project.path.parent / other / "input" / "a").read_text() == "x"
    await project.storage.workspaces.delete_project(other)


@pytest.mark.parametrize("id", ["", ".", "..", "../x", "a/b", "a\0b", "x" * 129, "-a", "a\n"])
async def test_an_id_that_is_no_name_is_refused(project: Project, id: str) -> None:
    with refused(InvalidArgument, "UPLOAD_INVALID"):
        await project.storage.uploads.begin(id, project.at("input/a"), 1, "0" * 64)
    with refused(InvalidArgument, "UPLOAD_INVALID"):
        await project.storage.uploads.cancel(Upload(id, project.at("input/a"), 1, "0" * 64, 0))


@pytest.mark.parametrize(("size", "digest"), [(-2, "0" * 64), (1 << 63, "0" * 64), (1, "0" * 63), (1, "G" * 64)])
async def test_a_promise_that_cannot_be_kept_is_refused(project: Project, size: int, digest: str) -> None:
    with refused(InvalidArgument, "UPLOAD_INVALID"):
        await project.storage.uploads.begin("u", project.at("input/a"), size, digest)


async def test_nothing_is_begun_in_a_project_that_is_not_there(project: Project) -> None:
    with refused(NotFound, "FILE_NOT_FOUND"):
        await project.storage.uploads.begin("u", parse("projects/never/input/a"), 1, "0" * 64)
    assert not (project.path.parent / "never").exists()


async def test_the_global_pool_takes_uploads_beside_itself(project: Project) -> None:
    content = project.id.encode()
    location = parse(f"resources/models/{project.id}")
    upload = await project.storage.uploads.begin(
        project.id, location, len(content), hashlib.sha256(content).hexdigest()
    )
    await project.storage.uploads.append(upload, 0, content)
    assert [entry.name for entry in await project.storage.files.entries(parse("resources"), "", 10)] in (
        [],
        ["models"],
    )
    await project.storage.uploads.commit(upload)
    assert (project.volume / "resources" / "models" / project.id).read_bytes() == content


async def test_abandoned_uploads_expire(project: Project) -> None:
    old, new = await project.upload("input/old", b"old"), await project.upload("input/new", b"new")
    place = project.path / ".uploads" / old.id
    for path in [*place.iterdir(), place]:
        os.utime(path, (1000.0, 1000.0))
    assert await project.storage.uploads.expire(2000.0) == 1
    with refused(NotFound, "UPLOAD_NOT_FOUND"):
        await project.storage.uploads.commit(old)
    await project.storage.uploads.commit(new)
