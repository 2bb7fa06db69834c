"""Resource names are built and read by one grammar; whatever else somebody sends is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winslow.errors import InvalidArgument
from winslow.wire import names

IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", fullmatch=True)
PARSERS: list[Callable[[str], object]] = [
    names.parse_pipeline,
    names.parse_project,
    names.parse_projects,
    names.parse_run,
    names.parse_stage,
    names.parse_any_stage,
    names.parse_sweep,
    names.parse_comment,
    names.parse_node,
    names.parse_upload,
    names.parse_user,
]


@given(IDS, IDS, st.integers(0, 10**12))
def test_a_name_that_was_built_is_read_back(one: str, other: str, number: int) -> None:
    assert names.parse_pipeline(names.pipeline(one)) == (one, None)
    assert names.parse_pipeline(names.pipeline(one, number)) == (one, number)
    assert names.parse_project(names.project(one)) == one
    assert names.parse_run(names.run(one, other)) == (one, other)
    assert names.parse_stage(names.stage(one, other)) == (one, other)
    assert names.parse_sweep(names.sweep(one, other)) == (one, other)
    assert names.parse_comment(names.comment(one, other, number)) == (one, other, number)
    assert names.parse_node(names.node(one)) == one
    assert names.parse_upload(names.upload(one)) == one
    assert names.parse_user(names.user(one)) == one


def test_a_dash_stands_for_any_project_where_that_is_enough() -> None:
    assert names.parse_projects("projects/-") is None
    assert names.parse_projects("projects/p") == "p"
    assert names.parse_any_stage("projects/-/stages/s") == "s"
    assert names.parse_any_stage("projects/p/stages/s") == "s"
    with pytest.raises(InvalidArgument):
        names.parse_stage("projects/-/stages/s")


BAD = [
    "",
    "/",
    "projects",
    "projects/",
    "projects/..",
    "projects/a/stages/",
    "projects/a b",
    "projects/a\n",
    "projects/é",
    "Projects/a",
    "projects/a/runs/b/",
    "/projects/a",
    "pipelines/a/versions/x",
    "pipelines/a/versions/-1",
    "pipelines/a/versions/²",
    "pipelines/a/versions/" + "9" * 5000,
    "projects/p/runs/r/comments/one",
    "projects/" + "a" * 129,
    "projects/a/b/c/d/e",
    "projects/-/stages/../x",
    "projects/-/stages/-",
]


@pytest.mark.parametrize("name", BAD, ids=lambda name: repr(name)[:30])
@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__name__)
def test_no_parser_takes_a_bad_name(parse: Callable[[str], object], name: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse(name)
    assert (caught.value.reason, caught.value.subject) == ("RESOURCE_NAME_INVALID", name)
    assert caught.value.hint


@pytest.mark.parametrize("id_", ["", "-", "a/b", "..", "a" * 129])
def test_no_name_is_built_of_what_would_not_be_read_back(id_: str) -> None:
    with pytest.raises(InvalidArgument):
        names.stage("p", id_)
    with pytest.raises(InvalidArgument):
        names.stage(id_, "s")
