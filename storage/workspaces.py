"""Directories of projects and of their attempts: made, filled, sealed, shown, removed.

A workspace is filled under a hidden name and then renamed, so that it is whole or absent; what is deleted is
renamed first, so that it is gone at once and a removal that was cut is found again. Which workspace a stage is
made from is decided by `winslow.domain.layout`; this module never looks at a stage's record.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from storage import births, snapshots
from storage.beneath import held, make_directories, open_directory
from storage.faults import about
from storage.grounds import is_plain
from storage.layered import Layered, source_missing
from storage.locks import Locks
from storage.logs import Logs
from storage.quotas import Quotas
from storage.removal import remove
from storage.seal import Seal, break_seal, close_directory, read_seal, write_seal
from storage.settling import settle_left
from storage.stop import Stop
from storage.tree import Copied, Owner, copy_tree, own, own_tree
from winslow.domain.layers import Chain
from winslow.domain.layout import WorkspacePlan, output_link, project_root, safe_parts, stage_root
from winslow.domain.mounts import Mounted
from winslow.domain.pipeline import DefinitionName
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import FailedPrecondition, InvalidArgument, NotFound

_PROJECT_DIRECTORIES = ("input", "workspace", "output", "stages")
_OPEN_MODE = 0o755
_MARK_MODE = 0o600
_PARENTS = ".parents"
"""In an attempt's directory: copies of layered workspaces of other stages before it, where the node cannot mount them."""
_RESERVED = ".reserved"
"""In an attempt's directory: its workspace is empty, and still to be filled where it is."""


class Workspaces:
    """Implements the ports `winslow.ports.Workspaces`, `Layers` and `Scratch`; blocking, any number of threads.

    `root` is the volume, held open; `layered` is this node's way to layered workspaces.
    """

    def __init__(self, root: int, logs: Logs, quotas: Quotas, layered: Layered) -> None:
        self._root = root
        self._logs = logs
        self._layered = layered
        self._quotas = quotas
        self._locks = Locks()

    def make_project(self, project: ProjectId, token: str, stop: Stop) -> None:
        """See the port."""
        path = project_root(_name(project))
        with about(path), self._locks.hold(path, stop=stop):
            for name in _PROJECT_DIRECTORIES:
                os.close(make_directories(self._root, f"{path}/{name}"))
            with self._directory(path) as directory:
                births.note(directory, token)

    def delete_project(self, project: ProjectId, token: str, stop: Stop) -> None:
        """See the port. The project is gone from sight at once; its files are removed then."""
        path = project_root(_name(project))
        with (
            about(path),
            self._locks.hold(path, stop=stop),
            suppress(FileNotFoundError),
            self._directory(_split(path)[0]) as above,
        ):
            births.remove(above, project, token, stop)

    def drop(self, project: ProjectId, stage: StageId, stop: Stop) -> None:
        """See the port. Links that show the attempt's output as the project's go with it."""
        path, project_path = stage_root(_name(project), _name(stage)), project_root(project)
        with about(path), self._locks.hold(project_path, stop=stop):
            self._unpublish(project, stage)
        with about(path), self._locks.hold(path, stop=stop):
            self._remove(path, stop)

    def reserve(self, plan: WorkspacePlan, owner: Owner, stop: Stop) -> None:
        """See the port. A container may be bound to the empty workspace; `prepare` then fills that very directory."""
        own_root = stage_root(_name(plan.project), _name(plan.stage))
        with about(plan.target), self._locks.hold(own_root, stop=stop):
            with held(make_directories(self._root, own_root)) as stage:
                if _present(stage, _split(plan.target)[1]):
                    return
                os.close(os.open(_RESERVED, os.O_CREAT | os.O_WRONLY, _MARK_MODE, dir_fd=stage))
            self._make_owned(plan.target, owner)
            self._make_owned(plan.output, owner)
            self._logs.create(plan.log, owner)

    def prepare(self, plan: WorkspacePlan, owner: Owner, stop: Stop) -> Mounted:
        """See the port. An attempt that has been sealed is not opened again by preparing it again."""
        own_root, target_root = stage_root(_name(plan.project), _name(plan.stage)), _split(plan.target)[0]
        with about(plan.target), self._locks.hold(own_root, target_root, stop=stop):
            self._quotas.require(plan.target, lambda: 0, stop)
            os.close(make_directories(self._root, own_root))
            self._make_owned(plan.output, owner)
            self._logs.create(plan.log, owner)
            mounted = self._mounted(plan, owner, stop) if plan.layered else ""
            if plan.in_place:
                self._unseal(plan, owner, stop)
            elif not mounted:
                self._fill(plan, owner, stop)
            parents = {name: self._parent(plan, name, source, owner, stop) for name, source in plan.joined}
            return Mounted(mounted, {name: path for name, path in parents.items() if path})

    def seal(self, plan: WorkspacePlan, stop: Stop) -> None:
        """See the port. An attempt that never had a workspace needs no seal."""
        own_root, above = stage_root(_name(plan.project), _name(plan.stage)), _split(plan.target)[0]
        with about(plan.target), self._locks.hold(own_root, above, stop=stop):
            if self._layered.is_here(plan.project, plan.stage):
                self._layered.seal(plan.project, plan.stage, lambda text: self._logs.append(plan.log, text), stop)
            else:
                self._seal_directory(plan)
                self._layered.let_go(plan.stage, stop)
            self._settle(plan, stop)
            with suppress(FileNotFoundError), self._directory(own_root) as home:
                remove(home, _PARENTS, stop)

    def _settle(self, plan: WorkspacePlan, stop: Stop) -> None:
        """An end that is recorded says that all of it is there: no power cut may make a success of empty files."""
        for path in (plan.output, plan.target):
            with suppress(FileNotFoundError), self._directory(path) as directory:
                settle_left(directory, path, stop)

    def chains(self, project: ProjectId, stop: Stop) -> dict[StageId, Chain]:
        """See the port."""
        with about(project_root(_name(project))):
            return self._layered.chains(project, stop)

    def materialize(self, project: ProjectId, stage: StageId, stop: Stop) -> None:
        """See the port."""
        path = stage_root(_name(project), _name(stage))
        with about(path), self._locks.hold(path, stop=stop):
            self._layered.materialize(project, stage, stop)

    def remove_bases(self, project: ProjectId, stop: Stop) -> int:
        """See the port."""
        return self._layered.remove_bases(_name(project), stop)

    def left(self, stop: Stop) -> list[StageId]:
        """See the port."""
        return self._layered.left()

    def discard(self, stage: StageId, stop: Stop) -> None:
        """See the port."""
        self._layered.discard(_name(stage), stop)

    def _seal_directory(self, plan: WorkspacePlan) -> None:
        above, name = _split(plan.target)
        with (
            suppress(FileNotFoundError),
            self._directory(above) as stage,
            held(open_directory(stage, name, follow=False)) as workspace,
        ):
            seal = read_seal(stage)
            if seal is None or seal.stage != plan.stage:
                status = os.fstat(workspace)
                write_seal(stage, Seal(plan.stage, status.st_uid, status.st_gid))
            close_directory(workspace)

    def publish(self, plan: WorkspacePlan, definition: DefinitionName, stop: Stop) -> None:
        """See the port. Raises NotFound (FILE_NOT_FOUND) when the attempt has no output."""
        link = output_link(_name(plan.project), _name(definition))
        above, name = _split(link)
        with about(plan.output), self._locks.hold(project_root(plan.project), stop=stop):
            with self._directory(plan.output):
                pass
            with about(link), held(make_directories(self._root, above)) as shown:
                draft = f".{name}.{plan.stage}"
                with suppress(FileNotFoundError):
                    os.unlink(draft, dir_fd=shown)
                os.symlink(_link_text(plan.output, above), draft, dir_fd=shown)
                os.rename(draft, name, src_dir_fd=shown, dst_dir_fd=shown)

    def _mounted(self, plan: WorkspacePlan, owner: Owner, stop: Stop) -> str:
        """Where the layered workspace is mounted; "" where it is copied after all, since this node cannot."""
        with self._directory(stage_root(plan.project, plan.stage)) as home:
            if is_plain(home):  # copied before
                return ""
        why = self._layered.why_not()
        if not why:
            return self._layered.mount(plan, owner, lambda text: self._logs.append(plan.log, text), stop)
        self._layered.give_up(plan.project, plan.stage, stop)
        self._logs.append(plan.log, f"The workspace is copied, since this node can have no layered ones: {why}")
        return ""

    def _parent(self, plan: WorkspacePlan, name: DefinitionName, source: str, owner: Owner, stop: Stop) -> str:
        """Where the workspace of another stage before it can be read, if that is a layered one; "" else."""
        chain = self._layered.chain(_checked(source))
        if chain is None:
            return ""
        if not self._layered.why_not():
            return self._layered.view(plan, name, source, stop)
        with (
            self._directory(stage_root(plan.project, plan.stage)) as home,
            held(make_directories(home, _PARENTS)) as parents,
        ):
            if not _present(parents, name):
                draft = f".{name}.partial"
                remove(parents, draft, stop)
                with held(make_directories(parents, draft)) as copy:
                    self._layered.layers.copy(plan.project, chain, copy, owner, stop)
                os.rename(draft, name, src_dir_fd=parents, dst_dir_fd=parents)
            return os.readlink(f"/proc/self/fd/{parents}") + f"/{name}"  # noqa: PTH115 - as the kernel has it

    def _fill(self, plan: WorkspacePlan, owner: Owner, stop: Stop) -> None:
        above, name = _split(plan.target)
        with self._directory(above) as stage:
            try:
                with held(open_directory(stage, name, follow=False)) as workspace:
                    if _present(stage, _RESERVED):
                        self._fill_in_place(plan, stage, workspace, owner, stop)
                    elif read_seal(stage) is None:
                        own(workspace, "", owner)
                    return
            except FileNotFoundError:
                pass
            with suppress(FileNotFoundError):
                os.unlink(_RESERVED, dir_fd=stage)  # of a reservation that was cut before it made the directory
            draft = self._drafted(plan, stage, owner, stop)
            os.rename(draft, name, src_dir_fd=stage, dst_dir_fd=stage)

    def _drafted(self, plan: WorkspacePlan, stage: int, owner: Owner, stop: Stop) -> str:
        """A whole copy of the source under a hidden name beside the workspace."""
        draft = f".{_split(plan.target)[1]}.partial"
        remove(stage, draft, stop)
        os.mkdir(draft, _OPEN_MODE, dir_fd=stage)
        with held(open_directory(stage, draft, follow=False)) as workspace:
            if plan.source is not None:
                self._copy(plan, stage, workspace, owner, stop)
            own(workspace, "", owner)
        return draft

    def _fill_in_place(self, plan: WorkspacePlan, stage: int, workspace: int, owner: Owner, stop: Stop) -> None:
        """Move a whole copy into the reserved directory, entry by entry; the mark goes last, so a cut begins again."""
        for name in os.listdir(workspace):
            remove(workspace, name, stop)
        draft = self._drafted(plan, stage, owner, stop)
        with held(open_directory(stage, draft, follow=False)) as copy:
            for name in os.listdir(copy):
                os.rename(name, name, src_dir_fd=copy, dst_dir_fd=workspace)
        os.rmdir(draft, dir_fd=stage)
        own(workspace, "", owner)
        os.unlink(_RESERVED, dir_fd=stage)

    def _copy(self, plan: WorkspacePlan, stage: int, workspace: int, owner: Owner, stop: Stop) -> None:
        chain = self._layered.chain(_checked(plan.source or ""))
        try:
            if chain is not None:
                found = self._layered.layers.copy(plan.project, chain, workspace, owner, stop)
                self._tell(plan, Copied(found.special, found.first))
                return
            with self._source(plan) as source:
                copied = copy_tree(source, workspace, owner, stop)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):  # half a copy helps nobody and keeps the disk full
                remove(stage, f".{_split(plan.target)[1]}.partial", stop)
            raise
        self._tell(plan, copied)

    @contextmanager
    def _source(self, plan: WorkspacePlan) -> Iterator[int]:
        try:
            source = open_directory(self._root, _checked(plan.source or ""), follow=False)
        except FileNotFoundError as error:
            raise source_missing(plan.source or "") from error
        with held(snapshots.seen(source, plan.source_stage)) as seen:
            yield seen

    def _tell(self, plan: WorkspacePlan, copied: Copied) -> None:
        if copied.special:
            names = ", ".join(copied.first)
            text = f"{copied.special} special files (FIFOs, sockets, devices) were not copied: {names}"
            self._logs.append(plan.log, text)

    def _unseal(self, plan: WorkspacePlan, owner: Owner, stop: Stop) -> None:
        above, name = _split(plan.target)
        try:
            with self._directory(above) as stage, held(open_directory(stage, name, follow=False)) as workspace:
                seal = read_seal(stage)
                if seal is not None and seal.stage == plan.stage:
                    return
                self._require_no_layer_on(plan, stop)
                if seal is not None and (why := snapshots.keep(workspace, StageId(seal.stage), plan.target)):
                    self._logs.append(plan.log, why)
                if seal is not None and (seal.uid, seal.gid) != owner:
                    own_tree(workspace, owner, stop)
                own(workspace, "", owner)
                if seal is not None:
                    os.fchmod(workspace, _OPEN_MODE)
                    break_seal(stage)
                    self._require_none_came(plan, stage, workspace, seal, stop)
        except FileNotFoundError as error:
            raise NotFound(
                f"The workspace {plan.target!r} that {plan.stage!r} goes on in is not there",
                reason="SOURCE_MISSING",
                subject=plan.target,
                hint="It may have been removed to save space: choose a stage whose workspace is kept",
            ) from error

    def _require_none_came(self, plan: WorkspacePlan, stage: int, workspace: int, seal: Seal, stop: Stop) -> None:
        """Who stands on the workspace says so before looking at its seal, so one of both sees the other."""
        try:
            self._require_no_layer_on(plan, stop)
        except FailedPrecondition:
            write_seal(stage, seal)
            close_directory(workspace)
            raise

    def _require_no_layer_on(self, plan: WorkspacePlan, stop: Stop) -> None:
        """Raises FailedPrecondition (LAYER_IN_USE): what a layer lies on may never change."""
        bases = {stage: chain.base for stage, chain in self._layered.chains(plan.project, stop).items()}
        above = [stage for stage, base in bases.items() if base == plan.target]
        if above:
            raise FailedPrecondition(
                f"{len(above)} layered workspaces lie on {plan.target!r}, in which {plan.stage!r} was to go on: {', '.join(above[:5])}",
                reason="LAYER_IN_USE",
                subject=plan.target,
                hint="Give the stage the mode `copy` or `layered`, or materialize or delete those workspaces first",
            )

    def _make_owned(self, path: str, owner: Owner) -> None:
        with held(make_directories(self._root, _checked(path))) as directory:
            own(directory, "", owner)

    def _unpublish(self, project: ProjectId, stage: StageId) -> None:
        shown_path = f"{project_root(project)}/output"
        text = _link_text(f"{stage_root(project, stage)}/output", shown_path)
        with suppress(FileNotFoundError), self._directory(shown_path) as shown, os.scandir(shown) as entries:
            for entry in entries:
                if entry.is_symlink() and os.readlink(entry.name, dir_fd=shown) == text:
                    os.unlink(entry.name, dir_fd=shown)

    def _remove(self, path: str, stop: Stop) -> None:
        """Rename within the directory above, which no quota forbids, then remove; also what an earlier call left."""
        above, name = _split(path)
        with suppress(FileNotFoundError), self._directory(above) as parent:
            doomed = f".removed.{name}"
            remove(parent, doomed, stop)
            with suppress(FileNotFoundError):
                os.rename(name, doomed, src_dir_fd=parent, dst_dir_fd=parent)
                remove(parent, doomed, stop)

    @contextmanager
    def _directory(self, path: str) -> Iterator[int]:
        with held(open_directory(self._root, _checked(path), follow=False)) as directory:
            yield directory


Id = TypeVar("Id", bound=str)


def _name(id: Id) -> Id:
    """An id, which must be one name: another would lead elsewhere. Raises InvalidArgument (PATH_INVALID)."""
    if not id or "/" in _checked(id):
        raise _no_place(id)
    return id


def _checked(path: str) -> str:
    """A path of the layout. Raises InvalidArgument (PATH_INVALID)."""
    parts = safe_parts(path)
    if "/".join(parts) != path or any(part.startswith(".") for part in parts):
        raise _no_place(path)
    return path


def _no_place(path: str) -> InvalidArgument:
    return InvalidArgument(
        f"{path!r} is not a place of the layout",
        reason="PATH_INVALID",
        subject=path,
        hint="Names of projects and stages contain no '/' and do not begin with '.'",
    )


def _present(directory: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _split(path: str) -> tuple[str, str]:
    above, _, name = _checked(path).rpartition("/")
    return above, name


def _link_text(target: str, above: str) -> str:
    return os.path.relpath(target, above)
