"""`winslowctl find` and `unpack`: what is done with whole trees of files in Winslow, where they lie."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from winslow.errors import InvalidArgument
from winslowctl import completion
from winslowctl.command import Noun
from winslowctl.files import PLACES_HELP
from winslowctl.places import Remote, remote, said_for_here
from winslowctl.render.show import is_for_people, show
from winslowctl.render.style import plain
from winslowctl.session import client, current

if TYPE_CHECKING:
    from winslow.v1.file_pb2 import File

app = Noun()


@app.verb("find")
def find(
    place: Annotated[str, typer.Argument(metavar="PLACE", help=PLACES_HELP, autocompletion=completion.places)],
    name: Annotated[str, typer.Argument(metavar="NAME", help="A part of the name, or a pattern with * and ?.")],
    limit: Annotated[int, typer.Option("--limit", "-n", metavar="N", help="No more than that; 0: all.", min=0)] = 0,
) -> int:
    """Find files and directories at any depth by their names; upper and lower case are the same. Exits with 1 when there is none.

    \b
    winslowctl find bikes: report
    winslowctl find bikes:output '*.csv' | head
    winslowctl find winslow: 'frame-????.jpg'

    Links are found and not followed.
    """
    top = remote(client(), place, whole=True)
    with said_for_here(top):
        found = _found(top, name, limit)
        if not is_for_people():
            from winslowctl.render import data

            entries = list(found)
            data.write_all(entries, current().format)
            return 0 if entries else 1
        count = 0
        for count, entry in enumerate(found, start=1):  # noqa: B007 - how many there were
            below = entry.path.removeprefix(top.path).lstrip("/")
            print(plain(str(top.beneath(below))))
    return 0 if count else 1


@app.verb("unpack")
def unpack(
    archive: Annotated[str, typer.Argument(metavar="ARCHIVE", help=PLACES_HELP, autocompletion=completion.places)],
    target: Annotated[
        str,
        typer.Argument(metavar="TARGET", help="A directory that is new or empty.", autocompletion=completion.places),
    ],
) -> None:
    """Unpack a zip or a tar where it lies: the whole of it is there at once, or nothing.

    \b
    winslowctl cp frames.zip bikes:input/
    winslowctl unpack bikes:input/frames.zip bikes:workspace/frames

    Refused, with the entry that it is refused for: what leads out of the archive, devices, encrypted and damaged archives, and
    those that become much larger than they are.
    """
    source, there = remote(client(), archive), remote(client(), target)
    if not there.name:
        raise InvalidArgument(
            "An archive needs a directory to be unpacked into", reason="TARGET_MISSING", subject=target
        )
    with said_for_here(source), said_for_here(there):
        made = client().files.unpack(source.path, there.path)
    show(made, lambda: [plain(f"Unpacked {source} into {there}")])


def _found(top: Remote, name: str, limit: int) -> Iterator[File]:
    for count, entry in enumerate(client().files.search(top.path, name), start=1):
        yield entry
        if count == limit:
            return
