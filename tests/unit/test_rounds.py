"""Rounds kept up to date by single changes decide as one would who looks at everything each time."""

from __future__ import annotations

import gc
from collections import Counter
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit import world
from winslow.domain.election import Bid, Candidate, Need, best, bid, left
from winslow.domain.electorate import Electorate
from winslow.domain.node import Node, NodePolicy, Offer
from winslow.domain.queue import Queue, Turn
from winslow.domain.records import Limits, Versioned, stage_ref
from winslow.domain.resources import Capacity, Gpu, GpuRequest, GpuVendor, Resources
from winslow.domain.rounds import Rounds
from winslow.domain.stage import NodeId, ProjectId, RunId, Stage, StageId, State
from winslow.domain.view import View

GIB = 1 << 30
NAMES = ("a", "b", "c", "d")
NEEDS = (
    Need(Resources(cpus=1), "one"),
    Need(Resources(cpus=3, memory=2 * GIB), "one"),
    Need(Resources(cpus=1, gpus=GpuRequest(1)), "two"),
    Need(Resources(cpus=0.1, tags=frozenset({"fast"})), "two"),
)


def stage_of(turn: Turn, **fields: object) -> Stage:
    definition = replace(world.definition("s"), image=turn.need.image, resources=turn.need.resources)
    return Stage(turn.stage, turn.project, "r", definition, 1, turn.since, turn.user, **fields)  # type: ignore[arg-type]


@dataclass
class Naive:
    """The rule itself: of those whose turn it may be the first by priority, share, wait; to the best bid."""

    nodes: dict[str, Node] = field(default_factory=dict)
    policies: dict[str, NodePolicy] = field(default_factory=dict)
    offers: dict[str, Offer] = field(default_factory=dict)
    waiting: dict[StageId, Turn] = field(default_factory=dict)
    placed: dict[StageId, tuple[Turn, Stage]] = field(default_factory=dict)
    priorities: dict[str, int] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def candidate(self, name: str) -> Candidate:
        mine = [stage for _, stage in self.placed.values() if stage.node == name]
        node = self.nodes[name]
        return Candidate(node, left(node, mine), self.policies.get(name), len(mine), self.offers.get(NodeId(name)))

    def bid(self, turn: Turn) -> Bid | None:
        answers = [bid(turn.need, self.candidate(name), turn.parent_node) for name in self.nodes]
        return best(one for one in answers if isinstance(one, Bid))

    def share(self, project: str) -> float:
        mine = [turn.need.resources for turn, _ in self.placed.values() if turn.project == project]
        cpus = sum(node.capacity.cpus for node in self.nodes.values())
        memory = sum(node.capacity.memory for node in self.nodes.values())
        gpus = sum(len(node.capacity.gpus) for node in self.nodes.values())
        parts = [
            sum(one.cpus for one in mine) / cpus if cpus else 0,
            sum(one.memory for one in mine) / memory if memory else 0,
            sum(one.gpus.count for one in mine) / gpus if gpus else 0,
        ]
        return round(max(parts), 9)

    def within_limits(self, turn: Turn) -> bool:
        projects = Counter(one.project for one, _ in self.placed.values())
        users = Counter(one.user for one, _ in self.placed.values())
        of_project, of_user = self.limits.of_project(turn.project), self.limits.of_user(turn.user)
        return not (of_project and projects[turn.project] >= of_project) and not (
            of_user and users[turn.user] >= of_user
        )

    def next(self) -> tuple[Turn, Bid] | None:
        for turn in sorted(
            self.waiting.values(),
            key=lambda one: (-self.priorities.get(one.project, 0), self.share(one.project), one.since, one.stage),
        ):
            bid = self.bid(turn)
            if bid and self.within_limits(turn):
                return turn, bid
        return None


class Quick:
    """The same through Queue and Electorate."""

    def __init__(self) -> None:
        self.queue = Queue()
        self.electorate = Electorate()

    def next(self) -> tuple[Turn, Bid] | None:
        turn = self.queue.next(self.electorate.able)
        if turn is None:
            return None
        bid = self.electorate.best(turn.need, turn.parent_node)
        assert bid
        return turn, bid

    def place(self, turn: Turn, stage: Stage) -> None:
        self.queue.hold(stage.id, turn.project, turn.user, turn.need.resources)
        self.queue.leave(stage.id)
        self.electorate.place(stage)


nodes = st.builds(
    lambda cpus, memory, gpus, tagged, image: (cpus, memory, gpus, tagged, image),
    st.integers(1, 6),
    st.integers(1, 8),
    st.integers(0, 2),
    st.booleans(),
    st.sampled_from(["one", "two", ""]),
)
events = st.one_of(
    st.tuples(st.just("node"), st.sampled_from(NAMES), st.none() | nodes),
    st.tuples(st.just("offer"), st.sampled_from(NAMES), st.none() | st.integers(0, 8)),
    st.tuples(
        st.just("policy"), st.sampled_from(NAMES), st.sampled_from([(False, 0), (True, 0), (False, 1), (False, 2)])
    ),
    st.tuples(
        st.just("wait"),
        st.integers(0, 30),
        st.tuples(
            st.sampled_from(NEEDS),
            st.sampled_from(["p", "q", "r"]),
            st.sampled_from(["ann", "bob"]),
            st.integers(0, 5),
            st.none() | st.sampled_from(NAMES),
        ),
    ),
    st.tuples(st.just("leave"), st.integers(0, 30), st.none()),
    st.tuples(st.just("award"), st.integers(1, 8), st.none()),
    st.tuples(st.just("end"), st.integers(0, 30), st.none()),
    st.tuples(st.just("priority"), st.sampled_from(["p", "q", "r"]), st.integers(-1, 1)),
    st.tuples(st.just("limits"), st.integers(0, 2), st.integers(0, 2)),
)


def node_of(name: str, made: tuple[int, int, int, bool, str]) -> Node:
    cpus, memory, gpus, tagged, image = made
    has = tuple(Gpu(f"{name}-{number}", GpuVendor.NVIDIA, "T4", 16 * GIB) for number in range(gpus))
    tags = frozenset({"fast"} if tagged else ())
    images = frozenset({image} if image else ())
    return Node(NodeId(name), f"{name}:1", Capacity(cpus, memory * GIB, gpus=has), tags, images)


@settings(max_examples=250, deadline=None)
@given(st.lists(events, min_size=25, max_size=60))
def test_the_indexed_round_awards_what_the_plain_rule_would(story: list[tuple[str, object, object]]) -> None:
    plain, quick = Naive(), Quick()
    for name in NAMES[:2]:
        _play(plain, quick, "node", name, (4, 4, 1, True, "one"))
    for kind, what, how in story:
        _play(plain, quick, kind, what, how)
    _award(plain, quick, 50)


def _play(plain: Naive, quick: Quick, kind: str, what: object, how: object) -> None:
    match kind:
        case "node":
            node = node_of(str(what), how) if how else None  # type: ignore[arg-type]
            plain.nodes = {**{k: v for k, v in plain.nodes.items() if k != what}, **({str(what): node} if node else {})}
            quick.electorate.node(NodeId(str(what)), node)
            quick.queue.total(quick.electorate.total())
            if node:
                _play(plain, quick, "offer", what, 8)
        case "offer":
            id_ = NodeId(str(what))
            offer = Offer(id_, "i", 1, float(how), int(how) * GIB) if how is not None else None  # type: ignore[call-overload, arg-type]
            plain.offers.pop(id_, None)
            if offer:
                plain.offers[id_] = offer
            quick.electorate.offer(id_, offer)
        case "policy":
            cordoned, most = how  # type: ignore[misc]
            policy = NodePolicy(NodeId(str(what)), cordoned=cordoned, max_stages=most)
            plain.policies[str(what)] = policy
            quick.electorate.policy(NodeId(str(what)), policy)
        case "wait":
            need, project, user, since, parent = how  # type: ignore[misc]
            id_ = StageId(f"s{what}")
            if id_ not in plain.placed:
                turn = Turn(id_, need, ProjectId(project), user, float(since), parent)
                plain.waiting[id_] = turn
                quick.queue.wait(turn)
        case "leave":
            plain.waiting.pop(StageId(f"s{what}"), None)
            quick.queue.leave(StageId(f"s{what}"))
        case "award":
            _award(plain, quick, int(what))  # type: ignore[call-overload]
        case "end":
            if not plain.placed:
                return
            id_ = sorted(plain.placed)[int(what) % len(plain.placed)]  # type: ignore[call-overload]
            del plain.placed[id_]
            quick.electorate.release(id_)
            quick.queue.let_go(id_)
        case "priority":
            plain.priorities[str(what)] = int(how)  # type: ignore[call-overload]
            quick.queue.priority(ProjectId(str(what)), int(how))  # type: ignore[call-overload]
        case "limits":
            plain.limits = Limits(int(what), int(how))  # type: ignore[call-overload]
            quick.queue.limits(plain.limits)


def _award(plain: Naive, quick: Quick, most: int) -> None:
    for _ in range(most):
        expected, found = plain.next(), quick.next()
        assert found == expected
        if expected is None:
            return
        turn, bid = expected
        stage = stage_of(turn, node=bid.node, gpus=bid.gpus, state=State.PREPARING)
        del plain.waiting[turn.stage]
        plain.placed[turn.stage] = (turn, stage)
        quick.place(turn, stage)


def test_bids_of_a_need_that_nobody_asks_for_any_more_do_not_pile_up() -> None:
    electorate = Electorate()
    node = node_of("a", (4, 4, 0, True, "one"))
    electorate.node(node.id, node)
    electorate.offer(node.id, Offer(node.id, "", 0, 4.0, 4 * GIB))
    assert all(electorate.able(need) for need in NEEDS[:2])
    for number in range(1, 2000):
        electorate.offer(node.id, Offer(node.id, "", number, 4.0, 4 * GIB))
    assert sum(isinstance(one, Bid) for one in gc.get_objects()) < 1000
    assert all(electorate.able(need) for need in NEEDS[:2])


def test_who_was_there_first_is_first_though_a_leaders_clock_was_a_day_ahead() -> None:
    view, rounds, day = View(), Rounds(), 86_400.0
    definition = world.definition("s", resources=Resources(cpus=1))
    early = Stage(StageId("early"), ProjectId("p"), RunId("r"), definition, 1, 1000.0 + day, "ann")
    late = Stage(StageId("late"), ProjectId("p"), RunId("r"), definition, 1, 1001.0, "ann")
    for revision, one in ((7, early), (8, late)):
        view.apply(revision, [(stage_ref(one), Versioned(one, revision, revision))])
    view.apply(9, [(stage_ref(early), Versioned(early, 9, 7))])  # a reason was written
    made = replace(late, id=StageId("a-new-one"), created_at=0.0)
    for one in (made, late, early):
        rounds.see_stage(view, one.id, one, 2000.0)
    assert [turn.stage for turn in rounds.queue.in_order()] == ["early", "late", "a-new-one"]
