"""Paths of the API: what they name, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winslow.domain.layout import Pool, parse
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
