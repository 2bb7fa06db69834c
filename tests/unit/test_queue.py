"""Whose turn it is, in sentences; that the indexed queue keeps to the rule is held in test_rounds."""

from __future__ import annotations

from winslow.domain.election import Need
from winslow.domain.queue import Queue, Turn
from winslow.domain.records import Limits
from winslow.domain.resources import Capacity, Resources
from winslow.domain.stage import ProjectId, StageId

ONE = Need(Resources(cpus=1), "image")
LARGE = Need(Resources(cpus=8), "image")


def anybody(_: Need) -> bool:
    return True


def queue() -> Queue:
    made = Queue()
    made.total(Capacity(16, 1 << 36))
    return made


def wait(of: Queue, name: str, project: str = "p", user: str = "ann", since: float = 0.0, need: Need = ONE) -> None:
    of.wait(Turn(StageId(name), need, ProjectId(project), user, since))


def served(of: Queue) -> list[str]:
    """Who is next, again and again, each placed at once."""
    order: list[str] = []
    while turn := of.next(anybody):
        of.hold(turn.stage, turn.project, turn.user, turn.need.resources)
        of.leave(turn.stage)
        order.append(turn.stage)
    return order


def test_who_waits_longest_is_next() -> None:
    one = queue()
    wait(one, "young", since=5)
    wait(one, "old", since=1)
    assert served(one) == ["old", "young"]


def test_a_higher_priority_comes_before_a_longer_wait() -> None:
    one = queue()
    wait(one, "patient", "p", since=1)
    wait(one, "urgent", "q", since=9)
    one.priority(ProjectId("q"), 1)
    assert served(one) == ["urgent", "patient"]


def test_projects_take_turns_though_one_came_with_a_hundred_stages_first() -> None:
    one = queue()
    for number in range(4):
        wait(one, f"p{number}", "p", since=number)
    for number in range(2):
        wait(one, f"q{number}", "q", since=100 + number)
    assert served(one) == ["p0", "q0", "p1", "q1", "p2", "p3"]


def test_a_share_is_the_greatest_part_of_anything_that_a_project_has() -> None:
    one = queue()
    one.total(Capacity(16, 1 << 36, gpus=()))
    one.hold(StageId("x"), ProjectId("p"), "ann", Resources(cpus=2))
    one.hold(StageId("y"), ProjectId("q"), "ann", Resources(cpus=1, memory=1 << 35))
    wait(one, "of-p", "p", since=9)
    wait(one, "of-q", "q", since=1)
    assert served(one) == ["of-p", "of-q"]


def test_a_need_that_nobody_can_meet_lets_others_by() -> None:
    one = queue()
    wait(one, "large", since=1, need=LARGE)
    wait(one, "small", since=2)
    turn = one.next(lambda need: need == ONE)
    assert turn and turn.stage == "small"


def test_a_limit_holds_a_project_back_and_says_so_until_one_of_it_ends() -> None:
    one = queue()
    one.limits(Limits(per_project=1))
    wait(one, "first", since=1)
    wait(one, "second", since=2)
    assert served(one) == ["first"]
    turn = one.turn(StageId("second"))
    reason = one.limited(turn) if turn else None
    assert reason and reason.code == "LIMIT_REACHED"
    assert reason.text == "project p has 1 of the 1 stages that it may have at a time"
    one.let_go(StageId("first"))
    assert served(one) == ["second"]


def test_a_user_with_a_limit_of_his_own_is_held_to_that() -> None:
    one = queue()
    one.limits(Limits(per_user=1, users={"bob": 2}))
    for number in range(3):
        wait(one, f"ann{number}", f"p{number}", "ann", since=number)
        wait(one, f"bob{number}", f"q{number}", "bob", since=number)
    assert sorted(served(one)) == ["ann0", "bob0", "bob1"]


def test_those_who_ask_for_their_place_are_told_the_order_as_it_is_now() -> None:
    one = queue()
    wait(one, "b", "p", since=2)
    wait(one, "a", "p", since=1)
    wait(one, "c", "q", since=9)
    one.priority(ProjectId("q"), 1)
    assert [turn.stage for turn in one.in_order()] == ["c", "a", "b"]
