"""What was measured on this node: now and in the past, of itself and of its stages.

Each node keeps its own readings, so these use cases answer for one node only; a call about another one has been passed
on before it comes here. They need nothing but the node: cut off from all others it still answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from dataclasses import dataclass

from winslow.domain.principal import Principal
from winslow.domain.reading import OfNode, OfStage, Reading, Subject, thinned
from winslow.domain.stage import NodeId, Stage
from winslow.errors import FailedPrecondition, InvalidArgument
from winslow.ports import Clock, KeptReadings, Store
from winslow.ports import Readings as ReadingsPort
from winslowd.usecases import known, past
from winslowd.usecases.listing import Ask, Page, decode_token, encode_token, page_size
from winslowd.usecases.nodes import Nodes
from winslowd.usecases.past import Past

POINTS_MAX = 10_000
"""Points of one curve; nobody's screen is wider."""
LATE = 120.0
"""Seconds after a stage's end in which its last minute may still be written."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Of the first page, and kept in the tokens of the next ones: `after` < time <= `until`."""

    after: float
    until: float


@dataclass(frozen=True, slots=True)
class Readings:
    """The use cases of readings on the node `here`."""

    here: NodeId
    store: Store
    nodes: Nodes
    past: Past
    readings: ReadingsPort
    clock: Clock
    kept: KeptReadings | None = None

    async def of_node(
        self, asker: Principal, node: NodeId, after: float | None, until: float | None, points: int, ask: Ask
    ) -> Page[Reading]:
        """Minutes of the past between two times (Unix seconds; None for as far as there are, and for now), in order.

        More than `points` become so many means; 0 takes them as they are. Raises NotFound (NODE_UNKNOWN), FailedPrecondition
        (MEASURED_ELSEWHERE), InvalidArgument (RANGE_INVALID).
        """
        if node != self.here:
            self.nodes.get(asker, node)
            raise self._elsewhere(f"nodes/{node}", node)
        now = self.clock()
        span = _Span(0.0 if after is None else after, now if until is None else until)
        _require_range(span, points)
        asked = f"readings\0{node}\0{after}\0{until}\0{points}"
        return await self._page(OfNode(node), span, points, asked, ask)

    async def of_stage(self, asker: Principal, project: str, id_: str, ask: Ask) -> Page[Reading]:
        """What a stage used, by the minute, in order, also when it is history; nothing of one that has not begun.

        What another node measured is read where that node kept it, some minutes after the stage's end. Raises NotFound
        (PROJECT_UNKNOWN, STAGE_UNKNOWN), FailedPrecondition (MEASURED_ELSEWHERE).
        """
        stage = past.stage_shown(await self.past.stage(project, id_)).stage
        if stage.node not in (None, self.here):
            return await self._kept(stage, ask)
        if stage.started_at is None:
            return Page((), "", 0)
        until = self.clock() if stage.ended_at is None else stage.ended_at + LATE
        return await self._page(_subject(stage), _Span(stage.started_at, until), 0, f"readings\0{stage.id}", ask)

    async def watch(
        self, asker: Principal, nodes: Collection[NodeId] = (), stages: Collection[tuple[str, str]] = ()
    ) -> AsyncGenerator[tuple[Reading, ...], None]:
        """What is measured of these, each second, the last measurement at once; of this node where none is named.

        Of a node that is not this one, and of a stage that does not run here, nothing comes. Raises NotFound (NODE_UNKNOWN,
        PROJECT_UNKNOWN, STAGE_UNKNOWN).
        """
        for node in nodes:
            if node != self.here:
                self.nodes.get(asker, node)
        wanted: list[Subject] = [OfNode(node) for node in nodes]
        wanted += [_subject(known.stage(self.store.view, *stage)) for stage in stages]
        wanted = list(dict.fromkeys(wanted)) or [OfNode(self.here)]
        async with aclosing(self.readings.live()) as live:
            async for measured in live:
                if found := tuple(measured[one] for one in wanted if one in measured):
                    yield found

    # ---- inside

    async def _kept(self, stage: Stage, ask: Ask) -> Page[Reading]:
        found = await self.kept.kept(_subject(stage)) if self.kept and stage.ended else ()
        if not found:
            raise self._elsewhere(f"projects/{stage.project}/stages/{stage.id}", stage.node)
        asked, size = f"readings\0{stage.id}", page_size(ask.page_size)
        last = float(decode_token(ask.page_token, asked)[0]) if ask.page_token else 0.0
        left = tuple(one for one in found if one.time > last)
        token = encode_token((left[size - 1].time, ""), asked) if len(left) > size else ""
        return Page(left[:size], token, len(left))

    async def _page(self, subject: Subject, span: _Span, points: int, asked: str, ask: Ask) -> Page[Reading]:
        size, last = page_size(ask.page_size), span.after
        if ask.page_token:
            last, kept = decode_token(ask.page_token, asked)  # type: ignore[assignment]
            span = _span(kept, span)
        if points:
            found = await self._thinned(subject, span, points)
            found = tuple(one for one in found if one.time > float(last))
        else:
            found = await self.readings.past(subject, float(last), span.until, size + 1)
        shown = found[:size]
        token = encode_token((shown[-1].time, f"{span.after!r} {span.until!r}"), asked) if len(found) > size else ""
        return Page(shown, token, len(found))

    async def _thinned(self, subject: Subject, span: _Span, points: int) -> tuple[Reading, ...]:
        """An open beginning is where the first reading begins: a young node's curve is as fine as an old one's."""
        readings = await self.readings.past(subject, span.after, span.until)
        if len(readings) <= points:
            return readings
        begin = span.after or readings[0].time - readings[0].seconds
        # A month of minutes takes a third of a second, which nobody else need wait.
        return await asyncio.to_thread(thinned, readings, begin, span.until, points)

    def _elsewhere(self, subject: str, node: NodeId | None) -> FailedPrecondition:
        return FailedPrecondition(
            f"What is measured on {node} is kept there, and {self.here} was asked",
            reason="MEASURED_ELSEWHERE",
            subject=subject,
            hint=f"Ask {node} itself",
        )


def _subject(stage: Stage) -> OfStage:
    return OfStage(stage.project, stage.id)


def _span(kept: str, otherwise: _Span) -> _Span:
    """The first page's, so that what is measured between two pages changes neither the spans of means nor the end."""
    after, _, until = kept.partition(" ")
    try:
        return _Span(float(after), float(until))
    except ValueError:
        return otherwise


def _require_range(span: _Span, points: int) -> None:
    if span.until < span.after or not 0 <= points <= POINTS_MAX:
        raise InvalidArgument(
            "No readings can be asked for like this",
            reason="RANGE_INVALID",
            hint=f"The end must not be before the start, and there are 0 to {POINTS_MAX} points",
        )
