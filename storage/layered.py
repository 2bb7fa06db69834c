"""Attempts whose workspaces are layered: mounted before they start, taken in as a layer when they have ended.

Every step may be repeated, by another process and after a reboot: what a workspace stands on is on the volume before it
is mounted (`storage.grounds`), what the attempt changed is on the scratch disk until it is a layer. Which stage is
layered is decided by `winslow.domain`; here it is only seen whether this node can.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from storage.bases import Bases
from storage.beneath import held, open_directory
from storage.ceph import SNAPSHOTS
from storage.grounds import Ground, chains, forget_ground, is_plain, read_ground, write_ground
from storage.layers import Stack
from storage.locks import Locks
from storage.mounting import PROBE, Ability, Mounting
from storage.overlay import Look, Overlays
from storage.removal import remove
from storage.seal import Seal, close_directory, read_seal, write_seal
from storage.sealing import LAYER, Layers
from storage.snapshots import kept
from storage.stop import Stop
from storage.tree import Owner
from winslow.domain.layers import Chain, standing_on
from winslow.domain.layout import WorkspacePlan, parse, stage_root
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import FailedPrecondition, NotFound

_SEALED = "sealed"

Tell = Callable[[str], None]
"""Writes a line for people into the attempt's log."""


class Layered:
    """The layered workspaces of a volume, on this node; blocking, any number of threads. `root` is the volume, held open."""

    def __init__(self, root: int, mounting: Mounting) -> None:
        self.layers = Layers(root)
        self.bases = Bases(root)
        self._root = root
        self._ability = Ability(root, mounting)
        self._overlays = self._ability.overlays
        self._locks = Locks()

    # ---- what an attempt needs

    def why_not(self) -> str:
        """See `Ability.why_not`."""
        return self._ability.why_not()

    def mount(self, plan: WorkspacePlan, owner: Owner, tell: Tell, stop: Stop) -> str:
        """Mount the attempt's workspace, and say where; one that is sealed can only be read.

        Raises NotFound (SOURCE_MISSING), FailedPrecondition (OVERLAY_UNSUPPORTED), Exhausted (DISK_FULL).
        """
        overlays = self._ability.required()
        with self._locks.hold(plan.stage, stop=stop), self._home(plan.project, plan.stage) as home:
            if _has(home, LAYER):
                with self.layers.directories(plan.project, self.layers.chain(plan.project, plan.stage)) as lowers:
                    return overlays.view(plan.stage, _SEALED, lowers)
            ground = read_ground(home)
            if ground is None or not overlays.has(plan.stage):
                ground = Ground(self._grounded(plan, owner, home, tell, stop), owner)
            with self.layers.directories(plan.project, ground.chain) as lowers:
                return overlays.mount(plan.stage, lowers, Look(ground.owner))

    def view(self, plan: WorkspacePlan, name: str, source: str, stop: Stop) -> str:
        """Where `plan`'s attempt can read the workspace at `source`, mounted if need be; "" when that is a plain directory."""
        chain = self.chain(source)
        if chain is None:
            return ""
        with self._locks.hold(plan.stage, stop=stop), self.layers.directories(plan.project, chain) as lowers:
            return self._ability.required().view(plan.stage, name, lowers)

    def is_here(self, project: ProjectId, stage: StageId) -> bool:
        """Whether the attempt's workspace is, or was to be, mounted on this node."""
        with suppress(FileNotFoundError), self._home(project, stage) as home:
            return not is_plain(home) and read_ground(home) is not None
        return False

    def give_up(self, project: ProjectId, stage: StageId, stop: Stop) -> None:
        """The attempt, which never started, gets a plain workspace after all."""
        self.let_go(stage, stop)
        with suppress(FileNotFoundError), self._home(project, stage) as home:
            forget_ground(home)

    def let_go(self, stage: StageId, stop: Stop) -> None:
        """Unmount what the attempt only read."""
        if self._overlays:
            self.discard(stage, stop)

    def seal(self, project: ProjectId, stage: StageId, tell: Tell, stop: Stop) -> None:
        """Take in what an attempt changed, whose container is at rest; nothing happens when that is done.

        Raises NotFound (CHANGES_LOST) where this node has nothing of it, Unavailable (WORKSPACE_BUSY), Exhausted (DISK_FULL),
        DataLoss (LAYER_DIFFERS).
        """
        with self._locks.hold(stage, stop=stop), self._home(project, stage) as home:
            ground = read_ground(home)
            if not _has(home, LAYER) and ground is not None:
                overlays = self._ability.required()
                overlays.unmount(stage)
                with held(_upper(overlays, stage)) as upper:
                    sealed = self.layers.seal(project, stage, ground.chain, upper, stop)
                if sealed.special:
                    tell(f"{sealed.special} special files were not kept: {', '.join(sealed.first)}")
            if self._overlays:
                self._overlays.drop(stage, stop)

    # ---- what is seen

    def chain(self, source: str) -> Chain | None:
        """What the ended workspace at `source` is seen through; None when it is a plain directory.

        Raises NotFound (SOURCE_MISSING).
        """
        place = parse(source)
        if place.stage is None or place.project is None:
            return None
        with suppress(FileNotFoundError), self._home(place.project, place.stage) as home:
            if is_plain(home):
                return None
            if _has(home, LAYER):
                return self.layers.chain(place.project, place.stage)
        raise source_missing(source)

    @contextmanager
    def seen(self, project: ProjectId, stage: StageId) -> Iterator[Stack | None]:
        """The attempt's workspace without a mount, as it is now; None when it is a plain directory, or not there.

        Raises FailedPrecondition (WORKSPACE_ELSEWHERE) where only another node has what it changes.
        """
        with ExitStack() as opened:
            yield self._opened(project, stage, opened)

    def _opened(self, project: ProjectId, stage: StageId, opened: ExitStack) -> Stack | None:
        """Apart from `seen`, so that what is not found in the workspace is not taken for a workspace that is not there."""
        with suppress(FileNotFoundError), self._home(project, stage) as home:
            if is_plain(home):
                return None
            if _has(home, LAYER):
                return opened.enter_context(self.layers.stack(project, self.layers.chain(project, stage)))
            ground = read_ground(home)
            if ground is not None:
                upper = opened.enter_context(held(self._changing(stage)))
                return opened.enter_context(self.layers.stack_under(project, upper, ground.chain))
        return None

    def chains(self, project: ProjectId, stop: Stop) -> dict[StageId, Chain]:
        """What every layered workspace of a project is seen through."""
        return chains(self._root, project, stop)

    def materialize(self, project: ProjectId, stage: StageId, stop: Stop) -> None:
        """Make a plain directory of a sealed workspace, shown at once; nothing happens when it is one.

        What stands on its layer keeps it; a layer that nothing stands on goes. Raises NotFound (SOURCE_MISSING),
        FailedPrecondition (WORKSPACE_OPEN), Exhausted (DISK_FULL).
        """
        path = f"{stage_root(project, stage)}/workspace"
        try:
            with self._home(project, stage) as home:
                if not is_plain(home):
                    _require_sealed(home, path)
                    ground = read_ground(home)
                    uid, gid = ground.owner if ground else (os.geteuid(), os.getegid())
                    write_seal(home, Seal(stage, uid, gid))
                    self.layers.materialize(project, self.layers.chain(project, stage), home, "workspace", stop)
                if _has(home, LAYER):
                    with held(open_directory(home, "workspace", follow=False)) as workspace:
                        close_directory(workspace)
                    if not standing_on(project, stage, self.chains(project, stop)):
                        remove(home, LAYER, stop)
                        forget_ground(home)
        except FileNotFoundError as error:
            raise source_missing(path) from error

    # ---- what is left

    def remove_bases(self, project: ProjectId, stop: Stop) -> int:
        """Remove the bases that nothing lies on; how many."""
        return self.bases.remove_unneeded(
            project, lambda: [chain.base for chain in self.chains(project, stop).values()], stop
        )

    def left(self) -> list[StageId]:
        """Attempts that have something on this node's scratch disk."""
        return [stage for stage in self._overlays.stages() if stage != PROBE] if self._overlays else []

    def discard(self, stage: StageId, stop: Stop) -> None:
        """Unmount and remove what this node has of an attempt. Raises Unavailable (WORKSPACE_BUSY) while it is in use."""
        with self._locks.hold(stage, stop=stop):
            self._ability.required().drop(stage, stop)

    # ---- what a workspace stands on

    def _grounded(self, plan: WorkspacePlan, owner: Owner, home: int, tell: Tell, stop: Stop) -> Chain:
        """What it stands on from now on, written down.

        Looked at again after that: whoever changed or removed it meanwhile did not see us, or sees us now.
        """
        found = self._ground(plan, owner, tell, stop)
        while True:
            stop.check()
            write_ground(home, Ground(found, owner))
            again = self._ground_again(plan, found, owner, tell, stop)
            if again == found:
                return found
            found = again

    def _ground_again(self, plan: WorkspacePlan, found: Chain, owner: Owner, tell: Tell, stop: Stop) -> Chain:
        """A base of ours never changes: that it is still there is enough, and a walk through its source is saved."""
        if not found.layers and self.bases.has(plan.project, found.base):
            return found
        return self._ground(plan, owner, tell, stop)

    def _ground(self, plan: WorkspacePlan, owner: Owner, tell: Tell, stop: Stop) -> Chain:
        if plan.source is None:
            return Chain()
        place = parse(plan.source)
        if place.stage is None:
            return self._copied_now(plan, owner, tell, stop)
        with suppress(FileNotFoundError), self._home(plan.project, place.stage) as home:
            ground, seal = read_ground(home), read_seal(home)
            if is_plain(home):
                if seal is None or self._is_kept(plan):
                    return self._copied_now(plan, owner, tell, stop)
                chain, owned_by = Chain(plan.source), (seal.uid, seal.gid)
            else:
                chain = self.chain(plan.source) or Chain()
                owned_by = ground.owner if ground else owner
            return chain if owned_by == owner else self._copied_for(plan, place.stage, chain, owner, tell, stop)
        raise source_missing(plan.source)

    def _copied_now(self, plan: WorkspacePlan, owner: Owner, tell: Tell, stop: Stop) -> Chain:
        """A base of what may still change: people's files, or a workspace in which somebody goes on."""
        assert plan.source is not None
        source = f"{plan.source}/{SNAPSHOTS}/{plan.source_stage}" if self._is_kept(plan) else plan.source
        base, copied = self.bases.of_directory(plan.project, source, plan.stage, owner, stop)
        if copied and copied.special:
            tell(f"{copied.special} special files were not copied: {', '.join(copied.first)}")
        return Chain(base)

    def _is_kept(self, plan: WorkspacePlan) -> bool:
        """Whether somebody has gone on in the source since, and it was kept as the attempt that is meant left it."""
        if plan.source is None or plan.source_stage is None:
            return False
        with held(open_directory(self._root, plan.source, follow=False)) as workspace:
            found = kept(workspace, plan.source_stage)
            if found is None:
                return False
            os.close(found)
            return True

    def _copied_for(
        self, plan: WorkspacePlan, ended: StageId, chain: Chain, owner: Owner, tell: Tell, stop: Stop
    ) -> Chain:
        """A base of what belongs to another user, who alone could change it."""

        def fill(target: int) -> None:
            tell(f"{ended} was executed by another user: its workspace is copied once for {owner[0]}:{owner[1]}")
            self.layers.copy(plan.project, chain, target, owner, stop)

        return Chain(self.bases.of_attempt(plan.project, ended, plan.stage, owner, fill, stop))

    @contextmanager
    def _home(self, project: ProjectId, stage: StageId) -> Iterator[int]:
        with held(open_directory(self._root, stage_root(project, stage), follow=False)) as home:
            yield home

    def _changing(self, stage: StageId) -> int:
        try:
            return self._ability.required().open_upper(stage)
        except (NotFound, FailedPrecondition) as error:
            raise FailedPrecondition(
                f"What {stage!r} changes is on its node until it has ended",
                reason="WORKSPACE_ELSEWHERE",
                subject=stage,
                hint="Ask that node, or wait for the stage's end",
            ) from error


def source_missing(source: str) -> NotFound:
    """What a workspace was to be made from is not there."""
    return NotFound(
        f"The workspace {source!r} that another is made from is not there",
        reason="SOURCE_MISSING",
        subject=source,
        hint="It may have been removed to save space: choose a stage whose workspace is kept",
    )


def _require_sealed(home: int, path: str) -> None:
    if _has(home, LAYER):
        return
    if read_ground(home) is None:
        raise source_missing(path)
    raise FailedPrecondition(
        f"The workspace {path!r} is not sealed yet",
        reason="WORKSPACE_OPEN",
        subject=path,
        hint="Wait for the end of its stage, or abort it",
    )


def _upper(overlays: Overlays, stage: StageId) -> int:
    try:
        return overlays.open_upper(stage)
    except NotFound as error:
        raise NotFound(
            f"What {stage!r} changed in its workspace is not on this node any more",
            reason="CHANGES_LOST",
            subject=stage,
            hint="Its scratch disk was emptied or replaced: redo the stage",
        ) from error


def _has(home: int, name: str) -> bool:
    with suppress(FileNotFoundError):
        os.stat(name, dir_fd=home, follow_symlinks=False)
        return True
    return False
