"""A busy installation's records, made rather than lived through: projects in every state, with the runs and stages behind it.

Pure: the same numbers give the same records. What is derived of them (states, gates, progress) is left to the daemon, so
each project's last run stands where such a project's would. Nothing of it can be executed: what waits asks for a tag that
no node has.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from winslow.domain.pipeline import (
    Confirmation,
    DefinitionName,
    Edge,
    Pipeline,
    PipelineId,
    StageDefinition,
    UserInput,
)
from winslow.domain.project import Hold, Project, Run, RunEnd
from winslow.domain.records import Record, Ref, project_ref, run_ref, stage_ref
from winslow.domain.resources import Resources
from winslow.domain.stage import Cause, NodeId, Outcome, ProjectId, Reason, RunId, Stage, StageId, State

NAMES = ("detect", "stabilise", "track", "georeference", "analyse")
GATE = DefinitionName("georeference")
TAG = "nowhere"
PIPELINE = Pipeline(
    "crossing",
    tuple(
        StageDefinition(
            DefinitionName(name),
            "registry.example/traffic:1",
            arguments=("/opt/traffic/run", "--stage", name, "--frames", "/workspace/frames"),
            environment={"THRESHOLD": "0.4", "MODEL": "yolo-m"},
            resources=Resources(cpus=4, memory=8 << 30, tags=frozenset({TAG})),
            after=(Edge(DefinitionName(NAMES[at - 1])),) if at else (),
            user_input=UserInput(confirmation=Confirmation.ALWAYS if name == GATE else Confirmation.NEVER),
        )
        for at, name in enumerate(NAMES)
    ),
)
AUTHORS = ("ann", "bob", "chen", "dora", "emil", "farah", "gus")
TAGS = ("night", "rain", "north", "south", "drone", "mast", "2025", "2026", "priority", "review")
PLACES = ("Bridge", "Crossing", "Roundabout", "Tunnel", "Market", "Harbour", "Station", "Park")
STATES = ("SUCCEEDED",) * 11 + ("FAILED",) * 3 + ("RUNNING",) * 2 + ("AWAITING_INPUT",) * 2 + ("PAUSED", "IDLE")
"""As they come in twenty projects."""
SPAN = 200 * 86_400.0
"""Seconds that the past of it takes."""


@dataclass(frozen=True, slots=True)
class House:
    """One project with all that belongs to it."""

    project: Project
    runs: tuple[Run, ...]
    stages: tuple[Stage, ...]

    def records(self) -> Iterator[tuple[Ref, Record]]:
        yield project_ref(self.project.id), self.project
        yield from ((run_ref(run), run) for run in self.runs)
        yield from ((stage_ref(stage), stage) for stage in self.stages)


def town(projects: int, stages: int, now: float) -> Iterator[House]:
    """So many projects with so many stages in all, the newest last; `now` in Unix seconds."""
    dice, made = random.Random(5), 0
    for at in range(projects):
        wanted = stages * (at + 1) // projects - made
        ended = now - SPAN * (1 - (at + 1) / (projects + 1))
        house = _house(at, wanted, ended, dice)
        made += len(house.stages)
        yield house


def _house(at: int, wanted: int, ended: float, dice: random.Random) -> House:
    state = STATES[at % len(STATES)]
    project = Project(
        id=ProjectId(f"{PLACES[at % len(PLACES)].lower()}-{at:05}"),
        name=f"{PLACES[at % len(PLACES)]} {at:05}, camera {dice.randint(1, 40)}",
        pipeline=PIPELINE,
        author=dice.choice(AUTHORS),
        created_at=ended - 50_000,
        suffix=f"{at:06}",
        source=PipelineId("crossing"),
        source_version=1,
        tags=frozenset(dice.sample(TAGS, dice.randint(0, 3))),
        participants=frozenset(dice.sample(AUTHORS, dice.randint(0, 2))),
        description=f"Recorded at {PLACES[at % len(PLACES)].lower()} number {at}, in both directions.",
    )
    if state == "IDLE":
        return House(project, (), ())
    last = {"SUCCEEDED": 5, "FAILED": 3, "RUNNING": 2, "AWAITING_INPUT": 3, "PAUSED": 2}[state]
    runs: list[Run] = []
    stages: list[Stage] = []
    for number in range(1, max(wanted - last, 0) // len(NAMES) + 1):
        run, of_it = _walk(project, number, ended - 40_000 + 1000 * number, len(NAMES))
        runs.append(replace(run, end=RunEnd.SUCCEEDED, ended_at=of_it[-1].ended_at))
        stages += of_it
    run, of_it = _walk(project, len(runs) + 1, ended - 1000, last)
    run, of_it = _standing(state, run, of_it)
    return House(replace(project, next_run=run.number + 1), (*runs, run), (*stages, *of_it))


def _walk(project: Project, number: int, began: float, count: int) -> tuple[Run, list[Stage]]:
    """A run of which the first `count` stages succeeded; it goes on."""
    id_ = RunId(f"{number:06d}")
    names = [DefinitionName(name) for name in NAMES[:count]]
    ids = [StageId(f"{name}-{number}-1-{project.suffix}") for name in names]
    run = Run(id_, project.id, number, (names[0],), began, project.author)
    stages = [
        Stage(
            id=stage,
            project=project.id,
            run=id_,
            definition=definition,
            attempt=1,
            created_at=began + 100 * at,
            created_by=project.author,
            parent=ids[at - 1] if at else None,
            state=State.SUCCEEDED,
            node=NodeId("node-a"),
            image_digest="sha256:" + "0123456789abcdef" * 4,
            placed_at=began + 100 * at,
            started_at=began + 100 * at + 1,
            ended_at=began + 100 * at + 90,
            progress=1.0,
            results={"objects": str(number * 17), "score": f"{at / 7:.4f}"},
            outcome=Outcome(0),
        )
        for at, (stage, definition) in enumerate(zip(ids, PIPELINE.stages, strict=False))
    ]
    return replace(run, attempts={name: (stage,) for name, stage in zip(names, ids, strict=True)}), stages


def _standing(state: str, run: Run, stages: list[Stage]) -> tuple[Run, list[Stage]]:
    """The last run where a project in `state` has it."""
    *before, last = stages
    ended = last.ended_at or 0.0
    match state:
        case "SUCCEEDED":
            return replace(run, end=RunEnd.SUCCEEDED, ended_at=ended), stages
        case "FAILED":
            failed = replace(last, state=State.FAILED, outcome=Outcome(3, Cause.EXIT_CODE, "it exited with code 3"))
            reason = Reason("STAGE_FAILED", f"{last.definition.name} failed: it exited with code 3")
            return replace(run, hold=Hold(reason, "winslow", ended, last.id)), [*before, failed]
        case "RUNNING":
            waits = replace(
                last,
                state=State.QUEUED,
                node=None,
                image_digest="",
                placed_at=None,
                started_at=None,
                ended_at=None,
                progress=None,
                results={},
                outcome=None,
                reason=Reason("NO_NODE", f"No node has the tag {TAG}"),
            )
            return run, [*before, waits]
        case "PAUSED":
            return replace(run, hold=Hold(Reason("PAUSED", "paused by a person"), "ann", ended)), stages
        case _:
            return run, stages
