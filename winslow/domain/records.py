"""The records that a cluster shares, and what a change to them is. The store keeps them, everyone sees them.

A record is a frozen value with a key and a revision. A commit is one transaction: it happens whole, or not
at all because an expectation did not hold. `View` is what a daemon has seen so far, with the few indexes that
decisions need; it only ever changes by `apply`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from winslow.domain.node import Attachment, Node, NodePolicy, Reservation, Silence
from winslow.domain.pipeline import PipelineRecord
from winslow.domain.project import Project, Run, Sweep
from winslow.domain.retention import RetentionClock, RetentionPolicy
from winslow.domain.stage import NodeId, ProjectId, RunId, Stage, StageId

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Globals:
    """Environment of every stage in the cluster: the outermost of the four layers."""

    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many stages may be placed at a time, 0 for as many as fit; `users` and `projects` name those that have their own."""

    per_user: int = 0
    per_project: int = 0
    users: Mapping[str, int] = field(default_factory=dict)
    projects: Mapping[str, int] = field(default_factory=dict)

    def of_user(self, user: str) -> int:
        return self.users.get(user, self.per_user)

    def of_project(self, project: str) -> int:
        return self.projects.get(project, self.per_project)


@dataclass(frozen=True, slots=True)
class VolumeIdentity:
    """The volume that is the cluster's: a file at its root says the same `id`. Another one, or none, is another volume."""

    id: str


@dataclass(frozen=True, slots=True)
class Comment:
    """What a person wrote on a run. `at` in Unix seconds."""

    project: ProjectId
    run: RunId
    number: int
    author: str
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """The memory of a request: the same request ID again gets `answer`, a resource name; another request with it is refused."""

    fingerprint: str
    answer: str


class Kind(Enum):
    """The value is the record's place in the key space."""

    PIPELINE = "pipelines"
    PIPELINE_VERSION = "pipeline-versions"
    PROJECT = "projects"
    RUN = "runs"
    SWEEP = "sweeps"
    STAGE = "stages"
    COMMENT = "comments"
    NODE = "nodes"
    NODE_POLICY = "node-policies"
    RESERVATION = "reservations"
    SILENCE = "silences"
    ATTACHMENT = "attachments"
    VOLUME = "volume"
    GLOBALS = "globals"
    LIMITS = "limits"
    RETENTION = "retention"
    RETENTION_CLOCK = "retention-clock"
    REQUEST = "requests"


Record = (
    PipelineRecord
    | Project
    | Run
    | Sweep
    | Stage
    | Comment
    | Node
    | NodePolicy
    | Reservation
    | Silence
    | Attachment
    | VolumeIdentity
    | Globals
    | Limits
    | RetentionPolicy
    | RetentionClock
    | Done
)


class Lifetime(Enum):
    """DURABLE until deleted; SESSION while the writer's session lives; REQUEST for a day."""

    DURABLE = "durable"
    SESSION = "session"
    REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Ref:
    """The key of a record: its kind and a path within it, for instance `PROJECT/STAGE` for a stage."""

    kind: Kind
    key: str

    def __str__(self) -> str:
        return f"{self.kind.value}/{self.key}"


@dataclass(frozen=True, slots=True)
class Versioned:
    """A record with the revision of its last change and of its creation.

    `unknown` is what a newer version wrote in it and this one does not know; the store keeps it when it is written again.
    """

    value: Record
    revision: int
    created: int
    unknown: bytes = b""


@dataclass(frozen=True, slots=True)
class Put:
    """`unknown` is `Versioned.unknown` of a record that comes back; of one that is there the store keeps what there is."""

    ref: Ref
    value: Record
    lifetime: Lifetime = Lifetime.DURABLE
    unknown: bytes = b""


@dataclass(frozen=True, slots=True)
class Expect:
    """The record's revision must be this one; 0 means that it must not exist."""

    ref: Ref
    revision: int


@dataclass(frozen=True, slots=True)
class Fence:
    """The writer is leader (or holds a lock) only while `key` still has this create revision."""

    key: str
    revision: int


@dataclass(frozen=True, slots=True)
class Commit:
    """One transaction: all puts and deletes, or none because an expectation or the fence did not hold."""

    puts: tuple[Put, ...] = ()
    deletes: tuple[Ref, ...] = ()
    expects: tuple[Expect, ...] = ()
    fence: Fence | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One record as it became at `revision`; `now` is None when it was deleted, `before` None when it was made."""

    ref: Ref
    revision: int
    before: Versioned | None
    now: Versioned | None


def pipeline_ref(pipeline: str) -> Ref:
    return Ref(Kind.PIPELINE, pipeline)


def pipeline_version_ref(pipeline: str, version: int) -> Ref:
    return Ref(Kind.PIPELINE_VERSION, f"{pipeline}/{version:08d}")


def project_ref(project: str) -> Ref:
    return Ref(Kind.PROJECT, project)


def run_ref(run: Run) -> Ref:
    return Ref(Kind.RUN, f"{run.project}/{run.id}")


def sweep_ref(sweep: Sweep) -> Ref:
    return Ref(Kind.SWEEP, f"{sweep.project}/{sweep.id}")


def stage_ref(stage: Stage) -> Ref:
    return Ref(Kind.STAGE, f"{stage.project}/{stage.id}")


def node_ref(node: str) -> Ref:
    return Ref(Kind.NODE, node)


def node_policy_ref(node: str) -> Ref:
    return Ref(Kind.NODE_POLICY, node)


def reservation_ref(node: str) -> Ref:
    return Ref(Kind.RESERVATION, node)


def silence_ref(node: str) -> Ref:
    return Ref(Kind.SILENCE, node)


def attachment_ref(node: str) -> Ref:
    return Ref(Kind.ATTACHMENT, node)


VOLUME_REF = Ref(Kind.VOLUME, "identity")
GLOBALS_REF = Ref(Kind.GLOBALS, "environment")
LIMITS_REF = Ref(Kind.LIMITS, "limits")
RETENTION_CLOCK_REF = Ref(Kind.RETENTION_CLOCK, "clock")


def retention_ref(project: str = "") -> Ref:
    """The retention policy of a project, or of the cluster."""
    return Ref(Kind.RETENTION, f"projects/{project}" if project else "cluster")


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
        self._runs_of: defaultdict[str, set[str]] = defaultdict(set)
        self._stages_of: defaultdict[str, set[str]] = defaultdict(set)
        self._stages_of_run: defaultdict[str, set[str]] = defaultdict(set)
        self._live: dict[str, Stage] = {}
        self._live_on: defaultdict[str, dict[str, Stage]] = defaultdict(dict)
        self._active: dict[str, Run] = {}
        self._active_of: defaultdict[str, set[str]] = defaultdict(set)
        self._stage_keys: dict[str, str] = {}

    def apply(self, revision: int, changes: Iterable[tuple[Ref, Versioned | None]]) -> tuple[Change, ...]:
        """Take changes in and say what each one changed. Changes that are already there are left out."""
        done: list[Change] = []
        for ref, now in changes:
            table = self._records[ref.kind]
            before = table.get(ref.key)
            if before == now or (before and now and now.revision <= before.revision):
                continue
            if now is None:
                table.pop(ref.key, None)
            else:
                table[ref.key] = now
            self._index(ref, before, now)
            done.append(Change(ref, now.revision if now else revision, before, now))
        self.revision = max(self.revision, revision)
        return tuple(done)

    def _index(self, ref: Ref, before: Versioned | None, now: Versioned | None) -> None:
        project = ref.key.partition("/")[0]
        if ref.kind is Kind.STAGE:
            old = before.value if before else None
            new = now.value if now else None
            stage = new or old
            assert isinstance(stage, Stage)
            self._relate(self._stages_of, project, ref.key, now is not None)
            self._relate(self._stages_of_run, f"{stage.project}/{stage.run}", ref.key, now is not None)
            if now:
                self._stage_keys[stage.id] = ref.key
            else:
                self._stage_keys.pop(stage.id, None)
            self._index_live(ref.key, old, new)
        elif ref.kind is Kind.RUN:
            run = now.value if now and isinstance(now.value, Run) and now.value.active else None
            self._relate(self._runs_of, project, ref.key, now is not None)
            self._relate(self._active_of, project, ref.key, run is not None)
            if run:
                self._active[ref.key] = run
            else:
                self._active.pop(ref.key, None)

    def _index_live(self, key: str, old: Record | None, new: Record | None) -> None:
        if isinstance(old, Stage) and old.node and key in self._live_on.get(old.node, ()):
            del self._live_on[old.node][key]
            if not self._live_on[old.node]:
                del self._live_on[old.node]
        if isinstance(new, Stage) and new.live:
            self._live[key] = new
            if new.node:
                self._live_on[new.node][key] = new
        else:
            self._live.pop(key, None)

    @staticmethod
    def _relate(index: defaultdict[str, set[str]], name: str, key: str, related: bool) -> None:
        """Who has no keys is forgotten: a million runs that are history must leave nothing here."""
        if related:
            index[name].add(key)
        elif name in index:
            index[name].discard(key)
            if not index[name]:
                del index[name]

    def get(self, ref: Ref) -> Versioned | None:
        return self._records[ref.kind].get(ref.key)

    def revision_of(self, ref: Ref) -> int:
        """The revision of a record's last change, 0 when there is none: what `Expect` wants."""
        found = self.get(ref)
        return found.revision if found else 0

    def all(self, kind: Kind) -> Mapping[str, Versioned]:
        return self._records[kind]

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
        runs = [_only(Run, self._records[Kind.RUN].get(key)) for key in self._runs_of.get(project, ())]
        return sorted((run for run in runs if run), key=lambda run: run.number)

    def stages_of(self, project: str) -> list[Stage]:
        """A project's stages, oldest first."""
        return self._stages(self._stages_of.get(project, ()))

    def stages_of_run(self, run: Run) -> list[Stage]:
        return self._stages(self._stages_of_run.get(f"{run.project}/{run.id}", ()))

    def _stages(self, keys: Iterable[str]) -> list[Stage]:
        stages = [_only(Stage, self._records[Kind.STAGE].get(key)) for key in keys]
        return sorted((stage for stage in stages if stage), key=lambda stage: (stage.created_at, stage.id))

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
        return list(self._live_on.get(node, {}).values())

    def active_runs(self) -> Iterator[Run]:
        yield from self._active.values()

    def active_runs_of(self, project: str) -> list[Run]:
        return [self._active[key] for key in self._active_of.get(project, ())]

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
    return found.value if found and isinstance(found.value, kind) else None
