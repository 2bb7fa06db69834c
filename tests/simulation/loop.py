"""An event loop in which time is made up and a seed decides who runs next: no sleeping, no threads, no sockets.

Every callback belongs to a process, the one in whose context it was made. Within a process they run in the order in which
they became ready, as asyncio promises; between processes anything may happen, as between machines. A process may be
frozen (nothing of it runs, its timers wait), thawed, or killed: then nothing of it ever runs again, no `finally` either.
The loop knows nothing of what runs in it.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from itertools import count
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

STEP = 1e-5
"""Seconds that pass while a process runs for a moment: work is not free, and nobody spins for ever at one instant."""
MOST = 300_000
"""Callbacks after which a world is taken to go round in circles."""
BURST = 8
"""Callbacks that a process may run before another's turn, at most."""


class Callback:
    """What asyncio has of a `Handle`, and no more: worlds make thousands of them."""

    __slots__ = ("arguments", "callback", "context", "gone")

    def __init__(self, callback: Callable[..., Any], arguments: tuple[Any, ...], context: Context) -> None:
        self.callback = callback
        self.arguments = arguments
        self.context = context
        self.gone = False

    def cancel(self) -> None:
        self.gone = True

    def cancelled(self) -> bool:
        return self.gone


class Timer(Callback):
    """One that waits for its time. When cancelled it is dropped when that has come."""

    __slots__ = ("_when",)

    def __init__(self, callback: Callable[..., Any], arguments: tuple[Any, ...], context: Context, when: float) -> None:
        self.callback = callback
        self.arguments = arguments
        self.context = context
        self.gone = False
        self._when = when

    def when(self) -> float:
        return self._when


class Process:
    """Something that can be frozen or killed by itself. `name` is for those who read traces."""

    __slots__ = ("dead", "frozen", "name", "queue", "waiting")

    def __init__(self, name: str) -> None:
        self.name = name
        self.dead = False
        self.frozen = False
        self.waiting = False
        self.queue: deque[Callback] = deque()

    def __repr__(self) -> str:
        return self.name


CURRENT: ContextVar[Process | None] = ContextVar("process", default=None)
"""None is the world itself, which is never frozen."""


class Stuck(AssertionError):
    """What was to be run has not ended, and never will."""


class _NumberedTask(asyncio.Task):  # type: ignore[type-arg]
    """Sets of tasks, of which asyncio has many, are walked in an order that does not depend on where tasks lie in memory."""

    def __init__(self, work: Any, *, number: int, **options: Any) -> None:
        self._number = number
        super().__init__(work, **options)

    def __hash__(self) -> int:
        return self._number

    def __eq__(self, other: object) -> bool:
        return self is other


class SimulatedLoop(asyncio.BaseEventLoop):
    """Run it with `run_until_complete`. The order in which processes run, and nothing else, comes from `random`."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random.random
        self._now = 0.0
        self._runnable: list[Process] = []
        self._world = Process("world")
        self._timers: list[tuple[float, int, Timer]] = []
        self._numbers = count()
        self.set_task_factory(self._task)
        self.steps = 0

    def _task(self, _: object, work: Any, context: Context | None = None) -> asyncio.Task[Any]:
        return _NumberedTask(work, loop=self, context=context, number=next(self._numbers))

    # ---- processes

    def process(self, name: str) -> Process:
        return Process(name)

    def spawn(self, process: Process, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Begin `work` as a task of `process`, whoever asks for it."""
        return self.create_task(work, name=name, context=self.context_of(process))

    @staticmethod
    def context_of(process: Process | None) -> Context:
        context = copy_context()
        context.run(CURRENT.set, process)
        return context

    def freeze(self, process: Process) -> None:
        process.frozen = True

    def thaw(self, process: Process) -> None:
        process.frozen = False
        self._wake(process)

    def kill(self, process: Process) -> None:
        """What it was about to do stays undone. Its callbacks are kept, so that nothing is finalised in between."""
        process.dead = True

    def _wake(self, process: Process) -> None:
        if process.queue and not (process.dead or process.frozen or process.waiting):
            process.waiting = True
            self._runnable.append(process)

    # ---- what asyncio asks of a loop

    def time(self) -> float:
        return self._now

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> Any:
        handle = Callback(callback, args, copy_context() if context is None else context)
        process = handle.context.get(CURRENT) or self._world
        process.queue.append(handle)
        if not process.waiting:
            self._wake(process)
        return handle

    call_soon_threadsafe = call_soon  # there is only one thread

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> Any:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> Any:
        timer = Timer(callback, args, copy_context() if context is None else context, when)
        heapq.heappush(self._timers, (when, next(self._numbers), timer))
        return timer

    def _run_once(self) -> None:
        """asyncio's word for it: here it goes on until the loop is told to stop, which asyncio sees when this returns."""
        runnable = self._runnable
        while not self._stopping:  # type: ignore[attr-defined]
            if self.steps > MOST:
                self.steps = 0
                raise Stuck(f"{MOST} callbacks have run and it goes on")
            if not runnable or (self._timers and self._timers[0][0] <= self._now):
                self._due()
            if not runnable:
                continue
            place = int(self._random() * len(runnable))
            process = runnable[place]
            self._run(process)
            if not process.queue or process.frozen or process.dead:
                runnable[place] = runnable[-1]
                runnable.pop()
                process.waiting = False

    def _run(self, process: Process) -> None:
        queue = process.queue
        for _ in range(1 + int(self._random() * BURST)):
            if not queue or process.frozen or process.dead or self._stopping:  # type: ignore[attr-defined]
                return
            handle = queue.popleft()
            if handle.gone:
                continue
            self._now += STEP
            self.steps += 1
            try:
                handle.context.run(handle.callback, *handle.arguments)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:
                self.call_exception_handler({"message": f"Exception in {handle.callback!r}", "exception": error})

    def _due(self) -> None:
        """Move timers whose time has come; when nothing else is to be done, make the time of the next come."""
        timers = self._timers
        if not self._runnable:
            while timers and timers[0][2].gone:
                heapq.heappop(timers)
            if not timers:
                raise Stuck("nothing is ready and no timer is set")
            self._now = max(self._now, timers[0][0])
        while timers and timers[0][0] <= self._now:
            timer = heapq.heappop(timers)[2]
            if not timer.gone:
                process = timer.context.get(CURRENT) or self._world
                process.queue.append(timer)
                if not process.waiting:
                    self._wake(process)

    def _process_events(self, event_list: Any) -> None:
        raise NotImplementedError("there is no I/O here")

    def _write_to_self(self) -> None:
        """Nobody sleeps in a selector."""

    def shut(self) -> None:
        """Nothing of it ever runs again. What was left unfinished is for the garbage collector: see `simulate`."""
        self._world.dead = True
        self._ready.clear()  # type: ignore[attr-defined]
        self._timers.clear()
        self._runnable.clear()
        self.close()
