"""A thing is news once, whoever looks and however often; and what waits is told folded together, while it is news."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from winslow.domain import notices
from winslow.domain.notices import CLUSTER, NODE_LOST_AFTER, Logged, Noted, Sight, Verdict, gate_key
from winslow.domain.stage import NodeId, ProjectId, RunId
from winslow.domain.subscription import Delivery, Notice, Occasion, Subscription, SubscriptionId

P = ProjectId("street")


def notice(id_: str, occasion: Occasion = Occasion.AWAITING_INPUT, at: float = 0.0, **more: object) -> Notice:
    return Notice(id_, occasion, at, id_, project=P, **more)  # type: ignore[arg-type]


def subscription(*occasions: Occasion, **more: object) -> Subscription:
    return Subscription(SubscriptionId("s"), "ann", 0.0, frozenset(occasions or Occasion), url="http://r/", **more)  # type: ignore[arg-type]


def verdict(run: int, what: str) -> Verdict:
    return Verdict(run, what, notice(f"{run} {what}", Occasion.FAILED))


RUNS = st.integers(1, 4)


@st.composite
def sights(draw: st.DrawFn) -> Sight:
    active = draw(st.frozensets(RUNS))
    gates = draw(st.frozensets(st.tuples(st.sampled_from(sorted(active)), st.sampled_from("ab")))) if active else ()
    keys = [gate_key(str(run), definition, "") for run, definition in gates]
    made = draw(st.none() | st.builds(verdict, RUNS, st.sampled_from(["held", "ended"])))
    return Sight(P, {key: notice(key) for key in keys}, frozenset(RunId(str(run)) for run in active), made)


class TestOfAProject:
    @given(st.lists(sights(), max_size=8))
    def test_what_was_noted_is_no_news_when_it_is_seen_again(self, seen: list[Sight]) -> None:
        noted = Noted(P)
        for sight in seen:
            noted, _ = notices.of_project(noted, sight)
            assert notices.of_project(noted, sight) == (noted, ())

    @given(st.lists(sights(), max_size=8))
    def test_each_open_gate_was_news_and_none_twice_while_its_run_goes_on(self, seen: list[Sight]) -> None:
        noted, told = Noted(P), set[str]()
        for sight in seen:
            told = {key for key in told if RunId(key.partition("/")[0]) in sight.active}
            noted, news = notices.of_project(noted, sight)
            gates = [one.id for one in news if one.occasion is Occasion.AWAITING_INPUT]
            assert len(set(gates)) == len(gates) and not set(gates) & told
            told |= set(gates)
            assert sight.gates.keys() <= told

    @given(st.lists(sights(), max_size=8))
    def test_verdicts_are_news_in_the_order_of_their_runs(self, seen: list[Sight]) -> None:
        noted, told = Noted(P), list[int]()
        for sight in seen:
            noted, news = notices.of_project(noted, sight)
            told += [int(one.id.split()[0]) for one in news if one.occasion is Occasion.FAILED]
        assert told == sorted(told)

    def test_a_gate_that_was_only_paused_is_not_asked_again(self) -> None:
        key = gate_key("1", "track", "detect-1")
        waits = Sight(P, {key: notice(key)}, frozenset({RunId("1")}))
        noted, news = notices.of_project(Noted(P), waits)
        assert [one.id for one in news] == [key]
        noted, _ = notices.of_project(noted, replace(waits, gates={}))
        assert notices.of_project(noted, waits)[1] == ()
        again = gate_key("1", "track", "detect-2")
        assert len(notices.of_project(noted, replace(waits, gates={again: notice(again)}))[1]) == 1

    def test_what_ended_before_is_not_told_once_what_came_after_is_put_aside(self) -> None:
        noted, _ = notices.of_project(Noted(P), Sight(P, verdict=verdict(5, "ended")))
        noted, news = notices.of_project(noted, Sight(P, verdict=verdict(6, "held")))
        assert len(news) == 1
        assert notices.of_project(noted, Sight(P, verdict=verdict(5, "ended"))) == (noted, ())


class TestOfNodes:
    here = frozenset({NodeId("a"), NodeId("b")})

    def noted(self) -> Noted:
        return notices.of_nodes(Noted(CLUSTER), self.here, {}, (), 0.0)[0]

    def test_one_that_starts_anew_is_not_lost(self) -> None:
        b = NodeId("b")
        noted, news = notices.of_nodes(self.noted(), [NodeId("a")], {b: NODE_LOST_AFTER - 1}, (), 0.0)
        assert not news and noted.nodes == self.here

    def test_one_that_stays_away_is_lost_once_and_again_when_it_was_back(self) -> None:
        b, noted = NodeId("b"), self.noted()
        for _ in range(2):
            noted, first = notices.of_nodes(noted, [NodeId("a")], {b: NODE_LOST_AFTER}, (), 5.0)
            assert [one.node for one in first] == [b]
            noted, more = notices.of_nodes(noted, [NodeId("a")], {b: 1e6}, (), 9.0)
            assert not more
            noted, back = notices.of_nodes(noted, self.here, {}, (), 9.0)
            assert not back and not noted.lost

    def test_one_that_somebody_cordoned_was_meant_to_go(self) -> None:
        b = NodeId("b")
        _, news = notices.of_nodes(self.noted(), [NodeId("a")], {b: 1e6}, [b], 0.0)
        assert not news

    def test_one_that_is_removed_as_soon_as_it_has_gone_was_meant_to_go(self) -> None:
        b = NodeId("b")
        noted, _ = notices.of_nodes(self.noted(), [NodeId("a")], {b: 1.0}, [b], 0.0)
        _, news = notices.of_nodes(noted, [NodeId("a")], {b: 1e6}, (), 70.0)  # with it went that it was cordoned
        assert not news


class TestWarnings:
    def test_one_whose_numbers_change_and_that_all_nodes_give_is_told_once(self) -> None:
        noted, news = notices.of_warnings(Noted(CLUSTER), {"a": ["3 GiB free"], "b": ["3 GiB free"]}, 0.0)
        assert [one.text for one in news] == ["a: 3 GiB free"]
        noted, news = notices.of_warnings(noted, {"a": ["2.5 GiB free"]}, 60.0)
        assert not news
        assert notices.of_warnings(noted, {"a": ["2.4 GiB free"]}, 61.0)[0] == noted  # not each look is a write

    def test_one_that_comes_and_goes_is_told_once_an_hour(self) -> None:
        noted, _ = notices.of_warnings(Noted(CLUSTER), {"a": ["full"]}, 0.0)
        noted, _ = notices.of_warnings(noted, {}, 100.0)
        noted, news = notices.of_warnings(noted, {"a": ["full"]}, 200.0)
        assert not news
        noted, _ = notices.of_warnings(noted, {}, 5000.0)
        assert notices.of_warnings(noted, {"a": ["full"]}, 5001.0)[1]


class TestWhoIsTold:
    def test_a_project_and_tags_narrow_what_is_told_of_projects_and_of_nothing_else(self) -> None:
        mine = notice("1", tags=frozenset({"north"}))
        lost = Notice("2", Occasion.NODE_LOST, 0.0, "", node=NodeId("a"))
        assert subscription().takes(mine) and subscription().takes(lost)
        assert not subscription(Occasion.FAILED).takes(mine)
        assert not subscription(project=ProjectId("other")).takes(mine)
        assert subscription(tags=frozenset({"north", "x"})).takes(mine)
        assert not subscription(tags=frozenset({"south"})).takes(mine)
        assert subscription(project=ProjectId("other"), tags=frozenset({"south"})).takes(lost)
        assert not subscription(disabled=True).takes(mine)

    @given(st.lists(st.integers(1, 9), max_size=6), st.integers(0, 10))
    def test_what_waits_is_all_that_came_after_what_was_told(self, revisions: list[int], told: int) -> None:
        log = [Logged(notice(str(at)), revision) for at, revision in enumerate(revisions)]
        waiting = notices.waiting(subscription(), Delivery(SubscriptionId("s"), told), log)
        assert [one.revision for one in waiting] == sorted(each for each in revisions if each > told)

    def test_a_flood_is_one_message_that_counts_what_it_does_not_show(self) -> None:
        many = [notice(str(number), Occasion.FAILED) for number in range(500)]
        message = notices.folded(subscription(), many, 9.0)
        assert (message.count, len(message.notices), message.notices[-1].id) == (500, notices.SHOWN, "499")
        assert message.id == notices.folded(subscription(), many, 10.0).id

    def test_what_is_over_is_not_told_late_and_nothing_is_after_a_day(self) -> None:
        one = notice("1", at=0.0)
        assert notices.worth_telling(one, False, 5.0)
        assert not notices.worth_telling(one, False, notices.OVER_AFTER)
        assert notices.worth_telling(one, True, notices.OVER_AFTER)
        assert not notices.worth_telling(one, True, notices.OLD)


class TestAttempts:
    @given(st.integers(1, 50), st.floats(-1e6, 1e6))
    def test_waits_grow_and_are_bounded_whatever_a_clock_says(self, failures: int, now: float) -> None:
        failing = Delivery(SubscriptionId("s"), 1, 0.0, "refused", failures, 0.0)
        assert 0.0 <= notices.next_attempt(failing, now) <= notices.BACKOFF_MOST
        assert notices.next_attempt(failing, 0.0) >= notices.BACKOFF

    def test_a_failure_is_remembered_since_its_first_until_something_arrives(self) -> None:
        once = notices.attempted(Delivery(SubscriptionId("s"), 1), 10.0, "refused", 9)
        twice = notices.attempted(once, 20.0, "refused", 9)
        assert (twice.told, twice.failures, twice.failing_since, twice.attempt_at) == (1, 2, 10.0, 20.0)
        well = notices.attempted(twice, 30.0, "", 9)
        assert (well.told, well.failures, well.failing_since, well.error) == (9, 0, None, "")
        assert notices.attempted(well, 40.0, "").told == 9
