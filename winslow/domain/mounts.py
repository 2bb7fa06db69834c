"""What a container sees, and where: /workspace, /input, /output, /resources, and /parents of a join."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from winslow.domain.container import Mount
from winslow.domain.layout import WorkspacePlan, project_root, workspace_path
from winslow.domain.pipeline import DefinitionName
from winslow.domain.stage import Stage


def mounts_of(
    plan: WorkspacePlan, joined: Mapping[DefinitionName, Stage | None], absolute: Callable[[str], str]
) -> tuple[Mount, ...]:
    """The mounts of an attempt. `joined` are the other stages before it: /parents/DEFINITION, read-only."""
    project = project_root(plan.project)
    parents = [
        Mount(absolute(workspace_path(stage.project, stage.workspace)), f"/parents/{name}", read_only=True)
        for name, stage in sorted(joined.items())
        if stage is not None
    ]
    return (
        Mount(absolute(plan.target), "/workspace"),
        Mount(absolute(plan.output), "/output"),
        Mount(absolute(f"{project}/input"), "/input", read_only=True),
        Mount(absolute("resources"), "/resources", read_only=True),
        *parents,
    )
