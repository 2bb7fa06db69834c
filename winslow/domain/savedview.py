"""A saved view: what somebody looks for among the projects again and again, by a name. (`view.View` is another thing.)

What its search means is for the pages to know; here it is a text of a certain shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

from winslow.domain.principal import Principal

ViewId = NewType("ViewId", str)


@dataclass(frozen=True, slots=True)
class SavedView:
    """`search` is what the list's address says behind its question mark. A `shared` one everybody sees, else its author alone."""

    id: ViewId
    name: str
    search: str
    author: str
    created_at: float
    shared: bool = False

    def seen_by(self, asker: Principal) -> bool:
        return self.shared or self.author == asker.name

    def changed_by(self, asker: Principal) -> bool:
        return asker.admin or self.author == asker.name
