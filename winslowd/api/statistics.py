"""StatisticsService."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

from typing import Any

from winslow.domain.statistics import Figures, Group
from winslow.v1 import statistics_service_pb2 as pb
from winslow.v1 import statistics_service_pb2_grpc
from winslow.wire import names
from winslow.wire.times import duration, unix_seconds
from winslowd.api.call import asker
from winslowd.usecases.statistics import Statistics, Wanted

GROUPS = {
    pb.STATISTICS_GROUP_UNSPECIFIED: Group.PROJECT,
    pb.STATISTICS_GROUP_PROJECT: Group.PROJECT,
    pb.STATISTICS_GROUP_USER: Group.USER,
    pb.STATISTICS_GROUP_NODE: Group.NODE,
    pb.STATISTICS_GROUP_GPU: Group.GPU,
}
CALLED = {Group.PROJECT: "projects/", Group.USER: "users/", Group.NODE: "nodes/", Group.GPU: ""}


class StatisticsService(statistics_service_pb2_grpc.StatisticsServiceServicer):
    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics

    async def GetStatistics(self, request: pb.GetStatisticsRequest, context: Any) -> pb.GetStatisticsResponse:
        group = GROUPS.get(request.group, Group.PROJECT)
        wanted = Wanted(
            start=unix_seconds(request.start_time),
            end=unix_seconds(request.end_time) if request.HasField("end_time") else None,
            group=group,
            zone=request.time_zone,
            project=names.parse_project(request.project) if request.project else None,
        )
        return _shown(await self._statistics.figures(asker(), wanted), CALLED[group])


def _shown(figures: Figures, called: str) -> pb.GetStatisticsResponse:
    Response = pb.GetStatisticsResponse  # noqa: N806 - its parts are named beneath it
    return Response(
        hours=[
            Response.Hour(
                weekday=weekday,
                hour=hour,
                running=one.running,
                started_by_hand=one.by_hand,
                started_by_winslow=one.by_winslow,
            )
            for (weekday, hour), one in sorted(figures.hours.items())
        ],
        shares=[
            Response.Share(
                name=called + name if name else "",
                stages=one.stages,
                computing=duration(one.computing),
                gpu_computing=duration(one.gpu_computing),
            )
            for name, one in sorted(figures.shares.items(), key=lambda item: (-item[1].computing, item[0]))
        ],
        waits=[
            Response.Wait(code=code, stages=one.stages, total=duration(one.total), longest=duration(one.longest))
            for code, one in sorted(figures.waits.items(), key=lambda item: (-item[1].total, item[0]))
        ],
    )
