"""The traffic example as people begin with it: its pipeline, a project, and a real clip in its input."""

from __future__ import annotations

import subprocess
from pathlib import Path

from winslow.client import Client
from winslow.pipelinefile import parse
from winslow.v1.project_pb2 import Project
from winslow.v1.run_pb2 import Override, Run
from winslow.v1.stage_pb2 import Stage
from winslow.wire.pipeline import spec_to_proto

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "traffic"
WITHIN = 90.0
"""Seconds for a run to its next rest: three files of tests at a time share two cores."""


def clip() -> Path:
    """The example's clip; scripts/setup has fetched it."""
    said = subprocess.run([EXAMPLE / "get-clip"], capture_output=True, text=True, check=True, cwd=ROOT)
    return ROOT / said.stdout.strip()


class Traffic:
    """One project of the example. What is asked of it goes through the SDK, beside whatever a browser does."""

    def __init__(self, client: Client, name: str = "Car park") -> None:
        self.client = client
        spec = spec_to_proto(parse((EXAMPLE / "pipeline.yaml").read_text(encoding="utf-8")))
        if not any(one.name == "pipelines/traffic" for one in client.pipelines.list()):
            client.pipelines.create(spec)
        self.project: Project = client.projects.create(name, pipeline="traffic", tags=["demo"])
        source = clip()
        client.files.upload(source, f"{self.project.name}/input/{source.name}")

    @property
    def id(self) -> str:
        return self.project.name.partition("/")[2]

    def to_the_gate(self) -> Run:
        """Started, and at rest where a person is waited for."""
        return self.client.wait(self.client.runs.start(self.project.name), timeout=WITHIN)

    def confirmed(self, run: Run, **environment: str) -> Run:
        """Confirmed at its gate, and at its end."""
        answered = self.client.runs.answer(run.name, override=Override(environment=environment))
        return self.client.wait(answered, timeout=WITHIN)

    def latest(self, definition: str) -> Stage:
        found = [one for one in self.client.stages.list(self.project.name) if one.definition.name == definition]
        return found[-1]
