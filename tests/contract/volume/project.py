"""What the tests of the volume stand on: a project of their own, and what a refusal looks like."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from storage.beneath import held
from storage.ceph import is_cephfs
from tests.fakes.volume import InlineVolume
from winslow.domain.layout import Location, WorkspacePlan, parse
from winslow.domain.pipeline import DefinitionName
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import (
    WinslowError,
)
from winslow.ports import Totals, Upload
from winslowd.files.process import FilesProcess

Storage = FilesProcess | InlineVolume
OWNER = (1000, 1000) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
OTHER = (1001, 1001)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")


@dataclass
class Project:
    """A project of its own for each test."""

    storage: Storage
    id: ProjectId
    path: Path
    volume: Path

    def plan(
        self, stage: str, source: str | None = "", *, in_place: str = "", layered: bool = False, joined: str = ""
    ) -> WorkspacePlan:
        """A workspace for `stage` from that of `source` ("": the zeroth one; None: nothing)."""
        root = f"projects/{self.id}/stages/{stage}"
        above = f"projects/{self.id}/stages/{source}" if source else f"projects/{self.id}"
        return WorkspacePlan(
            stage=StageId(stage),
            project=self.id,
            target=f"projects/{self.id}/stages/{in_place or stage}/workspace",
            source=None if source is None or in_place else f"{above}/workspace",
            output=f"{root}/output",
            log=f"{root}/log",
            in_place=bool(in_place),
            layered=layered,
            joined=((DefinitionName(joined), f"projects/{self.id}/stages/{joined}/workspace"),) if joined else (),
        )

    def at(self, path: str) -> Location:
        return parse(f"projects/{self.id}/{path}")

    def workspace(self, stage: str) -> Path:
        return self.path / "stages" / stage / "workspace"

    async def measures(self, path: str, expected: Totals, on_cephfs: Totals) -> None:
        """The usage at `path` is this; CephFS counts links otherwise, and is waited for while it adds up."""
        late = _is_on_cephfs(self.volume)
        deadline = time.monotonic() + (60 if late else 0)
        while (found := await self.storage.files.usage(self.at(path))) != (on_cephfs if late else expected):
            assert time.monotonic() < deadline, found
            await asyncio.sleep(0.1)

    async def upload(self, path: str, content: bytes) -> Upload:
        """An upload with all of its bytes, not committed."""
        upload = await self.storage.uploads.begin(
            uuid.uuid4().hex, self.at(path), len(content), hashlib.sha256(content).hexdigest()
        )
        return await self.storage.uploads.append(upload, 0, content)


def _is_on_cephfs(path: Path) -> bool:
    with held(os.open(path, os.O_RDONLY)) as directory:
        return is_cephfs(directory)


@contextmanager
def refused(kind: type[WinslowError], reason: str) -> Iterator[None]:
    """Refused, for this reason, with a hint."""
    with pytest.raises(kind) as caught:
        yield
    assert caught.value.reason == reason
    assert caught.value.hint
