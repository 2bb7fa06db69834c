"""Paths of the API: what they name, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winslow.domain.layout import Pool, parse, plan_workspace
from winslow.domain.mounts import Mounted, mounts_of
from winslow.domain.pipeline import DefinitionName, StageDefinition, WorkspaceMode
from winslow.domain.stage import ProjectId, RunId, Stage, StageId, WorkspaceId
from winslow.errors import InvalidArgument


@pytest.mark.parametrize(
    ("path", "pool", "root", "relative"),
    [
        ("resources/models/a.pt", Pool.RESOURCES, "resources", "models/a.pt"),
        ("projects/p/input", Pool.INPUT, "projects/p/input", ""),
        ("projects/p/workspace/x//y/.", Pool.WORKSPACE, "projects/p/workspace", "x/y"),
        ("projects/p/output/track/map.png", Pool.OUTPUT, "projects/p", "output/track/map.png"),
        ("projects/p/stages/s-1/workspace/f", Pool.STAGE_WORKSPACE, "projects/p/stages/s-1/workspace", "f"),
        ("projects/p/stages/s-1/output", Pool.STAGE_OUTPUT, "projects/p/stages/s-1/output", ""),
        ("projects/p/stages/s-1/log", Pool.STAGE_LOG, "projects/p/stages/s-1", "log"),
    ],
)
def test_a_path_names_its_pool(path: str, pool: Pool, root: str, relative: str) -> None:
    found = parse(path)
    assert (found.pool, found.root, found.relative) == (pool, root, relative)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "projects",
        "projects/p",
        "projects/p/stages",
        "projects/p/secrets/x",
        "resources/../projects/p/input",
        "projects/p/input/../../q/input/f",
        "resources/a\0b",
        "resources/\ud800",
        "resources/" + "x" * 256,
        "resources/" + "x/" * 3000,
    ],
)
def test_malformed_and_unknown_paths_are_refused(path: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        parse(path)
    assert raised.value.reason == "PATH_INVALID"


def test_only_the_users_pools_may_be_changed() -> None:
    assert parse("projects/p/input/f").writable and parse("resources/f").writable
    assert not parse("projects/p/stages/s/workspace/f").writable
    assert not parse("projects/p/output/a/f").writable


@given(st.text(max_size=60))
def test_no_text_gets_past_its_root(text: str) -> None:
    try:
        found = parse(f"projects/p/input/{text}")
    except InvalidArgument:
        return
    assert found.root == "projects/p/input"
    assert ".." not in found.relative.split("/") and not found.relative.startswith("/")


def staged(id_: str, mode: WorkspaceMode, **fields: object) -> Stage:
    definition = StageDefinition(DefinitionName("d"), image="i", workspace=mode)
    made = Stage(StageId(id_), ProjectId("p"), RunId("r"), definition, 1, 0.0, "ann", workspace=WorkspaceId(id_))
    return replace(made, **fields)  # type: ignore[arg-type]


def test_a_layered_workspace_lies_on_its_parents_and_is_not_filled() -> None:
    parent = staged("a", WorkspaceMode.COPY)
    plan = plan_workspace(staged("b", WorkspaceMode.LAYERED), parent)
    assert (plan.layered, plan.source, plan.target) == (
        True,
        "projects/p/stages/a/workspace",
        "projects/p/stages/b/workspace",
    )
    assert not plan_workspace(staged("b", WorkspaceMode.COPY), parent).layered
    # As an older node may have recorded it: it works in its parent's directory.
    assert not plan_workspace(staged("b", WorkspaceMode.LAYERED, workspace=WorkspaceId("a")), parent).layered


def test_a_container_sees_what_is_mounted_where_it_is_mounted_and_the_rest_on_the_volume() -> None:
    one, two = DefinitionName("one"), DefinitionName("two")
    joined = {
        two: staged("t", WorkspaceMode.LAYERED),
        one: staged("o", WorkspaceMode.COPY),
        DefinitionName("none"): None,
    }
    plan = plan_workspace(staged("b", WorkspaceMode.LAYERED), None, joined)
    mounted = Mounted("/scratch/b/merged", {two: "/scratch/b/views/two"})
    seen = {
        mount.target: (mount.source, mount.read_only) for mount in mounts_of(plan, mounted, lambda path: f"/v/{path}")
    }
    assert seen == {
        "/workspace": ("/scratch/b/merged", False),
        "/output": ("/v/projects/p/stages/b/output", False),
        "/input": ("/v/projects/p/input", True),
        "/resources": ("/v/resources", True),
        "/parents/one": ("/v/projects/p/stages/o/workspace", True),
        "/parents/two": ("/scratch/b/views/two", True),
    }
