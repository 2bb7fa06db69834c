"""What the port Logs promises."""

from __future__ import annotations

import gzip
import os

import pytest

from tests.contract.volume.project import OWNER, Project, refused
from winslow.domain.pipeline import LogParser
from winslow.domain.stage import StageId
from winslow.errors import (
    DataLoss,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


LINES = b"T1 stdout F one\nT2 stderr F two\nT3 stdout F three\n"


async def _stage(project: Project, content: bytes) -> StageId:
    await project.storage.workspaces.prepare(project.plan("s1", None), OWNER)
    (project.path / "stages/s1/log").write_bytes(content)
    return StageId("s1")


async def test_a_log_is_read_in_whole_lines(project: Project) -> None:
    logs, stage = project.storage.logs, await _stage(project, LINES + b"T4 stdout F begun")
    assert await logs.size(project.id, stage) == len(LINES) + 17
    assert await logs.read(project.id, stage, 0, 1000) == LINES
    assert await logs.read(project.id, stage, 0, 20) == b"T1 stdout F one\n"
    assert await logs.read(project.id, stage, 16, 20) == b"T2 stderr F two\n"
    assert await logs.read(project.id, stage, 0, 4) == b"T1 s"
    assert await logs.read(project.id, stage, len(LINES), 1000) == b""
    assert await logs.read(project.id, stage, 1 << 40, 1000) == b""


async def test_no_log_is_an_empty_log(project: Project) -> None:
    assert await project.storage.logs.size(project.id, StageId("never")) == 0
    assert await project.storage.logs.read(project.id, StageId("never"), 0, 10) == b""
    assert (await project.storage.logs.scan(project.id, StageId("never"), 0, ())).offset == 0


async def test_what_a_log_says_is_found_up_to_its_last_whole_line(project: Project) -> None:
    text = b"T stdout F WINSLOW_RESULT: frames=250\nT stderr F  50%|###  |\nT stdout F loss=0.5\n"
    logs, stage = project.storage.logs, await _stage(project, text + b"T stdout F WINSLOW_RESULT: a=1")
    parsers = (LogParser("loss", r"loss=(?P<loss>[0-9.]+)"),)
    found = await logs.scan(project.id, stage, 0, parsers)
    assert found.offset == len(text)
    assert dict(found.results) == {"frames": "250", "loss": "0.5"}
    assert found.progress == 0.5
    assert (await logs.scan(project.id, stage, found.offset, parsers)).results == ()


async def test_a_pattern_that_is_not_re2_is_told(project: Project) -> None:
    stage = await _stage(project, LINES)
    with refused(InvalidArgument, "PATTERN_INVALID"):
        await project.storage.logs.scan(project.id, stage, 0, (LogParser("bad", r"(?P<a>x)(?=y)"),))


async def test_winslows_own_lines_are_told_apart(project: Project) -> None:
    stage = await _stage(project, LINES)
    await project.storage.logs.note(project.id, stage, "aborted by ada\nat 99% \udcff\0")
    lines = (await project.storage.logs.read(project.id, stage, len(LINES), 1000)).decode().splitlines()
    assert [line.split(" ", 2)[1:] for line in lines] == [
        ["winslow", "F aborted by ada"],
        ["winslow", "F at 99% \\udcff"],
    ]
    assert (await project.storage.logs.scan(project.id, stage, 0, ())).progress is None


async def test_a_note_for_an_attempt_that_is_gone_makes_nothing(project: Project) -> None:
    with refused(NotFound, "FILE_NOT_FOUND"):
        await project.storage.logs.note(project.id, StageId("gone"), "late")
    assert not (project.path / "stages" / "gone").exists()


async def test_a_log_that_is_a_link_or_a_fifo_is_not_read(project: Project) -> None:
    stage = await _stage(project, b"")
    log = project.path / "stages/s1/log"
    log.unlink()
    log.symlink_to("/etc/passwd")
    with refused(FailedPrecondition, "PATH_LEADS_OUT"):
        await project.storage.logs.read(project.id, stage, 0, 100)
    with refused(FailedPrecondition, "PATH_LEADS_OUT"):
        await project.storage.logs.note(project.id, stage, "x")
    log.unlink()
    os.mkfifo(log)
    with refused(FailedPrecondition, "NOT_A_FILE"):
        await project.storage.logs.scan(project.id, stage, 0, ())


LONG = b"".join(b"2026-11-23T10:00:%02dZ stdout F line %d %s\n" % (n % 60, n, b"x" * (n % 90)) for n in range(30_000))


async def test_an_archived_log_is_to_everybody_what_it_was(project: Project) -> None:
    logs, files, stage = project.storage.logs, project.storage.files, await _stage(project, LONG)
    log = project.at("stages/s1/log")
    before = await files.stat(log), await files.digest(log), await logs.scan(project.id, stage, 0, ())
    assert await logs.archive(project.id, stage, 0.0)
    assert sorted(path.name for path in (project.path / "stages/s1").iterdir() if path.name.startswith("log")) == [
        "log.gz"
    ]
    assert gzip.decompress((project.path / "stages/s1/log.gz").read_bytes()) == LONG
    assert before == (await files.stat(log), await files.digest(log), await logs.scan(project.id, stage, 0, ()))
    assert await logs.size(project.id, stage) == len(LONG)
    for offset in (0, 1, 999_999, 1 << 20, len(LONG) - 5, len(LONG), len(LONG) + 5):
        assert await files.read(log, offset, 100_000) == LONG[offset : offset + 100_000]
        whole = LONG[offset : offset + 100_000]
        assert await logs.read(project.id, stage, offset, 100_000) == whole[: whole.rfind(b"\n") + 1]
    low, high = await logs.span(project.id, stage, 0)
    assert 0 == low <= high <= len(LONG)


async def test_an_archived_log_is_copied_as_it_was(project: Project) -> None:
    logs, files, stage = project.storage.logs, project.storage.files, await _stage(project, LONG)
    assert await logs.archive(project.id, stage, 0.0)
    before = await files.stat(project.at("stages/s1/log"))
    await files.copy(project.at("stages/s1/log"), project.at("input/log.txt"))
    assert (project.path / "input/log.txt").read_bytes() == LONG
    assert await files.stat(project.at("stages/s1/log")) == before
    assert await logs.archive(project.id, stage, 0.0)
    assert not (project.path / "stages/s1/log").exists()


async def test_a_log_that_was_just_written_is_not_archived_yet(project: Project) -> None:
    logs, stage = project.storage.logs, await _stage(project, LONG)
    assert not await logs.archive(project.id, stage, 3600.0)
    assert (project.path / "stages/s1/log").read_bytes() == LONG


async def test_a_line_added_to_an_archived_log_is_its_last(project: Project) -> None:
    logs, stage = project.storage.logs, await _stage(project, LONG)
    assert await logs.archive(project.id, stage, 0.0)
    await logs.note(project.id, stage, "one word more")
    assert (await logs.read(project.id, stage, len(LONG), 100)).endswith(b" winslow F one word more\n")
    assert await logs.read(project.id, stage, 0, 100) == LONG[:100][: LONG[:100].rfind(b"\n") + 1]


async def test_a_damaged_archive_is_told_and_the_rest_can_be_read(project: Project) -> None:
    logs, stage = project.storage.logs, await _stage(project, LONG)
    assert await logs.archive(project.id, stage, 0.0)
    packed = project.path / "stages/s1/log.gz"
    data = bytearray(packed.read_bytes())
    data[200] ^= 0xFF
    packed.unlink()
    packed.write_bytes(data)
    with refused(DataLoss, "ARCHIVE_DAMAGED"):
        await logs.read(project.id, stage, 0, 100)
    assert await logs.read(project.id, stage, len(LONG) - 5000, 5000)


async def test_values_are_found_piece_by_piece_in_either_form(project: Project) -> None:
    logs, stage = project.storage.logs, await _stage(project, LONG)

    async def found() -> list[float]:
        numbers: list[float] = []
        offset = 0
        while offset < len(LONG):
            values = await logs.extract(project.id, stage, offset, 1, r"line (?P<n>\d+)", 1 << 20)
            numbers += values.columns[0].values
            offset = values.offset
        return numbers

    assert await found() == list(range(30_000))
    assert await logs.archive(project.id, stage, 0.0)
    assert await found() == list(range(30_000))
    with refused(InvalidArgument, "PATTERN_INVALID"):
        await logs.extract(project.id, stage, 0, 1, r"(?P<a>x)(?=y)", 1)
    assert (await logs.extract(project.id, StageId("never"), 5, 1, r"(?P<a>x)", 1)).offset == 5
