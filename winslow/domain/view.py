"""What a daemon has seen of the records so far, with the few indexes that decisions need. It only ever changes by `apply`.

A daemon has all records of its cluster in one: what each costs counts a hundred thousand times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from typing import TypeVar

from winslow.domain.node import Attachment, Node, NodePolicy, Silence
from winslow.domain.project import Project, Run, Sweep
from winslow.domain.records import (
    GLOBALS_REF,
    IN_PROJECT,
    LIMITS_REF,
    VOLUME_REF,
    Change,
    Comment,
    Globals,
    Kind,
    Limits,
    Record,
    Ref,
    Versioned,
    VolumeIdentity,
    attachment_ref,
    node_policy_ref,
    node_ref,
    project_ref,
    retention_ref,
    silence_ref,
)
from winslow.domain.retention import RetentionPolicy
from winslow.domain.stage import NodeId, Stage, StageId

T = TypeVar("T")

_AGE = attrgetter("created_at", "id")
_NUMBER = attrgetter("number")
_FIRST_NUMBER = attrgetter("first_number")
_NO_RUNS: Mapping[str, Run] = {}
_NO_STAGES: Mapping[str, Stage] = {}
_NO_SWEEPS: Mapping[str, Sweep] = {}
_NO_COMMENTS: Mapping[str, Comment] = {}

GONE_KEPT = 1000
"""Projects that are gone and still known to have been touched, beyond as many as there are."""


class View:
    """Everything a daemon has seen up to `revision`, by key and by the few relations that decisions need.

    Readers run between two awaits of one event loop, so they never see half a commit: `apply` takes all changes
    of a revision at once.
    """

    def __init__(self) -> None:
        self.revision = 0
        self.leader: NodeId | None = None
        """Who leads, as far as seen; None while nobody does."""
        self._records: dict[Kind, dict[str, Versioned]] = {kind: {} for kind in Kind}
        self._runs_of: dict[str, dict[str, Run]] = {}
        """By project, and then by key, as those below."""
        self._active_of: dict[str, dict[str, Run]] = {}
        self._stages_of: dict[str, dict[str, Stage]] = {}
        self._stages_of_run: dict[str, dict[str, Stage]] = {}
        self._sweeps_of: dict[str, dict[str, Sweep]] = {}
        self._comments_of: dict[str, dict[str, Comment]] = {}
        self._live_on: dict[str, dict[str, Stage]] = {}
        """By node."""
        self._stage_keys: dict[str, str] = {}
        self._active: dict[str, Run] = {}
        self._live: dict[str, Stage] = {}
        self._made_of: Counter[str] = Counter()
        self.stamp = 0
        """Another one after every change of a record."""
        self._touched: dict[str, int] = {}
        """At which stamp something of a project changed, those that changed last at the end."""
        self._all_touched = 0

    def apply(self, revision: int, changes: Iterable[tuple[Ref, Versioned | None]]) -> tuple[Change, ...]:
        """Take changes in and say what each one changed. Changes that are already there are left out."""
        done: list[Change] = []
        for ref, now in changes:
            table = self._records[ref.kind]
            before = table.get(ref.key)
            if before is now is None or (before and now and now.revision <= before.revision):
                continue
            if now is None:
                table.pop(ref.key, None)
            else:
                table[ref.key] = now
            self._index(ref, before.value if before else None, now.value if now else None)
            self._touch(ref)
            done.append(Change(ref, now.revision if now else revision, before, now))
        self.revision = max(self.revision, revision)
        return tuple(done)

    def _touch(self, ref: Ref) -> None:
        self.stamp += 1
        if ref.kind is Kind.GLOBALS:
            self._all_touched = self.stamp
        elif ref.kind in IN_PROJECT:
            project = ref.key.partition("/")[0]
            self._touched.pop(project, None)
            self._touched[project] = self.stamp
            self._forget_gone()

    def _forget_gone(self) -> None:
        """Who follows the stamps is told of those that went lately; of all that ever were, nobody need be."""
        there = self._records[Kind.PROJECT]
        if len(self._touched) > 2 * len(there) + GONE_KEPT:
            self._touched = {project: stamp for project, stamp in self._touched.items() if project in there}

    def _index(self, ref: Ref, old: Record | None, new: Record | None) -> None:
        if ref.kind is Kind.STAGE:
            self._index_stage(ref.key, _as(Stage, old), _as(Stage, new))
        elif ref.kind is Kind.RUN:
            self._index_run(ref.key, _as(Run, old), _as(Run, new))
        elif ref.kind is Kind.SWEEP:
            _relate(self._sweeps_of, ref.key.partition("/")[0], ref.key, _as(Sweep, new))
        elif ref.kind is Kind.COMMENT:
            _relate(self._comments_of, ref.key.partition("/")[0], ref.key, _as(Comment, new))
        elif ref.kind is Kind.PROJECT:
            for found, step in ((old, -1), (new, 1)):
                if isinstance(found, Project) and found.source is not None:
                    self._made_of[found.source] += step
                    if not self._made_of[found.source]:
                        del self._made_of[found.source]

    def _index_stage(self, key: str, old: Stage | None, new: Stage | None) -> None:
        if stage := new or old:
            _relate(self._stages_of, stage.project, key, new)
            _relate(self._stages_of_run, f"{stage.project}/{stage.run}", key, new)
            _set(self._stage_keys, stage.id, key if new else None)
        _set(self._live, key, new if new and new.live else None)
        if old and old.node:
            _relate(self._live_on, old.node, key, None)
        if new and new.node and new.live:
            _relate(self._live_on, new.node, key, new)

    def _index_run(self, key: str, old: Run | None, new: Run | None) -> None:
        active = new if new and new.active else None
        if run := new or old:
            _relate(self._runs_of, run.project, key, new)
            _relate(self._active_of, run.project, key, active)
        _set(self._active, key, active)

    def get(self, ref: Ref) -> Versioned | None:
        return self._records[ref.kind].get(ref.key)

    def revision_of(self, ref: Ref) -> int:
        """The revision of a record's last change, 0 when there is none: what `Expect` wants."""
        found = self.get(ref)
        return found.revision if found else 0

    def all(self, kind: Kind) -> Mapping[str, Versioned]:
        return self._records[kind]

    def touched(self, since: int) -> list[str] | None:
        """Projects of which something changed after the stamp `since`, some of which may be gone; None for all of them,
        since what every project stands on has changed.
        """
        if self._all_touched > since:
            return None
        found: list[str] = []
        for project, stamp in reversed(self._touched.items()):
            if stamp <= since:
                break
            found.append(project)
        return found

    def made_of(self, pipeline: str) -> int:
        """How many projects have a copy of the stored pipeline."""
        return self._made_of.get(pipeline, 0)

    def project(self, project: str) -> Project | None:
        return _only(Project, self.get(project_ref(project)))

    def run(self, project: str, run: str) -> Run | None:
        return _only(Run, self.get(Ref(Kind.RUN, f"{project}/{run}")))

    def stage(self, stage: StageId | str) -> Stage | None:
        """A stage by its id alone, which is unique in the cluster."""
        key = self._stage_keys.get(stage)
        return _only(Stage, self._records[Kind.STAGE].get(key)) if key else None

    def runs_of(self, project: str) -> list[Run]:
        """A project's runs, oldest first."""
        return sorted(self._runs_of.get(project, _NO_RUNS).values(), key=_NUMBER)

    def stages_of(self, project: str) -> list[Stage]:
        """A project's stages, oldest first."""
        return sorted(self._stages_of.get(project, _NO_STAGES).values(), key=_AGE)

    def stages_of_run(self, run: Run) -> list[Stage]:
        """A run's stages, oldest first."""
        return sorted(self._stages_of_run.get(f"{run.project}/{run.id}", _NO_STAGES).values(), key=_AGE)

    def sweeps_of(self, project: str) -> list[Sweep]:
        """A project's sweeps, oldest first."""
        return sorted(self._sweeps_of.get(project, _NO_SWEEPS).values(), key=_FIRST_NUMBER)

    def comments_of(self, project: str) -> Mapping[str, Comment]:
        """The comments on a project's runs, by key."""
        return self._comments_of.get(project, _NO_COMMENTS)

    def live_stages(self) -> Iterator[Stage]:
        yield from self._live.values()

    def holders(self) -> list[NodeId]:
        """Nodes on which live stages are placed, silent ones too."""
        return [NodeId(node) for node, stages in self._live_on.items() if stages]

    @property
    def placed_count(self) -> int:
        """How many stages are on nodes and have not ended."""
        return sum(len(stages) for stages in self._live_on.values())

    def live_on(self, node: NodeId) -> list[Stage]:
        """Stages placed on a node that have not ended."""
        return list(self._live_on.get(node, _NO_STAGES).values())

    def active_runs(self) -> Iterator[Run]:
        yield from self._active.values()

    def active_runs_of(self, project: str) -> list[Run]:
        return list(self._active_of.get(project, _NO_RUNS).values())

    def nodes(self) -> list[Node]:
        return [found.value for found in self._records[Kind.NODE].values() if isinstance(found.value, Node)]

    def policy(self, node: str) -> NodePolicy | None:
        return _only(NodePolicy, self.get(node_policy_ref(node)))

    def node(self, node: str) -> Node | None:
        """A node whose session lives."""
        return _only(Node, self.get(node_ref(node)))

    def silence(self, node: str) -> Silence | None:
        return _only(Silence, self.get(silence_ref(node)))

    def attachment(self, node: str) -> Attachment | None:
        return _only(Attachment, self.get(attachment_ref(node)))

    def volume(self) -> VolumeIdentity | None:
        return _only(VolumeIdentity, self.get(VOLUME_REF))

    def globals(self) -> Globals:
        return _only(Globals, self.get(GLOBALS_REF)) or Globals()

    def limits(self) -> Limits:
        return _only(Limits, self.get(LIMITS_REF)) or Limits()

    def retention(self, project: str = "") -> RetentionPolicy:
        """The policy in force for a project, or for those that have none of their own."""
        own = _only(RetentionPolicy, self.get(retention_ref(project)))
        return own or _only(RetentionPolicy, self.get(retention_ref())) or RetentionPolicy()


def _only(kind: type[T], found: Versioned | None) -> T | None:
    return _as(kind, found.value) if found else None


def _as(kind: type[T], record: Record | None) -> T | None:
    return record if isinstance(record, kind) else None


def _set(table: dict[str, T], key: str, value: T | None) -> None:
    if value is None:
        table.pop(key, None)
    else:
        table[key] = value


def _relate(index: dict[str, dict[str, T]], name: str, key: str, value: T | None) -> None:
    """Who has nothing is forgotten: a million runs that are history must leave nothing here."""
    if value is not None:
        index.setdefault(name, {})[key] = value
    elif name in index:
        index[name].pop(key, None)
        if not index[name]:
            del index[name]
