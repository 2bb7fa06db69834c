"""Who is told what, and where: subscriptions, what is told, and how far each has been told.

It never needs to know how something is told; that is for whoever tells.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import NewType

from winslow.domain.pipeline import DefinitionName
from winslow.domain.principal import Principal
from winslow.domain.stage import NodeId, ProjectId, RunId, StageId

SubscriptionId = NewType("SubscriptionId", str)


class Occasion(Enum):
    AWAITING_INPUT = "AWAITING_INPUT"
    FAILED = "FAILED"
    SUCCEEDED = "SUCCEEDED"
    NODE_LOST = "NODE_LOST"
    STORAGE_WARNING = "STORAGE_WARNING"


OF_PROJECTS = frozenset({Occasion.AWAITING_INPUT, Occasion.FAILED, Occasion.SUCCEEDED})


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened `at` (Unix seconds) and is to be told. `id` follows from what happened; `text` is for people."""

    id: str
    occasion: Occasion
    at: float
    text: str
    project: ProjectId | None = None
    project_name: str = ""
    tags: frozenset[str] = frozenset()
    run: RunId | None = None
    definition: DefinitionName | None = None
    stage: StageId | None = None
    node: NodeId | None = None

    @property
    def path(self) -> str:
        """The page of the web UI on which it is seen and acted upon."""
        match self.occasion, self.project:
            case Occasion.AWAITING_INPUT, str() if self.run and self.definition:
                return f"/projects/{self.project}/runs/{self.run}/gates/{self.definition}"
            case Occasion.FAILED, str() if self.stage:
                return f"/projects/{self.project}/stages/{self.stage}"
            case _, str():
                return f"/projects/{self.project}"
            case Occasion.NODE_LOST, _ if self.node:
                return f"/nodes/{self.node}"
            case _:
                return "/nodes"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Told at exactly one of `url` and `email`, of the `occasions`; of one `project` only, or of those with one of `tags`."""

    id: SubscriptionId
    author: str
    created_at: float
    occasions: frozenset[Occasion]
    url: str = ""
    email: str = ""
    secret: str = field(default="", repr=False)
    project: ProjectId | None = None
    tags: frozenset[str] = frozenset()
    disabled: bool = False

    def takes(self, notice: Notice) -> bool:
        """Whether it wants to be told. Of nodes and storage it is told whatever its project and tags."""
        if self.disabled or notice.occasion not in self.occasions:
            return False
        if notice.occasion not in OF_PROJECTS:
            return True
        return self.project in (None, notice.project) and (not self.tags or bool(self.tags & notice.tags))

    def belongs_to(self, asker: Principal) -> bool:
        """Whether the asker may see and change it."""
        return asker.admin or self.author == asker.name


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far a subscription has been told: of notices up to `told`, a revision.

    `failures` are attempts in a row, the first of them at `failing_since`; times in Unix seconds.
    """

    subscription: SubscriptionId
    told: int
    attempt_at: float | None = None
    error: str = ""
    failures: int = 0
    failing_since: float | None = None
