"""What people give, checked before anything is decided on it: names, tags, variables, overrides.

Each function returns what is to be kept, or raises InvalidArgument with a reason and what to do instead.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace

from winslow.domain import graph
from winslow.domain.definition import check_definition, variable_problem
from winslow.domain.pipeline import DefinitionName, Pipeline, StageDefinition
from winslow.domain.progress import overridden
from winslow.domain.project import Override, Project
from winslow.errors import InvalidArgument
from winslowd.usecases import known

NAME_MAX = 200
TAG_MAX = 63
TEXT_MAX = 20_000
REQUEST_ID_MAX = 128
LIMIT_MAX = 100_000
"""Stages that a user, a project or a node may have at a time; more is no limit."""
PRIORITY_MAX = 100


def display_name(text: str) -> str:
    """Of a project: one line that is not empty (NAME_INVALID)."""
    name = text.strip()
    if not name or len(name) > NAME_MAX or not name.isprintable():
        raise InvalidArgument(
            f"{text[:80]!r} cannot name a project",
            reason="NAME_INVALID",
            subject="display_name",
            hint=f"Give it one line of 1 to {NAME_MAX} characters",
        )
    return name


def text(of: str, value: str) -> str:
    """Longer text, of several lines perhaps (TEXT_INVALID)."""
    if len(value) > TEXT_MAX or "\0" in value:
        raise InvalidArgument(
            f"The {of} is longer than {TEXT_MAX} characters, or has a NUL character",
            reason="TEXT_INVALID",
            subject=of,
            hint="Shorten it, or put it into a file of the project",
        )
    return value


def words(of: str, values: Iterable[str]) -> frozenset[str]:
    """Tags or participants: short words or phrases, no commas (TAG_INVALID)."""
    kept = frozenset(value.strip() for value in values)
    for value in kept:
        if not value or len(value) > TAG_MAX or not value.isprintable() or "," in value:
            raise InvalidArgument(
                f"{value[:80]!r} cannot be one of the {of}",
                reason="TAG_INVALID",
                subject=of,
                hint=f"Use 1 to {TAG_MAX} characters without commas",
            )
    return kept


def limit(of: str, stages: int) -> int:
    """How many stages at a time, 0 for as many as fit (LIMIT_INVALID)."""
    if not 0 <= stages <= LIMIT_MAX:
        raise InvalidArgument(
            f"{stages} is not a number of stages",
            reason="LIMIT_INVALID",
            subject=of,
            hint=f"Give 1 to {LIMIT_MAX}, or 0 for as many as fit",
        )
    return stages


def priority(value: int) -> int:
    """Of a project (PRIORITY_INVALID)."""
    if not -PRIORITY_MAX <= value <= PRIORITY_MAX:
        raise InvalidArgument(
            f"{value} is not a priority",
            reason="PRIORITY_INVALID",
            subject="priority",
            hint=f"Give -{PRIORITY_MAX} to {PRIORITY_MAX}; 0 is what a project has unless told otherwise",
        )
    return value


def quota(size: int) -> int:
    """Of a project, in bytes; 0 for none (QUOTA_INVALID)."""
    if not 0 <= size < 1 << 63:
        raise InvalidArgument(
            f"{size} bytes are no quota",
            reason="QUOTA_INVALID",
            subject="quota",
            hint="Give a number that is not negative; 0 is no limit",
        )
    return size


def slug(name: str) -> str:
    """A name as a part of an id: small ASCII letters, digits and single hyphens, at most 40 characters; "project" for nothing."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].rstrip("-") or "project"


def new_id(of: str, id_: str) -> str:
    """An id that somebody chose (ID_INVALID)."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,61}[a-z0-9]?", id_):
        raise InvalidArgument(
            f"{id_[:80]!r} cannot be the id of a {of}",
            reason="ID_INVALID",
            subject=id_[:80],
            hint="Use at most 63 small letters, digits and hyphens, or leave it out",
        )
    return id_


def environment(values: Mapping[str, str]) -> dict[str, str]:
    """Variables that a person may set (VARIABLE_NAME_INVALID, VARIABLE_RESERVED, TEXT_INVALID)."""
    for name, value in values.items():
        if problem := variable_problem(name):
            raise InvalidArgument(problem[1], reason=problem[0], subject=name, hint="Choose another name")
        text(f"value of {name}", value)
    return dict(values)


def overrides(of: Project, given: Mapping[DefinitionName, Override]) -> dict[DefinitionName, Override]:
    """Changes of definitions that the project has, each of which leaves a definition that makes sense (OVERRIDE_INVALID)."""
    for name, change in given.items():
        override(known.definition(of, name), change)
    return dict(given)


def override(definition: StageDefinition, change: Override) -> Override:
    """A change of one definition (OVERRIDE_INVALID, VARIABLE_NAME_INVALID, VARIABLE_RESERVED)."""
    environment(change.environment)
    faults = list(check_definition(overridden(definition, change), ()))
    if faults:
        raise InvalidArgument(
            f"{definition.name} cannot be changed like that: " + "; ".join(str(fault) for fault in faults[:5]),
            reason="OVERRIDE_INVALID",
            subject=definition.name,
            hint="Leave out what shall stay as it is defined",
            metadata={"path": graph.show_path(faults[0].path), "fault": faults[0].reason},
        )
    return change


def pipeline(of: Pipeline) -> Pipeline:
    """A pipeline that can be run (PIPELINE_INVALID)."""
    graph.require(of)
    return of


def configured(definition: StageDefinition, change: Override, unset: Iterable[str]) -> StageDefinition:
    """The definition with a change for good, and without the variables in `unset`."""
    override(definition, change)
    kept = {name: value for name, value in definition.environment.items() if name not in frozenset(unset)}
    return replace(overridden(definition, change), environment={**kept, **change.environment})
