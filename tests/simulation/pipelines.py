"""What is executed in a world: small pipelines, and what each stage's process does. All of it follows from a seed."""

from __future__ import annotations

from random import Random

from tests.simulation.engine import Script
from winslow.domain.container import Exit
from winslow.domain.pipeline import (
    Confirmation,
    DefinitionName,
    Edge,
    Pipeline,
    RetryPolicy,
    StageDefinition,
    UserInput,
    WorkspaceMode,
)
from winslow.domain.resources import GpuRequest, Resources
from winslow.domain.stage import StageId

NAMES = tuple(DefinitionName(name) for name in ("one", "two", "three", "four"))


def draw_pipeline(random: Random, *, gpus: bool) -> Pipeline:
    """One to four stages, each after one or two of those before it, or after none."""
    names = NAMES[: random.choice((1, 2, 2, 3, 3, 4))]
    return Pipeline("drawn", tuple(_stage(random, name, names[:place], gpus) for place, name in enumerate(names)))


def _stage(random: Random, name: DefinitionName, before: tuple[DefinitionName, ...], gpus: bool) -> StageDefinition:
    chance = random.random
    after = random.sample(before, min(len(before), random.choice((1, 1, 1, 2)))) if before and chance() < 0.9 else []
    return StageDefinition(
        name=name,
        image="image",
        after=tuple(Edge(one, "results.n >= 0" if chance() < 0.1 else "") for one in after),
        resources=Resources(
            cpus=float(random.choice((1, 1, 1, 2, 3))),
            memory=random.choice((0, 1 << 30)),
            gpus=GpuRequest(1 if gpus and chance() < 0.3 else 0),
        ),
        retry=RetryPolicy(random.choice((1, 1, 2, 3)), backoff=random.choice((0.0, 1.0, 3.0))),
        timeout=random.choice((0.0, 0.0, 0.0, 2.0)),
        lost_after=random.choice((2.0, 8.0, 16.0)),
        grace=random.choice((0.5, 2.0)),
        workspace=random.choice(
            (WorkspaceMode.COPY,) * 5 + (WorkspaceMode.EMPTY, WorkspaceMode.CONTINUE, WorkspaceMode.LAYERED)
        ),
        user_input=_input(random),
    )


def _input(random: Random) -> UserInput:
    drawn = random.random()
    if drawn < 0.08:
        return UserInput(confirmation=Confirmation.ALWAYS)
    if drawn < 0.12:
        return UserInput(confirmation=Confirmation.ONCE)
    return UserInput(("GIVEN",)) if drawn < 0.16 else UserInput()


def script_of(seed: int, stage: StageId) -> Script:
    """The same for the same stage, wherever and whenever it is executed."""
    random = Random(f"{seed} {stage}")
    ends = random.random()
    end = Exit(0) if ends < 0.8 else Exit(3) if ends < 0.93 else Exit(0, signal=11)
    lines = [f"line {number}" for number in range(random.choice((0, 1, 2, 4)))]
    if lines:
        lines[-1] = "WINSLOW_RESULT: n=1"
    step = random.choice((0.0, 0.01, 0.2, 1.0, 2.0))
    return Script(tuple(lines), step, end, stubborn=random.random() < 0.15)
