"""Values for tests of the core: pipelines, projects, stages, and a tiny world in which runs are played to their end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from winslow.domain import lifecycle
from winslow.domain.pipeline import DefinitionName, Edge, Pipeline, StageDefinition
from winslow.domain.progress import Gate, plan
from winslow.domain.project import Project, Run
from winslow.domain.stage import Cause, NodeId, Outcome, ProjectId, RunId, Stage, StageId, State, Variable
from winslow.domain.standing import Situation

NODE = NodeId("node-1")


def definition(name: str, *after: str | Edge, **fields: object) -> StageDefinition:
    edges = tuple(edge if isinstance(edge, Edge) else Edge(DefinitionName(edge)) for edge in after)
    return StageDefinition(name=DefinitionName(name), image="busybox", after=edges, **fields)  # type: ignore[arg-type]


def pipeline(*definitions: StageDefinition, environment: Mapping[str, str] | None = None) -> Pipeline:
    return Pipeline("test", definitions, environment=environment or {})


def chain(*names: str, **fields: object) -> Pipeline:
    """Stages one after another."""
    return pipeline(
        *(definition(name, *names[max(index - 1, 0) : index], **fields) for index, name in enumerate(names))
    )


def project(of: Pipeline, **fields: object) -> Project:
    return Project(ProjectId("p-abc123"), "p", of, "ann", 1.0, "abc123", **fields)  # type: ignore[arg-type]


def run(of: Project, *start: str, **fields: object) -> Run:
    number = int(fields.pop("number", 1))  # type: ignore[call-overload]
    return Run(
        id=RunId(f"{number:06d}"),
        project=of.id,
        number=number,
        start=tuple(DefinitionName(name) for name in start),
        created_at=1.0,
        created_by="ann",
        **fields,  # type: ignore[arg-type]
    )


OK = Outcome(exit_code=0)
FAILED = Outcome(exit_code=3, cause=Cause.EXIT_CODE, message="it exited with code 3")

Play = Callable[[Stage], Outcome]


@dataclass
class World:
    """One run of one project, played step by step; `play` says how each stage ends."""

    project: Project
    run: Run
    attempts: dict[StageId, Stage] = field(default_factory=dict)
    globals: dict[str, str] = field(default_factory=dict)
    now: float = 10.0
    order: list[str] = field(default_factory=list)
    gates: tuple[Gate, ...] = ()

    def decide(self) -> tuple[Stage, ...]:
        """Let the run take its next step; returns what it made."""
        decided = plan(Situation(self.project, self.run, self.attempts, self.globals), self.now)
        self.run, self.gates = decided.run, decided.gates
        for stage in decided.stages:
            assert stage.id not in self.attempts, f"{stage.id} was made twice"
            self.attempts[stage.id] = stage
            self.order.append(stage.definition.name)
        return decided.stages

    def live(self) -> list[Stage]:
        return [stage for stage in self.attempts.values() if stage.live]

    def end(self, stage: Stage, outcome: Outcome, results: Mapping[str, str] | None = None) -> Stage:
        """Take a stage through its whole life."""
        self.now += 1
        placed = lifecycle.advance(stage, lifecycle.Awarded(NODE, 1), self.now)
        started = lifecycle.advance(placed, lifecycle.Started(self.now, "sha256:1"), self.now)
        ended = lifecycle.advance(started, lifecycle.Ended(outcome, results or {}, self.now + 1), self.now + 1)
        self.attempts[stage.id] = ended
        self.now += 1
        return ended

    def play(self, how: Play = lambda stage: OK, steps: int = 200) -> None:
        """Decide and end, until nothing moves."""
        for _ in range(steps):
            made = self.decide()
            live = self.live()
            if not made and not live:
                return
            for stage in live[:1]:
                self.end(stage, how(stage))
        raise AssertionError("the run does not come to rest")

    def names(self, state: State) -> list[str]:
        return sorted(stage.definition.name for stage in self.attempts.values() if stage.state is state)

    def latest(self, name: str) -> Stage:
        return self.attempts[self.run.attempts[DefinitionName(name)][-1]]

    def change(self, **fields: object) -> None:
        self.run = replace(self.run, **fields)  # type: ignore[arg-type]


def value(stage: Stage, name: str) -> Variable:
    return next(variable for variable in stage.environment if variable.name == name)
