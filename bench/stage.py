"""What the benchmarks share: a daemon in a temporary directory, a tiny image, and pipelines of it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.daemon import Daemon
from tests.images import busybox_image
from winslow.pipelinefile import parse
from winslow.v1.pipeline_pb2 import PipelineSpec
from winslow.wire.pipeline import spec_to_proto


@contextlib.contextmanager
def stage_set(*arguments: str) -> Iterator[tuple[Daemon, str]]:
    """A running daemon and the name of a busybox image, both gone at the end."""
    with (
        busybox_image() as image,
        tempfile.TemporaryDirectory(prefix="winslow-bench-") as directory,
        Daemon(Path(directory) / "dev", *arguments) as daemon,
    ):
        yield daemon, image


def spec(image: str, names: Sequence[str], command: Sequence[str], cpus: float = 1.0) -> PipelineSpec:
    """A chain of stages that all execute `command`."""
    listed = ", ".join(f'"{_quoted(word)}"' for word in command)
    stages = "".join(
        f"  - {{name: {name}, image: '{image}', arguments: [{listed}], resources: {{cpus: {cpus:g}}}}}\n"
        for name in names
    )
    return spec_to_proto(parse(f"name: bench\nstages:\n{stages}"))


def _quoted(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
