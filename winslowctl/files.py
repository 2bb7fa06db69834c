"""`winslowctl cp`, `mkdir`, `mv` and `rm`: files, here and in Winslow.

How places are written is in `winslowctl.places`, how files are copied in `winslowctl.copying`; what only looks is in
`winslowctl.looking`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from winslow.errors import InvalidArgument
from winslowctl import completion
from winslowctl.arguments import YES, confirm
from winslowctl.command import Noun
from winslowctl.places import Local, Remote, matching_here, matching_there, place, remote, said_for_here
from winslowctl.render.show import show
from winslowctl.render.style import plain
from winslowctl.session import Format, client, current

if TYPE_CHECKING:
    from winslowctl.copying import Wish

app = Noun()

STANDARD = "-"
JOBS = 4
JOBS_MAX = 64
PLACES_HELP = "PROJECT:input/..., @STAGE:output/..., or resources:..."
REMOTE = Annotated[str, typer.Argument(metavar="PLACE", help=PLACES_HELP, autocompletion=completion.places)]
REMOTES = Annotated[list[str], typer.Argument(metavar="PLACE", help=PLACES_HELP, autocompletion=completion.places)]
RECURSIVE = Annotated[bool, typer.Option("--recursive", "-r", help="Directories with all that is in them.")]


@app.verb("cp")
def cp(
    places: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE... TARGET",
            help=f"Local paths, {PLACES_HELP}; '-' is stdin or stdout.",
            autocompletion=completion.places,
        ),
    ],
    recursive: RECURSIVE = False,
    force: Annotated[bool, typer.Option("--force", "-f", help="Put files in place of others that are there.")] = False,
    checksum: Annotated[
        bool, typer.Option("--checksum", "-c", help="Compare contents where size and time are the same.")
    ] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", metavar="N", help="Files at once.", min=1, max=JOBS_MAX)] = JOBS,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The same as -o json, progress on stderr too.")] = False,
) -> int:
    """Copy files: to, from and within Winslow.

    \b
    winslowctl cp clip.avi bikes:input/
    winslowctl cp -r frames bikes:input/               # as input/frames
    winslowctl cp -r frames/ bikes:input/frames2       # what is in frames, as input/frames2
    winslowctl cp 'bikes:output/*/*.csv' results/
    winslowctl cp -r @detect-1-1-x7k2:workspace/frames .
    winslowctl cp -r bikes:output/ resources:baseline/
    ffmpeg ... -f matroska - | winslowctl cp - bikes:input/clip.mkv

    A target is the name that a directory is given; one that ends in a slash is what it goes into. What was cut off goes on when
    the same command is run again; files that are there with the same size and time are left alone. Links are left out, and
    said. A local name with a colon is written with ./ before it.
    """
    from winslow.client.transfer import Options
    from winslowctl.copying import Wish

    if json:
        current().format = Format.JSON
    if len(places) < 2:
        raise InvalidArgument(
            "A copy needs a source and a target", reason="TARGET_MISSING", hint="See: winslowctl cp --help"
        )
    current().if_interrupted = "Interrupted. The same command goes on where this one stopped."
    return _copied(places[:-1], places[-1], Wish(Options(force, checksum, jobs), recursive, quiet))


def _copied(sources: list[str], target: str, wish: Wish) -> int:
    from winslowctl import copying
    from winslowctl.within import within

    if STANDARD in (*sources, target):
        return _standard(sources, target, wish)
    match [place(client(), text) for text in sources], place(client(), target):
        case [Local(), *others], Remote() as there if all(isinstance(one, Local) for one in others):
            return copying.upload([one for text in sources for one in matching_here(text)], there, wish)
        case [Remote(), *others] as all_there, where if all(isinstance(one, Remote) for one in others):
            found = [one for text in all_there if isinstance(text, Remote) for one in matching_there(client(), text)]
            if isinstance(where, Local):
                return copying.download(found, where, wish)
            within(found, where, wish)
            return 0
        case [Local(), *others], Local() if all(isinstance(one, Local) for one in others):
            raise InvalidArgument("Both are on this machine", reason="PATH_INVALID", hint=f"Write one as {PLACES_HELP}")
    raise InvalidArgument(
        "Some sources are on this machine and some are not",
        reason="PATH_INVALID",
        hint="Copy them with one command each",
    )


def _standard(sources: list[str], target: str, wish: Wish) -> int:
    """From stdin, or to stdout."""
    from winslowctl import standard

    if len(sources) == 1 and (sources[0] == STANDARD) != (target == STANDARD):
        if target == STANDARD:
            standard.give(remote(client(), sources[0]))
            return 0
        return standard.take(remote(client(), target), wish)
    raise InvalidArgument(
        "'-' goes with one place in Winslow",
        reason="PATH_INVALID",
        subject=STANDARD,
        hint="Write: winslowctl cp - PLACE, or winslowctl cp PLACE -; a file of that name is ./-",
    )


@app.verb("mkdir")
def mkdir(
    places: REMOTES,
    _parents: Annotated[bool, typer.Option("--parents", "-p", help="Always so: with its parents.")] = False,
) -> None:
    """Make a directory, with its parents; one that is there stays.

    \b
    winslowctl mkdir bikes:input/frames/left bikes:input/frames/right
    """
    found = [remote(client(), text) for text in places]
    made = []
    for there in found:
        with said_for_here(there):
            made.append(client().files.make_directory(there.path))
    show(made[0] if len(made) == 1 else made, lambda: [plain(f"There is a directory {there}") for there in found])


@app.verb("mv")
def mv(
    places: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE... TARGET", help=PLACES_HELP, autocompletion=completion.places),
    ],
) -> None:
    """Move or rename within Winslow; an existing directory as the target means: into it. Never replaces a file.

    \b
    winslowctl mv bikes:input/clip.avi bikes:input/monday.avi
    winslowctl mv 'bikes:input/*.avi' bikes:input/old/
    """
    from winslowctl.copying import different, into

    if len(places) < 2:
        raise InvalidArgument(
            "A move needs a source and a target", reason="TARGET_MISSING", hint="See: winslowctl mv --help"
        )
    target = remote(client(), places[-1])
    sources = [one for text in places[:-1] for one, _ in matching_there(client(), remote(client(), text))]
    many = len(sources) > 1
    targets = different([target.beneath(one.name) if many else into(one, target) for one in sources])
    if many:
        with said_for_here(target):
            client().files.make_directory(target.path)
    moved = []
    for one, other in zip(sources, targets, strict=True):
        with said_for_here(one, other):
            moved.append(client().files.move(one.path, other.path))
    lines = [plain(f"Moved {one} to {other}") for one, other in zip(sources, targets, strict=True)]
    show(moved[0] if not many else moved, lambda: lines)


@app.verb("rm")
def rm(
    places: REMOTES,
    recursive: RECURSIVE = False,
    yes: YES = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Only say what would be deleted.")] = False,
) -> None:
    """Delete files. Directories with -r, after asking.

    \b
    winslowctl rm bikes:input/clip.avi
    winslowctl rm -r --dry-run 'bikes:workspace/tmp*'
    winslowctl rm -r --yes bikes:workspace/tmp
    """
    from winslow.v1.file_pb2 import FILE_KIND_DIRECTORY

    found = [one for text in places for one in matching_there(client(), remote(client(), text))]
    directories = [one for one, file in found if file.kind == FILE_KIND_DIRECTORY]
    if directories and not recursive and dry_run:
        raise InvalidArgument(
            f"{directories[0]} is a directory",
            reason="IS_DIRECTORY",
            subject=str(directories[0]),
            hint="Delete it with -r",
        )
    if dry_run:
        from winslowctl.looking import measured

        told = [f"Would delete {one} ({measured(one, file)})" for one, file in found]
        show([file for _, file in found], lambda: [plain(line) for line in told])
        return
    if recursive:
        confirm(f"Delete {', '.join(str(one) for one, _ in found)} with all that is in there?", yes)
    for one, _ in found:
        with said_for_here(one):
            client().files.delete(one.path, recursive=recursive)
    show([one.path for one, _ in found], lambda: [plain(f"Deleted {one}") for one, _ in found])
