"""What tests of the Docker driver stand on: the real engine, a cluster of their own, and directories that stages may use."""

from __future__ import annotations

import contextlib
import os
import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path

from docker import APIClient
from docker.errors import APIError

from winslow.domain.container import ContainerSpec, Exit, Image, Mount
from winslow.domain.resources import Resources
from winslow.domain.stage import StageId
from winslowd.docker.driver import DockerDriver

USER = (4242, 4243)


@dataclass
class DockerWorld:
    """A cluster of one test on the real engine."""

    cluster: str
    root: Path
    image: Image
    client: APIClient
    launcher: Path
    drivers: list[DockerDriver] = field(default_factory=list)

    def new_driver(self) -> DockerDriver:
        """Another daemon's driver: it knows nothing of what the others did."""
        self.drivers.append(DockerDriver(self.cluster, self.launcher, control_root=self.root / "control"))
        return self.drivers[-1]

    @property
    def driver(self) -> DockerDriver:
        return self.drivers[0] if self.drivers else self.new_driver()

    def spec(self, *argv: str, **changes: object) -> ContainerSpec:
        """A stage that runs `argv`, with directories of its own; `changes` replace fields."""
        stage = StageId(f"{self.cluster}-{uuid.uuid4().hex[:8]}")
        user = changes.get("user", USER)
        for name in ("control", "workspace", "output"):
            (self.root / name / stage).mkdir(parents=True)
        for name in ("workspace", "output"):
            os.chown(self.root / name / stage, *user)
        log = self.root / f"{stage}.log"
        log.touch()
        os.chown(log, *user)
        spec = ContainerSpec(
            stage=stage,
            image=self.image,
            arguments=argv,
            environment={},
            mounts=(
                Mount(str(self.workspace(stage)), "/workspace"),
                Mount(str(self.root / "output" / stage), "/output"),
            ),
            resources=Resources(cpus=1.0, memory=128 << 20, pids=64),
            user=USER,
            control=str(self.root / "control" / stage),
            log=str(log),
            log_limit=1 << 30,
        )
        return replace(spec, **changes)

    def shell(self, script: str, **changes: object) -> ContainerSpec:
        return self.spec("sh", "-c", script, **changes)

    def workspace(self, stage: StageId) -> Path:
        return self.root / "workspace" / stage

    def record(self, stage: StageId) -> Path:
        return self.root / "control" / stage / "record"

    async def begin(self, spec: ContainerSpec) -> StageId:
        await self.driver.create(spec)
        await self.driver.start(spec.stage)
        return spec.stage

    async def run(self, spec: ContainerSpec) -> Exit:
        """Create, start, wait."""
        return await self.driver.wait(await self.begin(spec))

    def lines(self, spec: ContainerSpec, stream: str = "stdout") -> list[str]:
        """The text of the log's lines of one stream."""
        rows = (line.split(" ", 3) for line in Path(spec.log).read_text().splitlines())
        return [row[3] for row in rows if row[1] == stream]

    async def close(self) -> None:
        for driver in self.drivers:
            await driver.close()
        for entry in self.client.containers(all=True, filters={"label": f"winslow.cluster={self.cluster}"}):
            with contextlib.suppress(APIError):
                self.client.remove_container(entry["Id"], force=True, v=True)
