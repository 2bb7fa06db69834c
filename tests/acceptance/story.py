"""What a person does with a project, in few words, for tests that read as stories."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Mapping
from pathlib import Path

from winslow.client import Client
from winslow.pipelinefile import parse
from winslow.v1.project_pb2 import Project, ProjectState
from winslow.v1.run_pb2 import Override, Run, RunState
from winslow.v1.stage_pb2 import Cause, Stage, StageState
from winslow.wire.pipeline import spec_to_proto

WITHIN = 60.0
UNTIL_GO = "while [ ! -e /input/go ]; do usleep 50000; done"
"""Of a script: waits for `Story.go`, where a number of seconds would be a bet on how fast the test is."""


class Story:
    """One project on a real daemon. Scripts are run by busybox's shell inside the stage's container."""

    def __init__(self, client: Client, image: str, name: str) -> None:
        self.client = client
        self.image = image
        self.name = name
        self.project = ""

    def pipeline(self, yaml: str) -> Story:
        """The project, with stages as in `yaml`; IMAGE stands for the test image."""
        text = f"name: test\nstages:\n{textwrap.indent(textwrap.dedent(yaml).strip(), '  ')}".replace(
            "IMAGE", self.image
        )
        self.project = self.client.projects.create(self.name, spec=spec_to_proto(parse(text))).name
        return self

    def stages(self, *scripts: str, **more: str) -> Story:
        """A chain of stages s1, s2, ... that run shell scripts; `more` are further fields of each, as YAML."""
        fields = "".join(f"  {name.replace('_', '-')}: {value}\n" for name, value in more.items())
        listed = ""
        for number, script in enumerate(scripts, start=1):
            quoted = script.replace("'", "''")
            listed += f"- name: s{number}\n  image: IMAGE\n  arguments: [sh, -c, '{quoted}']\n{fields}"
        return self.pipeline(listed)

    def run(self, **options: object) -> Run:
        """Start it, and wait until nothing more happens by itself."""
        return self.settled(self.client.runs.start(self.project, **options))  # type: ignore[arg-type]

    def settled(self, run: Run, within: float = WITHIN) -> Run:
        return self.client.wait(run, timeout=within)

    def started(self, definition: str, state: int = StageState.STAGE_STATE_RUNNING) -> Stage:
        """The latest attempt at `definition`, once it is in `state`."""
        deadline = time.monotonic() + WITHIN
        while not (found := self.all(definition)):
            assert time.monotonic() < deadline, f"{definition} was never made"
            time.sleep(0.02)
        return self.client.wait(found[-1], until=lambda stage: stage.state == state, timeout=WITHIN)

    def all(self, definition: str = "") -> list[Stage]:
        return [one for one in self.client.stages.list(self.project) if definition in ("", one.definition.name)]

    def stage(self, definition: str) -> Stage:
        """The latest attempt."""
        return self.all(definition)[-1]

    def go(self, volume: Path) -> None:
        """Let stages go on that wait; without a daemon, which may be away."""
        (volume / self.project / "input" / "go").touch()

    def ended(self, definition: str) -> Stage:
        return self.client.wait(self.stage(definition), timeout=WITHIN)

    def log(self, definition: str, stream: str = "stdout") -> list[str]:
        lines = self.client.logs.lines(self.stage(definition).name)
        return [line.text.decode(errors="replace") for line in lines if line.stream == stream]

    def state(self) -> str:
        project: Project = self.client.projects.get(self.project)
        return ProjectState.Name(project.state).removeprefix("PROJECT_STATE_")

    def states(self) -> dict[str, str]:
        """The state of each definition's latest attempt."""
        return {one.definition.name: state_of(one) for one in self.all()}


def state_of(stage: Stage) -> str:
    return StageState.Name(stage.state).removeprefix("STAGE_STATE_")


def run_state(run: Run) -> str:
    return RunState.Name(run.state).removeprefix("RUN_STATE_")


def cause_of(stage: Stage) -> str:
    return Cause.Name(stage.outcome.cause).removeprefix("CAUSE_")


def with_env(values: Mapping[str, str]) -> Override:
    return Override(environment=values)
