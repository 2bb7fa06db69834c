"""A volume that is soon full: each who is hit is told so, and all goes on once there is room again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.story import Story, cause_of, run_state, state_of
from tests.daemon import NodeDaemon
from tests.etcd import Member
from tests.filesystems import tmpfs, why_no_mounts
from winslow.errors import Exhausted

pytestmark = pytest.mark.skipif(bool(why_no_mounts()), reason=why_no_mounts())

MEBIBYTE = 1 << 20
ROOM = 16 * MEBIBYTE


@pytest.fixture
def small(tmp_path: Path, own_etcd: Member, cluster: str) -> Iterator[NodeDaemon]:
    """A node whose volume has room for 16 MiB; what it remembers itself is elsewhere."""
    with (
        tmpfs(tmp_path, ROOM // 1024) as volume,
        NodeDaemon(tmp_path / "node-a", cluster, [own_etcd.endpoint], volume=str(volume), volume_min_free=0) as running,
    ):
        yield running


def test_a_stage_that_fills_its_disk_is_told_from_other_failures_and_goes_once_there_is_room(
    small: NodeDaemon, image: str, tmp_path: Path
) -> None:
    with small.client() as client:
        story = Story(client, image, "full").stages("dd if=/dev/zero of=/workspace/big bs=65536 count=100000")
        failed = story.run()
        stage = story.stage("s1")
        assert (run_state(failed), state_of(stage), cause_of(stage)) == ("FAILED", "FAILED", "DISK_FULL")
        assert "disk was full" in stage.outcome.message and "make room" in stage.outcome.message
        client.projects.delete(story.project)
        until_there_is_room(small, ROOM // 2)
        another = Story(client, image, "room again").stages("dd if=/dev/zero of=/workspace/some bs=65536 count=16")
        assert run_state(another.run()) == "SUCCEEDED"


def test_a_workspace_that_cannot_be_copied_for_want_of_room_is_the_disks_fault(small: NodeDaemon, image: str) -> None:
    with small.client() as client:
        story = Story(client, image, "no copy").stages("dd if=/dev/zero of=/workspace/big bs=65536 count=160", "true")
        assert run_state(story.run()) == "FAILED"
        assert story.states() == {"s1": "SUCCEEDED", "s2": "FAILED"}
        stage = story.stage("s2")
        assert cause_of(stage) == "DISK_FULL" and not stage.HasField("start_time")
        assert stage.outcome.message


def test_an_upload_that_does_not_fit_is_refused_before_a_byte_is_sent(
    small: NodeDaemon, image: str, tmp_path: Path
) -> None:
    sent: list[int] = []
    with (tmp_path / "big").open("wb") as file:
        file.truncate(2 * ROOM)
    with small.client() as client:
        story = Story(client, image, "upload").stages("true")
        at = time.monotonic()
        with pytest.raises(Exhausted) as refused:
            client.files.upload(
                tmp_path / "big",
                f"{story.project}/input/big",
                progress=lambda path, done, total: sent.append(done),
            )
        assert time.monotonic() - at < 10
        assert refused.value.reason == "DISK_FULL" and "Free some space" in refused.value.hint
        assert not any(sent)
        assert not list(client.files.list(f"{story.project}/input")), "nothing is left of it"


def until_there_is_room(node: NodeDaemon, wanted: int) -> None:
    deadline = time.monotonic() + 60
    with node.client() as client:
        while client.nodes.cluster().storage_free < wanted:
            assert time.monotonic() < deadline
            time.sleep(0.1)
