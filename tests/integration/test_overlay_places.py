"""Layered workspaces where they are used: bound into a container, with layers on CephFS."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from storage.stop import Stop
from tests.ceph import Cluster
from tests.docker_world import DockerWorld
from tests.overlays import (
    BASE,
    PROJECT,
    require_mounts,
    resolved,
    scramble,
    walked,
    without_special,
    workplace,
)
from winslow.domain.container import Mount
from winslow.domain.layers import Chain
from winslow.domain.stage import StageId

pytest_plugins = ("tests.docker_fixtures",)


@pytest.fixture(autouse=True)
def _mounts(tmp_path: Path) -> None:
    require_mounts(tmp_path / "probe")


async def test_a_container_works_in_it_and_what_it_did_is_sealed(dock: DockerWorld, tmp_path: Path) -> None:
    with workplace(tmp_path / "place") as place:
        (place.base / "large").write_text("large")
        (place.base / "old").write_text("old")
        merged = place.mount("s", Chain(BASE))
        spec = dock.shell("cat large; rm old; mkdir made; echo new > made/file", user=(0, 0))
        bound = tuple(Mount(str(merged), one.target) if one.target == "/workspace" else one for one in spec.mounts)
        assert (await dock.run(replace(spec, mounts=bound))).code == 0
        assert dock.lines(spec) == ["large"]
        await dock.driver.remove(spec.stage)
        chain = place.seal("s", Chain(BASE))
        with place.layers.stack(PROJECT, chain) as stack:
            assert sorted(resolved(stack)) == ["large", "made", "made/file"]
        assert (place.base / "old").exists()


@pytest.mark.ceph
def test_layers_lie_on_cephfs_and_show_the_same_there(ceph: Cluster, tmp_path: Path) -> None:
    dice = random.Random(7)
    with ceph.mounted_new() as mount, workplace(tmp_path, most=2, volume=mount.path) as place:
        scramble(place.base, dice, 30)
        chain = Chain(BASE)
        for number in range(4):
            merged = place.mount(f"s{number}", chain)
            scramble(merged, dice, 20)
            after = without_special(walked(merged))
            chain = place.seal(f"s{number}", chain)
            with place.layers.stack(PROJECT, chain) as stack:
                assert without_special(resolved(stack)) == after
        assert without_special(walked(place.mount("last", chain))) == after
        place.layers.materialize(PROJECT, chain, place.root, "plain", Stop())
        assert walked(place.volume / "plain") == after
        assert place.overlays.stages() == [StageId("last")]
