"""Decisions as transactions: bounded, never two at a time for one node, and none that gives away what is taken."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.unit import world
from winslow.domain.node import Node, NodePolicy, Reservation
from winslow.domain.project import Hold
from winslow.domain.records import (
    Expect,
    Fence,
    Kind,
    Put,
    Ref,
    Versioned,
    node_policy_ref,
    node_ref,
    reservation_ref,
    run_ref,
    stage_ref,
)
from winslow.domain.resources import Capacity, Gpu, GpuVendor, Resources
from winslow.domain.stage import NodeId, Reason, RunId, Stage, StageId, State
from winslow.domain.view import View
from winslowd.engines.moves import OPERATIONS, Batch, Move, commit_of, room_for, sound, stage_move, waves

FENCE = Fence("elections/leader/1", 7)
GPU = Gpu("gpu-1", GpuVendor.NVIDIA, "T4", 1 << 34)


def placed(number: int, node: str, **fields: object) -> Stage:
    project = world.project(world.chain("s", resources=Resources(cpus=1)))
    made = world.World(project, world.run(project, "s")).decide()[0]
    return replace(made, id=StageId(f"s-{number}"), state=State.PREPARING, node=NodeId(node), **fields)


def move_of(stages: list[Stage], number: int) -> Move:
    run = replace(world.run(world.project(world.chain("s")), "s"), id=RunId(f"{number:06d}"))
    return Move(
        puts=(Put(run_ref(run), run), *(Put(stage_ref(stage), stage) for stage in stages)),
        expects=(Expect(run_ref(run), number), *(Expect(stage_ref(stage), 0) for stage in stages)),
        awards=tuple(stages),
        stages=tuple(stage.id for stage in stages),
    )


def view_with(*nodes: Node, stages: tuple[Stage, ...] = ()) -> View:
    view = View()
    records: list[tuple[Ref, Versioned | None]] = [(node_ref(node.id), Versioned(node, 3, 3)) for node in nodes]
    records += [(stage_ref(stage), Versioned(stage, 4, 4)) for stage in stages]
    records += [(reservation_ref(node.id), Versioned(Reservation(node.id), 5, 5)) for node in nodes]
    view.apply(5, records)
    return view


def machine(name: str, cpus: float = 2, gpus: tuple[Gpu, ...] = ()) -> Node:
    return Node(NodeId(name), f"{name}:1", Capacity(cpus, 1 << 34, gpus=gpus))


@given(st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=12), max_size=40))
def test_every_decision_goes_once_and_no_two_batches_of_a_wave_share_a_node(wanted: list[list[int]]) -> None:
    numbers = iter(range(10_000))
    moves = [
        move_of([placed(next(numbers), f"n{node}") for node in nodes], index) for index, nodes in enumerate(wanted)
    ]
    sent: list[Move] = []
    for wave in waves(moves):
        nodes = [node for batch in wave for node in batch.nodes]
        assert len(nodes) == len(set(nodes))
        for batch in wave:
            commit = commit_of(batch, view_with(), FENCE)
            assert max(len(commit.puts), len(commit.expects) + 1) <= OPERATIONS
            sent += batch.moves
    assert sorted(move.stages for move in sent) == sorted(move.stages for move in moves)


def test_an_award_compares_the_node_and_its_reservation_and_writes_that_anew() -> None:
    view = view_with(machine("a"), stages=(placed(1, "a"),))
    [[batch]] = list(waves([move_of([placed(2, "a")], 9)]))
    commit = commit_of(batch, view, FENCE)
    assert Expect(node_ref("a"), 3) in commit.expects
    assert Expect(reservation_ref("a"), 5) in commit.expects
    assert commit.fence == FENCE
    [reservation] = [put.value for put in commit.puts if isinstance(put.value, Reservation)]
    assert reservation == Reservation(NodeId("a"), 2, 2.0, 0, ())


def batch_of(*stages: Stage) -> Batch:
    [[batch]] = list(waves([move_of(list(stages), 1)]))
    return batch


def test_what_the_records_say_is_taken_is_not_given_again_whatever_was_counted() -> None:
    view = view_with(machine("a", cpus=2), stages=(placed(1, "a"),))
    assert sound(batch_of(placed(2, "a")), view)
    assert not sound(batch_of(placed(2, "a"), placed(3, "a")), view)


def test_a_node_that_is_gone_is_given_nothing() -> None:
    assert not sound(batch_of(placed(2, "b")), view_with(machine("a")))


def test_a_gpu_is_given_once_and_only_while_it_is_there() -> None:
    view = view_with(machine("a", gpus=(GPU,)), stages=(placed(1, "a", gpus=("gpu-1",)),))
    assert not sound(batch_of(placed(2, "a", gpus=("gpu-1",))), view)
    assert not sound(batch_of(placed(2, "a", gpus=("gpu-2",))), view)
    assert sound(batch_of(placed(2, "a", gpus=("gpu-1",))), view_with(machine("a", gpus=(GPU,))))


def test_a_node_that_lost_a_gpu_which_a_stage_holds_is_given_others_still() -> None:
    view = view_with(machine("a"), stages=(placed(1, "a", gpus=("gpu-1",)),))
    assert sound(batch_of(placed(2, "a")), view)


def test_what_people_paused_or_closed_a_moment_ago_is_not_awarded_though_it_was_not_counted_yet() -> None:
    stage = placed(2, "a")
    view = view_with(machine("a"))
    run = world.run(world.project(world.chain("s")), "s")
    assert sound(batch_of(stage), view)
    view.apply(6, [(run_ref(run), Versioned(replace(run, hold=Hold(Reason("PAUSED", ""), "bob", 1.0)), 6, 6))])
    assert not sound(batch_of(stage), view)
    open_again = view_with(machine("a"))
    policy = NodePolicy(NodeId("a"), cordoned=True)
    open_again.apply(6, [(node_policy_ref("a"), Versioned(policy, 6, 6))])
    assert not sound(batch_of(stage), open_again)


def test_an_award_compares_what_people_decided_of_the_run_and_of_the_node() -> None:
    waiting = replace(placed(2, "a"), state=State.QUEUED, node=None)
    [[batch]] = list(waves([stage_move(waiting, placed(2, "a"), view_with(machine("a")))]))
    commit = commit_of(batch, view_with(machine("a")), FENCE)
    run = Ref(Kind.RUN, f"{waiting.project}/{waiting.run}")
    assert {Expect(run, 0), Expect(node_policy_ref("a"), 0)} <= set(commit.expects)


def test_a_decision_awards_on_no_more_nodes_than_one_transaction_compares() -> None:
    stages = [placed(number, f"n{number}") for number in range(room_for(42))]
    move = move_of(
        stages + [replace(placed(900 + n, "x"), node=None, state=State.QUEUED) for n in range(41 - len(stages))], 1
    )
    awarded = replace(move, awards=tuple(stages))
    [[batch]] = list(waves([awarded]))
    commit = commit_of(batch, view_with(), FENCE)
    assert max(len(commit.puts), len(commit.expects) + 1) <= 128
