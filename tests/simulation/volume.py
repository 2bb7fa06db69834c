"""The shared volume in memory: workspaces, seals, outputs shown at once, logs. Whoever reaches it may write.

What happens to it is done at once and whole, as the real one does by renaming; what it may not be used for (a sealed
workspace written to, a copy of one that still changes) is noted, for those who judge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from storage.logscan import Scan
from tests.simulation.ledger import Ledger
from tests.simulation.machine import Machine
from tests.simulation.mounts import Mount
from winslow.domain.layout import WorkspacePlan, project_root, stage_root
from winslow.domain.mounts import Mounted
from winslow.domain.pipeline import DefinitionName, LogParser
from winslow.domain.records import Ref
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import NotFound
from winslow.ports import Archived, Findings
from winslowd.usecases.volume import KnownVolume

ROOT = "/volume/"
STAMP = b"2026-01-01T00:00:00.000000000Z stdout F "


@dataclass
class Sealed:
    by: StageId
    content: dict[str, str]


class Volume:
    """All nodes' one."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.directories: dict[str, dict[str, str]] = {}
        self.reserved: set[str] = set()
        self.seals: dict[str, Sealed] = {}
        self.shown: dict[tuple[ProjectId, DefinitionName], StageId] = {}
        self.logs: dict[str, bytearray] = {}
        self.archive: dict[Ref, Archived] = {}

    # ---- what the daemons do

    def make_project(self, project: ProjectId) -> None:
        self.directories.setdefault(f"{project_root(project)}/workspace", {"given": project})

    def delete_project(self, project: ProjectId) -> None:
        self._drop(f"{project_root(project)}/")
        self.shown = {key: stage for key, stage in self.shown.items() if key[0] != project}

    def drop(self, project: ProjectId, stage: StageId) -> None:
        self._drop(f"{stage_root(project, stage)}/")
        self.shown = {key: one for key, one in self.shown.items() if one != stage}

    def _drop(self, above: str) -> None:
        for table in (self.directories, self.seals, self.logs):
            for path in [one for one in table if one.startswith(above)]:
                del table[path]  # type: ignore[attr-defined]

    def reserve(self, plan: WorkspacePlan) -> None:
        if plan.target not in self.directories:
            self.directories[plan.target] = {}
            self.reserved.add(plan.target)
        self._beside(plan)

    def prepare(self, plan: WorkspacePlan) -> None:
        self._beside(plan)
        if plan.in_place:
            self._unseal(plan)
        elif plan.target not in self.directories or plan.target in self.reserved:
            self.directories[plan.target] = self._copy(plan)
            self.reserved.discard(plan.target)

    def _beside(self, plan: WorkspacePlan) -> None:
        self.directories.setdefault(plan.output, {})
        self.logs.setdefault(plan.log, bytearray())

    def _copy(self, plan: WorkspacePlan) -> dict[str, str]:
        if plan.source is None:
            return {}
        if plan.source not in self.directories:
            raise NotFound(f"The workspace {plan.source} is not there", reason="SOURCE_MISSING", subject=plan.source)
        if "/stages/" in plan.source and plan.source not in self.seals:
            self._ledger.violated(f"{plan.stage} is made from {plan.source}, which is not sealed")
        return dict(self.directories[plan.source])

    def _unseal(self, plan: WorkspacePlan) -> None:
        if plan.target not in self.directories:
            raise NotFound(f"The workspace {plan.target} is not there", reason="SOURCE_MISSING", subject=plan.target)
        sealed = self.seals.get(plan.target)
        if sealed is not None and sealed.by != plan.stage:
            self._check(plan.target)
            del self.seals[plan.target]

    def seal(self, plan: WorkspacePlan) -> None:
        if plan.target in self.directories and plan.target not in self.seals:
            self.seals[plan.target] = Sealed(plan.stage, dict(self.directories[plan.target]))

    def publish(self, plan: WorkspacePlan, definition: DefinitionName) -> None:
        if plan.output not in self.directories:
            raise NotFound(f"{plan.stage} has no output", reason="FILE_NOT_FOUND", subject=plan.stage)
        self.shown[(plan.project, definition)] = plan.stage
        self._ledger.published(plan.stage)

    def scan(self, project: ProjectId, stage: StageId, offset: int, parsers: tuple[LogParser, ...]) -> Findings:
        scan = Scan(parsers)
        log = bytes(self.logs.get(f"{stage_root(project, stage)}/log", b""))
        scan.feed(log[offset:])
        return scan.findings(len(log))

    def read(self, project: ProjectId, stage: StageId, offset: int, size: int) -> bytes:
        return bytes(self.logs.get(f"{stage_root(project, stage)}/log", b""))[offset : offset + size]

    # ---- what containers do

    def written(self, workspace: str, name: str, content: str, by: StageId) -> None:
        path = workspace.removeprefix(ROOT)
        if path in self.seals:
            self._ledger.violated(f"{by} wrote into {path}, which is sealed")
        elif path in self.directories:
            self.directories[path][name] = content

    def said(self, log: str, text: str) -> None:
        path = log.removeprefix(ROOT)
        if path in self.logs:
            self.logs[path] += STAMP + text.encode() + b"\n"

    # ---- what is judged

    def check_seals(self) -> None:
        for path in self.seals:
            self._check(path)

    def _check(self, path: str) -> None:
        if self.directories.get(path) != self.seals[path].content:
            self._ledger.violated(f"{path} changed after {self.seals[path].by} had sealed it")


class SimulatedFiles:
    """One daemon's way to the volume: implements the ports `Workspaces` and `Logs`, and what is asked of `History` and `Uploads`."""

    def __init__(self, machine: Machine, mount: Mount, volume: Volume, known: KnownVolume) -> None:
        self._machine = machine
        self._mount = mount
        self._volume = volume
        self._known = known
        self._last: dict[str, float] = {}

    def absolute(self, path: str) -> str:
        return ROOT + path

    async def make_project(self, project: ProjectId, token: str = "") -> None:
        await self._do(self._volume.make_project, project)

    async def delete_project(self, project: ProjectId, token: str = "") -> None:
        await self._do(self._volume.delete_project, project)

    async def reserve(self, plan: WorkspacePlan, owner: tuple[int, int]) -> None:
        await self._in_order(plan.target, self._volume.reserve, plan, stage=plan.stage)

    async def prepare(self, plan: WorkspacePlan, owner: tuple[int, int]) -> Mounted:
        await self._in_order(plan.target, self._volume.prepare, plan, stage=plan.stage)
        return Mounted()

    async def seal(self, plan: WorkspacePlan) -> None:
        await self._in_order(plan.target, self._volume.seal, plan)

    async def publish(self, plan: WorkspacePlan, definition: DefinitionName) -> None:
        await self._do(self._volume.publish, plan, definition)

    async def drop(self, project: ProjectId, stage: StageId) -> None:
        await self._do(self._volume.drop, project, stage)

    async def left(self) -> list[StageId]:
        """Layered workspaces are copied here, as on nodes that can mount nothing."""
        return []

    async def size(self, project: ProjectId, stage: StageId) -> int:
        return len(await self.read(project, stage, 0, 1 << 30))

    async def read(self, project: ProjectId, stage: StageId, offset: int, size: int) -> bytes:
        return await self._do(self._volume.read, project, stage, offset, size)

    async def scan(self, project: ProjectId, stage: StageId, offset: int, parsers: tuple[LogParser, ...]) -> Findings:
        return await self._do(self._volume.scan, project, stage, offset, parsers)

    async def append(self, project: ProjectId, entries: Sequence[tuple[Archived, object]]) -> None:
        await self._do(self._volume.archive.update, {one.ref: one for one, _ in entries})

    async def get(self, project: ProjectId, refs: Sequence[Ref]) -> list[Archived]:
        found = await self._do(lambda: [self._volume.archive.get(ref) for ref in refs])
        return [one for one in found if one is not None]

    async def expire(self, before: float) -> int:
        """Nobody uploads anything here."""
        return 0

    async def _in_order(self, path: str, act: Callable[..., Any], *arguments: Any, stage: StageId | None = None) -> Any:
        """Who works in a directory holds its lock. `stage` is the one that it writes for."""
        allowed = self._let_in(act, stage)
        return await self._machine.do(self._machine.in_order(self._last, path), allowed, *arguments)

    async def _do(self, act: Callable[..., Any], *arguments: Any) -> Any:
        return await self._machine.do(self._machine.pause(), self._let_in(act), *arguments)

    def _let_in(self, act: Callable[..., Any], stage: StageId | None = None) -> Callable[..., Any]:
        """`act`, if the mount of now is not shut out when it takes effect."""
        self._known.admit("files")
        client = self._mount.client

        def allowed(*arguments: Any) -> Any:
            self._mount.enter(client, stage)
            return act(*arguments)

        return allowed
