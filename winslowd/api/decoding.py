"""What requests say, as the use cases' values, where `winslow.wire` has no word for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from winslow.domain.project import RunMode
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import InvalidArgument
from winslow.wire import names
from winslow.wire.enums import RUN_MODE
from winslow.wire.times import unix_seconds
from winslowd.usecases.listing import Ask
from winslowd.usecases.requests import ANY, NEVER_SAVED


def ask(message: Any) -> Ask:
    """The list that a request asks for; not every list has a filter or an order."""
    return Ask(
        page_size=message.page_size,
        page_token=message.page_token,
        filter=getattr(message, "filter", ""),
        order_by=getattr(message, "order_by", ""),
    )


def mode(value: int) -> RunMode | None:
    """None where the request leaves it as it is."""
    return RUN_MODE.from_proto(value) if value else None


def run_name(name: str) -> tuple[ProjectId, str]:
    """`projects/P/runs/R`, where R may be `-`."""
    project, slash, last = name.rpartition("/runs/")
    if slash and last == names.ANY:
        return names.parse_project(project), last
    return names.parse_run(name)


def stage_name(name: str) -> tuple[str, StageId]:
    """`projects/P/stages/S`, where P may be `-`."""
    if name.startswith(f"projects/{names.ANY}/"):
        return names.ANY, names.parse_any_stage(name)
    return names.parse_stage(name)


def election_name(name: str) -> tuple[str, StageId]:
    """The stage of `projects/P/stages/S/election`, where P may be `-`."""
    stage, slash, last = name.rpartition("/")
    if not slash or last != names.ELECTION:
        raise InvalidArgument(
            f"{name!r} is not the name of an election",
            reason="RESOURCE_NAME_INVALID",
            subject=name,
            hint=f"Write projects/PROJECT/stages/STAGE/{names.ELECTION}",
        )
    return stage_name(stage)


def is_node(name: str) -> bool:
    """Whether it is meant to be a node's name, where stages' are taken too."""
    return name.startswith("nodes/")


def time(message: Any, field: str) -> float | None:
    """Unix seconds; None where it is unset."""
    return unix_seconds(getattr(message, field)) if message.HasField(field) else None


def seen(message: Any) -> int:
    """The optional `expected_revision` of what is there before anybody saved it: 0 in it says that nobody had."""
    if not message.HasField("expected_revision"):
        return ANY
    return message.expected_revision or NEVER_SAVED


def all_stages_of(name: str) -> ProjectId | None:
    """The project of `projects/P/stages/-`; None for any other name."""
    project, slash, last = name.rpartition("/stages/")
    return names.parse_project(project) if slash and last == names.ANY else None


def parent(message: Any) -> StageId | None:
    """Unset lets us choose, "" is the zeroth workspace."""
    if not message.HasField("parent"):
        return None
    return stage_name(message.parent)[1] if message.parent else StageId("")


def masked(message: Any, mask: Iterable[str], known: Iterable[str]) -> frozenset[str]:
    """The fields that an update changes: those of its mask, or all that are set. Raises InvalidArgument (MASK_INVALID)."""
    paths, fields = frozenset(mask), frozenset(known)
    if unknown := sorted(paths - fields - {"*"}):
        raise InvalidArgument(
            f"The update mask names {', '.join(unknown)}",
            reason="MASK_INVALID",
            subject="update_mask",
            hint=f"It may name {', '.join(sorted(fields))}",
        )
    if "*" in paths:
        return fields
    return paths or frozenset(field.name for field, _ in message.ListFields() if field.name in fields)
