"""A volume and a scratch disk with layered workspaces, random changes to them, and how a tree looks when it is walked."""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from storage.beneath import held
from storage.layers import Spot, Stack
from storage.overlay import Look, Overlays
from storage.sealing import Layers
from storage.stop import Stop
from winslow.domain.layers import Chain, Kind
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import FailedPrecondition

PROJECT = ProjectId("p")
BASE = "projects/p/base"
ME = Look((os.geteuid(), os.getegid()))
Tree = dict[str, tuple[object, ...]]


class Workplace:
    """`volume` with a base, and the overlays of one node."""

    def __init__(self, home: Path, volume: Path, root: int, most: int) -> None:
        self.home = home
        self.volume = volume
        self.base = self.volume / BASE
        self.root = root
        self.layers = Layers(root, most)
        self.overlays = Overlays(str(home / "scratch"))

    def mount(self, stage: str, chain: Chain) -> Path:
        with self.layers.directories(PROJECT, chain) as lowers:
            return Path(self.overlays.mount(StageId(stage), lowers, ME))

    def seal(self, stage: str, below: Chain, stop: Stop | None = None) -> Chain:
        """As a daemon does: unmounted first, and what was published is then let go."""
        self.overlays.unmount(StageId(stage))
        with held(self.overlays.open_upper(StageId(stage))) as upper:
            chain = self.layers.seal(PROJECT, StageId(stage), below, upper, stop or Stop()).chain
        self.overlays.drop(StageId(stage), Stop())
        return chain


@contextmanager
def workplace(home: Path, most: int = 20, volume: Path | None = None) -> Iterator[Workplace]:
    """All in directory `home`, or the volume elsewhere; nothing is mounted any more at the end."""
    volume = volume or home / "volume"
    (volume / BASE).mkdir(parents=True)
    with held(os.open(volume, os.O_RDONLY)) as root:
        place = Workplace(home, volume, root, most)
        try:
            yield place
        finally:
            for stage in place.overlays.stages():
                place.overlays.drop(stage, Stop())


def require_mounts(home: Path) -> None:
    """Skip, and say so, where this machine may not mount an overlay."""
    overlays = Overlays(str(home))
    try:
        overlays.mount(StageId("probe"), [], ME)
    except FailedPrecondition as error:
        pytest.skip(f"NO OVERLAY IS MOUNTED HERE, SO NOTHING IS COMPARED WITH ONE: {error}")
    overlays.drop(StageId("probe"), Stop())


_TARGETS = ("a", "b/c", "../a", "../../../a", "/nowhere/at/all", "c/../b", ".", "a/./", "nowhere", "ü")
NAMES = ("a", "b", "c", "ü", "with space:,\\")


def scramble(top: Path, dice: random.Random, steps: int, *, special: bool = True) -> None:
    """Change a tree at random, as a stage might; what cannot be done is not done."""
    moves: list[Callable[[Path, Path, random.Random], object]] = [*_MOVES, *(_SPECIAL if special else ())]
    for _ in range(steps):
        with suppress(OSError):
            dice.choice(moves)(_somewhere(top, dice), _somewhere(top, dice), dice)


def _somewhere(top: Path, dice: random.Random) -> Path:
    return top.joinpath(*(dice.choice(NAMES) for _ in range(dice.choice((1, 1, 2, 2, 3)))))


def _write(path: Path, _: Path, dice: random.Random) -> None:
    # Never through a link, which might lead out of the test, and never waiting for a FIFO's reader.
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK
    with held(os.open(path, flags, 0o644)) as fd:
        os.write(fd, dice.randbytes(dice.choice((0, 1, 10, 5000))))


def _append(path: Path, _: Path, dice: random.Random) -> None:
    with held(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK)) as fd:
        os.write(fd, b"more")


def _hole(path: Path, _: Path, dice: random.Random) -> None:
    with held(os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)) as fd:
        os.ftruncate(fd, dice.choice((3, 1 << 16)))


def _mode(path: Path, _: Path, dice: random.Random) -> None:
    if not path.is_symlink():
        path.chmod(dice.choice((0o600, 0o755, 0o1777, 0o444)))


def _remove(path: Path, _: Path, dice: random.Random) -> None:
    if path.is_dir() and not path.is_symlink():
        for child in path.iterdir():
            _remove(child, path, dice)
        path.rmdir()
    else:
        path.unlink()


def _remade(path: Path, _: Path, dice: random.Random) -> None:
    """A directory in the place of whatever was there: opaque."""
    _remove(path, path, dice)
    path.mkdir()


def _time(path: Path, _: Path, dice: random.Random) -> None:
    os.utime(path, ns=(0, dice.randrange(2**60)), follow_symlinks=False)


_MOVES: tuple[Callable[[Path, Path, random.Random], object], ...] = (
    _write,
    _write,
    _append,
    _hole,
    _remove,
    _remade,
    _time,
    lambda path, _, dice: path.mkdir(),
    lambda path, _, dice: path.mkdir(),
    lambda path, other, dice: path.rename(other),
    lambda path, other, dice: path.hardlink_to(other),
    _mode,
    lambda path, _, dice: os.chown(path, dice.randrange(3), dice.randrange(3), follow_symlinks=False),
    lambda path, other, dice: path.symlink_to(dice.choice(_TARGETS)),
)
_SPECIAL: tuple[Callable[[Path, Path, random.Random], object], ...] = (lambda path, _, dice: os.mkfifo(path),)


def walked(top: Path) -> Tree:
    """A tree as the kernel shows it."""
    tree: Tree = {}
    for above, directories, files in os.walk(top):
        for name in (*directories, *files):
            path = Path(above, name)
            status = path.lstat()
            content: object = b""
            if stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)  # noqa: PTH115 - a Path would tidy it
            elif stat.S_ISREG(status.st_mode):
                content = path.read_bytes()
            tree[str(path.relative_to(top))] = _told(status, content)
    return tree


def resolved(stack: Stack) -> Tree:
    """The same tree as it is seen without a mount."""
    tree: Tree = {}
    waiting: list[Spot] = [stack.top]
    while waiting:
        directory = waiting.pop()
        for name in stack.names(directory, Stop()):
            spot = stack.step(directory, name)
            assert spot is not None
            content: object = b""
            if spot.kind is Kind.DIRECTORY:
                waiting.append(spot)
            elif spot.kind is Kind.SYMLINK:
                content = stack.read_link(spot)
            elif spot.kind is Kind.FILE:
                with held(stack.open_spot(spot)) as fd, os.fdopen(os.dup(fd), "rb") as file:
                    content = file.read()
            tree[spot.path] = _told(stack.status(spot), content)
    return tree


def without_special(tree: Tree) -> Tree:
    return {path: told for path, told in tree.items() if told[0] != stat.S_IFIFO}


def _told(status: os.stat_result, content: object) -> tuple[object, ...]:
    size = status.st_size if stat.S_ISREG(status.st_mode) else 0
    time = (
        0 if stat.S_ISCHR(status.st_mode) else status.st_mtime_ns
    )  # when a deletion was written down counts for nothing
    return (
        stat.S_IFMT(status.st_mode),
        stat.S_IMODE(status.st_mode),
        status.st_uid,
        status.st_gid,
        time,
        size,
        content,
    )
