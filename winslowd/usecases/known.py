"""Finding what a person named, or saying what they may have meant.

Every use case looks its subjects up here, so that a misspelt name gets the same help everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from heapq import nlargest
from os.path import commonprefix

from winslow.domain.branching import require_pipeline
from winslow.domain.pipeline import DefinitionName, PipelineRecord, StageDefinition
from winslow.domain.project import Project, Run, Sweep
from winslow.domain.records import Kind, Ref, pipeline_ref, pipeline_version_ref
from winslow.domain.stage import Stage
from winslow.domain.view import View
from winslow.errors import FailedPrecondition, InvalidArgument, NotFound

COMPARED = 500
"""Names that one is compared with, at most."""
ANY = "-"
"""Stands for whichever project in a stage's name, and for all where one is named among many."""


def project(view: View, id_: str) -> Project:
    """Raises NotFound (PROJECT_UNKNOWN)."""
    found = view.project(id_)
    if found is None:
        raise _unknown("project", id_, f"projects/{id_}", _near_projects(view, id_), "winslowctl project list")
    return found


def lasting_project(view: View, id_: str) -> Project:
    """A project that may still be changed. Raises NotFound (PROJECT_UNKNOWN), FailedPrecondition (PROJECT_DELETING)."""
    found = project(view, id_)
    if found.deleting:
        raise FailedPrecondition(
            f"{id_} is being deleted",
            reason="PROJECT_DELETING",
            subject=f"projects/{id_}",
            hint="Make a new project; this one will be gone soon",
        )
    return found


def quota_at(view: View, path: str) -> int:
    """Bytes that the project of a path of the API may take, 0 for none; also where the path is no project's."""
    _, _, rest = path.partition("projects/")
    found = view.project(rest.partition("/")[0])
    return found.quota if found else 0


def run(view: View, project_id: str, id_: str) -> Run:
    """Raises NotFound (PROJECT_UNKNOWN, RUN_UNKNOWN)."""
    found = view.run(project_id, id_)
    if found is None:
        project(view, project_id)
        have = [str(one.id) for one in reversed(view.runs_of(project_id))]
        name = f"projects/{project_id}/runs/{id_}"
        raise _unknown("run", id_, name, have[:3], f"winslowctl run list {project_id}")
    return found


def stage(view: View, project_id: str, id_: str) -> Stage:
    """A stage; its project may be `-`. Raises NotFound (PROJECT_UNKNOWN, STAGE_UNKNOWN)."""
    found = view.stage(id_)
    if found is not None and project_id in (ANY, found.project):
        return found
    name = f"projects/{project_id}/stages/{id_}"
    if project_id == ANY:
        raise _unknown("stage", id_, name, [], "winslowctl status PROJECT")
    project(view, project_id)
    have = [str(one.id) for one in view.stages_of(project_id)]
    raise _unknown("stage", id_, name, alike(id_, have), f"winslowctl status {project_id}")


def sweep(view: View, project_id: str, id_: str) -> Sweep:
    """Raises NotFound (PROJECT_UNKNOWN, SWEEP_UNKNOWN)."""
    found = view.get(Ref(Kind.SWEEP, f"{project_id}/{id_}"))
    if found is None:
        project(view, project_id)
        have = [key.partition("/")[2] for key in view.all(Kind.SWEEP) if key.startswith(f"{project_id}/")]
        name = f"projects/{project_id}/sweeps/{id_}"
        raise _unknown("sweep", id_, name, have[-3:], f"winslowctl sweep list {project_id}")
    assert isinstance(found.value, Sweep)
    return found.value


def pipeline(view: View, id_: str, version: int | None = None) -> PipelineRecord:
    """The latest version, or the one asked for. Raises NotFound (PIPELINE_UNKNOWN, PIPELINE_VERSION_UNKNOWN)."""
    latest = view.get(pipeline_ref(id_))
    if latest is None:
        near = alike(id_, view.all(Kind.PIPELINE))
        raise _unknown("pipeline", id_, f"pipelines/{id_}", near, "winslowctl pipeline list")
    assert isinstance(latest.value, PipelineRecord)
    if version is None or version == latest.value.version:
        return latest.value
    found = view.get(pipeline_version_ref(id_, version))
    if found is None:
        raise NotFound(
            f"{id_} has no version {version}",
            reason="PIPELINE_VERSION_UNKNOWN",
            subject=f"pipelines/{id_}/versions/{version}",
            hint=f"Its latest version is {latest.value.version}",
        )
    assert isinstance(found.value, PipelineRecord)
    return found.value


def definition(of: Project, name: str) -> StageDefinition:
    """Raises InvalidArgument (DEFINITION_UNKNOWN), FailedPrecondition (PIPELINE_MISSING)."""
    require_pipeline(of)
    found = of.pipeline.stage(name)
    if found is None:
        have = ", ".join(one.name for one in of.pipeline.stages)
        raise InvalidArgument(
            f"{of.id} has no stage definition called {name!r}",
            reason="DEFINITION_UNKNOWN",
            subject=f"projects/{of.id}",
            hint=f"Its pipeline has: {have}",
        )
    return found


def definition_name(of: Project, name: str) -> DefinitionName:
    """The same, for its name alone."""
    return definition(of, name).name


def _unknown(what: str, id_: str, subject: str, near: Sequence[str], otherwise: str) -> NotFound:
    hint = f"Did you mean {' or '.join(near)}?" if near else f"See what there is with: {otherwise}"
    return NotFound(f"There is no {what} {id_!r}", reason=f"{what.upper()}_UNKNOWN", subject=subject, hint=hint)


def _near_projects(view: View, id_: str) -> list[str]:
    """By id, by an id without its tail, or by the name that people see."""
    by_id = alike(id_, view.all(Kind.PROJECT))
    named = [
        key
        for key, found in view.all(Kind.PROJECT).items()
        if isinstance(found.value, Project) and (found.value.name.lower() == id_.lower() or key.startswith(f"{id_}-"))
    ]
    return list(dict.fromkeys([*named, *by_id]))[:3]


def alike(id_: str, have: Iterable[str]) -> list[str]:
    """What may have been meant, up to three. Of very many, those are compared that begin alike: all would take a quarter of a second."""
    ids = list(have)
    if len(ids) > COMPARED:
        ids = nlargest(COMPARED, ids, key=lambda one: len(commonprefix((one, id_))))  # noqa: RUF071 - characters are meant
    return get_close_matches(id_, ids, n=3, cutoff=0.6)
