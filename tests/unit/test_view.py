"""What a daemon remembers of the records: what there is, and nothing of what is gone."""

from __future__ import annotations

from dataclasses import replace

from tests.unit import world
from winslow.domain import lifecycle
from winslow.domain.pipeline import PipelineId
from winslow.domain.project import RunEnd
from winslow.domain.records import GLOBALS_REF, Globals, Record, Ref, Versioned, project_ref, run_ref, stage_ref
from winslow.domain.stage import NodeId, ProjectId, RunId, Stage, StageId, State
from winslow.domain.view import GONE_KEPT, View


def sizes(view: View) -> dict[str, int]:
    """Of all its tables but the one that is bounded by itself, see below."""
    tables = {name: table for name, table in vars(view).items() if isinstance(table, dict)}
    return {name: len(table) for name, table in tables.items() if name != "_touched"}


def test_what_has_become_history_leaves_nothing_in_a_view() -> None:
    view, project = View(), world.project(world.chain("detect"))
    before = sizes(view)
    definition = project.pipeline.stages[0]
    gone: list[Ref] = []
    for number in range(3):
        run = replace(world.run(project, "detect"), id=RunId(f"{number:06d}"), number=number)
        waits = Stage(StageId(f"detect-{number}"), project.id, run.id, definition, 1, 1.0, "ann")
        runs = lifecycle.advance(waits, lifecycle.Awarded(NodeId(f"node-{number}"), 1), 2.0)
        ended = replace(runs, state=State.SUCCEEDED)
        over = replace(run, end=RunEnd.SUCCEEDED)
        told: list[tuple[Ref, Record]] = [
            (project_ref(project.id), project),
            (run_ref(run), run),
            *((stage_ref(waits), one) for one in (waits, runs, ended)),
            (run_ref(run), over),
        ]
        for revision, (ref, record) in enumerate(told, 10 * number + 1):
            view.apply(revision, [(ref, Versioned(record, revision, revision))])
        assert view.stages_of_run(over) == [ended]
        gone += [stage_ref(ended), run_ref(over)]
    view.apply(100, [(ref, None) for ref in (*gone, project_ref(project.id))])
    after = sizes(view)
    assert after == before


class TestStamps:
    def test_a_project_is_touched_by_whatever_belongs_to_it_and_by_nothing_else(self) -> None:
        view = View()
        mine, other = replace(world.project(world.chain("a")), id=ProjectId("mine")), world.project(world.chain("a"))
        view.apply(1, [(project_ref(mine.id), Versioned(mine, 1, 1)), (project_ref(other.id), Versioned(other, 1, 1))])
        before = view.stamp
        run = world.run(mine, "a")
        view.apply(2, [(run_ref(run), Versioned(run, 2, 2))])
        assert view.touched(before) == ["mine"]
        assert view.touched(view.stamp) == []
        view.apply(3, [(project_ref(mine.id), None)])
        assert view.touched(before) == ["mine"]

    def test_globals_touch_all(self) -> None:
        view = View()
        before = view.stamp
        view.apply(1, [(GLOBALS_REF, Versioned(Globals({"A": "b"}), 1, 1))])
        assert view.touched(before) is None and view.touched(view.stamp) == []

    def test_projects_that_went_long_ago_leave_nothing_behind(self) -> None:
        view = View()
        for number in range(3 * GONE_KEPT):
            project = replace(world.project(world.chain("a")), id=ProjectId(f"p{number}"))
            view.apply(2 * number + 1, [(project_ref(project.id), Versioned(project, 2 * number + 1, 1))])
            view.apply(2 * number + 2, [(project_ref(project.id), None)])
        assert len(view.touched(0) or ()) <= GONE_KEPT + 1

    def test_copies_of_a_pipeline_are_counted_as_projects_come_change_and_go(self) -> None:
        view = View()
        ref, project = project_ref("p"), world.project(world.chain("a"), source=PipelineId("l"))
        view.apply(1, [(ref, Versioned(project, 1, 1))])
        view.apply(2, [(ref, Versioned(replace(project, name="x"), 2, 1))])
        assert view.made_of("l") == 1
        view.apply(3, [(ref, Versioned(replace(project, source=PipelineId("m")), 3, 1))])
        assert (view.made_of("l"), view.made_of("m")) == (0, 1)
        view.apply(4, [(ref, None)])
        assert (view.made_of("l"), view.made_of("m")) == (0, 0)
