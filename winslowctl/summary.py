"""What is said when a transfer is over: what came, what was there already, what was left out, what failed and what to do next."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from winslow.client.transfer import Meter
from winslow.client.trees import Tree
from winslow.errors import WinslowError
from winslowctl.errors import ExitCode, exit_code
from winslowctl.places import Local, Remote, said_for_here
from winslowctl.render import human
from winslowctl.render.show import is_for_people, show
from winslowctl.render.style import plain

SHOWN_MAX = 10
"""Names that a person reads of what was left out, and of what failed."""


@dataclass(frozen=True, slots=True)
class Done:
    """`seconds` is how long it took."""

    tree: Tree
    meter: Meter
    seconds: float


def tell(
    verb: str,
    sources: Sequence[Local | Remote],
    targets: Sequence[Local | Remote],
    target: Local | Remote,
    done: Done,
) -> int:
    """Say it, and answer the exit code. Raises the one error of a single file: then there is nothing else to say."""
    remotes = [one for one in (*targets, *sources) if isinstance(one, Remote)]
    failed = done.tree.failed
    if failed.count == 1 and not done.tree.files:
        with said_for_here(*remotes):
            raise failed.first[0][1]
    shown = str(targets[0] if len(targets) == 1 else target)
    what = str(sources[0]) if len(sources) == 1 else human.count(len(sources), "place")
    show(_facts(done), lambda: _lines(verb, what, shown, done, remotes))
    if failed.count and is_for_people():
        for line in _failures(done, remotes):
            print(line, file=sys.stderr)
    codes = {exit_code(error) for _, error in failed.first}
    return ExitCode.OK if not codes else codes.pop() if len(codes) == 1 else ExitCode.ERROR


def tell_how_far(meter: Meter) -> None:
    """What was done when all of it ended at once."""
    if is_for_people() and meter.files:
        text = f"{human.count(meter.files, 'file')} {'was' if meter.files == 1 else 'were'} copied; the same command goes on from there."
        print(text, file=sys.stderr)


def _facts(done: Done) -> dict[str, object]:
    tree, meter = done.tree, done.meter
    return {
        "files": tree.files,
        "size": tree.size,
        "skipped": meter.skipped,
        "sent": meter.sent,
        "seconds": round(done.seconds, 3),
        "left_out": [{"path": path, "kind": kind} for path, kind in tree.left_out.first],
        "left_out_count": tree.left_out.count,
        "failed": [
            {"path": path, "reason": error.reason, "message": error.message, "hint": error.hint}
            for path, error in tree.failed.first
        ],
        "failed_count": tree.failed.count,
    }


def _lines(verb: str, source: str, target: str, done: Done, remotes: Sequence[Remote]) -> Iterator[str]:
    tree, meter = done.tree, done.meter
    count = human.count(tree.files, "file")
    size = f"({human.size(tree.size)})"
    taken = (
        f" in {human.duration(done.seconds)}, {human.size(meter.sent / done.seconds)}/s" if done.seconds >= 1 else ""
    )
    if tree.files and meter.skipped == tree.files and not tree.failed.count:
        yield plain(
            f"Nothing to do: {count} {size} of {source} {'is' if tree.files == 1 else 'are'} at {target} already"
        )
    elif tree.files == 1 and not tree.failed.count and not tree.left_out.count:
        yield plain(f"{verb} {source} to {target} {size}{taken}")
    else:
        there = f"; {meter.skipped:,} of them were there already" if meter.skipped else ""
        yield plain(f"{verb} {count} {size} from {source} to {target}{taken}{there}")
    for path, kind in tree.left_out.first[:SHOWN_MAX]:
        yield plain(f"Left out, {kind}: {_said(path, remotes)}")
    if tree.left_out.count > SHOWN_MAX:
        yield f"Left out {tree.left_out.count - SHOWN_MAX:,} more"


def _failures(done: Done, remotes: Sequence[Remote]) -> Iterator[str]:
    failed = done.tree.failed
    yield f"winslowctl: {human.count(failed.count, 'file')} failed:"
    hints: dict[str, None] = {}
    for _, error in failed.first[:SHOWN_MAX]:
        try:
            with said_for_here(*remotes):
                raise error
        except WinslowError as said:
            yield plain(f"  {said.message}")
            if said.hint:
                hints[said.hint] = None
    if failed.count > SHOWN_MAX:
        yield f"  and {failed.count - SHOWN_MAX:,} more"
    for hint in hints:
        yield plain(f"  {hint}{'' if hint[-1] in '.!?' else '.'}")
    yield "  Then run the same command again: what is there already is left alone."


def _said(path: str, remotes: Sequence[Remote]) -> str:
    for one in remotes:
        path = one.said(path)
    return path
