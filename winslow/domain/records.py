"""The records that a cluster shares, and what a change to them is. The store keeps them, everyone sees them.

A record is a frozen value with a key and a revision. A commit is one transaction: it happens whole, or not
at all because an expectation did not hold. What a daemon has seen of them is in `winslow.domain.view`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from winslow.domain.node import Attachment, Node, NodePolicy, Reservation, Silence
from winslow.domain.notices import Noted
from winslow.domain.pipeline import PipelineRecord
from winslow.domain.project import Project, Run, Sweep
from winslow.domain.retention import RetentionClock, RetentionPolicy
from winslow.domain.savedview import SavedView
from winslow.domain.stage import ProjectId, RunId, Stage
from winslow.domain.subscription import Delivery, Notice, Subscription

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
    VIEW = "views"
    SUBSCRIPTION = "subscriptions"
    DELIVERY = "deliveries"
    NOTICE = "notices"
    NOTED = "noted"
    REQUEST = "requests"


IN_PROJECT = frozenset({Kind.PROJECT, Kind.RUN, Kind.SWEEP, Kind.STAGE, Kind.COMMENT})
"""Kinds whose keys begin with their project's id."""

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
    | SavedView
    | Subscription
    | Delivery
    | Notice
    | Noted
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


def saved_view_ref(view: str) -> Ref:
    return Ref(Kind.VIEW, view)


def subscription_ref(subscription: str) -> Ref:
    return Ref(Kind.SUBSCRIPTION, subscription)


def delivery_ref(subscription: str) -> Ref:
    return Ref(Kind.DELIVERY, subscription)


def notice_ref(notice: str) -> Ref:
    return Ref(Kind.NOTICE, notice)


def noted_ref(subject: str) -> Ref:
    """What was noticed of a project, or of the cluster."""
    return Ref(Kind.NOTED, f"projects/{subject}" if subject else "cluster")


def retention_ref(project: str = "") -> Ref:
    """The retention policy of a project, or of the cluster."""
    return Ref(Kind.RETENTION, f"projects/{project}" if project else "cluster")
