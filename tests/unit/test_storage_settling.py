"""What an attempt left is on the disk before its end is recorded."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from storage.stop import Stop
from storage.volume import PlainVolume
from winslow.domain.layout import WorkspacePlan
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import DataLoss

ROOT = "projects/p/stages/s1"
PLAN = WorkspacePlan(StageId("s1"), ProjectId("p"), f"{ROOT}/workspace", None, f"{ROOT}/output", f"{ROOT}/log")


@pytest.fixture
def volume(tmp_path: Path) -> PlainVolume:
    volume = PlainVolume(str(tmp_path))
    volume.workspaces.make_project(ProjectId("p"), "", Stop())
    volume.workspaces.prepare(PLAN, (os.geteuid(), os.getegid()), Stop())
    for place in ("workspace/deep/er", "output"):
        (tmp_path / ROOT / place).mkdir(parents=True, exist_ok=True)
        (tmp_path / ROOT / place / "file").write_text("x")
    return volume


def test_every_file_and_directory_that_it_left_is_safe_when_it_is_sealed(
    volume: PlainVolume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[int] = set()
    fsync = os.fsync

    def noting(fd: int) -> None:
        fsync(fd)
        synced.add(os.fstat(fd).st_ino)

    monkeypatch.setattr(os, "fsync", noting)
    os.mkfifo(tmp_path / ROOT / "output" / "fifo")  # which nobody may open
    volume.workspaces.seal(PLAN, Stop())
    left = [path for place in ("workspace", "output") for path in (tmp_path / ROOT / place).rglob("[!f]*")]
    assert {path.stat().st_ino for path in (*left, *(tmp_path / ROOT).rglob("file"))} <= synced


def test_what_the_disk_did_not_take_is_no_success_though_it_is_asked_again(
    volume: PlainVolume, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(fd: int) -> None:
        raise OSError(errno.EIO, "no")

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(DataLoss) as caught:
        volume.workspaces.seal(PLAN, Stop())
    assert caught.value.reason == "OUTPUT_DAMAGED"
