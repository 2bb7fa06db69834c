"""How an exit becomes an outcome with its one cause."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.world import definition
from winslow.domain import exits
from winslow.domain.container import Exit
from winslow.domain.pipeline import RetryOn, RetryPolicy
from winslow.domain.resources import Resources
from winslow.domain.restart import retry_delay
from winslow.domain.stage import Cause, ProjectId, RunId, Stage, StageId, State
from winslow.errors import Exhausted, FailedPrecondition, NotFound
from winslow.ports import Verdict

A = definition("a", resources=Resources(memory=512 << 20))


def cause(exit_: Exit, verdict: Verdict | None = None) -> Cause | None:
    return exits.outcome(exit_, verdict, A).cause


@pytest.mark.parametrize(
    ("exit_", "expected"),
    [
        (Exit(0), None),
        (Exit(3), Cause.EXIT_CODE),
        (Exit(137, signal=9), Cause.SIGNAL),
        (Exit(137, signal=9, out_of_memory=True), Cause.OUT_OF_MEMORY),
        (Exit(1, disk_full=True), Cause.DISK_FULL),
        (Exit(127, launched=False, message="no such file"), Cause.COMMAND_NOT_FOUND),
        (Exit(-1, launched=False, message="gone"), Cause.ENGINE),
    ],
)
def test_what_was_observed_is_the_cause(exit_: Exit, expected: Cause | None) -> None:
    assert cause(exit_) is expected


def test_what_we_decided_comes_before_what_the_exit_suggests() -> None:
    assert cause(Exit(143, signal=15), Verdict(Cause.TIMEOUT, "too long")) is Cause.TIMEOUT
    assert cause(Exit(0), Verdict(Cause.ABORTED, "aborted by ann")) is Cause.ABORTED


def test_an_out_of_memory_kill_of_a_child_is_told_though_the_stage_exits_with_zero() -> None:
    assert cause(Exit(0, out_of_memory=True)) is Cause.OUT_OF_MEMORY


def test_the_message_says_what_to_do() -> None:
    assert "512 MiB" in exits.outcome(Exit(137, signal=9, out_of_memory=True), None, A).message
    assert "SIGSEGV" in exits.outcome(Exit(139, signal=11), None, A).message


def test_a_stage_that_was_never_brought_up_has_the_cause_of_the_refusal() -> None:
    assert exits.refused(NotFound("no image", reason="IMAGE_MISSING")).cause is Cause.IMAGE_MISSING
    assert exits.refused(Exhausted("full", reason="DISK_FULL")).cause is Cause.DISK_FULL
    assert exits.refused(FailedPrecondition("no", reason="ENGINE_REFUSED")).cause is Cause.ENGINE


@given(
    st.builds(RetryPolicy, st.integers(1, 5), st.floats(0, 100), st.floats(1, 3), st.floats(0, 500)), st.integers(1, 9)
)
def test_a_retry_waits_no_longer_than_the_policy_says_and_never_beyond_its_attempts(policy, attempts) -> None:
    delay = retry_delay(policy, attempts, Cause.EXIT_CODE)
    assert (delay is None) == (attempts >= policy.attempts)
    assert delay is None or 0 <= delay <= policy.backoff_max


def test_a_policy_that_names_failures_grants_no_other() -> None:
    policy = RetryPolicy(attempts=3, on=frozenset({RetryOn.OUT_OF_MEMORY}))
    assert retry_delay(policy, 1, Cause.OUT_OF_MEMORY) is not None
    assert retry_delay(policy, 1, Cause.EXIT_CODE) is None
    assert retry_delay(RetryPolicy(attempts=3), 1, Cause.ABORTED) is None


def test_every_cause_but_an_abort_belongs_to_a_class_of_the_policy() -> None:
    from winslow.domain.restart import CLASS

    assert set(CLASS) == set(Cause) - {Cause.ABORTED}


def test_a_killed_process_has_the_exit_code_that_shells_give_it() -> None:
    aborted = exits.outcome(Exit(0, signal=15), Verdict(Cause.ABORTED, "by ann"), A)
    assert (aborted.exit_code, aborted.cause) == (143, Cause.ABORTED)
    assert exits.outcome(Exit(0, signal=9), None, A).exit_code == 137
    assert exits.outcome(Exit(127, launched=False), None, A).exit_code is None


def success(id_: str, fence: int, ended_at: float) -> Stage:
    made = Stage(StageId(id_), ProjectId("p"), RunId("000001"), A, 1, created_at=1.0, created_by="ann")
    return replace(made, state=State.SUCCEEDED, fence=fence, ended_at=ended_at)


class TestWhichOutputIsShown:
    def shown(self, *stages: Stage) -> str | None:
        assert exits.published(stages, A.name) == exits.published(stages[::-1], A.name)
        return exits.published(stages, A.name)

    def test_nobodys_before_one_has_succeeded(self) -> None:
        assert self.shown() is None
        assert self.shown(replace(success("a-1", 5, 10.0), state=State.LOST)) is None

    def test_the_one_awarded_last_though_the_clock_of_the_node_before_was_a_day_ahead(self) -> None:
        assert self.shown(success("a-1", 5, 86410.0), success("a-2", 9, 20.0)) == "a-2"

    def test_the_one_awarded_last_though_an_older_attempt_took_longer(self) -> None:
        assert self.shown(success("a-1", 5, 30.0), success("a-2", 9, 20.0)) == "a-2"

    def test_the_one_that_ended_last_of_those_awarded_at_once(self) -> None:
        assert self.shown(success("a-1", 5, 30.0), success("a-2", 5, 20.0)) == "a-1"
