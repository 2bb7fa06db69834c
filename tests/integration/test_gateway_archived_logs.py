"""Logs over HTTP, plain and archived: the same bytes, sizes, times and ETags, at a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.unit import world
from tests.unit.little import ANN, Little
from winslow.domain import lifecycle
from winslow.domain.stage import Stage
from winslowd.gateway import server
from winslowd.gateway.app import application
from winslowd.usecases.beginnings import Start

LOG = b"".join(b"2026-11-23T10:00:%02dZ stdout F line %d %s\n" % (n % 60, n, b"x" * (n % 90)) for n in range(60_000))


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path / "volume") as one:
        yield one


@pytest.fixture
async def http(little: Little) -> AsyncIterator[httpx.AsyncClient]:
    web = application(little.use_cases, lambda headers: ANN, lambda: little.now)
    async with (
        server.listening(web, ["127.0.0.1:0"]) as (bound,),
        httpx.AsyncClient(base_url=f"http://{bound}", timeout=20) as client,
    ):
        yield client


async def test_an_archived_log_is_fetched_as_the_plain_one_was(little: Little, http: httpx.AsyncClient):
    project = await little.project(world.chain("detect"))
    await little.use_cases.runs.start(little.request(), project, Start())
    stage = await little.end("detect", project=project)
    path = f"projects/{project}/stages/{stage.id}/log"
    log = Path(little.volume.workspaces.absolute(path))
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(LOG)
    ranges = ("bytes=0-0", "bytes=1048570-1048580", "bytes=2000000-", "bytes=-7", "bytes=0-9, 2000000-2000099")

    async def all_of_it() -> list[tuple[int, bytes, str, str]]:
        answers = [await http.get(f"/files/{path}", headers={"Range": one} if one else {}) for one in ("", *ranges)]
        parts = [one.content if "multipart" not in one.headers["content-type"] else b"" for one in answers]
        return [
            (one.status_code, part, one.headers["etag"], one.headers["last-modified"])
            for one, part in zip(answers, parts, strict=True)
        ]

    before = await all_of_it()
    assert before[0][:2] == (200, LOG) and before[2][:2] == (206, LOG[1_048_570:1_048_581])
    assert await little.volume.logs.archive(project, stage.id, -1.0)
    assert not log.exists()
    assert await all_of_it() == before
    known = await http.get(f"/files/{path}", headers={"If-None-Match": before[0][2]})
    assert known.status_code == 304


TIME = b"2026-01-01T00:00:01.500000000Z "
LONG = b"y" * 16384


async def logged(little: Little, text: bytes) -> Stage:
    await little.use_cases.runs.start(little.request(), await little.project(None), Start())
    stage = await little.start("detect")
    path = Path(little.volume.workspaces.absolute(f"projects/{stage.project}/stages/{stage.id}/log"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    return stage


async def test_a_log_is_taken_away_as_its_stage_wrote_it(little: Little, http: httpx.AsyncClient) -> None:
    lines = [b"line %d <script>" % number for number in range(40_000)]
    log = b"".join(TIME + b"stdout F " + line + b"\n" for line in lines)
    log += (TIME + b"stderr P " + LONG + b"\n") * 3 + TIME + b"stderr F end\n" + TIME + b"winslow F a word\n"
    stage = await logged(little, log + TIME + b"stdout F not whole yet")
    address = f"/logs/projects/{stage.project}/stages/{stage.id}"
    answer = await http.get(address)
    assert answer.content == b"\n".join([*lines, LONG * 3 + b"end", b"a word", b""])
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{stage.id}.txt"')
    await little.move(stage, lifecycle.Ended(world.OK, {}, 1.0))
    Path(little.volume.workspaces.absolute(f"projects/{stage.project}/stages/{stage.id}/log")).write_bytes(log)
    assert await little.volume.logs.archive(stage.project, stage.id, 0.0)
    assert (await http.get(address)).content == answer.content


async def test_a_log_of_nothing_is_not_there(http: httpx.AsyncClient) -> None:
    assert (await http.get("/logs/projects/p/stages/none")).status_code == 404
    assert (await http.get("/logs/projects/p/stages/..%2f..%2fx")).status_code in (400, 404)
