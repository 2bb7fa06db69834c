"""A project's attempts as the tree they are: each below the attempt whose workspace it began with.

It never needs to know where the attempts come from. Sweeps put hundreds side by side: of those, the newest are drawn and
the others counted.
"""

from __future__ import annotations

import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from winslow.v1.stage_pb2 import Stage, StageState
from winslowctl.references import last
from winslowctl.render import human, words
from winslowctl.render.style import columns, has_symbols, paint, plain
from winslowctl.render.table import GAP, width

SIDE_BY_SIDE_MAX = 12
"""Attempts below one parent that are drawn; the others are counted."""
RESULTS_MAX = 4
RESULT_WIDTH = 24
COUNT_WIDTH = 5
"""Columns kept for the count of results that are not drawn."""
REASON_MIN = 20


def tree(stages: Sequence[Stage], everything: bool = False) -> Iterator[str]:
    """Lines, the zeroth workspace at the root. `stages` oldest first.

    Only branches are indented: a chain of attempts is drawn downwards, or a pipeline of twenty would leave the screen.
    """
    below: defaultdict[str, list[Stage]] = defaultdict(list)
    names = {stage.name for stage in stages}
    for stage in stages:
        below[stage.parent if stage.parent in names else ""].append(stage)
    yield str(paint("input and zeroth workspace", "dim"))
    waiting = list(_branches(below[""], "", everything))
    while waiting:
        drawn = waiting.pop()
        yield drawn.text
        if drawn.stage is None:
            continue
        children = below.get(drawn.stage.name, [])
        yield from _reason(drawn.stage, drawn.indent, len(children) > 1)
        if len(children) == 1:
            waiting.append(_Drawn(f"{drawn.indent}{line(children[0], drawn.indent)}", children[0], drawn.indent))
        else:
            waiting.extend(_branches(children, drawn.indent, everything))


class _Drawn(NamedTuple):
    """A line, the attempt it shows if it shows one, and how far what comes after it is indented."""

    text: str
    stage: Stage | None = None
    indent: str = ""


def _branches(children: Sequence[Stage], indent: str, everything: bool) -> Iterator[_Drawn]:
    """Attempts side by side, the last one first, as a stack wants them."""
    shown = children if everything else children[-SIDE_BY_SIDE_MAX:]
    tee, corner, bar = ("├─ ", "└─ ", "│  ") if has_symbols() else ("|- ", "`- ", "|  ")
    for stage in reversed(shown):
        is_last = stage is shown[-1]
        deeper = indent + ("   " if is_last else str(paint(bar, "dim")))
        before = f"{indent}{paint(corner if is_last else tee, 'dim')}"
        yield _Drawn(f"{before}{line(stage, before)}", stage, deeper)
    if left_out := children[: len(children) - len(shown)]:
        yield _Drawn(f"{indent}{paint(tee, 'dim')}{_counted(left_out)}")


def line(stage: Stage, before: str = "") -> str:
    """One attempt: symbol, id, how long, how it is or was, and as many results as fit behind what is `before`."""
    state = words.word(StageState, stage.state)
    parts: list[str] = [
        words.symbol(state),
        paint(last(stage.name), "bold"),
        words.paint_state(state),
        paint(_time(stage), "dim"),
    ]
    if state == "RUNNING" and stage.HasField("progress"):
        parts.append(paint(human.percent(stage.progress), "blue"))
    if stage.suspect:
        parts.append(paint(plain(stage.reason.text) or "suspect", "yellow"))
    if stage.stale:
        parts.append(paint("stale", "yellow"))
    if stage.pinned:
        parts.append(paint("pinned", "dim"))
    known = GAP.join(part for part in parts if part)
    return known + _results(stage, (columns() or 1000) - width(before) - width(known))


def _time(stage: Stage) -> str:
    if not stage.start_time.seconds:
        return ""
    return human.since(stage.start_time, stage.end_time)


def _reason(stage: Stage, indent: str, has_branches: bool) -> Iterator[str]:
    """Below a stage that waits or did not succeed: why."""
    text = stage.outcome.message if stage.HasField("outcome") and stage.outcome.message else stage.reason.text
    state = words.word(StageState, stage.state)
    if text and state not in {"SUCCEEDED", "RUNNING"} and not stage.suspect:
        bar = str(paint("│  " if has_symbols() else "|  ", "dim")) if has_branches else "   "
        before = f"{indent}{bar}"
        room = max((columns() or 1000) - width(before), REASON_MIN)
        colour = "red" if state in {"FAILED", "LOST"} else "dim"
        yield from (f"{before}{paint(piece, colour)}" for piece in textwrap.wrap(plain(text), room))


def _results(stage: Stage, room: int) -> str:
    """Those that fit into `room` columns, and how many are left out."""
    pairs = sorted(stage.results.items())
    shown = ""
    for index, (name, value) in enumerate(pairs):
        short = value if len(value) <= RESULT_WIDTH else value[: RESULT_WIDTH - 1] + "…"
        more = f"{shown}{GAP}{plain(name)}={plain(short)}"
        reserved = 0 if index == len(pairs) - 1 else COUNT_WIDTH
        if index == RESULTS_MAX or width(more) > room - reserved:
            return f"{shown}{GAP}{paint(f'+{len(pairs) - index}', 'dim')}"
        shown = more
    return shown


def _counted(stages: Sequence[Stage]) -> str:
    states = Counter(words.word(StageState, stage.state) for stage in stages)
    counts = ", ".join(f"{number} {state.lower()}" for state, number in states.most_common())
    return str(paint(f"{human.count(len(stages), 'earlier attempt')}: {counts} (--all shows them)", "dim"))
