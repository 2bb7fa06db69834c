"""Trees as people reach them: searched from anywhere, unpacked into, moved between pools, and shown by small pictures."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.hostile_archives import Part, zip_
from tests.unit.little import ANN, Little
from winslow.domain import lifecycle
from winslow.domain.records import Commit
from winslow.domain.stage import Outcome, ProjectId
from winslow.errors import FailedPrecondition, InvalidArgument, NotFound, WinslowError
from winslowd.files.thumbnails import Thumbnails as Cache
from winslowd.usecases import thumbnails as thumbnails_module
from winslowd.usecases.beginnings import Start
from winslowd.usecases.listing import Ask

needs_ffmpeg = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed: scripts/setup pictures")


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path / "volume") as one:
        yield one


def put(little: Little, path: str, content: bytes = b"x") -> Path:
    at = Path(little.volume.workspaces.absolute(path))
    at.parent.mkdir(parents=True, exist_ok=True)
    at.write_bytes(content)
    return at


def png(width: int, height: int) -> bytes:
    """A picture, grey in many shades."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((x * y) % 256 for x in range(width)) for y in range(height))
    head = struct.pack(">2L5B", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


async def refused(call, kind: type[WinslowError]) -> str:
    with pytest.raises(kind) as caught:
        await call
    return caught.value.reason


async def searched(little: Little, path: str, query: str, size: int = 50) -> list[str]:
    found: list[str] = []
    token = ""
    while True:
        page = await little.use_cases.trees.search(ANN, path, query, Ask(page_size=size, page_token=token))
        found += [one.path for one in page.items]
        token = page.next_page_token
        if not token:
            return found


async def a_project_with_a_stage(little: Little) -> str:
    project = await little.project(None)
    await little.use_cases.runs.start(little.request(), project, Start())
    stage = await little.start("detect")
    put(little, f"projects/{project}/input/report.csv")
    put(little, f"projects/{project}/stages/{stage.id}/workspace/deep/Report-2.csv")
    put(little, f"projects/{project}/stages/{stage.id}/output/sub/report-3.csv")
    await little.move(stage, lifecycle.Ended(Outcome(exit_code=0), {}, 5.0))
    return f"{project} {stage.id}"


class TestSearching:
    @pytest.mark.parametrize("size", [1, 2, 50])
    async def test_it_goes_through_what_is_drawn_and_what_lies_there(self, little: Little, size: int) -> None:
        project, stage = (await a_project_with_a_stage(little)).split()
        put(little, "resources/reports/x")
        top = f"projects/{project}"
        inside = [
            f"{top}/input/report.csv",
            f"{top}/stages/{stage}/output/sub/report-3.csv",
            f"{top}/stages/{stage}/workspace/deep/Report-2.csv",
        ]
        found = await searched(little, top, "report", size)
        assert [path for path in found if "/stages/" in path or "/input/" in path] == inside
        assert set(await searched(little, "", "report", size)) == {*found, "resources/reports"}
        assert await searched(little, f"{top}/stages/{stage}/output", "*.CSV", size) == inside[1:2]

    async def test_it_finds_what_is_drawn_by_name(self, little: Little) -> None:
        project, stage = (await a_project_with_a_stage(little)).split()
        assert await searched(little, "", stage) == [f"projects/{project}/stages/{stage}"]
        assert f"projects/{project}/stages/{stage}/log" in await searched(little, "", "log")

    async def test_a_token_of_another_search_is_refused(self, little: Little) -> None:
        for name in ("a1", "a2"):
            put(little, f"resources/{name}")
        trees = little.use_cases.trees
        page = await trees.search(ANN, "resources", "a", Ask(page_size=1))
        for path, query, token in (
            ("resources", "b", page.next_page_token),
            ("projects", "a", page.next_page_token),
            ("resources", "a", "bm9uc2Vuc2U"),
        ):
            call = trees.search(ANN, path, query, Ask(page_token=token))
            assert await refused(call, InvalidArgument) == "PAGE_TOKEN_INVALID"
        assert await refused(trees.search(ANN, "resources", "", Ask()), InvalidArgument) == "QUERY_INVALID"

    async def test_a_page_that_has_no_more_time_says_where_it_goes_on(self, little: Little) -> None:
        project, _ = (await a_project_with_a_stage(little)).split()
        seconds = itertools.count()
        object.__setattr__(little.use_cases.trees, "steady", lambda: float(next(seconds)))
        assert set(await searched(little, f"projects/{project}", "report-3")) == {
            one for one in await searched(little, "", "report-3") if one.startswith(f"projects/{project}/")
        }


class TestUnpackingAndMoving:
    async def test_an_archive_is_unpacked_once_for_a_request(self, little: Little) -> None:
        put(little, "resources/a.zip", zip_([Part("d/file", b"content")]))
        request = little.request("once")
        for _ in range(2):
            await little.use_cases.trees.unpack(request, "resources/a.zip", "resources/out")
        assert Path(little.volume.workspaces.absolute("resources/out/d/file")).read_bytes() == b"content"
        again = little.use_cases.trees.unpack(little.request(), "resources/a.zip", "resources/out")
        assert await refused(again, WinslowError) == "FILE_EXISTS"

    async def test_a_daemon_that_died_before_it_remembered_ends_the_same(self, little: Little) -> None:
        """What was put in place carries the request that it is there for."""
        put(little, "resources/a.zip", zip_([Part("d/file", b"content")]))
        request = little.request("once")
        for path, work in (
            ("resources/out", lambda: little.use_cases.trees.unpack(request, "resources/a.zip", "resources/out")),
            ("resources/c.zip", lambda: little.use_cases.files.copy(request, "resources/a.zip", "resources/c.zip")),
            ("resources/b.zip", lambda: little.use_cases.trees.move(request, "resources/a.zip", "resources/b.zip")),
        ):
            await work()
            await little.store.commit(Commit(deletes=(request.ref,)))
            await work()
            assert Path(little.volume.workspaces.absolute(path)).exists()
            await little.store.commit(Commit(deletes=(request.ref,)))

    async def test_a_drawn_directory_is_no_archive(self, little: Little) -> None:
        call = little.use_cases.trees.unpack(little.request(), "projects", "resources/out")
        assert await refused(call, FailedPrecondition) == "NOT_A_FILE"

    async def test_files_move_from_a_project_to_the_resources(self, little: Little) -> None:
        project = await little.project(None)
        put(little, f"projects/{project}/input/model/weights", b"w")
        await little.use_cases.trees.move(little.request(), f"projects/{project}/input/model", "resources/models/m")
        assert Path(little.volume.workspaces.absolute("resources/models/m/weights")).read_bytes() == b"w"
        call = little.use_cases.trees.move(little.request(), "resources/models", "projects")
        assert await refused(call, FailedPrecondition) == "POOL_READ_ONLY"


class TestThumbnails:
    async def test_the_first_picture_or_video_stands_for_a_project(self, little: Little) -> None:
        project = await little.project(None)
        thumbnails = little.use_cases.thumbnails
        for name, content in (("a.txt", b"x"), ("b.mp4", b""), ("d.png", b"x"), ("c.mkv", b"x")):
            put(little, f"projects/{project}/input/{name}", content)
        assert await thumbnails.cover([project]) == {project: f"projects/{project}/input/c.mkv"}
        Path(little.volume.workspaces.absolute(f"projects/{project}/input/c.mkv")).unlink()
        little.volume.calls.clear()
        assert await thumbnails.cover([project]) == {project: f"projects/{project}/input/c.mkv"}
        assert little.volume.calls == []  # it is not looked up each time
        little.now += 100
        assert await thumbnails.cover([project]) == {project: f"projects/{project}/input/d.png"}

    async def test_a_file_system_that_hangs_keeps_nobody_waiting(self, little: Little) -> None:
        project = await little.project(None)
        little.volume.held["files.listing"] = asyncio.Event()
        async with asyncio.timeout(5):
            assert await little.use_cases.thumbnails.cover([project]) == {project: ""}
            assert await little.use_cases.thumbnails.cover([project]) == {project: ""}

    async def test_who_looks_while_what_was_found_is_forgotten_is_answered(
        self, little: Little, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        thumbnails = little.use_cases.thumbnails
        monkeypatch.setattr(thumbnails_module, "_KEPT", 0)
        one, other = await little.project(name="One"), await little.project(name="Other")
        assert await asyncio.gather(thumbnails.cover([one]), thumbnails.cover([other])) == [{one: ""}, {other: ""}]

    async def test_without_a_picture_of_its_input_what_was_published_last_stands_for_a_project(
        self, little: Little
    ) -> None:
        project = await little.project()
        await little.use_cases.runs.start(little.request(), project, Start())
        for name in ("detect", "track"):
            stage = await little.end(name)
            put(little, f"projects/{project}/stages/{stage.id}/output/{name}.png")
        cover = f"projects/{project}/output/track/track.png"
        assert await little.use_cases.thumbnails.cover([project]) == {project: cover}

    async def test_nothing_stands_for_a_project_without_pictures(self, little: Little) -> None:
        project = await little.project(None)
        put(little, f"projects/{project}/input/a.txt")
        assert await little.use_cases.thumbnails.picture_of(ANN, project) is None
        call = little.use_cases.thumbnails.picture_of(ANN, ProjectId("nobody"))
        assert await refused(call, NotFound) == "PROJECT_UNKNOWN"

    @pytest.mark.parametrize("size", [-1, 15, 1025])
    async def test_a_size_that_no_thumbnail_has_is_refused(self, little: Little, size: int) -> None:
        put(little, "resources/a.png")
        call = little.use_cases.thumbnails.get(ANN, "resources/a.png", size)
        assert await refused(call, InvalidArgument) == "THUMBNAIL_SIZE_INVALID"
        assert await refused(little.use_cases.thumbnails.get(ANN, "projects", 0), FailedPrecondition) == "NOT_A_FILE"

    @needs_ffmpeg
    async def test_one_is_made_once_and_what_has_none_is_asked_once(self, little: Little) -> None:
        put(little, "resources/a.png", png(64, 32))
        put(little, "resources/broken.png", b"\x89PNG\r\n\x1a\n" + b"x" * 100)
        little.volume.calls.clear()
        first, second = [await little.use_cases.thumbnails.get(ANN, "resources/a.png") for _ in range(2)]
        assert first == second
        assert first.data.startswith(b"\xff\xd8")
        for _ in range(2):
            call = little.use_cases.thumbnails.get(ANN, "resources/broken.png")
            assert await refused(call, FailedPrecondition) == "THUMBNAIL_IMPOSSIBLE"
        assert little.volume.calls.count("pictures.thumbnail") == 2

    @needs_ffmpeg
    async def test_the_nodes_disk_keeps_no_more_than_there_is_room_for(self, little: Little, tmp_path: Path) -> None:
        kept = tmp_path / "few"
        cache = Cache(little.volume, kept, room=2500)
        place = await little.use_cases.files.place("resources/a.png")
        put(little, "resources/a.png", png(64, 32))
        for number in range(6):
            data = await cache.thumbnail(place, str(number), 64)  # type: ignore[arg-type]
        assert 0 < sum(one.stat().st_size for one in kept.iterdir()) <= 2500
        again = Cache(little.volume, kept, room=2500)
        little.volume.calls.clear()
        assert await again.thumbnail(place, "5", 64) == data  # type: ignore[arg-type]
        assert little.volume.calls == []
