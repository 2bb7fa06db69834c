"""What a layered workspace stands on, while others change and remove what it may stand on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.bases import Bases
from storage.beneath import held
from storage.layered import Layered
from storage.mounting import Mounting
from storage.stop import Stop
from storage.tree import Copied, Owner
from storage.volume import PlainVolume
from tests.filesystems import why_no_mounts
from winslow.domain.layout import WorkspacePlan
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import FailedPrecondition

pytestmark = pytest.mark.skipif(bool(why_no_mounts()), reason="mounting takes root")
PROJECT = ProjectId("p")
ME: Owner = (os.geteuid(), os.getegid())


def plan(stage: str, source: str = "workspace", *, in_place: str = "") -> WorkspacePlan:
    root = f"projects/p/stages/{stage}"
    return WorkspacePlan(
        stage=StageId(stage),
        project=PROJECT,
        target=f"projects/p/stages/{in_place or stage}/workspace",
        source=None if in_place else f"projects/p/{source}",
        output=f"{root}/output",
        log=f"{root}/log",
        in_place=bool(in_place),
        layered=not in_place,
    )


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[PlainVolume]:
    (tmp_path / "volume").mkdir()
    with PlainVolume(str(tmp_path / "volume"), mounting=Mounting(str(tmp_path / "scratch"), obstacle="")) as one:
        one.workspaces.make_project(PROJECT, "token", Stop())
        yield one
        for stage in one.workspaces.left(Stop()):
            one.workspaces.discard(stage, Stop())


def layered_with(volume: PlainVolume, bases: type[Bases], tmp_path: Path, root: int) -> Layered:
    layered = Layered(root, Mounting(str(tmp_path / "scratch"), obstacle=""))
    layered.bases = bases(root)
    return layered


def test_a_base_that_is_removed_before_anybody_is_known_to_stand_on_it_is_made_again(
    volume: PlainVolume, tmp_path: Path
) -> None:
    removed: list[int] = []

    class Tidied(Bases):
        """Somebody tidies up just when a base was found or made."""

        def of_directory(
            self, project: ProjectId, source: str, stage: StageId, owner: Owner, stop: Stop
        ) -> tuple[str, Copied | None]:
            found = super().of_directory(project, source, stage, owner, stop)
            if not removed:
                removed.append(volume.workspaces.remove_bases(project, stop))
            return found

    (tmp_path / "volume/projects/p/workspace/a").write_text("a")
    (tmp_path / "volume/projects/p/stages/s1").mkdir()
    with held(os.open(tmp_path / "volume", os.O_RDONLY)) as root:
        merged = layered_with(volume, Tidied, tmp_path, root).mount(plan("s1"), ME, print, Stop())
    assert removed == [1] and (Path(merged) / "a").read_text() == "a"
    assert volume.workspaces.remove_bases(PROJECT, Stop()) == 0


def test_whoever_goes_on_in_a_directory_sees_who_came_to_stand_on_it_meanwhile(
    volume: PlainVolume, tmp_path: Path
) -> None:
    """Between its look and its change: it closes the directory again, as it was."""
    stages = tmp_path / "volume/projects/p/stages"
    first = plan("s1")
    volume.workspaces.prepare(
        WorkspacePlan(first.stage, PROJECT, first.target, first.source, first.output, first.log), ME, Stop()
    )
    volume.workspaces.seal(WorkspacePlan(first.stage, PROJECT, first.target, None, first.output, first.log), Stop())
    volume.workspaces.prepare(plan("s2", "stages/s1/workspace"), ME, Stop())
    for _ in range(2):
        with pytest.raises(FailedPrecondition) as caught:
            volume.workspaces.prepare(plan("s3", in_place="s1"), ME, Stop())
        assert caught.value.reason == "LAYER_IN_USE" and "'s3'" in caught.value.message
    assert (stages / "s1/workspace").stat().st_mode & 0o777 == 0o555 and (stages / "s1/.seal").exists()


def test_what_was_grounded_and_never_mounted_is_looked_up_anew(volume: PlainVolume, tmp_path: Path) -> None:
    top = tmp_path / "volume/projects/p/workspace"
    (top / "a").write_text("a")
    volume.workspaces.prepare(plan("s1"), ME, Stop())
    volume.workspaces.discard(StageId("s1"), Stop())
    (top / "b").write_text("b")
    mounted = volume.workspaces.prepare(plan("s1"), ME, Stop())
    assert sorted(path.name for path in Path(mounted.workspace).iterdir()) == ["a", "b"]
