"""Where a file is, as people write it, and the path of the contract that it means.

clip.avi, ./a:b, /data      here; a local name with a colon is written with ./ before it
PROJECT:input/clip.avi      a project's input/, workspace/ or output/
@STAGE:output/table.csv     a stage's workspace/ or output/; STAGE as everywhere: an id, its beginning, PROJECT/DEFINITION
resources:models/yolo.pt    the global pool
winslow:PATH                a path as it is shown with -o json, projects/P/stages/S/output/table.csv

Where nothing has a name with '*', '?' or '[...]' in it, it is a pattern, here and there, whether or not the shell saw it.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from winslow.client import Client
from winslow.errors import InvalidArgument, NotFound, WinslowError
from winslowctl import references

if TYPE_CHECKING:
    from winslow.v1.file_pb2 import File

POOLS = ("input", "workspace", "output")


@dataclass(frozen=True, slots=True)
class Local:
    path: Path
    directory: bool
    """Whether it was written as one: with a slash at its end, or '.', or '..'."""

    def __str__(self) -> str:
        return str(self.path)

    def beneath(self, name: str) -> Local:
        return Local(self.path / name, False)


@dataclass(frozen=True, slots=True)
class Remote:
    """`path` is the contract's, without a slash at its end; `shown` is what the person wrote."""

    path: str
    directory: bool
    shown: str

    def __str__(self) -> str:
        return self.shown

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    def said(self, text: str) -> str:
        """The text with the place as the person wrote it."""
        if not self.path:
            return text
        if self.shown.endswith(":"):
            text = text.replace(f"{self.path}/", self.shown)
        return text.replace(self.path, self.shown.rstrip("/"))

    @property
    def above(self) -> str:
        """The directory that it is in, as the person wrote it."""
        where, colon, path = self.shown.rstrip("/").partition(":")
        above = path.rpartition("/")[0]
        return f"{where}{colon}{above}{'/' if above else ''}"

    @property
    def is_pool(self) -> bool:
        """Whether it is a directory that was made with its project or stage: what is put there goes into it."""
        parts = self.path.split("/")
        return parts == ["resources"] or (parts[0] == "projects" and len(parts) in {3, 5} and self._is_top(parts))

    def _is_top(self, parts: list[str]) -> bool:
        return parts[2] != "stages" if len(parts) == 3 else parts[2] == "stages"

    def beneath(self, name: str) -> Remote:
        return Remote(
            f"{self.path}/{name}", False, f"{self.shown.rstrip('/')}{'' if self.shown.endswith(':') else '/'}{name}"
        )


Place = Local | Remote


def is_remote(text: str) -> bool:
    """A colon before any slash, or a stage's '@' with a colon anywhere."""
    head = text.partition("/")[0]
    return ":" in text if text.startswith("@") else ":" in head


def place(client: Client, text: str) -> Place:
    """Raises InvalidArgument (PATH_INVALID), and what the reference to a project or stage raises."""
    if is_remote(text):
        return remote(client, text)
    return Local(Path(text), _as_directory(text))


def remote(client: Client, text: str, *, whole: bool = False) -> Remote:
    """The same, where only a place in Winslow will do. `whole` allows `PROJECT:` and `@STAGE:`, to look at."""
    if not is_remote(text):
        raise InvalidArgument(
            f"{text!r} is not a place in Winslow",
            reason="PATH_INVALID",
            subject=text,
            hint="Write PROJECT:input/..., @STAGE:output/..., or resources:..."
            if "/" in text
            else f"Write {text}:input/... or @{text}:output/..., for a project or a stage",
        )
    where, _, path = text.partition(":")
    path = path.strip("/")
    directory = text.endswith(("/", ":"))
    match where:
        case "winslow":
            at = path
        case "resources":
            at = f"resources/{path}".rstrip("/")
        case "":
            raise InvalidArgument(
                f"{text!r} names no project", reason="PATH_INVALID", subject=text, hint="Write PROJECT:..."
            )
        case _:
            at = _within(client, where, path, text, whole)
    return Remote(at, directory, text)


def _within(client: Client, where: str, path: str, text: str, whole: bool) -> str:
    pools = (*POOLS[1:], "log") if where.startswith("@") else (*POOLS, "stages")
    if path.partition("/")[0] not in pools and not (whole and not path):
        shown = ", ".join(f"{where}:{pool}/" for pool in pools)
        raise InvalidArgument(
            f"{text!r} does not say in which directory", reason="PATH_INVALID", subject=text, hint=f"Write {shown}"
        )
    if where.startswith("@"):
        return f"{references.stage(client, where[1:]).name}/{path}".rstrip("/")
    return f"{references.project(client, where).name}/{path}".rstrip("/")


def _as_directory(text: str) -> bool:
    """Whether a local path is written as a directory; a Path no longer knows."""
    return text.rpartition("/")[2] in {"", ".", ".."}


def matching_here(text: str) -> list[Local]:
    """The local sources that are meant. Raises NotFound (LOCAL_FILE_NOT_FOUND)."""
    path = Path(text)
    directory = _as_directory(text)
    if path.exists() or path.is_symlink():
        return [Local(path, directory)]
    found = sorted(glob.glob(text)) if glob.has_magic(text) else []  # noqa: PTH207 - as people write it, './' too
    if not found:
        raise NotFound(
            f"There is no {text} on this machine",
            reason="LOCAL_FILE_NOT_FOUND",
            subject=text,
            hint="A place in Winslow is written PROJECT:input/..., @STAGE:output/..., or resources:...",
        )
    return [Local(Path(one), directory) for one in found]


def matching_there(client: Client, there: Remote) -> list[tuple[Remote, File]]:
    """The files and directories that are meant. Raises NotFound (FILE_NOT_FOUND)."""
    with said_for_here(there):
        try:
            return [(there, client.files.stat(there.path))]
        except NotFound as error:
            if error.reason != "FILE_NOT_FOUND" or not glob.has_magic(there.path):
                raise
            found = list(_matching(client, there))
            if not found:
                raise
            return found


def _matching(client: Client, there: Remote) -> Iterator[tuple[Remote, File]]:
    """One directory's entries at a time are looked through; hidden ones only when the pattern begins with a dot."""
    where, colon, path = there.shown.rpartition(":")
    parts = [part for part in path.split("/") if part]
    top = Remote(there.path.removesuffix("/".join(parts)).rstrip("/"), True, f"{where}{colon}")
    yield from _beneath(client, top, parts, there.directory)


def _beneath(client: Client, at: Remote, parts: list[str], directory: bool) -> Iterator[tuple[Remote, File]]:
    from winslow.v1.file_pb2 import FILE_KIND_DIRECTORY

    fixed = next((n for n, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    for part in parts[:fixed]:
        at = at.beneath(part)
    pattern, *rest = parts[fixed:] or [""]
    if not pattern:
        try:
            yield at, client.files.stat(at.path)
        except NotFound:
            return
        return
    for entry in client.files.list(at.path):
        name = entry.base_name
        if fnmatchcase(name, pattern) and (not name.startswith(".") or pattern.startswith(".")):
            one = at.beneath(name)
            if not rest:
                yield Remote(one.path, directory, one.shown), entry
            elif entry.kind == FILE_KIND_DIRECTORY:
                yield from _beneath(client, one, rest, directory)


_HINTS = {
    "FILE_EXISTS": "Put it in its place with --force, or choose another name",
    "DIRECTORY_NOT_EMPTY": "Delete it with all that is in it with -r",
}


@contextmanager
def said_for_here(*places: Remote) -> Iterator[None]:
    """The daemon speaks of its own paths, and its hints name no options of this program; these do."""
    try:
        yield
    except WinslowError as error:
        error.hint = _HINTS.get(error.reason, error.hint)
        for there in places:
            if error.reason == "FILE_NOT_FOUND" and there.path in error.message:
                error.hint = f"See what there is: winslowctl ls {there.above}"
            error.message = there.said(error.message)
        raise
