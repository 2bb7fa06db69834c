"""To redo and to jump is to branch: new runs share the tree of attempts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.world import FAILED, World, chain, definition, pipeline, project, run, value
from winslow.domain.branching import Beginning, begin, redo, superseded
from winslow.domain.pipeline import DefinitionName, Pipeline
from winslow.domain.project import Override, RunEnd, RunMode
from winslow.domain.stage import Layer, StageId
from winslow.errors import FailedPrecondition, InvalidArgument, NotFound


def name(text: str) -> DefinitionName:
    return DefinitionName(text)


def played(of: Pipeline, how=None, **fields) -> World:
    """A first run of `of`, played to its end; the project is ready for the next."""
    made = project(of)
    roots = [each.name for each in of.stages if not each.after]
    w = World(made, run(made, *roots, **fields))
    w.play(how) if how else w.play()
    w.project = replace(made, next_run=2)
    return w


def test_a_run_from_the_start_begins_at_the_first_stages_from_the_zeroth_workspace() -> None:
    made = project(chain("a", "b"))
    begun = begin(made, [], {}, Beginning(), "bob", 5.0)
    assert (begun.start, begun.parent, begun.number, begun.created_by) == (("a",), None, 1, "bob")


def test_a_redo_has_the_same_parent_and_submission_as_the_attempt_beside_it() -> None:
    w = played(chain("a", "b", "c"), overrides={name("b"): Override({"SENSITIVITY": "16", "MODE": "x"})})
    old = w.latest("b")
    ask = Beginning(overrides={name("b"): Override({"SENSITIVITY": "30"})})
    again = redo(w.project, [w.run], w.attempts, old.id, ask, "bob", 50.0)
    w2 = World(w.project, again, w.attempts)
    w2.play()
    new = w2.latest("b")
    assert new.parent == old.parent and new.id != old.id
    assert value(new, "SENSITIVITY").value == "30" and value(new, "MODE").value == "x"
    assert w2.order == ["b", "c"]
    assert w2.latest("c").parent == new.id


def test_a_redo_may_leave_out_what_was_submitted_so_that_what_is_defined_holds_again() -> None:
    of = chain("a", "b", environment={"SENSITIVITY": "50"})
    w = played(of, overrides={name("b"): Override({"SENSITIVITY": "16", "MODE": "x", "SIZE": "1"})})
    ask = Beginning(overrides={name("b"): Override({"SIZE": "2"})}, unset=frozenset({"SENSITIVITY", "MODE", "SIZE"}))
    w2 = World(w.project, redo(w.project, [w.run], w.attempts, w.latest("b").id, ask, "bob", 50.0), w.attempts)
    w2.play()
    new = w2.latest("b")
    assert (value(new, "SENSITIVITY").value, value(new, "SENSITIVITY").layer) == ("50", Layer.STAGE)
    assert value(new, "SIZE").value == "2"
    assert "MODE" not in {variable.name for variable in new.environment}


def test_a_redo_of_the_first_stage_starts_from_the_zeroth_workspace_again() -> None:
    w = played(chain("a", "b"))
    again = redo(w.project, [w.run], w.attempts, w.latest("a").id, Beginning(), "bob", 50.0)
    assert again.parent is None and dict(again.inherited) == {}


def test_a_redo_keeps_the_attempts_that_do_not_depend_on_it() -> None:
    w = played(pipeline(definition("a"), definition("b", "a"), definition("c", "a"), definition("d", "b", "c")))
    again = redo(w.project, [w.run], w.attempts, w.latest("b").id, Beginning(), "bob", 50.0)
    assert dict(again.inherited) == {"a": w.latest("a").id, "c": w.latest("c").id}
    w2 = World(w.project, again, w.attempts)
    w2.play()
    assert w2.order == ["b", "d"]
    assert dict(w2.latest("d").joined) == {"c": w.latest("c").id}


def test_a_jump_goes_to_any_stage_from_any_earlier_attempts_workspace() -> None:
    w = played(chain("a", "b", "c"))
    jump = begin(w.project, [w.run], w.attempts, Beginning((name("c"),), parent=w.latest("a").id), "bob", 50.0)
    w2 = World(w.project, jump, w.attempts)
    w2.play()
    assert w2.latest("c").parent == w.latest("a").id and w2.order == ["c"]


def test_starting_in_the_middle_without_a_parent_takes_the_latest_success_before_it() -> None:
    w = played(chain("a", "b", "c"))
    begun = begin(w.project, [w.run], w.attempts, Beginning((name("c"),)), "bob", 50.0)
    assert begun.parent == w.latest("b").id


def test_a_failed_attempts_workspace_may_be_gone_on_from() -> None:
    w = played(chain("a", "b"), how=lambda stage: FAILED)
    begun = begin(w.project, [w.run], w.attempts, Beginning((name("b"),), parent=w.latest("a").id), "bob", 50.0)
    assert begun.parent == w.latest("a").id


def test_a_live_stages_workspace_is_not_branched_from() -> None:
    made = project(chain("a", "b"))
    w = World(made, run(made, "a"))
    (live,) = w.decide()
    with pytest.raises(FailedPrecondition) as raised:
        begin(made, [w.run], w.attempts, Beginning((name("b"),), parent=live.id), "bob", 5.0)
    assert raised.value.reason == "WORKSPACE_NOT_SEALED"


def test_unknown_stages_and_definitions_are_named_with_what_there_is() -> None:
    made = project(chain("a", "b"))
    with pytest.raises(InvalidArgument, match="no stage definition called 'x'") as raised:
        begin(made, [], {}, Beginning((name("x"),)), "bob", 5.0)
    assert "a, b" in raised.value.hint
    with pytest.raises(NotFound):
        begin(made, [], {}, Beginning(parent=StageId("nothing")), "bob", 5.0)


def test_a_new_run_supersedes_those_that_wait_but_never_what_executes() -> None:
    made = project(chain("a", "b"))
    w = World(made, run(made, "a"))
    w.decide()
    with pytest.raises(FailedPrecondition) as raised:
        superseded([w.run], w.attempts.values(), made.id, 9.0)
    assert raised.value.reason == "PROJECT_RUNNING"
    w.play(lambda stage: FAILED)
    (ended,) = superseded([w.run], w.attempts.values(), made.id, 9.0)
    assert ended.end is RunEnd.SUPERSEDED


def test_one_stage_and_then_pause_is_remembered_by_the_run() -> None:
    made = project(chain("a", "b"))
    begun = begin(made, [], {}, Beginning(mode=RunMode.ONE_STAGE), "bob", 5.0)
    assert begun.only == {"a"}
