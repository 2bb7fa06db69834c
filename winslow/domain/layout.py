"""Where everything lies: the layout of the shared file system, in which people find their files with `ls`.

    resources/                                  global pool, read-only in every stage (/resources)
    projects/PROJECT/input/                     the project's input, read-only in its stages (/input)
    projects/PROJECT/workspace/                 the zeroth workspace, filled by the user
    projects/PROJECT/output/DEFINITION          what the last successful attempt published (a link into stages/)
    projects/PROJECT/stages/STAGE/workspace/    /workspace of the attempt; immutable once it has ended
    projects/PROJECT/stages/STAGE/layer/        of a layered workspace, which has no directory of its own: what it changed
    projects/PROJECT/bases/                     what the lowest layers lie on; nobody's but the daemon's
    projects/PROJECT/stages/STAGE/output/       /output of the attempt; published at once when it succeeds
    projects/PROJECT/stages/STAGE/log           its stdout and stderr, one CRI line each; log.gz once it is archived
    projects/PROJECT/stages/STAGE/manifest.gz   what it left, file by file
    projects/PROJECT/stages/STAGE/readings.gz   what it used, minute by minute
    projects/PROJECT/history/                   runs and stages that ended long ago; nobody's but the daemon's

A path in the API and in the CLI is a path in this tree; `parse` says what a person may do with it. Paths
are relative, use `/`, and are resolved beneath their root by the adapter: this module refuses what is
malformed, the kernel (openat2) refuses what leads out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from winslow.domain.pipeline import DefinitionName, WorkspaceMode
from winslow.domain.stage import ProjectId, Stage, StageId, WorkspaceId
from winslow.errors import InvalidArgument

NAME_MAX = 255
PATH_MAX = 4096


class Pool(Enum):
    RESOURCES = "resources"
    INPUT = "input"
    WORKSPACE = "workspace"
    OUTPUT = "output"
    STAGE_WORKSPACE = "stage-workspace"
    STAGE_OUTPUT = "stage-output"
    STAGE_LOG = "stage-log"


USER_WRITABLE = frozenset({Pool.RESOURCES, Pool.INPUT, Pool.WORKSPACE})
"""Pools that people may change; what an attempt made is its record and stays as it is."""


@dataclass(frozen=True, slots=True)
class Location:
    """A parsed path: `root` is the pool's directory, `relative` the path beneath it ("" for the root itself)."""

    pool: Pool
    root: str
    relative: str
    project: ProjectId | None = None
    stage: StageId | None = None

    @property
    def writable(self) -> bool:
        return self.pool in USER_WRITABLE

    def __str__(self) -> str:
        return f"{self.root}/{self.relative}" if self.relative else self.root


@dataclass(frozen=True, slots=True)
class WorkspacePlan:
    """What must be there before a stage starts; making it twice, or half and then again, ends the same.

    `target` is filled from `source` (None: left empty), both relative to the volume's root. With `in_place`
    the target is an ended stage's own directory, unsealed and gone on with. `source_stage` is the attempt whose end the
    source is wanted as of, should a later one have gone on in its directory. With `layered` nothing is filled: the
    workspace is mounted on what `source` shows, where the node can. `joined` are the workspaces of the other
    stages before it.
    """

    stage: StageId
    project: ProjectId
    target: str
    source: str | None
    output: str
    log: str
    in_place: bool = False
    source_stage: StageId | None = None
    layered: bool = False
    joined: tuple[tuple[DefinitionName, str], ...] = ()


def parse(path: str) -> Location:
    """Read a path of the API. Raises InvalidArgument (PATH_INVALID) when it is malformed or names no pool."""
    parts = safe_parts(path)
    match parts:
        case ["resources", *rest]:
            return Location(Pool.RESOURCES, "resources", "/".join(rest))
        case ["projects", project, "stages", stage, "workspace", *rest]:
            root = stage_root(ProjectId(project), StageId(stage)) + "/workspace"
            return Location(Pool.STAGE_WORKSPACE, root, "/".join(rest), ProjectId(project), StageId(stage))
        case ["projects", project, "stages", stage, "output", *rest]:
            root = stage_root(ProjectId(project), StageId(stage)) + "/output"
            return Location(Pool.STAGE_OUTPUT, root, "/".join(rest), ProjectId(project), StageId(stage))
        case ["projects", project, "stages", stage, "log"]:
            root = stage_root(ProjectId(project), StageId(stage))
            return Location(Pool.STAGE_LOG, root, "log", ProjectId(project), StageId(stage))
        case ["projects", project, ("input" | "workspace") as pool, *rest]:
            return Location(Pool(pool), f"projects/{project}/{pool}", "/".join(rest), ProjectId(project))
        case ["projects", project, "output", *rest]:
            # Its root is the project: the links in output/ lead beside it, and never out of the project.
            relative = "/".join(["output", *rest])
            return Location(Pool.OUTPUT, f"projects/{project}", relative, ProjectId(project))
        case _:
            raise InvalidArgument(
                f"No files live at {path!r}",
                reason="PATH_INVALID",
                subject=path,
                hint="Paths begin with resources/, projects/PROJECT/input|workspace|output/ or "
                "projects/PROJECT/stages/STAGE/workspace|output/",
            )


def safe_parts(path: str) -> list[str]:
    """The parts of a relative path. Raises InvalidArgument (PATH_INVALID) for absolute, `..`, NUL, not UTF-8, too long."""
    problem = _problem(path)
    if problem:
        raise InvalidArgument(
            f"The path {path!r} {problem}",
            reason="PATH_INVALID",
            subject=path,
            hint="Use a relative path with '/' between names",
        )
    return [part for part in path.split("/") if part not in ("", ".")]


def _problem(path: str) -> str:
    if "\0" in path:
        return "contains a NUL character"
    try:
        encoded = path.encode()
    except UnicodeEncodeError:
        return "is not valid UTF-8"
    if path.startswith("/"):
        return "is absolute"
    if len(encoded) > PATH_MAX:
        return f"is longer than {PATH_MAX} bytes"
    for part in path.split("/"):
        if part == "..":
            return "leads upwards ('..')"
        if len(part.encode()) > NAME_MAX:
            return f"has a name longer than {NAME_MAX} bytes"
    return ""


def project_root(project: ProjectId) -> str:
    return f"projects/{project}"


def history_root(project: ProjectId) -> str:
    """Where the records of what ended long ago are kept."""
    return f"projects/{project}/history"


def bases_root(project: ProjectId) -> str:
    """Where the copies lie that layers lie on."""
    return f"projects/{project}/bases"


def stage_root(project: ProjectId, stage: StageId) -> str:
    return f"projects/{project}/stages/{stage}"


def workspace_path(project: ProjectId, workspace: WorkspaceId) -> str:
    """The directory of a workspace; the zeroth one for ""."""
    if not workspace:
        return f"projects/{project}/workspace"
    return f"{stage_root(project, StageId(workspace))}/workspace"


def output_link(project: ProjectId, definition: DefinitionName) -> str:
    """Where a definition's published output is found."""
    return f"projects/{project}/output/{definition}"


def plan_workspace(
    stage: Stage, parent: Stage | None, joined: Mapping[DefinitionName, Stage | None] | None = None
) -> WorkspacePlan:
    """What to prepare for `stage`, whose parent is `parent` (None: the zeroth workspace is its source)."""
    root = stage_root(stage.project, stage.id)
    source_workspace = parent.workspace if parent else WorkspaceId("")
    in_place = str(stage.workspace) != stage.id
    empty = stage.definition.workspace is WorkspaceMode.EMPTY or in_place
    return WorkspacePlan(
        stage=stage.id,
        project=stage.project,
        target=workspace_path(stage.project, stage.workspace),
        source=None if empty else workspace_path(stage.project, source_workspace),
        output=f"{root}/output",
        log=f"{root}/log",
        in_place=in_place,
        source_stage=None if empty or parent is None else parent.id,
        layered=stage.definition.workspace is WorkspaceMode.LAYERED and not in_place,
        joined=tuple(
            (name, workspace_path(other.project, other.workspace))
            for name, other in sorted((joined or {}).items())
            if other is not None
        ),
    )
