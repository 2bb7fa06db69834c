"""Files, uploads and logs as people reach them, over a real volume."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tests.fakes.store import FakeMembership, FakeStore
from tests.unit import world
from tests.unit.little import ANN, BOB, Little
from winslow.domain import lifecycle
from winslow.domain.pipeline import DefinitionName
from winslow.domain.records import Kind, Ref
from winslow.domain.resources import Resources
from winslow.domain.stage import NodeId, ProjectId, RunId, Stage, StageId
from winslow.errors import (
    AlreadyExists,
    Conflict,
    DataLoss,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    OutOfRange,
    Unavailable,
    WinslowError,
)
from winslowd.usecases import logs as logs_module
from winslowd.usecases.beginnings import Start
from winslowd.usecases.listing import Ask
from winslowd.usecases.logsearch import line_time
from winslowd.usecases.uploads import Uploads

CONTENT = b"0123456789" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path) as one:
        yield one


def put(little: Little, path: str, content: bytes = b"x") -> None:
    """Write as a stage's process would."""
    at = Path(little.volume.workspaces.absolute(path))
    at.parent.mkdir(parents=True, exist_ok=True)
    at.write_bytes(content)


async def names(little: Little, path: str) -> list[str]:
    listed = await little.use_cases.files.list(ANN, path, Ask())
    return [shown.entry.name for shown in listed.items]


async def content(little: Little, path: str, **ask: int) -> bytes:
    _, pieces = await little.use_cases.files.read(ANN, path, **ask)  # type: ignore[arg-type]
    return b"".join([data async for _, data in pieces])


async def running(little: Little, pipeline=None) -> Stage:
    project = await little.project(pipeline)
    await little.use_cases.runs.start(little.request(), project, Start())
    return await little.start("detect")


async def refused(call, kind: type[WinslowError]) -> str:
    with pytest.raises(kind) as caught:
        await call
    return caught.value.reason


class TestTheTree:
    async def test_it_is_walked_from_the_roots_to_a_stages_files(self, little: Little) -> None:
        stage = await running(little)
        at = f"projects/{stage.project}/stages/{stage.id}"
        put(little, f"{at}/workspace/a.txt")
        assert await names(little, "") == ["projects", "resources"]
        assert await names(little, "projects") == [stage.project]
        assert await names(little, f"projects/{stage.project}/stages") == [stage.id]
        assert await names(little, at) == ["log", "output", "workspace"]
        assert await names(little, f"{at}/workspace") == ["a.txt"]

    async def test_an_output_is_the_projects_the_moment_its_attempt_succeeded(self, little: Little) -> None:
        stage = await running(little, world.chain("detect"))
        put(little, f"projects/{stage.project}/stages/{stage.id}/output/r.csv", b"1")
        path = f"projects/{stage.project}/output"
        assert await names(little, path) == []
        assert await refused(little.use_cases.files.stat(ANN, f"{path}/detect/r.csv"), NotFound) == (
            "OUTPUT_NOT_PUBLISHED"
        )
        await little.move(stage, lifecycle.Ended(world.OK, {}, 5.0))
        assert await names(little, path) == ["detect"]
        assert await names(little, f"{path}/detect") == ["r.csv"]
        assert await content(little, f"{path}/detect/r.csv") == b"1"
        assert (await little.use_cases.files.usage(ANN, path)).size == 1

    async def test_a_skipped_stages_workspace_is_the_one_it_passes_on(self, little: Little) -> None:
        project = await little.project()
        put(little, f"projects/{project}/workspace/zero.txt")
        await little.use_cases.runs.start(little.request(), project, Start())
        await little.end("detect", world.FAILED)
        await little.until(lambda: little.run(project).hold)
        await little.use_cases.runs.skip(little.request(), project, RunId("000001"), DefinitionName("detect"))
        await little.placed("track")
        skipped = little.run(project).attempts[DefinitionName("detect")][-1]
        assert await names(little, f"projects/{project}/stages/{skipped}/workspace") == ["zero.txt"]

    async def test_a_long_directory_comes_in_pages(self, little: Little) -> None:
        project = await little.project()
        for number in range(7):
            put(little, f"projects/{project}/input/{number}")
        found: list[str] = []
        ask = Ask(page_size=3)
        while True:
            page = await little.use_cases.files.list(ANN, f"projects/{project}/input", ask)
            found += [shown.entry.name for shown in page.items]
            if not page.next_page_token:
                break
            ask = Ask(page_size=3, page_token=page.next_page_token)
        assert found == [f"{number}" for number in range(7)]

    @pytest.mark.parametrize("path", ["/etc/passwd", "projects/../x", "elsewhere/x", "projects/P/secret"])
    async def test_paths_that_lead_nowhere_are_refused(self, little: Little, path: str) -> None:
        assert await refused(little.use_cases.files.stat(ANN, path), InvalidArgument) == "PATH_INVALID"

    async def test_files_of_what_there_is_not_are_not_found(self, little: Little) -> None:
        project = await little.project()
        stat = little.use_cases.files.stat
        assert await refused(stat(ANN, "projects/no/input/x"), NotFound) == "PROJECT_UNKNOWN"
        assert await refused(stat(ANN, f"projects/{project}/stages/no/output"), NotFound) == "STAGE_UNKNOWN"
        assert await refused(stat(ANN, f"projects/{project}/input/no"), NotFound) == "FILE_NOT_FOUND"


class TestReadingAndChanging:
    async def test_a_range_is_read_and_only_of_what_it_was(self, little: Little) -> None:
        put(little, "resources/x", CONTENT)
        files = little.use_cases.files
        assert await content(little, "resources/x", offset=5, size=10) == CONTENT[5:15]
        assert await content(little, "resources/x", offset=len(CONTENT)) == b""
        etag = (await files.stat(ANN, "resources/x")).etag
        put(little, "resources/x", CONTENT + b"more")
        assert await refused(files.read(ANN, "resources/x", 0, 0, etag), FailedPrecondition) == "FILE_CHANGED"
        assert await refused(files.read(ANN, "resources/x", 1 << 20), OutOfRange) == "OFFSET_PAST_END"
        assert await refused(files.read(ANN, "resources"), FailedPrecondition) == "NOT_A_FILE"

    async def test_people_change_their_pools_and_nothing_else(self, little: Little) -> None:
        stage = await running(little)
        files = little.use_cases.files
        for path in ("", "projects", f"projects/{stage.project}/stages/{stage.id}/workspace/x"):
            assert await refused(files.make_directory(little.request(), path), FailedPrecondition) == "POOL_READ_ONLY"
        await files.make_directory(little.request(), "resources/models/a")
        await little.use_cases.trees.move(little.request(), "resources/models/a", "resources/models/b")
        assert await names(little, "resources/models") == ["b"]
        assert (
            await refused(files.delete(little.request(), "resources/models"), FailedPrecondition)
            == "DIRECTORY_NOT_EMPTY"
        )
        await files.delete(little.request(), "resources/models", recursive=True)
        assert await names(little, "resources") == []

    async def test_a_project_is_measured_whatever_of_it_has_not_begun(self, little: Little) -> None:
        stage = await running(little)
        put(little, f"projects/{stage.project}/input/x", CONTENT)
        at = Path(little.volume.workspaces.absolute(f"projects/{stage.project}/stages/{stage.id}"))
        assert not at.exists()
        used = await little.use_cases.files.usage(ANN, f"projects/{stage.project}")
        assert (used.size, used.files) == (len(CONTENT), 1)

    async def test_what_an_attempt_made_is_copied_to_where_people_may_change_it(self, little: Little) -> None:
        stage = await running(little)
        files = little.use_cases.files
        at = f"projects/{stage.project}/stages/{stage.id}"
        put(little, f"{at}/workspace/frames/1.png", b"one")
        request = little.request("copy", fingerprint="f")
        for _ in range(2):
            await files.copy(request, f"{at}/workspace/frames", f"projects/{stage.project}/input/frames")
        assert await content(little, f"projects/{stage.project}/input/frames/1.png") == b"one"
        assert await refused(files.copy(little.request(), at, "resources/x"), FailedPrecondition) == "NOT_COPYABLE"
        back = files.copy(little.request(), "resources/x", f"{at}/workspace/x")
        assert await refused(back, FailedPrecondition) == "POOL_READ_ONLY"

    async def test_a_deletion_that_is_repeated_is_done_once(self, little: Little) -> None:
        put(little, "resources/x")
        request = little.request("del", fingerprint="f")
        await little.use_cases.files.delete(request, "resources/x")
        await little.use_cases.files.delete(request, "resources/x")
        assert await refused(little.use_cases.files.delete(little.request(), "resources/x"), NotFound)

    async def test_a_project_that_is_going_takes_no_files(self, little: Little) -> None:
        project = await little.project()
        await little.use_cases.projects.delete(little.request(), project)
        call = little.use_cases.files.make_directory(little.request(), f"projects/{project}/input/x")
        assert await refused(call, FailedPrecondition) == "PROJECT_DELETING"


async def pieces(*parts: tuple[int, bytes]) -> AsyncIterator[tuple[int, bytes]]:
    for part in parts:
        yield part


class TestUploads:
    async def begun(self, little: Little, id: str = "u", **fields: object) -> tuple[ProjectId, str]:
        project = await little.project()
        path = f"projects/{project}/input/clip"
        shown = await little.use_cases.uploads.begin(little.request(id), path, len(CONTENT), **fields)  # type: ignore[arg-type]
        return project, shown.upload.id

    async def test_it_goes_on_where_it_was_cut_after_a_restart_of_the_daemon(self, little: Little) -> None:
        project, id_ = await self.begun(little)
        await little.use_cases.uploads.append(ANN, id_, pieces((0, CONTENT[:4000])))
        fresh = Uploads(little.store, little.volume.files, little.volume.uploads, little.membership)
        assert (await fresh.get(ANN, id_)).upload.offset == 4000
        await fresh.append(ANN, id_, pieces((4000, CONTENT[4000:])))
        for _ in range(2):
            assert (await fresh.commit(ANN, id_, DIGEST)).entry.size == len(CONTENT)
        assert await content(little, f"projects/{project}/input/clip") == CONTENT
        assert await fresh.list(ANN) == ()

    async def test_the_same_request_finds_its_upload(self, little: Little) -> None:
        project, id_ = await self.begun(little)
        again = await little.use_cases.uploads.begin(
            little.request("u"), f"projects/{project}/input/clip", len(CONTENT)
        )
        assert again.upload.id == id_
        assert [one.upload.id for one in await little.use_cases.uploads.list(ANN)] == [id_]

    async def test_an_upload_is_only_its_senders(self, little: Little) -> None:
        _, id_ = await self.begun(little)
        assert await refused(little.use_cases.uploads.get(BOB, id_), NotFound) == "UPLOAD_UNKNOWN"
        await little.use_cases.uploads.cancel(BOB, id_)
        assert await little.use_cases.uploads.list(BOB) == ()
        assert (await little.use_cases.uploads.get(ANN, id_)).upload.id == id_

    async def test_a_file_that_is_there_is_only_replaced_when_asked(self, little: Little) -> None:
        project, _ = await self.begun(little)
        path = f"projects/{project}/input/clip"
        put(little, path, b"other")
        begin = little.use_cases.uploads.begin
        assert await refused(begin(little.request("v"), path, 1), AlreadyExists) == "FILE_EXISTS"
        shown = await begin(little.request("w"), path, 1, replace=True)
        await little.use_cases.uploads.append(ANN, shown.upload.id, pieces((0, b"n")))
        await little.use_cases.uploads.commit(ANN, shown.upload.id, hashlib.sha256(b"n").hexdigest())
        assert await content(little, path) == b"n"

    async def test_a_commit_whose_record_was_lost_is_made_again(self, little: Little) -> None:
        _, id_ = await self.begun(little)
        await little.use_cases.uploads.append(ANN, id_, pieces((0, CONTENT)))
        little.store.fail_next(Unavailable("cut off", reason="ETCD_UNAVAILABLE"))
        assert await refused(little.use_cases.uploads.commit(ANN, id_, DIGEST), Unavailable)
        assert (await little.use_cases.uploads.commit(ANN, id_, DIGEST)).entry.size == len(CONTENT)

    async def test_two_nodes_that_commit_it_at_once_show_it_once(self, little: Little) -> None:
        project, id_ = await self.begun(little)
        await little.use_cases.uploads.append(ANN, id_, pieces((0, CONTENT)))
        store = FakeStore(little.store.cluster)
        other = Uploads(store, little.volume.files, little.volume.uploads, FakeMembership(store, NodeId("node-2")))
        gate = little.volume.held["uploads.commit"] = asyncio.Event()
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            first = group.create_task(little.use_cases.uploads.commit(ANN, id_, DIGEST))
            while "uploads.commit" not in little.volume.calls:
                await asyncio.sleep(0)
            second = group.create_task(other.commit(ANN, id_, DIGEST))
            for _ in range(20):
                await asyncio.sleep(0)
            assert little.volume.calls.count("uploads.commit") == 1
            gate.set()
        assert first.result() == second.result()
        assert await content(little, f"projects/{project}/input/clip") == CONTENT

    async def test_who_has_lost_the_lock_of_an_upload_writes_down_nothing(self, little: Little) -> None:
        _, id_ = await self.begun(little)
        await little.use_cases.uploads.append(ANN, id_, pieces((0, CONTENT)))
        gate = little.volume.held["uploads.commit"] = asyncio.Event()
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            committing = group.create_task(refused(little.use_cases.uploads.commit(ANN, id_, DIGEST), Conflict))
            while "uploads.commit" not in little.volume.calls:
                await asyncio.sleep(0)
            little.store.cluster.usurp(f"uploads/{id_}")
            gate.set()
        assert committing.result() == "FENCED"
        assert [one.upload.id for one in await little.use_cases.uploads.list(ANN)] == [id_]

    async def test_what_is_not_what_was_sent_is_not_shown(self, little: Little) -> None:
        project, id_ = await self.begun(little)
        await little.use_cases.uploads.append(ANN, id_, pieces((0, CONTENT)))
        commit = little.use_cases.uploads.commit
        assert await refused(commit(ANN, id_), InvalidArgument) == "SHA256_MISSING"
        assert await refused(commit(ANN, id_, "0" * 64), DataLoss) == "CHECKSUM_MISMATCH"
        assert await names(little, f"projects/{project}/input") == []

    async def test_whoever_goes_on_is_remembered_for_another_day_and_an_outage_of_etcd_stops_nobody(
        self, little: Little
    ) -> None:
        _, id_ = await self.begun(little)
        ref = Ref(Kind.REQUEST, f"upload-{id_}")
        promised = little.view.revision_of(ref)
        await little.use_cases.uploads.append(ANN, id_, pieces((0, CONTENT[:4000])))
        assert little.view.revision_of(ref) > promised
        little.store.disconnect()
        shown = await little.use_cases.uploads.append(ANN, id_, pieces((4000, CONTENT[4000:])))
        assert shown.upload.offset == len(CONTENT)

    async def test_a_gap_is_refused_and_a_cancelled_upload_is_gone(self, little: Little) -> None:
        _, id_ = await self.begun(little)
        append = little.use_cases.uploads.append
        assert await refused(append(ANN, id_, pieces((5, b"x"))), OutOfRange) == "OFFSET_MISMATCH"
        for _ in range(2):
            await little.use_cases.uploads.cancel(ANN, id_)
        assert await refused(append(ANN, id_, pieces((0, b"x"))), NotFound) == "UPLOAD_UNKNOWN"

    async def test_an_upload_needs_a_request_id(self, little: Little) -> None:
        project = await little.project()
        call = little.use_cases.uploads.begin(little.request(), f"projects/{project}/input/x", 1)
        assert await refused(call, InvalidArgument) == "REQUEST_ID_MISSING"


def lines(count: int, start: int = 0) -> bytes:
    """A line a second from 2026-01-01 on."""
    return b"".join(
        b"2026-01-01T%02d:%02d:%02d.000000000Z stdout F line %d\n" % (n // 3600, n // 60 % 60, n % 60, n)
        for n in range(start, start + count)
    )


EPOCH = 1767225600.0


class TestLogs:
    async def logged(self, little: Little, text: bytes) -> Stage:
        stage = await running(little)
        put(little, f"projects/{stage.project}/stages/{stage.id}/log", text)
        return stage

    async def test_the_last_lines_are_found_from_the_end(self, little: Little) -> None:
        stage = await self.logged(little, lines(10))
        read = little.use_cases.logs.read
        assert (await read(ANN, "-", stage.id, tail_lines=2)).data == lines(2, 8)
        assert (await read(ANN, "-", stage.id, tail_lines=99)).data == lines(10)

    async def test_the_last_lines_of_a_long_log_cost_a_piece(
        self, little: Little, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(logs_module, "PIECE", 200)
        stage = await self.logged(little, lines(1000))
        before = little.volume.calls.count("logs.read")
        assert (await little.use_cases.logs.read(ANN, "-", stage.id, tail_lines=3)).data == lines(3, 997)
        assert little.volume.calls.count("logs.read") - before <= 3

    async def test_a_time_is_located_by_halving(self, little: Little, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(logs_module, "PIECE", 300)
        stage = await self.logged(little, lines(2000))
        locate = little.use_cases.logs.locate
        for second in (0, 1, 1234, 1999):
            assert await locate(ANN, "-", stage.id, EPOCH + second) == len(lines(second))
        assert await locate(ANN, "-", stage.id, EPOCH + 1233.5) == len(lines(1234))
        assert await locate(ANN, "-", stage.id, EPOCH + 9999) == len(lines(2000))
        assert await locate(ANN, "-", stage.id, 0) == 0

    async def test_lines_are_searched_page_by_page(self, little: Little) -> None:
        stage = await self.logged(little, lines(100))
        search = little.use_cases.logs.search
        first = await search(ANN, "-", stage.id, "line .5$", 0, Ask(page_size=4))
        rest = await search(ANN, "-", stage.id, "line .5$", 0, Ask(page_size=9, page_token=first.next_page_token))
        found = [*first.items, *rest.items]
        assert [match.offset for match in found] == [len(lines(n)) for n in range(15, 100, 10)]
        assert found[0].at == EPOCH + 15
        assert await refused(search(ANN, "-", stage.id, "(", 0, Ask()), InvalidArgument) == "PATTERN_INVALID"

    async def test_a_follower_gets_every_byte_once_and_the_end(
        self, little: Little, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(logs_module, "PIECE", 500)
        stage = await self.logged(little, lines(50))
        path = Path(little.volume.workspaces.absolute(f"projects/{stage.project}/stages/{stage.id}/log"))

        async def write() -> None:
            for start in range(50, 100, 10):
                with path.open("ab") as log:
                    log.write(lines(10, start))
                await asyncio.sleep(0.005)
            await little.move(stage, lifecycle.Ended(world.OK, {}, 1.0))

        async with asyncio.TaskGroup() as group:
            group.create_task(write(), name="the stage's process")
            chunks = [chunk async for chunk in little.use_cases.logs.follow(ANN, "-", stage.id)]
        assert b"".join(chunk.data for chunk in chunks) == lines(100)
        assert [chunk.ended for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
        assert all(chunk.offset + len(chunk.data) == then.offset for chunk, then in pairwise(chunks))

    async def test_a_follower_sees_what_is_not_ended_yet_and_what_becomes_of_it(self, little: Little) -> None:
        stage = await self.logged(little, lines(2))
        path = Path(little.volume.workspaces.absolute(f"projects/{stage.project}/stages/{stage.id}/log"))
        begun = [b"T stdout P Go on? \n", b"T stdout P Go on? ye\n", b""]

        class Saying:
            words = begun[0]

            def unfinished(self, id_: StageId) -> bytes:
                assert id_ == stage.id
                return self.words

        saying = Saying()
        following = replace(little.use_cases.logs, underway=saying).follow(ANN, "-", stage.id)
        first = await anext(following)
        assert (first.data, first.unfinished) == (lines(2), begun[0])
        saying.words = begun[1]
        second = await anext(following)
        assert (second.offset, second.data, second.unfinished) == (len(lines(2)), b"", begun[1])
        saying.words = begun[2]
        with path.open("ab") as log:
            log.write(lines(1, 2))
        third = await anext(following)
        while not third.data:  # it may be told first that nothing is under way any more
            assert not third.unfinished
            third = await anext(following)
        assert (third.offset, third.data, third.unfinished) == (len(lines(2)), lines(1, 2), b"")
        saying.words = begun[0]
        assert (await anext(following)).unfinished == begun[0]
        await little.move(stage, lifecycle.Ended(world.OK, {}, 1.0))
        rest = [chunk async for chunk in following]
        assert [(chunk.data, chunk.unfinished) for chunk in rest] == [(b"", b"")] * len(rest)
        assert rest[-1].ended

    async def test_pieces_of_a_line_are_no_lines_of_a_tail(
        self, little: Little, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(logs_module, "PIECE", 100)
        bar = [b"T stderr P %d%%\r\n" % number for number in range(50)]
        log = [b"T stdout F one\n", b"T stdout F two\n", *bar, b"T stderr F done\n", *bar]
        stage = await self.logged(little, b"".join(log))
        read = little.use_cases.logs.read
        for tail, first in ((1, 2), (2, 1), (3, 0), (4, 0)):
            assert (await read(ANN, "-", stage.id, tail_lines=tail)).data == b"".join(log[first:])
        size = await little.use_cases.logs.tail_offset(stage, 0)
        assert size == len(b"".join(log))
        monkeypatch.setattr(logs_module, "PIECES_MOST", 300)
        short = (await read(ANN, "-", stage.id, tail_lines=3)).data
        assert len(short) < 600 and b"".join(log).endswith(short)

    async def test_a_follower_begins_at_any_offset_or_tail(self, little: Little) -> None:
        stage = await self.logged(little, lines(10))
        await little.move(stage, lifecycle.Ended(world.OK, {}, 1.0))
        for ask in ({"offset": len(lines(7))}, {"tail_lines": 3}):
            chunks = [chunk async for chunk in little.use_cases.logs.follow(ANN, "-", stage.id, **ask)]
            assert b"".join(chunk.data for chunk in chunks) == lines(3, 7)

    async def test_a_follower_of_a_waiting_stage_does_not_poll(self, little: Little) -> None:
        project = await little.project(world.chain("detect", resources=Resources(cpus=64)))
        await little.use_cases.runs.start(little.request(), project, Start())
        await little.until(lambda: [one for one in little.view.stages_of(project) if one.reason])
        stage = little.view.stages_of(project)[0]
        following = little.use_cases.logs.follow(ANN, "-", stage.id)
        first = asyncio.ensure_future(anext(following))
        await asyncio.sleep(5 * logs_module.POLL)
        assert little.volume.calls.count("logs.read") <= 2
        await little.use_cases.stages.abort(little.request(), "-", stage.id)
        assert (await first).ended

    @pytest.mark.parametrize(
        ("line", "at"),
        [
            (b"2026-01-01T00:00:01.500000000Z stdout F x", EPOCH + 1.5),
            (b"2026-01-01T00:00:01Z stdout F x", EPOCH + 1),
            (b"2026-01-01T00:00:01+00:00 stdout F x", EPOCH + 1),
            (b"2026-13-01T00:00:01Z stdout F x", None),
            (b"no time", None),
            (b"", None),
        ],
    )
    def test_a_lines_time_is_read(self, line: bytes, at: float | None) -> None:
        assert line_time(line) == at
