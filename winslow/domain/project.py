"""A project is the root of a work item, usually one video; a run is one walk of its pipeline.

A project's runs share its tree of attempts: a redo or a jump is a new run that inherits the attempts it
does not execute again. What a run does next is decided in `winslow.domain.progress`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NewType

from winslow.domain.pipeline import NO_PIPELINE, DefinitionName, Pipeline, PipelineId
from winslow.domain.resources import Resources
from winslow.domain.stage import ProjectId, Reason, RunId, StageId

SweepId = NewType("SweepId", str)


class ProjectState(Enum):
    """Derived, never stored. FAILED is a pause that a failure caused: nothing moves until a person acts."""

    IDLE = "IDLE"
    RUNNING = "RUNNING"
    AWAITING_INPUT = "AWAITING_INPUT"
    PAUSED = "PAUSED"
    FAILED = "FAILED"
    SUCCEEDED = "SUCCEEDED"


class RunMode(Enum):
    RUN_ON = "run-on"
    ONE_STAGE = "one-stage"


class RunEnd(Enum):
    """How a run ended. SUPERSEDED: a later run of the project took its place before it was through."""

    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    SUPERSEDED = "SUPERSEDED"


@dataclass(frozen=True, slots=True)
class Override:
    """What a person changed of a stage definition just before submission; None leaves it as defined."""

    environment: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] | None = None
    resources: Resources | None = None
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person gave at a gate: the confirmation of `definition`, and values for variables. `at` in Unix seconds.

    They were asked at `asked_at`; None where that was not noted.
    """

    by: str
    at: float
    environment: Mapping[str, str] = field(default_factory=dict)
    asked_at: float | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A run that goes no further until a person resumes it. `stage` is the attempt that caused it, if one did."""

    reason: Reason
    by: str
    at: float
    stage: StageId | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One walk of the pipeline from the definitions in `start`.

    `parent` is the attempt whose workspace the first stage is made from (None: the zeroth workspace).
    `inherited` maps definitions that are not executed again to the attempts that stand for them.
    `attempts` maps each definition executed in this run to its attempts, oldest first.
    `only` names the definitions it may begin before it pauses; empty for all.
    `skipped` names definitions that a person chose to skip; `again` those whose failed attempt a person
    wants tried again, beyond what the retry policy grants. `resumed` maps those that a person who resumed
    the run let begin to that person, until they have begun.
    """

    id: RunId
    project: ProjectId
    number: int
    start: tuple[DefinitionName, ...]
    created_at: float
    created_by: str
    mode: RunMode = RunMode.RUN_ON
    parent: StageId | None = None
    inherited: Mapping[DefinitionName, StageId] = field(default_factory=dict)
    attempts: Mapping[DefinitionName, tuple[StageId, ...]] = field(default_factory=dict)
    only: frozenset[DefinitionName] = frozenset()
    skipped: frozenset[DefinitionName] = frozenset()
    again: frozenset[DefinitionName] = frozenset()
    resumed: Mapping[DefinitionName, str] = field(default_factory=dict)
    overrides: Mapping[DefinitionName, Override] = field(default_factory=dict)
    answers: Mapping[DefinitionName, Answer] = field(default_factory=dict)
    hold: Hold | None = None
    sweep: SweepId | None = None
    end: RunEnd | None = None
    ended_at: float | None = None
    comment: str = ""

    @property
    def active(self) -> bool:
        return self.end is None


@dataclass(frozen=True, slots=True)
class Axis:
    """One variable of a sweep and the values it takes."""

    variable: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sweep:
    """The product of its axes over one definition: a run for each point, side by side where nodes allow.

    With `keep_going` a point that fails does not stop the rest. `first_number` is the number of the first
    point's run; runs are made in batches, `made` of them so far, so that a large sweep is acknowledged at once.
    `succeeded` and `failed` count its runs once they have ended and may be history; 0 while they are counted themselves.
    """

    id: SweepId
    project: ProjectId
    start: DefinitionName
    axes: tuple[Axis, ...]
    created_at: float
    created_by: str
    mode: RunMode = RunMode.ONE_STAGE
    keep_going: bool = True
    parent: StageId | None = None
    inherited: Mapping[DefinitionName, StageId] = field(default_factory=dict)
    override: Override = field(default_factory=Override)
    first_number: int = 0
    made: int = 0
    succeeded: int = 0
    failed: int = 0
    stopped: Reason | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Bytes that a project's files may take (0: as many as there are) and take; `kept` where the file system refuses more."""

    quota: int
    used: int
    kept: bool


@dataclass(frozen=True, slots=True)
class Project:
    """The root of a work item. `pipeline` is the project's own copy; `source` and `source_version` say of what.

    Until a pipeline was chosen it is `NO_PIPELINE`: such a project has files, and nothing runs in it.

    `suffix` is the random tail of the id, used in stages' ids. `next_run` numbers runs from 1.
    """

    id: ProjectId
    name: str
    pipeline: Pipeline
    author: str
    created_at: float
    suffix: str
    source: PipelineId | None = None
    source_version: int = 0
    tags: frozenset[str] = frozenset()
    participants: frozenset[str] = frozenset()
    description: str = ""
    next_run: int = 1
    confirmed: frozenset[DefinitionName] = frozenset()
    """Definitions whose `once` confirmation was given in this project."""
    deleting: bool = False
    priority: int = 0
    """Among stages that wait, those of a higher one come first."""
    quota: int = 0
    """Bytes that all its files may take; 0 for none."""
    dropping: Mapping[StageId, float] = field(default_factory=dict)
    """Workspaces that are being removed, and since when; those whose records are history are not marked otherwise yet."""

    @property
    def chosen(self) -> bool:
        """Whether it has a pipeline."""
        return self.pipeline != NO_PIPELINE
