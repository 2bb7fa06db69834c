"""What is seen through layers, how deep chains stay shallow, and which layer may go: decided without a file system."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winslow.domain.layers import (
    MOST_LAYERS,
    Chain,
    Found,
    Kind,
    Overlaid,
    footing,
    overlaid,
    require_unneeded,
    seen,
    standing_on,
    taken_in,
)
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import FailedPrecondition

FILE, LINK, WHITEOUT = Found(Kind.FILE), Found(Kind.SYMLINK), Found(Kind.WHITEOUT)
DIRECTORY, OPAQUE = Found(Kind.DIRECTORY), Found(Kind.DIRECTORY, opaque=True)
PROJECT = ProjectId("p")
ENTRIES = st.sampled_from((None, FILE, LINK, WHITEOUT, DIRECTORY, OPAQUE))


@pytest.mark.parametrize(
    ("found", "whole"),
    [
        ([], Overlaid((), covers=False)),
        ([None, None], Overlaid((), covers=False)),
        ([None, FILE, DIRECTORY], Overlaid((1,), covers=True)),
        ([WHITEOUT, FILE], Overlaid((), covers=True)),
        ([DIRECTORY, None, DIRECTORY], Overlaid((0, 2), covers=False)),
        ([DIRECTORY, OPAQUE, DIRECTORY], Overlaid((0, 1), covers=True)),
        ([DIRECTORY, LINK, DIRECTORY], Overlaid((0,), covers=True)),
        ([DIRECTORY, WHITEOUT, DIRECTORY], Overlaid((0,), covers=True)),
    ],
)
def test_a_name_is_seen_as_the_kernel_shows_it(found: list[Found | None], whole: Overlaid) -> None:
    assert overlaid(found) == whole


@given(st.lists(ENTRIES, max_size=6), st.integers(0, 6))
def test_layers_merged_into_one_show_the_same(found: list[Found | None], cut: int) -> None:
    """Whatever run of layers is replaced by what it shows and what it covers, the whole shows the same."""
    upper, lower = found[:cut], found[cut:]
    top = overlaid(upper)
    merged: Found | None = None
    if top.layers:
        first = upper[top.layers[0]]
        assert first is not None
        merged = Found(first.kind, opaque=first.kind is Kind.DIRECTORY and top.covers)
    elif top.covers:
        merged = WHITEOUT
    whole, again = overlaid(found), overlaid([merged, *lower])
    assert again.covers == whole.covers
    assert {layer for layer in whole.layers if layer >= len(upper)} == {
        layer - 1 + len(upper) for layer in again.layers if layer
    }


def test_a_deleted_name_is_not_listed_and_the_topmost_kind_counts() -> None:
    listings = [{"gone": Kind.WHITEOUT, "b": Kind.FILE}, {"gone": Kind.FILE, "b": Kind.DIRECTORY, "a": Kind.SYMLINK}]
    assert seen(listings) == {"b": Kind.FILE, "a": Kind.SYMLINK}


@given(st.integers(1, 60))
def test_no_chain_is_deeper_than_its_limit_and_nothing_is_lost(generations: int) -> None:
    chain = Chain("base")
    holds: dict[StageId, set[int]] = {}
    for number in range(generations):
        stage, ground = StageId(f"s{number}"), footing(chain)
        holds[stage] = {number}.union(*(holds[taken] for taken in taken_in(chain, ground)))
        chain = ground.under(stage)
        assert chain.base == "base"
        assert len(chain.layers) <= MOST_LAYERS
        assert set().union(*(holds[layer] for layer in chain.layers)) == set(range(number + 1))


def test_a_layer_is_merged_once_in_as_many_generations_as_a_chain_is_long() -> None:
    chain, merged = Chain("base"), 0
    for number in range(101):
        ground = footing(chain, 10)
        merged += ground != chain
        chain = ground.under(StageId(f"s{number}"))
    assert merged == 10


CHAINS = {
    StageId("root"): Chain(""),
    StageId("one"): Chain("projects/p/stages/root/workspace"),
    StageId("two"): Chain("projects/p/stages/root/workspace", (StageId("one"),)),
    StageId("other"): Chain("projects/p/stages/rooted/workspace", (StageId("one-more"),)),
}


def test_a_workspace_that_others_are_seen_through_may_not_go() -> None:
    assert standing_on(PROJECT, StageId("root"), CHAINS) == ("one", "two")
    assert standing_on(PROJECT, StageId("one"), CHAINS) == ("two",)
    with pytest.raises(FailedPrecondition, match="2 workspaces stand on that of 'root': one, two") as refused:
        require_unneeded(PROJECT, [StageId("root")], CHAINS)
    assert refused.value.reason == "LAYER_IN_USE"


def test_what_nothing_stands_on_may_go_and_so_may_all_together() -> None:
    require_unneeded(PROJECT, [StageId("two"), StageId("other")], CHAINS)
    require_unneeded(PROJECT, [StageId("root"), StageId("one"), StageId("two")], CHAINS)
