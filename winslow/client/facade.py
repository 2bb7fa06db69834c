"""The client: one object that has everything, each noun loaded when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from winslow.client.address import find_address

if TYPE_CHECKING:  # loaded by the first use: gRPC and the messages cost more than a short script's own work
    from winslow.client.calls import Calls
    from winslow.client.environment import Environment
    from winslow.client.events import Events
    from winslow.client.files import Files
    from winslow.client.limits import Limits
    from winslow.client.logs import Logs
    from winslow.client.nodes import Nodes
    from winslow.client.pipelines import Pipelines
    from winslow.client.projects import Projects
    from winslow.client.retention import Retention
    from winslow.client.runs import Runs
    from winslow.client.stages import Stages
    from winslow.client.statistics import Statistics
    from winslow.client.subscriptions import Subscriptions
    from winslow.client.sweeps import Sweeps
    from winslow.v1.project_pb2 import Project
    from winslow.v1.run_pb2 import Run
    from winslow.v1.stage_pb2 import Stage
    from winslow.v1.sweep_pb2 import Sweep

    T = TypeVar("T", Project, Run, Stage, Sweep)


class Client:
    """A connection to one daemon, opened by the first call; any node of a cluster will do.

    `address` is `host:port` or `unix:/path`; without one it is WINSLOW_ADDRESS, else the local daemon's socket. `patience` is for how
    many seconds a call is tried again while nobody answers, `cut_patience` the same for streams and uploads under way. `on_stale` is
    called with each answer that may be old, since the node that gave it is cut off from etcd.
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        patience: float = 10.0,
        cut_patience: float = 60.0,
        on_stale: Callable[[], None] | None = None,
    ) -> None:
        self.address = find_address(address)
        self._on_stale = on_stale
        self._patience = patience
        self._cut_patience = cut_patience

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; closing twice is closing once."""
        if "_calls" in self.__dict__:
            self._calls.close()

    @cached_property
    def _calls(self) -> Calls:
        from winslow.client.calls import Calls

        return Calls(self.address, patience=self._patience, cut_patience=self._cut_patience, on_stale=self._on_stale)

    @cached_property
    def projects(self) -> Projects:
        from winslow.client.projects import Projects

        return Projects(self._calls)

    @cached_property
    def pipelines(self) -> Pipelines:
        from winslow.client.pipelines import Pipelines

        return Pipelines(self._calls)

    @cached_property
    def runs(self) -> Runs:
        from winslow.client.runs import Runs

        return Runs(self._calls)

    @cached_property
    def sweeps(self) -> Sweeps:
        from winslow.client.sweeps import Sweeps

        return Sweeps(self._calls)

    @cached_property
    def stages(self) -> Stages:
        from winslow.client.stages import Stages

        return Stages(self._calls)

    @cached_property
    def nodes(self) -> Nodes:
        from winslow.client.nodes import Nodes

        return Nodes(self._calls)

    @cached_property
    def environment(self) -> Environment:
        from winslow.client.environment import Environment

        return Environment(self._calls)

    @cached_property
    def limits(self) -> Limits:
        from winslow.client.limits import Limits

        return Limits(self._calls)

    @cached_property
    def statistics(self) -> Statistics:
        from winslow.client.statistics import Statistics

        return Statistics(self._calls)

    @cached_property
    def retention(self) -> Retention:
        from winslow.client.retention import Retention

        return Retention(self._calls)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        from winslow.client.subscriptions import Subscriptions

        return Subscriptions(self._calls)

    @cached_property
    def files(self) -> Files:
        from winslow.client.files import Files

        return Files(self._calls)

    @cached_property
    def logs(self) -> Logs:
        from winslow.client.logs import Logs

        return Logs(self._calls)

    @cached_property
    def events(self) -> Events:
        from winslow.client.events import Events

        return Events(self._calls)

    def wait(self, thing: T, until: Callable[[T], bool] | None = None, timeout: float | None = None) -> T:
        """Wait until `until(thing)`, and answer it as it is then.

        `thing` is a project, run, stage or sweep; `until` unset waits until nothing more happens by itself: it ended,
        paused or waits for a person. Built on the event stream; a daemon that starts anew meanwhile is waited for.
        Raises DeadlineExceeded (WAIT_TIMED_OUT) after `timeout` seconds.
        """
        from winslow.client.waiting import is_settled

        for now in self.watch(thing, timeout):
            if (until or is_settled)(now):
                return now
        raise AssertionError("the event stream never ends by itself")

    def watch(self, thing: T, timeout: float | None = None) -> Iterator[T]:
        """The thing as it is, and again after each change in its project; never ends by itself."""
        from winslow.client import waiting
        from winslow.client.naming import project_of

        noun: Any = getattr(self, f"{type(thing).__name__.lower()}s")
        return waiting.readings(self.events, project_of(thing.name), lambda: noun.get(thing.name), timeout)
