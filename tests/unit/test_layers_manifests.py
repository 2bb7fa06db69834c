"""The manifest of a layered workspace is of all that is seen in it; the hashes of its layers are known."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from pathlib import Path

import pytest

from storage.beneath import held
from storage.manifests import Manifests
from storage.stop import Stop
from tests.overlays import BASE, PROJECT, workplace
from winslow.domain.layers import Chain
from winslow.domain.stage import StageId, WorkspaceId
from winslow.ports import Effort

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="DELETIONS IN LAYERS ARE DEVICES, WHICH ROOT ALONE MAY MAKE")

STAGE = StageId("s")


def test_a_layered_workspace_is_listed_as_it_is_seen_with_hashes_that_nobody_reads_again(tmp_path: Path) -> None:
    with workplace(tmp_path) as place:
        (place.base / "kept").write_text("kept")
        (place.base / "gone").write_text("gone")
        upper = place.home / "upper"
        (upper / "new").mkdir(parents=True)
        (upper / "new" / "large").write_bytes(b"x" * 5000)
        os.mknod(upper / "gone", stat.S_IFCHR, 0)
        with held(os.open(upper, os.O_RDONLY)) as fd:
            place.layers.seal(PROJECT, STAGE, Chain(BASE), fd, Stop())
        shutil.rmtree(upper)
        with held(os.open(place.volume, os.O_RDONLY)) as root:
            manifests = Manifests(root)
            made = manifests.make(PROJECT, STAGE, WorkspaceId(STAGE), Effort(hashed=10), Stop())
            entries = manifests.page(PROJECT, STAGE, 0, 100, Stop()).entries
    assert (made.workspace, made.files) == (True, 2)
    listed = {one.path: one for one in entries if one.path.startswith("workspace/")}
    assert list(listed) == ["workspace/kept", "workspace/new", "workspace/new/large"]
    assert listed["workspace/new/large"].sha256 == hashlib.sha256(b"x" * 5000).hexdigest()
    assert listed["workspace/kept"].sha256 == hashlib.sha256(b"kept").hexdigest()
