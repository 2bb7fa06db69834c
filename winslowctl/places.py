"""Where a file is, as people write it, and the path of the contract that it means.

clip.avi, ./a:b, /data      here; a local name with a colon is written with ./ before it
PROJECT:input/clip.avi      a project's input/, workspace/ or output/
@STAGE:output/table.csv     a stage's workspace/ or output/; STAGE as everywhere: an id, its beginning, PROJECT/DEFINITION
resources:models/yolo.pt    the global pool
winslow:PATH                a path as it is shown with -o json, projects/P/stages/S/output/table.csv
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from winslow.client import Client
from winslow.errors import InvalidArgument
from winslowctl import references

POOLS = ("input", "workspace", "output")


@dataclass(frozen=True, slots=True)
class Local:
    path: Path
    directory: bool
    """Whether it was written as one: with a slash at its end, or as '.'."""

    def __str__(self) -> str:
        return str(self.path)


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

    def beneath(self, name: str) -> Remote:
        return Remote(f"{self.path}/{name}", False, f"{self.shown.rstrip('/')}/{name}")


Place = Local | Remote


def is_remote(text: str) -> bool:
    """A colon before any slash, or a stage's '@' with a colon anywhere."""
    head = text.partition("/")[0]
    return ":" in text if text.startswith("@") else ":" in head


def place(client: Client, text: str) -> Place:
    """Raises InvalidArgument (PATH_INVALID), and what the reference to a project or stage raises."""
    if is_remote(text):
        return remote(client, text)
    return Local(Path(text), text.endswith("/") or Path(text).name in {"", ".", ".."})


def remote(client: Client, text: str) -> Remote:
    """The same, where only a place in Winslow will do."""
    if not is_remote(text):
        raise InvalidArgument(
            f"{text!r} is not a place in Winslow",
            reason="PATH_INVALID",
            subject=text,
            hint="Write PROJECT:input/..., @STAGE:output/..., or resources:...",
        )
    where, _, path = text.partition(":")
    path = path.strip("/")
    directory = text.endswith(("/", ":"))
    match where:
        case "winslow":
            whole = path
        case "resources":
            whole = f"resources/{path}".rstrip("/")
        case "":
            raise InvalidArgument(
                f"{text!r} names no project", reason="PATH_INVALID", subject=text, hint="Write PROJECT:..."
            )
        case _:
            whole = _within(client, where, path, text)
    return Remote(whole, directory, text)


def _within(client: Client, where: str, path: str, text: str) -> str:
    pools = POOLS[1:] if where.startswith("@") else (*POOLS, "stages")
    if path.partition("/")[0] not in pools:
        shown = ", ".join(f"{where}:{pool}/" for pool in pools)
        raise InvalidArgument(
            f"{text!r} does not say in which directory", reason="PATH_INVALID", subject=text, hint=f"Write {shown}"
        )
    if where.startswith("@"):
        return f"{references.stage(client, where[1:]).name}/{path}"
    return f"{references.project(client, where).name}/{path}"
