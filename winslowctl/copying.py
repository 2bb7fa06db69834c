"""What `winslowctl cp` does between two places: to Winslow, and from it.

What is there already does not change what a command means, so that the same command goes on where it was stopped: a directory
is given the target's name, or goes into it where that ends in a slash. How places are written is not known here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from winslow.client import walking
from winslow.client.transfer import Meter, Options
from winslow.errors import InvalidArgument, NotFound, WinslowError
from winslow.v1.file_pb2 import FILE_KIND_DIRECTORY, File
from winslowctl import summary
from winslowctl.places import Local, Remote, said_for_here
from winslowctl.render.progress import Totals, watching
from winslowctl.session import client

if TYPE_CHECKING:
    from winslow.client.trees import Tree

P = TypeVar("P", Local, Remote)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person asked for, apart from the places."""

    options: Options
    recursive: bool = False
    quiet: bool = False


def upload(here: Sequence[Local], there: Remote, wish: Wish) -> int:
    """The exit code."""
    directories = [one.path.is_dir() for one in here]
    targets = _targets(here, [_name(one) for one in here], directories, there, _is_directory, wish)
    pairs = [(one.path, target.path) for one, target in zip(here, targets, strict=True)]

    def totals() -> tuple[int, int]:
        counted = [walking.count(path) if path.is_dir() else (1, path.stat().st_size) for path, _ in pairs]
        return sum(files for files, _ in counted), sum(size for _, size in counted)

    with said_for_here(*targets):
        done = _watched(totals, wish, lambda meter: client().files.send(pairs, wish.options, meter))
    return summary.tell("Uploaded", here, targets, there, done)


def download(there: Sequence[tuple[Remote, File]], here: Local, wish: Wish) -> int:
    """The exit code."""
    sources = [one for one, _ in there]
    directories = [file.kind == FILE_KIND_DIRECTORY for _, file in there]
    targets = _targets(sources, [one.name for one in sources], directories, here, lambda one: one.path.is_dir(), wish)
    for target in targets:
        target.path.parent.mkdir(parents=True, exist_ok=True)
    pairs = [(file, target.path) for (_, file), target in zip(there, targets, strict=True)]

    def totals() -> tuple[int, int]:
        files = size = 0
        for file, _ in pairs:
            if file.kind == FILE_KIND_DIRECTORY:
                used = client().files.usage(file.path)
                files, size = files + used.file_count, size + used.size
            else:
                files, size = files + 1, size + file.size
        return files, size

    with said_for_here(*sources):
        done = _watched(totals, wish, lambda meter: client().files.fetch(pairs, wish.options, meter))
    return summary.tell("Downloaded", sources, targets, here, done)


def _watched(totals: Totals, wish: Wish, work: Callable[[Meter], Tree]) -> summary.Done:
    meter = Meter()
    began = time.monotonic()
    try:
        with watching(meter, totals, quiet=wish.quiet):
            tree = work(meter)
    except WinslowError:
        summary.tell_how_far(meter)
        raise
    return summary.Done(tree, meter, time.monotonic() - began)


def _targets(
    sources: Sequence[Local | Remote],
    names: Sequence[str],
    directories: Sequence[bool],
    target: P,
    is_directory: Callable[[P], bool],
    wish: Wish,
) -> list[P]:
    """Where each source goes: many go into the target, and so does one where the target is written as a directory."""
    for one, is_one in zip(sources, directories, strict=True):
        needs(wish.recursive, is_one, str(one))
    into = len(sources) > 1 or target.directory or is_pool(target) or (not all(directories) and is_directory(target))
    found = []
    for one, name, is_one in zip(sources, names, directories, strict=True):
        only_content = is_one and one.directory
        found.append(target if only_content or not into else target.beneath(name))
    return different(found)


def different(targets: list[P]) -> list[P]:
    """Raises InvalidArgument (SAME_TARGET) where two sources would be put in one place; contents of directories may."""
    seen: set[str] = set()
    for one in targets:
        if str(one) in seen and not one.directory:
            raise InvalidArgument(
                f"Two sources would become {one}",
                reason="SAME_TARGET",
                subject=str(one),
                hint="Copy them one after another, under different names",
            )
        seen.add(str(one))
    return targets


def _name(one: Local) -> str:
    return one.path.resolve().name if one.path.name in {"", ".."} else one.path.name


def is_pool(target: Local | Remote) -> bool:
    return isinstance(target, Remote) and target.is_pool


def _is_directory(there: Remote) -> bool:
    try:
        with said_for_here(there):
            return client().files.stat(there.path).kind == FILE_KIND_DIRECTORY
    except NotFound:
        return False


def into(source: Remote, target: Remote) -> Remote:
    """Of what is moved: an existing directory as the target means into it."""
    return target.beneath(source.name) if target.directory or _is_directory(target) else target


def needs(recursive: bool, is_directory: bool, what: str) -> None:
    if is_directory and not recursive:
        raise InvalidArgument(f"{what} is a directory", reason="IS_DIRECTORY", subject=what, hint="Copy it with -r")
