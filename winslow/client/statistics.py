"""Figures over many stages, over the wire."""

from __future__ import annotations

from datetime import datetime

from winslow.client.calls import Calls
from winslow.v1 import statistics_service_pb2 as pb

PATIENCE = 300.0
"""Seconds: what became history long ago is read from the volume."""


class Statistics:
    """What StatisticsService offers."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def get(
        self,
        start: datetime,
        end: datetime | None = None,
        *,
        group: pb.StatisticsGroup = pb.STATISTICS_GROUP_PROJECT,
        time_zone: str = "",
        project: str = "",
    ) -> pb.GetStatisticsResponse:
        """From `start` to `end` (now where None), of one project, `projects/P`, or of all."""
        request = pb.GetStatisticsRequest(group=group, time_zone=time_zone, project=project)
        request.start_time.FromDatetime(start)
        if end is not None:
            request.end_time.FromDatetime(end)
        answer = pb.GetStatisticsResponse
        return self._calls.unary("StatisticsService/GetStatistics", request, answer, deadline=PATIENCE)
