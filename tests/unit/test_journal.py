"""What a node remembers of its stages, on its own disk."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from winslow.domain.stage import Cause, StageId
from winslow.ports import Verdict
from winslowd.journal import DirectoryJournal

DETECT, TRACK = StageId("detect-1-1-abc123"), StageId("track-1-1-abc123")
LATE = Verdict(Cause.TIMEOUT, "it ran longer than its timeout of 5 s")
BOB = Verdict(Cause.ABORTED, "aborted by bob")


@pytest.fixture
def journal(tmp_path: Path) -> DirectoryJournal:
    return DirectoryJournal(tmp_path / "stages")


def test_a_stage_has_an_entry_from_its_opening_to_its_close(journal: DirectoryJournal) -> None:
    assert (journal.has(DETECT), journal.entries()) == (False, ())
    journal.open(DETECT)
    assert (journal.has(DETECT), journal.has(TRACK), journal.entries()) == (True, False, (DETECT,))
    journal.close(DETECT)
    assert (journal.has(DETECT), journal.entries()) == (False, ())


def test_an_entry_is_a_directory_that_a_container_can_be_bound_to(journal: DirectoryJournal) -> None:
    path = Path(journal.open(DETECT))
    assert path.is_absolute()
    assert path == journal.control_root / DETECT
    assert stat.S_IMODE(path.stat().st_mode) & 0o755 == 0o755


def test_opening_again_keeps_what_the_launcher_recorded(journal: DirectoryJournal) -> None:
    record = Path(journal.open(DETECT)) / "exit"
    record.write_text("code=0")
    assert journal.open(DETECT) == str(record.parent)
    assert record.read_text() == "code=0"


def test_a_verdict_is_remembered_as_it_was_said(journal: DirectoryJournal) -> None:
    verdict = Verdict(Cause.ABORTED, "aborted by bob\nwho wrote two lines: ä")
    assert journal.verdict(DETECT) is None
    journal.judge(DETECT, verdict)
    assert journal.verdict(DETECT) == verdict
    assert journal.verdict(TRACK) is None


def test_the_first_verdict_stays(journal: DirectoryJournal) -> None:
    journal.judge(DETECT, LATE)
    journal.judge(DETECT, BOB)
    assert journal.verdict(DETECT) == LATE


def test_another_daemon_reads_the_same(journal: DirectoryJournal, tmp_path: Path) -> None:
    journal.open(DETECT)
    journal.open(TRACK)
    journal.judge(DETECT, LATE)
    other = DirectoryJournal(tmp_path / "stages")
    assert sorted(other.entries()) == [DETECT, TRACK]
    assert other.verdict(DETECT) == LATE


def test_a_verdict_that_was_cut_while_it_was_written_is_none(journal: DirectoryJournal, tmp_path: Path) -> None:
    (tmp_path / "stages" / "verdicts" / f"{DETECT}.tmp").write_text("TIME")
    assert journal.verdict(DETECT) is None
    journal.judge(DETECT, BOB)
    assert journal.verdict(DETECT) == BOB


def test_a_verdict_is_on_the_disk_before_it_is_seen(
    journal: DirectoryJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is synced under another name, the directory after it got its own."""
    seen: list[tuple[str, bool]] = []
    sync = os.fsync

    def noted(fd: int) -> None:
        seen.append((Path(f"/proc/self/fd/{fd}").readlink().name, journal.verdict(DETECT) is not None))
        sync(fd)

    monkeypatch.setattr(os, "fsync", noted)
    journal.judge(DETECT, LATE)
    assert seen == [(f"{DETECT}.tmp", False), ("verdicts", True)]


def test_closing_forgets_everything_and_may_be_repeated(journal: DirectoryJournal, tmp_path: Path) -> None:
    Path(journal.open(DETECT), "exit").write_text("code=0")
    journal.judge(DETECT, LATE)
    journal.open(TRACK)
    journal.close(DETECT)
    journal.close(DETECT)
    assert (journal.entries(), journal.verdict(DETECT)) == ((TRACK,), None)
    assert [path.name for path in (tmp_path / "stages").rglob(f"{DETECT}*")] == []


def test_a_close_that_was_cut_is_finished_by_the_next(
    journal: DirectoryJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry goes last: it is what a daemon that comes after finds its work by."""
    journal.open(DETECT)
    journal.judge(DETECT, LATE)

    class Killed(BaseException):
        pass

    def cut(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", cut)
        with pytest.raises(Killed):
            journal.close(DETECT)
    after = DirectoryJournal(tmp_path / "stages")
    assert (after.entries(), after.verdict(DETECT)) == ((DETECT,), None)
    after.close(DETECT)
    assert after.entries() == ()
