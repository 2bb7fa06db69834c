"""The judge of clusters is judged: one history in which all is well, and for each invariant histories that break it and no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.invariants import (
    INVARIANTS,
    Acknowledged,
    Happened,
    History,
    Invariant,
    Shown,
    Witness,
    Write,
    a_container_runs_only_where_its_stage_was_awarded,
    a_node_is_written_once,
    a_request_has_one_effect,
    a_sealed_workspace_is_unchanged,
    a_stage_has_one_container_at_most,
    a_stage_is_executed_once_at_most,
    an_end_is_for_ever,
    epochs_never_go_back,
    every_acknowledged_change_is_there,
    every_end_is_reached,
    log_lines_are_contiguous,
    no_container_outlives_its_stage,
    nothing_is_killed_for_nothing,
    nothing_is_published_by_an_older_fence,
    reserved_is_never_above_capacity,
    states_follow_the_table,
    violations,
)
from tests.unit import world
from winslow.domain import lifecycle
from winslow.domain.node import Node
from winslow.domain.project import Hold
from winslow.domain.records import Done, Record
from winslow.domain.resources import Capacity, Gpu, GpuVendor, Resources
from winslow.domain.stage import Cause, NodeId, Outcome, Reason, Stage, StageId, State

A, B = NodeId("a"), NodeId("b")
PROJECT = world.project(world.pipeline(world.definition("cut", resources=Resources(cpus=2, memory=100))))
RUN = world.run(PROJECT, "cut")
CAPACITY = Capacity(4, 300, gpus=(Gpu("GPU-1", GpuVendor.NVIDIA, "H", 1),))
BOX = "c" * 64
DAY = 86400.0


def queued(id_: str = "cut-1-1") -> Stage:
    definition = PROJECT.pipeline.stages[0]
    return Stage(StageId(id_), PROJECT.id, RUN.id, definition, 1, created_at=1.0, created_by="ann")


def life(stage: Stage, node: NodeId = A, fence: int = 1, at: float = 5.0, outcome: Outcome = world.OK) -> list[Stage]:
    """A stage's versions from its making to its end."""
    versions = [stage]
    for event in (
        lifecycle.Awarded(node, fence),
        lifecycle.Started(at - 1, "sha256:1"),
        lifecycle.Ended(outcome, {}, at),
    ):
        versions.append(lifecycle.advance(versions[-1], event, at))
    return versions


def write(revision: int, value: Record, created: int = 0) -> Write:
    match value:
        case Stage():
            return Write(revision, "stages", f"{value.project}/{value.id}", created or revision, value)
        case Node():
            return Write(revision, "nodes", value.id, created or revision, value)
        case Done():
            return Write(revision, "requests", "digest", created or revision, value)
    return Write(revision, "runs", f"{RUN.project}/{RUN.id}", created or revision, value)


def claim(revision: int, lease: str, created: int) -> Write:
    return Write(revision, "elections", f"leader/{lease}", created)


def gone(revision: int, kind: str, key: str) -> Write:
    return Write(revision, kind, key, 0)


def lives(stage: str, node: str = A, container: str = BOX, held: bool = False) -> tuple[Happened, ...]:
    """A container's events from its making to its removal."""
    return tuple(
        Happened(1.0, action, container, stage, node, held) for action in ("create", "start", "die", "destroy")
    )


def kills(stage: str, container: str = BOX) -> Happened:
    return Happened(2.0, "kill", container, stage, A)


FIRST = life(queued())
AGAIN = life(queued("cut-2-1"), B, 9, at=6.0)
WELL = History(
    writes=(
        claim(1, "1", 1),
        claim(2, "2", 2),
        write(3, Node(A, "a:1", CAPACITY)),
        write(3, Node(B, "b:1", CAPACITY)),
        write(4, RUN),
        *(write(5 + number, version) for number, version in enumerate(FIRST)),
        gone(9, "elections", "leader/1"),
        *(write(10 + number, version) for number, version in enumerate(AGAIN)),
        write(14, Done("f", "projects/p-abc123/runs/000001")),
    ),
    events=(*lives("cut-1-1"), *lives("cut-2-1", B, "d" * 64, held=True)),
    witnesses={"cut-1-1": (Witness(BOX[:12], "n1"),), "cut-2-1": (Witness("d" * 12, "n2"),)},
    lines={"cut-1-1": (0, 1, 2)},
    seals={"cut-1-1": ("x", "x")},
    shown=(Shown(PROJECT.id, "cut", "cut-1-1"), Shown(PROJECT.id, "cut", "cut-2-1")),
    acknowledged=(Acknowledged("r1", "projects/p-abc123/runs/000001", "runs/p-abc123/000001"),) * 2,
)


def but(*writes: Write, **fields: object) -> History:
    """All is well, but for `writes` at the end and for `fields`."""
    return replace(WELL, writes=(*WELL.writes, *writes), **fields)  # type: ignore[arg-type]


def late(*stages: Stage) -> tuple[Write, ...]:
    return tuple(write(20 + number, stage) for number, stage in enumerate(stages))


def heavy(id_: str, **fields: object) -> Stage:
    """A placed stage that takes three of four cores."""
    stage = lifecycle.advance(queued(id_), lifecycle.Awarded(A, 1), 1.0)
    return replace(stage, definition=replace(stage.definition, resources=Resources(cpus=3)), **fields)  # type: ignore[arg-type]


def on_gpu(id_: str) -> Stage:
    stage = heavy(id_, gpus=("GPU-1",))
    return replace(stage, definition=replace(stage.definition, resources=Resources(cpus=1)))


KILLED = life(queued("cut-3-1"), outcome=Outcome(137, Cause.SIGNAL, "it was killed by SIGKILL"))
THIRD = life(queued("cut-3-1"), outcome=world.FAILED)
"""A stage beside those of `WELL` that ends without a success, so that nothing is to be published."""
MADE, AWARDED, RUNNING, ENDED = THIRD


def lost(id_: str) -> Stage:
    running = replace(RUNNING, id=StageId(id_))
    return lifecycle.advance(running, lifecycle.Lost(Reason("NODE_LOST", "silent")), 9.0)


BROKEN: list[tuple[Invariant, History]] = [
    (
        a_stage_has_one_container_at_most,
        but(events=(*WELL.events, *lives("cut-1-1", container="e" * 64))),
    ),
    (
        a_stage_has_one_container_at_most,  # the one made before its turn executed it too
        but(
            events=(*WELL.events, *lives("cut-1-1", container="e" * 64, held=True)),
            witnesses={**WELL.witnesses, "cut-1-1": (Witness("e" * 12, "n3"),)},
        ),
    ),
    (
        a_stage_is_executed_once_at_most,
        but(witnesses={"cut-1-1": (Witness(BOX[:12], "n1"), Witness(BOX[:12], "n3"))}),
    ),
    (a_container_runs_only_where_its_stage_was_awarded, but(events=lives("cut-1-1", B))),
    (a_node_is_written_once, but(*late(MADE, AWARDED, replace(ENDED, node=B)))),
    (a_node_is_written_once, but(*late(MADE, AWARDED, replace(ENDED, fence=7)))),
    (states_follow_the_table, but(*late(MADE, ENDED))),
    (states_follow_the_table, but(*late(ENDED))),
    (states_follow_the_table, but(*late(MADE, AWARDED, RUNNING, AWARDED, RUNNING, ENDED))),
    (states_follow_the_table, but(*late(*THIRD, replace(ENDED, state=State.LOST)))),
    (an_end_is_for_ever, but(*late(*THIRD, replace(ENDED, ended_at=7.0)))),
    (an_end_is_for_ever, but(*late(*THIRD, replace(ENDED, outcome=KILLED[-1].outcome)))),
    (every_end_is_reached, but(*late(MADE, AWARDED, RUNNING))),
    (every_end_is_reached, but(*late(MADE))),
    (no_container_outlives_its_stage, but(events=lives("cut-1-1")[:2])),
    (no_container_outlives_its_stage, but(events=(*WELL.events, lives("cut-2-1", A, "e" * 64, held=True)[0]))),
    (
        every_acknowledged_change_is_there,
        but(acknowledged=(Acknowledged("r2", "projects/p/runs/000009", "runs/p/000009"),)),
    ),
    (
        a_request_has_one_effect,
        but(acknowledged=(*WELL.acknowledged, Acknowledged("r1", "projects/p-abc123", "runs/p-abc123/000001"))),
    ),
    (a_request_has_one_effect, but(write(20, Done("f", "x"), created=20))),
    (
        reserved_is_never_above_capacity,
        but(*late(heavy("x-1"), heavy("x-2"), lost("x-1"), lost("x-2"))),
    ),
    (
        reserved_is_never_above_capacity,
        but(*late(on_gpu("x-1"), on_gpu("x-2"), lost("x-1"), lost("x-2"))),
    ),
    (log_lines_are_contiguous, but(lines={"cut-1-1": (0, 1, 3)})),
    (log_lines_are_contiguous, but(lines={"cut-1-1": (0, 1, 1, 2)})),
    (log_lines_are_contiguous, but(lines={"cut-1-1": (1, 2)})),
    (a_sealed_workspace_is_unchanged, but(seals={"cut-1-1": ("x", "y")})),
    (nothing_is_published_by_an_older_fence, but(shown=WELL.shown[::-1])),
    (nothing_is_published_by_an_older_fence, but(shown=WELL.shown[:1])),
    (nothing_is_published_by_an_older_fence, but(shown=())),
    (
        nothing_is_published_by_an_older_fence,
        but(shown=(WELL.shown[0], Shown(PROJECT.id, "cut", "cut-9-1"), WELL.shown[1])),
    ),
    (
        nothing_is_published_by_an_older_fence,  # an attempt that took longer than the one after it
        but(
            *late(*life(queued("cut-3-1"), fence=8, at=60.0)), shown=(*WELL.shown, Shown(PROJECT.id, "cut", "cut-3-1"))
        ),
    ),
    (
        nothing_is_published_by_an_older_fence,  # one that was given up, and came back
        but(*late(MADE, AWARDED, lost("cut-3-1")), shown=(*WELL.shown, Shown(PROJECT.id, "cut", "cut-3-1"))),
    ),
    (epochs_never_go_back, but(claim(20, "0", 1))),
    (nothing_is_killed_for_nothing, but(*late(*KILLED), events=(*lives("cut-3-1"), kills("cut-3-1")))),
]


def names(history: History) -> set[str]:
    return {said.partition(":")[0] for said in violations(history)}


def test_in_a_history_in_which_all_is_well_every_invariant_holds() -> None:
    assert violations(WELL) == []


@pytest.mark.parametrize(
    ("invariant", "history"), BROKEN, ids=[f"{i}-{each[0].__name__}" for i, each in enumerate(BROKEN)]
)
def test_a_history_that_breaks_an_invariant_is_found_out_by_it_and_by_no_other(
    invariant: Invariant, history: History
) -> None:
    assert names(history) == {invariant.__name__}


def test_every_invariant_is_broken_by_some_history() -> None:
    assert {each for each, _ in BROKEN} == set(INVARIANTS)


HARMLESS = {
    "a lost stage has ended": but(*late(MADE, AWARDED, RUNNING, lost("cut-3-1"))),
    "a run that was paused may keep a stage waiting": but(
        write(20, replace(RUN, hold=Hold(Reason("X", "x"), "ann", 1.0))), *late(MADE)
    ),
    "what has no place at once has it one after another": but(
        *late(heavy("x-1"), lost("x-1"), heavy("x-2"), lost("x-2"))
    ),
    "ended stages may be moved away": but(
        *(gone(20, "stages", one.key) for one in WELL.writes if one.kind == "stages"),
    ),
    "what was only made ready did not run": but(events=(*WELL.events, *lives("cut-2-1", A, "e" * 64, held=True))),
    "what is made ready for a stage that is not there yet may stay": but(
        events=(*WELL.events, *lives("cut-9-1", A, "e" * 64, held=True)[:2])
    ),
    "a signal after the end harms nobody": but(events=(*WELL.events, kills("cut-1-1"))),
    "the test may kill": but(
        *late(*KILLED), events=(*lives("cut-3-1"), kills("cut-3-1")), killed_by_us=frozenset({BOX})
    ),
    "a clock that is a day late makes no success older": but(
        *late(*life(queued("cut-3-1"), fence=12, at=6 - DAY)), shown=(*WELL.shown, Shown(PROJECT.id, "cut", "cut-3-1"))
    ),
    "people may write on what has ended": but(*late(*THIRD, replace(ENDED, comment="good"))),
    "made and awarded at once, started and ended at once": but(*late(AWARDED, ENDED)),
}


@pytest.mark.parametrize("history", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_may_happen_is_no_violation(history: History) -> None:
    assert violations(history) == []
