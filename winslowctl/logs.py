"""`winslowctl logs`: what a stage wrote, live or ended.

All streams go to stdout in the order in which they were written, since a log torn into two is hard to read; what came from
stderr is told apart by colour on a terminal, by --label elsewhere, and by --stream. What is said of a line before its end, as by a
progress bar, is drawn in place on a terminal; a pipe or a file gets whole lines.
"""

from __future__ import annotations

import re
import sys
from typing import Annotated

import typer

from winslow.client.loglines import STREAMS, LogLine
from winslow.errors import InvalidArgument
from winslowctl import references
from winslowctl.arguments import STAGE, moment
from winslowctl.command import Noun
from winslowctl.render.style import columns, is_terminal, plain
from winslowctl.render.table import width
from winslowctl.session import Format, client, current

app = Noun()

_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
_COLOURS = {"stderr": "33", "winslow": "36"}


@app.verb("logs")
def logs(
    stage: STAGE,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on as it is written, until the stage has ended.")
    ] = False,
    tail: Annotated[
        int | None, typer.Option("--tail", "-n", metavar="LINES", min=0, help="Only the last so many lines.")
    ] = None,
    offset: Annotated[
        int, typer.Option("--offset", metavar="BYTE", min=0, help="Begin at this byte, the beginning of a line.")
    ] = 0,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="Begin at a time: 10m ago, or 2026-01-31T14:00.")
    ] = None,
    timestamps: Annotated[
        bool, typer.Option("--timestamps", "-t", help="Begin lines with when they were written.")
    ] = False,
    label: Annotated[bool, typer.Option("--label", "-l", help="Begin lines with their stream.")] = False,
    stream: Annotated[
        list[str] | None,
        typer.Option("--stream", metavar="STREAM", help="Only stdout, stderr or winslow; may be repeated."),
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Every byte as it was written, also on a terminal.")] = False,
) -> None:
    """Show what a stage wrote to stdout and stderr, and Winslow's own remarks.

    On a terminal, control characters are made visible, so that a log cannot take it over; colours stay. A line that was
    drawn over, as a progress bar is, is shown as it was drawn last.
    """
    if unknown := set(stream or ()) - set(STREAMS):
        raise InvalidArgument(
            f"There is no stream {', '.join(sorted(unknown))}",
            reason="STREAM_UNKNOWN",
            hint=f"There are {', '.join(STREAMS)}",
        )
    if sum((tail is not None, bool(offset), since is not None)) > 1:
        raise InvalidArgument("Only one of --tail, --offset and --since can say where to begin", reason="USAGE")
    name = references.stage(client(), stage).name
    current().if_interrupted = ""
    start = client().logs.locate(name, moment(since)) if since else offset
    sketch = Sketch() if follow and not raw and current().format is Format.TABLE and is_terminal() else None
    try:
        for line in client().logs.lines(name, follow=follow, offset=start, tail=tail, unfinished=sketch is not None):
            if stream and line.stream not in stream:
                continue
            if sketch:
                sketch.clear()
            if sketch and not line.ended:
                sketch.draw(_before(line, timestamps, label) + _last_drawing(line))
            else:
                _write(line, timestamps, label, raw)
            if follow:
                sys.stdout.flush()
    finally:
        if sketch:
            sketch.clear()
            sys.stdout.flush()


class Sketch:
    """A line of the terminal that is drawn over until the next one takes its place."""

    def __init__(self) -> None:
        self._drawn = False

    def draw(self, text: str) -> None:
        sys.stdout.write(_fitted(text, (columns() or 80) - 1))
        self._drawn = True

    def clear(self) -> None:
        if self._drawn:
            sys.stdout.write("\r\x1b[K")
        self._drawn = False


def _fitted(text: str, room: int) -> str:
    """Without colours, in one row of the terminal: only that can be drawn over."""
    shown = plain(_COLOUR.sub("", text).replace("\t", " "))
    while width(shown) > room:
        shown = shown[: len(shown) - max((width(shown) - room + 1) // 2, 1)]
    return shown


def _write(line: LogLine, timestamps: bool, label: bool, raw: bool) -> None:
    if current().format is not Format.TABLE:
        from winslowctl.render import data

        text = line.text.decode("utf-8", "replace")
        data.write_each({"time": line.time, "stream": line.stream, "text": text}, current().format)
        return
    before = _before(line, timestamps, label)
    if raw or not sys.stdout.isatty():
        sys.stdout.buffer.write(before.encode() + line.text + b"\n")
    else:
        print(_shown(before, line))


def _before(line: LogLine, timestamps: bool, label: bool) -> str:
    return (_time(line) if timestamps else "") + (f"{line.stream:<7} " if label else "")


def _last_drawing(line: LogLine) -> str:
    """What a terminal shows of a line that returned to its beginning and was written over."""
    return line.text.rstrip(b"\r").rpartition(b"\r")[2].decode("utf-8", "replace")


def _time(line: LogLine) -> str:
    return f"{line.at.astimezone():%Y-%m-%d %H:%M:%S.%f} " if line.at else ""


def _shown(before: str, line: LogLine) -> str:
    from winslowctl.render.style import has_colour, log_text

    text = log_text(_last_drawing(line))
    colour = _COLOURS.get(line.stream)
    return f"{before}\x1b[{colour}m{text}\x1b[0m" if colour and has_colour() else f"{before}{text}"
