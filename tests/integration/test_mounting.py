"""Whether a node can have layered workspaces: tried, and told by what is in the way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storage.beneath import held
from storage.mounting import Ability, Mounting
from storage.overlay import mount_points
from tests import filesystems
from tests.filesystems import why_no_mounts
from winslow.errors import Unavailable

pytestmark = pytest.mark.skipif(bool(why_no_mounts()), reason="mounting takes root")

LISTENER = """
import socket, sys
with socket.socket(socket.AF_UNIX) as listener:
    listener.bind(sys.argv[1])
    listener.listen()
    print("ready", flush=True)
    sys.stdin.read()
"""


@contextmanager
def engine(address: Path, *around: str) -> Iterator[None]:
    """Somebody who listens at a unix socket, started by the command `around`."""
    with subprocess.Popen(
        [*around, sys.executable, "-c", LISTENER, str(address)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout and process.stdin
        assert process.stdout.readline() == b"ready\n"
        try:
            yield
        finally:
            process.stdin.close()


def why_not(place: Path, *, volume: Path | None = None, scratch: Path | None = None, address: str = "") -> str:
    top = volume or place / "volume"
    top.mkdir(exist_ok=True)
    with held(os.open(top, os.O_RDONLY)) as root:
        ability = Ability(root, Mounting(str(scratch or place / "scratch"), address, obstacle=""))
        try:
            return ability.why_not()
        finally:
            assert not [path for path in mount_points() if path.startswith(str(place)) and path.endswith("merged")]
            assert not [path.name for path in top.iterdir() if path.name.startswith(".probe")]


def test_a_node_with_all_that_it_takes_can(tmp_path: Path) -> None:
    with engine(tmp_path / "engine.sock"):
        assert why_not(tmp_path, address=str(tmp_path / "engine.sock")) == ""


def test_an_engine_in_a_mount_namespace_of_its_own_sees_nothing(tmp_path: Path) -> None:
    with engine(tmp_path / "engine.sock", "unshare", "--mount", "--propagation", "private"):
        assert "mount namespace of its own" in why_not(tmp_path, address=str(tmp_path / "engine.sock"))


def test_an_engine_that_gets_what_is_mounted_sees_it(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", shared], check=True)
    try:
        subprocess.run(["mount", "--make-shared", shared], check=True)
        with engine(tmp_path / "engine.sock", "unshare", "--mount", "--propagation", "unchanged"):
            assert why_not(tmp_path, scratch=shared / "scratch", address=str(tmp_path / "engine.sock")) == ""
    finally:
        subprocess.run(["umount", shared], check=True)


def test_an_engine_that_does_not_answer_is_waited_for_and_asked_again(tmp_path: Path) -> None:
    address = tmp_path / "engine.sock"
    with held(os.open(tmp_path, os.O_RDONLY)) as root:
        ability = Ability(root, Mounting(str(tmp_path / "scratch"), str(address), obstacle=""))
        with pytest.raises(Unavailable) as caught:
            ability.why_not()
        assert caught.value.reason == "ENGINE_UNAVAILABLE"
        with engine(address):
            assert ability.why_not() == ""
        assert ability.why_not() == "", "it is looked at once"


def test_a_scratch_disk_that_no_overlay_can_write_to_is_said(tmp_path: Path) -> None:
    below, top = tmp_path / "below", tmp_path / "top"
    for path in (below, top / "upper", top / "work", tmp_path / "overlay"):
        path.mkdir(parents=True)
    options = f"lowerdir={below},upperdir={top / 'upper'},workdir={top / 'work'}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, tmp_path / "overlay"], check=True)
    try:
        assert "ext4, XFS or btrfs" in why_not(tmp_path, scratch=tmp_path / "overlay" / "scratch")
    finally:
        subprocess.run(["umount", tmp_path / "overlay"], check=True)


def test_a_volume_that_keeps_no_deletions_is_said(tmp_path: Path) -> None:
    with filesystems.tmpfs(tmp_path, 100) as small:
        subprocess.run(["mount", "-o", "remount,ro", small], check=True)
        with held(os.open(small, os.O_RDONLY)) as root:
            assert Ability(root, Mounting(str(tmp_path / "scratch"), obstacle="")).why_not() != ""
