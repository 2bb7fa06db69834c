"""Means of readings: what stands for many says no more and no less than they did."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winslow.domain.reading import GpuReading, OfNode, OfStage, Reading, mean, thinned
from winslow.domain.stage import NodeId, ProjectId, StageId
from winslow.errors import InvalidArgument
from winslow.wire.reading import parse_subject, reading_from_proto, reading_to_proto, subject_name

NODE = OfNode(NodeId("node-1"))
STAGE = OfStage(ProjectId("bikes"), StageId("detect-1-1-x7k2"))

amounts = st.floats(0, 1e12)
gpus = st.builds(
    GpuReading,
    st.sampled_from(["GPU-1", "GPU-2"]),
    st.floats(0, 1),
    st.integers(0, 1 << 40),
    st.floats(0, 120),
    st.floats(0, 1000),
)
readings = st.builds(
    Reading,
    st.just(NODE),
    st.floats(1e9, 2e9),
    st.integers(1, 60),
    st.floats(0, 256),
    st.integers(0, 1 << 44),
    amounts,
    amounts,
    amounts,
    amounts,
    st.integers(0, 1 << 50),
    st.lists(gpus, max_size=2, unique_by=lambda gpu: gpu.uuid).map(tuple),
    st.floats(0, 1000),
)


def reading(time: float, seconds: int = 1, **fields: object) -> Reading:
    return Reading(NODE, time, seconds, **fields)  # type: ignore[arg-type]


def test_each_reading_counts_for_its_seconds() -> None:
    both = mean([reading(10, 1, cpus=4.0, memory=100), reading(70, 3, cpus=0.0, memory=500)])
    assert (both.time, both.seconds, both.cpus, both.memory) == (70, 4, 1.0, 400)


def test_a_gpu_that_came_later_is_the_mean_of_when_it_was_there() -> None:
    first = reading(1, gpus=(GpuReading("GPU-1", 0.5),))
    then = reading(2, gpus=(GpuReading("GPU-1", 1.0), GpuReading("GPU-2", 0.2, 8, 60.0, 90.0)))
    assert mean([first, then]).gpus == (GpuReading("GPU-1", 0.75), GpuReading("GPU-2", 0.2, 8, 60.0, 90.0))


@given(readings, st.integers(1, 60))
def test_the_mean_of_equal_readings_is_the_reading(one: Reading, count: int) -> None:
    same = mean([one] * count)
    assert same.seconds == count * one.seconds
    assert (same.time, same.subject) == (one.time, one.subject)
    assert same.cpus == pytest.approx(one.cpus)
    assert same.memory == pytest.approx(one.memory, abs=1)
    assert same.disk_read_rate == pytest.approx(one.disk_read_rate)
    assert [gpu.uuid for gpu in same.gpus] == [gpu.uuid for gpu in one.gpus]
    assert [gpu.power for gpu in same.gpus] == pytest.approx([gpu.power for gpu in one.gpus])


@given(st.lists(readings, min_size=1, max_size=8))
def test_a_mean_lies_between_the_least_and_the_most(many: list[Reading]) -> None:
    one = mean(many)
    for field in ("cpus", "memory", "network_receive_rate", "disk_write_rate", "load"):
        values = [getattr(each, field) for each in many]
        margin = 1 + max(values) * 1e-9
        assert min(values) - margin <= getattr(one, field) <= max(values) + margin


@given(st.lists(readings, min_size=1, max_size=12), st.integers(1, 10))
def test_thinning_leaves_at_most_so_many_in_order_and_loses_no_second(many: list[Reading], most: int) -> None:
    start, end = min(one.time for one in many), max(one.time for one in many)
    few = thinned(many, start, end, most)
    assert 1 <= len(few) <= most
    assert sum(one.seconds for one in few) == sum(one.seconds for one in many)
    assert [one.time for one in few] == sorted(one.time for one in few)


def test_the_spans_of_a_curve_stay_when_more_is_measured() -> None:
    minutes = [reading(60 * number, 60, cpus=float(number)) for number in range(1, 7)]
    before = thinned(minutes[:4], 0, 360, 3)
    after = thinned(minutes, 0, 360, 3)
    assert [one.cpus for one in after] == [1.5, 3.5, 5.5]
    assert after[:2] == before


@given(readings)
def test_a_reading_comes_back_from_the_wire_as_it_went(one: Reading) -> None:
    assert reading_from_proto(reading_to_proto(one)) == one


@pytest.mark.parametrize("subject", [NODE, STAGE])
def test_a_subject_is_a_resource_name(subject: OfNode | OfStage) -> None:
    assert parse_subject(subject_name(subject)) == subject


@pytest.mark.parametrize("name", ["", "nodes/", "nodes/a/b", "projects/p", "runs/x", "nodes/../x"])
def test_what_is_no_subject_is_refused(name: str) -> None:
    with pytest.raises(InvalidArgument):
        parse_subject(name)
