"""What is told of layers without a mount is what the kernel's overlay of them shows, whatever was done to them."""

from __future__ import annotations

import errno
import os
import random
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from storage.beneath import held, open_file, open_path
from storage.layers import Layer, Stack
from storage.stop import Stop
from tests.overlays import (
    BASE,
    NAMES,
    PROJECT,
    Tree,
    Workplace,
    require_mounts,
    resolved,
    scramble,
    walked,
    without_special,
    workplace,
)
from winslow.domain.layers import Chain
from winslow.domain.stage import StageId

GENERATIONS = 4


@pytest.fixture(autouse=True, scope="module")
def _mounts(tmp_path_factory: pytest.TempPathFactory) -> None:
    require_mounts(tmp_path_factory.mktemp("probe"))


def outcome(root: int, path: str) -> object:
    """What the kernel says of a path beneath a directory."""
    try:
        with held(open_path(root, path)) as handle:
            status = os.fstat(handle)
    except OSError as error:
        return error.errno
    return status.st_mode, status.st_mtime_ns


def told(stack: Stack, path: str) -> object:
    try:
        status = stack.status(stack.resolve(path))
    except OSError as error:
        return error.errno
    return status.st_mode, status.st_mtime_ns


def opened(root: int, path: str) -> object:
    try:
        with held(open_file(root, path)) as fd:
            return os.pread(fd, 1 << 20, 0)
    except OSError as error:
        return error.errno


def opened_without_mount(stack: Stack, path: str) -> object:
    try:
        with held(stack.open(path)) as fd:
            return os.pread(fd, 1 << 20, 0)
    except OSError as error:
        return error.errno


def paths(dice: random.Random, count: int) -> list[str]:
    parts = (*NAMES, "..", ".", "")
    return ["", "/a", *("/".join(dice.choice(parts) for _ in range(dice.randrange(1, 6))) for _ in range(count))]


def generation(place: Workplace, number: int, chain: Chain, dice: random.Random) -> Chain:
    """One attempt on `chain`: mounted, changed, compared, sealed; its chain."""
    merged = place.mount(f"s{number}", chain)
    before = walked(merged)
    with place.layers.stack(PROJECT, chain) as stack:
        assert without_special(before) == without_special(resolved(stack))
    scramble(merged, dice, 30)
    after = walked(merged)
    compare(place, number, chain, merged, dice)
    chain = place.seal(f"s{number}", chain)
    with place.layers.stack(PROJECT, chain) as stack:
        assert without_special(resolved(stack)) == without_special(after)
        each_directory_alone(stack, after)
    return chain


def each_directory_alone(stack: Stack, tree: Tree) -> None:
    """A directory as a stack of its own shows the same, and nothing leads out of it."""
    for path in [path for path, told in tree.items() if told[0] == stat.S_IFDIR]:
        with stack.beneath(stack.resolve(path, follow=False)) as beneath:
            inner = {one.removeprefix(f"{path}/"): told for one, told in tree.items() if one.startswith(f"{path}/")}
            assert without_special(resolved(beneath)) == without_special(inner)
            assert told(beneath, "..") == errno.EXDEV


def compare(place: Workplace, number: int, chain: Chain, merged: Path, dice: random.Random) -> None:
    """While it is mounted: upper and chain together tell what the mount shows."""
    upper_fd = place.overlays.open_upper(StageId(f"s{number}"))
    with (
        held(upper_fd) as upper,
        place.layers.directories(PROJECT, chain) as lowers,
        held(os.open(merged, os.O_RDONLY)) as root,
    ):
        stack = Stack([Layer(fd) for fd in (upper, *lowers)])
        assert resolved(stack) == walked(merged)
        for path in paths(dice, 40):
            if path != "":
                assert told(stack, path) == outcome(root, path), path
                assert opened_without_mount(stack, path) == opened(root, path), path
        for name in ("", "a", "b"):
            if (merged / name).is_dir() and not (merged / name).is_symlink():
                names = [entry.name for entry in stack.entries(name, "", 100, Stop())]
                assert names == sorted(os.listdir(merged / name))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), most=st.sampled_from((1, 2, 20)))
@example(seed=1, most=2)
def test_layers_are_told_as_an_overlay_shows_them(seed: int, most: int) -> None:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="winslow-layers-") as home, workplace(Path(home), most) as place:
        scramble(place.base, dice, 40)
        chain = Chain(BASE)
        for number in range(GENERATIONS):
            chain = generation(place, number, chain, dice)
            assert len(chain.layers) <= most
        shown = without_special(walked(place.mount("last", chain)))
        found = place.layers.materialize(PROJECT, chain, place.root, "plain", Stop())
        assert walked(place.volume / "plain") == shown
        assert found.special == len(walked(place.mount("last", chain))) - len(shown)
