"""Giving up workspaces: what goes and what stays beside it, cut at any point, plain and layered."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from storage.beneath import held
from storage.grounds import Ground, write_ground
from storage.sealing import Layers
from storage.stop import Stop
from tests.contract.volume.project import OWNER, Project, as_root, refused
from winslow.domain.layers import Chain
from winslow.domain.stage import StageId
from winslow.errors import InvalidArgument
from winslow.ports import Totals

pytestmark = pytest.mark.asyncio(loop_scope="module")
FILLED = Totals(size=3000, files=2, directories=2)
S1, S2 = StageId("s1"), StageId("s2")


async def filled(project: Project, stage: StageId = S1) -> Path:
    """An ended attempt with a workspace of 3,000 bytes, an output and a log."""
    plan = project.plan(stage)
    await project.storage.workspaces.prepare(plan, OWNER)
    home = project.path / "stages" / stage
    (home / "workspace" / "deep" / "er").mkdir(parents=True)
    (home / "workspace" / "deep" / "er" / "frame").write_bytes(b"x" * 2000)
    (home / "workspace" / "list").write_bytes(b"y" * 1000)
    (home / "output" / "result").write_text("42")
    await project.storage.workspaces.seal(plan)
    return home


async def test_the_workspace_goes_and_output_and_log_stay(project: Project) -> None:
    home = await filled(project)
    await project.storage.retiring.retire(project.id, S1)
    assert {path.name for path in home.iterdir()} - {".seal"} == {"output", "log"}
    assert (home / "output" / "result").read_text() == "42"


async def test_giving_up_twice_or_what_never_was_is_nothing(project: Project) -> None:
    await filled(project)
    for stage in (S1, S1, S2):
        await project.storage.retiring.retire(project.id, stage)
        assert await project.storage.retiring.weigh(project.id, stage) == 0


async def test_one_that_was_cut_half_way_is_gone_on_with(project: Project) -> None:
    home = await filled(project)
    (home / "workspace").rename(home / ".removed.workspace")
    (home / ".removed.workspace" / "list").unlink()
    await project.storage.retiring.retire(project.id, S1)
    assert {path.name for path in home.iterdir()} - {".seal"} == {"output", "log"}


async def test_a_workspace_says_what_giving_it_up_would_free(project: Project) -> None:
    await filled(project)
    await project.measures("stages/s1/workspace", FILLED, FILLED)
    assert await project.storage.retiring.weigh(project.id, S1) == 3000


@as_root
async def test_a_layer_goes_and_what_lies_below_it_stays(project: Project, tmp_path: Path) -> None:
    low = _layer(project, tmp_path / "low", S1, Chain())
    top = _layer(project, tmp_path / "top", S2, low)
    assert await project.storage.workspaces.chains(project.id) == {S1: low, S2: top}
    await project.storage.retiring.retire(project.id, S2)
    assert await project.storage.workspaces.chains(project.id) == {S1: low}
    assert (project.path / "stages" / S1 / "layer" / "files" / "file").read_text() == "low"


def _layer(project: Project, upper: Path, stage: StageId, below: Chain) -> Chain:
    """A sealed layer in which one file was changed."""
    upper.mkdir()
    (upper / "file").write_text(upper.name)
    with held(os.open(project.volume, os.O_RDONLY)) as root, held(os.open(upper, os.O_RDONLY)) as changed:
        return Layers(root).seal(project.id, stage, below, changed, Stop()).chain


async def test_one_that_was_never_sealed_stands_on_nothing_once_it_was_given_up(project: Project) -> None:
    """A lost one: what it stood on would stay for ever."""
    home = project.path / "stages" / S2
    home.mkdir()
    with held(os.open(home, os.O_RDONLY)) as directory:
        write_ground(directory, Ground(Chain("", (S1,)), OWNER))
    assert await project.storage.workspaces.chains(project.id) == {S2: Chain("", (S1,))}
    await project.storage.retiring.retire(project.id, S2)
    assert await project.storage.workspaces.chains(project.id) == {}


@pytest.mark.parametrize("name", ["..", "a/b", "", ".hidden"])
async def test_a_name_that_leads_elsewhere_is_refused(project: Project, name: str) -> None:
    with refused(InvalidArgument, "PATH_INVALID"):
        await project.storage.retiring.retire(project.id, StageId(name))
