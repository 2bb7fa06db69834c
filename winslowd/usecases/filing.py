"""What archived records are found by: the same facts that lists of live ones are filtered and sorted by."""

from __future__ import annotations

from winslow.domain.project import Run
from winslow.domain.query import Facts
from winslow.domain.records import Comment
from winslow.domain.stage import Stage
from winslow.ports import Archived
from winslowd.usecases import past, runs, stages


def facts(found: Archived) -> Facts:
    """Of an ended run, an ended stage, or a comment; stages and comments are found by their run, too."""
    match found.value:
        case Stage():
            return stages.LISTING.facts(past.stage_shown(found))
        case Run():
            return runs.LISTING.facts(past.run_shown(found))
        case Comment(run=run):
            listed = runs.COMMENTS.facts(found.value)
            return Facts(listed.name, listed.orders, {"run": (run,), "author": listed.fields["author"]})
        case _:
            raise AssertionError(f"{found.ref} is never archived")
