"""What an attempt changed is published whole or not at all, whatever interrupts it, and looked at by no other way than its own."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.beneath import held
from storage.layers import OPAQUE, Layer, Stack
from storage.manifest import read_manifest
from storage.stop import Stop, Stopped
from tests.overlays import BASE, PROJECT, Tree, Workplace, resolved, walked, workplace
from winslow.domain.layers import Chain, Kind
from winslow.domain.stage import StageId
from winslow.errors import AlreadyExists, DataLoss, NotFound

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="DELETIONS IN LAYERS ARE DEVICES, WHICH ROOT ALONE MAY MAKE")

STAGE = StageId("s")
BELOW = Chain(BASE)
LAYER = f"projects/{PROJECT}/stages/{STAGE}/layer"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    with workplace(tmp_path) as made:
        (made.base / "kept").write_text("kept")
        (made.base / "gone").write_text("gone")
        (made.base / "hidden").mkdir()
        (made.base / "hidden" / "below").write_text("below")
        _changed(made.home / "upper")
        yield made


def _changed(upper: Path) -> None:
    """As an overlay leaves it."""
    upper.mkdir()
    (upper / "new").mkdir()
    (upper / "new" / "file").write_bytes(b"content" * 1000)
    (upper / "new" / "second").hardlink_to(upper / "new" / "file")
    (upper / "new" / "link").symlink_to("../kept")
    os.mknod(upper / "gone", stat.S_IFCHR, 0)
    os.mknod(upper / "never-was", stat.S_IFCHR, 0)
    (upper / "hidden").mkdir()
    os.setxattr(upper / "hidden", OPAQUE, b"y")
    (upper / "hidden" / "above").write_text("above")


class Killer(Stop):
    """Kills this very process at its `after`-th step."""

    __slots__ = ("after",)

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after

    def check(self) -> None:
        self.after -= 1
        if self.after < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def seal(place: Workplace, stop: Stop | None = None) -> Chain:
    with held(os.open(place.home / "upper", os.O_RDONLY)) as upper:
        return place.layers.seal(PROJECT, STAGE, BELOW, upper, stop or Stop()).chain


def told(place: Workplace) -> tuple[Tree, Tree]:
    """What is published, and what is seen through it."""
    with place.layers.stack(PROJECT, Chain(BASE, (STAGE,))) as stack:
        return walked(place.volume / LAYER / "files"), resolved(stack)


def seal_and_die(place: Workplace, after: int) -> bool:
    """Seal in a process that is killed at a step; whether it was."""
    child = os.fork()
    if not child:
        try:
            seal(place, Killer(after))
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_killed_between_any_two_steps_and_repeated_it_ends_the_same(place: Workplace) -> None:
    seal(place)
    expected = told(place)
    manifest = (place.volume / LAYER / "manifest").read_bytes()
    after = 0
    killed = True
    while killed:
        shutil.rmtree(place.volume / "projects/p/stages")
        killed = seal_and_die(place, after)
        seal(place)
        assert told(place) == expected, after
        assert (place.volume / LAYER / "manifest").read_bytes() == manifest
        assert os.listdir(place.volume / f"projects/p/stages/{STAGE}") == ["layer"]
        after += 1
    assert after > 20


def test_nothing_is_seen_of_a_layer_that_is_not_whole(place: Workplace) -> None:
    assert seal_and_die(place, 15)
    assert not (place.volume / LAYER).exists()
    with pytest.raises(NotFound):
        place.layers.chain(PROJECT, STAGE)


def test_what_was_copied_before_a_cut_is_not_copied_again(place: Workplace) -> None:
    file = place.volume / f"projects/p/stages/{STAGE}/.layer.partial/files/new/file"
    after = 0
    while not (file.exists() and file.stat().st_mtime_ns == (place.home / "upper/new/file").stat().st_mtime_ns):
        assert seal_and_die(place, after)
        after += 1
    inode = file.stat().st_ino
    seal(place)
    assert (place.volume / LAYER / "files/new/file").stat().st_ino == inode


def test_a_copy_that_went_bad_is_found_and_made_anew(place: Workplace) -> None:
    file = place.volume / f"projects/p/stages/{STAGE}/.layer.partial/files/new/file"
    after = 0
    while not (file.exists() and file.stat().st_mtime_ns == (place.home / "upper/new/file").stat().st_mtime_ns):
        assert seal_and_die(place, after)
        after += 1
    status = file.stat()
    file.write_bytes(b"CONTENT" * 1000)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    seal(place)
    assert (place.volume / LAYER / "files/new/file").read_bytes() == b"content" * 1000


def test_a_layer_holds_only_what_was_changed_and_says_so(place: Workplace) -> None:
    assert seal(place) == Chain(BASE, (STAGE,))
    with held(os.open(place.volume / LAYER, os.O_RDONLY)) as layer:
        head, listed = read_manifest(layer, LAYER)
    assert [one.path for one in listed if one.kind is Kind.WHITEOUT] == ["gone"]
    assert head.opaque == ("hidden",)
    assert head.size == 7005
    (linked,) = [one for one in listed if one.same_as]
    assert (linked.path, linked.same_as) == ("new/second", "new/file")
    assert (place.volume / LAYER / "files/new/file").stat().st_nlink == 2
    seen = {"hidden", "hidden/above", "kept", "new", "new/file", "new/link", "new/second"}
    assert set(told(place)[1]) == seen


def test_sealing_again_changes_nothing_even_when_the_scratch_disk_is_gone(place: Workplace) -> None:
    seal(place)
    shutil.rmtree(place.home / "upper" / "new")
    before = told(place)
    assert seal(place) == Chain(BASE, (STAGE,))
    assert told(place) == before


def test_a_special_file_is_left_out_and_what_it_hid_stays_hidden(place: Workplace) -> None:
    os.mkfifo(place.home / "upper" / "kept")
    os.mkfifo(place.home / "upper" / "new" / "fifo")
    with held(os.open(place.home / "upper", os.O_RDONLY)) as upper:
        sealed = place.layers.seal(PROJECT, STAGE, BELOW, upper, Stop())
    assert (sealed.special, sealed.first) == (2, ("kept", "new/fifo"))
    assert not {"kept", "new/fifo"} & set(told(place)[1])


def test_a_damaged_manifest_is_told(place: Workplace) -> None:
    seal(place)
    manifest = place.volume / LAYER / "manifest"
    manifest.write_bytes(manifest.read_bytes().replace(b'"size":7000', b'"size":7001'))
    with held(os.open(place.volume / LAYER, os.O_RDONLY)) as layer, pytest.raises(DataLoss, match="its hash is not"):
        read_manifest(layer, LAYER)
    manifest.write_bytes(b"")
    with pytest.raises(DataLoss, match="first line"):
        place.layers.chain(PROJECT, STAGE)


def test_an_asked_stop_leaves_the_work_to_go_on_with(place: Workplace) -> None:
    stop = Stop()
    stop.request()
    with pytest.raises(Stopped):
        seal(place, stop)
    assert seal(place) == Chain(BASE, (STAGE,))


def test_materialize_makes_a_plain_directory_and_replaces_none(place: Workplace) -> None:
    chain = seal(place)
    place.layers.materialize(PROJECT, chain, place.root, "plain", Stop())
    assert walked(place.volume / "plain") == told(place)[1]
    with pytest.raises(AlreadyExists):
        place.layers.materialize(PROJECT, chain, place.root, "plain", Stop())


def hostile(top: Path, outside: Path) -> None:
    (top / "absolute").symlink_to(outside)
    (top / "out").symlink_to("../../../../../../outside")
    (top / "circle").symlink_to("circle")
    (top / "magic").symlink_to("/proc/self/root")
    os.mkfifo(top / "fifo")
    os.mknod(top / "device", stat.S_IFCHR | 0o666, os.makedev(1, 3))


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/kept", errno.EXDEV),
        ("..", errno.EXDEV),
        ("new/../../x", errno.EXDEV),
        ("absolute", errno.EXDEV),
        ("out", errno.EXDEV),
        ("magic/etc", errno.EXDEV),
        ("circle", errno.ELOOP),
        ("fifo", errno.ENXIO),
        ("device", errno.ENXIO),
        ("new", errno.EISDIR),
        ("gone", errno.ENOENT),
        ("hidden/below", errno.ENOENT),
        ("kept/x", errno.ENOTDIR),
        ("kept/", errno.ENOTDIR),
        ("n\0l", errno.EINVAL),
        ("n" * 256, errno.ENAMETOOLONG),
    ],
)
def test_a_hostile_path_reaches_nothing(place: Workplace, path: str, code: int) -> None:
    (place.home / "outside").write_text("secret")
    hostile(place.home / "upper", place.home / "outside")
    with held(os.open(place.home / "upper", os.O_RDONLY)) as upper, held(os.open(place.base, os.O_RDONLY)) as base:
        began = time.monotonic()
        with pytest.raises(OSError) as refused:
            os.close(Stack([Layer(upper), Layer(base)]).open(path))
    assert refused.value.errno == code
    assert time.monotonic() - began < 5


def test_a_link_is_followed_into_another_layer_and_pages_are_sorted(place: Workplace) -> None:
    with place.layers.stack(PROJECT, seal(place)) as stack:
        with held(stack.open("new/link")) as fd:
            assert os.read(fd, 10) == b"kept"
        assert stack.stat("new/link").kind == "file"
        first = stack.entries("", "", 2, Stop())
        assert [(entry.name, entry.kind) for entry in first] == [("hidden", "directory"), ("kept", "file")]
        assert [entry.name for entry in stack.entries("", "kept", 2, Stop())] == ["new"]
