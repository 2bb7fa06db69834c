"""A stage: one attempt to execute a stage definition. Its inputs are frozen when it is made.

States and moves are in `winslow.domain.lifecycle`; nothing else changes a stage's state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NewType

from winslow.domain.pipeline import DefinitionName, StageDefinition

StageId = NewType("StageId", str)
"""`<definition>-<run>-<try>-<project suffix>`: unique in the cluster, the container's name and the directory's."""
ProjectId = NewType("ProjectId", str)
RunId = NewType("RunId", str)
NodeId = NewType("NodeId", str)
WorkspaceId = NewType("WorkspaceId", str)
"""The stage whose directory a workspace is, or "" for the project's zeroth workspace."""


class State(Enum):
    QUEUED = "QUEUED"
    ELECTING = "ELECTING"
    PREPARING = "PREPARING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    ABORTED = "ABORTED"
    LOST = "LOST"
    SKIPPED = "SKIPPED"


ENDED = frozenset({State.SUCCEEDED, State.FAILED, State.ABORTED, State.LOST, State.SKIPPED})
WAITING = frozenset({State.QUEUED, State.ELECTING})
PLACED = frozenset({State.PREPARING, State.RUNNING})
"""States in which a stage holds its node's resources."""


class Cause(Enum):
    """Why a stage did not succeed."""

    EXIT_CODE = "EXIT_CODE"
    SIGNAL = "SIGNAL"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    TIMEOUT = "TIMEOUT"
    IMAGE_MISSING = "IMAGE_MISSING"
    COMMAND_NOT_FOUND = "COMMAND_NOT_FOUND"
    DISK_FULL = "DISK_FULL"
    ABORTED = "ABORTED"
    NODE_LOST = "NODE_LOST"
    STORAGE = "STORAGE"
    ENGINE = "ENGINE"


class Layer(Enum):
    """Where the value of a variable comes from; a later one wins over an earlier one.

    SUBMISSION is what a person gave just before the attempt was submitted: at the start of a run, at a gate, in a sweep.
    """

    GLOBAL = "global"
    PIPELINE = "pipeline"
    STAGE = "stage"
    SUBMISSION = "submission"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    value: str
    layer: Layer


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something waits or was decided: a stable `code` for programs, a `text` that a person can act on."""

    code: str
    text: str


DRAIN = "winslow, to drain the node"
"""Who asks for the abort of what still runs at the deadline of a drain."""


@dataclass(frozen=True, slots=True)
class Abort:
    """Somebody asked for the stage to be aborted. `at` in Unix seconds."""

    by: str
    at: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. `cause` is None exactly on success.

    `exit_code` is None where no process was launched, and 128 + the signal, as shells have it, where one was killed.
    """

    exit_code: int | None = None
    cause: Cause | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """One attempt. Times in Unix seconds, None until they happen; `progress` is 0 to 1, None when unknown.

    `parent` is the logically previous stage; `joined` maps the other stages that came before, by definition
    name. `fence` is the etcd revision of the award: an action that carries an older one is refused.
    """

    id: StageId
    project: ProjectId
    run: RunId
    definition: StageDefinition
    attempt: int
    created_at: float
    created_by: str
    parent: StageId | None = None
    joined: Mapping[DefinitionName, StageId] = field(default_factory=dict)
    workspace: WorkspaceId = WorkspaceId("")
    environment: tuple[Variable, ...] = ()
    state: State = State.QUEUED
    reason: Reason | None = None
    not_before: float = 0.0
    node: NodeId | None = None
    gpus: tuple[str, ...] = ()
    fence: int = 0
    image_digest: str = ""
    placed_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    progress: float | None = None
    results: Mapping[str, str] = field(default_factory=dict)
    outcome: Outcome | None = None
    abort: Abort | None = None
    retry_of: StageId | None = None
    pinned: bool = False
    comment: str = ""
    workspace_dropped_at: float | None = None
    """When its workspace was given up to save space: nothing can be made from it any more."""
    waited: Mapping[str, float] = field(default_factory=dict)
    """Seconds that it has waited so far, by the code of the reason; what it waits for now counts from `waits_since`."""
    waits_since: float | None = None

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def live(self) -> bool:
        return self.state not in ENDED

    def due(self, now: float) -> bool:
        """Whether it waits for no back-off. Before it was made means by another leader's clock, a day behind perhaps: no reason to wait."""
        return not self.created_at <= now < self.not_before

    @property
    def stopped(self) -> bool:
        """Whether somebody asked for its end. What a drain moves on is not stopped: it is tried elsewhere."""
        return self.abort is not None and self.abort.by != DRAIN

    @property
    def moved_on(self) -> bool:
        """Whether a drain ended it, and nothing else: an attempt that its retry policy does not count."""
        drained = self.abort is not None and self.abort.by == DRAIN
        return drained and self.outcome is not None and self.outcome.cause is Cause.ABORTED
