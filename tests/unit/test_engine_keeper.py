"""What ended stages left is archived: when it is time, once, where every node can read it, and also when its turn was missed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from tests.unit.little import ANN, NODE, Little
from tests.unit.test_usecases_history import Archive, with_runs
from winslow.domain import archives
from winslow.domain.archives import Keeping
from winslow.domain.node import Node
from winslow.domain.records import Commit, Kind, Put, Ref, stage_ref
from winslow.domain.stage import NodeId, ProjectId, Stage, StageId, State
from winslow.errors import Exhausted, Unavailable
from winslow.ports import Effort
from winslowd.engines.keeper import AGAIN, WALK_EVERY, Keeper

LINES = b"".join(b"2026-01-01T00:00:%02dZ stdout F line %d\n" % (n % 60, n) for n in range(500))
NEW_NODE = replace(NODE, archives=archives.READ)


class Kept:
    """A keeper of the little world, looking when told to, and what lies on the volume."""

    def __init__(self, little: Little, root: Path) -> None:
        self.little, self.root, self.steady = little, root, 0.0
        volume = little.volume
        self.keeper = Keeper(
            little.store,
            little.membership,
            volume.history,
            volume.manifests,
            volume.logs,
            lambda: little.now,
            Keeping(after=60.0),
            Effort(),
            lambda: self.steady,
        )

    async def look(self, after: float = 0.0) -> None:
        self.little.now += after
        self.steady += after
        await self.keeper.look()

    def home(self, stage: Stage) -> Path:
        return self.root / "projects" / stage.project / "stages" / stage.id

    def written(self, stage: Stage) -> None:
        """What its node would have left."""
        (self.home(stage) / "output").mkdir(parents=True)
        (self.home(stage) / "output" / "made").write_text("42")
        (self.home(stage) / "log").write_bytes(LINES)

    def lies(self, stage: Stage) -> list[str]:
        return sorted(path.name for path in self.home(stage).iterdir())


@pytest_asyncio.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path) as little:
        await little.store.commit(Commit(puts=(Put(Ref(Kind.NODE, NODE.id), NEW_NODE),)))
        yield little


@pytest.fixture
def kept(little: Little, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    monkeypatch.setattr(little.volume.volume.logs, "_clock", lambda: 4e9)
    return Kept(little, tmp_path)


async def ended(little: Little, kept: Kept, runs: int = 1) -> tuple[ProjectId, list[Stage]]:
    project = await with_runs(little, runs)
    stages = little.view.stages_of(project)
    for stage in stages:
        kept.written(stage)
    little.now = max(stage.ended_at or 0.0 for stage in stages)
    return project, stages


async def test_some_time_after_its_end_a_stage_has_a_manifest_and_a_compressed_log(little: Little, kept: Kept) -> None:
    project, stages = await ended(little, kept)
    await kept.look(49.0)
    assert kept.lies(stages[0]) == ["log", "output"]
    await kept.look(12.0)
    for stage in stages:
        assert kept.lies(stage) == ["log.gz", "manifest.gz", "output"]
    assert (await little.use_cases.logs.read(ANN, project, stages[0].id)).data == LINES
    page = await little.volume.manifests.page(project, stages[0].id, 0, 10)
    assert [one.path for one in page.entries] == ["output/made"]


async def test_what_was_archived_is_not_looked_at_again(little: Little, kept: Kept) -> None:
    await ended(little, kept)
    await kept.look(61.0)
    calls = len(little.volume.calls)
    await kept.look(1.0)
    assert len(little.volume.calls) == calls


async def test_nothing_is_archived_while_a_node_could_not_read_it(little: Little, kept: Kept) -> None:
    _, (stage, *_) = await ended(little, kept)
    old = Node(NodeId("old"), "127.0.0.1:2", NODE.capacity)
    await little.store.commit(Commit(puts=(Put(Ref(Kind.NODE, "old"), old),)))
    await kept.look(61.0)
    assert kept.lies(stage) == ["log", "output"]
    await little.store.commit(Commit(deletes=(Ref(Kind.NODE, "old"),)))
    await kept.look()
    assert kept.lies(stage) == ["log.gz", "manifest.gz", "output"]


async def test_one_that_cannot_be_archived_keeps_no_other_waiting_and_is_tried_again(
    little: Little, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (first, second) = await ended(little, kept)
    little.volume.failing["logs.archive"] = Exhausted("full", reason="DISK_FULL")
    await kept.look(61.0)
    assert kept.lies(first) == kept.lies(second) == ["log", "manifest.gz", "output"]
    little.volume.failing.clear()
    await kept.look(1.0)
    assert "log" in kept.lies(first), "not at once"
    await kept.look(AGAIN)
    assert "log.gz" in kept.lies(first) and "log.gz" in kept.lies(second)


async def test_while_the_volume_is_away_nothing_more_is_tried_and_then_at_once(little: Little, kept: Kept) -> None:
    _, (first, second) = await ended(little, kept)
    little.volume.failing["manifests.make"] = Unavailable("away", reason="STORAGE_DEGRADED")
    await kept.look(61.0)
    assert little.volume.calls.count("manifests.make") == 1
    little.volume.failing.clear()
    await kept.look()
    assert "log.gz" in kept.lies(first) and "log.gz" in kept.lies(second)


async def test_what_became_history_before_its_turn_is_found_on_the_volume(little: Little, kept: Kept) -> None:
    project, stages = await ended(little, kept, runs=3)
    await Archive(little).moved()
    gone = [stage for stage in stages if little.view.stage(stage.id) is None]
    assert gone
    await kept.look(61.0)
    for stage in gone:
        assert kept.lies(stage) == ["log.gz", "manifest.gz", "output"]
    assert (await little.use_cases.logs.read(ANN, project, gone[0].id)).data == LINES


async def test_the_volume_is_walked_once_a_day_and_again_where_it_was_away(little: Little, kept: Kept) -> None:
    _, stages = await ended(little, kept, runs=3)
    await kept.look()
    await Archive(little).moved()
    (stage, *_) = (stage for stage in stages if little.view.stage(stage.id) is None)
    little.volume.failing["manifests.left"] = Unavailable("away", reason="STORAGE_DEGRADED")
    await kept.look(61.0)
    await kept.look(WALK_EVERY)
    assert "log" in kept.lies(stage)
    little.volume.failing.clear()
    await kept.look()
    assert "log.gz" in kept.lies(stage)


async def test_a_directory_whose_stage_nobody_knows_of_is_left_alone(little: Little, kept: Kept) -> None:
    """It may be a stage's that has just begun, which this node has not seen yet."""
    _, (stage, *_) = await ended(little, kept)
    young = replace(stage, id=StageId("young"))
    kept.written(young)
    await kept.look(WALK_EVERY + 61.0)
    assert kept.lies(young) == ["log", "output"]


async def test_a_lost_stage_may_still_write_and_is_left_in_peace_for_long(little: Little, kept: Kept) -> None:
    _, (stage, other) = await ended(little, kept)
    await little.store.commit(Commit(puts=(Put(stage_ref(stage), replace(stage, state=State.LOST)),)))
    await kept.look(61.0)
    assert kept.lies(stage) == ["log", "output"] and "log.gz" in kept.lies(other)
    await kept.look(90_000.0)
    assert "log.gz" in kept.lies(stage)
