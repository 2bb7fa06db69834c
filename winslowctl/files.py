"""`winslowctl cp`, `ls`, `mkdir`, `mv`, `rm`, `du` and `cat`: files, here and in Winslow.

How places are written is in `winslowctl.places`. Transfers are verified by SHA-256, and go on where they were cut when the same
command is run again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from winslow.errors import InvalidArgument, NotFound, WinslowError
from winslowctl.arguments import YES, confirm
from winslowctl.command import Noun
from winslowctl.places import POOLS, Local, Place, Remote, place, remote
from winslowctl.session import client

app = Noun()

PLACES_HELP = "PROJECT:input/..., @STAGE:output/..., or resources:..."
REMOTE = Annotated[str, typer.Argument(metavar="PLACE", help=PLACES_HELP)]
RECURSIVE = Annotated[bool, typer.Option("--recursive", "-r", help="Directories with all that is in them.")]


@app.verb("cp")
def cp(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help=f"A local path, or {PLACES_HELP}")],
    target: Annotated[str, typer.Argument(metavar="TARGET", help="The same; an existing directory means: into it.")],
    recursive: RECURSIVE = False,
    force: Annotated[bool, typer.Option("--force", "-f", help="Put it in place of a file that is there.")] = False,
) -> None:
    """Copy files: to, from and within Winslow.

    \b
    winslowctl cp clip.avi bikes:input/
    winslowctl cp -r bikes:output/ results/
    winslowctl cp -r @detect-1-1-x7k2:workspace/frames .
    winslowctl cp models/yolo.pt resources:models/

    A local name with a colon is written with ./ before it. What was cut off goes on when the same command is run again.
    """
    match place(client(), source), place(client(), target):
        case Local() as here, Remote() as there:
            _upload(here, there, recursive, force)
        case Remote() as there, Local() as here:
            _download(there, here, recursive, force)
        case Remote() as one, Remote() as other:
            _copy(one, other)
        case _:
            raise InvalidArgument(
                "Both are on this machine",
                reason="PATH_INVALID",
                hint=f"Write one as {PLACES_HELP}",
            )


@app.verb("ls")
def ls(at: Annotated[str, typer.Argument(metavar="PLACE", help=PLACES_HELP)] = "winslow:") -> None:
    """List a directory's entries by name, or one file."""
    from winslowctl.render.show import show

    found = _entries(at)
    show(found, lambda: _listing(found))


@app.verb("mkdir")
def mkdir(at: REMOTE) -> None:
    """Make a directory, with its parents; one that is there stays."""
    _show_file(client().files.make_directory(remote(client(), at).path))


@app.verb("mv")
def mv(source: REMOTE, target: REMOTE) -> None:
    """Move or rename within Winslow; an existing directory as the target means: into it. Never replaces a file."""
    one = remote(client(), source)
    _show_file(client().files.move(one.path, _into(one, remote(client(), target)).path))


@app.verb("rm")
def rm(
    places: Annotated[list[str], typer.Argument(metavar="PLACE...", help=PLACES_HELP)],
    recursive: RECURSIVE = False,
    yes: YES = False,
) -> None:
    """Delete files. Directories with -r, after asking."""
    found = [remote(client(), text) for text in places]
    if recursive:
        confirm(f"Delete {', '.join(str(one) for one in found)} with all that is in there?", yes)
    for one in found:
        with _said_for_here():
            client().files.delete(one.path, recursive=recursive)


@app.verb("du")
def du(at: REMOTE) -> None:
    """Show how much a directory holds, with all that is in it."""
    from winslowctl.render import human
    from winslowctl.render.show import show

    used = client().files.usage(remote(client(), at).path)
    counts = f"{human.count(used.file_count, 'file')}, {human.count(used.directory_count, 'directory', 'directories')}"
    quota = f" of {human.size(used.quota)}" if used.quota else ""
    show(used, lambda: [f"{human.size(used.size)}{quota} in {counts}"])


@app.verb("cat")
def cat(at: REMOTE) -> None:
    """Write a file to stdout as it is. On a terminal, control characters are made visible."""
    there = remote(client(), at)
    if sys.stdout.isatty():
        _cat_safely(there.path)
        return
    for data in client().files.read(there.path):
        sys.stdout.buffer.write(data)


def _cat_safely(path: str) -> None:
    import codecs

    from winslowctl.render.style import log_text

    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for data in client().files.read(path):
        sys.stdout.write("\n".join(log_text(line) for line in decoder.decode(data).split("\n")))
    sys.stdout.write(decoder.decode(b"", final=True))


_HINTS = {
    "FILE_EXISTS": "Put it in its place with --force, or choose another name",
    "DIRECTORY_NOT_EMPTY": "Delete it with all that is in it with -r",
}


@contextmanager
def _said_for_here() -> Iterator[None]:
    """The daemon's hints name no options of this program; these do."""
    try:
        yield
    except WinslowError as error:
        error.hint = _HINTS.get(error.reason, error.hint)
        raise


def _upload(here: Local, there: Remote, recursive: bool, force: bool) -> None:
    from winslowctl.render.progress import bars

    if here.path.is_dir():
        _needs(recursive, str(here))
        # As cp does: into an existing directory it goes by its own name, unless only its content was meant.
        target = there if here.directory or not _is_directory(there) else there.beneath(here.path.resolve().name)
        with _said_for_here(), bars(many=True) as progress:
            tree = client().files.upload_tree(here.path, target.path, replace=force, progress=progress)
        _show_tree(tree, "Uploaded", str(here), str(target))
        return
    if not here.path.exists():
        raise NotFound(f"There is no {here} on this machine", reason="LOCAL_FILE_NOT_FOUND", subject=str(here))
    into = there.directory or _is_directory(there)
    target = there.beneath(here.path.name) if into else there
    with _said_for_here(), bars(many=False) as progress:
        sent = client().files.upload(here.path, target.path, replace=force, progress=progress)
    _show_one(sent, "Uploaded", str(here), str(target), sent.size)


def _download(there: Remote, here: Local, recursive: bool, force: bool) -> None:
    from winslow.v1.file_pb2 import FILE_KIND_DIRECTORY
    from winslowctl.render.progress import bars

    found = client().files.stat(there.path)
    if found.kind == FILE_KIND_DIRECTORY:
        _needs(recursive, str(there))
        into = here.path.is_dir() and not there.directory
        target = here.path / there.name if into else here.path
        with bars(many=True) as progress:
            tree = client().files.download_tree(there.path, target, replace=force, progress=progress)
        _show_tree(tree, "Downloaded", str(there), str(target))
        return
    target = here.path / there.name if here.directory or here.path.is_dir() else here.path
    target.parent.mkdir(parents=True, exist_ok=True)
    with bars(many=False) as progress:
        client().files.download(there.path, target, replace=force, progress=progress)
    _show_one(found, "Downloaded", str(there), str(target), found.size)


def _copy(one: Remote, other: Remote) -> None:
    target = _into(one, other)
    copied = client().files.copy(one.path, target.path)
    _show_one(copied, "Copied", str(one), str(target), copied.size)


def _into(source: Remote, target: Remote) -> Remote:
    return target.beneath(source.name) if target.directory or _is_directory(target) else target


def _is_directory(there: Remote) -> bool:
    from winslow.v1.file_pb2 import FILE_KIND_DIRECTORY

    try:
        return client().files.stat(there.path).kind == FILE_KIND_DIRECTORY
    except NotFound:
        return False


def _needs(recursive: bool, what: str) -> None:
    if not recursive:
        raise InvalidArgument(f"{what} is a directory", reason="IS_DIRECTORY", subject=what, hint="Copy it with -r")


def _entries(text: str) -> list[Any]:
    """A directory's entries, one file, or the directories that a project has."""
    from winslow.v1.file_pb2 import FILE_KIND_DIRECTORY

    if text.endswith(":") and text not in {"winslow:", "resources:"}:
        pools = POOLS[1:] if text.startswith("@") else POOLS
        return [found for pool in pools if (found := _optional(f"{text}{pool}"))]
    there: Place = remote(client(), text)
    assert isinstance(there, Remote)
    if not there.path:
        return list(client().files.list(""))
    found = client().files.stat(there.path)
    return list(client().files.list(there.path)) if found.kind == FILE_KIND_DIRECTORY else [found]


def _optional(text: str) -> Any:
    try:
        return client().files.stat(remote(client(), text).path)
    except WinslowError as error:
        if error.reason == "FILE_NOT_FOUND":
            return None
        raise


def _listing(found: list[Any]) -> Any:
    from winslow.v1.file_pb2 import FILE_KIND_DIRECTORY, FILE_KIND_FILE, FILE_KIND_SYMLINK
    from winslowctl.render import human
    from winslowctl.render.style import paint
    from winslowctl.render.table import table

    if not found:
        return [paint("It is empty.", "dim")]
    marks = {FILE_KIND_DIRECTORY: "/", FILE_KIND_SYMLINK: "@"}
    rows = [
        [
            human.size(one.size) if one.kind == FILE_KIND_FILE else "",
            human.when(one.modify_time),
            paint((one.base_name or one.path) + marks.get(one.kind, ""), *(["blue"] if one.kind in marks else [])),
        ]
        for one in found
    ]
    return table(["SIZE", "MODIFIED", "NAME"], rows)


def _show_file(file: Any) -> None:
    from winslowctl.render.show import show
    from winslowctl.render.style import plain

    show(file, lambda: [plain(file.path)])


def _show_one(file: Any, verb: str, source: str, target: str, size: int) -> None:
    from winslowctl.render import human
    from winslowctl.render.show import show
    from winslowctl.render.style import plain

    show(file, lambda: [plain(f"{verb} {source} to {target} ({human.size(size)})")])


def _show_tree(tree: Any, verb: str, source: str, target: str) -> None:
    from winslowctl.render import human
    from winslowctl.render.show import show
    from winslowctl.render.style import plain

    data = {"files": tree.files, "size": tree.size, "left_out": tree.left_out}
    text = f"{verb} {human.count(tree.files, 'file')} ({human.size(tree.size)}) from {source} to {target}"
    left = [f"Left out, neither file nor directory: {Path(one)}" for one in tree.left_out]
    show(data, lambda: [plain(line) for line in (text, *left)])
