"""What operators are shown of nodes, and what they say of them and of limits, against an API that answers."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty

from tests.fakes.api import FakeApi
from tests.unit.cli import Ctl, a_project, reason, serve_projects, serve_runs, serve_stages, stage
from winslow.v1 import node_service_pb2
from winslow.v1.node_pb2 import Node, NodePolicy, NodeState
from winslow.v1.settings_pb2 import Limits


def test_a_silent_node_says_since_when_and_what_will_happen(ctl: Ctl, api: FakeApi) -> None:
    told = "silent for 40 s, its 2 stages are given up in 260 s"
    silent = Node(name="nodes/two", state=NodeState.NODE_STATE_SUSPECT, warnings=[told], stages=["projects/p/stages/s"])
    silent.silent_since.FromSeconds(1_700_000_000)
    api.on("NodeService/ListNodes", node_service_pb2.ListNodesResponse(nodes=[silent]))
    api.on("NodeService/GetNode", silent)
    out = ctl("node", "list").out
    assert "suspect" in out
    assert told in out
    serve_projects(api)
    assert f"two: {told}" in ctl("status").out
    out = ctl("node", "show", "two").out
    assert "Silent since" in out
    assert told in out
    assert "0 CPUs" not in out, "nobody knows what it has"


def test_a_node_that_will_not_come_back_is_given_up_when_that_is_said(ctl: Ctl, api: FakeApi) -> None:
    api.on("NodeService/ListNodes", node_service_pb2.ListNodesResponse(nodes=[Node(name="nodes/two")]))
    api.on("NodeService/GetNode", Node(name="nodes/two"))
    api.on("NodeService/RemoveNode", Empty())
    ctl("node", "remove", "two", "--yes")
    ctl("node", "remove", "two", "--give-up", "--yes")
    assert [request.give_up for request in api.requests("NodeService/RemoveNode")] == [False, True]


def test_limits_are_changed_one_by_one(ctl: Ctl, api: FakeApi) -> None:
    before = Limits(per_user=8, users={"ann": 2, "bob": 3}, revision=7)
    api.on("SettingsService/GetLimits", before)
    api.on("SettingsService/UpdateLimits", before)
    serve_projects(api, a_project("bikes", "RUNNING"))
    out = ctl("limits", "show").out
    assert "Each user: at most 8 stages at a time" in out
    assert "ann: at most 2 stages at a time" in out
    assert "Each project: as many stages as fit" in out
    ctl("limits", "set", "--per-user", "none", "--user", "ann=default", "--user", "eve=1", "--project", "bikes=4")
    (request,) = api.requests("SettingsService/UpdateLimits")
    assert sorted(request.update_mask.paths) == ["per_user", "projects", "users"]
    assert request.limits.per_user == 0
    assert dict(request.limits.users) == {"bob": 3, "eve": 1}
    assert dict(request.limits.projects) == {"bikes": 4}
    assert request.expected_revision == 7
    refused = ctl("limits", "set", "--per-user", "many")
    assert (refused.code, "'many' is not a number of stages" in refused.err) == (2, True)


def test_a_node_is_given_at_most_so_many_stages(ctl: Ctl, api: FakeApi) -> None:
    node = Node(name="nodes/two", policy=NodePolicy(max_stages=3), stages=["projects/p/stages/s"])
    api.on("NodeService/GetNode", node)
    api.on("NodeService/ListNodes", node_service_pb2.ListNodesResponse(nodes=[node]))
    api.on("NodeService/LimitNode", node)
    assert ctl("node", "limit", "two", "3").out == "two gets at most 3 stages at a time\n"
    ctl("node", "limit", "two", "none")
    assert [request.max_stages for request in api.requests("NodeService/LimitNode")] == [3, 0]
    assert "1 of 3" in ctl("node", "list").out


def test_a_suspect_stage_says_whose_silence_it_waits_for_and_for_how_long_once(ctl: Ctl, api: FakeApi) -> None:
    told = "suspect: two silent for 40 s, given up in 260 s"
    serve_projects(api, a_project("bikes", "RUNNING"))
    serve_stages(api, stage("detect-1-1-x", "RUNNING", suspect=True, reason=reason("NODE_SILENT", told)))
    serve_runs(api)
    assert ctl("status", "bikes").out.count(told) == 1
    assert told in ctl("stage", "show", "detect-1-1-x").out
    assert told in ctl("stage", "list", "bikes").out


def test_a_projects_priority_is_given_changed_and_shown(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project("bikes", "RUNNING", priority=-10))
    api.on("ProjectService/UpdateProject", a_project("bikes", "RUNNING", priority=-10))
    assert ctl("project", "priority", "bikes", "--", "-10").out == "bikes has priority -10\n"
    (request,) = api.requests("ProjectService/UpdateProject")
    assert (request.project.priority, list(request.update_mask.paths)) == (-10, ["priority"])
    assert "Priority" in ctl("project", "show", "bikes").out
