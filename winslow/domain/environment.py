"""The environment of a stage: four layers, and what a person gave just before submission.

A stage records each variable's value and the layer it came from. Global is overridden by pipeline, pipeline by
stage, stage by what was given at submission; WINSLOW_* belongs to Winslow and nobody overrides it.
"""

from __future__ import annotations

from collections.abc import Mapping

from winslow.domain.pipeline import Pipeline, StageDefinition
from winslow.domain.project import Project, Run
from winslow.domain.stage import Layer, StageId, Variable


def resolve(
    globals_: Mapping[str, str],
    pipeline: Pipeline,
    definition: StageDefinition,
    submission: Mapping[str, str],
    internal: Mapping[str, str] | None = None,
) -> tuple[Variable, ...]:
    """Every variable once, sorted by name, with its value and the layer that set it."""
    layers = (
        (Layer.GLOBAL, globals_),
        (Layer.PIPELINE, pipeline.environment),
        (Layer.STAGE, definition.environment),
        (Layer.SUBMISSION, submission),
        (Layer.INTERNAL, internal or {}),
    )
    found = {name: Variable(name, value, layer) for layer, values in layers for name, value in values.items()}
    return tuple(found[name] for name in sorted(found))


def missing(definition: StageDefinition, variables: tuple[Variable, ...]) -> tuple[str, ...]:
    """Required variables that have no value, or an empty one."""
    given = {variable.name for variable in variables if variable.value}
    return tuple(name for name in definition.user_input.variables if name not in given)


def internal(
    project: Project, run: Run, definition: StageDefinition, stage: StageId, attempt: int, parent: StageId | None
) -> dict[str, str]:
    """What Winslow tells the stage about itself."""
    return {
        "WINSLOW_PROJECT": project.id,
        "WINSLOW_PROJECT_NAME": project.name,
        "WINSLOW_RUN": run.id,
        "WINSLOW_STAGE": stage,
        "WINSLOW_DEFINITION": definition.name,
        "WINSLOW_ATTEMPT": str(attempt),
        "WINSLOW_PARENT": parent or "",
        "WINSLOW_CPUS": f"{definition.resources.cpus:g}",
        "WINSLOW_MEMORY": str(definition.resources.memory),
    }
