"""Uploads over cuts of the daemon, full disks and other nodes: nothing acknowledged is lost, nothing is hashed twice."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage import upload_state
from storage.stop import Stop, Stopped
from storage.upload_state import OpenUploads
from storage.volume import PlainVolume
from tests import filesystems
from winslow.domain.layout import Location, WorkspacePlan, parse
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import DataLoss, Exhausted, FailedPrecondition, NotFound
from winslow.ports import Upload

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
    volume.workspaces.make_project(ProjectId("p"), Stop())
    return volume


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[PlainVolume]:
    with opened(tmp_path) as volume:
        yield volume


def begin(volume: PlainVolume, location: Location = LOCATION, id: str = "u") -> Upload:
    return volume.uploads.begin(id, location, len(CONTENT), DIGEST, Stop())


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

    def test_a_disk_filled_by_others_loses_nothing_that_was_acknowledged(self, small: PlainVolume, place: Path) -> None:
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
