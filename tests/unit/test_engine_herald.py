"""People are told what happens: at least once, not again and again, together where it is much, whatever fails meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from tests.unit import world
from tests.unit.little import ANN, NODE, Little
from winslow.domain import notices
from winslow.domain.notices import Message, Noted, Sight
from winslow.domain.pipeline import Confirmation, UserInput
from winslow.domain.project import Project
from winslow.domain.records import Commit, Kind, Put, node_ref, noted_ref, project_ref
from winslow.domain.stage import Cause, NodeId, Outcome, ProjectId
from winslow.domain.subscription import Occasion, SubscriptionId
from winslow.domain.view import View
from winslow.errors import Conflict, Exhausted, Unavailable
from winslowd.engines import herald, messenger, sightings
from winslowd.engines.herald import Herald
from winslowd.usecases.beginnings import Start
from winslowd.usecases.listing import Ask
from winslowd.usecases.runs import GateAnswer
from winslowd.usecases.subscriptions import NewSubscription, SubscriptionShown

FAILURE = Outcome(1, Cause.EXIT_CODE, "it exited with code 1")
GATED = world.pipeline(
    world.definition("detect"),
    world.definition("track", "detect", user_input=UserInput(confirmation=Confirmation.ALWAYS)),
)
AWAY = Unavailable("r answered with the status 500", reason="TELLING_FAILED", hint="Look at it")


class FakeTeller:
    """Keeps what it was told; `fault` is what it raises instead, `holds` makes it wait."""

    def __init__(self) -> None:
        self.told: list[Message] = []
        self.fault: Exception | None = None
        self.tries = 0
        self.asked = SubscriptionId("")
        self.free = asyncio.Event()
        self.free.set()

    async def tell(self, message: Message) -> None:
        self.tries += 1
        self.asked = message.subscription.id
        await self.free.wait()
        if self.fault:
            raise self.fault
        self.told.append(message)

    @property
    def texts(self) -> list[str]:
        return [one.text for message in self.told for one in message.notices]


class House:
    """The little world with a herald whose steady clock the test moves."""

    def __init__(self, little: Little) -> None:
        self.little = little
        self.teller = FakeTeller()
        self.steady = 0.0

    def herald(self) -> Herald:
        store, now = self.little.store, lambda: self.little.now
        return Herald(store, self.little.membership, self.teller, now, lambda: self.steady)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Herald]:
        one = self.herald()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(one.run(), name="herald")
            try:
                yield one
            finally:
                task.cancel()

    async def subscribe(self, *occasions: Occasion, **more: object) -> SubscriptionId:
        wanted = NewSubscription(frozenset(occasions or Occasion), url="http://r/", **more)  # type: ignore[arg-type]
        name = await self.little.use_cases.subscriptions.create(self.little.request(), wanted)
        return SubscriptionId(name.removeprefix("subscriptions/"))

    def shown(self, id_: SubscriptionId) -> SubscriptionShown:
        return self.little.use_cases.subscriptions.get(ANN, id_)

    async def begun(self, of: object = GATED, name: str = "Street") -> ProjectId:
        project = await self.little.project(of, name)  # type: ignore[arg-type]
        await self.little.use_cases.runs.start(self.little.request(), project, Start())
        return project

    async def waits_at_gate(self) -> ProjectId:
        project = await self.begun()
        await self.little.end("detect", project=project)
        return project

    async def fails(self, name: str = "Street") -> ProjectId:
        project = await self.begun(world.chain("detect"), name)
        await self.little.end("detect", FAILURE, project=project)
        return project


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


async def quiet(little: Little) -> None:
    """A moment in which a herald that had something to say would have said it."""
    seen = -1
    while seen != little.view.revision:
        seen = little.view.revision
        await asyncio.sleep(0.1)


@pytest_asyncio.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(herald, "SETTLE", 0.01)
    monkeypatch.setattr(messenger, "SETTLE", 0.0)
    monkeypatch.setattr(messenger, "REST", 0.05)
    monkeypatch.setattr(messenger, "FOLD", 0.0)
    async with Little.led(tmp_path) as little:
        yield House(little)


class TestWhatIsTold:
    async def test_a_gate_that_opens_and_then_the_end(self, house: House) -> None:
        async with house.working():
            await house.subscribe()
            project = await house.waits_at_gate()
            await until(lambda: house.teller.told)
            (first,) = house.teller.told
            assert first.notices[0].text == "Street: track waits for confirmation"
            assert first.notices[0].path == f"/projects/{project}/runs/{house.little.run(project).id}/gates/track"
            await confirm(house, project)
            await house.little.end("track", project=project)
            await until(lambda: len(house.teller.told) == 2)
            assert house.teller.texts[1] == "Street: it is done"

    async def test_a_failure_with_its_reason_and_stage(self, house: House) -> None:
        async with house.working():
            await house.subscribe(Occasion.FAILED)
            await house.fails()
            await until(lambda: house.teller.told)
            (notice,) = house.teller.told[0].notices
            assert notice.text.startswith("Street: ") and "detect" in notice.text
            assert notice.stage and notice.definition == "detect"

    async def test_only_of_what_is_subscribed_to(self, house: House) -> None:
        async with house.working():
            await house.subscribe(Occasion.SUCCEEDED)
            await house.waits_at_gate()
            await quiet(house.little)
            assert not house.teller.tries and not house.little.view.all(Kind.NOTICE)

    async def test_a_node_that_stays_away(self, house: House) -> None:
        async with house.working():
            await house.subscribe(Occasion.NODE_LOST)
            other = node_ref("node-2")
            await house.little.store.commit(
                Commit(puts=(Put(other, NODE.__class__(NodeId("node-2"), "", NODE.capacity)),))
            )
            await quiet(house.little)
            await house.little.store.commit(Commit(deletes=(other,)))
            await quiet(house.little)
            assert not house.teller.told
            house.steady += notices.NODE_LOST_AFTER
            await house.little.project()  # anything that wakes it; by itself it wakes when the minute is over
            await until(lambda: house.teller.told)
            assert house.teller.told[0].notices[0].node == "node-2"


class TestNothingIsToldTwice:
    async def test_what_was_so_before_anybody_subscribed_is_no_news(self, house: House) -> None:
        async with house.working():
            await house.waits_at_gate()
            await quiet(house.little)
            assert not house.little.view.all(Kind.NOTED)  # nobody wants to know, so nothing is written
            await house.subscribe()
            await quiet(house.little)
            assert not house.teller.tries
            await house.fails("Other")
            await until(lambda: house.teller.told)
            assert len(house.teller.told) == 1 and house.teller.told[0].notices[0].project_name == "Other"

    async def test_the_next_herald_goes_on_from_what_was_noted(self, house: House) -> None:
        async with house.working():
            await house.subscribe()
            await house.waits_at_gate()
            await until(lambda: house.teller.told)
            await quiet(house.little)
        async with house.working():
            await quiet(house.little)
            assert len(house.teller.told) == 1
            assert not house.little.view.all(Kind.NOTICE)  # nobody waits for it any more

    async def test_what_happened_while_nobody_was_herald_is_told_by_the_next(self, house: House) -> None:
        async with house.working():
            await house.subscribe()
            await until(lambda: house.little.view.all(Kind.NOTED))
        await house.waits_at_gate()
        async with house.working():
            await until(lambda: house.teller.told)

    async def test_one_who_subscribes_again_is_told_what_comes_then(self, house: House) -> None:
        subscriptions = house.little.use_cases.subscriptions
        async with house.working():
            id_ = await house.subscribe()
            off = NewSubscription(frozenset(), disabled=True)
            await subscriptions.update(house.little.request(), id_, off, frozenset({"disabled"}))
            await until(lambda: not house.little.view.all(Kind.NOTED))
            await house.waits_at_gate()
            await quiet(house.little)  # it is seen, and nobody wants to know
            on = NewSubscription(frozenset())
            await subscriptions.update(house.little.request(), id_, on, frozenset({"disabled"}))
            await quiet(house.little)
            assert not house.teller.tries


class TestWhatItCosts:
    async def test_what_is_no_news_bothers_nobody_who_tells(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(messenger, "REST", 60.0)
        async with house.working() as working:
            await house.subscribe(Occasion.SUCCEEDED)
            await until(lambda: house.little.view.all(Kind.NOTED))
            await quiet(house.little)
            due, looked = working.messenger.due, 0

            def counted() -> object:
                nonlocal looked
                looked += 1
                return due()

            monkeypatch.setattr(working.messenger, "due", counted)
            project = await house.begun(world.chain("detect"))
            await house.little.placed("detect", project)
            await quiet(house.little)
            assert not looked
            await house.little.end("detect", project=project)
            await until(lambda: house.teller.told)

    async def test_nothing_is_kept_of_a_project_that_is_gone(self, house: House) -> None:
        left_over = Put(noted_ref("gone"), Noted("gone", verdict_run=1, verdict="ended"))
        await house.little.store.commit(Commit(puts=(left_over,)))
        async with house.working() as working:
            ended, idle = await house.fails(), await house.begun(name="Other")
            await until(lambda: ended in working._noted)
            await house.subscribe()
            await until(lambda: house.little.view.all(Kind.NOTED).keys() == {f"projects/{ended}", "cluster"})
            for project in (ended, idle):
                await house.little.store.commit(Commit(deletes=(project_ref(project),)))
            await until(lambda: working._noted.keys() == {notices.CLUSTER})
            assert house.little.view.all(Kind.NOTED).keys() == {"cluster"}


class TestWhenItDoesNotArrive:
    async def test_it_is_told_later_and_what_is_wrong_is_shown_until_then(self, house: House) -> None:
        house.teller.fault = AWAY
        async with house.working():
            id_ = await house.subscribe()
            await house.waits_at_gate()
            await until(lambda: house.shown(id_).delivery.failures == 1)
            shown = house.shown(id_)
            assert shown.delivery.error == "r answered with the status 500. Look at it"
            assert (shown.delivery.failing_since, shown.waiting) == (house.little.now, 1)
            await quiet(house.little)
            assert house.teller.tries == 1  # it waits before it tries again
            house.little.now += notices.BACKOFF
            await until(lambda: house.teller.tries == 2)
            house.teller.fault = None
            house.little.now += 3 * notices.BACKOFF
            await until(lambda: house.teller.told)
            await until(lambda: not house.shown(id_).delivery.failures)
            assert (house.shown(id_).delivery.error, house.shown(id_).waiting) == ("", 0)

    async def test_who_is_killed_between_telling_and_noting_it_has_told_it_twice_and_never_not(
        self, house: House
    ) -> None:
        house.teller.free.clear()
        async with house.working():
            await house.subscribe()
            await house.waits_at_gate()
            await until(lambda: house.teller.tries == 1)
        house.teller.free.set()
        async with house.working():
            await until(lambda: house.teller.told)
            assert house.teller.tries == 2

    async def test_a_store_that_is_away_when_it_was_told_makes_no_second_telling(self, house: House) -> None:
        house.teller.free.clear()
        async with house.working():
            id_ = await house.subscribe()
            await house.waits_at_gate()
            await until(lambda: house.teller.tries == 1)
            house.little.store.disconnect()
            house.teller.free.set()
            await until(lambda: house.teller.told)
            house.little.store.reconnect()
            await until(lambda: house.shown(id_).delivery.attempt_at)
            await quiet(house.little)
            assert house.teller.tries == 1

    async def test_what_was_answered_meanwhile_is_not_told_long_after(self, house: House) -> None:
        house.teller.fault = AWAY
        async with house.working():
            id_ = await house.subscribe(Occasion.AWAITING_INPUT)
            project = await house.waits_at_gate()
            await until(lambda: house.shown(id_).delivery.failures)
            await confirm(house, project)
            house.teller.fault = None
            house.little.now += notices.OVER_AFTER
            await until(lambda: not house.shown(id_).waiting)
            assert not house.teller.told

    async def test_a_fault_in_telling_one_is_shown_with_it_and_ends_nobody_else(self, house: House) -> None:
        house.teller.fault = UnicodeError("not what anybody thought of")
        async with house.working():
            id_ = await house.subscribe()
            await house.waits_at_gate()
            await until(lambda: house.shown(id_).delivery.failures == 1)
            assert house.shown(id_).delivery.error.startswith("Something went wrong inside Winslow")
            house.teller.fault = None
            house.little.now += notices.BACKOFF
            await until(lambda: house.teller.told)

    async def test_notices_that_a_full_etcd_keeps_are_dropped_later(self, house: House) -> None:
        async with house.working():
            await house.subscribe()
            house.teller.free.clear()
            await house.waits_at_gate()
            await until(lambda: house.teller.tries == 1)
            dropping = house.little.store.commit

            async def full(commit: Commit) -> int:
                if any(ref.kind is Kind.NOTICE for ref in commit.deletes):
                    house.little.store.commit = dropping  # type: ignore[method-assign]
                    raise Exhausted("no room", reason="ETCD_NOSPACE")
                return await dropping(commit)

            house.little.store.commit = full  # type: ignore[method-assign]
            house.teller.free.set()
            await until(lambda: house.little.store.commit == dropping)
            await until(lambda: not house.little.view.all(Kind.NOTICE))

    async def test_a_project_that_cannot_be_looked_at_keeps_no_other_from_being_told_of(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ill, look = await house.begun(name="Ill"), sightings.sight_of

        def sight_of(view: View, project: Project, now: float) -> Sight:
            if project.id == ill:
                raise RuntimeError("it cannot be planned")
            return look(view, project, now)

        monkeypatch.setattr(sightings, "sight_of", sight_of)
        async with house.working():
            await house.subscribe()
            await house.waits_at_gate()
            await until(lambda: house.teller.told)
            assert house.teller.texts == ["Street: track waits for confirmation"]

    async def test_who_was_deleted_while_others_were_told_is_told_nothing(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(messenger, "AT_ONCE", 1)
        house.teller.free.clear()
        async with house.working() as working:
            both = {await house.subscribe(), await house.subscribe()}
            await house.waits_at_gate()
            await until(lambda: working.messenger._under_way == both and house.teller.tries)
            first = house.teller.asked
            (other,) = both - {first}
            await house.little.use_cases.subscriptions.delete(house.little.request(), other)
            house.teller.free.set()
            await until(lambda: not house.shown(first).waiting)
            await quiet(house.little)
            assert house.teller.tries == 1

    async def test_what_cannot_be_looked_at_again_is_told_as_it_was_noted(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def is_still_so(*_: object) -> bool:
            raise RuntimeError("it cannot be planned")

        monkeypatch.setattr(sightings, "is_still_so", is_still_so)
        async with house.working():
            await house.subscribe()
            await house.waits_at_gate()
            await until(lambda: house.teller.told)


class TestMuchAtOnce:
    async def test_is_one_message(self, house: House) -> None:
        house.teller.free.clear()
        async with house.working():
            await house.subscribe(Occasion.FAILED)
            await house.fails("first")
            await until(lambda: house.teller.tries == 1)
            for number in range(30):
                await house.fails(f"p{number}")
            await quiet(house.little)
            house.teller.free.set()
            await until(lambda: len(house.teller.told) == 2)
            await quiet(house.little)
            assert [message.count for message in house.teller.told] == [1, 30]
            assert len(house.teller.told[1].notices) == notices.SHOWN


class TestOnlyOneIsHerald:
    async def test_one_that_was_frozen_past_its_term_writes_nothing(self, house: House) -> None:
        async with house.working() as working:
            await house.subscribe()
            await until(lambda: house.little.view.all(Kind.NOTED))
            house.little.store.cluster.usurp("herald")
            await house.waits_at_gate()
            with pytest.raises(Conflict) as refused:
                while True:
                    await working.look()
                    await asyncio.sleep(0.01)
            assert refused.value.reason == "FENCED"
            assert not house.little.view.all(Kind.NOTICE)

    async def test_a_commit_that_fails_is_done_again(self, house: House) -> None:
        async with house.working():
            await house.subscribe()
            await until(lambda: house.little.view.all(Kind.NOTED))
        one = house.herald()
        async with house.little.membership.lock("herald") as term:
            one._fence = term.fence
            await one.begin()
            await house.waits_at_gate()
            one._all = True
            house.little.store.fail_next(Unavailable("no", reason="ETCD_UNAVAILABLE"))
            assert await one.look()
            assert not await one.look()
            assert [one.notice.text for _, _, waiting in one.messenger.due() for one in waiting] == [
                "Street: track waits for confirmation"
            ]


class TestATest:
    async def test_is_told_at_once_and_says_how_it_went(self, house: House) -> None:
        subscriptions = house.little.use_cases.subscriptions
        object.__setattr__(subscriptions, "teller", house.teller)
        id_ = await house.subscribe(Occasion.FAILED)
        house.teller.fault = AWAY
        await subscriptions.test(house.little.request(), id_)
        assert house.shown(id_).delivery.error.startswith("r answered")
        house.teller.fault = None
        await subscriptions.test(house.little.request(), id_)
        assert house.shown(id_).delivery.error == "" and house.teller.told[-1].test
        assert subscriptions.list(ANN, Ask()).items[0].delivery.attempt_at == house.little.now


async def confirm(house: House, project: ProjectId) -> None:
    run = house.little.run(project)
    await house.little.use_cases.runs.answer(house.little.request(), project, run.id, GateAnswer())
