"""What changes is told as it changes; what was deleted goes; lists page through what there is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from tests.unit import world
from tests.unit.little import ANN, NODE, Little
from winslow.domain import lifecycle
from winslow.domain.layout import parse
from winslow.domain.project import ProjectState
from winslow.domain.records import Kind
from winslow.domain.stage import Cause, Outcome, ProjectId, RunId, State
from winslow.errors import InvalidArgument, NotFound, OutOfRange, Unavailable
from winslowd.engines.janitor import Janitor
from winslowd.usecases import events
from winslowd.usecases.beginnings import Start
from winslowd.usecases.derived import ProjectShown
from winslowd.usecases.events import Batch, Wanted
from winslowd.usecases.listing import PAGE_MAX, Ask, Listing
from winslowd.usecases.telling import Told

DAY = 86_400.0


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path) as one:
        yield one


async def take(batches: AsyncIterator[Batch], wanted) -> Told:
    """The first thing told for which `wanted` holds."""
    async with asyncio.timeout(5):
        async for batch in batches:
            for told in batch.told:
                if wanted(told):
                    return told
    raise AssertionError("the watch ended")


class TestWatching:
    async def test_first_comes_all_there_is_then_what_changes(self, little: Little) -> None:
        project = await little.project()
        async with aclosing(little.use_cases.events.watch(ANN, Wanted())) as batches:
            first = await anext(batches)
            assert first.initial and first.revision == little.view.revision
            assert {told.ref.kind for told in first.told} == {Kind.PROJECT, Kind.NODE}
            await little.use_cases.projects.tag(little.request(), project, ["new"], [])
            told = await take(batches, lambda told: told.ref.kind is Kind.PROJECT)
            assert isinstance(told.shown, ProjectShown) and told.shown.project.tags == {"new"}

    async def test_a_cut_watch_goes_on_with_all_it_missed_as_it_is_now(self, little: Little) -> None:
        project, other = await little.project(), await little.project()
        seen = little.view.revision
        for tag in "abc":
            await little.use_cases.projects.tag(little.request(), project, [tag], [])
        await little.use_cases.projects.tag(little.request(), other, ["d"], [])
        async with aclosing(little.use_cases.events.watch(ANN, Wanted(), seen)) as batches:
            batch = await anext(batches)
        assert (batch.revision, batch.initial) == (little.view.revision, False)
        assert {one.ref.key: one.shown.project.tags for one in batch.told if isinstance(one.shown, ProjectShown)} == {
            project: {"a", "b", "c"},
            other: {"d"},
        }

    async def test_a_watch_that_missed_nothing_is_told_so_at_once(self, little: Little) -> None:
        """A page that was cut off says that it is live again by this, rather than at the next heartbeat."""
        async with aclosing(little.use_cases.events.watch(ANN, Wanted(), little.view.revision)) as batches:
            async with asyncio.timeout(1):
                assert await anext(batches) == Batch(little.view.revision)

    async def test_a_large_beginning_comes_in_pieces_of_one_revision(
        self, little: Little, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(events, "PIECE", 2)
        for _ in range(4):
            await little.project()
        async with aclosing(little.use_cases.events.watch(ANN, Wanted(frozenset({Kind.PROJECT})))) as batches:
            found = [await anext(batches) for _ in range(2)]
        assert [(batch.revision > 0, batch.initial, len(batch.told)) for batch in found] == [
            (False, True, 2),
            (True, True, 2),
        ]

    async def test_runs_and_stages_may_be_told_of_one_project_beside_all_projects(self, little: Little) -> None:
        ours, other = ProjectId(await little.project()), ProjectId(await little.project(name="Other"))
        for project in (ours, other):
            await little.use_cases.runs.start(little.request(), project, Start())
        wanted = Wanted(details=frozenset({ours}))
        async with aclosing(little.use_cases.events.watch(ANN, wanted)) as batches:
            told = [one.ref for one in (await anext(batches)).told]
        assert {ref.key for ref in told if ref.kind is Kind.PROJECT} == {ours, other}
        assert {ref.key.partition("/")[0] for ref in told if ref.kind in (Kind.RUN, Kind.STAGE)} == {ours}

    async def test_who_goes_on_is_told_first_of_what_it_did_not_watch_before(self, little: Little) -> None:
        """A page turns to another project: of that one all there is comes, of what it knew only what changed."""
        ours, fresh = await little.project(world.chain("detect")), await little.project(world.chain("detect"))
        for project in (ours, fresh):
            await little.use_cases.runs.start(little.request(), project, Start())
            await little.placed("detect", project)
        seen = little.view.revision
        await little.use_cases.runs.comment(little.request(), fresh, RunId("000001"), "look")
        await little.use_cases.projects.tag(little.request(), ours, ["new"], [])
        wanted = Wanted(details=frozenset({ours, fresh}), fresh=frozenset({fresh}))
        async with aclosing(little.use_cases.events.watch(ANN, wanted, seen)) as batches:
            first, then = await anext(batches), await anext(batches)
        assert (first.initial, first.revision) == (True, 0)
        assert {one.ref.kind for one in first.told} == {Kind.RUN, Kind.STAGE, Kind.COMMENT}
        assert {one.ref.key.partition("/")[0] for one in first.told} == {fresh}
        assert (then.initial, then.revision) == (False, little.view.revision)
        told = {(one.ref.kind, one.ref.key.partition("/")[0]) for one in then.told}
        assert {(Kind.COMMENT, fresh), (Kind.PROJECT, ours)} <= told
        assert (Kind.STAGE, ours) not in told

    async def test_what_is_fresh_and_was_deleted_meanwhile_is_told_to_have_gone(self, little: Little) -> None:
        fresh = await little.project(world.chain("detect"))
        seen = little.view.revision
        await little.use_cases.runs.start(little.request(), fresh, Start())
        await little.end("detect")
        await little.until(lambda: not little.run(fresh).active)
        await little.use_cases.projects.delete(little.request(), fresh)
        await janitor_of(little).look()
        wanted = Wanted(details=frozenset({fresh}), fresh=frozenset({fresh}))
        async with aclosing(little.use_cases.events.watch(ANN, wanted, seen)) as batches:
            batch = await anext(batches)
        assert not batch.initial
        gone = {one.ref.kind for one in batch.told if one.shown is None and one.ref.key.startswith(fresh)}
        assert {Kind.PROJECT, Kind.RUN, Kind.STAGE} <= gone

    async def test_only_the_kinds_and_projects_that_are_wanted_are_told(self, little: Little) -> None:
        mine, other = await little.project(), await little.project()
        wanted = Wanted(frozenset({Kind.PROJECT}), frozenset({mine}))
        async with aclosing(little.use_cases.events.watch(ANN, wanted)) as batches:
            assert [told.ref.key for told in (await anext(batches)).told] == [mine]
            await little.use_cases.projects.tag(little.request(), other, ["x"], [])
            await little.use_cases.projects.tag(little.request(), mine, ["x"], [])
            assert [told.ref.key for told in (await anext(batches)).told] == [mine]

    async def test_a_projects_derived_state_is_told_when_only_a_stage_moved(self, little: Little) -> None:
        project = await little.project(world.chain("detect"))
        await little.use_cases.runs.start(little.request(), project, Start())
        stage = await little.start("detect")
        wanted = Wanted(frozenset({Kind.PROJECT}))

        def in_state(state: ProjectState):
            return lambda told: isinstance(told.shown, ProjectShown) and told.shown.status.state is state

        async with aclosing(little.use_cases.events.watch(ANN, wanted)) as batches:
            await take(batches, in_state(ProjectState.RUNNING))
            failed = Outcome(3, Cause.EXIT_CODE, "it exited with code 3")
            await little.move(stage, lifecycle.Ended(failed, {}, 1.0))
            await take(batches, in_state(ProjectState.FAILED))

    async def test_what_is_deleted_is_told_without_a_value(self, little: Little) -> None:
        await little.use_cases.pipelines.create(little.request(), world.chain("a"), "gone")
        async with aclosing(little.use_cases.events.watch(ANN, Wanted(frozenset({Kind.PIPELINE})))) as batches:
            await anext(batches)
            await little.use_cases.pipelines.delete(little.request(), "gone")  # type: ignore[arg-type]
            told = await take(batches, lambda told: told.shown is None)
            assert told.ref.key == "gone"

    async def test_silence_is_broken_by_heartbeats_that_say_whether_it_is_stale(
        self, little: Little, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(events, "HEARTBEAT", 0.02)
        async with aclosing(little.use_cases.events.watch(ANN, Wanted(frozenset({Kind.SWEEP})))) as batches:
            await anext(batches)
            assert not (beat := await anext(batches)).stale and beat.told == () and beat.revision > 0
            little.store.disconnect()
            assert (await anext(batches)).stale
            little.store.reconnect()

    async def test_a_revision_from_the_future_begins_again(self, little: Little) -> None:
        with pytest.raises(OutOfRange) as caught:
            await anext(little.use_cases.events.watch(ANN, Wanted(), 10_000))
        assert caught.value.reason == "REVISION_COMPACTED"

    async def test_a_watcher_that_goes_away_leaves_nothing_behind(self, little: Little) -> None:
        before = len(asyncio.all_tasks())
        async with aclosing(little.use_cases.events.watch(ANN, Wanted())) as batches:
            await anext(batches)
            waiting = asyncio.ensure_future(anext(batches))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        assert len(asyncio.all_tasks()) == before


def janitor_of(little: Little) -> Janitor:
    volume = little.volume
    clock = lambda: little.now  # noqa: E731 - the same for people and for what counts
    return Janitor(little.store, little.membership, volume.workspaces, volume.uploads, clock, clock)


class TestTheJanitor:
    @asynccontextmanager
    async def working(self, little: Little):
        async with asyncio.TaskGroup() as group:
            janitor = janitor_of(little)
            task = group.create_task(janitor.run(), name="janitor")
            try:
                yield janitor
            finally:
                task.cancel()

    async def test_a_deleted_project_goes_with_everything_it_has(self, little: Little) -> None:
        project = await little.project(world.chain("detect"))
        await little.use_cases.runs.start(little.request(), project, Start())
        await little.use_cases.runs.comment(little.request(), project, RunId("000001"), "hm")
        await little.end("detect")
        await little.until(lambda: not little.run(project).active)
        async with self.working(little):
            await little.use_cases.projects.delete(little.request(), project)
            await little.until(lambda: little.view.project(project) is None)
        for kind in (Kind.RUN, Kind.STAGE, Kind.COMMENT, Kind.SWEEP):
            assert not little.view.all(kind)
        assert not Path(little.volume.workspaces.absolute(f"projects/{project}")).exists()

    async def test_it_waits_for_the_stages_that_run(self, little: Little) -> None:
        project = await little.project(world.chain("detect"))
        await little.use_cases.runs.start(little.request(), project, Start())
        stage = await little.start("detect")
        await little.use_cases.projects.delete(little.request(), project, force=True)
        async with self.working(little) as janitor:
            await janitor.look()
            assert little.view.project(project)
            await little.move(stage, lifecycle.Ended(Outcome(cause=Cause.ABORTED), {}, 1.0))
            await little.until(lambda: little.view.project(project) is None)

    async def test_what_fails_is_gone_on_with_at_the_next_look(self, little: Little) -> None:
        project = await little.project()
        await little.use_cases.projects.delete(little.request(), project)
        janitor = janitor_of(little)
        little.volume.failing["workspaces.delete_project"] = Unavailable("hangs", reason="STORAGE_DEGRADED")
        assert await janitor.look()
        assert little.view.project(project)
        del little.volume.failing["workspaces.delete_project"]
        assert not await janitor.look()
        assert little.view.project(project) is None

    async def test_who_has_lost_the_janitors_lock_and_does_not_know_deletes_no_record_and_no_file(
        self, little: Little
    ) -> None:
        """Another may be through with it, and somebody may have given the same id to a new project."""
        project = await little.project()
        little.volume.held["workspaces.delete_project"] = asyncio.Event()
        async with self.working(little):
            await little.use_cases.projects.delete(little.request(), project)
            async with asyncio.timeout(5):
                while "workspaces.delete_project" not in little.volume.calls:
                    await asyncio.sleep(0)
            little.store.cluster.usurp("janitor")
            little.volume.calls.clear()
            little.volume.held.pop("workspaces.delete_project").set()
            files = Path(little.volume.workspaces.absolute(f"projects/{project}"))
            async with asyncio.timeout(5):
                while files.exists():  # the removal that was under way
                    await asyncio.sleep(0)
            await little.volume.workspaces.make_project(project)
            for _ in range(200):
                await asyncio.sleep(0)
            assert little.view.project(project)
            assert "workspaces.delete_project" not in little.volume.calls
            assert files.exists()

    async def test_more_records_than_one_transaction_takes_go_too(self, little: Little) -> None:
        project = await little.project()
        await little.use_cases.runs.start(little.request(), project, Start())
        await little.use_cases.runs.pause(little.request(), project, "-")
        for number in range(130):
            await little.use_cases.runs.comment(little.request(), project, RunId("000001"), f"{number}")
        await little.use_cases.projects.delete(little.request(), project)
        janitor = janitor_of(little)
        await janitor.look()
        assert not little.view.all(Kind.COMMENT)
        assert little.view.project(project) is None

    async def test_a_drain_aborts_at_its_deadline_and_the_stage_is_tried_again(self, little: Little) -> None:
        project = await little.project(world.chain("detect"))
        await little.use_cases.runs.start(little.request(), project, Start())
        stage = await little.start("detect")
        await little.use_cases.nodes.drain(little.request(), NODE.id, little.now + 60)
        janitor = janitor_of(little)
        await janitor.look()
        now = little.view.stage(stage.id)
        assert now and now.abort is None
        little.now += 60
        await janitor.look()
        await little.move(stage, lifecycle.Ended(Outcome(cause=Cause.ABORTED), {}, 1.0))
        await little.until(lambda: len(little.view.stages_of(project)) == 2)
        again = little.view.stages_of(project)[1]
        assert (again.state, again.attempt, little.run(project).hold) == (State.QUEUED, 2, None)

    async def test_an_upload_that_nobody_goes_on_with_for_a_week_is_forgotten(self, little: Little) -> None:
        project = await little.project()
        uploads = little.volume.uploads
        upload = await uploads.begin("u", parse(f"projects/{project}/input/clip"), 3, "")
        janitor = janitor_of(little)
        little.now = time.time() + 6 * DAY
        await janitor.forget_uploads()
        assert (await uploads.append(upload, 0, b"a")).offset == 1
        little.now = time.time() + 8 * DAY
        await janitor.forget_uploads()
        with pytest.raises(NotFound) as caught:
            await uploads.append(upload, 1, b"b")
        assert caught.value.reason == "UPLOAD_NOT_FOUND"

    async def test_it_looks_for_old_uploads_by_itself_and_a_volume_that_hangs_stops_nothing_else(
        self, little: Little
    ) -> None:
        little.volume.failing["uploads.expire"] = Unavailable("hangs", reason="STORAGE_DEGRADED")
        project = await little.project()
        async with self.working(little):
            await little.use_cases.projects.delete(little.request(), project)
            await little.until(lambda: little.view.project(project) is None)
        assert "uploads.expire" in little.volume.calls


LETTERS: Listing[str] = Listing(
    name=lambda word: word,
    order="name",
    orders={"name": lambda word: word, "length": lambda word: len(word)},
    fields={"word": lambda word: (word,), "length": lambda word: (f"{len(word)}",)},
)
WORDS = ["pear", "fig", "Apple pie", "plum", "cherry"]


class TestLists:
    @pytest.mark.parametrize(
        ("filter", "found"),
        [
            ("", {"pear", "fig", "Apple pie", "plum", "cherry"}),
            ("word=FIG", {"fig"}),
            ("word : pl", {"Apple pie", "plum"}),
            ('word="apple pie"', {"Apple pie"}),
            ("length=4 word:p", {"pear", "plum"}),
            ("length = 4 AND word:m", {"plum"}),
            ("word != fig length!=4", {"Apple pie", "cherry"}),
            ("er", {"cherry"}),
            ('"le p"', {"Apple pie"}),
            (r'word="a\"b"', set()),
        ],
    )
    def test_a_filter_keeps_what_holds(self, filter: str, found: set[str]) -> None:
        assert set(LETTERS.page(WORDS, Ask(filter=filter)).items) == found

    @pytest.mark.parametrize(
        "filter", ["colour=red", "word=", '"open', "=x", "word ! x", 'a"b"', "a " * 21, "a" * 4001]
    )
    def test_a_filter_that_cannot_be_read_says_so(self, filter: str) -> None:
        with pytest.raises(InvalidArgument) as caught:
            LETTERS.page(WORDS, Ask(filter=filter))
        assert caught.value.reason == "FILTER_INVALID"

    @pytest.mark.parametrize("order", ["", "name desc", "length", "length desc"])
    def test_pages_follow_one_another_without_gap_or_repeat(self, order: str) -> None:
        whole = LETTERS.page(WORDS, Ask(order_by=order)).items
        found: list[str] = []
        token = ""
        while True:
            page = LETTERS.page(WORDS, Ask(2, token, order_by=order))
            assert page.total == len(WORDS)
            found += page.items
            if not (token := page.next_page_token):
                break
        assert tuple(found) == whole

    def test_what_goes_between_two_pages_hides_nothing_else(self) -> None:
        first = LETTERS.page(WORDS, Ask(2))
        rest = [word for word in WORDS if word not in first.items]
        assert set(LETTERS.page(rest, Ask(9, first.next_page_token)).items) == set(rest)

    @pytest.mark.parametrize("token", ["x", "%%%", "AAAA", "WyJhIl0", "bnVsbA"])
    def test_a_token_of_another_list_is_refused(self, token: str) -> None:
        with pytest.raises(InvalidArgument) as caught:
            LETTERS.page(WORDS, Ask(page_token=token))
        assert caught.value.reason == "PAGE_TOKEN_INVALID"
        mine = LETTERS.page(WORDS, Ask(2)).next_page_token
        with pytest.raises(InvalidArgument):
            LETTERS.page(WORDS, Ask(2, mine, filter="word:p"))

    def test_orders_and_sizes_that_make_no_sense_are_refused(self) -> None:
        for ask, reason in ((Ask(order_by="colour"), "ORDER_INVALID"), (Ask(-1), "PAGE_SIZE_INVALID")):
            with pytest.raises(InvalidArgument) as caught:
                LETTERS.page(WORDS, ask)
            assert caught.value.reason == reason
        many = [f"{number}" for number in range(2 * PAGE_MAX)]
        assert len(LETTERS.page(many, Ask(2 * PAGE_MAX)).items) == PAGE_MAX
