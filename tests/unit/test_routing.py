"""Which node a call needs, from the view alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from google.protobuf import descriptor_pool

from tests.unit import world
from winslow.domain import lifecycle
from winslow.domain.node import Node, NodePolicy
from winslow.domain.pipeline import WorkspaceMode
from winslow.domain.project import Project
from winslow.domain.records import Versioned, node_policy_ref, node_ref, stage_ref
from winslow.domain.resources import Capacity
from winslow.domain.stage import NodeId, Outcome, Stage
from winslow.domain.view import View
from winslow.errors import Unavailable
from winslow.v1 import (
    election_service_pb2,
    file_service_pb2,
    log_service_pb2,
    node_service_pb2,
    stage_service_pb2,
)
from winslow.wire import names
from winslowd.api import routing
from winslowd.api.routing import FOLLOW_LOG, RULES, STREAMS, WATCH_READINGS, There, shares

A, B, C = (NodeId(name) for name in "abc")
SILENT = NodeId("silent")


class Scene:
    """Nodes a, b and c live; `silent` was here and is not."""

    def __init__(self) -> None:
        self.view = View()
        self.view.apply(1, [(node_ref(id_), _record(Node(id_, f"{id_}:1", Capacity(1, 1)))) for id_ in (A, B, C)])
        self.view.apply(1, [(node_policy_ref(SILENT), _record(NodePolicy(SILENT, cordoned=True)))])
        scene = world.World(project := world.project(world.chain("s")), world.run(project, "s"))
        (self.waiting,) = scene.decide()
        self.project: Project = project

    def stage(self, node: NodeId | None, *, ended: bool = False, mode: WorkspaceMode = WorkspaceMode.COPY) -> str:
        """The name of a stage that waits, is on `node`, or has been there."""
        made: Stage = replace(self.waiting, definition=replace(self.waiting.definition, workspace=mode))
        if node:
            made = lifecycle.advance(made, lifecycle.Awarded(node, 1), 2.0)
            made = lifecycle.advance(made, lifecycle.Started(3.0, "sha256:1"), 3.0)
        if ended:
            made = lifecycle.advance(made, lifecycle.Ended(Outcome(exit_code=0), {}, 4.0), 4.0)
        self.view.apply(2, [(stage_ref(made), Versioned(made, 2, 2))])
        return names.stage(made.project, made.id)


def _record(value: Node | NodePolicy) -> Versioned:
    return Versioned(value, 1, 1)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def log(name: str) -> log_service_pb2.ReadLogRequest:
    return log_service_pb2.ReadLogRequest(name=name)


class TestLogs:
    def test_a_live_stages_log_is_with_its_node(self, scene: Scene) -> None:
        assert routing.to_writer(log(scene.stage(B)), scene.view, A) == There(B, "b:1")

    def test_the_stage_may_be_named_without_its_project(self, scene: Scene) -> None:
        name = f"projects/-/stages/{scene.stage(B).rpartition('/')[2]}"
        assert routing.to_writer(log(name), scene.view, A) == There(B, "b:1")

    def test_what_is_here_is_answered_here(self, scene: Scene) -> None:
        assert routing.to_writer(log(scene.stage(A)), scene.view, A) is None

    def test_a_stage_that_waits_or_has_ended_has_its_log_in_the_shared_file_system(self, scene: Scene) -> None:
        assert routing.to_writer(log(scene.stage(None)), scene.view, A) is None
        assert routing.to_writer(log(scene.stage(B, ended=True)), scene.view, A) is None

    def test_the_log_of_a_silent_nodes_stage_is_read_there_too(self, scene: Scene) -> None:
        assert routing.to_writer(log(scene.stage(SILENT)), scene.view, A) is None

    @pytest.mark.parametrize("name", ["", "projects/p", "projects/p/stages/none", "projects/-/stages/a b", "stages/x"])
    def test_what_is_no_stage_is_refused_here(self, scene: Scene, name: str) -> None:
        assert routing.to_writer(log(name), scene.view, A) is None

    def test_nor_is_a_stage_of_another_project_looked_for_elsewhere(self, scene: Scene) -> None:
        name = scene.stage(B).replace("projects/", "projects/not-")
        assert routing.to_writer(log(name), scene.view, A) is None


class TestReadings:
    def test_a_nodes_readings_are_its_own(self, scene: Scene) -> None:
        ask = node_service_pb2.ListReadingsRequest
        assert routing.to_measured(ask(name="nodes/b"), scene.view, A) == There(B, "b:1")
        assert routing.to_measured(ask(name="nodes/a"), scene.view, A) is None

    def test_those_of_a_silent_node_cannot_be_had(self, scene: Scene) -> None:
        with pytest.raises(Unavailable) as caught:
            routing.to_measured(node_service_pb2.ListReadingsRequest(name="nodes/silent"), scene.view, A)
        assert caught.value.reason == "NODE_SILENT" and "winslowctl node show silent" in caught.value.hint

    @pytest.mark.parametrize("name", ["nodes/nobody", "nodes/", "b"])
    def test_an_unknown_node_is_refused_here(self, scene: Scene, name: str) -> None:
        assert routing.to_measured(node_service_pb2.ListReadingsRequest(name=name), scene.view, A) is None

    def test_a_stages_readings_stay_where_it_was(self, scene: Scene) -> None:
        ask = stage_service_pb2.ListStageReadingsRequest
        assert routing.to_measurer(ask(name=scene.stage(B)), scene.view, A) == There(B, "b:1")
        assert routing.to_measurer(ask(name=scene.stage(B, ended=True)), scene.view, A) == There(B, "b:1")

    def test_what_a_silent_node_kept_of_an_ended_stage_is_read_here(self, scene: Scene) -> None:
        ask = stage_service_pb2.ListStageReadingsRequest(name=scene.stage(SILENT, ended=True))
        assert routing.to_measurer(ask, scene.view, A) is None

    def test_those_of_a_silent_nodes_stage_that_has_not_ended_cannot_be_had(self, scene: Scene) -> None:
        ask = stage_service_pb2.ListStageReadingsRequest(name=scene.stage(SILENT))
        with pytest.raises(Unavailable):
            routing.to_measurer(ask, scene.view, A)

    def test_a_stage_that_was_never_placed_has_none_and_that_is_said_here(self, scene: Scene) -> None:
        ask = stage_service_pb2.ListStageReadingsRequest(name=scene.stage(None))
        assert routing.to_measurer(ask, scene.view, A) is None

    def test_all_nodes_are_asked_each_for_itself(self, scene: Scene) -> None:
        assert shares((), scene.view, A) == {A: ("nodes/a",), B: ("nodes/b",), C: ("nodes/c",)}

    def test_a_node_that_is_not_registered_yet_is_asked_too_when_it_is_the_one_that_answers(self) -> None:
        assert shares((), View(), A) == {A: ("nodes/a",)}

    def test_nodes_and_stages_are_asked_of_who_measures_them(self, scene: Scene) -> None:
        stage = scene.stage(B)
        asked = ("nodes/c", "nodes/b", stage, "nodes/silent", "nodes/nobody")
        assert shares(asked, scene.view, A) == {C: ("nodes/c",), B: ("nodes/b", stage), A: ("nodes/nobody",)}

    def test_where_only_silent_ones_are_asked_that_is_said(self, scene: Scene) -> None:
        with pytest.raises(Unavailable) as caught:
            shares((scene.stage(SILENT), "nodes/silent"), scene.view, A)
        assert caught.value.reason == "NODE_SILENT"


class TestFiles:
    def seen(self, node: NodeId, mode: WorkspaceMode, *, ended: bool = False) -> list[There | None]:
        """Where a file of the stage's workspace is read, its output, and many at once."""
        scene = Scene()
        stage = scene.stage(node, ended=ended, mode=mode)
        asked = [file_service_pb2.ReadFileRequest(path=f"{stage}/{where}/f") for where in ("workspace", "output")]
        many = file_service_pb2.ReadFilesRequest(paths=["resources/r", f"{stage}/workspace"])
        return [routing.to_workplace(one, scene.view, A) for one in (*asked, many)]

    def test_of_a_layered_workspace_at_work_they_are_read_where_it_is(self) -> None:
        there = There(B, "b:1")
        assert self.seen(B, WorkspaceMode.LAYERED) == [there, None, there]
        assert self.seen(A, WorkspaceMode.LAYERED) == [None] * 3

    def test_of_all_others_and_once_it_has_ended_they_are_read_here(self) -> None:
        assert self.seen(B, WorkspaceMode.COPY) == [None] * 3
        assert self.seen(B, WorkspaceMode.LAYERED, ended=True) == [None] * 3

    def test_what_names_no_stage_is_for_the_use_case_to_refuse(self, scene: Scene) -> None:
        for path in ("", "projects/p/stages/never/workspace/f", "/projects", "a/b"):
            assert routing.to_workplace(file_service_pb2.StatFileRequest(path=path), scene.view, A) is None


class TestElections:
    def test_why_is_asked_of_who_decides(self, scene: Scene) -> None:
        ask = stage_service_pb2.ExplainStageRequest(name=scene.stage(None))
        assert routing.to_leader(ask, scene.view, A) is None, "nobody leads"
        scene.view.leader = B
        assert routing.to_leader(ask, scene.view, A) == There(B, "b:1")
        assert routing.to_leader(ask, scene.view, B) is None
        scene.view.leader = SILENT
        assert routing.to_leader(ask, scene.view, A) is None


def test_every_method_of_the_table_is_in_the_contract() -> None:
    assert election_service_pb2.DESCRIPTOR  # loaded, as all the others are
    for method in (*RULES, *STREAMS, FOLLOW_LOG, WATCH_READINGS):
        described = descriptor_pool.Default().FindMethodByName(method.strip("/").replace("/", "."))
        assert described.server_streaming == (method in (*STREAMS, FOLLOW_LOG, WATCH_READINGS))


def test_nothing_that_changes_something_is_passed_on() -> None:
    """A change is made by whoever is asked: etcd is as near to all of them, and a lost answer would leave a doubt."""
    for method in (*RULES, *STREAMS, FOLLOW_LOG, WATCH_READINGS):
        described = descriptor_pool.Default().FindMethodByName(method.strip("/").replace("/", "."))
        assert "request_id" not in described.input_type.fields_by_name
