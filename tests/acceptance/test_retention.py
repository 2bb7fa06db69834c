"""Workspaces go as people say, on a real daemon: what was previewed and nothing else, killed at any moment, and the room is there again."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.overlay import mount_points
from tests.acceptance.story import Story, run_state
from tests.daemon import Daemon
from tests.overlays import require_mounts
from winslow.client.retention import changed
from winslow.errors import FailedPrecondition
from winslow.v1.stage_pb2 import Stage

MIB = 1 << 20
MAKE = f"dd if=/dev/zero of=/workspace/$WINSLOW_STAGE bs={MIB} count=2 2>/dev/null; echo $WINSLOW_STAGE > /output/made"
WITHIN = 60.0


def until(holds: Callable[[], bool], why: Callable[[], object]) -> None:
    deadline = time.monotonic() + WITHIN
    while not holds():
        assert time.monotonic() < deadline, why()
        time.sleep(0.05)


def workspaces(daemon: Daemon, story: Story) -> set[str]:
    """The stages that have one on the volume: plain, or a layer."""
    stages = daemon.files / story.project / "stages"
    return {path.name for path in stages.iterdir() if (path / "workspace").exists() or (path / "layer").exists()}


def ids(stages: list[Stage]) -> list[str]:
    return [stage.name.rpartition("/")[2] for stage in stages]


def settled(daemon: Daemon, story: Story, left: set[str]) -> None:
    """What is left on the volume is this, and nothing is on its way out."""
    until(lambda: workspaces(daemon, story) == left, lambda: (workspaces(daemon, story), left))
    until(lambda: not story.client.projects.get(story.project).dropping, lambda: story.project)
    assert not list((daemon.files / story.project).rglob(".removed*"))


def test_what_a_preview_told_goes_and_its_room_is_there_again(daemon: Daemon, story: Story) -> None:
    client = story.stages(MAKE, workspace="empty").client
    for _ in range(4):
        assert run_state(story.run()) == "SUCCEEDED"
    first, second, third, fourth = stages = story.all()
    client.stages.pin(second.name)
    wanted = changed(client.retention.get(story.project), keep_succeeded=1)
    preview = client.retention.preview(wanted)
    promised = {one.stage for one in preview.candidates}
    assert promised == {first.name, third.name}
    assert preview.total_size == 2 * 2 * MIB
    before = client.files.usage(story.project).size
    client.retention.update(story.project, keep_succeeded=1)
    settled(daemon, story, set(ids([second, fourth])))
    after = client.files.usage(story.project).size
    assert preview.total_size <= before - after + 64 * 1024, "manifests are what is left of it"
    for stage in stages:
        now = client.stages.get(stage.name)
        assert now.HasField("workspace_drop_time") == (stage.name in promised)
        assert b"".join(client.files.read(f"{stage.name}/output/made")).decode().strip() == ids([stage])[0]
        assert (daemon.files / stage.name / "manifest.gz").exists() or stage.name not in promised
    assert not client.retention.preview(client.retention.get(story.project)).candidates


def test_nothing_is_made_from_what_was_given_up(daemon: Daemon, story: Story) -> None:
    client = story.stages("echo 1 > /workspace/a", "cat /workspace/a").client
    story.run()
    first, second = story.all()
    client.stages.drop_workspace(first.name)
    settled(daemon, story, set(ids([second])))
    with pytest.raises(FailedPrecondition) as caught:
        client.runs.redo(second.name)
    assert caught.value.reason == "SOURCE_DROPPED"
    assert run_state(story.settled(client.runs.redo(first.name))) == "SUCCEEDED"


def test_a_chain_of_layers_stays_with_what_stands_on_it_and_goes_with_it(
    daemon: Daemon, story: Story, tmp_path: Path
) -> None:
    require_mounts(tmp_path)
    client = story.stages(
        "echo $WINSLOW_STAGE >> /workspace/a", "echo $WINSLOW_STAGE >> /workspace/a", workspace="layered"
    ).client
    assert run_state(story.run()) == "SUCCEEDED"
    first, second = story.all()
    client.stages.pin(second.name)
    client.retention.update(story.project, keep_succeeded=0)
    with pytest.raises(FailedPrecondition) as caught:
        client.stages.drop_workspace(first.name)
    assert caught.value.reason == "LAYER_IN_USE"
    assert not client.retention.preview(client.retention.get(story.project)).candidates
    content = b"".join(client.files.read(f"{second.name}/workspace/a")).decode().split()
    assert content == ids([first, second])
    client.stages.pin(second.name, pinned=False)
    assert len(client.retention.preview(client.retention.get(story.project)).candidates) == 2
    client.stages.drop_workspace(second.name)  # who unpins something is not waited for
    settled(daemon, story, set())


@contextlib.contextmanager
def stuck(directory: Path) -> Iterator[None]:
    """Nobody can remove the directory: something is mounted in it."""
    inner = directory / "stuck"
    inner.mkdir()
    subprocess.run(["mount", "--bind", str(inner), str(inner)], check=True)
    try:
        yield
    finally:
        (point,) = [one for one in mount_points() if one.endswith("/stuck") and str(directory.parent) in one]
        subprocess.run(["umount", point], check=True)


def test_killed_between_the_record_and_the_removal_it_is_finished_by_the_next(
    own_daemon: Daemon, image: str, tmp_path: Path
) -> None:
    require_mounts(tmp_path)
    daemon = own_daemon
    with daemon.client() as client:
        story = Story(client, image, "killed").stages(MAKE, workspace="empty")
        for _ in range(2):
            story.run()
        first, second = story.all()
        with stuck(daemon.files / first.name / "workspace"):
            client.retention.update(story.project, keep_succeeded=1)
            until(lambda: "given up later" in daemon.log.read_text(), lambda: daemon.log.read_text()[-2000:])
            assert client.stages.get(first.name).HasField("workspace_drop_time")
            assert workspaces(daemon, story) == set(ids([second])), "gone from sight, though it cannot be removed"
            assert client.projects.get(story.project).dropping
            daemon.kill()
    daemon.start()
    with daemon.client() as client:
        story.client = client
        settled(daemon, story, set(ids([second])))
        assert client.stages.get(first.name).HasField("workspace_drop_time")
