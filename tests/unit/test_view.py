"""What a daemon remembers of the records: what there is, and nothing of what is gone."""

from __future__ import annotations

from dataclasses import replace

from tests.unit import world
from winslow.domain import lifecycle
from winslow.domain.project import RunEnd
from winslow.domain.records import Record, Ref, Versioned, View, project_ref, run_ref, stage_ref
from winslow.domain.stage import NodeId, RunId, Stage, StageId, State


def test_what_has_become_history_leaves_nothing_in_a_view() -> None:
    view, project = View(), world.project(world.chain("detect"))
    before = {name: len(table) for name, table in vars(view).items() if isinstance(table, dict)}
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
    after = {name: len(table) for name, table in vars(view).items() if isinstance(table, dict)}
    assert after == before
