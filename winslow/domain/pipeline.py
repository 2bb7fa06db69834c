"""Pipeline definitions: a named, versioned graph of stage definitions.

A definition is a preset. Assigning one to a project copies it, so nothing here refers back to a project.
Whether a definition makes sense is decided by `winslow.domain.graph.check`; reading one from YAML is
`winslow.pipelinefile`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NewType

from winslow.domain.resources import Resources

PipelineId = NewType("PipelineId", str)
DefinitionName = NewType("DefinitionName", str)
"""The name of a stage definition: unique in its pipeline, `[a-z][a-z0-9-]{0,39}`."""


class Confirmation(Enum):
    """Whether a person must confirm before the stage starts: never, once in a project, or each time."""

    NEVER = "never"
    ONCE = "once"
    ALWAYS = "always"


class WorkspaceMode(Enum):
    """What the stage's workspace is made from.

    COPY: a copy of the parent's. EMPTY: nothing. CONTINUE: the parent's own directory, changed in place. LAYERED: the
    parent's, which is not copied: only what the stage changes is kept (`winslow.domain.layers`).
    """

    COPY = "copy"
    EMPTY = "empty"
    CONTINUE = "continue"
    LAYERED = "layered"


class Network(Enum):
    NONE = "none"
    BRIDGE = "bridge"
    HOST = "host"


class RetryOn(Enum):
    """Classes of failure that a retry policy may name."""

    ANY = "any"
    EXIT_CODE = "exit-code"
    OUT_OF_MEMORY = "out-of-memory"
    TIMEOUT = "timeout"
    IMAGE = "image"
    DISK_FULL = "disk-full"
    ENGINE = "engine"
    NODE_LOST = "node-lost"


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`attempts` in all, the first included; waits `backoff * factor**n` seconds, at most `backoff_max`, between them."""

    attempts: int = 1
    backoff: float = 10.0
    factor: float = 2.0
    backoff_max: float = 3600.0
    on: frozenset[RetryOn] = frozenset({RetryOn.ANY})


@dataclass(frozen=True, slots=True)
class UserInput:
    """What a person must give before the stage starts: variables without a value, and a confirmation."""

    variables: tuple[str, ...] = ()
    confirmation: Confirmation = Confirmation.NEVER


@dataclass(frozen=True, slots=True)
class LogParser:
    """Named groups of `pattern` (RE2 syntax) become results of the stage; the last match wins."""

    name: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Edge:
    """`stage` comes before; the edge is taken when `when` is empty or true (`winslow.domain.condition`)."""

    stage: DefinitionName
    when: str = ""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class StageDefinition:
    """The preset of a stage. `timeout` and `lost_after` in seconds, 0 timeout for none; `log_limit` in bytes.

    `after` lists what comes before; where several do, all that are taken must have ended, and the first
    of them is the parent whose workspace is passed on. `user` is a user of the image or `uid[:gid]`; empty
    lets the node choose a user that is not root.
    """

    name: DefinitionName
    image: str
    description: str = ""
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    resources: Resources = field(default_factory=Resources)
    after: tuple[Edge, ...] = ()
    timeout: float = 0.0
    lost_after: float = 300.0
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    network: Network = Network.NONE
    user: str = ""
    discardable: bool = False
    workspace: WorkspaceMode = WorkspaceMode.COPY
    user_input: UserInput = field(default_factory=UserInput)
    log_parsers: tuple[LogParser, ...] = ()
    log_limit: int = 1 << 30
    grace: float = 10.0
    """Seconds between SIGTERM and SIGKILL when the stage is stopped."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Pipeline:
    """A graph of stage definitions with environment for all of them. `stages` keeps the author's order."""

    name: str
    stages: tuple[StageDefinition, ...]
    description: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    def stage(self, name: str) -> StageDefinition | None:
        """The definition called `name`, or None."""
        return next((stage for stage in self.stages if stage.name == name), None)


NO_PIPELINE = Pipeline("", ())
"""What a project has before one was chosen."""


@dataclass(frozen=True, slots=True)
class PipelineRecord:
    """A stored version of a pipeline. Versions count from 1; an update makes a new one. `created_at` in Unix seconds."""

    id: PipelineId
    version: int
    pipeline: Pipeline
    author: str
    created_at: float
