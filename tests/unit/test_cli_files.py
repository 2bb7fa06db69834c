"""`winslowctl cp`, `ls`, `du`, `cat`, `mv` and `rm` on many files, patterns, ranges and pipes, against an API in this process."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

from tests.fakes.api import FakeApi, FakeFiles
from tests.unit.cli import Ctl, a_project, serve_projects
from winslow.client.partial import partial_path
from winslow.v1.file_pb2 import FILE_KIND_FILE, File
from winslow.v1.file_service_pb2 import ListFilesResponse
from winslowctl import completion

INPUT = "projects/bikes/input"


@pytest.fixture
def files(api: FakeApi) -> FakeFiles:
    serve_projects(api, a_project())
    return FakeFiles(api)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_small_files_travel_together_whoever_named_them(ctl: Ctl, api: FakeApi, files: FakeFiles, here: Path) -> None:
    names = [f"{number}.png" for number in range(40)]
    for name in names:
        (here / name).write_text(name)
    assert ctl("cp", *names, "bikes:input/").code == 0
    assert len(api.requests("FileService/PutFiles")) == 1
    assert ctl("cp", "bikes:input/*.png", "back/").code == 0
    assert len(api.requests("FileService/ReadFiles")) == 1
    assert sorted(os.listdir(here / "back")) == sorted(names)


def test_a_link_in_the_place_of_a_hidden_file_is_not_written_through(ctl: Ctl, files: FakeFiles, here: Path) -> None:
    files.content[f"{INPUT}/clip"] = b"content"
    (here / "victim").write_text("mine")
    hidden = partial_path(here / "clip", files._file(f"{INPUT}/clip"))
    hidden.symlink_to(here / "victim")
    assert ctl("cp", "bikes:input/clip", "clip").code != 0
    assert (here / "victim").read_text() == "mine"


def test_many_sources_go_into_the_target_and_patterns_mean_what_fits(ctl: Ctl, files: FakeFiles, here: Path) -> None:
    for name in ("a.avi", "b.avi", "c.txt"):
        (here / name).write_text(name)
    assert ctl("cp", "*.avi", "c.txt", "bikes:input/in").code == 0
    assert sorted(files.content) == [f"{INPUT}/in/{name}" for name in ("a.avi", "b.avi", "c.txt")]
    assert ctl("cp", "bikes:input/*/*.avi", "back").code == 0
    assert sorted(os.listdir(here / "back")) == ["a.avi", "b.avi"]
    said = ctl("cp", "bikes:input/*.none", "back")
    assert said.code == 3
    assert "There is no bikes:input/*.none" in said.err


def test_two_sources_of_one_name_are_refused_before_anything_is_copied(ctl: Ctl, files: FakeFiles, here: Path) -> None:
    for name in ("one", "two"):
        (here / name).mkdir()
        (here / name / "clip").write_text(name)
    said = ctl("cp", "one/clip", "two/clip", "bikes:input/")
    assert said.code == 2
    assert "bikes:input/clip" in said.err
    assert not files.content


def test_the_same_command_means_the_same_when_it_is_run_again(ctl: Ctl, files: FakeFiles, here: Path) -> None:
    (here / "frames").mkdir()
    (here / "frames" / "1").write_text("1")
    for _ in range(2):
        assert ctl("cp", "-r", "frames", "bikes:input/left").code == 0
        assert ctl("cp", "-r", "frames", "bikes:input").code == 0
        assert ctl("cp", "-r", "frames/.", "bikes:input/").code == 0
        assert ctl("cp", "-r", "bikes:input/left", "back").code == 0
    assert sorted(files.content) == [f"{INPUT}/1", f"{INPUT}/frames/1", f"{INPUT}/left/1"]
    assert sorted(os.listdir(here / "back")) == ["1"]


def test_times_and_executable_bits_go_both_ways(ctl: Ctl, files: FakeFiles, here: Path) -> None:
    (here / "run").write_text("#!/bin/sh")
    (here / "run").chmod(0o755)
    (here / "large").write_bytes(bytes(1 << 19))
    for name in ("run", "large"):
        os.utime(here / name, (1_500_000_000, 1_500_000_000.5))
    assert ctl("cp", "run", "large", "bikes:input/").code == 0
    assert ctl("cp", "bikes:input/run", "bikes:input/large", "back/").code == 0
    for name, executable in (("run", True), ("large", False)):
        status = (here / "back" / name).stat()
        assert (status.st_mtime, bool(status.st_mode & 0o100)) == (1_500_000_000.5, executable)


def test_what_is_there_with_the_same_size_and_time_is_not_read_unless_asked(
    ctl: Ctl, api: FakeApi, files: FakeFiles, here: Path
) -> None:
    (here / "clips").mkdir()
    (here / "clips" / "a").write_text("aaaa")
    assert ctl("cp", "-r", "clips", "bikes:input/").code == 0
    assert "Nothing to do" in ctl("cp", "-r", "clips", "bikes:input/").out
    at = (here / "clips" / "a").stat()
    (here / "clips" / "a").write_text("bbbb")
    os.utime(here / "clips" / "a", ns=(at.st_atime_ns, at.st_mtime_ns))
    assert "Nothing to do" in ctl("cp", "-r", "clips", "bikes:input/").out
    assert ctl("cp", "-r", "--checksum", "clips", "bikes:input/").code == 4
    assert ctl("cp", "-rcf", "clips", "bikes:input/").code == 0
    assert files.content[f"{INPUT}/clips/a"] == b"bbbb"


def test_what_failed_is_named_and_stops_nothing_else(ctl: Ctl, files: FakeFiles, here: Path) -> None:
    (here / "clips").mkdir()
    for name in ("a", "b", "c"):
        (here / "clips" / name).write_text(name)
    files.content[f"{INPUT}/clips/b"] = b"another"
    said = ctl("cp", "-r", "clips", "bikes:input/")
    assert said.code == 4
    assert "1 file failed" in said.err and "bikes:input/clips/b" in said.err and "--force" in said.err
    assert (files.content[f"{INPUT}/clips/a"], files.content[f"{INPUT}/clips/c"]) == (b"a", b"c")
    told = json.loads(ctl("cp", "-r", "--json", "clips", "bikes:input/").out)
    assert (told["files"], told["skipped"], told["failed"][0]["reason"]) == (2, 2, "FILE_EXISTS")


def test_a_hostile_name_neither_leaves_the_target_nor_reaches_the_terminal(
    ctl: Ctl, api: FakeApi, files: FakeFiles, here: Path
) -> None:
    evil = File(path="x", base_name="../evil", kind=FILE_KIND_FILE, size=1)
    loud = File(path=f"{INPUT}/d/\x1b[2J", base_name="\x1b[2J", kind=FILE_KIND_FILE, size=1)
    files.content |= {f"{INPUT}/d/good": b"good"}
    good = files._file(f"{INPUT}/d/good")
    api.on("FileService/ListFiles", ListFilesResponse(files=[evil, loud, good]))
    said = ctl("cp", "-r", "bikes:input/d", "back")
    assert said.code != 0
    assert "\x1b" not in said.err + said.out
    assert sorted(os.listdir(here)) == ["back"]
    assert "\x1b" not in ctl("ls", "bikes:input/d").out


def test_a_pipe_gives_and_takes(ctl: Ctl, files: FakeFiles, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"from a pipe")))
    assert ctl("cp", "-", "bikes:input/piped").code == 0
    assert files.content[f"{INPUT}/piped"] == b"from a pipe"
    assert ctl("cp", "bikes:input/piped", "-").out == "from a pipe"
    assert ctl("cp", "-", "bikes:input/").code == 2


def test_ranges_of_a_file_are_written(ctl: Ctl, files: FakeFiles) -> None:
    files.content[f"{INPUT}/a"] = b"0123456789"
    assert ctl("cat", "--offset", "2", "--size", "3", "bikes:input/a").out == "234"
    assert ctl("cat", "-c", "4", "bikes:input/a").out == "6789"
    assert ctl("cat", "-c", "400", "bikes:input/a").out == "0123456789"
    assert ctl("cat", "-c", "4", "--offset", "1", "bikes:input/a").code == 2


def test_directories_are_listed_long_and_deep(ctl: Ctl, files: FakeFiles) -> None:
    files.content |= {f"{INPUT}/a": bytes(2048), f"{INPUT}/deep/b": b"b", f"{INPUT}/deep/er/c": b"c"}
    assert "2048" in ctl("ls", "-l", "bikes:input").out
    assert "2.0 KiB" in ctl("ls", "-lh", "bikes:input").out
    deep = ctl("ls", "-R", "bikes:input").out
    assert [line for line in deep.splitlines() if line.endswith(":")] == [
        "bikes:input:",
        "bikes:input/deep:",
        "bikes:input/deep/er:",
    ]
    listed = json.loads(ctl("ls", "-R", "-o", "json", "bikes:input").out)
    assert [one["base_name"] for one in listed] == ["a", "deep", "b", "er", "c"]
    assert json.loads(ctl("ls", "-o", "json", "bikes:input/deep/er/c").out)[0]["base_name"] == "c"


def test_usage_of_each_entry_is_shown(ctl: Ctl, files: FakeFiles) -> None:
    files.content |= {f"{INPUT}/a": bytes(100), f"{INPUT}/deep/b": bytes(2048)}
    assert ctl("du", "-d", "1", "-b", "bikes:input").out.splitlines() == [
        "100  bikes:input/a",
        "2048  bikes:input/deep",
        "2148  bikes:input",
    ]


def test_what_would_be_deleted_is_said_and_nothing_is(ctl: Ctl, files: FakeFiles) -> None:
    files.content |= {f"{INPUT}/a1": b"1", f"{INPUT}/a2": b"12", f"{INPUT}/b/c": b"c"}
    said = ctl("rm", "-r", "--dry-run", "bikes:input/*")
    assert said.out.splitlines() == [
        "Would delete bikes:input/a1 (1 B)",
        "Would delete bikes:input/a2 (2 B)",
        "Would delete bikes:input/b (1 file, 1 B)",
    ]
    assert len(files.content) == 3
    assert ctl("rm", "-r", "bikes:input/b").code == 2  # nobody can be asked
    assert ctl("rm", "--yes", "bikes:input/a*").code == 0
    assert list(files.content) == [f"{INPUT}/b/c"]


def test_many_are_moved_into_a_directory(ctl: Ctl, files: FakeFiles) -> None:
    files.content |= {f"{INPUT}/a1": b"1", f"{INPUT}/a2": b"2"}
    assert ctl("mv", "bikes:input/a*", "bikes:input/old").code == 0
    assert sorted(files.content) == [f"{INPUT}/old/a1", f"{INPUT}/old/a2"]


def test_remote_paths_are_completed_as_shells_ask(
    api: FakeApi, files: FakeFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WINSLOW_ADDRESS", api.address)
    monkeypatch.setattr(completion, "PATIENCE", 5)
    files.content |= {f"{INPUT}/clip.avi": b"", f"{INPUT}/frames/1": b""}
    assert completion.places("bi") == ["bikes:"]
    assert completion.places("bikes:input/c") == ["bikes:input/clip.avi"]
    assert completion.places("bikes:input/") == ["bikes:input/clip.avi", "bikes:input/frames/"]
    assert completion.places("nothing:input/") == []
    monkeypatch.setenv("COMP_WORDS", "winslowctl ls bikes : input/f")  # bash ends a word at a colon
    monkeypatch.setenv("COMP_CWORD", "4")
    assert completion.places("input/f") == ["input/frames/"]
    monkeypatch.setenv("COMP_CWORD", "3")
    assert completion.places(":") == ["input/"]
