"""Resource names, `projects/P/stages/S`: built and taken apart here and nowhere else.

It never needs to know whether the resource exists. Every function raises InvalidArgument (RESOURCE_NAME_INVALID).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from winslow.domain.pipeline import PipelineId
from winslow.domain.project import SweepId
from winslow.domain.savedview import ViewId
from winslow.domain.stage import NodeId, ProjectId, RunId, StageId
from winslow.domain.subscription import SubscriptionId
from winslow.errors import InvalidArgument

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_STAGE = ("projects", "stages")
_RUN = ("projects", "runs")
ANY = "-"
"""Stands for whichever project, where a name's last part says enough."""
GLOBAL_ENVIRONMENT = "globalEnvironment"
LIMITS = "limits"
RETENTION = "retentionPolicy"
"""The cluster's, and with a project before it the project's."""
ELECTION = "election"
"""Each stage has one."""


class PipelineName(NamedTuple):
    """`version` is None for the latest one."""

    pipeline: PipelineId
    version: int | None = None


class RunName(NamedTuple):
    project: ProjectId
    run: RunId


class StageName(NamedTuple):
    project: ProjectId
    stage: StageId


class SweepName(NamedTuple):
    project: ProjectId
    sweep: SweepId


class CommentName(NamedTuple):
    project: ProjectId
    run: RunId
    number: int


def pipeline(pipeline: str, version: int | None = None) -> str:
    ids = _checked("pipelines", pipeline)
    return ids if version is None else f"{ids}/versions/{version}"


def project(project: str) -> str:
    return _checked("projects", project)


def run(project: str, run: str) -> str:
    return _checked("projects", project, "runs", run)


def stage(project: str, stage: str) -> str:
    return _checked("projects", project, "stages", stage)


def election(project: str, stage: str) -> str:
    return f"{_checked('projects', project, 'stages', stage)}/{ELECTION}"


def sweep(project: str, sweep: str) -> str:
    return _checked("projects", project, "sweeps", sweep)


def retention(project: str | None) -> str:
    return RETENTION if project is None else f"{_checked('projects', project)}/{RETENTION}"


def comment(project: str, run: str, number: int) -> str:
    return _checked("projects", project, "runs", run, "comments", str(number))


def node(node: str) -> str:
    return _checked("nodes", node)


def upload(upload: str) -> str:
    return _checked("uploads", upload)


def user(user: str) -> str:
    return _checked("users", user)


def subscription(subscription: str) -> str:
    return _checked("subscriptions", subscription)


def view(view: str) -> str:
    return _checked("views", view)


def parse_pipeline(name: str) -> PipelineName:
    """Reads `pipelines/L` and `pipelines/L/versions/3`."""
    if "/versions/" not in name:
        (pipeline_id,) = _ids(name, ("pipelines",))
        return PipelineName(PipelineId(pipeline_id))
    pipeline_id, version = _ids(name, ("pipelines", "versions"))
    return PipelineName(PipelineId(pipeline_id), _number(name, version))


def parse_project(name: str) -> ProjectId:
    (project_id,) = _ids(name, ("projects",))
    return ProjectId(project_id)


def parse_projects(name: str) -> ProjectId | None:
    """Reads the parent of a list: a project, or `projects/-` for all of them (None)."""
    return None if name == f"projects/{ANY}" else parse_project(name)


def parse_run(name: str) -> RunName:
    project_id, run_id = _ids(name, _RUN)
    return RunName(ProjectId(project_id), RunId(run_id))


def parse_stage(name: str) -> StageName:
    project_id, stage_id = _ids(name, _STAGE)
    return StageName(ProjectId(project_id), StageId(stage_id))


def parse_any_stage(name: str) -> StageId:
    """Reads a stage's name in which the project may be `-`: a stage's id is unique in the cluster."""
    prefix = f"projects/{ANY}/stages/"
    if not name.startswith(prefix):
        return parse_stage(name).stage
    stage_id = name.removeprefix(prefix)
    if not _ID.fullmatch(stage_id):
        raise _invalid(name, ("projects", "stages"))
    return StageId(stage_id)


def parse_sweep(name: str) -> SweepName:
    project_id, sweep_id = _ids(name, ("projects", "sweeps"))
    return SweepName(ProjectId(project_id), SweepId(sweep_id))


def parse_comment(name: str) -> CommentName:
    project_id, run_id, number = _ids(name, ("projects", "runs", "comments"))
    return CommentName(ProjectId(project_id), RunId(run_id), _number(name, number))


def parse_retention(name: str) -> ProjectId | None:
    """Reads `retentionPolicy`, the cluster's (None), and `projects/P/retentionPolicy`."""
    if name == RETENTION:
        return None
    project, slash, last = name.rpartition("/")
    if not slash or last != RETENTION:
        raise _invalid(name, ("projects",))
    return parse_project(project)


def parse_node(name: str) -> NodeId:
    (node_id,) = _ids(name, ("nodes",))
    return NodeId(node_id)


def parse_upload(name: str) -> str:
    (upload_id,) = _ids(name, ("uploads",))
    return upload_id


def parse_user(name: str) -> str:
    (user_id,) = _ids(name, ("users",))
    return user_id


def parse_view(name: str) -> ViewId:
    (view_id,) = _ids(name, ("views",))
    return ViewId(view_id)


def parse_subscription(name: str) -> SubscriptionId:
    (subscription_id,) = _ids(name, ("subscriptions",))
    return SubscriptionId(subscription_id)


def _checked(*parts: str) -> str:
    name = "/".join(parts)
    if not all(_ID.fullmatch(id_) for id_ in parts[1::2]):
        raise _invalid(name, parts[::2])
    return name


@lru_cache(maxsize=4096)
def _ids(name: str, collections: tuple[str, ...]) -> tuple[str, ...]:
    """Each id is there once, however many names it is in: a daemon has a cluster's in memory. A stage is named by those beside it."""
    found = _shape(collections).fullmatch(name)
    if found is None:
        raise _invalid(name, collections)
    return tuple(map(sys.intern, found.groups()))


@cache
def _shape(collections: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("/".join(f"{collection}/({_ID.pattern})" for collection in collections))


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InvalidArgument(
            f"{name!r} is not a resource name",
            reason="RESOURCE_NAME_INVALID",
            subject=name,
            hint=f"Its last part, {text!r}, must be a whole number",
        )
    return int(text)


def _invalid(name: str, collections: Sequence[str]) -> InvalidArgument:
    shape = "/".join(f"{collection}/{collection.removesuffix('s').upper()}" for collection in collections)
    return InvalidArgument(
        f"{name!r} is not a resource name",
        reason="RESOURCE_NAME_INVALID",
        subject=name,
        hint=f"Write {shape}; the parts in capitals have at most 128 letters, digits, '.', '_' and '-'",
    )
