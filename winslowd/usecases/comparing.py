"""What differs between two attempts: their variables, results, definitions, and what they made in /output and /workspace.

Files are compared where they lie, page by page, or by what was listed of them when they are gone (`winslow.ports.Compares`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum

from winslow.domain.principal import Principal
from winslow.domain.stage import Stage, StageId
from winslow.errors import InvalidArgument
from winslow.ports import Compares, Differing, Side, Spot
from winslowd.usecases import past
from winslowd.usecases.listing import Ask, decode_token, encode_token, page_size
from winslowd.usecases.past import Past

READ_MAX = 16 << 20
"""Bytes up to which a file of the same size but another time is read to be sure."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A value before and after; None where there is none."""

    key: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`unknown`: those of the two of whose workspace nobody can tell any more what it held; then workspaces are left out."""

    before: Stage
    after: Stage
    environment: tuple[Difference, ...]
    results: tuple[Difference, ...]
    definition: tuple[Difference, ...]
    files: tuple[Differing, ...]
    next_page_token: str
    unknown: tuple[StageId, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparing:
    """Compares two attempts, of one project or of two."""

    past: Past
    compares: Compares

    async def compare(self, asker: Principal, before: tuple[str, str], after: tuple[str, str], ask: Ask) -> Comparison:
        """`before` and `after` are (project, stage). Values come on the first page only, and a page may have fewer files than
        were asked for though it is not the last.

        Raises NotFound (STAGE_UNKNOWN), InvalidArgument (PAGE_TOKEN_INVALID).
        """
        old, new = [past.stage_shown(await self.past.stage(*one)).stage for one in (before, after)]
        asked = f"compare\0{old.id}\0{new.id}"
        at = _spot(ask.page_token, asked)
        found = await self.compares.page(_side(old), _side(new), at, page_size(ask.page_size), READ_MAX)
        token = encode_token((found.next.path, f"{found.next.before},{found.next.after}"), asked) if found.next else ""
        values = replace(_values(old, new), files=found.found, next_page_token=token, unknown=found.unknown)
        return values if not ask.page_token else replace(values, environment=(), results=(), definition=())


def _spot(token: str, asked: str) -> Spot:
    if not token:
        return Spot()
    path, offsets = decode_token(token, asked)
    before, _, after = offsets.partition(",")
    if not (before.isdecimal() and after.isdecimal()):
        raise InvalidArgument(
            "The page token does not belong to this list",
            reason="PAGE_TOKEN_INVALID",
            hint="Begin again without a token",
        )
    return Spot(str(path), int(before), int(after))


def _side(stage: Stage) -> Side:
    return Side(stage.project, stage.id, stage.workspace)


def _values(old: Stage, new: Stage) -> Comparison:
    return Comparison(
        before=old,
        after=new,
        environment=_between(_variables(old), _variables(new)),
        results=_between(old.results, new.results),
        definition=_between(_flat(old), _flat(new)),
        files=(),
        next_page_token="",
    )


def _between(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Difference, ...]:
    keys = sorted(old.keys() | new.keys())
    return tuple(Difference(key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key))


def _variables(stage: Stage) -> dict[str, str]:
    """Without those that differ in every attempt."""
    return {one.name: one.value for one in stage.environment if not one.name.startswith("WINSLOW_")}


def _flat(stage: Stage) -> dict[str, str]:
    """The definition, and the image that was really used, as texts by dotted path; environment apart."""
    flat = {"image_digest": stage.image_digest}
    _flatten("", replace(stage.definition, environment={}), flat.__setitem__)
    return flat


def _flatten(path: str, value: object, put: Callable[[str, str], None]) -> None:
    if is_dataclass(value):
        for one in fields(value):
            _flatten(f"{path}.{one.name}" if path else one.name, getattr(value, one.name), put)
    elif isinstance(value, frozenset):
        put(path, ", ".join(sorted(_text(one) for one in value)))
    elif isinstance(value, tuple):
        if any(is_dataclass(item) for item in value):
            for index, item in enumerate(value):
                _flatten(f"{path}[{index}]", item, put)
        elif value:  # none at all differs from one in what is there, not in a line of its own
            put(path, " ".join(_text(one) for one in value))
    elif not isinstance(value, Mapping):
        put(path, _text(value))


def _text(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    return f"{value:g}" if isinstance(value, float) else str(value)
