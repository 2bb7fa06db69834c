"""Uploads and downloads against a server that cuts, corrupts and forgets."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from tests.fakes.api import FakeApi, FakeFiles
from winslow.client import Client
from winslow.client.partial import partial_path
from winslow.errors import AlreadyExists, Conflict, DataLoss, InvalidArgument, NotFound

PATH = "projects/bikes/input/clip.avi"
CONTENT = random.Random(1).randbytes(3_000_001)


@pytest.fixture
def files(api: FakeApi) -> FakeFiles:
    return FakeFiles(api)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.avi"
    path.write_bytes(CONTENT)
    return path


def arrived(files: FakeFiles) -> None:
    """Wait for the first bytes: what was sent is on its way when its sender goes on."""
    until = time.monotonic() + 5
    while not files.received:
        assert time.monotonic() < until
        time.sleep(0.001)


def test_an_upload_arrives_whole(client: Client, files: FakeFiles, clip: Path) -> None:
    sent = client.files.upload(clip, PATH)
    assert sent.size == len(CONTENT)
    assert files.content[PATH] == CONTENT


def test_an_empty_file_arrives(client: Client, files: FakeFiles, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    client.files.upload(tmp_path / "empty", PATH)
    assert files.content[PATH] == b""


def test_a_cut_upload_goes_on_where_the_server_is(client: Client, files: FakeFiles, clip: Path) -> None:
    files.cut_appends = [500_000, 0, 1_000_000]
    client.files.upload(clip, PATH)
    assert files.content[PATH] == CONTENT
    assert files.received == len(CONTENT)


def test_an_upload_goes_on_after_the_server_was_started_anew(
    api: FakeApi,
    client: Client,
    files: FakeFiles,
    clip: Path,
) -> None:
    before = files.AppendUpload

    def killed_once(requests: object) -> object:
        api.on("FileService/AppendUpload", before)
        next(requests)  # type: ignore[call-overload]
        api.stop()
        api.start()
        raise AssertionError("nobody hears it")

    api.on("FileService/AppendUpload", killed_once)
    client.files.upload(clip, PATH)
    assert files.content[PATH] == CONTENT


def test_a_second_call_goes_on_with_what_the_first_one_sent(client: Client, files: FakeFiles, clip: Path) -> None:
    def stop_after_a_megabyte(name: str, done: int, size: int) -> None:
        if done > 1_000_000:
            arrived(files)
            raise RuntimeError("the power failed")

    with pytest.raises(RuntimeError, match="the power failed"):
        client.files.upload(clip, PATH, progress=stop_after_a_megabyte)
    begun = files.received
    assert 0 < begun < len(CONTENT)
    client.files.upload(clip, PATH)
    assert files.content[PATH] == CONTENT
    assert files.received == len(CONTENT)


def test_what_was_begun_with_another_content_is_thrown_away(client: Client, files: FakeFiles, clip: Path) -> None:
    """The same size and time in the same place: what differs is found by its hash alone."""
    before = clip.stat()

    def stop(name: str, done: int, size: int) -> None:
        if done > 1_000_000:
            arrived(files)
            raise RuntimeError("the power failed")

    with pytest.raises(RuntimeError):
        client.files.upload(clip, PATH, progress=stop)
    clip.write_bytes(bytes(100) + CONTENT[100:])
    os.utime(clip, ns=(before.st_atime_ns, before.st_mtime_ns))
    client.files.upload(clip, PATH)
    assert files.content[PATH] == bytes(100) + CONTENT[100:]


def test_a_file_that_is_there_and_the_same_is_left_alone(client: Client, files: FakeFiles, clip: Path) -> None:
    files.content[PATH] = CONTENT
    client.files.upload(clip, PATH)
    assert files.received == 0


def test_another_file_that_is_there_is_not_replaced_unless_asked(client: Client, files: FakeFiles, clip: Path) -> None:
    files.content[PATH] = bytes(len(CONTENT))
    with pytest.raises(AlreadyExists):
        client.files.upload(clip, PATH)
    client.files.upload(clip, PATH, replace=True)
    assert files.content[PATH] == CONTENT


def test_a_file_that_is_written_to_meanwhile_is_not_shown(client: Client, files: FakeFiles, clip: Path) -> None:
    def write(name: str, done: int, size: int) -> None:
        os.utime(clip, ns=(1, 1))

    with pytest.raises(Conflict) as caught:
        client.files.upload(clip, PATH, progress=write)
    assert caught.value.reason == "LOCAL_FILE_CHANGED"
    assert PATH not in files.content


def test_a_file_that_grows_shorter_meanwhile_is_not_shown(client: Client, files: FakeFiles, clip: Path) -> None:
    def shorten(name: str, done: int, size: int) -> None:
        os.truncate(clip, 10)

    with pytest.raises(Conflict):
        client.files.upload(clip, PATH, progress=shorten)
    assert PATH not in files.content


def test_a_local_file_that_is_not_there_is_said_so(client: Client, files: FakeFiles, tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        client.files.upload(tmp_path / "nothing", PATH)
    assert caught.value.reason == "LOCAL_FILE_NOT_FOUND"


def test_a_download_arrives_whole_and_leaves_nothing_else(client: Client, files: FakeFiles, tmp_path: Path) -> None:
    files.content[PATH] = CONTENT
    client.files.download(PATH, tmp_path / "clip.avi")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [CONTENT]


def test_a_cut_download_goes_on_where_it_was(client: Client, files: FakeFiles, tmp_path: Path) -> None:
    files.content[PATH] = CONTENT
    files.cut_reads = [700_000, 0, 1_000_000]
    client.files.download(PATH, tmp_path / "clip.avi")
    assert (tmp_path / "clip.avi").read_bytes() == CONTENT
    assert files.sent == len(CONTENT)


def test_a_second_download_goes_on_with_what_the_first_one_fetched(
    api: FakeApi,
    client: Client,
    files: FakeFiles,
    tmp_path: Path,
) -> None:
    files.content[PATH] = CONTENT

    def stop_after_a_megabyte(name: str, done: int, size: int) -> None:
        if done > 1_000_000:
            raise RuntimeError("the power failed")

    target = tmp_path / "clip.avi"
    with pytest.raises(RuntimeError):
        client.files.download(PATH, target, progress=stop_after_a_megabyte)
    partial = partial_path(target, files._file(PATH))
    fetched = partial.stat().st_size
    assert fetched > 1_000_000
    assert not target.exists()
    client.files.download(PATH, target)
    assert target.read_bytes() == CONTENT
    assert api.requests("FileService/ReadFile")[-1].offset == fetched


def test_what_was_fetched_of_another_content_is_thrown_away(client: Client, files: FakeFiles, tmp_path: Path) -> None:
    files.content[PATH] = bytes(100)
    old = partial_path(tmp_path / "clip.avi", files._file(PATH))
    old.write_bytes(bytes(50))
    files.content[PATH] = CONTENT
    client.files.download(PATH, tmp_path / "clip.avi")
    assert (tmp_path / "clip.avi").read_bytes() == CONTENT
    assert not old.exists()


def test_corrupted_bytes_are_never_shown(client: Client, files: FakeFiles, tmp_path: Path) -> None:
    files.content[PATH] = CONTENT
    files.corrupt_reads = True
    with pytest.raises(DataLoss):
        client.files.download(PATH, tmp_path / "clip.avi")
    assert not list(tmp_path.iterdir())


def test_a_local_file_is_not_replaced_unless_asked(client: Client, files: FakeFiles, tmp_path: Path) -> None:
    files.content[PATH] = CONTENT
    target = tmp_path / "clip.avi"
    target.write_bytes(b"mine")
    with pytest.raises(AlreadyExists):
        client.files.download(PATH, target)
    assert target.read_bytes() == b"mine"
    client.files.download(PATH, target, replace=True)
    assert target.read_bytes() == CONTENT


def test_a_directory_comes_back_as_it_went(client: Client, files: FakeFiles, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "deep" / "empty").mkdir(parents=True)
    for number in range(20):
        (source / "deep" / f"{number}.png").write_bytes(CONTENT[: number * 1000])
    (source / "link").symlink_to("/etc/passwd")
    up = client.files.upload_tree(source, "projects/bikes/input/frames")
    down = client.files.download_tree("projects/bikes/input/frames", tmp_path / "back")
    assert (up.files, up.size) == (down.files, down.size) == (20, sum(range(20)) * 1000)
    assert up.left_out.first == [(str(source / "link"), "a symbolic link")]
    assert (tmp_path / "back" / "deep" / "empty").is_dir()
    for number in range(20):
        assert (tmp_path / "back" / "deep" / f"{number}.png").read_bytes() == CONTENT[: number * 1000]


def test_a_directory_sent_again_sends_only_what_is_missing(client: Client, files: FakeFiles, tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}").write_bytes(CONTENT[:1000])
    client.files.upload_tree(tmp_path, "projects/bikes/input")
    (tmp_path / "5").write_bytes(b"new")
    files.received = 0
    client.files.upload_tree(tmp_path, "projects/bikes/input")
    assert files.received == len(b"new")


def test_the_first_error_stops_a_directory(client: Client, files: FakeFiles, tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / f"{number}").write_bytes(b"mine")
    files.content["projects/bikes/input/0"] = b"another"
    with pytest.raises(AlreadyExists):
        client.files.upload_tree(tmp_path, "projects/bikes/input")


def test_a_name_that_climbs_out_is_refused(api: FakeApi, client: Client, files: FakeFiles, tmp_path: Path) -> None:
    from winslow.v1.file_pb2 import File
    from winslow.v1.file_service_pb2 import ListFilesResponse

    api.on("FileService/ListFiles", ListFilesResponse(files=[File(path="x", base_name="../evil", kind=1)]))
    with pytest.raises(InvalidArgument):
        client.files.download_tree("projects/bikes/input", tmp_path / "in")
    assert not (tmp_path / "evil").exists()
