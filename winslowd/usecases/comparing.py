"""What differs between two attempts: their variables, results, definitions, and what they made in /output and /workspace.

Files are compared by size and time first; where only the time differs a small one is read and a large one is taken for
changed, so that comparing two workspaces never reads terabytes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum

from winslow.domain.layout import Location, Pool, workspace_path
from winslow.domain.principal import Principal
from winslow.domain.stage import Stage
from winslow.errors import NotFound
from winslow.ports import Entry, Files
from winslowd.usecases import past
from winslowd.usecases.files import stage_output
from winslowd.usecases.listing import Ask, decode_token, encode_token, page_size
from winslowd.usecases.past import Past

READ_MAX = 16 << 20
"""Bytes up to which a file of the same size but another time is read to be sure."""
ENTRIES = 1000


@dataclass(frozen=True, slots=True)
class Difference:
    """A value before and after; None where there is none."""

    key: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class FileDifference:
    """A file that was added (no `before`), removed (no `after`) or changed; `path` is `output/...` or `workspace/...`."""

    path: str
    before: Entry | None
    after: Entry | None


@dataclass(frozen=True, slots=True)
class Comparison:
    before: Stage
    after: Stage
    environment: tuple[Difference, ...]
    results: tuple[Difference, ...]
    definition: tuple[Difference, ...]
    files: tuple[FileDifference, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class Comparing:
    """Compares two attempts, of one project or of two."""

    past: Past
    files: Files

    async def compare(self, asker: Principal, before: tuple[str, str], after: tuple[str, str], ask: Ask) -> Comparison:
        """`before` and `after` are (project, stage). Values come on the first page only. Raises NotFound (STAGE_UNKNOWN)."""
        old, new = [past.stage_shown(await self.past.stage(*one)).stage for one in (before, after)]
        asked = f"compare\0{old.id}\0{new.id}"
        last = str(decode_token(ask.page_token, asked)[0]) if ask.page_token else ""
        size = page_size(ask.page_size)
        differing: list[FileDifference] = []
        async for difference in self._differing(old, new, last):
            differing.append(difference)
            if len(differing) > size:
                break
        more = len(differing) > size
        found = tuple(differing[:size])
        token = encode_token((found[-1].path, ""), asked) if more else ""
        values = replace(_values(old, new), files=found, next_page_token=token)
        return values if not last else replace(values, environment=(), results=(), definition=())

    async def _differing(self, old: Stage, new: Stage, last: str) -> AsyncIterator[FileDifference]:
        """Files that differ, whose paths come after `last`; a directory's own entries stay together."""
        passed = tuple(last.split("/")) if last else ()
        for tree, place in PLACES:
            before, after = place(old), place(new)
            if before == after or (tree,) < passed[:1]:
                continue
            async for path, one, other in self._pairs(before, after, ""):
                if (tree, *path.split("/")) > passed and await self._differs(before, after, path, one, other):
                    yield FileDifference(f"{tree}/{path}", one, other)

    async def _pairs(
        self, before: Location, after: Location, directory: str
    ) -> AsyncIterator[tuple[str, Entry | None, Entry | None]]:
        """Everything but directories, in both or one of them, in the order of the paths' parts."""
        old, new = await self._entries(before, directory), await self._entries(after, directory)
        for name in sorted(old.keys() | new.keys()):
            path = f"{directory}/{name}" if directory else name
            one, other = _no_directory(old.get(name)), _no_directory(new.get(name))
            if one or other:
                yield path, one, other
            if (name in old and one is None) or (name in new and other is None):
                async for pair in self._pairs(before, after, path):
                    yield pair

    async def _entries(self, root: Location, directory: str) -> Mapping[str, Entry]:
        found: dict[str, Entry] = {}
        after = ""
        while True:
            try:
                page = await self.files.entries(replace(root, relative=directory), after, ENTRIES)
            except NotFound:
                return found  # dropped, or only in the other one
            found.update((entry.name, entry) for entry in page)
            if len(page) < ENTRIES:
                return found
            after = page[-1].name

    async def _differs(
        self, before: Location, after: Location, path: str, one: Entry | None, other: Entry | None
    ) -> bool:
        if one is None or other is None:
            return one is not other
        if (one.kind, one.size) != (other.kind, other.size):
            return True
        if one.modified == other.modified or one.kind != "file":
            return False
        if one.size > READ_MAX:
            return True
        digests = [await self.files.digest(replace(root, relative=path)) for root in (before, after)]
        return digests[0] != digests[1]


def _output(stage: Stage) -> Location:
    return stage_output(stage.project, stage.id, "")


def _workspace(stage: Stage) -> Location:
    root = workspace_path(stage.project, stage.workspace)
    return Location(Pool.STAGE_WORKSPACE, root, "", stage.project, stage.id)


PLACES = (("output", _output), ("workspace", _workspace))
"""What is compared of an attempt's files, in the order of the names."""


def _no_directory(entry: Entry | None) -> Entry | None:
    return None if entry is None or entry.kind == "directory" else entry


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
        if value and is_dataclass(value[0]):
            for index, item in enumerate(value):
                _flatten(f"{path}[{index}]", item, put)
        else:
            put(path, " ".join(_text(one) for one in value))
    elif not isinstance(value, Mapping):
        put(path, _text(value))


def _text(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    return f"{value:g}" if isinstance(value, float) else str(value)
