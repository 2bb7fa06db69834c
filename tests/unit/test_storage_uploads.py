"""Uploads over cuts of the daemon, full disks and other nodes: nothing acknowledged is lost, nothing is hashed twice."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from storage import upload_state
from storage.stop import Stop, Stopped
from storage.upload_state import OpenUploads
from storage.volume import PlainVolume
from tests import filesystems
from winslow.domain.layout import Location, WorkspacePlan, parse
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import (
    DataLoss,
    Exhausted,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    OutOfRange,
    Unavailable,
)
from winslow.ports import UNSAID, Upload

LOCATION = parse("projects/p/input/a")
CONTENT = os.urandom(3_000_000)
PLAN = WorkspacePlan(
    stage=StageId("s1"),
    project=ProjectId("p"),
    target="projects/p/stages/s1/workspace",
    source="projects/p/workspace",
    output="projects/p/stages/s1/output",
    log="projects/p/stages/s1/log",
)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def opened(place: Path, **options: Callable[..., None]) -> PlainVolume:
    volume = PlainVolume(str(place), **options)  # type: ignore[arg-type]
    volume.workspaces.make_project(ProjectId("p"), "", Stop())
    return volume


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[PlainVolume]:
    with opened(tmp_path) as volume:
        yield volume


def begin(volume: PlainVolume, location: Location = LOCATION, id: str = "u") -> Upload:
    return volume.uploads.begin(id, location, len(CONTENT), DIGEST, Stop())


def test_a_size_that_is_said_later_is_kept_to(tmp_path: Path) -> None:
    volume = opened(tmp_path)
    upload = volume.uploads.begin("u", LOCATION, UNSAID, "", Stop())
    upload = volume.uploads.flush(volume.uploads.append(upload, 0, CONTENT[:1000], Stop()), Stop())
    with pytest.raises(FailedPrecondition):
        volume.uploads.commit(replace(upload, sha256=DIGEST), Stop())
    again = opened(tmp_path).uploads.begin("u", LOCATION, len(CONTENT), DIGEST, Stop())
    assert again.offset == 1000
    with pytest.raises(InvalidArgument):
        volume.uploads.append(again, 1000, CONTENT, Stop())
    volume.uploads.append(again, 1000, CONTENT[1000:], Stop())
    assert volume.uploads.commit(again, Stop()).size == len(CONTENT)


def test_parts_are_joined_and_a_join_that_was_cut_goes_on(tmp_path: Path) -> None:
    volume = opened(tmp_path)
    parts = [CONTENT[:1_000_001], CONTENT[1_000_001:]]
    begun = []
    for number, content in enumerate(parts):
        part = volume.uploads.begin(f"p{number}", parse("resources/p"), len(content), "", Stop())
        begun.append(volume.uploads.append(part, 0, content, Stop()))
    whole = volume.uploads.begin("u", LOCATION, len(CONTENT), DIGEST, Stop())
    volume.uploads.append(whole, 0, CONTENT[:500_000], Stop())  # so far it came
    for offset, part in ((0, begun[0]), (len(parts[0]), begun[1]), (len(parts[0]), begun[1])):
        whole = volume.uploads.join(whole, part, offset, Stop())
    assert whole.offset == len(CONTENT)
    volume.uploads.commit(whole, Stop())
    assert (tmp_path / "projects/p/input/a").read_bytes() == CONTENT


def test_a_part_that_is_not_whole_is_joined_to_nothing(tmp_path: Path) -> None:
    volume = opened(tmp_path)
    part = volume.uploads.append(volume.uploads.begin("p", parse("resources/p"), 10, "", Stop()), 0, b"12345", Stop())
    whole = volume.uploads.begin("u", LOCATION, 20, "", Stop())
    with pytest.raises(FailedPrecondition) as caught:
        volume.uploads.join(whole, part, 0, Stop())
    assert caught.value.reason == "UPLOAD_INCOMPLETE"
    part = volume.uploads.append(part, 5, b"67890", Stop())
    with pytest.raises(OutOfRange):
        volume.uploads.join(whole, part, 10, Stop())


def test_what_the_disk_failed_to_take_is_not_acknowledged_when_it_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system tells a fault of the disk once; asked again, it says that all is well."""
    volume = opened(tmp_path)
    upload = volume.uploads.flush(volume.uploads.append(begin(volume), 0, CONTENT[:1000], Stop()), Stop())
    upload = volume.uploads.append(upload, 1000, CONTENT[1000:2000], Stop())

    def failing(fd: int) -> None:
        raise OSError(errno.EIO, "no")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", failing)
        with pytest.raises(Unavailable):
            volume.uploads.flush(upload, Stop())
    assert begin(volume).offset == 1000


def test_where_nobody_knows_what_was_safe_before_a_fault_nothing_more_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = begin(opened(tmp_path))
    volume = opened(tmp_path)
    upload = volume.uploads.append(upload, 0, CONTENT[:1000], Stop())

    def failing(fd: int) -> None:
        raise OSError(errno.EIO, "no")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", failing)
        with pytest.raises(Unavailable):
            volume.uploads.flush(upload, Stop())
    with pytest.raises(Unavailable):
        volume.uploads.flush(upload, Stop())


def test_what_comes_while_the_disk_fails_leaves_no_hole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the daemon, what came is made safe beside who writes on."""
    volume, content = opened(tmp_path), os.urandom(16 << 20)
    upload = volume.uploads.begin("u", LOCATION, len(content), "", Stop())
    upload = volume.uploads.flush(volume.uploads.append(upload, 0, content[:1000], Stop()), Stop())
    cuts: list[int] = []

    def failing(fd: int) -> None:
        raise OSError(errno.EIO, "no")

    def cutting(fd: int, size: int) -> None:
        truncate(fd, size)
        cuts.append(size)
        if threading.current_thread() is not threading.main_thread():
            until = time.monotonic() + 1
            while os.fstat(fd).st_size <= size and time.monotonic() < until:
                time.sleep(0.001)  # until the one who writes, who has not seen the fault, has written on

    truncate = os.ftruncate
    ours, client = socket.socketpair()
    ours.setblocking(False)
    sender = threading.Thread(target=_sent, args=(client, content[1000:]))
    with ours, client:
        sender.start()
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", failing)
            patch.setattr(os, "ftruncate", cutting)
            with pytest.raises(Unavailable):
                volume.uploads.receive(ours.fileno(), upload, 1000, len(content) - 1000, b"", Stop())
        ours.shutdown(socket.SHUT_RDWR)
        sender.join()
    assert cuts == [1000]
    assert volume.uploads.begin("u", LOCATION, len(content), "", Stop()).offset == 1000


def _sent(client: socket.socket, data: bytes) -> None:
    with suppress(OSError):
        client.sendall(data)


def test_an_offset_that_is_told_is_of_an_upload_that_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off before anything was made safe: who asks where to go on is told what has its name on the disk, too."""
    upload = begin(opened(tmp_path))
    volume = opened(tmp_path)
    volume.uploads.append(upload, 0, CONTENT[:1000], Stop())
    synced: list[int] = []
    fsync = os.fsync

    def noting(fd: int) -> None:
        synced.append(os.fstat(fd).st_ino)
        fsync(fd)

    monkeypatch.setattr(os, "fsync", noting)
    assert begin(opened(tmp_path)).offset == 1000
    place = tmp_path / "projects/p/.uploads"
    assert {path.stat().st_ino for path in (place / "u/record", place / "u", place, place.parent)} <= set(synced)


def test_an_upload_cut_anywhere_goes_on_in_another_process(tmp_path: Path) -> None:
    """Each volume stands for a process that was killed: it knows nothing of the last one but what is on disk."""
    sent = 0
    for step in (1, 999_999, 1_000_000, 0, 500_000, 500_000):
        volume = opened(tmp_path)
        upload = begin(volume)
        assert upload.offset == sent
        upload = volume.uploads.append(upload, sent, CONTENT[sent : sent + step], Stop())
        sent = volume.uploads.flush(upload, Stop()).offset
    volume.uploads.commit(upload, Stop())
    assert (tmp_path / "projects/p/input/a").read_bytes() == CONTENT


@pytest.mark.parametrize("moment", ["verified", "published"])
def test_a_commit_cut_anywhere_is_finished_by_the_next_one(
    tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume = opened(tmp_path)
    upload = volume.uploads.append(begin(volume), 0, CONTENT, Stop())
    with monkeypatch.context() as patch:
        if moment == "verified":
            patch.setattr(volume.uploads, "_publish", cut)
        else:
            patch.setattr("storage.uploads.sync_directories", cut)
        with pytest.raises(Cut):
            volume.uploads.commit(upload, Stop())
    again = opened(tmp_path)
    assert begin(again).offset == len(CONTENT)
    entry = again.uploads.commit(upload, Stop())
    assert entry == again.files.stat(LOCATION, Stop())
    assert (tmp_path / "projects/p/input/a").read_bytes() == CONTENT
    assert again.uploads.commit(upload, Stop()) == entry


class Cut(BaseException):
    """The process ends here."""


def cut(*_: object) -> None:
    raise Cut


def test_what_another_node_wrote_is_gone_on_with(tmp_path: Path) -> None:
    here, there = opened(tmp_path), opened(tmp_path)
    upload = here.uploads.append(begin(here), 0, CONTENT[:1000], Stop())
    there.uploads.append(begin(there), 1000, CONTENT[1000:2000], Stop())
    upload = here.uploads.append(upload, 2000, CONTENT[2000:], Stop())
    assert there.uploads.commit(upload, Stop()) == here.uploads.commit(upload, Stop())
    assert (tmp_path / "projects/p/input/a").read_bytes() == CONTENT


def test_a_file_that_another_node_published_is_not_written_to_any_more(tmp_path: Path) -> None:
    here, there = opened(tmp_path), opened(tmp_path)
    upload = here.uploads.append(begin(here), 0, CONTENT, Stop())
    there.uploads.commit(upload, Stop())
    with pytest.raises((NotFound, FailedPrecondition)):
        here.uploads.append(upload, len(CONTENT), b"", Stop())
    with pytest.raises((NotFound, FailedPrecondition)):
        here.uploads.flush(upload, Stop())


def test_what_another_node_began_anew_is_hashed_anew(tmp_path: Path) -> None:
    here, there = opened(tmp_path, background=run_now), opened(tmp_path)
    wrong = bytes(len(CONTENT))
    upload = here.uploads.append(begin(here), 0, wrong, Stop())
    with pytest.raises(DataLoss):
        there.uploads.commit(upload, Stop())
    here.uploads.append(begin(here), 0, CONTENT, Stop())
    here.uploads.commit(upload, Stop())


def run_now(work: Callable[[], None]) -> None:
    work()


def test_bytes_are_hashed_once_while_they_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_state, "_FOLLOW_AT", 100_000)
    volume = opened(tmp_path, background=run_now)
    upload = begin(volume)
    for offset in range(0, len(CONTENT), 100_000):
        upload = volume.uploads.append(upload, offset, CONTENT[offset : offset + 100_000], Stop())
    read: list[int] = []
    monkeypatch.setattr("os.preadv", lambda *_: read.append(1) or 0)
    volume.uploads.commit(upload, Stop())
    assert read == []


def test_a_commit_can_be_given_up_and_made_again(volume: PlainVolume) -> None:
    upload = volume.uploads.append(begin(volume), 0, CONTENT, Stop())
    stop = Stop()
    stop.request()
    with pytest.raises(Stopped):
        volume.uploads.commit(upload, stop)
    volume.uploads.commit(upload, Stop())


def test_more_uploads_than_may_be_open_at_once_go_on_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_state, "_OPEN_MAX", 4)
    volume = opened(tmp_path)
    before = len(os.listdir("/proc/self/fd"))
    uploads = [begin(volume, parse(f"projects/p/input/f{index}"), f"u{index}") for index in range(20)]
    assert len(os.listdir("/proc/self/fd")) <= before + 2 * 4
    failures: list[BaseException] = []

    def send(upload: Upload) -> None:
        try:
            for offset in range(0, len(CONTENT), 1_000_000):
                upload = volume.uploads.append(upload, offset, CONTENT[offset : offset + 1_000_000], Stop())
            volume.uploads.commit(upload, Stop())
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=send, args=(upload,)) for upload in uploads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for index in range(20):
        assert volume.files.digest(parse(f"projects/p/input/f{index}"), Stop()) == DIGEST


def test_one_that_is_in_use_is_not_closed_for_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_state, "_OPEN_MAX", 1)
    (tmp_path / "data").touch()
    directory = os.open(tmp_path, os.O_RDONLY)
    uploads = OpenUploads(run_now)
    with uploads.use("a", lambda: upload_state.Data(directory, "data")) as first:
        with uploads.use("b", lambda: upload_state.Data(directory, "data")):
            os.fstat(first.fd)
        os.fstat(first.fd)
    for key in ("a", "b"):
        uploads.close(key)
    os.close(directory)


@pytest.mark.skipif(bool(filesystems.why_no_mounts()), reason=filesystems.why_no_mounts() or "-")
class TestFullDisk:
    """On a file system with room for 2 MiB."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> Iterator[Path]:
        with filesystems.tmpfs(tmp_path, 2048) as place:
            yield place

    @pytest.fixture
    def small(self, place: Path) -> Iterator[PlainVolume]:
        with opened(place) as volume:
            yield volume

    def test_an_upload_that_cannot_fit_is_refused_with_the_figures(self, small: PlainVolume) -> None:
        with pytest.raises(Exhausted) as caught:
            begin(small)
        assert caught.value.reason == "DISK_FULL"
        assert int(caught.value.metadata["needed"]) == len(CONTENT)
        assert 0 < int(caught.value.metadata["free"]) <= 2 << 20

    def test_the_room_of_an_upload_is_nobody_elses(self, small: PlainVolume, place: Path) -> None:
        content = CONTENT[:1_500_000]
        upload = small.uploads.begin("u", LOCATION, len(content), "", Stop())
        with pytest.raises(OSError, match="No space"):
            (place / "other").write_bytes(bytes(1_000_000))
        with pytest.raises(Exhausted) as caught:
            small.uploads.begin("v", parse("projects/p/input/b"), len(content), "", Stop())
        assert caught.value.reason == "DISK_FULL"
        upload = small.uploads.append(upload, 0, content, Stop())
        assert small.uploads.flush(upload, Stop()).offset == len(content)

    def test_room_that_cannot_be_set_aside_is_counted(
        self, small: PlainVolume, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("storage.room.reserve", lambda fd, size: None)
        first = small.uploads.begin("u", LOCATION, 1_500_000, "", Stop())
        second = small.uploads.begin("v", parse("projects/p/input/b"), 400_000, "", Stop())
        small.uploads.require_room(second, (first, second), Stop())
        third = small.uploads.begin("w", parse("resources/c"), 600_000, "", Stop())
        with pytest.raises(Exhausted) as caught:
            small.uploads.require_room(third, (first, second, third), Stop())
        assert int(caught.value.metadata["needed"]) == 2_500_000
        small.uploads.append(first, 0, bytes(1_500_000), Stop())
        with pytest.raises(Exhausted) as caught:
            small.uploads.require_room(third, (first, second), Stop())
        assert int(caught.value.metadata["needed"]) == 1_000_000, "what has come is on the disk already"
        small.uploads.cancel(first, Stop())
        small.uploads.require_room(third, (first, second), Stop())

    def test_a_disk_filled_by_others_loses_nothing_that_was_acknowledged(
        self, small: PlainVolume, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("storage.room.reserve", lambda fd, size: None)
        content = CONTENT[:1_500_000]
        upload = small.uploads.begin("u", LOCATION, len(content), hashlib.sha256(content).hexdigest(), Stop())
        upload = small.uploads.flush(small.uploads.append(upload, 0, content[:700_000], Stop()), Stop())
        (place / "other").write_bytes(bytes(1_000_000))
        with pytest.raises(Exhausted) as caught:
            small.uploads.append(upload, upload.offset, content[700_000:], Stop())
        assert (caught.value.reason, caught.value.subject) == ("DISK_FULL", "projects/p/input/a")
        with pytest.raises(FailedPrecondition):
            small.uploads.commit(upload, Stop())
        (place / "other").unlink()
        again = small.uploads.begin(upload.id, upload.location, upload.size, upload.sha256, Stop())
        assert again.offset >= 700_000
        again = small.uploads.append(again, again.offset, content[again.offset :], Stop())
        small.uploads.commit(again, Stop())
        assert (place / "projects/p/input/a").read_bytes() == content

    def test_a_workspace_that_does_not_fit_leaves_no_half_copy(self, small: PlainVolume, place: Path) -> None:
        (place / "projects/p/workspace/big").write_bytes(CONTENT[:1_200_000])
        free = os.statvfs(place).f_bfree
        with pytest.raises(Exhausted) as caught:
            small.workspaces.prepare(PLAN, (os.geteuid(), os.getegid()), Stop())
        assert caught.value.reason == "DISK_FULL"
        assert sorted(path.name for path in (place / "projects/p/stages/s1").iterdir()) == ["log", "output"]
        assert os.statvfs(place).f_bfree >= free - 8
