"""Overlays are mounted, found again after a crash, and let go when nobody is in them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.beneath import held
from storage.overlay import Look, Overlays
from storage.stop import Stop
from tests.overlays import BASE, ME, PROJECT, Workplace, require_mounts, workplace
from winslow.domain.layers import Chain
from winslow.domain.stage import StageId
from winslow.errors import InvalidArgument, NotFound, Unavailable

STAGE = StageId("s")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    require_mounts(tmp_path / "probe")
    home = tmp_path / "a: b,c\\d"  # what options of a mount would have to escape
    home.mkdir()
    with workplace(home, most=500) as made:
        (made.base / "file").write_text("below")
        yield made


def test_what_is_changed_lies_above_and_leaves_the_base_alone(place: Workplace) -> None:
    merged = place.mount(STAGE, Chain(BASE))
    assert (merged / "file").read_text() == "below"
    (merged / "file").write_text("above")
    assert (place.base / "file").read_text() == "below"


def test_the_top_is_its_owners_whatever_lies_below(place: Workplace) -> None:
    path = Path(place.overlays.mount(STAGE, [], Look((1234, 56), 0o750)))
    status = path.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (1234, 56, 0o750)


def test_mounting_and_letting_go_twice_is_once(place: Workplace) -> None:
    merged = place.mount(STAGE, Chain(BASE))
    assert place.mount(STAGE, Chain(BASE)) == merged
    place.overlays.unmount(STAGE)
    assert os.listdir(merged) == []
    place.overlays.unmount(STAGE)


def test_what_a_killed_daemon_left_is_found_with_its_changes_and_removed(place: Workplace) -> None:
    child = os.fork()
    if not child:
        (place.mount(STAGE, Chain(BASE)) / "new").write_text("new")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    overlays = Overlays(str(place.home / "scratch"))
    assert overlays.stages() == [STAGE]
    assert os.path.ismount(overlays.path(STAGE))
    merged = place.mount(STAGE, Chain(BASE))
    assert (merged / "new").read_text() == "new"
    overlays.drop(STAGE, Stop())
    assert overlays.stages() == []
    with pytest.raises(NotFound):
        overlays.open_upper(STAGE)
    overlays.drop(STAGE, Stop())


def test_changes_outlive_the_mount(place: Workplace) -> None:
    (place.mount(STAGE, Chain(BASE)) / "new").write_text("new")
    place.overlays.unmount(STAGE)
    assert (place.mount(STAGE, Chain(BASE)) / "new").read_text() == "new"


def test_a_workspace_in_use_is_not_taken_away(place: Workplace) -> None:
    merged = place.mount(STAGE, Chain(BASE))
    with held(os.open(merged / "file", os.O_RDONLY)), pytest.raises(Unavailable) as refused:
        place.overlays.unmount(STAGE)
    assert refused.value.reason == "WORKSPACE_BUSY"
    place.overlays.unmount(STAGE)


def test_a_name_that_leads_elsewhere_is_refused(place: Workplace) -> None:
    for name in ("..", "a/b", ".hidden", ""):
        with pytest.raises(InvalidArgument):
            place.overlays.mount(StageId(name), [], ME)


def test_the_deepest_chain_is_mounted_and_an_impossible_one_refused_clearly(place: Workplace) -> None:
    chain = Chain(BASE)
    for number in range(21):
        merged = place.mount(f"s{number:02}", chain)
        (merged / f"file{number}").write_text(str(number))
        (merged / "file").write_text(f"changed {number}")
        chain = place.seal(f"s{number:02}", chain)
    merged = place.mount("last", chain)
    assert (merged / "file").read_text() == "changed 20"
    assert len(os.listdir(merged)) == 22
    with place.layers.directories(PROJECT, chain) as lowers, pytest.raises(Exception, match="do not fit") as refused:
        place.overlays.mount(StageId("impossible"), lowers * 20, ME)
    assert getattr(refused.value, "reason", "") == "OVERLAY_UNSUPPORTED"
