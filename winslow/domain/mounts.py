"""What a container sees, and where: /workspace, /input, /output, /resources, and /parents of a join."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from winslow.domain.container import Mount
from winslow.domain.layout import WorkspacePlan, project_root
from winslow.domain.pipeline import DefinitionName


@dataclass(frozen=True, slots=True)
class Mounted:
    """What a container is bound to elsewhere than on the volume, absolute: its workspace ("": it lies on the volume),
    and those of the other stages before it.
    """

    workspace: str = ""
    parents: Mapping[DefinitionName, str] = field(default_factory=dict)


def mounts_of(plan: WorkspacePlan, mounted: Mounted, absolute: Callable[[str], str]) -> tuple[Mount, ...]:
    """The mounts of an attempt. The other stages before it are /parents/DEFINITION, read-only."""
    project = project_root(plan.project)
    parents = [
        Mount(mounted.parents.get(name) or absolute(path), f"/parents/{name}", read_only=True)
        for name, path in plan.joined
    ]
    return (
        Mount(mounted.workspace or absolute(plan.target), "/workspace"),
        Mount(absolute(plan.output), "/output"),
        Mount(absolute(f"{project}/input"), "/input", read_only=True),
        Mount(absolute("resources"), "/resources", read_only=True),
        *parents,
    )
