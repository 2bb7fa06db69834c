"""What who looks back is shown, against an API that answers."""

from __future__ import annotations

import pytest

from tests.fakes.api import FakeApi
from tests.unit.cli import Ctl, a_project, serve_projects
from winslow.v1.statistics_service_pb2 import GetStatisticsResponse, StatisticsGroup


def answer() -> GetStatisticsResponse:
    found = GetStatisticsResponse(
        hours=[
            GetStatisticsResponse.Hour(weekday=0, hour=9, running=2.0, started_by_hand=1, started_by_winslow=3),
            GetStatisticsResponse.Hour(weekday=6, hour=23, running=0.5),
        ],
        shares=[GetStatisticsResponse.Share(name="nodes/bigbox", stages=4)],
        waits=[GetStatisticsResponse.Wait(code="NODES_BUSY", stages=2)],
    )
    found.shares[0].computing.FromSeconds(5400)
    found.waits[0].total.FromSeconds(60)
    return found


def test_a_week_is_drawn_and_who_took_what_is_told(ctl: Ctl, api: FakeApi) -> None:
    api.on("StatisticsService/GetStatistics", answer())
    out = ctl("statistics", "--since", "7d", "--by", "node").out
    (request,) = api.requests("StatisticsService/GetStatistics")
    assert request.group == StatisticsGroup.STATISTICS_GROUP_NODE
    assert request.time_zone == "UTC"
    assert "4 stages, 75% by Winslow itself" in out
    days = {line[:3]: line[5:] for line in out.splitlines() if line[:3] in ("Mon", "Sun")}
    assert days["Mon"] == "·" * 18 + "██" + "·" * 28
    assert days["Sun"] == "·" * 46 + "▒▒"
    assert "bigbox  1h30m" in out
    assert "NODES_BUSY" in out


def test_where_nothing_ran_that_is_said(ctl: Ctl, api: FakeApi) -> None:
    api.on("StatisticsService/GetStatistics", GetStatisticsResponse())
    assert "nothing" in ctl("statistics").out


def test_one_project_is_asked_for_by_its_name(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project("bikes", "RUNNING"))
    api.on("StatisticsService/GetStatistics", answer())
    ctl("statistics", "--project", "bikes")
    (request,) = api.requests("StatisticsService/GetStatistics")
    assert request.project == "projects/bikes"


@pytest.mark.parametrize("since", ["soon", "-3d"])
def test_a_time_that_is_none_is_refused(ctl: Ctl, api: FakeApi, since: str) -> None:
    assert ctl("statistics", f"--since={since}").code == 2
