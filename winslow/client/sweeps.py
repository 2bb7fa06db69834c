"""Parameter sweeps, over the wire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from winslow.client import naming
from winslow.client.calls import Calls
from winslow.client.runs import AS_IT_IS
from winslow.v1 import run_service_pb2 as pb
from winslow.v1.run_pb2 import Override, RunMode
from winslow.v1.sweep_pb2 import Axis, Sweep

AxisValues = str | Sequence[str]


class Sweeps:
    """What RunService offers for sweeps; a sweep is named `projects/P/sweeps/W`.

    Axes are by variable: an expression as people write it, `"0.1..0.5/0.1"`, or a list of values.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def get(self, sweep: str) -> Sweep:
        return self._calls.unary("RunService/GetSweep", pb.GetSweepRequest(name=naming.sweep(sweep)), Sweep)

    def list(self, project: str) -> Iterator[Sweep]:
        """Newest first."""
        request = pb.ListSweepsRequest(parent=naming.project(project))
        return self._calls.pages("RunService/ListSweeps", request, pb.ListSweepsResponse, "sweeps")

    def preview(self, project: str, start: str, axes: Mapping[str, AxisValues]) -> pb.PreviewSweepResponse:
        """How many points it would have, and its axes with their expressions written out; changes nothing."""
        request = pb.PreviewSweepRequest(project=naming.project(project), start=start, axes=_axes(axes))
        return self._calls.unary("RunService/PreviewSweep", request, pb.PreviewSweepResponse)

    def start(
        self,
        project: str,
        start: str,
        axes: Mapping[str, AxisValues],
        *,
        mode: RunMode = AS_IT_IS,
        stop_on_failure: bool = False,
        parent: str | None = None,
        override: Override | None = None,
        comment: str = "",
        expected_count: int = 0,
        expected_revision: int = 0,
        request_id: str = "",
    ) -> Sweep:
        """A run for each point of the axes' product, each starting at the definition `start`."""
        request = pb.StartSweepRequest(
            request_id=request_id,
            project=naming.project(project),
            start=start,
            axes=_axes(axes),
            mode=mode,
            stop_on_failure=stop_on_failure,
            parent=naming.stage(parent) if parent else parent,
            override=override,
            comment=comment,
            expected_count=expected_count,
            expected_revision=expected_revision,
        )
        return self._calls.unary("RunService/StartSweep", request, Sweep)

    def stop(
        self, sweep: str, *, abort_stages: bool = False, expected_revision: int = 0, request_id: str = ""
    ) -> Sweep:
        """Make no more runs, and abort those there are if asked."""
        request = pb.StopSweepRequest(
            request_id=request_id,
            name=naming.sweep(sweep),
            abort_stages=abort_stages,
            expected_revision=expected_revision,
        )
        return self._calls.unary("RunService/StopSweep", request, Sweep)


def _axes(axes: Mapping[str, AxisValues]) -> Iterable[Axis]:
    for variable, values in axes.items():
        if isinstance(values, str):
            yield Axis(variable=variable, expression=values)
        else:
            yield Axis(variable=variable, values=values)
