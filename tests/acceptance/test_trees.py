"""Trees of files, through the daemon: unpacked, searched, moved, listed however large, taken away, and shown by thumbnails."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import time
import uuid
import zipfile
from pathlib import Path

import pytest

from tests.acceptance.story import Story
from tests.daemon import Daemon
from tests.unit.hostile_archives import Part, tar, zip_
from winslow.errors import FailedPrecondition
from winslow.v1 import file_service_pb2 as pb

ROOT = Path(__file__).parents[2]
MEBIBYTE = 1 << 20


def ctl(daemon: Daemon, *arguments: str) -> tuple[int, str]:
    """Its exit code, and what it said on both."""
    done = subprocess.run(
        [sys.executable, "-m", "winslowctl", *arguments],
        cwd=ROOT,
        env={**os.environ, "WINSLOW_ADDRESS": daemon.address},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_an_archive_is_unpacked_searched_moved_and_taken_away_again(
    story: Story, daemon: Daemon, tmp_path: Path
) -> None:
    story.stages("true")
    name, files = story.project.rpartition("/")[2], story.client.files
    contents = {f"d{number % 5}/Frame-{number:03}.png": os.urandom(number * 100) for number in range(60)}
    (tmp_path / "a.zip").write_bytes(zip_([Part(path, content) for path, content in contents.items()]))
    files.upload(tmp_path / "a.zip", f"{story.project}/input/a.zip")
    code, said = ctl(daemon, "unpack", f"{name}:input/a.zip", f"{name}:input/frames")
    assert (code, said) == (0, f"Unpacked {name}:input/a.zip into {name}:input/frames\n")
    code, said = ctl(daemon, "find", f"{name}:", "frame-00?.PNG")
    assert code == 0
    assert sorted(said.split()) == sorted(f"{name}:input/frames/d{one % 5}/Frame-00{one}.png" for one in range(10))
    assert ctl(daemon, "find", f"{name}:input", "nothing") == (1, "")
    target = f"resources/{uuid.uuid4().hex}"
    files.move(f"{story.project}/input/frames", target)
    assert [one.base_name for one in files.list(f"{story.project}/input")] == ["a.zip"]
    with tarfile.open(fileobj=io.BytesIO(b"".join(files.archive([target], pb.ARCHIVE_FORMAT_TAR)))) as found:
        taken = {one.name.partition("/")[2]: found.extractfile(one).read() for one in found if one.isfile()}  # type: ignore[union-attr]
    assert taken == contents
    files.delete(target, recursive=True)


def test_a_hostile_archive_is_refused_with_its_entry(story: Story, daemon: Daemon, tmp_path: Path) -> None:
    story.stages("true")
    (tmp_path / "bad.tar").write_bytes(tar([Part("fine", b"x"), Part("../../escape", b"x")]))
    story.client.files.upload(tmp_path / "bad.tar", f"{story.project}/input/bad.tar")
    with pytest.raises(FailedPrecondition) as caught:
        story.client.files.unpack(f"{story.project}/input/bad.tar", f"{story.project}/input/out")
    assert caught.value.reason == "ARCHIVE_REFUSED"
    assert caught.value.metadata["entry"] == "../../escape"
    assert [one.base_name for one in story.client.files.list(f"{story.project}/input")] == ["bad.tar"]


def test_unpacking_goes_on_when_the_daemon_is_killed(own_daemon: Daemon, image: str, tmp_path: Path) -> None:
    contents = {f"f{number:04}": os.urandom(40_000) for number in range(2000)}
    (tmp_path / "a.tar").write_bytes(tar([Part(path, content) for path, content in contents.items()]))
    with own_daemon.client(patience=60) as client:
        story = Story(client, image, "unpacked").stages("true")
        client.files.upload(tmp_path / "a.tar", f"{story.project}/input/a.tar")
        top = own_daemon.files / story.project
        call = threading.Thread(
            target=client.files.unpack, args=(f"{story.project}/input/a.tar", f"{story.project}/input/out")
        )
        call.start()
        deadline = time.monotonic() + 30
        while len(list(top.glob(".uploads/unpack-*/data/*"))) < 100:
            assert time.monotonic() < deadline
            time.sleep(0.002)
        own_daemon.kill()
        assert not (top / "input" / "out").exists()
        own_daemon.start()
        call.join(60)
        assert {path.name: path.read_bytes() for path in (top / "input" / "out").iterdir()} == contents


def test_a_directory_of_very_many_names_is_listed_whole(story: Story, daemon: Daemon) -> None:
    top = daemon.files / "resources" / uuid.uuid4().hex
    top.mkdir()
    try:
        names = {f"{number:06}-{'n' * 200}" for number in range(12_000)}
        for name in names:
            (top / name).touch()
        found = [one.base_name for one in story.client.files.list(f"resources/{top.name}")]
        assert len(found) == len(names)
        assert set(found) == names
        code, said = ctl(daemon, "find", f"resources:{top.name}", "00000?-*")
        assert (code, len(said.split())) == (0, 10)
    finally:
        shutil.rmtree(top)


def test_an_archive_of_many_files_needs_no_more_memory_than_one_of_few(story: Story, own_daemon: Daemon) -> None:
    top = own_daemon.files / "resources" / "many"
    top.mkdir(parents=True)
    for number in range(20_000):
        (top / f"{number:06}").write_bytes(b"x" * 100)
    (top / "large").write_bytes(bytes(200 * MEBIBYTE))
    with own_daemon.client() as client:
        b"".join(client.files.archive(["resources/many/000001"]))
        before = sum(process.memory_info().rss for process in own_daemon.processes())
        sink = io.BytesIO()
        for piece in client.files.archive(["resources/many"]):
            sink.write(piece)
        grown = sum(process.memory_info().rss for process in own_daemon.processes()) - before
    with zipfile.ZipFile(sink) as found:
        assert len(found.namelist()) == 20_002
        assert found.testzip() is None
    assert grown < 40 * MEBIBYTE


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed: scripts/setup pictures")
def test_a_video_has_a_thumbnail_and_stands_for_its_project(story: Story, daemon: Daemon, tmp_path: Path) -> None:
    clip = subprocess.run(
        ["examples/traffic/get-clip"], cwd=ROOT, capture_output=True, text=True, timeout=180, check=True
    ).stdout.strip()
    story.stages("true")
    files, path = story.client.files, f"{story.project}/input/{Path(clip).name}"
    files.upload(clip, path)
    for size in (0, 64):
        picture = files.thumbnail(path, size)
        assert picture.startswith(b"\xff\xd8")
        assert max(pixels(picture)) == (size or 320)
    assert story.client.projects.get(story.project).thumbnail_path == path
    (tmp_path / "broken.mp4").write_bytes(Path(clip).read_bytes()[1000:300_000])
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:1,\n/etc/passwd\n")
    for name in ("broken.mp4", "list.m3u8"):
        files.upload(tmp_path / name, f"{story.project}/input/{name}")
        with pytest.raises(FailedPrecondition) as caught:
            files.thumbnail(f"{story.project}/input/{name}")
        assert caught.value.reason == "THUMBNAIL_IMPOSSIBLE"


def pixels(jpeg: bytes) -> tuple[int, int]:
    """Width and height, as its frame header says."""
    at = jpeg.index(b"\xff\xc0") + 5
    return int.from_bytes(jpeg[at + 2 : at + 4], "big"), int.from_bytes(jpeg[at : at + 2], "big")
