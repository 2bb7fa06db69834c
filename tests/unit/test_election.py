"""Elections: who is able, who is best, and why a stage waits."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.world import World, chain, project, run
from winslow.domain import election
from winslow.domain.election import Bid, Candidate, Refusal, answer_to, best, idle_offer, left, need_of, why
from winslow.domain.node import GpuOffer, Node, NodePolicy, Offer
from winslow.domain.resources import Capacity, Gpu, GpuRequest, GpuVendor, Resources
from winslow.domain.stage import NodeId, Stage, StageId, State

GIB = 1 << 30


def node(name: str, cpus: float = 4, memory: int = 8 * GIB, gpus: int = 0, **fields) -> Node:
    has = tuple(Gpu(f"{name}-gpu{index}", GpuVendor.NVIDIA, "H100", 80 * GIB) for index in range(gpus))
    return Node(NodeId(name), f"{name}:7411", Capacity(cpus, memory, gpus=has), **fields)


def stage(number: int = 0, **needs) -> Stage:
    made = project(chain("a", resources=Resources(**needs)))
    return replace(World(made, run(made, "a")).decide()[0], id=StageId(f"a-{number:04d}"))


def candidate(of: Node, *placed: Stage, policy: NodePolicy | None = None, offer: Offer | None = None) -> Candidate:
    return Candidate(of, left(of, placed), policy, len(placed), offer or idle_offer(of))


def winner(stage_: Stage, *standing: Candidate, parent: str | None = None) -> str | None:
    answers = [election.bid(need_of(stage_), one, NodeId(parent) if parent else None) for one in standing]
    found = best(answer for answer in answers if isinstance(answer, Bid))
    return found.node if found else None


def lacks(need: Stage, of: Candidate) -> str:
    answer = answer_to(need_of(need), of)
    assert isinstance(answer, Refusal)
    return "; ".join(answer.lacks)


def test_the_node_with_the_image_and_the_parents_workspace_wins() -> None:
    there = candidate(node("b", images=frozenset({"busybox"})))
    assert winner(stage(), candidate(node("a")), there, candidate(node("c"))) == "b"
    nodes = [candidate(node(name)) for name in "abc"]
    assert winner(stage(), *nodes, parent="c") == "c"


def test_among_equals_the_idler_node_wins_and_then_the_smaller_name() -> None:
    busy = replace(stage(9), state=State.RUNNING, node=NodeId("a"))
    assert winner(stage(), candidate(node("a"), busy), candidate(node("b"))) == "b"
    assert winner(stage(), candidate(node("b")), candidate(node("a"))) == "a"


def test_a_node_that_others_keep_busy_is_liked_less_though_nothing_of_ours_is_there() -> None:
    used = replace(idle_offer(node("a")), cpus_idle=0.5)
    assert winner(stage(), candidate(node("a"), offer=used), candidate(node("b"))) == "b"


def test_a_stage_without_gpus_leaves_the_node_with_gpus_to_others() -> None:
    assert winner(stage(), candidate(node("a", gpus=2)), candidate(node("b"))) == "b"


def test_a_gpu_whose_memory_somebody_else_has_is_not_given() -> None:
    machine = node("a", gpus=2)
    need = stage(gpus=GpuRequest(1, memory=60 * GIB))
    taken = replace(idle_offer(machine), gpus=(GpuOffer("a-gpu0", 0.9, 10 * GIB), GpuOffer("a-gpu1", 0.0, 79 * GIB)))
    answer = election.bid(need_of(need), candidate(machine, offer=taken), None)
    assert isinstance(answer, Bid) and answer.gpus == ("a-gpu1",)
    two = stage(gpus=GpuRequest(2, memory=60 * GIB))
    assert "needs 2 GPUs" in lacks(two, candidate(machine, offer=taken))


def test_the_gpu_that_is_least_busy_is_given() -> None:
    machine = node("a", gpus=2)
    busy = replace(idle_offer(machine), gpus=(GpuOffer("a-gpu0", 0.8, 80 * GIB), GpuOffer("a-gpu1", 0.1, 80 * GIB)))
    answer = election.bid(need_of(stage(gpus=GpuRequest(1))), candidate(machine, offer=busy), None)
    assert isinstance(answer, Bid) and answer.gpus == ("a-gpu1",)


def test_a_node_that_has_not_answered_takes_no_part() -> None:
    silent = replace(candidate(node("a")), offer=None)
    assert lacks(stage(), silent) == "has not answered the leader"


def test_memory_that_others_use_is_not_given_away() -> None:
    machine = node("a", memory=8 * GIB)
    used = replace(idle_offer(machine), memory_available=2 * GIB)
    assert "others leave 2 GiB" in lacks(stage(memory=4 * GIB), candidate(machine, offer=used))
    assert winner(stage(memory=2 * GIB), candidate(machine, offer=used)) == "a"


def test_a_node_whose_engine_does_not_answer_says_so() -> None:
    broken = replace(idle_offer(node("a")), obstacles=("its Docker engine does not answer",))
    assert lacks(stage(), candidate(node("a"), offer=broken)) == "its Docker engine does not answer"


def test_a_cordoned_node_gets_nothing_and_says_why() -> None:
    policy = NodePolicy(NodeId("a"), cordoned=True, reason="disk is being changed")
    assert "disk is being changed" in lacks(stage(), candidate(node("a"), policy=policy))


def test_a_node_gets_no_more_stages_than_its_operator_allows() -> None:
    policy = NodePolicy(NodeId("a"), max_stages=1)
    running = replace(stage(9), state=State.RUNNING, node=NodeId("a"))
    assert winner(stage(), candidate(node("a"), policy=policy)) == "a"
    assert "has 1 of the 1 stages" in lacks(stage(), candidate(node("a"), running, policy=policy))


def test_a_need_that_no_node_could_ever_meet_is_told_from_one_that_waits_for_room() -> None:
    refusals = [
        answer for answer in [answer_to(need_of(stage(cpus=64)), candidate(node("a")))] if isinstance(answer, Refusal)
    ]
    assert why(refusals).code == "NO_NODE_ABLE" and "needs 64 CPUs" in why(refusals).text
    full = [replace(stage(number), state=State.RUNNING, node=NodeId("a")) for number in range(4)]
    [refusal] = [answer_to(need_of(stage()), candidate(node("a"), *full))]
    assert isinstance(refusal, Refusal) and why([refusal]).code == "NODES_BUSY"
    assert why([]).code == "NO_NODES"


def test_a_bid_says_what_it_is_made_of() -> None:
    answer = election.bid(need_of(stage()), candidate(node("a", images=frozenset({"busybox"}))), NodeId("a"))
    assert isinstance(answer, Bid)
    assert answer.score == sum(value for _, value in answer.parts)
    assert dict(answer.parts) == {"image is there": 2.0, "idle": 1.0, "parent's workspace is there": 1.0}
