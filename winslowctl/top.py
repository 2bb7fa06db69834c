"""`winslowctl node top`: what the nodes do now, and with --stages what each stage uses of them."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from datetime import datetime
from typing import Annotated, NamedTuple

import typer

from winslow.errors import DeadlineExceeded
from winslow.v1.node_pb2 import Node, NodeState, Reading
from winslowctl import completion, references
from winslowctl.references import last
from winslowctl.render import data, human, words
from winslowctl.render.show import is_for_people
from winslowctl.render.style import Painted, is_terminal, paint, plain
from winslowctl.render.table import table
from winslowctl.session import client, current

LOOK_AGAIN = 5.0
"""Seconds after which it is looked which nodes there are, and which stages they have."""
STALE = 5.0
"""Seconds after which what was measured is not shown any more."""
ONCE_WITHIN = 3.0
"""Seconds in which every node must have been heard, where one look is enough."""
HEADER = ("NODE", "STAGES", "CPU", "MEMORY", "IN/s", "OUT/s", "READ/s", "WRITE/s", "GPUS")

NODES = Annotated[
    list[str] | None,
    typer.Argument(metavar="NODE", help="Only of these.", autocompletion=completion.nodes),
]
STAGES = Annotated[bool, typer.Option("--stages", "-s", help="Also what each stage on them uses.")]
ONCE = Annotated[bool, typer.Option("--once", help="One look, and no more.")]


def top(nodes: NODES = None, stages: STAGES = False, once: ONCE = False) -> None:
    """Show what nodes do now, each second, until interrupted. With -o json, one object a line."""
    wanted = [references.node(client(), one).name for one in nodes or ()]
    current().if_interrupted = ""
    with closing(_pictures(wanted, stages, ONCE_WITHIN if once else None)) as pictures:
        if not is_for_people():
            _write(pictures, once)
        elif once:
            _print_one(pictures)
        elif is_terminal():
            _paint(pictures)
        else:
            _print_each(pictures)


class Picture(NamedTuple):
    """The nodes, by name; what was measured, by subject, with the time of this machine's steady clock; and what of it is new."""

    nodes: Mapping[str, Node]
    measured: Mapping[str, tuple[float, Reading]]
    new: Sequence[Reading]

    @property
    def whole(self) -> bool:
        """Whether every node that is up was heard."""
        up = [name for name, node in self.nodes.items() if node.state == NodeState.NODE_STATE_READY]
        return all(name in self.measured for name in up)

    def reading(self, name: str) -> Reading | None:
        """The last one, while it is fresh."""
        at, reading = self.measured.get(name, (0.0, None))
        return reading if time.monotonic() - at < STALE else None


def _pictures(wanted: Sequence[str], stages: bool, timeout: float | None) -> Generator[Picture, None, None]:
    """A picture after each measurement, until `timeout` seconds have passed."""
    measured: dict[str, tuple[float, Reading]] = {}
    end = None if timeout is None else time.monotonic() + timeout
    while end is None or time.monotonic() < end:
        nodes, looked = _nodes(wanted), time.monotonic()
        watched = _subjects(nodes) if stages else wanted
        left = None if end is None else max(end - looked, 0.0)
        with suppress(DeadlineExceeded), closing(client().nodes.watch_readings(watched, left)) as live:
            for readings in live:
                new = [one for one in readings if _is_new(one, measured)]
                measured |= {one.subject: (time.monotonic(), one) for one in new}
                yield Picture(nodes, dict(measured), new)
                if time.monotonic() - looked > LOOK_AGAIN:
                    before, nodes, looked = nodes, _nodes(wanted), time.monotonic()
                    if nodes.keys() != before.keys() or (stages and _subjects(nodes) != watched):
                        break  # others are to be watched


def _nodes(wanted: Sequence[str]) -> dict[str, Node]:
    return {node.name: node for node in client().nodes.list() if not wanted or node.name in wanted}


def _subjects(nodes: Mapping[str, Node]) -> list[str]:
    """Nodes, and the stages on them."""
    return [*nodes, *(stage for node in nodes.values() for stage in node.stages)]


def _is_new(one: Reading, measured: Mapping[str, tuple[float, Reading]]) -> bool:
    """What was measured last is told once more when a stream begins anew."""
    _, before = measured.get(one.subject, (0.0, None))
    return before is None or before.time != one.time


def _paint(pictures: Iterable[Picture]) -> None:
    """On a terminal: a table that changes where it stands."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    drawn: Picture | None = None

    def draw() -> Text:
        return Text.from_ansi("\n".join(_table(drawn)) if drawn else "", no_wrap=True, overflow="crop")

    with Live(get_renderable=draw, console=Console(), refresh_per_second=2) as live:
        for drawn in pictures:
            if live.is_started and drawn.whole:
                live.refresh()


def _print_one(pictures: Iterable[Picture]) -> None:
    picture = None
    for picture in pictures:
        if picture.whole:
            break
    if picture is None:
        print(paint("Nothing was measured yet", "dim"))
        return
    for line in _table(picture):
        print(line)


def _print_each(pictures: Iterable[Picture]) -> None:
    """Into a file or a pipe: a line for each measurement, which any tool can read."""
    for picture in pictures:
        at = f"{datetime.now().astimezone():%H:%M:%S}"
        for one in picture.new:
            node = picture.nodes.get(one.subject)
            cells = zip(HEADER[1:], _cells(one, node), strict=True)
            said = "  ".join(f"{name.lower()} {cell}" for name, cell in cells if cell)
            print(f"{at}  {plain(_short(one.subject))}  {said}", flush=True)


def _write(pictures: Iterable[Picture], once: bool) -> None:
    for picture in pictures:
        for one in picture.new:
            data.write_each(one, current().format)
        if once and picture.whole:
            return


def _table(picture: Picture) -> Iterable[str]:
    return table(HEADER, (row for node in picture.nodes.values() for row in _rows(picture, node)))


def _rows(picture: Picture, node: Node) -> Iterator[Sequence[str]]:
    """A node's, and below it those of its stages that were measured."""
    reading = picture.reading(node.name)
    name = last(node.name)
    if node.state != NodeState.NODE_STATE_READY:
        name = Painted(f"{plain(name)} {words.state(NodeState, node.state)}")
    yield [name, *(_cells(reading, node) if reading else [str(len(node.stages)), *[""] * 7])]
    for stage in node.stages:
        if used := picture.reading(stage):
            yield [Painted(f"  {plain(last(stage))}"), *_cells(used, None)]


def _cells(one: Reading, node: Node | None) -> list[str]:
    """Behind the name. Of a stage (`node` is None) there is nothing that it is part of."""
    return [
        str(len(node.stages)) if node else "",
        f"{one.cpus:.1f}/{node.capacity.cpus:g}" if node else f"{one.cpus:.1f}",
        _of(one.memory, node.capacity.memory if node else 0),
        *(
            human.size(rate)
            for rate in (one.network_receive_rate, one.network_send_rate, one.disk_read_rate, one.disk_write_rate)
        ),
        _gpus(one, node),
    ]


def _of(part: int, whole: int) -> str:
    """`2.3 of 23.5 GiB`, short where both have the same unit."""
    if not whole:
        return human.size(part)
    shown, of = human.size(part), human.size(whole)
    same = shown.rpartition(" ")[2] == of.rpartition(" ")[2]
    return f"{shown.rpartition(' ')[0] if same else shown} of {of}"


def _gpus(reading: Reading, node: Node | None) -> str:
    """`8 at 43%, 312.0 of 640.0 GiB`: their mean and their sum, since a node may have sixteen."""
    if not reading.gpus:
        return ""
    busy = sum(gpu.utilisation for gpu in reading.gpus) / len(reading.gpus)
    used = sum(gpu.memory_used for gpu in reading.gpus)
    whole = sum(gpu.memory for gpu in node.capacity.gpus) if node else 0
    return f"{len(reading.gpus)} at {human.percent(busy)}, {_of(used, whole)}"


def _short(name: str) -> str:
    """`node-a`, and `bikes/detect-1-1-x7k2` for a stage of a project."""
    return "/".join(name.split("/")[1::2])
