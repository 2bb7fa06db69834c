"""Files over HTTP: the real application, use cases and volume, at a real socket."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import random
import socket
from collections.abc import AsyncIterator
from email import message_from_bytes
from pathlib import Path

import httpx
import pytest

from tests.unit.little import ANN, Little
from winslowd.gateway import server
from winslowd.gateway.app import application
from winslowd.gateway.origins import Origins

CONTENT = random.Random(5).randbytes(2_500_000)


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path / "volume") as one:
        yield one


@pytest.fixture
async def address(little: Little) -> AsyncIterator[str]:
    web = application(little.use_cases, lambda headers: ANN, lambda: little.now)
    async with server.listening(web, ["127.0.0.1:0"]) as (bound,):
        yield bound


@pytest.fixture
async def http(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=20) as client:
        yield client


def put(little: Little, path: str, content: bytes = b"x") -> Path:
    at = Path(little.volume.workspaces.absolute(path))
    at.parent.mkdir(parents=True, exist_ok=True)
    at.write_bytes(content)
    return at


async def test_a_file_comes_whole_with_what_it_is(little: Little, http: httpx.AsyncClient):
    put(little, "resources/clip.mp4", CONTENT)
    answer = await http.get("/files/resources/clip.mp4")
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["content-disposition"].startswith("inline; ")
    head = await http.head("/files/resources/clip.mp4")
    assert (head.status_code, head.content) == (200, b"")
    told = {name: value for name, value in answer.headers.items() if name != "date"}
    assert told == {name: value for name, value in head.headers.items() if name != "date"}


async def test_an_empty_file_comes_too(little: Little, http: httpx.AsyncClient):
    put(little, "resources/empty", b"")
    answer = await http.get("/files/resources/empty")
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await http.get("/files/resources/empty", headers={"Range": "bytes=0-"})).status_code == 416


@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=1000000-", 1_000_000, len(CONTENT)),
        ("bytes=-7", len(CONTENT) - 7, len(CONTENT)),
        ("bytes=1048570-1048580", 1_048_570, 1_048_581),
        ("bytes=5-99999999", 5, len(CONTENT)),
    ],
)
async def test_a_range_comes_alone(little: Little, http: httpx.AsyncClient, asked: str, first: int, end: int):
    put(little, "resources/clip.mp4", CONTENT)
    answer = await http.get("/files/resources/clip.mp4", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, CONTENT[first:end])
    assert answer.headers["content-range"] == f"bytes {first}-{end - 1}/{len(CONTENT)}"


async def test_several_ranges_come_as_parts(little: Little, http: httpx.AsyncClient):
    put(little, "resources/clip.mp4", CONTENT)
    answer = await http.get("/files/resources/clip.mp4", headers={"Range": "bytes=0-9, 2000000-2000099, -5"})
    assert answer.status_code == 206
    message = message_from_bytes(f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode() + answer.content)
    parts = message.get_payload()
    assert [part["Content-Range"] for part in parts] == [
        "bytes 0-9/2500000",
        "bytes 2000000-2000099/2500000",
        "bytes 2499995-2499999/2500000",
    ]
    for span in (CONTENT[:10], CONTENT[2_000_000:2_000_100], CONTENT[-5:]):
        assert b"\r\n\r\n" + span + b"\r\n--" in answer.content


async def test_ranges_that_the_file_has_not_are_refused(little: Little, http: httpx.AsyncClient):
    put(little, "resources/clip.mp4", CONTENT)
    for asked in ("bytes=2500000-", "bytes=-0", "bytes=" + ",".join(["0-0"] * 17)):
        answer = await http.get("/files/resources/clip.mp4", headers={"Range": asked})
        assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */2500000")
        assert answer.json()["reason"] == "RANGE_UNSATISFIABLE"


async def test_what_is_known_is_not_sent_and_what_changed_is_sent_whole(little: Little, http: httpx.AsyncClient):
    put(little, "resources/a.txt", b"first")
    etag = (await http.get("/files/resources/a.txt")).headers["etag"]
    assert (await http.get("/files/resources/a.txt", headers={"If-None-Match": f'"x", {etag}'})).status_code == 304
    part = {"Range": "bytes=1-2", "If-Range": etag}
    assert (await http.get("/files/resources/a.txt", headers=part)).content == b"ir"
    put(little, "resources/a.txt", b"second")
    assert (await http.get("/files/resources/a.txt", headers={"If-None-Match": etag})).status_code == 200
    changed = await http.get("/files/resources/a.txt", headers=part)
    assert (changed.status_code, changed.content) == (200, b"second")


async def test_what_a_file_holds_can_do_nothing_in_a_browser(little: Little, http: httpx.AsyncClient):
    put(little, "resources/page.html", b"<script>alert(1)</script>")
    put(little, "resources/drawing.svg", b"<svg/>")
    for name in ("page.html", "drawing.svg"):
        headers = (await http.get(f"/files/resources/{name}")).headers
        assert headers["content-disposition"].startswith("attachment; ")
        assert headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in headers["content-security-policy"]


async def test_a_hostile_name_stays_a_name(little: Little, http: httpx.AsyncClient):
    name = 'a"\r\nX-Evil: 1;ü.txt'
    put(little, f"resources/{name}", b"x")
    answer = await http.get("/files/resources/a%22%0D%0AX-Evil%3A%201%3B%C3%BC.txt")
    assert answer.status_code == 200
    assert "x-evil" not in answer.headers
    assert "filename*=UTF-8''a%22%0D%0AX-Evil%3A%201%3B%C3%BC.txt" in answer.headers["content-disposition"]


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        "resources/%2e%2e/%2e%2e/etc/passwd",
        "resources/a%00b",
        "resources/%ff%fe",
        "resources/" + "n" * 256,
        "resources/leads-out",
        "resources/leads-out/passwd",
        "elsewhere/x",
        "resources",
    ],
)
async def test_a_path_that_leads_elsewhere_is_refused(little: Little, http: httpx.AsyncClient, path: str):
    at = put(little, "resources/a")
    (at.parent / "leads-out").symlink_to("/etc")
    for url in (f"/files/{path}", f"/archive?path={path}/x"):
        answer = await http.get(url)
        assert answer.status_code in (400, 404, 409), answer.text
        assert b"root:" not in answer.content
        assert answer.json()["hint"]


async def test_only_the_daemons_own_pages_may_ask(http: httpx.AsyncClient, address: str):
    assert (await http.get("/files/resources/a", headers={"Host": "evil.example"})).status_code == 403
    assert (await http.get("/files/resources/a", headers={"Origin": "http://evil.example"})).status_code == 403
    assert (await http.get("/files/resources/a", headers={"Origin": f"http://{address}"})).status_code == 404


async def test_what_is_not_served_says_so(http: httpx.AsyncClient):
    answer = await http.get("/elsewhere")
    assert (answer.status_code, answer.json()["reason"]) == (404, "PAGE_UNKNOWN")


async def test_a_fault_of_ours_is_told_without_its_inside(
    little: Little, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    def broken(location: object) -> object:
        raise RuntimeError("secret")

    monkeypatch.setattr(little.volume.files, "stat", broken)
    answer = await http.get("/files/resources/a")
    assert (answer.status_code, answer.json()["reason"]) == (500, "INTERNAL")
    assert "secret" not in answer.text


async def test_a_file_that_is_replaced_while_it_is_read_ends_early(little: Little, http: httpx.AsyncClient):
    at = put(little, "resources/clip.mp4", bytes(40 << 20))
    with pytest.raises(httpx.RemoteProtocolError):
        async with http.stream("GET", "/files/resources/clip.mp4") as answer:
            async for _ in answer.aiter_raw():
                if at.stat().st_size == 40 << 20:
                    at.with_name("new").write_bytes(bytes(41 << 20))
                    at.with_name("new").rename(at)


async def test_a_client_that_stops_reading_keeps_nobody_waiting(little: Little, http: httpx.AsyncClient, address: str):
    put(little, "resources/large", bytes(64 << 20))
    host, _, port = address.rpartition(":")
    lazy = []
    for _ in range(20):
        one = socket.create_connection((host, int(port)))
        one.sendall(b"GET /files/resources/large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        lazy.append(one)
    try:
        await asyncio.to_thread(lazy[0].recv, 1)
        async with asyncio.timeout(5):
            answer = await http.get("/files/resources/large", headers={"Range": "bytes=0-99"})
        assert answer.content == bytes(100)
        read = little.volume.calls.count("files.read")
        assert read < 20 * 64 / 2, "what nobody takes is not read"
    finally:
        for one in lazy:
            one.close()


async def test_a_client_that_stops_reading_does_not_keep_the_daemon_from_stopping(little: Little):
    put(little, "resources/large", bytes(64 << 20))
    web = application(little.use_cases, lambda headers: ANN, lambda: little.now)
    async with asyncio.timeout(server.GRACE + 5):
        async with server.listening(web, ["127.0.0.1:0"]) as (bound,):
            lazy = socket.create_connection(("127.0.0.1", int(bound.rpartition(":")[2])))
            lazy.sendall(b"GET /files/resources/large HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await asyncio.to_thread(lazy.recv, 1)
    lazy.close()


async def test_a_file_that_was_uploaded_says_its_checksum_until_it_is_another(little: Little, http: httpx.AsyncClient):
    content = b"0123456789"
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": "10",
        "Upload-Metadata": f"path {base64.b64encode(b'resources/sent').decode()}",
        "Content-Type": "application/offset+octet-stream",
    }
    assert (await http.post("/files", headers=headers, content=content)).status_code == 201
    told = f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"
    for answer in (
        await http.get("/files/resources/sent"),
        await http.head("/files/resources/sent"),
        await http.get("/files/resources/sent", headers={"Range": "bytes=2-4"}),
    ):
        assert answer.headers["repr-digest"] == told, "of the whole file, whatever was asked for"
    Path(little.volume.workspaces.absolute("resources/sent")).write_bytes(b"9876543210")
    assert "repr-digest" not in (await http.get("/files/resources/sent")).headers


async def test_who_wants_another_file_than_there_is_gets_none(little: Little, http: httpx.AsyncClient):
    Path(little.volume.workspaces.absolute("resources/a")).write_bytes(b"hello")
    etag = (await http.get("/files/resources/a")).headers["etag"]
    assert (await http.get("/files/resources/a", headers={"If-Match": etag})).status_code == 200
    assert (await http.get("/files/resources/a", headers={"If-Match": "*"})).status_code == 200
    answer = await http.get("/files/resources/a", headers={"If-Match": '"other"'})
    assert (answer.status_code, answer.json()["reason"]) == (412, "FILE_CHANGED")


async def test_a_page_of_an_origin_that_the_settings_name_asks_and_reads_and_no_other_does(little: Little):
    put(little, "resources/a")
    origins = Origins.of((), ["https://dashboard.example"])
    web = application(little.use_cases, lambda headers: ANN, lambda: little.now, origins)
    transport = httpx.ASGITransport(app=web, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7412") as client:
        welcome = {"Origin": "https://dashboard.example", "Sec-Fetch-Site": "cross-site"}
        may = await client.options("/files", headers=welcome | {"Access-Control-Request-Method": "PATCH"})
        assert may.status_code == 204 and "PATCH" in may.headers["access-control-allow-methods"]
        assert may.headers["access-control-allow-origin"] == "https://dashboard.example"
        answer = await client.get("/files/resources/a", headers=welcome)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://dashboard.example")
        assert "Origin" in answer.headers["vary"]
        for headers in (
            {"Origin": "https://evil.example"},
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"},
        ):
            refused = await client.get("/files/resources/a", headers=headers)
            assert (refused.status_code, refused.json()["reason"]) == (403, "ORIGIN_REFUSED")
            assert "access-control-allow-origin" not in refused.headers
