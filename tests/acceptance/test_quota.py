"""A project that reaches its quota on CephFS: the stage that met it says so, in numbers, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.story import Story, cause_of, run_state
from tests.ceph import Cluster
from tests.etcd import Member
from tests.outages import Scene, scene

pytestmark = pytest.mark.ceph

MEBIBYTE = 1 << 20
SLOWLY = (
    "[ -e /input/raised ] && exit 0; i=0; while [ $i -lt 600 ]; do"
    " head -c 262144 /dev/zero >> /workspace/big || exit 1; sleep 0.05; i=$((i+1)); done"
)
"""Clients hear of what is used a moment late: whoever writes fast gets some seconds' worth of it past the quota."""


@pytest.fixture
def outside(ceph: Cluster, own_etcd: Member, cluster: str, tmp_path: Path) -> Iterator[Scene]:
    with scene(ceph, tmp_path, cluster, own_etcd.endpoint) as scene_:
        yield scene_


def test_a_stage_that_meets_its_projects_quota_says_so_and_runs_once_it_is_raised(outside: Scene, image: str) -> None:
    client = outside.client
    story = Story(client, image, "quota").stages(SLOWLY)
    changed = client.projects.update(story.project, quota=4 * MEBIBYTE)
    assert changed.quota == 4 * MEBIBYTE
    assert client.files.usage(story.project).quota == 4 * MEBIBYTE
    failed = story.run()
    stage = story.stage("s1")
    assert (run_state(failed), cause_of(stage)) == ("FAILED", "DISK_FULL")
    assert "quota of 4 MiB was used up" in stage.outcome.message and "winslowctl project set" in stage.outcome.message
    assert (
        outside.mount.path / story.project / "stages" / stage.name.rpartition("/")[2] / "workspace"
    ).stat().st_mode & 0o777 == 0o555
    client.projects.update(story.project, quota=640 * MEBIBYTE)
    client.files.make_directory(f"{story.project}/input/raised")
    assert run_state(story.settled(client.runs.redo(stage.name))) == "SUCCEEDED"
