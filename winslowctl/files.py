"""`winslowctl cp`, `ls`, `mkdir`, `mv`, `rm`, `du` and `cat`: files, here and in Winslow.

How places are written is in `winslowctl.places`, how files are copied in `winslowctl.copying`.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from winslow.errors import InvalidArgument
from winslowctl import copying
from winslowctl.arguments import YES, confirm
from winslowctl.command import Noun
from winslowctl.places import Local, Remote, place, remote, said_for_here
from winslowctl.render.show import show
from winslowctl.render.style import plain
from winslowctl.session import client, current

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
    current().if_interrupted = "Interrupted. The same command goes on where this one stopped."
    match place(client(), source), place(client(), target):
        case Local() as here, Remote() as there:
            copying.upload(here, there, recursive, force)
        case Remote() as there, Local() as here:
            copying.download(there, here, recursive, force)
        case Remote() as one, Remote() as other:
            copying.within(one, other, recursive, force)
        case _:
            raise InvalidArgument(
                "Both are on this machine",
                reason="PATH_INVALID",
                hint=f"Write one as {PLACES_HELP}",
            )


@app.verb("ls")
def ls(at: Annotated[str, typer.Argument(metavar="PLACE", help=PLACES_HELP)] = "winslow:") -> None:
    """List a directory's entries by name, or one file."""
    found = _entries(at)
    show(found, lambda: _listing(found))


@app.verb("mkdir")
def mkdir(at: REMOTE) -> None:
    """Make a directory, with its parents; one that is there stays."""
    there = remote(client(), at)
    with said_for_here(there):
        made = client().files.make_directory(there.path)
    show(made, lambda: [plain(f"There is a directory {there}")])


@app.verb("mv")
def mv(source: REMOTE, target: REMOTE) -> None:
    """Move or rename within Winslow; an existing directory as the target means: into it. Never replaces a file."""
    one = remote(client(), source)
    other = copying.into(one, remote(client(), target))
    with said_for_here(one, other):
        moved = client().files.move(one.path, other.path)
    show(moved, lambda: [plain(f"Moved {one} to {other}")])


@app.verb("rm")
def rm(
    places: Annotated[list[str], typer.Argument(metavar="PLACE", help=PLACES_HELP)],
    recursive: RECURSIVE = False,
    yes: YES = False,
) -> None:
    """Delete files. Directories with -r, after asking."""
    found = [remote(client(), text) for text in places]
    if recursive:
        confirm(f"Delete {', '.join(str(one) for one in found)} with all that is in there?", yes)
    for one in found:
        with said_for_here(one):
            client().files.delete(one.path, recursive=recursive)
    show([one.path for one in found], lambda: [plain(f"Deleted {one}") for one in found])


@app.verb("du")
def du(at: REMOTE) -> None:
    """Show how much a directory holds, with all that is in it; or a file, or a whole project: 'PROJECT:'."""
    from winslow.v1.file_pb2 import FILE_KIND_DIRECTORY, FileUsage
    from winslowctl.render import human

    there = remote(client(), at, whole=True)
    with said_for_here(there):
        found = client().files.stat(there.path)
        is_directory = found.kind == FILE_KIND_DIRECTORY
        used = (
            client().files.usage(there.path)
            if is_directory
            else FileUsage(path=found.path, size=found.size, file_count=1)
        )
    counts = f"{human.count(used.file_count, 'file')}, {human.count(used.directory_count, 'directory', 'directories')}"
    quota = f" of {human.size(used.quota)}" if used.quota else ""
    show(used, lambda: [f"{human.size(used.size)}{quota}" + (f" in {counts}" if is_directory else "")])


@app.verb("cat")
def cat(at: REMOTE) -> None:
    """Write a file to stdout as it is. On a terminal, control characters are made visible."""
    there = remote(client(), at)
    with said_for_here(there):
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


def _entries(text: str) -> list[Any]:
    """A directory's entries, or one file."""
    from winslow.v1.file_pb2 import FILE_KIND_DIRECTORY

    there = remote(client(), text, whole=True)
    with said_for_here(there):
        if there.path and (found := client().files.stat(there.path)).kind != FILE_KIND_DIRECTORY:
            return [found]
        return list(client().files.list(there.path))


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
            human.size(one.size) if one.kind == FILE_KIND_FILE and (one.size or one.modify_time.seconds) else "",
            human.when(one.modify_time),
            paint((one.base_name or one.path) + marks.get(one.kind, ""), *(["blue"] if one.kind in marks else [])),
        ]
        for one in found
    ]
    return table(["SIZE", "MODIFIED", "NAME"], rows)
