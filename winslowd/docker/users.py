"""Who a user of an image is, in numbers: the engine's own reading of `USER`, from the image's passwd and group. Pure.

It never needs to know how the files were taken out of the image. They are the image author's, so any line may be odd.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from winslow.errors import NotFound


def resolve(user: str, passwd: str, group: str) -> tuple[int, int]:
    """`uid[:gid]`, `name[:group]` or a mixture as (uid, gid).

    Without a group it is the user's own of `passwd`, and 0 for a number that `passwd` does not know, as with the engine.
    Raises NotFound (USER_MISSING).
    """
    name, _, wanted = user.partition(":")
    uid, primary = _user(name, passwd)
    return uid, (_group(wanted, group) if wanted else primary)


def needs_files(user: str) -> bool:
    """Whether `user` cannot be resolved from its own digits alone."""
    name, _, group = user.partition(":")
    return not (name.isdecimal() and group.isdecimal())


def _user(name: str, passwd: str) -> tuple[int, int]:
    by_name = _first(passwd, lambda row: row[0] == name)
    row = by_name or (_first(passwd, lambda row: row[2] == name) if name.isdecimal() else None)
    if row is not None and len(row) > 3 and row[2].isdecimal() and row[3].isdecimal():
        return int(row[2]), int(row[3])
    if name.isdecimal():
        return int(name), 0
    raise _missing("user", name)


def _group(name: str, group: str) -> int:
    row = _first(group, lambda row: row[0] == name)
    if row is not None and row[2].isdecimal():
        return int(row[2])
    if name.isdecimal():
        return int(name)
    raise _missing("group", name)


def _first(table: str, fits: Callable[[list[str]], bool]) -> list[str] | None:
    return next(filter(fits, _rows(table)), None)


def _rows(table: str) -> Iterator[list[str]]:
    return (row for row in (line.split(":") for line in table.splitlines()) if len(row) > 2)


def _missing(kind: str, name: str) -> NotFound:
    return NotFound(
        f"The image has no {kind} {name!r}",
        reason="USER_MISSING",
        subject=name,
        hint="Give numbers (`uid:gid`), or a name that is in the image's /etc/passwd and /etc/group",
    )
