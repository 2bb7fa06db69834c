"""Those who use the cluster: each asks for something at some node, waits a while for the answer, and asks again elsewhere.

What was asked under which request ID, and every answer, is kept for those who judge. While faults go on people do as the seed
says; afterwards (`settle`) they only do what a patient person would: answer gates, resume what halted, let nodes take part again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from tests.simulation.node import Desk
from tests.simulation.pipelines import draw_pipeline
from winslow.domain.pipeline import DefinitionName
from winslow.domain.principal import Principal
from winslow.domain.project import Axis, Override, Run, RunMode
from winslow.domain.stage import NodeId, ProjectId, RunId, Stage
from winslow.errors import Ambiguous, Unavailable, WinslowError
from winslowd.usecases.beginnings import Start
from winslowd.usecases.derived import gates_of
from winslowd.usecases.projects import NewProject
from winslowd.usecases.requests import Request
from winslowd.usecases.runs import GateAnswer
from winslowd.usecases.sweeps import NewSweep

if TYPE_CHECKING:
    from tests.simulation.world import World

Ask = Callable[[Desk, Request], Awaitable[str]]

PATIENCE = 6.0
"""Seconds that somebody waits for an answer before asking again."""
TRIES = 4
TRIED_MOST = 3
"""Times that somebody has another go at what halts again and again."""


class NoAnswer(Exception):
    """The daemon did not say anything in time, or there was none."""


@dataclass
class Asked:
    """One request, however often it was sent. `answers` are all that came; `refusal` the reason of the last that said no."""

    what: str
    by: str
    id: str
    answers: list[str] = field(default_factory=list)
    refusal: str = ""


class People:
    def __init__(self, world: World, random: Random) -> None:
        self._world = world
        self._random = random
        self._numbers = 0
        self.asked: list[Asked] = []
        self.projects: list[ProjectId] = []
        self._tried: Counter[str] = Counter()

    # ---- asking

    async def ask(self, what: str, ask: Ask, by: str = "ann", *, twice: bool = False) -> str | None:
        """The answer, or None when it was refused or nobody answered."""
        self._numbers += 1
        asked = Asked(what, by, f"request-{self._numbers}")
        self.asked.append(asked)
        request = Request(Principal(by), asked.id, what)
        if twice:
            async with asyncio.TaskGroup() as group:
                for _ in range(2):
                    group.create_task(self._insist(asked, ask, request))
        else:
            await self._insist(asked, ask, request)
        return asked.answers[0] if asked.answers else None

    async def _insist(self, asked: Asked, ask: Ask, request: Request) -> None:
        for _ in range(TRIES):
            try:
                answer = await self._once(ask, request)
            except (NoAnswer, Unavailable, Ambiguous):
                await asyncio.sleep(self._random.uniform(0.1, 1.0))
            except WinslowError as error:
                asked.refusal = error.reason
                self._world.ledger.tell(f"{asked.by}: {asked.what}: refused, {error.reason}")
                return
            else:
                asked.answers.append(answer)
                self._world.ledger.tell(f"{asked.by}: {asked.what}: {answer}")
                return

    async def _once(self, ask: Ask, request: Request) -> str:
        """At a node chosen anew each time. The daemon works on, whether the person still waits or not."""
        serving = [node for node in self._world.nodes if node.serving]
        if not serving:
            raise NoAnswer
        node = self._random.choice(serving)
        assert node.desk is not None and node.daemon is not None
        self._world.ledger.tell(f"{request.principal.name} asks {node.id}: {request.fingerprint}")
        task = self._world.loop.spawn(node.daemon, _coroutine(ask(node.desk, request)), "request")
        task.add_done_callback(_heard, context=self._world.loop.context_of(None))
        done, _ = await asyncio.wait((task,), timeout=PATIENCE)
        if not done:
            raise NoAnswer
        return task.result()

    # ---- what they do

    async def live(self, name: str, until: float) -> None:
        loop, random = self._world.loop, self._random
        while loop.time() < until:
            await asyncio.sleep(random.uniform(0.0, 3.0))
            await self._act(name)

    async def _act(self, by: str) -> None:
        random = self._random
        if not self.projects or (len(self.projects) < 3 and random.random() < 0.12):
            return await self._make_project(by)
        project = random.choice(self.projects)
        deed = random.choices(
            (
                self._start,
                self._abort,
                self._pause,
                self._resume,
                self._answer,
                self._skip,
                self._redo,
                self._sweep,
                self._comment,
                self._cordon,
                self._delete,
            ),
            (8, 3, 2, 5, 4, 1, 3, 1, 1, 1, 0.3),
        )[0]
        await deed(by, project)

    async def _make_project(self, by: str) -> None:
        pipeline = draw_pipeline(self._random, gpus=self._world.gpus)
        new = NewProject(f"project {len(self.projects)}", pipeline=pipeline)
        made = await self.ask(
            "create a project",
            lambda use, request: use.projects.create(request, new),
            by,
            twice=self._random.random() < 0.2,
        )
        if made:
            project = ProjectId(made.removeprefix("projects/"))
            self.projects.append(project)
            await self._start(by, project)

    async def _start(self, by: str, project: ProjectId) -> None:
        mode = RunMode.ONE_STAGE if self._random.random() < 0.1 else RunMode.RUN_ON
        start = Start(mode=mode)
        await self.ask(
            f"start a run of {project}",
            lambda use, request: use.runs.start(request, project, start),
            by,
            twice=self._random.random() < 0.2,
        )

    async def _redo(self, by: str, project: ProjectId) -> None:
        stages = [stage for stage in self._seen_stages(project) if stage.ended]
        if stages:
            start = Start(redo=self._random.choice(stages).id)
            await self.ask(f"redo {start.redo}", lambda use, request: use.runs.start(request, project, start), by)

    async def _abort(self, by: str, project: ProjectId) -> None:
        stages = [stage for stage in self._seen_stages(project) if stage.live]
        if stages:
            stage = self._random.choice(stages).id
            await self.ask(
                f"abort {stage}",
                lambda use, request: use.stages.abort(request, project, stage),
                by,
                twice=self._random.random() < 0.3,
            )

    async def _pause(self, by: str, project: ProjectId) -> None:
        await self.ask(f"pause {project}", lambda use, request: use.runs.pause(request, project, "-"), by)

    async def _resume(self, by: str, project: ProjectId) -> None:
        await self.ask(f"resume {project}", lambda use, request: use.runs.resume(request, project, "-"), by)

    async def _answer(self, by: str, project: ProjectId) -> None:
        for run, definition in self._gates(project)[:1]:
            await self.answer(by, project, run.id, definition)

    async def answer(self, by: str, project: ProjectId, run: RunId, definition: DefinitionName) -> None:
        given = GateAnswer(definition, Override(environment={"GIVEN": "something"}))
        await self.ask(
            f"answer {definition} of {project}/{run}",
            lambda use, request: use.runs.answer(request, project, run, given),
            by,
            twice=self._random.random() < 0.3,
        )

    async def _skip(self, by: str, project: ProjectId) -> None:
        runs = [run for run in self._seen_runs(project) if run.active]
        if runs:
            run, name = runs[-1].id, self._random.choice(runs[-1].start)
            await self.ask(
                f"skip {name} of {project}", lambda use, request: use.runs.skip(request, project, run, name), by
            )

    async def _sweep(self, by: str, project: ProjectId) -> None:
        pipeline = self._world.pipeline_of(project)
        if pipeline is None:
            return
        new = NewSweep(
            pipeline.stages[0].name, (Axis("GIVEN", ("1", "2", "3")),), keep_going=self._random.random() < 0.5
        )
        await self.ask(f"sweep {project}", lambda use, request: use.sweeps.start(request, project, new), by)

    async def _comment(self, by: str, project: ProjectId) -> None:
        runs = self._seen_runs(project)
        if runs:
            run = runs[-1].id
            await self.ask(
                f"comment on {run}",
                lambda use, request: use.runs.comment(request, project, run, "words"),
                by,
                twice=True,
            )

    async def _cordon(self, by: str, project: ProjectId) -> None:
        node = self._random.choice(self._world.nodes).id
        await self.ask(f"cordon {node}", lambda use, request: use.nodes.cordon(request, node), by)

    async def _delete(self, by: str, project: ProjectId) -> None:
        await self.ask(f"delete {project}", lambda use, request: use.projects.delete(request, project), by)

    # ---- what they see, at a node that may be behind

    def _seen_stages(self, project: ProjectId) -> list[Stage]:
        view = self._view()
        return view.stages_of(project) if view else []

    def _seen_runs(self, project: ProjectId) -> list[Run]:
        view = self._view()
        return view.runs_of(project) if view else []

    def _gates(self, project: ProjectId) -> list[tuple[Run, DefinitionName]]:
        view = self._view()
        if view is None:
            return []
        active = [run for run in view.runs_of(project) if run.active]
        return [(run, gate.definition) for run in active for gate in gates_of(view, run, 0.0)]

    def _view(self):
        serving = [node for node in self._world.nodes if node.desk]
        return self._random.choice(serving).desk.store.view if serving else None

    # ---- afterwards

    async def settle(self) -> bool:
        """Do what keeps things waiting for a person; whether there was anything. Nobody tries the same run for ever."""
        waiting = [
            *((f"node {node}", self._uncordon(node)) for node in self._world.cordoned()),
            *((f"run {run.project}/{run.id}", self._go_on(run)) for run in self._world.halted()),
            *(
                (f"gate {definition} of {project}/{run.id}", self.answer("bob", project, run.id, definition))
                for project in self.projects
                for run, definition in self._gates(project)
            ),
        ]
        acted = False
        for what, deed in waiting:
            self._tried[what] += 1
            if self._tried[what] > TRIED_MOST:
                deed.close()
            else:
                acted = True
                await deed
        return acted

    async def _uncordon(self, node: NodeId) -> None:
        await self.ask(f"uncordon {node}", lambda use, request: use.nodes.uncordon(request, node), "bob")

    async def _go_on(self, run: Run) -> None:
        if self._random.random() < 0.3:
            await self._start("bob", run.project)
        else:
            await self.ask(
                f"resume {run.project}/{run.id}",
                lambda use, request: use.runs.resume(request, run.project, run.id),
                "bob",
            )


def _heard(task: asyncio.Task[str]) -> None:
    """A refusal that nobody waits for any more is none; anything else that is raised is a fault of ours."""
    if (
        not task.cancelled()
        and isinstance(task.exception(), Exception)
        and not isinstance(task.exception(), WinslowError)
    ):
        raise AssertionError("a use case failed") from task.exception()


async def _coroutine(work: Awaitable[str]) -> str:
    return await work
