"""A project's attempts as the tree they are: each below the attempt whose workspace it began with.

It never needs to know where the attempts come from. Sweeps put hundreds side by side: of those, the newest are drawn and
the others counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from winslow.v1.stage_pb2 import Stage, StageState
from winslowctl.references import last
from winslowctl.render import human, words
from winslowctl.render.style import has_symbols, paint, plain

SIDE_BY_SIDE_MAX = 12
"""Attempts below one parent that are drawn; the others are counted."""
RESULTS_MAX = 4
RESULT_WIDTH = 24


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
            waiting.append(_Drawn(f"{drawn.indent}{line(children[0])}", children[0], drawn.indent))
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
        yield _Drawn(f"{indent}{paint(corner if is_last else tee, 'dim')}{line(stage)}", stage, deeper)
    if left_out := children[: len(children) - len(shown)]:
        yield _Drawn(f"{indent}{paint(tee, 'dim')}{_counted(left_out)}")


def line(stage: Stage) -> str:
    """One attempt: symbol, id, how long, how it is or was, results."""
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
        parts.append(paint("its node is silent", "yellow"))
    if stage.stale:
        parts.append(paint("stale", "yellow"))
    if stage.pinned:
        parts.append(paint("pinned", "dim"))
    parts.extend(_results(stage))
    return "  ".join(part for part in parts if part)


def _time(stage: Stage) -> str:
    if not stage.start_time.seconds:
        return ""
    return human.since(stage.start_time, stage.end_time)


def _reason(stage: Stage, indent: str, has_branches: bool) -> Iterator[str]:
    """Below a stage that waits or did not succeed: why."""
    text = stage.outcome.message if stage.HasField("outcome") and stage.outcome.message else stage.reason.text
    state = words.word(StageState, stage.state)
    if text and state not in {"SUCCEEDED", "RUNNING"}:
        bar = str(paint("│  " if has_symbols() else "|  ", "dim")) if has_branches else "   "
        yield f"{indent}{bar}{paint(text, 'red' if state in {'FAILED', 'LOST'} else 'dim')}"


def _results(stage: Stage) -> Iterator[str]:
    pairs = sorted(stage.results.items())
    for name, value in pairs[:RESULTS_MAX]:
        short = value if len(value) <= RESULT_WIDTH else value[: RESULT_WIDTH - 1] + "…"
        yield f"{plain(name)}={plain(short)}"
    if len(pairs) > RESULTS_MAX:
        yield str(paint(f"+{len(pairs) - RESULTS_MAX}", "dim"))


def _counted(stages: Sequence[Stage]) -> str:
    states = Counter(words.word(StageState, stage.state) for stage in stages)
    counts = ", ".join(f"{number} {state.lower()}" for state, number in states.most_common())
    return str(paint(f"{human.count(len(stages), 'earlier attempt')}: {counts} (--all shows them)", "dim"))
