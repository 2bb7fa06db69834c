"""Runs as people move them: start, redo, pause, resume, answer, skip, comment.

Each use case records what a person wants and nothing more; what follows from it is the leader's to do. Where a
name's run is `-`, all active runs of the project are meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from winslow.domain.branching import merged
from winslow.domain.lifecycle import Skipped, advance
from winslow.domain.pipeline import Confirmation, DefinitionName
from winslow.domain.principal import Principal
from winslow.domain.progress import Gate
from winslow.domain.project import Answer, Hold, Override, Run, RunMode
from winslow.domain.records import Comment, Commit, Expect, Kind, Put, Ref, project_ref, run_ref, stage_ref
from winslow.domain.stage import WAITING, ProjectId, Reason, RunId, Stage, WorkspaceId
from winslow.domain.standing import Blocked, Live, Ready, Settled, Standing, situation_of, standings
from winslow.domain.view import View
from winslow.ports import Clock, Store
from winslowd.usecases import beginnings, given, known, past, refusals
from winslowd.usecases.beginnings import Preview, Start
from winslowd.usecases.derived import RunShown, gates_of, run_shown
from winslowd.usecases.listing import Ask, Listing, Page
from winslowd.usecases.past import Past
from winslowd.usecases.requests import Decide, Request, answered, expect, in_batches, once

Named = RunId | str
"""A run's id, or `-` for all active runs of the project where a use case says so."""

LISTING: Listing[RunShown] = Listing(
    name=lambda shown: shown.run.id,
    order="number desc",
    orders={"number": lambda shown: shown.run.number, "create_time": lambda shown: shown.run.created_at},
    fields={
        "state": lambda shown: (shown.state.value,),
        "sweep": lambda shown: (f"projects/{shown.run.project}/sweeps/{shown.run.sweep}", shown.run.sweep or ""),
        "author": lambda shown: (shown.run.created_by,),
    },
)

COMMENTS: Listing[Comment] = Listing(
    name=lambda comment: f"{comment.number:06d}",
    order="number",
    orders={"number": lambda comment: comment.number},
    fields={"author": lambda comment: (comment.author,), "text": lambda comment: (comment.text,)},
)


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """What a person gives at a gate. `definition` None: the only one that waits. `mode` None leaves the run's."""

    definition: DefinitionName | None = None
    override: Override = field(default_factory=Override)
    mode: RunMode | None = None


@dataclass(frozen=True, slots=True)
class Runs:
    """The use cases of runs. All raise NotFound (PROJECT_UNKNOWN, RUN_UNKNOWN), changes also FailedPrecondition (RUN_ENDED)."""

    store: Store
    clock: Clock
    past: Past

    # ---- looking

    async def get(self, asker: Principal, project: ProjectId, id_: Named) -> RunShown:
        """A run, wherever it is; `-` is the project's latest."""
        view = self.store.view
        if id_ == known.ANY:
            return run_shown(view, _latest(view, project), self.clock())
        found = await self.past.run(project, id_)
        live = view.run(project, id_)
        return run_shown(view, live, self.clock()) if live else past.run_shown(found)

    async def list(self, asker: Principal, project: ProjectId, ask: Ask) -> Page[RunShown]:
        """Newest first, with the project's history."""
        view, now = self.store.view, self.clock()
        known.project(view, project)
        live = {run_ref(run).key: run_shown(view, run, now) for run in view.runs_of(project)}
        return await self.past.page(LISTING, Kind.RUN, project, live, ask, past.run_shown)

    async def preview(self, asker: Principal, project: ProjectId, ask: Start) -> tuple[Preview, Run]:
        """What `start` would do, and the run it would make. Raises what `start` raises, but PROJECT_RUNNING.

        Changes nothing but that what it would go on from is among the records again.
        """

        async def look() -> tuple[Preview, Run]:
            view = self.store.view
            found = known.lasting_project(view, project)
            run = beginnings.begun(view, found, ask, asker.name, self.clock())
            beginnings.standing_on(view, run)
            return beginnings.preview(view, found, run), run

        return await self.past.recalling(look)

    # ---- starting

    async def start(self, request: Request, project: ProjectId, ask: Start, expected: int = 0) -> str:
        """A new run; what was active of the project is superseded.

        Raises FailedPrecondition (PROJECT_RUNNING, WORKSPACE_NOT_SEALED), InvalidArgument, NotFound (STAGE_UNKNOWN).
        """
        by, ref = request.principal.name, project_ref(project)

        def decide(view: View) -> tuple[Commit, str]:
            found = known.lasting_project(view, project)
            expectation = expect(view, ref, expected)
            run = beginnings.begun(view, found, ask, by, self.clock())
            _, ended = beginnings.superseding(view, found, self.clock())
            puts, expects = beginnings.puts(view, ended)
            changed = replace(found, next_run=found.next_run + 1)
            commit = Commit(
                puts=(Put(ref, changed), Put(run_ref(run), run), *puts),
                expects=(expectation, Expect(run_ref(run), 0), *expects, *beginnings.standing_on(view, run, expects)),
            )
            return commit, f"projects/{project}/runs/{run.id}"

        async def begin() -> str:
            await beginnings.end_earlier(self.store, request, project, self.clock, decide)
            return await once(self.store, request, decide)

        return await self.past.recalling(begin)

    # ---- pausing and resuming

    async def pause(
        self, request: Request, project: ProjectId, id_: Named, comment: str = "", expected: int = 0
    ) -> str:
        """Go no further after what is running now. Pausing twice is pausing once. Takes `-`."""
        by = request.principal.name
        said = given.text("comment", comment)
        reason = Reason("PAUSED", f"paused by {by}{': ' + said if said else ''}")

        def paused(view: View, run: Run) -> Run:
            _refuse_ended(run)
            return run if run.hold else replace(run, hold=Hold(reason, by, self.clock()))

        return await self._each(request, project, id_, paused, expected)

    async def resume(
        self,
        request: Request,
        project: ProjectId,
        id_: Named,
        mode: RunMode | None = None,
        overrides: Mapping[DefinitionName, Override] | None = None,
        expected: int = 0,
    ) -> str:
        """Go on; what failed is tried again. Takes `-`: then those that are paused. `mode` None leaves the run's.

        Raises FailedPrecondition (RUN_NOT_PAUSED, DEFINITION_STARTED).
        """
        changes = dict(overrides or {})
        many = id_ == known.ANY

        def resumed(view: View, run: Run) -> Run:
            if many and run.hold is None:
                return run
            return self._resumed(view, run, mode, changes, request.principal.name)

        view = self.store.view
        if many and answered(view, request) is None and not any(run.hold for run in _active(view, project)):
            raise self._not_paused(view, _latest(view, project))
        return await self._each(request, project, id_, resumed, expected)

    def _resumed(
        self, view: View, run: Run, mode: RunMode | None, overrides: Mapping[DefinitionName, Override], by: str
    ) -> Run:
        project = known.lasting_project(view, run.project)
        if not run.active or run.hold is None:
            raise self._not_paused(view, run)
        found = _standings(view, run)
        for name in given.overrides(project, overrides):
            if isinstance(found.get(name), Live | Settled):
                raise refusals.definition_started(run, name)
        return replace(
            _in_mode(run, mode, (name for name, one in found.items() if isinstance(one, Ready | Blocked | Live))),
            hold=None,
            again=run.again | {name for name, one in found.items() if isinstance(one, Blocked)},
            resumed={name: by for name, one in found.items() if isinstance(one, Ready | Blocked)},
            overrides=_merged(run.overrides, overrides),
        )

    def _not_paused(self, view: View, run: Run) -> Exception:
        return refusals.not_paused(run, gates_of(view, run, self.clock()))

    # ---- gates and skips

    async def answer(
        self, request: Request, project: ProjectId, id_: RunId, answer: GateAnswer, expected: int = 0
    ) -> str:
        """Confirm at a gate and fill in its variables.

        Raises FailedPrecondition (GATE_NOT_OPEN), InvalidArgument (VARIABLES_MISSING, DEFINITION_NEEDED).
        """
        by = request.principal.name

        def decide(view: View) -> tuple[Commit, str]:
            of = known.lasting_project(view, project)
            run = known.run(view, project, id_)
            expectation = expect(view, run_ref(run), expected)
            gate = self._open_gate(view, run, answer.definition)
            definition = known.definition(of, gate.definition)
            change = given.override(definition, answer.override)
            if lacking := [name for name in gate.variables if not change.environment.get(name)]:
                raise refusals.variables_missing(run, gate, lacking)
            puts = [Put(run_ref(run), _answered(run, gate, answer, by, self.clock()))]
            expects = [expectation]
            if gate.confirmation and definition.user_input.confirmation is Confirmation.ONCE:
                confirmed = replace(of, confirmed=of.confirmed | {gate.definition})
                puts.append(Put(project_ref(project), confirmed))
                expects.append(Expect(project_ref(project), view.revision_of(project_ref(project))))
            return Commit(puts=tuple(puts), expects=tuple(expects)), _name(run)

        return await self._once(request, decide)

    def _open_gate(self, view: View, run: Run, definition: DefinitionName | None) -> Gate:
        gates = gates_of(view, run, self.clock())
        if definition is None and len(gates) > 1:
            raise refusals.definition_needed(run, gates)
        found = [gate for gate in gates if definition in (None, gate.definition)]
        if not found:
            raise refusals.gate_not_open(run, definition, gates)
        return found[0]

    async def skip(
        self, request: Request, project: ProjectId, id_: RunId, name: DefinitionName, expected: int = 0
    ) -> str:
        """Go on as if the definition had succeeded without doing anything; skipping twice is skipping once.

        Raises FailedPrecondition: STAGE_RUNNING while an attempt at it is placed, NOT_ITS_TURN where others come first.
        """
        by = request.principal.name

        def decide(view: View) -> tuple[Commit, str]:
            of = known.lasting_project(view, project)
            run = known.run(view, project, id_)
            expectation = expect(view, run_ref(run), expected)
            known.definition(of, name)
            if name in run.skipped:
                return Commit(), _name(run)
            _refuse_ended(run)
            standing = _standings(view, run)[name]
            puts, expects = [Put(run_ref(run), _skipping(run, name, standing))], [expectation]
            if isinstance(standing, Live):
                ref = stage_ref(standing.stage)
                puts.append(Put(ref, _passing_on(view, advance(standing.stage, Skipped(by), self.clock()))))
                expects.append(Expect(ref, view.revision_of(ref)))
            return Commit(puts=tuple(puts), expects=tuple(expects)), _name(run)

        return await self._once(request, decide)

    # ---- comments

    async def comment(self, request: Request, project: ProjectId, id_: RunId, text: str) -> str:
        """Write a comment on a run, ended or not; answers the comment's name."""
        said = given.text("comment", text.strip())
        if not said:
            raise refusals.comment_empty(project, id_)

        def decide(view: View) -> tuple[Commit, str]:
            known.lasting_project(view, project)
            run = known.run(view, project, id_)
            number = max((one.number for one in comments_of(view, run)), default=0) + 1
            comment = Comment(project, run.id, number, request.principal.name, self.clock(), said)
            ref = comment_ref(comment)
            # With its run it stays here: only so are all of the run's comments counted.
            expects = (Expect(ref, 0), Expect(run_ref(run), view.revision_of(run_ref(run))))
            return Commit(puts=(Put(ref, comment),), expects=expects), f"{_name(run)}/comments/{number}"

        return await self._once(request, decide)

    async def get_comment(self, asker: Principal, project: ProjectId, id_: RunId, number: int) -> Comment:
        """Raises NotFound (COMMENT_UNKNOWN)."""
        found = await self.past.comments(project, id_)
        comment = next((one for one in found if one.number == number), None)
        if comment is None:
            raise refusals.comment_unknown(project, id_, number)
        return comment

    async def comments(self, asker: Principal, project: ProjectId, id_: RunId, ask: Ask) -> Page[Comment]:
        """A run's comments, oldest first."""
        return COMMENTS.page(await self.past.comments(project, id_), ask)

    # ---- inside

    async def _once(self, request: Request, decide: Decide) -> str:
        """`once`, on runs that may be history."""
        return await self.past.recalling(lambda: once(self.store, request, decide))

    async def _each(
        self, request: Request, project: ProjectId, id_: Named, change: Callable[[View, Run], Run], expected: int
    ) -> str:
        """Change one run, or all active ones."""
        view = self.store.view
        ids = [run.id for run in _active(view, project)] if id_ == known.ANY else [RunId(id_)]
        answer = f"projects/{project}/runs/{id_ if id_ != known.ANY else _latest(view, project).id}"

        def decide(view: View, batch: Sequence[RunId]) -> tuple[Commit, str]:
            known.lasting_project(view, project)
            puts: list[Put] = []
            expects: list[Expect] = []
            for one in batch:
                run = known.run(view, project, one)
                expectation = expect(view, run_ref(run), expected)
                if (changed := change(view, run)) != run:
                    puts.append(Put(run_ref(run), changed))
                    expects.append(expectation)
            return Commit(puts=tuple(puts), expects=tuple(expects)), answer

        return await self.past.recalling(lambda: in_batches(self.store, request, ids, decide))


def comment_ref(comment: Comment) -> Ref:
    return Ref(Kind.COMMENT, f"{comment.project}/{comment.run}/{comment.number:06d}")


def comments_of(view: View, run: Run) -> Sequence[Comment]:
    """A run's comments, oldest first."""
    prefix = f"{run.project}/{run.id}/"
    found = [one.value for key, one in view.all(Kind.COMMENT).items() if key.startswith(prefix)]
    return sorted((one for one in found if isinstance(one, Comment)), key=lambda one: one.number)


def _name(run: Run) -> str:
    return f"projects/{run.project}/runs/{run.id}"


def _active(view: View, project: ProjectId) -> Sequence[Run]:
    known.project(view, project)
    return [run for run in view.runs_of(project) if run.active]


def _latest(view: View, project: ProjectId) -> Run:
    known.project(view, project)
    runs = view.runs_of(project)
    if not runs:
        raise refusals.no_runs(project)
    return runs[-1]


def _refuse_ended(run: Run) -> None:
    if not run.active:
        raise refusals.run_ended(run)


def _standings(view: View, run: Run) -> Mapping[DefinitionName, Standing]:
    situation = situation_of(view, run)
    if situation is None:  # a stage of it is not seen yet: the next look has it
        raise refusals.not_settled(run)
    return standings(situation)


def _in_mode(run: Run, mode: RunMode | None, now: Iterable[DefinitionName]) -> Run:
    """The run in a mode; as ONE_STAGE it may begin what is at its turn now, and pauses behind it."""
    mode = mode or run.mode
    return replace(run, mode=mode, only=frozenset(now) if mode is RunMode.ONE_STAGE else frozenset())


def _merged(
    before: Mapping[DefinitionName, Override], changes: Mapping[DefinitionName, Override]
) -> dict[DefinitionName, Override]:
    return {**before, **{name: merged(before.get(name, Override()), change) for name, change in changes.items()}}


def _answered(run: Run, gate: Gate, answer: GateAnswer, by: str, now: float) -> Run:
    change, name = answer.override, gate.definition
    given_here = Answer(by, now, dict(change.environment), gate.since)
    more = replace(change, environment={})
    moded = _in_mode(run, answer.mode, (name,)) if answer.mode else run
    return replace(
        moded,
        answers={**run.answers, name: given_here},
        overrides=_merged(run.overrides, {name: more}) if more != Override() else run.overrides,
    )


def _passing_on(view: View, skipped: Stage) -> Stage:
    """A skipped stage passes its parent's workspace on as it is: of its own it has at most an empty one."""
    parent = known.stage(view, skipped.project, skipped.parent) if skipped.parent else None
    return replace(skipped, workspace=parent.workspace if parent else WorkspaceId(""))


def _skipping(run: Run, name: DefinitionName, standing: Standing) -> Run:
    """The run with `name` skipped; a hold that its failure caused is over. Raises FailedPrecondition."""
    skipping = replace(run, skipped=run.skipped | {name})
    match standing:
        case Live(stage) if stage.state not in WAITING:
            raise refusals.stage_running(stage)
        case Blocked(stage):
            caused = run.hold is not None and run.hold.stage == stage.id
            return replace(skipping, hold=None) if caused else skipping
        case Live() | Ready():
            return skipping
        case _:
            raise refusals.not_its_turn(run, name, standing)
