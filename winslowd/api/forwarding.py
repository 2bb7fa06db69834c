"""Passing calls on to the node that they need, so that any node answers any call; a call is passed on once at most.

It stands between the guard and a service: who asks is known, errors go the guard's way. Which node a call needs is
`routing`'s to say. Deadlines pass through, and who gives up here is given up there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import Any

import structlog

from winslow.domain.stage import WAITING, NodeId
from winslow.domain.view import View
from winslow.errors import WinslowError
from winslow.ports import Store
from winslow.v1.log_pb2 import LogChunk
from winslowd.api import routing
from winslowd.api.call import asker, through
from winslowd.api.gathering import Gathering
from winslowd.api.routing import ELSEWHERE, FOLLOW_LOG, RULES, STREAMS, WATCH_READINGS, Rule, There
from winslowd.peers.passing import Passing

log = structlog.get_logger(__name__)

Behaviour = Callable[[Any, Any], Any]
"""What serves a method: of the request and gRPC's context."""

WITHIN = 5.0
"""Seconds in which another node answers what can be answered here too."""
HEARD_WITHIN = 1.0
"""Seconds in which this node, too, hears of an end that another told."""


class Forwarding:
    """For the server of node `here`. What many nodes measure comes by `gathering`."""

    def __init__(self, here: NodeId, store: Store, passing: Passing, gathering: Gathering) -> None:
        self._here = here
        self._store = store
        self._passing = passing
        self._gathering = gathering

    @property
    def _view(self) -> View:
        return self._store.view

    def around(self, method: str, behaviour: Behaviour) -> Behaviour:
        """What serves `method` in place of `behaviour`: the same where no other node is ever needed."""
        if method == FOLLOW_LOG:
            return lambda request, context: self._follow(request, context, behaviour)
        if method == WATCH_READINGS:
            return lambda request, context: self._watch(request, behaviour(request, context))
        if asked := RULES.get(method):
            return lambda request, context: self._ask(method, asked, request, context, behaviour)
        if streamed := STREAMS.get(method):
            return lambda request, context: self._stream(method, streamed, request, context, behaviour)
        return behaviour

    async def _stream(
        self, method: str, rule: Rule, request: Any, context: Any, behaviour: Behaviour
    ) -> AsyncGenerator[Any, None]:
        """All of it from where it is."""
        there = self._route(rule, request)
        answers = (
            self._passing.stream(there.address, method, request, asker(), context.time_remaining())
            if there
            else behaviour(request, context)
        )
        async with aclosing(answers) as found:
            async for answer in found:
                yield answer

    # One answer

    async def _ask(self, method: str, rule: Rule, request: Any, context: Any, behaviour: Behaviour) -> Any:
        there = self._route(rule, request)
        if there is None:
            return await behaviour(request, context)
        left = context.time_remaining()
        timeout = WITHIN if rule.or_here and (left is None or left > WITHIN) else left
        try:
            return await self._passing.unary(there.address, method, request, asker(), timeout)
        except WinslowError as error:
            if not rule.or_here or error.code not in ELSEWHERE:
                raise
            _answered_here(method, there, error)
        return await behaviour(request, context)

    def _route(self, rule: Rule, request: Any) -> There | None:
        return None if through() else rule.route(request, self._view, self._here)

    # A log as it is written

    async def _follow(self, request: Any, context: Any, behaviour: Behaviour) -> AsyncGenerator[Any, None]:
        """From the node that writes it, and when that is lost from the file, at the byte where the other ended."""
        if not through():
            await self._placed(request)
        there = self._route(FROM_WRITER, request)
        if there:
            rest, begun = request, False
            try:
                async with aclosing(self._from(there, request, context)) as chunks:
                    async for chunk in chunks:
                        begun = bool(chunk.unfinished)
                        rest = type(request)(name=request.name, offset=chunk.offset + len(chunk.data))
                        if chunk.ended:
                            await self._seen_to_have_ended(request)
                        yield chunk
                        if chunk.ended:
                            return
            except WinslowError as error:
                if error.code not in ELSEWHERE:
                    raise
                _answered_here(FOLLOW_LOG, there, error)
            if begun:  # nobody here knows what becomes of it
                yield LogChunk(offset=rest.offset, size=rest.offset)
            request = rest
        async with aclosing(behaviour(request, context)) as chunks:
            async for chunk in chunks:
                yield chunk

    def _from(self, there: There, request: Any, context: Any) -> AsyncGenerator[Any, None]:
        return self._passing.stream(there.address, FOLLOW_LOG, request, asker(), context.time_remaining())

    async def _placed(self, request: Any) -> None:
        """A stage that waits has no log: wait until it is known who will write it. What is wrong is said at once."""
        if request.offset < 0 or request.tail_lines < 0:
            return
        while (stage := routing.stage_named(request.name, self._view)) and stage.state in WAITING:
            await self._store.changed(self._view.revision)

    async def _seen_to_have_ended(self, request: Any) -> None:
        """Who is told of a stage's end may look at the stage next, here: a moment until this node knows of it too."""
        with suppress(TimeoutError):
            async with asyncio.timeout(HEARD_WITHIN):
                while (stage := routing.stage_named(request.name, self._view)) and stage.live:
                    await self._store.changed(self._view.revision)

    # Readings of many

    async def _watch(self, request: Any, behaviour: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
        """Everyone's share in one stream; another node asks only for ours."""
        async with aclosing(behaviour if through() else self._gathering.answers(request.names)) as answers:
            async for answer in answers:
                yield answer


FROM_WRITER = Rule(routing.to_writer, or_here=True)


def _answered_here(method: str, there: There, error: WinslowError) -> None:
    log.info("answered here: the other node did not", method=method, node=there.node, error=str(error))
