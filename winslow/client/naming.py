"""Names as scripts write them: a bare id will do where the contract wants a whole resource name.

It never needs to know whether the resource exists. Every function raises InvalidArgument (RESOURCE_NAME_INVALID).
"""

from __future__ import annotations

from winslow.wire import names


def project(text: str) -> str:
    """`traffic` or `projects/traffic`."""
    return text if text == "projects/-" else names.project(text.removeprefix("projects/"))


def pipeline(text: str) -> str:
    """`traffic`, `traffic@3`, `pipelines/traffic` or `pipelines/traffic/versions/3`."""
    id_, at, version = text.removeprefix("pipelines/").partition("@")
    whole = f"pipelines/{id_}/versions/{version}" if at else f"pipelines/{id_}"
    parsed = names.parse_pipeline(whole)
    return names.pipeline(*parsed)


def node(text: str) -> str:
    """`node-1` or `nodes/node-1`."""
    return names.node(text.removeprefix("nodes/"))


def stage(text: str) -> str:
    """`detect-1-1-x7k2` or `projects/P/stages/S`; P is `-` where it was not given."""
    if "/" not in text:
        names.stage("any", text)
        return f"projects/{names.ANY}/stages/{text}"
    names.parse_any_stage(text)
    return text


def run(text: str) -> str:
    """`projects/P/runs/R`; R may be `-` where the method takes all of them."""
    parent, runs, id_ = text.partition("/runs/")
    if id_ != names.ANY:
        names.parse_run(text)
    return f"{project(parent)}{runs}{id_}"


def sweep(text: str) -> str:
    """`projects/P/sweeps/W`."""
    return names.sweep(*names.parse_sweep(text))


def last(name: str) -> str:
    """The last id of a resource name: what people call it."""
    return name.rpartition("/")[2]


def project_of(name: str) -> str:
    """`projects/P` of anything in a project."""
    return "/".join(name.split("/")[:2])
