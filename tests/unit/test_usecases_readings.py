"""Readings as people ask for them: pages, curves of few points, and what is measured now."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit import world
from tests.unit.little import ANN, NODE, OK, Little
from winslow.domain import lifecycle
from winslow.domain.query import Facts
from winslow.domain.reading import OfNode, OfStage, Reading
from winslow.domain.records import Commit, Put, node_ref, project_ref, stage_ref
from winslow.domain.stage import NodeId, Stage
from winslow.errors import FailedPrecondition, InvalidArgument, NotFound
from winslow.ports import Archived
from winslowd.usecases.listing import Ask

OWN = OfNode(NODE.id)
ELSEWHERE = NodeId("node-2")


@pytest.fixture
async def little(tmp_path: Path):
    little = Little(tmp_path / "volume")
    little.now = 10_000.0
    await little.membership.join(NODE)
    yield little
    little.volume.close()


def minutes(count: int, subject: OfNode | OfStage = OWN, start: float = 0.0) -> list[Reading]:
    return [Reading(subject, start + 60.0 * number, 60, cpus=float(number)) for number in range(1, count + 1)]


async def every(little: Little, size: int, after=None, until=None, points=0, between=lambda: None) -> list[float]:
    """The cpus of all pages."""
    found, token = [], ""
    while True:
        ask = Ask(page_size=size, page_token=token)
        page = await little.use_cases.readings.of_node(ANN, NODE.id, after, until, points, ask)
        assert len(page.items) <= size
        found += [one.cpus for one in page.items]
        token = page.next_page_token
        if not token:
            return found
        between()


async def started(little: Little) -> Stage:
    """A stage that runs on this node since 5000."""
    project = world.project(world.chain("detect"))
    (made,) = world.World(project, world.run(project, "detect")).decide()
    placed = lifecycle.advance(made, lifecycle.Awarded(NODE.id, 1), 4999.0)
    stage = lifecycle.advance(placed, lifecycle.Started(5000.0, "sha256:1"), 5000.0)
    await little.store.commit(Commit(puts=(Put(project_ref(project.id), project), Put(stage_ref(stage), stage))))
    return stage


async def test_minutes_come_page_by_page_and_each_once(little: Little) -> None:
    little.readings.kept = minutes(7)
    for size in (1, 2, 3, 7, 8):
        assert await every(little, size) == [1, 2, 3, 4, 5, 6, 7]


async def test_what_is_measured_between_two_pages_changes_none_of_them(little: Little) -> None:
    little.readings.kept = minutes(4)

    def time_passes() -> None:
        little.now += 600
        little.readings.kept.append(Reading(OWN, little.now - 1, 60, cpus=99.0))

    assert await every(little, 2, between=time_passes) == [1, 2, 3, 4]
    little.readings.kept, little.now = minutes(6), 360.0
    assert await every(little, 1, points=3, between=time_passes) == [1.5, 3.5, 5.5]


async def test_a_part_of_the_past_is_asked_for(little: Little) -> None:
    little.readings.kept = minutes(10)
    assert await every(little, 50, after=120.0, until=300.0) == [3, 4, 5]


async def test_a_curve_has_at_most_the_points_asked_for(little: Little) -> None:
    little.readings.kept = minutes(100)
    little.now = 6000.0
    for points in (1, 7, 99):
        found = await every(little, 1000, points=points)
        assert len(found) <= points
        assert found == sorted(found)
    assert await every(little, 1000, points=100) == [float(number) for number in range(1, 101)]


async def test_a_young_nodes_curve_is_as_fine_as_an_old_ones(little: Little) -> None:
    """An open beginning is the first reading's, not the time when Unix began."""
    little.now = 1_700_000_600.0
    little.readings.kept = minutes(10, start=1_700_000_000.0)
    assert len(await every(little, 1000, points=5)) == 5


async def test_another_nodes_are_elsewhere_and_nobodys_are_unknown(little: Little) -> None:
    await little.store.commit(Commit(puts=(Put(node_ref(ELSEWHERE), replace(NODE, id=ELSEWHERE)),)))
    with pytest.raises(FailedPrecondition) as elsewhere:
        await little.use_cases.readings.of_node(ANN, ELSEWHERE, None, None, 0, Ask())
    assert elsewhere.value.reason == "MEASURED_ELSEWHERE"
    with pytest.raises(NotFound) as unknown:
        await little.use_cases.readings.of_node(ANN, NodeId("node-9"), None, None, 0, Ask())
    assert unknown.value.reason == "NODE_UNKNOWN"


async def test_a_node_that_lost_its_session_still_tells_of_itself(tmp_path: Path) -> None:
    little = Little(tmp_path / "volume")
    little.readings.kept = minutes(2)
    assert await every(little, 50) == [1, 2]
    little.volume.close()


@pytest.mark.parametrize(
    ("after", "until", "points", "size"),
    [(10.0, 5.0, 0, 0), (None, None, -1, 0), (None, None, 10**9, 0), (None, None, 0, -1)],
)
async def test_what_makes_no_sense_is_refused(little: Little, after, until, points, size) -> None:
    with pytest.raises(InvalidArgument):
        await little.use_cases.readings.of_node(ANN, NODE.id, after, until, points, Ask(page_size=size))


async def test_a_token_of_another_question_is_refused(little: Little) -> None:
    little.readings.kept = minutes(4)
    readings = little.use_cases.readings
    page = await readings.of_node(ANN, NODE.id, None, None, 0, Ask(page_size=2))
    for token, points in ((page.next_page_token, 2), ("rubbish", 0)):
        with pytest.raises(InvalidArgument) as refused:
            await readings.of_node(ANN, NODE.id, None, None, points, Ask(page_size=2, page_token=token))
        assert refused.value.reason == "PAGE_TOKEN_INVALID"


async def test_a_stages_minutes_are_those_since_it_began(little: Little) -> None:
    stage = await started(little)
    subject = OfStage(stage.project, stage.id)
    little.readings.kept = [*minutes(3, subject, start=5000.0), *minutes(3, OWN, start=5000.0)]
    readings = little.use_cases.readings
    first = await readings.of_stage(ANN, "-", stage.id, Ask(page_size=2))
    rest = await readings.of_stage(ANN, stage.project, stage.id, Ask(page_size=2, page_token=first.next_page_token))
    assert [one.cpus for one in (*first.items, *rest.items)] == [1, 2, 3]
    assert not rest.next_page_token
    with pytest.raises(NotFound):
        await readings.of_stage(ANN, "-", "nothing-1-1-abcd", Ask())


async def test_a_stage_that_is_history_is_still_told(little: Little) -> None:
    stage = await started(little)
    subject, ref = OfStage(stage.project, stage.id), stage_ref(stage)
    little.readings.kept = [*minutes(2, subject, start=5000.0), *minutes(9, subject, start=9000.0)]
    ended = lifecycle.advance(stage, lifecycle.Ended(OK, {}, 5100.0), 5100.0)
    entry = Archived(ref, ended, 7), Facts(stage.id, {}, {})
    await little.volume.workspaces.make_project(stage.project)
    await little.volume.history.append(stage.project, [entry])
    project = replace(little.of(stage.project), next_run=2)
    await little.store.commit(Commit(puts=(Put(project_ref(project.id), project),), deletes=(ref,)))
    page = await little.use_cases.readings.of_stage(ANN, "-", stage.id, Ask())
    assert [one.cpus for one in page.items] == [1, 2], "and nothing from after its end"


async def test_a_stage_that_has_not_begun_used_nothing_and_one_elsewhere_is_told_there(little: Little) -> None:
    stage = await started(little)
    for change in ({"started_at": None}, {"node": None, "started_at": None}):
        changed = replace(stage, **change)
        await little.store.commit(Commit(puts=(Put(stage_ref(stage), changed),)))
        assert (await little.use_cases.readings.of_stage(ANN, "-", stage.id, Ask())).items == ()
    await little.store.commit(Commit(puts=(Put(stage_ref(stage), replace(stage, node=ELSEWHERE)),)))
    with pytest.raises(FailedPrecondition) as elsewhere:
        await little.use_cases.readings.of_stage(ANN, "-", stage.id, Ask())
    assert elsewhere.value.reason == "MEASURED_ELSEWHERE"


async def test_who_watches_sees_what_was_asked_for_as_it_is_measured(little: Little) -> None:
    stage = await started(little)
    subject = OfStage(stage.project, stage.id)
    own, used = Reading(OWN, 1.0, 1), Reading(subject, 1.0, 1)
    little.readings.tell(own, used)
    readings = little.use_cases.readings
    async with asyncio.timeout(10):
        for nodes, stages, told in (
            ((), (), (own,)),
            ((NODE.id,), (), (own,)),
            ((), (("-", stage.id),), (used,)),
            ((NODE.id, NODE.id), ((stage.project, stage.id), ("-", stage.id)), (own, used)),
        ):
            async with aclosing(readings.watch(ANN, nodes, stages)) as live:
                assert await anext(live) == told
        async with aclosing(readings.watch(ANN)) as live:
            await anext(live)
            following = asyncio.ensure_future(anext(live))
            await asyncio.sleep(0)
            little.readings.tell(replace(own, time=2.0))
            assert [one.time for one in await following] == [2.0]


async def test_nobody_watches_what_there_is_not(little: Little) -> None:
    readings = little.use_cases.readings
    for nodes, stages in (((NodeId("node-9"),), ()), ((), (("-", "nothing-1-1-abcd"),))):
        with pytest.raises(NotFound):
            await anext(readings.watch(ANN, nodes, stages))
