"""`winslowctl ls`, `du` and `cat`: looking at files in Winslow.

Directories of a million files are shown as they come, never held.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from winslow.errors import InvalidArgument
from winslowctl import completion
from winslowctl.command import Noun
from winslowctl.files import PLACES_HELP
from winslowctl.places import Remote, matching_there, remote, said_for_here
from winslowctl.render.show import is_for_people, show
from winslowctl.render.style import paint, plain
from winslowctl.session import client, current

if TYPE_CHECKING:
    from winslow.v1.file_pb2 import File, FileUsage

app = Noun()

HUMAN = Annotated[bool, typer.Option("--human", "-h", help="Sizes such as 1.5 GiB.")]
SIZE_WIDTH = 10
EXACT_WIDTH = 15
WHEN_WIDTH = 16


@app.verb("ls")
def ls(
    places: Annotated[
        list[str] | None, typer.Argument(metavar="[PLACE]...", help=PLACES_HELP, autocompletion=completion.places)
    ] = None,
    long: Annotated[bool, typer.Option("--long", "-l", help="Kind, exact size, time and name.")] = False,
    recursive: Annotated[bool, typer.Option("--recursive", "-R", help="Directories in it, too.")] = False,
    human: HUMAN = False,
) -> None:
    """List a directory's entries by name, or one file.

    \b
    winslowctl ls bikes:
    winslowctl ls -l 'bikes:input/*.avi'
    winslowctl ls -R bikes:output

    With -l: d is a directory, l a link, x may be executed, w may be changed by people; sizes in bytes unless -h. A directory of
    very many entries is listed in the order that the file system has.
    """
    found = _entries(places or ["winslow:"], recursive)
    if not is_for_people():
        from winslowctl.render import data

        data.write_all((entry for _, entry in found if entry), current().format)
        return
    shown = 0
    for line in _listing(found, long=long, exact=long and not human):
        print(line)
        shown += 1
    if not shown:
        print(paint("It is empty.", "dim"))


@app.verb("du")
def du(
    places: Annotated[list[str], typer.Argument(metavar="PLACE", help=PLACES_HELP, autocompletion=completion.places)],
    depth: Annotated[
        int, typer.Option("--depth", "-d", metavar="N", help="1: each entry of a directory, too.", min=0, max=1)
    ] = 0,
    exact: Annotated[bool, typer.Option("--bytes", "-b", help="Sizes in bytes.")] = False,
    _human: HUMAN = True,
) -> None:
    """Show how much a directory holds, with all that is in it; or a file, or a whole project: 'PROJECT:'.

    \b
    winslowctl du bikes:
    winslowctl du -d 1 bikes:input
    """
    found = [one for text in places for one in matching_there(client(), remote(client(), text, whole=True))]
    if len(found) == 1 and not depth:
        used = usage(*found[0])
        show(used, lambda: [plain(_told(used, found[0][1], exact=exact))])
        return
    rows: list[tuple[str, FileUsage, File]] = []
    for one, file in found:
        if depth and _is_directory(file):
            with said_for_here(one):
                for entry in client().files.list(one.path):
                    child = one.beneath(entry.base_name)
                    rows.append((str(child), usage(child, entry), entry))
        rows.append((str(one), usage(one, file), file))
    show([used for _, used, _ in rows], lambda: [plain(f"{_size(used.size, exact)}  {name}") for name, used, _ in rows])


@app.verb("cat")
def cat(
    places: Annotated[list[str], typer.Argument(metavar="PLACE", help=PLACES_HELP, autocompletion=completion.places)],
    offset: Annotated[int, typer.Option("--offset", metavar="BYTES", help="Begin there.", min=0)] = 0,
    size: Annotated[int, typer.Option("--size", metavar="BYTES", help="No more than that.", min=0)] = 0,
    tail: Annotated[int, typer.Option("--tail", "-c", metavar="BYTES", help="Only the last ones.", min=0)] = 0,
) -> None:
    """Write files to stdout as they are. On a terminal, control characters are made visible.

    \b
    winslowctl cat bikes:output/track/table.csv | head
    winslowctl cat --offset 4096 --size 512 bikes:input/clip.avi | xxd
    winslowctl cat --tail 1000 bikes:output/track/log.txt
    """
    if tail and (offset or size):
        raise InvalidArgument("--tail says which bytes, and so do --offset and --size", reason="RANGE_INVALID")
    for there in [one for text in places for one, _ in matching_there(client(), remote(client(), text))]:
        with said_for_here(there):
            at = max(client().files.stat(there.path).size - tail, 0) if tail else offset
            pieces = client().files.read(there.path, at, size)
            if sys.stdout.isatty():
                _write_safely(pieces)
            else:
                for data in pieces:
                    sys.stdout.buffer.write(data)
    sys.stdout.flush()


def usage(there: Remote, file: File) -> FileUsage:
    """Of a directory all that is in it, of anything else itself."""
    from winslow.v1.file_pb2 import FileUsage

    if not _is_directory(file):
        return FileUsage(path=there.path, size=file.size, file_count=1)
    with said_for_here(there):
        return client().files.usage(there.path)


def measured(there: Remote, file: File) -> str:
    """`3 files, 1.5 MiB`, or the size of a file."""
    from winslowctl.render import human

    used = usage(there, file)
    return (
        f"{human.count(used.file_count, 'file')}, {human.size(used.size)}"
        if _is_directory(file)
        else human.size(used.size)
    )


def _told(used: FileUsage, file: File, *, exact: bool) -> str:
    from winslowctl.render import human

    counts = f"{human.count(used.file_count, 'file')}, {human.count(used.directory_count, 'directory', 'directories')}"
    quota = f" of {_size(used.quota, exact)}" if used.quota else ""
    return f"{_size(used.size, exact)}{quota}" + (f" in {counts}" if _is_directory(file) else "")


def _size(size: int, exact: bool) -> str:
    from winslowctl.render import human

    return str(size) if exact else human.size(size)


def _is_directory(file: File) -> bool:
    from winslow.v1.file_pb2 import FILE_KIND_DIRECTORY

    return file.kind == FILE_KIND_DIRECTORY


def _write_safely(pieces: Iterable[bytes]) -> None:
    import codecs

    from winslowctl.render.style import log_text

    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for data in pieces:
        sys.stdout.write("\n".join(log_text(line) for line in decoder.decode(data).split("\n")))
    sys.stdout.write(decoder.decode(b"", final=True))


Row = tuple[str, "File | None"]
"""The heading that it stands under, "" for none, and the entry; None for a heading without entries."""


def _entries(places: list[str], recursive: bool) -> Iterator[Row]:
    """Directories' entries as they come, or files themselves."""
    for text in places:
        top = remote(client(), text, whole=True)
        with said_for_here(top):
            found = matching_there(client(), top) if top.path else [(top, None)]
        headed = recursive or len(places) > 1 or len(found) > 1
        for one, file in found:
            if file is not None and not _is_directory(file):
                yield "", file
            else:
                yield from _of_directory(one, recursive, headed)


def _of_directory(top: Remote, recursive: bool, headed: bool) -> Iterator[Row]:
    """One directory after another: of those further down only the names are held."""
    waiting = [top]
    while waiting:
        one = waiting.pop()
        below: list[Remote] = []
        empty = True
        with said_for_here(one):
            for entry in client().files.list(one.path):
                empty = False
                if recursive and _is_directory(entry):
                    below.append(one.beneath(entry.base_name))
                yield (str(one) if headed else ""), entry
        if empty and headed:
            yield str(one), None
        waiting.extend(reversed(below))


def _listing(found: Iterable[Row], *, long: bool, exact: bool) -> Iterator[str]:
    """Lines of columns as wide as they need to be at most, since nobody knows what is still to come."""
    heading: str | None = None
    for under, entry in found:
        if under != heading:
            if under:
                yield from ([""] if heading is not None else [])
                yield plain(f"{under}:")
            elif entry and heading is None:
                header = f"{'SIZE'.rjust(EXACT_WIDTH if exact else SIZE_WIDTH)}  {'MODIFIED'.ljust(WHEN_WIDTH)}  NAME"
                yield paint(f"KIND  {header}" if long else header, "bold")
            heading = under
        if entry:
            yield _row(entry, long=long, exact=exact)


def _row(entry: File, *, long: bool, exact: bool) -> str:
    from winslow.v1.file_pb2 import FILE_KIND_DIRECTORY, FILE_KIND_FILE, FILE_KIND_SYMLINK
    from winslowctl.render import human

    marks = {FILE_KIND_DIRECTORY: "/", FILE_KIND_SYMLINK: "@"}
    known = entry.kind == FILE_KIND_FILE and (entry.size or entry.modify_time.seconds)
    size = (str(entry.size) if exact else human.size(entry.size)) if known else human.NOTHING
    name = paint(
        (entry.base_name or entry.path) + marks.get(entry.kind, ""), *(["blue"] if entry.kind in marks else [])
    )
    line = (
        f"{size.rjust(EXACT_WIDTH if exact else SIZE_WIDTH)}  {human.when(entry.modify_time).ljust(WHEN_WIDTH)}  {name}"
    )
    if not long:
        return line
    kinds = {FILE_KIND_FILE: "-", FILE_KIND_DIRECTORY: "d", FILE_KIND_SYMLINK: "l"}
    kind = f"{kinds.get(entry.kind, '?')}{'x' if entry.executable else '-'}{'w' if entry.writable else '-'}"
    return f"{kind.ljust(4)}  {line}"
