"""The web UI's pages over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.unit.little import ANN
from winslowd.gateway import server
from winslowd.gateway.guard import Guard
from winslowd.gateway.pages import Pages

BROTLI = b"as Brotli has it"
LOOKING = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    (tmp_path / "ui" / "assets").mkdir(parents=True)
    (tmp_path / "ui" / "index.html").write_text("<!doctype html><title>Winslow</title>")
    (tmp_path / "ui" / "assets" / "index-abc.js").write_text("x = 1;\n" * 1000)
    (tmp_path / "ui" / "assets" / "index-abc.js.br").write_bytes(BROTLI)
    (tmp_path / "ui" / ".built").write_text("secret")
    (tmp_path / "outside").write_text("secret")
    async with (
        server.listening(Guard(Pages(tmp_path / "ui"), lambda headers: ANN), ["127.0.0.1:0"]) as (bound,),
        httpx.AsyncClient(base_url=f"http://{bound}", timeout=20) as client,
    ):
        yield client


@pytest.mark.parametrize("path", ["/", "/projects", "/projects/street-abc/stages/track-1"])
async def test_whatever_a_person_looks_at_has_an_address(http: httpx.AsyncClient, path: str):
    answer = await http.get(path, headers=LOOKING)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Winslow" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


async def test_a_page_may_load_nothing_from_elsewhere_and_be_framed_by_nobody(http: httpx.AsyncClient):
    policy = (await http.get("/", headers=LOOKING)).headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "http:" not in policy and "https:" not in policy and "*" not in policy


async def test_what_a_page_is_built_of_is_kept_by_the_browser_and_comes_packed(http: httpx.AsyncClient):
    answer = await http.get("/assets/index-abc.js", headers={"accept-encoding": "gzip, deflate"})
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    plain = await http.get("/assets/index-abc.js", headers={"accept-encoding": "identity"})
    assert plain.text == answer.text and "content-encoding" not in plain.headers


async def test_who_unpacks_brotli_is_given_what_was_packed_with_it_when_the_pages_were_built(http: httpx.AsyncClient):
    async with http.stream("GET", "/assets/index-abc.js", headers={"accept-encoding": "gzip, br;q=0.9"}) as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])
    assert raw == BROTLI
    assert (answer.headers["content-encoding"], answer.headers["vary"]) == ("br", "Accept-Encoding")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert (await http.get("/assets/index-abc.js.br")).status_code == 404  # it is no page of its own


@pytest.mark.parametrize("path", ["/assets/missing.js", "/.built", "/..%2foutside", "/%2e%2e/outside", "/assets/"])
async def test_what_is_no_page_is_not_served(http: httpx.AsyncClient, path: str):
    answer = await http.get(path)
    assert answer.status_code == 404
    assert answer.json()["reason"] == "PAGE_UNKNOWN"


async def test_nothing_is_written_to_a_page(http: httpx.AsyncClient):
    assert (await http.post("/", headers=LOOKING)).status_code == 404


async def test_a_daemon_without_pages_says_so(tmp_path: Path):
    async with (
        server.listening(Guard(Pages(tmp_path), lambda headers: ANN), ["127.0.0.1:0"]) as (bound,),
        httpx.AsyncClient(base_url=f"http://{bound}") as client,
    ):
        answer = await client.get("/", headers=LOOKING)
    assert (answer.status_code, answer.json()["hint"]) == (404, "Run scripts/setup web, and start the daemon again")
