"""Minutes on disk: what was whole stays readable, whatever tore behind it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winslow.domain.reading import GpuReading, OfNode, OfStage, Reading, Subject
from winslow.domain.stage import NodeId, ProjectId, StageId
from winslowd.monitor.minutes import Minutes

DAY = 86_400.0
NOON = 20_000 * DAY + DAY / 2
NODE = OfNode(NodeId("node-1"))
STAGE = OfStage(ProjectId("bikes"), StageId("detect-1-1-x7k2"))
OTHER = OfStage(ProjectId("bikes"), StageId("track-1-1-abcd"))


def minute(time: float, subject: Subject = NODE, **fields: object) -> Reading:
    return Reading(subject, time, 60, **fields)  # type: ignore[arg-type]


@pytest.fixture
def minutes(tmp_path: Path) -> Minutes:
    return Minutes(tmp_path / "readings")


def files(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.rglob("*") if path.is_file())


def test_what_was_appended_is_read_by_subject_and_time(minutes: Minutes) -> None:
    told = [minute(NOON + 60 * number, cpus=float(number)) for number in range(5)]
    used = minute(NOON, STAGE, gpus=(GpuReading("GPU-1", 0.5, 1 << 30, 60.0, 250.0),))
    minutes.append([*told[:2], used])
    minutes.append([*told[2:], minute(NOON + 1, OTHER)])
    assert minutes.between(NODE, 0, NOON + DAY) == told
    assert minutes.between(NODE, NOON, NOON + 120) == told[1:3], "the beginning is left out, the end is in"
    assert minutes.between(NODE, NOON, NOON + DAY, 2) == told[1:3]
    assert minutes.between(STAGE, 0, NOON + DAY) == [used]
    assert minutes.between(NODE, NOON + DAY, NOON + 2 * DAY) == []


def test_nothing_is_there_before_anything_was_kept(minutes: Minutes) -> None:
    assert minutes.between(NODE, 0, NOON) == []
    minutes.forget(NOON)


def test_a_restart_goes_on_where_it_was(minutes: Minutes, tmp_path: Path) -> None:
    minutes.append([minute(NOON)])
    again = Minutes(tmp_path / "readings")
    again.append([minute(NOON + 60)])
    assert [one.time for one in again.between(NODE, 0, NOON + DAY)] == [NOON, NOON + 60]


@given(cut=st.integers(1, 10_000), rubbish=st.binary(max_size=64))
def test_a_torn_tail_costs_only_what_was_torn(
    tmp_path_factory: pytest.TempPathFactory, cut: int, rubbish: bytes
) -> None:
    directory = tmp_path_factory.mktemp("readings")
    Minutes(directory).append([minute(NOON), minute(NOON + 60)])
    (file,) = directory.iterdir()
    whole = file.read_bytes()
    half = len(whole) // 2
    torn = whole[: half + cut % half] + bytes(rubbish)
    file.write_bytes(torn)
    after = Minutes(directory)
    assert minute(NOON) in after.between(NODE, 0, NOON + DAY)
    after.append([minute(NOON + 120)])
    assert [one.time for one in after.between(NODE, 0, NOON + DAY)] in (
        [NOON, NOON + 120],
        [NOON, NOON + 60, NOON + 120],
    )


def test_zeros_that_a_power_cut_left_are_cut_off(minutes: Minutes, tmp_path: Path) -> None:
    minutes.append([minute(NOON)])
    (file,) = (tmp_path / "readings").iterdir()
    file.write_bytes(file.read_bytes() + bytes(4096))
    again = Minutes(tmp_path / "readings")
    again.append([minute(NOON + 60)])
    assert [one.time for one in again.between(NODE, 0, NOON + DAY)] == [NOON, NOON + 60]


@pytest.mark.parametrize("place", [0, 5, 12, 18, 30])
def test_a_byte_that_turned_ends_the_day_there_and_is_never_believed(
    minutes: Minutes, tmp_path: Path, place: int
) -> None:
    minutes.append([minute(NOON, cpus=1.0)])
    (file,) = (tmp_path / "readings").iterdir()
    data = bytearray(file.read_bytes())
    data[place] ^= 0x55
    file.write_bytes(data)
    assert minutes.between(NODE, 0, NOON + DAY) == []


def test_a_write_that_failed_half_way_is_cut_off_by_the_next_one(minutes: Minutes, tmp_path: Path) -> None:
    minutes.append([minute(NOON)])
    (file,) = (tmp_path / "readings").iterdir()
    with file.open("ab") as torn:
        torn.write(b"\x40\0\0\0half a reco")
    minutes.append([minute(NOON + 60)])
    assert [one.time for one in minutes.between(NODE, 0, NOON + DAY)] == [NOON, NOON + 60]


def test_each_day_has_its_file_and_days_of_the_past_are_read_across(minutes: Minutes, tmp_path: Path) -> None:
    times = [NOON + number * DAY / 2 for number in range(6)]
    minutes.append([minute(time) for time in times])
    assert len(files(tmp_path)) == 4
    assert [one.time for one in minutes.between(NODE, 0, times[-1])] == times
    assert [one.time for one in minutes.between(NODE, times[0], times[4], 2)] == times[1:3]


def test_days_older_than_31_are_deleted_and_nothing_else_is(minutes: Minutes, tmp_path: Path) -> None:
    minutes.append([minute(NOON), minute(NOON, STAGE), minute(NOON + DAY)])
    (tmp_path / "readings" / "notes-of-an-operator").write_text("keep me")
    minutes.forget(NOON + 31 * DAY)
    assert len(files(tmp_path)) == 4
    minutes.forget(NOON + 32 * DAY)
    assert [one.time for one in minutes.between(NODE, 0, NOON + 99 * DAY)] == [NOON + DAY]
    assert minutes.between(STAGE, 0, NOON + 99 * DAY) == []
    assert "notes-of-an-operator" in files(tmp_path)
    minutes.append([minute(NOON + 60)])
    assert minute(NOON + 60) in minutes.between(NODE, 0, NOON + DAY), "a file that was deleted is made anew"


def test_a_day_that_was_begun_twice_is_read_in_order(minutes: Minutes) -> None:
    """A clock that was put back, for instance."""
    minutes.append([minute(NOON + 60)])
    minutes.append([minute(NOON)])
    assert [one.time for one in minutes.between(NODE, 0, NOON + DAY)] == [NOON, NOON + 60]


def test_what_was_measured_of_deleted_projects_is_forgotten_and_all_else_stays(
    minutes: Minutes, tmp_path: Path
) -> None:
    mine = OfStage(ProjectId("cars"), StageId("detect-1-1-cars"))
    for day in range(2):
        at = NOON + day * DAY
        minutes.append([minute(at + n, subject) for n in range(3) for subject in (NODE, STAGE, mine, OTHER)])
    before = {one.name: one.read_bytes() for one in (tmp_path / "readings").iterdir()}
    minutes.forget_projects({"trains"})
    assert {one.name: one.read_bytes() for one in (tmp_path / "readings").iterdir()} == before
    minutes.forget_projects({"bikes"})
    until = NOON + 2 * DAY
    assert minutes.between(STAGE, 0, until) == minutes.between(OTHER, 0, until) == []
    assert len(minutes.between(mine, 0, until)) == len(minutes.between(NODE, 0, until)) == 6
    minutes.append([minute(NOON + DAY + 60, mine)])
    assert len(minutes.between(mine, 0, until)) == 7
    assert b"bikes" not in b"".join(one.read_bytes() for one in (tmp_path / "readings").iterdir())
