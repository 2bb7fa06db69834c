"""Elections: who is able, who is best, and why a stage waits."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.world import World, chain, project, run
from winslow.domain import election
from winslow.domain.election import Bid, Refusal, candidates, hold_round
from winslow.domain.node import Node, NodePolicy
from winslow.domain.resources import Capacity, Gpu, GpuRequest, GpuVendor, Resources
from winslow.domain.stage import NodeId, Stage, StageId, State

GIB = 1 << 30


def node(name: str, cpus: float = 4, memory: int = 8 * GIB, gpus: int = 0, **fields) -> Node:
    has = tuple(Gpu(f"{name}-gpu{index}", GpuVendor.NVIDIA, "H100", 80 * GIB) for index in range(gpus))
    return Node(NodeId(name), f"{name}:7411", Capacity(cpus, memory, gpus=has), **fields)


def stage(number: int = 0, **needs) -> Stage:
    made = project(chain("a", resources=Resources(**needs)))
    return replace(World(made, run(made, "a")).decide()[0], id=StageId(f"a-{number:04d}"))


def standing(*nodes: Node, policies=None, placed=()) -> list[election.Candidate]:
    return candidates(nodes, policies or {}, placed)


def test_the_node_with_the_image_and_the_parents_workspace_wins() -> None:
    waiting = stage()
    there = node("b", images=frozenset({"busybox"}))
    round_ = hold_round([waiting], standing(node("a"), there, node("c")), {})
    assert round_.awards[0].node == "b"
    round_ = hold_round([waiting], standing(node("a"), node("b"), node("c")), {waiting.id: NodeId("c")})
    assert round_.awards[0].node == "c"


def test_among_equals_the_idler_node_wins_and_then_the_smaller_name() -> None:
    busy = replace(stage(9), state=State.RUNNING, node=NodeId("a"))
    assert hold_round([stage()], standing(node("a"), node("b"), placed=[busy]), {}).awards[0].node == "b"
    assert hold_round([stage()], standing(node("b"), node("a")), {}).awards[0].node == "a"


def test_a_stage_without_gpus_leaves_the_node_with_gpus_to_others() -> None:
    assert hold_round([stage()], standing(node("a", gpus=2), node("b")), {}).awards[0].node == "b"


def test_gpus_are_given_by_uuid_and_never_twice() -> None:
    need = GpuRequest(count=1)
    round_ = hold_round(
        [stage(1, gpus=need), stage(2, gpus=need), stage(3, gpus=need)], standing(node("a", gpus=2)), {}
    )
    given_ = [uuid for award in round_.awards for uuid in award.gpus]
    assert sorted(given_) == ["a-gpu0", "a-gpu1"]
    assert round_.waits[StageId("a-0003")].code == "NODES_BUSY"


def test_a_cordoned_node_gets_nothing_and_the_wait_says_why() -> None:
    policies = {"a": NodePolicy(NodeId("a"), cordoned=True, reason="disk is being changed")}
    round_ = hold_round([stage()], standing(node("a"), policies=policies), {})
    assert not round_.awards
    assert "disk is being changed" in round_.waits[StageId("a-0000")].text


def test_a_need_that_no_node_could_ever_meet_is_told_from_one_that_waits_for_room() -> None:
    never = hold_round([stage(cpus=64)], standing(node("a")), {}).waits[StageId("a-0000")]
    assert never.code == "NO_NODE_ABLE" and "needs 64 CPUs" in never.text
    assert hold_round([stage()], [], {}).waits[StageId("a-0000")].code == "NO_NODES"


def test_a_large_stage_that_does_not_fit_lets_smaller_ones_by() -> None:
    round_ = hold_round([stage(1, cpus=8), stage(2, cpus=2)], standing(node("a")), {})
    assert [award.stage for award in round_.awards] == ["a-0002"]


needs = st.builds(
    lambda cpus, memory, gpus: {"cpus": cpus, "memory": memory * GIB, "gpus": GpuRequest(gpus)},
    st.sampled_from([0.5, 1, 2, 5]),
    st.integers(0, 6),
    st.integers(0, 2),
)


@given(
    st.lists(needs, max_size=12),
    st.lists(st.tuples(st.integers(1, 8), st.integers(1, 16), st.integers(0, 3)), max_size=4),
)
def test_no_round_ever_gives_more_than_a_node_has(wanted, machines) -> None:
    nodes = [node(f"n{index}", cpus, memory * GIB, gpus) for index, (cpus, memory, gpus) in enumerate(machines)]
    waiting = [stage(number, **need) for number, need in enumerate(wanted)]
    by_id = {one.id: one for one in waiting}
    round_ = hold_round(waiting, standing(*nodes), {})
    assert {award.stage for award in round_.awards} | set(round_.waits) == set(by_id)
    for machine in nodes:
        mine = [award for award in round_.awards if award.node == machine.id]
        assert sum(by_id[award.stage].definition.resources.cpus for award in mine) <= machine.capacity.cpus + 1e-6
        assert sum(by_id[award.stage].definition.resources.memory for award in mine) <= machine.capacity.memory
        uuids = [uuid for award in mine for uuid in award.gpus]
        assert len(uuids) == len(set(uuids)) == sum(by_id[a.stage].definition.resources.gpus.count for a in mine)


@given(st.permutations(["a", "b", "c", "d"]))
def test_every_leader_awards_the_same_in_whatever_order_it_knows_the_nodes(order) -> None:
    nodes = {name: node(name, cpus=2 + (name == "c")) for name in order}
    waiting = [stage(number) for number in range(6)]
    round_ = hold_round(waiting, standing(*(nodes[name] for name in order)), {})
    same = hold_round(waiting, standing(*(nodes[name] for name in sorted(nodes))), {})
    assert [(a.stage, a.node) for a in round_.awards] == [(a.stage, a.node) for a in same.awards]


def test_a_bid_says_what_it_is_made_of() -> None:
    answer = election.bid(stage(), standing(node("a", images=frozenset({"busybox"})))[0], NodeId("a"))
    assert isinstance(answer, Bid)
    assert answer.score == sum(value for _, value in answer.parts)
    assert isinstance(election.bid(stage(cpus=64), standing(node("a"))[0], None), Refusal)
