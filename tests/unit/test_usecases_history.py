"""People list, search, read and go on from what is history as if it had never left the records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fakes.store import FakeMembership, FakeStore
from tests.unit import world
from tests.unit.little import ANN, NODE, OK, Little
from winslow.domain.history import Policy
from winslow.domain.pipeline import DefinitionName
from winslow.domain.project import Axis, RunEnd
from winslow.domain.records import Commit, Fence, Kind, Put, project_ref, stage_ref
from winslow.domain.stage import Cause, Outcome, ProjectId, RunId, Stage, StageId
from winslow.domain.view import View
from winslow.errors import Ambiguous, Conflict, Exhausted, FailedPrecondition, NotFound, Unavailable
from winslow.wire import records
from winslowd.engines.archivist import Archivist
from winslowd.usecases.beginnings import Start
from winslowd.usecases.events import Wanted
from winslowd.usecases.listing import Ask
from winslowd.usecases.sweeps import NewSweep

DETECT, TRACK = DefinitionName("detect"), DefinitionName("track")
FAILURE = Outcome(1, Cause.EXIT_CODE, "it exited with code 1")
AT_ONCE = Policy(after=0, newest=1, most=0)


@pytest_asyncio.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path) as little:
        yield little


class Archive:
    """Archivists of the little world, each with a lock's fence, looking when told to."""

    def __init__(self, little: Little, policy: Policy = AT_ONCE) -> None:
        self.little = little
        volume, store = little.volume, little.store
        self.archivist = Archivist(store, little.membership, volume.history, lambda: little.now, policy)

    async def look(self) -> bool:
        async with self.little.membership.lock("archivist") as term:
            return await self.archivist.look(term.fence)

    async def moved(self) -> None:
        """All that may go has gone."""
        assert not await self.look()


async def walked(little: Little, project: ProjectId, outcome: Outcome = OK, **ask: object) -> list[Stage]:
    """One run of a project with the stages detect and track, to its end."""
    await little.use_cases.runs.start(little.request(), project, Start(**ask))  # type: ignore[arg-type]
    start = ask.get("start", (DETECT,))
    assert isinstance(start, tuple)
    ended = [await little.end(name, outcome, project=project) for name in ("detect", "track")[start == (TRACK,) :]]
    await little.until(lambda: not little.run(project).active)
    return ended


async def with_runs(little: Little, count: int) -> ProjectId:
    project = await little.project(world.chain("detect", "track"))
    for _ in range(count):
        await walked(little, project)
    return project


async def with_many_stages(little: Little) -> ProjectId:
    """Its first run of two has 250 stages, as after many tries."""
    project = await with_runs(little, 2)
    (model, _) = little.view.stages_of_run(little.run(project, 1))
    more = [replace(model, id=StageId(f"detect-1-{number}-x"), attempt=number) for number in range(2, 250)]
    for start in range(0, len(more), 100):
        await little.store.commit(Commit(puts=tuple(Put(stage_ref(one), one) for one in more[start : start + 100])))
    return project


async def pages(little: Little, project: ProjectId, **ask: object) -> list[str]:
    """The ids of all stages, page by page."""
    found: list[str] = []
    token = ""
    while True:
        page = await little.use_cases.stages.list(ANN, project, Ask(page_token=token, **ask))  # type: ignore[arg-type]
        found += [one.stage.id for one in page.items]
        if not (token := page.next_page_token):
            return found


def live(view: View, project: ProjectId) -> list[int]:
    return [run.number for run in view.runs_of(project)]


class TestLooking:
    async def test_lists_are_complete_in_both_orders_and_pages_of_any_size(self, little: Little) -> None:
        project = await with_runs(little, 4)
        before = await pages(little, project)
        await Archive(little).moved()
        assert live(little.view, project) == [4] and len(before) == 8
        for size in (1, 3, 100):
            assert await pages(little, project, page_size=size) == before
            assert await pages(little, project, page_size=size, order_by="create_time desc") == before[::-1]
        runs = (await little.use_cases.runs.list(ANN, project, Ask())).items
        assert [(one.run.number, one.state.value, one.progress) for one in runs] == [
            (number, "SUCCEEDED", 1.0) for number in (4, 3, 2, 1)
        ]

    async def test_filters_find_what_is_history(self, little: Little) -> None:
        project = await with_runs(little, 3)
        first = [stage.id for stage in little.view.stages_of_run(little.run(project, 1))]
        await Archive(little).moved()
        assert await pages(little, project, filter="run=000001") == first
        assert await pages(little, project, filter=f"run=projects/{project}/runs/000001 definition=track") == first[1:]
        assert await pages(little, project, filter="state=failed") == []
        assert (
            len(await pages(little, project, filter="state=succeeded node=node-1 author:an detect", page_size=1)) == 3
        )

    async def test_a_stage_a_run_and_comments_are_found_by_name_whatever_the_project(self, little: Little) -> None:
        project = await with_runs(little, 2)
        runs = little.use_cases.runs
        await runs.comment(little.request(), project, RunId("000001"), "good")
        (stage, _) = little.view.stages_of_run(little.run(project, 1))
        shown = await little.use_cases.stages.get(ANN, project, stage.id)
        await Archive(little).moved()
        assert little.view.stage(stage.id) is None
        for name in (project, "-"):
            assert await little.use_cases.stages.get(ANN, name, stage.id) == shown
        assert (await runs.get(ANN, project, "000001")).run.end is RunEnd.SUCCEEDED
        assert [one.text for one in (await runs.comments(ANN, project, RunId("000001"), Ask())).items] == ["good"]
        assert (await runs.get_comment(ANN, project, RunId("000001"), 1)).text == "good"
        with pytest.raises(NotFound) as caught:
            await little.use_cases.stages.get(ANN, "-", stage.id.replace("detect", "detcet"))
        assert caught.value.reason == "STAGE_UNKNOWN"

    async def test_where_a_stage_was_and_how_it_was_found_is_told_of_what_is_history_too(self, little: Little) -> None:
        project = await with_runs(little, 2)
        old = (await pages(little, project))[0]
        await Archive(little).moved()
        assert little.view.stage(old) is None
        explained = await little.use_cases.explaining.explain(ANN, "-", old)
        assert (explained.stage.id, explained.reason.code) == (old, "SUCCEEDED")
        election = await little.use_cases.explaining.election(ANN, "-", old)
        assert election.winner and election.winner.node == "node-1"

    async def test_logs_files_and_comparisons_of_what_is_history(self, little: Little, tmp_path: Path) -> None:
        project = await with_runs(little, 2)
        (old, *_), (new, *_) = (little.view.stages_of_run(little.run(project, number)) for number in (1, 2))
        directory = tmp_path / "projects" / project / "stages" / old.id
        (directory / "output").mkdir(parents=True)
        (directory / "output" / "cars").write_text("42")
        (directory / "log").write_text("2026-01-01T00:00:00Z stdout F hello\n")
        await Archive(little).moved()
        cases = little.use_cases
        assert b"hello" in (await cases.logs.read(ANN, project, old.id)).data
        path = f"projects/{project}/stages"
        listed = [one.entry.name for one in (await cases.files.list(ANN, path, Ask())).items]
        assert listed == sorted(await pages(little, project))
        assert [one.path for one in (await cases.files.list(ANN, f"{path}/{old.id}/output", Ask())).items] == [
            f"{path}/{old.id}/output/cars"
        ]
        assert (await cases.files.usage(ANN, path)).size == 2
        found = await cases.comparing.compare(ANN, (project, old.id), ("-", new.id), Ask())
        assert [one.path for one in found.files] == ["output/cars"]

    async def test_a_sweeps_points_are_counted_where_they_are(self, little: Little) -> None:
        project = await little.project(world.chain("detect", "track"))
        axes = (Axis("FPS", ("1", "2", "3", "4")),)
        name = await little.use_cases.sweeps.start(little.request(), project, NewSweep(DETECT, axes))
        for outcome in (OK, OK, OK, FAILURE):
            await little.end("detect", outcome)
        sweep = little.sweep(project, name.rpartition("/")[2]).sweep.id
        await little.until(lambda: not list(little.view.active_runs()))
        before = little.use_cases.sweeps.get(ANN, project, sweep)
        await walked(little, project)
        await Archive(little).moved()
        assert live(little.view, project) == [5]
        after = little.use_cases.sweeps.get(ANN, project, sweep)
        assert (after.succeeded, after.failed) == (before.succeeded, before.failed) == (3, 1)
        assert little.use_cases.sweeps.list(ANN, project, Ask()).items == (after,)
        assert await little.use_cases.past.recall(project, "000002")
        await Archive(little).moved()
        assert replace(little.use_cases.sweeps.get(ANN, project, sweep), revision=after.revision) == after

    async def test_a_project_without_history_needs_no_volume(self, little: Little) -> None:
        project = await with_runs(little, 2)
        for call in ("history.page", "history.get"):
            little.volume.failing[call] = Unavailable("away", reason="STORAGE_DEGRADED")
        assert len(await pages(little, project)) == 4
        with pytest.raises(NotFound):
            await little.use_cases.runs.get(ANN, project, "000007")

    async def test_a_watcher_is_not_told_that_what_became_history_was_deleted(self, little: Little) -> None:
        project = await with_runs(little, 3)
        batches = little.use_cases.events.watch(ANN, Wanted(projects=frozenset({project})), little.view.revision)
        assert not (await anext(batches)).told
        coming = asyncio.ensure_future(anext(batches))
        await Archive(little).moved()
        await little.use_cases.runs.comment(little.request(), project, RunId("000003"), "after it")
        told = (await coming).told
        assert [(one.ref.kind, one.shown is None) for one in told] == [(Kind.COMMENT, False)]
        await batches.aclose()

    async def test_of_fresh_details_what_is_history_is_left_to_lists(self, little: Little) -> None:
        project = await with_runs(little, 3)
        seen = little.view.revision
        await Archive(little).moved()
        wanted = Wanted(details=frozenset({project}), fresh=frozenset({project}))
        async with aclosing(little.use_cases.events.watch(ANN, wanted, seen)) as batches:
            first, then = await anext(batches), await anext(batches)
        assert first.initial and sum(one.ref.kind is Kind.RUN for one in first.told) == len(live(little.view, project))
        assert not [one for one in then.told if one.shown is None]


class TestGoingOn:
    async def test_a_redo_of_what_is_history_brings_its_run_back_and_begins(self, little: Little) -> None:
        project = await with_runs(little, 3)
        old = little.view.stages_of_run(little.run(project, 1))
        await Archive(little).moved()
        await little.use_cases.runs.start(little.request(), project, Start(redo=old[1].id))
        assert live(little.view, project) == [1, 3, 4]
        began = little.run(project)
        assert (began.parent, began.inherited) == (old[0].id, {DETECT: old[0].id})
        assert (await little.placed("track")).parent == old[0].id

    async def test_what_a_newer_version_wrote_comes_back_with_it(self, little: Little) -> None:
        project = await with_runs(little, 3)
        old = little.view.stages_of_run(little.run(project, 1))[1]
        _, newer = records.read(Kind.STAGE, records.encode(old) + b"\xc0\x3e\x01")  # field 1000
        assert newer
        await little.store.commit(Commit(puts=(Put(stage_ref(old), old, unknown=newer),)))
        await Archive(little).moved()
        await little.use_cases.runs.start(little.request(), project, Start(redo=old.id))
        back = little.view.get(stage_ref(old))
        assert back and back.unknown == newer

    async def test_a_preview_and_a_start_from_a_parent_that_is_history(self, little: Little) -> None:
        project = await with_runs(little, 3)
        (old, _) = little.view.stages_of_run(little.run(project, 1))
        await Archive(little).moved()
        preview, _ = await little.use_cases.runs.preview(ANN, project, Start((TRACK,), parent=old.id))
        assert preview.parent == old.id
        await walked(little, project, start=(TRACK,), parent=old.id)
        assert little.run(project).inherited == {DETECT: old.id}

    async def test_all_that_a_run_takes_over_comes_back_with_it(self, little: Little) -> None:
        project = await with_runs(little, 1)
        (first, _) = little.view.stages_of_run(little.run(project, 1))
        await walked(little, project, start=(TRACK,), parent=first.id)
        track = little.view.stages_of_run(little.run(project, 2))[-1]
        for _ in range(2):
            await walked(little, project)
        await Archive(little).moved()
        assert live(little.view, project) == [4]
        await little.use_cases.runs.start(little.request(), project, Start(redo=track.id))
        assert live(little.view, project) == [1, 2, 4, 5]

    async def test_what_was_recalled_is_shown_once_and_leaves_again_when_it_is_old(self, little: Little) -> None:
        project = await with_runs(little, 3)
        archive = Archive(little, replace(AT_ONCE, after=100.0))
        little.now += 100
        await archive.moved()
        (old, _) = (one.stage for one in (await little.use_cases.stages.list(ANN, project, Ask())).items[:2])
        before = await pages(little, project)
        await little.use_cases.stages.pin(little.request(), "-", old.id, pinned=True)
        assert live(little.view, project) == [1, 3]
        assert await pages(little, project) == before == await pages(little, project, page_size=1)
        await archive.moved()
        assert live(little.view, project) == [1, 3]
        little.now += 100
        await archive.moved()
        assert live(little.view, project) == [3]
        assert (await little.use_cases.stages.get(ANN, project, old.id)).stage.pinned
        assert await pages(little, project) == before

    async def test_a_comment_on_what_is_history_is_numbered_on(self, little: Little) -> None:
        project = await with_runs(little, 2)
        runs, first = little.use_cases.runs, RunId("000001")
        await runs.comment(little.request(), project, first, "one")
        await Archive(little).moved()
        assert (await runs.comment(little.request(), project, first, "two")).endswith("/comments/2")
        await Archive(little).moved()
        assert [one.text for one in (await runs.comments(ANN, project, first, Ask())).items] == ["one", "two"]

    async def test_what_has_ended_is_refused_as_if_it_were_live(self, little: Little) -> None:
        project = await with_runs(little, 2)
        (old, _) = little.view.stages_of_run(little.run(project, 1))
        await Archive(little).moved()
        with pytest.raises(FailedPrecondition) as caught:
            await little.use_cases.stages.abort(little.request(), project, old.id)
        assert caught.value.reason == "STAGE_ENDED"
        with pytest.raises(FailedPrecondition) as caught:
            await little.use_cases.runs.pause(little.request(), project, RunId("000001"))
        assert caught.value.reason == "RUN_ENDED"

    async def test_two_who_recall_at_once_have_it_once(self, little: Little) -> None:
        project = await with_runs(little, 2)
        await Archive(little).moved()
        past = little.use_cases.past
        assert await asyncio.gather(*(past.recall(project, "000001") for _ in range(3))) == [True] * 3
        assert live(little.view, project) == [1, 2]
        assert not await past.recall(project, "000009")

    async def test_a_run_of_many_records_comes_back_whole_with_its_run_last(self, little: Little) -> None:
        project = await with_many_stages(little)
        run = little.run(project, 1)
        await Archive(little).moved()
        assert live(little.view, project) == [2] and len(little.view.stages_of(project)) == 2
        seen: list[tuple[bool, int]] = []
        changes = little.store.changes(little.view.revision)
        assert await little.use_cases.past.recall(project, run.id)
        while len(little.view.stages_of_run(run)) == 250 and not (seen and seen[-1][0]):
            batch = await anext(changes)
            seen.append((any(one.ref.kind is Kind.RUN for one in batch), len(batch)))
        assert seen == [(False, 90), (False, 90), (True, 71)]


class TestBetweenTheTwo:
    """The archivist and people at the same time, and what is left when either stops half-way."""

    async def test_what_begins_while_its_base_is_written_down_keeps_it(self, little: Little) -> None:
        project = await with_runs(little, 3)
        (old, _) = little.view.stages_of_run(little.run(project, 1))
        held = little.volume.held["history.append"] = asyncio.Event()
        looking = asyncio.ensure_future(Archive(little).look())
        while "history.append" not in little.volume.calls:
            await asyncio.sleep(0)
        await little.use_cases.runs.start(little.request(), project, Start((TRACK,), parent=old.id))
        held.set()
        assert await looking
        assert live(little.view, project) == [1, 2, 3, 4]
        assert not await Archive(little).look()
        assert live(little.view, project) == [1, 3, 4]

    async def test_what_cannot_leave_a_full_store_is_written_down_once(
        self, little: Little, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project = await with_runs(little, 3)
        archive = Archive(little)

        async def full(commit: Commit) -> int:
            raise Exhausted("no room", reason="ETCD_NOSPACE")

        with monkeypatch.context() as patched:
            patched.setattr(little.store, "commit", full)
            for _ in range(5):
                assert await archive.look()
        assert little.volume.calls.count("history.append") == 1
        (old, _) = little.view.stages_of_run(little.run(project, 1))
        await little.use_cases.stages.pin(little.request(), project, old.id, pinned=True)
        await archive.moved()
        assert live(little.view, project) == [3]
        assert (await little.use_cases.stages.get(ANN, project, old.id)).stage.pinned

    async def test_what_is_pinned_while_it_is_written_down_stays_pinned(self, little: Little) -> None:
        project = await with_runs(little, 2)
        (old, _) = little.view.stages_of_run(little.run(project, 1))
        held = little.volume.held["history.append"] = asyncio.Event()
        looking = asyncio.ensure_future(Archive(little).look())
        while "history.append" not in little.volume.calls:
            await asyncio.sleep(0)
        await little.use_cases.stages.pin(little.request(), project, old.id, pinned=True)
        held.set()
        assert await looking
        await Archive(little).moved()
        assert live(little.view, project) == [2]
        assert (await little.use_cases.stages.get(ANN, project, old.id)).stage.pinned

    async def test_a_run_that_is_recalled_while_it_leaves_in_parts_is_whole(self, little: Little) -> None:
        project = await with_many_stages(little)
        run = little.run(project, 1)
        commit = little.store.commit
        commits: list[Commit] = []

        async def then_a_recall(wanted: Commit) -> int:
            commits.append(wanted)
            if len(commits) == 2:
                little.store.commit = commit  # type: ignore[method-assign]
                assert await little.use_cases.past.recall(project, run.id)
            return await commit(wanted)

        little.store.commit = then_a_recall  # type: ignore[method-assign]
        assert await Archive(little).look()
        assert len(commits) == 2 and len(little.view.stages_of_run(run)) == 250

    async def test_what_leaves_while_a_run_begins_from_it_comes_back(self, little: Little) -> None:
        project = await with_runs(little, 3)
        (old, _) = little.view.stages_of_run(little.run(project, 1))
        commit = little.store.commit

        async def first_the_archivist(wanted: Commit) -> int:
            little.store.commit = commit  # type: ignore[method-assign]
            await Archive(little).moved()
            return await commit(wanted)

        little.store.commit = first_the_archivist  # type: ignore[method-assign]
        await little.use_cases.runs.start(little.request(), project, Start((TRACK,), parent=old.id))
        assert live(little.view, project) == [1, 3, 4]
        assert (await little.placed("track")).parent == old.id

    async def test_stopped_before_anything_left_all_is_shown_once_and_leaves_later(self, little: Little) -> None:
        project = await with_runs(little, 3)
        before = await pages(little, project)
        little.store.fail_next(Unavailable("cut", reason="ETCD_UNAVAILABLE"))
        assert await Archive(little).look()
        assert live(little.view, project) == [1, 2, 3] and await pages(little, project) == before
        await Archive(little).moved()
        assert live(little.view, project) == [3] and await pages(little, project) == before

    async def test_with_a_volume_that_is_full_or_away_nothing_leaves(self, little: Little) -> None:
        project = await with_runs(little, 3)
        little.volume.failing["history.append"] = Unavailable("away", reason="STORAGE_DEGRADED")
        assert await Archive(little).look()
        assert live(little.view, project) == [1, 2, 3]

    async def test_an_answer_that_was_lost_is_no_loss(self, little: Little) -> None:
        project = await with_runs(little, 3)
        before = await pages(little, project)
        little.store.fail_next(Ambiguous("lost", reason="ETCD_AMBIGUOUS"), happens=True)
        assert await Archive(little).look()
        await Archive(little).moved()
        assert live(little.view, project) == [3] and await pages(little, project) == before

    async def test_one_who_no_longer_holds_the_lock_moves_nothing(self, little: Little) -> None:
        project = await with_runs(little, 3)
        with pytest.raises(Conflict) as caught:
            await Archive(little).archivist.look(Fence("locks/archivist/1", 7))
        assert caught.value.reason == "FENCED" and live(little.view, project) == [1, 2, 3]

    async def test_what_was_left_without_its_run_is_moved_when_no_recall_can_be_under_way(self, little: Little) -> None:
        project = await with_runs(little, 3)
        before = await pages(little, project)
        archive = Archive(little)
        await archive.moved()
        (old, *_) = (await little.use_cases.stages.list(ANN, project, Ask(filter="run=000001"))).items
        ref = stage_ref(old.stage)
        await little.store.commit(Commit(puts=(Put(ref, old.stage),)))  # a recall that was cut after its first part
        await archive.moved()
        assert little.view.stage(old.stage.id) and await pages(little, project) == before
        little.now += 60
        await archive.moved()
        assert little.view.stage(old.stage.id) is None and await pages(little, project) == before

    async def test_a_project_that_is_deleted_takes_its_history_along(self, little: Little, tmp_path: Path) -> None:
        project = await with_runs(little, 2)
        await Archive(little).moved()
        ref = project_ref(project)
        deleting = replace(little.of(project), deleting=True)
        await little.store.commit(Commit(puts=(Put(ref, deleting),)))
        with pytest.raises(FailedPrecondition):
            await little.use_cases.past.recall(project, "000001")
        await little.volume.workspaces.delete_project(project)
        assert not (tmp_path / "projects" / project).exists()

    async def test_another_daemon_finds_what_this_one_moved(self, little: Little) -> None:
        project = await with_runs(little, 2)
        store = FakeStore(little.store.cluster)
        membership = FakeMembership(store, NODE.id)
        archivist = Archivist(store, membership, little.volume.history, lambda: little.now, AT_ONCE)
        async with AsyncExitStack() as stack:
            term = await stack.enter_async_context(membership.lock("archivist"))
            assert not await archivist.look(term.fence)
        await little.until(lambda: live(little.view, project) == [2])
        assert len(await pages(little, project)) == 4
