"""Archives over HTTP: the real application, use cases and volume, at a real socket, read by other programs."""

from __future__ import annotations

import io
import os
import random
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.unit.little import ANN, Little
from winslow.domain.records import Kind
from winslowd.gateway import server
from winslowd.gateway.app import application

CONTENT = random.Random(5).randbytes(2_500_000)


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


def put(little: Little, path: str, content: bytes = b"x") -> Path:
    at = Path(little.volume.workspaces.absolute(path))
    at.parent.mkdir(parents=True, exist_ok=True)
    at.write_bytes(content)
    return at


async def tree(little: Little) -> dict[str, bytes]:
    project = await little.project()
    contents = {
        "a.txt": b"a",
        "deep/b.bin": CONTENT,
        "deep/er/c": b"",
        "ü/d": b"d",
        "w\\..\\x": b"w",
        "long/" + "n" * 200: b"n",
    }
    for name, content in contents.items():
        put(little, f"projects/{project}/input/{name}", content)
    root = Path(little.volume.workspaces.absolute(f"projects/{project}/input"))
    (root / "link").symlink_to("a.txt")
    (root / "nothing").mkdir()
    return {f"input/{name}": content for name, content in contents.items()}


async def test_a_directory_comes_as_a_tar(little: Little, http: httpx.AsyncClient):
    contents = await tree(little)
    project = next(iter(little.view.all(Kind.PROJECT)))
    answer = await http.get("/archive", params={"path": f"projects/{project}/input", "format": "tar"})
    assert answer.headers["content-disposition"].startswith('attachment; filename="input.tar"')
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as found:
        files = {one.name: found.extractfile(one).read() for one in found if one.isfile()}  # type: ignore[union-attr]
        assert files == contents
        assert {"input", "input/nothing", "input/deep/er"} <= {one.name for one in found if one.isdir()}
        assert {one.name: one.linkname for one in found if one.issym()} == {"input/link": "a.txt"}


async def test_a_directory_comes_as_a_zip(little: Little, http: httpx.AsyncClient):
    contents = await tree(little)
    project = next(iter(little.view.all(Kind.PROJECT)))
    answer = await http.get("/archive", params={"path": f"projects/{project}/input"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        assert found.testzip() is None
        assert "input/nothing/" in found.namelist()
        assert "input/link" not in found.namelist()  # not every program knows links in a zip
        files = {one.filename: found.read(one) for one in found.infolist() if not one.is_dir()}
    assert files == {name.replace("\\", "_"): content for name, content in contents.items()}


async def test_a_selection_comes_with_names_that_tell_it_apart(little: Little, http: httpx.AsyncClient):
    for name in ("a/x", "b/x", "b/y", "c"):
        put(little, f"resources/{name}", name.encode())
    paths = ["resources/a/x", "resources/b", "resources/b/x"]
    answer = await http.get("/archive", params={"path": paths, "format": "zip"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        assert [one for one in found.namelist() if not one.endswith("/")] == ["a/x", "b/x", "b/y"]
        assert found.read("b/x") == b"b/x"


async def test_all_that_there_is_comes_as_one_archive(little: Little, http: httpx.AsyncClient):
    await tree(little)
    answer = await http.get("/archive", params={"path": "", "format": "tar"})
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as found:
        assert any(name.endswith("/input/a.txt") for name in found.getnames())


async def test_a_very_deep_directory_is_walked(little: Little, http: httpx.AsyncClient):
    put(little, "resources/" + "d/" * 400 + "f", b"deep")  # each level would cost several frames of a stack of 1000
    answer = await http.get("/archive", params={"path": "resources/d", "format": "tar"})
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as found:
        assert found.getnames()[-1].endswith("d/f")


async def test_an_archive_of_what_is_not_there_is_refused(http: httpx.AsyncClient):
    assert (await http.get("/archive?path=resources/no")).status_code == 404
    assert (await http.get("/archive")).status_code == 400
    assert (await http.get("/archive?path=resources&format=rar")).status_code == 400


async def test_an_archive_whose_file_is_cut_short_ends_early(little: Little, http: httpx.AsyncClient):
    at = put(little, "resources/d/clip.mp4", bytes(40 << 20))
    with pytest.raises(httpx.RemoteProtocolError):
        async with http.stream("GET", "/archive?path=resources/d&format=tar") as answer:
            async for _ in answer.aiter_raw():
                at.write_bytes(b"short")


async def test_other_programs_unpack_what_we_pack(little: Little, http: httpx.AsyncClient, tmp_path: Path):
    contents = await tree(little)
    project = next(iter(little.view.all(Kind.PROJECT)))
    for format_, command in (("zip", ["unzip", "-q"]), ("tar", ["tar", "-xf"])):
        if not shutil.which(command[0]):
            continue
        answer = await http.get("/archive", params={"path": f"projects/{project}/input", "format": format_})
        (tmp_path / format_).mkdir()
        (tmp_path / format_ / "archive").write_bytes(answer.content)
        subprocess.run([*command, "archive"], cwd=tmp_path / format_, check=True, capture_output=True)
        for name, content in contents.items():
            assert (
                tmp_path / format_ / (name.replace("\\", "_") if format_ == "zip" else name)
            ).read_bytes() == content


async def test_what_we_pack_we_unpack(little: Little, http: httpx.AsyncClient):
    await tree(little)
    project = next(iter(little.view.all(Kind.PROJECT)))
    top = Path(little.volume.workspaces.absolute(f"projects/{project}/input"))
    (top / "tool").write_text("#!")
    (top / "tool").chmod(0o755)
    answer = await http.get("/archive", params={"path": f"projects/{project}/input", "format": "tar"})
    put(little, "resources/archive.tar", answer.content)
    (top / "w\\..\\x").unlink()  # nobody could unpack that elsewhere
    answer = await http.get("/archive", params={"path": f"projects/{project}/input", "format": "tar"})
    put(little, "resources/archive.tar", answer.content)
    await little.use_cases.trees.unpack(little.request(), "resources/archive.tar", f"projects/{project}/workspace/out")
    out = Path(little.volume.workspaces.absolute(f"projects/{project}/workspace/out/input"))
    assert (out / "deep/b.bin").read_bytes() == CONTENT
    assert (out / "link").readlink() == Path("a.txt")
    assert (out / "tool").stat().st_mode & 0o111
    assert (out / "deep/b.bin").stat().st_mtime == int((top / "deep/b.bin").stat().st_mtime)


async def test_what_leads_out_or_is_no_file_is_left_out(little: Little, http: httpx.AsyncClient):
    top = put(little, "resources/d/deep/a").parent
    (top / "out").symlink_to("../../../secret")
    (top / "absolute").symlink_to("/etc/passwd")
    (top / "up").symlink_to("../deep/a")
    os.mkfifo(top / "pipe")
    (top / os.fsdecode(b"caf\xe9")).touch()
    answer = await http.get("/archive", params={"path": "resources/d", "format": "tar"})
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as found:
        assert sorted(found.getnames()) == ["d", "d/deep", "d/deep/a", "d/deep/up"]


async def test_many_small_files_take_few_questions(little: Little, http: httpx.AsyncClient):
    for number in range(1500):
        put(little, f"resources/many/{number:04}", b"x" * 100)
    little.volume.calls.clear()
    answer = await http.get("/archive", params={"path": "resources/many", "format": "zip"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        assert len(found.namelist()) == 1501
    assert len(little.volume.calls) < 10


async def test_a_file_that_changes_while_it_is_packed_ends_the_archive_early(little: Little, http: httpx.AsyncClient):
    at = put(little, "resources/d/clip.mp4", bytes(40 << 20))
    with pytest.raises(httpx.RemoteProtocolError):
        async with http.stream("GET", "/archive?path=resources/d&format=zip") as answer:
            received = answer.aiter_raw()
            await anext(received)
            at.write_bytes(b"y" * (40 << 20))
            async for _ in received:
                pass


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed: scripts/setup pictures")
async def test_a_picture_is_shown_small(little: Little, http: httpx.AsyncClient, tmp_path: Path):
    command = ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=640x360:rate=10:duration=1"]
    subprocess.run([*command, str(tmp_path / "clip.mkv")], check=True)
    put(little, "resources/clip.mkv", (tmp_path / "clip.mkv").read_bytes())
    answer = await http.get("/files/resources/clip.mkv?thumbnail=100")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content.startswith(b"\xff\xd8")
    known = await http.get("/files/resources/clip.mkv?thumbnail=100", headers={"If-None-Match": answer.headers["etag"]})
    assert known.status_code == 304
    other = await http.get("/files/resources/clip.mkv?thumbnail")
    assert other.headers["etag"] != answer.headers["etag"]
    for wrong, status in (("thumbnail=7", 400), ("thumbnail=x", 400), ("thumbnail=99999999", 400)):
        assert (await http.get(f"/files/resources/clip.mkv?{wrong}")).status_code == status
    put(little, "resources/text.txt")
    answer = await http.get("/files/resources/text.txt?thumbnail")
    assert (answer.status_code, answer.json()["reason"]) == (409, "THUMBNAIL_IMPOSSIBLE")


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed: scripts/setup pictures")
async def test_a_project_has_a_picture_where_its_input_has_one(little: Little, http: httpx.AsyncClient, tmp_path: Path):
    pictured, plain = await little.project(), await little.project()
    command = ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=640x360:rate=10:duration=1"]
    subprocess.run([*command, str(tmp_path / "clip.mkv")], check=True)
    put(little, f"projects/{pictured}/input/clip.mkv", (tmp_path / "clip.mkv").read_bytes())
    put(little, f"projects/{plain}/input/broken.png", b"no picture at all")
    answer = await http.get(f"/files/projects/{pictured}?thumbnail=96")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content.startswith(b"\xff\xd8")
    answer = await http.get(f"/files/projects/{plain}?thumbnail=96")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await http.get("/files/projects/nobody?thumbnail=96")).json()["reason"] == "PROJECT_UNKNOWN"
    assert (await http.get(f"/files/projects/{plain}")).json()["reason"] == "NOT_A_FILE"


async def test_a_node_without_ffmpeg_says_so(
    little: Little, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    put(little, "resources/a.png")
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = await http.get("/files/resources/a.png?thumbnail")
    assert (answer.status_code, answer.json()["reason"]) == (409, "FFMPEG_MISSING")
    assert "apt-get install ffmpeg" in answer.json()["hint"]
