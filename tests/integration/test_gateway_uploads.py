"""Uploads over HTTP: the real application, use cases and volume, at a real socket where it matters."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from tusclient.client import TusClient

from tests.unit.little import ANN, BOB, Little
from winslow.errors import DataLoss, FailedPrecondition
from winslowd.gateway import server, uploads
from winslowd.gateway.app import application
from winslowd.usecases import files

TUS = {"Tus-Resumable": "1.0.0"}
BODY = {**TUS, "Content-Type": "application/offset+octet-stream"}
CONTENT = random.Random(4).randbytes(3_000_000)


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path / "volume") as one:
        yield one


@pytest.fixture
async def address(little: Little) -> AsyncIterator[str]:
    web = application(little.use_cases, lambda headers: ANN, lambda: little.now)
    async with server.listening(web, ["127.0.0.1:0"]) as (bound,):
        yield f"http://{bound}"


@pytest.fixture
async def http(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address, timeout=20) as client:
        yield client


def said(**pairs: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())


async def begun(http: httpx.AsyncClient, path: str, size: int = len(CONTENT), **pairs: str) -> str:
    headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": said(path=path, **pairs)}
    answer = await http.post("/files", headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


async def sent(http: httpx.AsyncClient, at: str, offset: int, data: bytes, **headers: str) -> httpx.Response:
    return await http.patch(at, content=data, headers={**BODY, "Upload-Offset": str(offset), **headers})


async def offset(http: httpx.AsyncClient, at: str) -> int:
    answer = await http.head(at, headers=TUS)
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])


def there(little: Little, path: str) -> Path:
    return Path(little.volume.workspaces.absolute(path))


async def cut_off(address: str, at: str, offset: int, data: bytes, after: int) -> None:
    """Promise all of `data`, send `after` bytes of it, and be gone."""
    host, _, port = address.removeprefix("http://").rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"PATCH {at} HTTP/1.1\r\nHost: {host}\r\nUpload-Offset: {offset}\r\nContent-Length: {len(data)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in BODY.items())
    writer.write(head.encode() + b"\r\n" + data[:after])
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def test_what_the_server_can_is_told(http: httpx.AsyncClient):
    answer = await http.options("/files")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert "checksum" in answer.headers["tus-extension"]
    assert "sha1" in answer.headers["tus-checksum-algorithm"]


async def test_a_file_is_shown_with_its_last_byte_and_not_before(little: Little, http: httpx.AsyncClient):
    project = await little.project()
    path = f"projects/{project}/input/clip.mp4"
    at = await begun(http, path)
    first = await sent(http, at, 0, CONTENT[:1_500_000])
    assert (first.status_code, first.headers["upload-offset"]) == (204, "1500000")
    assert first.headers["upload-expires"] == "Fri, 02 Jan 1970 00:16:40 GMT"
    assert not there(little, path).exists()
    last = await sent(http, at, 1_500_000, CONTENT[1_500_000:])
    assert last.status_code == 204
    assert there(little, path).read_bytes() == CONTENT
    assert await offset(http, at) == len(CONTENT)


async def test_a_creation_may_bring_the_content(little: Little, http: httpx.AsyncClient):
    headers = {**BODY, "Upload-Length": "5", "Upload-Metadata": said(path="resources/a.txt")}
    answer = await http.post("/files", headers=headers, content=b"hello")
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "5")
    assert there(little, "resources/a.txt").read_bytes() == b"hello"


async def test_an_empty_file_is_shown_at_once(little: Little, http: httpx.AsyncClient):
    await begun(http, "resources/empty", 0)
    assert there(little, "resources/empty").read_bytes() == b""


async def test_the_same_request_id_finds_the_same_upload(http: httpx.AsyncClient):
    first = await begun(http, "resources/a", 10, request_id="mine")
    await sent(http, first, 0, b"12345")
    assert await begun(http, "resources/a", 10, request_id="mine") == first
    assert await offset(http, first) == 5
    assert await begun(http, "resources/a", 10) != first


async def test_a_wrong_offset_is_refused_and_changes_nothing(http: httpx.AsyncClient):
    at = await begun(http, "resources/a", 10)
    answer = await sent(http, at, 3, b"345")
    assert answer.status_code == 409
    assert answer.json()["reason"] == "OFFSET_MISMATCH"
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert await offset(http, at) == 0


async def test_more_than_was_promised_is_refused(little: Little, http: httpx.AsyncClient):
    at = await begun(http, "resources/a", 10)
    assert (await sent(http, at, 0, b"12345678901")).status_code == 413

    async def unmeasured() -> AsyncIterator[bytes]:
        yield b"12345678901"

    answer = await http.patch(at, content=unmeasured(), headers={**BODY, "Upload-Offset": "0"})
    assert answer.status_code == 413
    too_large = {**TUS, "Upload-Length": str(1 << 45), "Upload-Metadata": said(path="resources/b")}
    assert (await http.post("/files", headers=too_large)).status_code == 413


async def test_a_body_with_a_wrong_checksum_leaves_nothing(http: httpx.AsyncClient):
    at = await begun(http, "resources/a", 10)
    wrong = base64.b64encode(hashlib.sha1(b"other").digest()).decode()
    answer = await sent(http, at, 0, b"12345", **{"Upload-Checksum": f"sha1 {wrong}"})
    assert (answer.status_code, answer.json()["reason"]) == (460, "CHECKSUM_MISMATCH")
    assert await offset(http, at) == 0
    right = base64.b64encode(hashlib.sha1(b"12345").digest()).decode()
    assert (await sent(http, at, 0, b"12345", **{"Upload-Checksum": f"sha1 {right}"})).status_code == 204
    assert (await sent(http, at, 5, b"67890", **{"Upload-Checksum": "crc32 AAAA"})).status_code == 400


async def test_a_body_with_a_checksum_that_is_cut_leaves_nothing(http: httpx.AsyncClient, address: str):
    at = await begun(http, "resources/a", 10)
    right = base64.b64encode(hashlib.sha1(b"1234567890").digest()).decode()
    host, _, port = address.removeprefix("http://").rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"PATCH {at} HTTP/1.1\r\nHost: {host}\r\nUpload-Offset: 0\r\nContent-Length: 10\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in {**BODY, "Upload-Checksum": f"sha1 {right}"}.items())
    writer.write(head.encode() + b"\r\n12345")
    await writer.drain()
    writer.close()
    assert await offset(http, at) == 0
    assert (await sent(http, at, 0, b"1234567890")).status_code == 204


async def test_a_file_that_is_not_what_was_promised_is_not_shown(little: Little, http: httpx.AsyncClient):
    at = await begun(http, "resources/a", 5, sha256=hashlib.sha256(b"12345").hexdigest())
    answer = await sent(http, at, 0, b"12x45")
    assert (answer.status_code, answer.json()["reason"]) == (460, "CHECKSUM_MISMATCH")
    assert not there(little, "resources/a").exists()
    assert await offset(http, at) == 0
    assert (await sent(http, at, 0, b"12345")).status_code == 204
    assert there(little, "resources/a").read_bytes() == b"12345"


async def test_a_sender_who_hashes_as_it_sends_says_the_checksum_at_the_end(little: Little, http: httpx.AsyncClient):
    at = await begun(http, "resources/later.bin", sha256="later")
    assert (await sent(http, at, 0, CONTENT)).status_code == 204
    assert await offset(http, at) == len(CONTENT)
    assert not there(little, "resources/later.bin").exists()
    uploads_of, id_ = little.use_cases.uploads, at.rpartition("/")[2]
    with pytest.raises(DataLoss):
        await uploads_of.commit(ANN, id_, hashlib.sha256(b"another").hexdigest())
    assert not there(little, "resources/later.bin").exists()
    assert await offset(http, at) == 0
    assert (await sent(http, at, 0, CONTENT)).status_code == 204
    shown = await uploads_of.commit(ANN, id_, hashlib.sha256(CONTENT).hexdigest(), modified=1e9)
    assert there(little, "resources/later.bin").read_bytes() == CONTENT
    assert shown.entry.modified == 1e9


async def test_every_byte_before_a_cut_is_kept(little: Little, http: httpx.AsyncClient, address: str):
    rng = random.Random(7)
    at = await begun(http, "resources/clip", sha256=hashlib.sha256(CONTENT).hexdigest())
    safe = 0
    for _ in range(20):
        rest = CONTENT[safe:]
        await cut_off(address, at, safe, rest, rng.randrange(min(len(rest), 300_000)))
        now = await offset(http, at)
        assert now >= safe
        safe = now
    # The last one that was cut may still have been at work when we asked.
    while (answer := await sent(http, at, safe, CONTENT[safe:])).status_code == 409:
        safe = await offset(http, at)
    assert answer.status_code == 204
    assert there(little, "resources/clip").read_bytes() == CONTENT


async def test_a_public_client_works_unchanged(little: Little, address: str, tmp_path: Path):
    source = tmp_path / "clip.mp4"
    source.write_bytes(CONTENT)

    def upload(upload_checksum: bool, name: str) -> None:
        client = TusClient(f"{address}/files")
        uploader = client.uploader(
            str(source), chunk_size=700_000, metadata={"path": f"resources/{name}"}, upload_checksum=upload_checksum
        )
        uploader.upload_chunk()
        again = client.uploader(str(source), chunk_size=700_000, url=uploader.url, upload_checksum=upload_checksum)
        assert again.offset == 700_000
        again.upload()

    await asyncio.to_thread(upload, False, "plain.mp4")
    await asyncio.to_thread(upload, True, "checked.mp4")
    assert there(little, "resources/plain.mp4").read_bytes() == CONTENT
    assert there(little, "resources/checked.mp4").read_bytes() == CONTENT


async def test_an_upload_that_is_ended_is_gone(http: httpx.AsyncClient):
    at = await begun(http, "resources/a", 10)
    assert (await http.delete(at, headers=TUS)).status_code == 204
    assert (await http.head(at, headers=TUS)).status_code == 404
    assert (await http.delete(at, headers=TUS)).status_code == 404


async def test_a_file_whose_answer_was_lost_is_shown_by_the_next_look(little: Little, http: httpx.AsyncClient):
    at = await begun(http, "resources/a", 5)
    little.volume.failing["uploads.commit"] = FailedPrecondition("No", reason="NO")
    assert (await sent(http, at, 0, b"12345")).status_code == 409
    assert not there(little, "resources/a").exists()
    del little.volume.failing["uploads.commit"]
    assert await offset(http, at) == 5
    assert there(little, "resources/a").read_bytes() == b"12345"


async def test_a_file_that_is_there_is_replaced_only_when_asked(little: Little, http: httpx.AsyncClient):
    await begun(http, "resources/a", 0)
    headers = {**TUS, "Upload-Length": "1", "Upload-Metadata": said(path="resources/a")}
    answer = await http.post("/files", headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (409, "FILE_EXISTS")
    at = await begun(http, "resources/a", 1, replace="true")
    await sent(http, at, 0, b"x")
    assert there(little, "resources/a").read_bytes() == b"x"


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../x",
        "resources/../../x",
        "resources/a\0b",
        "resources/" + "n" * 256,
        "projects",
        "elsewhere/x",
    ],
)
async def test_a_path_that_leads_elsewhere_is_refused(
    little: Little, http: httpx.AsyncClient, tmp_path: Path, path: str
):
    before = sorted(tmp_path.rglob("*"))
    headers = {**TUS, "Upload-Length": "0", "Upload-Metadata": said(path=path)}
    answer = await http.post("/files", headers=headers)
    assert answer.status_code in (400, 403, 404), answer.text
    assert {"code", "reason", "message", "hint"} <= answer.json().keys()
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({"Upload-Length": "-1"}, 400),
        ({"Upload-Length": "1e3"}, 400),
        ({"Upload-Length": "9" * 30}, 400),
        ({"Upload-Metadata": "path !!!"}, 400),
        ({"Upload-Metadata": "path " + base64.b64encode(b"resources/\xff").decode()}, 400),
        ({"Upload-Metadata": said(path="resources/a") + "," + said(path="resources/b")}, 400),
        ({"Upload-Metadata": said(path="resources/a", sha256="short")}, 400),
        ({"Upload-Metadata": said(path="resources/a", request_id="x" * 5000)}, 400),
        ({"Origin": "https://evil.example"}, 403),
        ({"Host": "evil.example"}, 403),
    ],
)
async def test_a_creation_that_is_wrong_says_why(http: httpx.AsyncClient, changed: dict[str, str], status: int):
    right = {**TUS, "Upload-Length": "10", "Upload-Metadata": said(path="resources/a")}
    answer = await http.post("/files", headers={**right, **changed})
    assert answer.status_code == status, answer.text
    assert answer.json()["message"]


async def test_a_body_of_another_kind_is_refused(http: httpx.AsyncClient):
    at = await begun(http, "resources/a", 5)
    answer = await http.patch(at, content=b"12345", headers={**TUS, "Upload-Offset": "0"})
    assert answer.status_code == 415


async def test_a_method_may_be_named_in_a_header(http: httpx.AsyncClient):
    at = await begun(http, "resources/a", 5)
    headers = {**BODY, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert (await http.post(at, content=b"12345", headers=headers)).status_code == 204


async def test_who_goes_on_is_remembered_for_another_day(little: Little, http: httpx.AsyncClient):
    at = await begun(http, "resources/a", 10)
    revision = little.view.revision
    await sent(http, at, 0, b"12345")
    assert little.view.revision > revision


async def test_too_many_checked_bodies_at_once_are_told_to_come_back(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(uploads, "CHECKED_AT_ONCE", 0)
    at = await begun(http, "resources/a", 5)
    digest = base64.b64encode(hashlib.sha1(b"12345").digest()).decode()
    answer = await sent(http, at, 0, b"12345", **{"Upload-Checksum": f"sha1 {digest}"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_a_checked_body_that_is_too_large_is_refused(http: httpx.AsyncClient):
    content = bytes(uploads.CHECKED_MAX + 1)
    at = await begun(http, "resources/a", len(content))
    digest = base64.b64encode(hashlib.sha1(content).digest()).decode()
    answer = await sent(http, at, 0, content, **{"Upload-Checksum": f"sha1 {digest}"})
    assert answer.status_code == 413
    assert await offset(http, at) == 0


async def test_what_nobody_said_the_checksum_of_is_verified_by_what_arrived(little: Little):
    uploads = little.volume.uploads
    location = files.writable(little.view, "resources/a")
    upload = await uploads.append(await uploads.begin("an-id", location, 5, ""), 0, b"12345")
    digest = await uploads.digest(upload)
    assert digest == hashlib.sha256(b"12345").hexdigest()
    await uploads.commit(replace(upload, sha256=digest))
    assert await uploads.digest(upload) == digest, "stopped before it was written down, the commit is done again"


async def test_a_node_that_is_cut_off_gives_files_and_takes_none(little: Little, http: httpx.AsyncClient):
    at = await begun(http, "resources/a", 10)
    there(little, "resources/b").write_bytes(b"b")
    little.store.disconnect()
    read = await http.get("/files/resources/b")
    assert (read.content, read.headers["winslow-stale"]) == (b"b", "true")
    headers = {**TUS, "Upload-Length": "1", "Upload-Metadata": said(path="resources/c")}
    for answer in (await http.post("/files", headers=headers), await sent(http, at, 0, b"12345")):
        assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    little.store.reconnect()
    assert "winslow-stale" not in (await sent(http, at, 0, b"12345")).headers
    assert await offset(http, at) == 5


async def test_an_upload_goes_on_at_another_node(little: Little, http: httpx.AsyncClient):
    """All that a gateway knows of an upload is in the store and on the volume."""
    at = await begun(http, "resources/a", 10)
    await sent(http, at, 0, b"12345")
    other = application(little.use_cases, lambda headers: ANN, lambda: little.now)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(other), base_url="http://localhost") as elsewhere:
        assert await offset(elsewhere, at) == 5
        assert (await sent(elsewhere, at, 5, b"67890")).status_code == 204
    assert there(little, "resources/a").read_bytes() == b"1234567890"


async def test_an_upload_is_its_senders_only(little: Little, http: httpx.AsyncClient):
    at = await begun(http, "resources/a", 10)
    bobs = application(little.use_cases, lambda headers: BOB, lambda: little.now)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(bobs), base_url="http://localhost") as bob:
        assert (await bob.head(at, headers=TUS)).status_code == 404
        assert (await sent(bob, at, 0, b"12345")).status_code == 404
        assert (await bob.delete(at, headers=TUS)).status_code == 404


async def test_a_port_that_is_taken_says_so(little: Little, address: str):
    for taken in (address.removeprefix("http://"), "127.0.0.1:99999"):
        with pytest.raises(FailedPrecondition, match="served at"):
            async with server.listening(application(little.use_cases, lambda headers: ANN, lambda: 0.0), [taken]):
                raise AssertionError("two servers at one port")


async def test_a_unix_socket_is_its_owners_and_taken_over_when_abandoned(little: Little, tmp_path: Path):
    web = application(little.use_cases, lambda headers: ANN, lambda: little.now)
    path = tmp_path / "http.sock"
    for _ in range(2):
        async with server.listening(web, [f"unix:{path}"]):
            assert path.stat().st_mode & 0o777 == 0o600
            async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(path))) as http:
                assert (await http.options("http://whatever/files")).status_code == 204
            with pytest.raises(FailedPrecondition, match="served at"):
                async with server.listening(web, [f"unix:{path}"]):
                    raise AssertionError("two daemons at one socket")
        assert path.exists(), "left behind, as by a daemon that was killed"


async def test_a_length_may_be_said_later(little: Little, http: httpx.AsyncClient):
    headers = {**TUS, "Upload-Defer-Length": "1", "Upload-Metadata": said(path="resources/later")}
    answer = await http.post("/files", headers=headers)
    assert answer.status_code == 201, answer.text
    at = answer.headers["location"]
    assert (await sent(http, at, 0, b"12345")).headers["upload-offset"] == "5"
    looked = await http.head(at, headers=TUS)
    assert looked.headers["upload-defer-length"] == "1"
    assert "upload-length" not in looked.headers
    too_short = await sent(http, at, 5, b"6", **{"Upload-Length": "4"})
    assert (too_short.status_code, too_short.json()["reason"]) == (413, "UPLOAD_TOO_LONG")
    assert (await sent(http, at, 5, b"67", **{"Upload-Length": "10"})).status_code == 204
    assert (await http.head(at, headers=TUS)).headers["upload-length"] == "10"
    assert (await sent(http, at, 7, b"890", **{"Upload-Length": "11"})).status_code == 413
    assert (await sent(http, at, 7, b"890")).status_code == 204
    assert there(little, "resources/later").read_bytes() == b"1234567890"


async def test_a_length_that_is_said_with_nothing_behind_it_ends_the_upload(little: Little, http: httpx.AsyncClient):
    headers = {**TUS, "Upload-Defer-Length": "1", "Upload-Metadata": said(path="resources/later")}
    at = (await http.post("/files", headers=headers)).headers["location"]
    await sent(http, at, 0, b"12345")
    assert (await sent(http, at, 5, b"", **{"Upload-Length": "5"})).status_code == 204
    assert there(little, "resources/later").read_bytes() == b"12345"


async def test_what_was_said_of_an_upload_is_told_again(http: httpx.AsyncClient):
    told = said(path="resources/a", filename="clip.mp4", empty="") + ",flag"
    answer = await http.post("/files", headers={**TUS, "Upload-Length": "10", "Upload-Metadata": told})
    assert answer.status_code == 201
    assert (await http.head(answer.headers["location"], headers=TUS)).headers["upload-metadata"] == told
    too_much = said(path="resources/b", more="x" * 9000)
    answer = await http.post("/files", headers={**TUS, "Upload-Length": "10", "Upload-Metadata": too_much})
    assert (answer.status_code, answer.json()["reason"]) == (400, "METADATA_INVALID")


async def a_part(http: httpx.AsyncClient, content: bytes, send: int | None = None) -> str:
    headers = {**TUS, "Upload-Length": str(len(content)), "Upload-Concat": "partial"}
    answer = await http.post("/files", headers=headers)
    assert answer.status_code == 201, answer.text
    at = answer.headers["location"]
    assert (await sent(http, at, 0, content[:send])).status_code == 204
    assert (await http.head(at, headers=TUS)).headers["upload-concat"] == "partial"
    return at


async def test_parts_are_joined_into_a_file(little: Little, http: httpx.AsyncClient, address: str):
    parts = [await a_part(http, CONTENT[:1_000_001]), await a_part(http, CONTENT[1_000_001:])]
    headers = {
        **TUS,
        "Upload-Concat": f"final;{address}{parts[0]} {parts[1]}",
        "Upload-Metadata": said(path="resources/joined", sha256=hashlib.sha256(CONTENT).hexdigest()),
    }
    answer = await http.post("/files", headers=headers)
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, str(len(CONTENT)))
    assert there(little, "resources/joined").read_bytes() == CONTENT
    again = await http.post("/files", headers=headers)
    assert again.headers["location"] == answer.headers["location"], "asked again, it is the same one"
    looked = await http.head(answer.headers["location"], headers=TUS)
    assert looked.headers["upload-concat"] == f"final;{parts[0]} {parts[1]}"
    assert (await sent(http, answer.headers["location"], len(CONTENT), b"")).status_code == 403
    assert (await http.head(parts[0], headers=TUS)).status_code == 404, "what it was made of is gone"


async def test_a_part_that_is_not_whole_is_not_joined(http: httpx.AsyncClient):
    parts = [await a_part(http, b"12345"), await a_part(http, b"67890", 3)]
    final = {**TUS, "Upload-Concat": f"final;{' '.join(parts)}", "Upload-Metadata": said(path="resources/a")}
    answer = await http.post("/files", headers=final)
    assert (answer.status_code, answer.json()["reason"]) == (409, "UPLOAD_INCOMPLETE")
    whole = await begun(http, "resources/b", 5)
    answer = await http.post("/files", headers={**final, "Upload-Concat": f"final;{whole}"})
    assert (answer.status_code, answer.json()["reason"]) == (409, "UPLOAD_NOT_PARTIAL")
    for wrong in ("final;", "final;/elsewhere/x", "other", "partial;x", "final;" + " ".join(["/uploads/x"] * 65)):
        assert (await http.post("/files", headers={**final, "Upload-Concat": wrong})).status_code == 400, wrong
    answer = await http.post("/files", headers={**final, "Upload-Concat": "final;/uploads/nobody"})
    assert answer.status_code == 404
