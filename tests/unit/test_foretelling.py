"""When a run will be through, as far as anybody can say."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.world import OK, World, chain, definition, pipeline, project, run
from winslow.domain.foretelling import ends_at
from winslow.domain.pipeline import Confirmation, UserInput
from winslow.domain.stage import Stage, State
from winslow.domain.standing import Situation


def played(world: World, took: float) -> list[Stage]:
    """An earlier run of the same pipeline, in which each stage took so long."""
    before = World(world.project, run(world.project, *world.run.start, number=99))
    before.play()
    return [
        replace(stage, state=State.SUCCEEDED, placed_at=100.0, started_at=100.0, ended_at=100.0 + took)
        for stage in before.attempts.values()
    ]


def begun(world: World, at: float, progress: float | None = None) -> None:
    for stage in world.live():
        world.attempts[stage.id] = replace(stage, state=State.RUNNING, placed_at=at, started_at=at, progress=progress)


def told(world: World, earlier: list[Stage], now: float) -> float | None:
    return ends_at(Situation(world.project, world.run, world.attempts, {}), earlier, now)


def of(pipeline_) -> World:
    made = project(pipeline_)
    return World(made, run(made, pipeline_.stages[0].name))


def test_stages_one_after_another_take_as_long_as_the_last_time() -> None:
    w = of(chain("a", "b", "c"))
    earlier = played(w, 30.0)
    w.decide()
    begun(w, 1000.0)
    assert told(w, earlier, 1010.0) == 1010.0 + 80.0


def test_how_far_a_stage_is_says_more_than_how_long_it_took_before() -> None:
    w = of(chain("a"))
    earlier = played(w, 30.0)
    w.decide()
    begun(w, 1000.0, progress=0.25)
    assert told(w, earlier, 1010.0) == 1010.0 + 30.0
    assert told(w, [], 1010.0) == 1010.0 + 30.0


def test_side_by_side_the_longer_way_counts() -> None:
    w = of(pipeline(definition("a"), definition("b", "a"), definition("c", "a"), definition("d", "b", "c")))
    earlier = [
        replace(stage, ended_at=(stage.placed_at or 0) + 40.0) if stage.definition.name == "b" else stage
        for stage in played(w, 10.0)
    ]
    w.decide()
    begun(w, 1000.0)
    assert told(w, earlier, 1000.0) == 1000.0 + 10.0 + 40.0 + 10.0


def test_it_is_foretold_up_to_where_a_person_will_be_asked() -> None:
    w = of(
        pipeline(
            definition("a"),
            definition("b", "a"),
            definition("c", "b", user_input=UserInput(confirmation=Confirmation.ALWAYS)),
            definition("d", "c"),
        )
    )
    without_gate = of(chain("a", "b", "c", "d"))
    earlier = [stage for stage in played(without_gate, 10.0) if stage.definition.name in ("a", "b")]
    w.decide()
    assert told(w, earlier, 1000.0) == 1020.0
    for _ in "ab":
        w.end(w.live()[0], OK)
        w.decide()
    assert w.gates and told(w, earlier, 1030.0) is None


def test_what_has_never_been_done_is_not_foretold() -> None:
    w = of(chain("a", "b"))
    w.decide()
    begun(w, 1000.0, progress=0.5)
    assert told(w, [], 1010.0) is None


def test_what_is_overdue_ends_any_moment() -> None:
    w = of(chain("a"))
    earlier = played(w, 10.0)
    w.decide()
    begun(w, 1000.0)
    assert told(w, earlier, 1050.0) == 1050.0


def test_hours_are_not_foretold_to_the_second() -> None:
    w = of(chain("a"))
    earlier = played(w, 10_001.0)
    w.decide()
    begun(w, 1000.0)
    assert told(w, earlier, 1000.0) == 1000.0 + 10_200.0
