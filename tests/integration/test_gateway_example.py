"""The newcomer's example over HTTP: exactly its files, and nothing else of its directory."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.routing import Router

from tests.unit.little import ANN
from winslowd.gateway import server
from winslowd.gateway.example import ExampleRoutes
from winslowd.gateway.guard import Guard

CLIP = bytes(range(256)) * 1000


def made(directory: Path) -> Path:
    directory.mkdir()
    (directory / "pipeline.yaml").write_text("name: traffic\n")
    (directory / "clip.avi").write_bytes(CLIP)
    (directory / "secret.txt").write_text("not for you")
    (directory.parent / "outside.avi").write_text("not for you")
    return directory


@asynccontextmanager
async def serving(directory: Path | None):
    routes = Router(ExampleRoutes(directory).routes(), redirect_slashes=False)
    async with (
        server.listening(Guard(routes, lambda headers: ANN), ["127.0.0.1:0"]) as (bound,),
        httpx.AsyncClient(base_url=f"http://{bound}", timeout=20) as client,
    ):
        yield client


async def test_it_says_what_there_is_and_gives_it(tmp_path: Path):
    async with serving(made(tmp_path / "example")) as http:
        told = (await http.get("/example/")).json()
        assert told == {"files": [{"name": "pipeline.yaml", "size": 14}, {"name": "clip.avi", "size": len(CLIP)}]}
        assert (await http.get("/example/pipeline.yaml")).text == "name: traffic\n"
        clip = await http.get("/example/clip.avi")
        assert (clip.content, clip.headers["content-type"]) == (CLIP, "video/x-msvideo")


@pytest.mark.parametrize("name", ["secret.txt", "..%2foutside.avi", "%2e%2e/outside.avi", "x/clip.avi", "%00"])
async def test_nothing_else_of_the_directory_is_given(tmp_path: Path, name: str):
    async with serving(made(tmp_path / "example")) as http:
        answer = await http.get(f"/example/{name}")
        assert answer.status_code == 404 and b"not for you" not in answer.content


@pytest.mark.parametrize("lacks", ["pipeline.yaml", "clip.avi"])
async def test_half_an_example_is_none(tmp_path: Path, lacks: str):
    directory = made(tmp_path / "example")
    (directory / lacks).unlink()
    async with serving(directory) as http:
        assert (await http.get("/example/")).json() == {"files": []}
        assert (await http.get("/example/clip.avi")).json()["reason"] == "EXAMPLE_NOT_FOUND"


async def test_one_that_went_while_the_daemon_runs_is_told_as_gone(tmp_path: Path):
    directory = made(tmp_path / "example")
    async with serving(directory) as http:
        (directory / "clip.avi").unlink()
        assert (await http.get("/example/")).json() == {"files": []}
        assert (await http.get("/example/clip.avi")).status_code == 404


@pytest.mark.parametrize("directory", [None, Path("/nowhere/at/all")])
async def test_a_node_without_one_says_so(directory: Path | None):
    async with serving(directory) as http:
        assert (await http.get("/example/")).json() == {"files": []}
        assert (await http.get("/example/pipeline.yaml")).json()["reason"] == "EXAMPLE_NOT_FOUND"
