"""What a run does next."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.world import FAILED, OK, World, chain, definition, pipeline, project, run, value
from winslow.domain.layout import plan_workspace
from winslow.domain.pipeline import Confirmation, DefinitionName, Edge, RetryPolicy, UserInput, WorkspaceMode
from winslow.domain.progress import foresee
from winslow.domain.project import Answer, Override, RunEnd, RunMode
from winslow.domain.stage import Layer, Outcome, Stage, State
from winslow.domain.standing import Situation


def world(of, *start: str, **fields) -> World:
    made = project(of)
    return World(made, run(made, *start, **fields))


def name(text: str) -> DefinitionName:
    return DefinitionName(text)


def test_a_chain_is_executed_in_order_and_the_run_succeeds() -> None:
    w = world(chain("a", "b", "c"), "a")
    w.play()
    assert w.order == ["a", "b", "c"]
    assert w.run.end is RunEnd.SUCCEEDED


def test_each_stage_is_the_child_of_the_one_before_and_the_first_of_the_zeroth_workspace() -> None:
    w = world(chain("a", "b"), "a")
    w.play()
    assert w.latest("a").parent is None
    assert w.latest("b").parent == w.latest("a").id


def test_deciding_twice_on_the_same_facts_makes_the_same_stage() -> None:
    w = world(chain("a"), "a")
    again = world(chain("a"), "a")
    assert [stage.id for stage in w.decide()] == [stage.id for stage in again.decide()] == ["a-1-1-abc123"]
    assert w.decide() == ()


def test_several_next_stages_start_side_by_side_and_a_join_waits_for_both() -> None:
    w = world(pipeline(definition("a"), definition("b", "a"), definition("c", "a"), definition("d", "b", "c")), "a")
    w.end(w.decide()[0], OK)
    b, c = w.decide()
    w.end(b, OK)
    assert w.decide() == ()
    w.end(c, OK)
    (d,) = w.decide()
    assert d.parent == b.id
    assert dict(d.joined) == {"c": c.id}


def test_a_branch_is_taken_only_where_its_condition_holds_and_the_other_is_dead() -> None:
    w = world(
        pipeline(
            definition("count"),
            definition("busy", Edge(name("count"), "results.cars > 10")),
            definition("calm", Edge(name("count"), "not (results.cars > 10)")),
            definition("report", "busy", "calm"),
        ),
        "count",
    )
    w.end(w.decide()[0], OK, {"cars": "42"})
    w.play()
    assert w.order == ["count", "busy", "report"]
    assert w.run.end is RunEnd.SUCCEEDED


def test_a_condition_sees_the_environment_that_the_stage_before_ran_with() -> None:
    of = pipeline(definition("a"), definition("b", Edge(name("a"), 'env.MODE == "full"')), environment={"MODE": "full"})
    w = world(of, "a")
    w.play()
    assert w.order == ["a", "b"]


def test_a_failed_stage_pauses_the_run_with_its_cause() -> None:
    w = world(chain("a", "b"), "a")
    w.play(lambda stage: FAILED)
    assert w.run.hold is not None and w.run.hold.stage == w.latest("a").id
    assert "code 3" in w.run.hold.reason.text
    assert w.run.end is None and w.order == ["a"]


def test_a_failure_in_one_branch_begins_nothing_more_in_the_others() -> None:
    w = world(pipeline(definition("a"), definition("b"), definition("c", "b")), "a", "b")
    a, b = w.decide()
    w.end(a, FAILED)
    w.end(b, OK)
    assert w.decide() == ()
    assert w.run.hold is not None


def test_the_retry_policy_tries_again_after_its_back_off_until_its_attempts_are_used_up() -> None:
    w = world(chain("a", retry=RetryPolicy(attempts=3, backoff=10)), "a")
    w.play(lambda stage: FAILED)
    first, second, third = (w.attempts[id_] for id_ in w.run.attempts[name("a")])
    assert (second.retry_of, third.retry_of) == (first.id, second.id)
    assert second.not_before == first.ended_at + 10
    assert third.not_before == second.ended_at + 20
    assert w.run.hold is not None


def test_an_aborted_stage_is_not_tried_again_by_itself() -> None:
    from winslow.domain.stage import Cause

    w = world(chain("a", retry=RetryPolicy(attempts=3)), "a")
    w.play(lambda stage: Outcome(cause=Cause.ABORTED))
    assert w.order == ["a"] and w.run.hold is not None


def test_a_person_may_have_a_failed_stage_tried_again_beyond_its_policy() -> None:
    w = world(chain("a", "b"), "a")
    w.play(lambda stage: FAILED)
    w.change(hold=None, again=frozenset({name("a")}))
    w.play()
    assert w.order == ["a", "a", "b"] and w.run.end is RunEnd.SUCCEEDED
    assert w.run.again == frozenset()


def test_this_one_stage_then_pause_makes_no_other() -> None:
    w = world(chain("a", "b"), "a", mode=RunMode.ONE_STAGE, only=frozenset({name("a")}))
    w.play()
    assert w.order == ["a"] and w.run.hold is not None and w.run.hold.reason.code == "ONE_STAGE"


def test_this_one_stage_at_the_end_of_the_pipeline_ends_the_run() -> None:
    w = world(chain("a"), "a", only=frozenset({name("a")}))
    w.play()
    assert w.run.end is RunEnd.SUCCEEDED


def test_a_gate_holds_the_stage_until_a_person_confirms() -> None:
    asks = UserInput(confirmation=Confirmation.ALWAYS)
    w = world(pipeline(definition("a"), definition("b", "a", user_input=asks)), "a")
    w.play()
    assert w.order == ["a"] and w.run.end is None
    (gate,) = w.gates
    assert (gate.definition, gate.confirmation, gate.parent) == ("b", True, w.latest("a").id)
    w.change(answers={name("b"): Answer("bob", w.now)})
    w.play()
    assert w.order == ["a", "b"] and w.latest("b").created_by == "bob"


def test_a_confirmation_asked_once_is_not_asked_again_in_the_project() -> None:
    asks = UserInput(confirmation=Confirmation.ONCE)
    w = world(pipeline(definition("a"), definition("b", "a", user_input=asks)), "a")
    w.project = replace(w.project, confirmed=frozenset({name("b")}))
    w.play()
    assert w.order == ["a", "b"]


def test_required_variables_keep_the_gate_shut_until_each_has_a_value() -> None:
    w = world(
        pipeline(definition("a", user_input=UserInput(variables=("REGION", "FPS")), environment={"FPS": "25"})), "a"
    )
    w.decide()
    (gate,) = w.gates
    assert gate.variables == ("REGION",) and not gate.confirmation
    w.change(answers={name("a"): Answer("bob", w.now, {"REGION": "north"})})
    (stage,) = w.decide()
    assert value(stage, "REGION").value == "north" and value(stage, "REGION").layer is Layer.SUBMISSION


def test_each_variable_records_its_value_and_the_layer_that_won() -> None:
    of = pipeline(
        definition("a", environment={"C": "stage", "D": "stage"}), environment={"B": "pipeline", "C": "pipeline"}
    )
    w = world(of, "a", overrides={name("a"): Override({"D": "mine"})})
    w.globals = {"A": "global", "B": "global"}
    (stage,) = w.decide()
    found = {v.name: (v.value, v.layer) for v in stage.environment if not v.name.startswith("WINSLOW_")}
    assert found == {
        "A": ("global", Layer.GLOBAL),
        "B": ("pipeline", Layer.PIPELINE),
        "C": ("stage", Layer.STAGE),
        "D": ("mine", Layer.SUBMISSION),
    }
    assert value(stage, "WINSLOW_STAGE").value == stage.id


def test_nobody_overrides_what_winslow_says_about_itself() -> None:
    w = world(chain("a"), "a", overrides={name("a"): Override({"WINSLOW_STAGE": "another"})})
    (stage,) = w.decide()
    assert value(stage, "WINSLOW_STAGE").value == stage.id


def test_a_skipped_stage_passes_its_parents_workspace_on() -> None:
    w = world(chain("a", "b", "c"), "a", skipped=frozenset({name("b")}))
    w.play()
    assert w.latest("b").state is State.SKIPPED
    assert w.latest("b").workspace == w.latest("a").workspace
    assert w.latest("c").parent == w.latest("b").id
    assert w.run.end is RunEnd.SUCCEEDED


def test_a_stage_that_continues_works_in_its_parents_directory_but_never_in_the_users() -> None:
    w = world(chain("a", "b", workspace=WorkspaceMode.CONTINUE), "a")
    w.play()
    assert w.latest("a").workspace == w.latest("a").id
    assert w.latest("b").workspace == w.latest("a").id


def test_a_stage_that_continues_a_layered_workspace_gets_one_more_layer() -> None:
    first, second, third = chain("a", "b", "c", workspace=WorkspaceMode.CONTINUE).stages
    w = world(pipeline(replace(first, workspace=WorkspaceMode.LAYERED), second, third), "a")
    w.play()
    for one, parent in (("b", "a"), ("c", "b")):
        made = plan_workspace(w.latest(one), w.latest(parent))
        assert w.latest(one).workspace == w.latest(one).id
        assert (made.layered, made.in_place, made.source) == (
            True,
            False,
            f"projects/p-abc123/stages/{parent}-1-1-abc123/workspace",
        )


def test_a_stage_that_continues_copies_what_a_skipped_one_passes_on() -> None:
    for skipped, source in (("b", "stages/a-1-1-abc123/workspace"), ("a", "workspace")):
        stages = chain("a", "b", "c").stages
        third = replace(stages[2], workspace=WorkspaceMode.CONTINUE)
        second = replace(stages[1], workspace=WorkspaceMode.CONTINUE) if skipped == "a" else stages[1]
        w = world(pipeline(stages[0], second, third), "a", skipped=frozenset({name(skipped)}))
        w.play()
        after = w.latest("c" if skipped == "b" else "b")
        made = plan_workspace(after, w.latest(skipped))
        assert after.workspace == after.id
        assert (made.in_place, made.source) == (False, f"projects/p-abc123/{source}")


def test_a_back_off_is_not_prolonged_by_a_leader_whose_clock_is_behind() -> None:
    w = world(chain("a", retry=RetryPolicy(2, backoff=10.0)), "a")
    w.decide()
    w.end(w.latest("a"), FAILED)
    w.decide()
    again, day = w.latest("a"), 86_400.0
    assert not again.due(w.now) and not again.due(w.now + 9)
    assert again.due(w.now + 10) and again.due(w.now + day) and again.due(w.now - day)


def test_a_run_that_begins_in_the_middle_inherits_what_it_does_not_execute() -> None:
    of = pipeline(definition("a"), definition("b", "a"), definition("c", "b", "a"))
    first = world(of, "a")
    first.play()
    again = run(first.project, "b", number=2, parent=first.latest("a").id, inherited={name("a"): first.latest("a").id})
    w = World(first.project, again, dict(first.attempts))
    w.play()
    assert w.order == ["b", "c"]
    assert dict(w.latest("c").joined) == {"a": first.latest("a").id}


def test_a_point_of_a_sweep_that_fails_ends_its_run_without_waiting_for_a_person() -> None:
    w = world(chain("a", "b"), "a", sweep="s1", only=frozenset({name("a")}))
    w.play(lambda stage: FAILED)
    assert w.run.end is RunEnd.FAILED and w.run.hold is None


def test_what_follows_a_running_stage_is_foreseen_as_it_will_be_made() -> None:
    w = world(chain("a", "b", "c", "d"), "a")
    (a,) = w.decide()
    foreseen = foresee(Situation(w.project, w.run, w.attempts, {}), a, w.now)
    assert [stage.definition.name for stage in foreseen] == ["b", "c"]
    w.end(a, OK)
    (b,) = w.decide()
    assert replace(b, created_at=foreseen[0].created_at) == foreseen[0]


def test_nothing_is_foreseen_past_a_gate_or_a_pause() -> None:
    asks = UserInput(confirmation=Confirmation.ALWAYS)
    w = world(pipeline(definition("a"), definition("b", "a", user_input=asks), definition("c", "b")), "a")
    (a,) = w.decide()
    assert foresee(Situation(w.project, w.run, w.attempts, {}), a, w.now) == ()
    w = world(chain("a", "b"), "a", only=frozenset({name("a")}))
    (a,) = w.decide()
    assert foresee(Situation(w.project, w.run, w.attempts, {}), a, w.now) == ()


@st.composite
def graphs(draw: st.DrawFn):
    """A random pipeline without cycles, and for each stage how many of its attempts fail first."""
    size = draw(st.integers(1, 7))
    names = [f"s{index}" for index in range(size)]
    definitions = []
    for index, each in enumerate(names):
        before = draw(st.lists(st.sampled_from(names[:index]), unique=True, max_size=3)) if index else []
        edges = [Edge(name(one), draw(st.sampled_from(["", "results.ok == 1", "results.ok == 2"]))) for one in before]
        definitions.append(definition(each, *edges, retry=RetryPolicy(attempts=draw(st.integers(1, 3)), backoff=0)))
    fails = {each: draw(st.integers(0, 3)) for each in names}
    return pipeline(*definitions), fails


@given(graphs(), st.randoms(use_true_random=False))
def test_every_run_comes_to_rest_having_executed_each_definition_after_all_before_it(drawn, random) -> None:
    of, fails = drawn
    roots = [d.name for d in of.stages if not d.after]
    w = world(of, *roots)
    for _ in range(200):
        w.decide()
        live = w.live()
        if not live:
            break
        stage: Stage = random.choice(live)
        failed = stage.attempt <= fails[stage.definition.name]
        w.end(stage, FAILED if failed else OK, {"ok": "1"})
    assert not w.live()
    assert (w.run.end is not None) != (w.run.hold is not None)
    for stage in w.attempts.values():
        for edge in stage.definition.after:
            for id_ in w.run.attempts.get(edge.stage, ()):
                assert w.attempts[id_].ended_at <= stage.created_at or w.attempts[id_].state is not State.SUCCEEDED
        known = [stage.parent, *stage.joined.values()]
        assert all(w.attempts[id_].state is State.SUCCEEDED for id_ in known if id_)
    for tries in w.run.attempts.values():
        assert all(w.attempts[id_].state is State.FAILED for id_ in tries[:-1])


@given(graphs())
def test_a_run_on_hold_begins_nothing(drawn) -> None:
    from winslow.domain.project import Hold
    from winslow.domain.stage import Reason

    of, _ = drawn
    roots = [d.name for d in of.stages if not d.after]
    w = world(of, *roots, hold=Hold(Reason("PAUSED", "by ann"), "ann", 1.0))
    assert w.decide() == () and w.run.end is None
