"""Waiting until something is so: woken by the event stream, decided by reading the thing itself.

An event only says that something changed; what is waited for is often derived from several records, so it is read whole
each time. It never needs to know what the change was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from winslow.client.events import Events
from winslow.errors import DeadlineExceeded
from winslow.v1.event_pb2 import ResourceKind
from winslow.v1.project_pb2 import Project, ProjectState
from winslow.v1.run_pb2 import Run, RunState
from winslow.v1.stage_pb2 import Stage, StageState
from winslow.v1.sweep_pb2 import Sweep

T = TypeVar("T", Project, Run, Stage, Sweep)

_KINDS = (
    ResourceKind.RESOURCE_KIND_PROJECT,
    ResourceKind.RESOURCE_KIND_RUN,
    ResourceKind.RESOURCE_KIND_SWEEP,
    ResourceKind.RESOURCE_KIND_STAGE,
)
_MOVING = frozenset({RunState.RUN_STATE_RUNNING, RunState.RUN_STATE_PAUSING})
_LIVE = frozenset(
    {
        StageState.STAGE_STATE_QUEUED,
        StageState.STAGE_STATE_ELECTING,
        StageState.STAGE_STATE_PREPARING,
        StageState.STAGE_STATE_RUNNING,
    }
)


def is_settled(thing: Project | Run | Stage | Sweep) -> bool:
    """Whether nothing more happens by itself: it ended, paused, or waits for a person."""
    match thing:
        case Project():
            return thing.state != ProjectState.PROJECT_STATE_RUNNING
        case Run():
            return thing.state not in _MOVING
        case Stage():
            return thing.state not in _LIVE
        case Sweep():
            ended = thing.succeeded_count + thing.failed_count
            return not thing.running_count and (thing.HasField("stopped") or ended >= thing.count)
    raise TypeError(f"cannot wait for a {type(thing).__name__}")


def readings(events: Events, project: str, read: Callable[[], T], timeout: float | None = None) -> Iterator[T]:
    """The thing as it is, and again after each change in its project. Raises DeadlineExceeded (WAIT_TIMED_OUT)."""
    end = None if timeout is None else time.monotonic() + timeout
    changed = True
    try:
        for response in events.watch(kinds=_KINDS, projects=[project], timeout=timeout):
            changed = changed or bool(response.changes)
            if (
                changed and response.revision
            ):  # 0: the beginning is not complete, what is read after it is at least as new
                changed = False
                yield read()
    except DeadlineExceeded as error:
        if end is None or time.monotonic() < end - 1:
            raise
        raise DeadlineExceeded(
            f"{project.rpartition('/')[2]} was still under way after {timeout:g} s",
            reason="WAIT_TIMED_OUT",
            subject=project,
            hint=f"It goes on; look at it with: winslowctl status {project.rpartition('/')[2]}",
        ) from error
