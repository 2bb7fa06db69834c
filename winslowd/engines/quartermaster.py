"""Sees to it that every project's quota is on the volume, also where the volume was away when it was changed.

Level-triggered: it looks at all projects when its turn comes and when one changes, and carries out what it has not carried
out yet; whoever changed a quota has most often done so before. One in the cluster works at a time; doing it twice is harmless. It
never needs to know how a file system keeps to a quota.
"""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from winslow.domain.project import Project
from winslow.domain.records import Change, Kind
from winslow.domain.stage import ProjectId
from winslow.domain.view import View
from winslow.errors import OutOfRange, PermissionDenied, Unavailable, WinslowError
from winslow.ports import Membership, Quotas, Store

log = structlog.get_logger(__name__)

AGAIN = 5.0
"""Seconds before a quota that could not be carried out is tried again."""
RESYNC = 600.0
"""Seconds after which quotas are carried out again though nothing changed: somebody may have lifted one by hand."""


class Quartermaster:
    """Runs until cancelled."""

    def __init__(self, store: Store, membership: Membership, quotas: Quotas) -> None:
        self._store = store
        self._membership = membership
        self._quotas = quotas
        self._done: dict[ProjectId, int] = {}
        """What was carried out in this term."""
        self._wake = asyncio.Event()

    async def run(self) -> None:
        while True:
            try:
                async with self._membership.lock("quartermaster"):
                    self._done.clear()
                    await self._work()
            except Unavailable as error:
                log.warning("the quartermaster's lock was lost", error=str(error))
                await asyncio.sleep(0.5)

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(self._listen(), name="quartermaster: listens for changes")
            try:
                while True:
                    self._wake.clear()
                    await self._rest(await self.look())
            finally:
                listening.cancel()

    async def look(self) -> bool:
        """Carry out what is not; whether something failed and is to be tried again soon."""
        projects = {project.id: project for project in _projects(self._store.view)}
        self._done = {id_: quota for id_, quota in self._done.items() if id_ in projects}
        failed = False
        for project in projects.values():
            if self._done.get(project.id) != project.quota:
                failed |= not await self._carried_out(project)
        return failed

    async def _carried_out(self, project: Project) -> bool:
        try:
            await self._quotas.set(project.id, project.quota)
        except PermissionDenied as error:  # trying soon again helps nobody
            log.warning("quota is not kept to", project=project.id, error=str(error), hint=error.hint)
        except WinslowError as error:
            log.warning("quota is carried out later", project=project.id, error=str(error), reason=error.reason)
            return False
        self._done[project.id] = project.quota
        return True

    async def _rest(self, failed: bool) -> None:
        try:
            async with asyncio.timeout(AGAIN if failed else RESYNC):
                await self._wake.wait()
        except TimeoutError:
            if not failed:
                self._done = {id_: quota for id_, quota in self._done.items() if not quota}

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(OutOfRange):
                self._wake.set()
                async for changes in self._store.changes(self._store.view.revision):
                    if any(self._matters(change) for change in changes):
                        self._wake.set()

    def _matters(self, change: Change) -> bool:
        if change.ref.kind is not Kind.PROJECT or change.now is None:
            return False
        project = change.now.value
        return isinstance(project, Project) and self._done.get(project.id) != project.quota


def _projects(view: View) -> list[Project]:
    found = (one.value for one in view.all(Kind.PROJECT).values())
    return [project for project in found if isinstance(project, Project) and not project.deleting]
