"""`winslowctl statistics`: what ran when, who took it and what was waited for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from google.protobuf.duration_pb2 import Duration

from winslow.domain.quantity import parse_duration
from winslow.v1.statistics_service_pb2 import GetStatisticsResponse, StatisticsGroup
from winslowctl import references
from winslowctl.command import Noun
from winslowctl.references import last
from winslowctl.render import human
from winslowctl.render.show import show
from winslowctl.render.style import Painted, paint
from winslowctl.render.table import fields, table
from winslowctl.session import client

app = Noun("What ran when, who took it and what was waited for.")

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SHADES = " ░▒▓█"
ZONES = "zoneinfo/"


class By(StrEnum):
    """What hours of computing are told by."""

    PROJECT = "project"
    USER = "user"
    NODE = "node"
    GPU = "gpu"


GROUPS = {
    By.PROJECT: StatisticsGroup.STATISTICS_GROUP_PROJECT,
    By.USER: StatisticsGroup.STATISTICS_GROUP_USER,
    By.NODE: StatisticsGroup.STATISTICS_GROUP_NODE,
    By.GPU: StatisticsGroup.STATISTICS_GROUP_GPU,
}


@app.verb("statistics")
def statistics(
    since: Annotated[
        str, typer.Option("--since", metavar="DURATION", help="How far to look back, 7d for instance; at most 400d.")
    ] = "30d",
    by: Annotated[By, typer.Option("--by", help="Whose hours of computing.")] = By.PROJECT,
    project: Annotated[str | None, typer.Option("--project", metavar="PROJECT", help="Only this project.")] = None,
) -> None:
    """Show when stages ran, how many Winslow began by itself, who took the computing, and what was waited for."""
    start = datetime.now(UTC) - timedelta(seconds=parse_duration(since))
    found = client().statistics.get(
        start,
        group=GROUPS[by],
        time_zone=_zone(),
        project=references.project(client(), project).name if project else "",
    )
    show(found, lambda: _lines(found, by))


def _lines(found: GetStatisticsResponse, by: By) -> Iterator[str]:
    by_hand = sum(hour.started_by_hand for hour in found.hours)
    by_winslow = sum(hour.started_by_winslow for hour in found.hours)
    started = by_hand + by_winslow
    yield from fields(
        (
            ("Started", f"{human.count(started, 'stage')}, {human.percent(by_winslow / started)} by Winslow itself")
            if started
            else ("Started", "nothing"),
            ("Computing", human.duration(sum(_seconds(share.computing) for share in found.shares))),
        )
    )
    yield ""
    yield from _week(found)
    if found.shares:
        yield ""
        yield from table(
            (by.name, "COMPUTING", "GPUS", "STAGES"),
            (
                (last(share.name), _length(share.computing), _length(share.gpu_computing), str(share.stages))
                for share in found.shares
            ),
        )
    if found.waits:
        yield ""
        yield from table(
            ("WAITED FOR", "IN ALL", "LONGEST", "TIMES"),
            ((wait.code, _length(wait.total), _length(wait.longest), str(wait.stages)) for wait in found.waits),
        )


def _week(found: GetStatisticsResponse) -> Iterator[str]:
    """A line for each day, a shade for each hour by how many stages ran in it."""
    most = max((hour.running for hour in found.hours), default=0.0)
    running = {(hour.weekday, hour.hour): hour.running for hour in found.hours}
    yield Painted(paint("Stages running", "bold")) + f" (at most {most:.2g} at a time in an hour of the week)"
    yield "     0     3     6     9     12    15    18    21"
    for day, name in enumerate(DAYS):
        yield f"{name}  " + "".join(_shade(running.get((day, hour), 0.0), most) * 2 for hour in range(24)).rstrip()


def _shade(value: float, most: float) -> str:
    if value <= 0:
        return "·"
    return SHADES[1 + min(3, int(4 * value / most))]


def _seconds(length: Duration) -> float:
    return length.seconds + length.nanos / 1e9


def _length(length: Duration) -> str:
    return human.duration(_seconds(length))


def _zone() -> str:
    """The name of this machine's time zone, "" where it says none."""
    if said := os.environ.get("TZ"):
        return said.removeprefix(":")
    at = str(Path("/etc/localtime").resolve())
    return at.partition(ZONES)[2]
