"""Whatever an archive holds: nothing outside of its directory is touched, and the whole of it is there, or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.stop import Stop
from storage.volume import PlainVolume
from tests.unit.hostile_archives import PACKINGS, Part, tar, zip_
from winslow.domain.layout import parse
from winslow.errors import FailedPrecondition
from winslow.ports import UnpackLimits

SECRET = "outside"
PIECES = st.sampled_from(["a", "b", "c", "..", ".", "", "l", "/", "\\", "C:", SECRET, "é", "n" * 256, "tar\n"])
NAMES = st.lists(PIECES, min_size=1, max_size=4).map("/".join)
TAR_KINDS = st.sampled_from("000000555222113467")
ZIP_KINDS = st.sampled_from("000000555222236")


def parts(kinds: st.SearchStrategy[str]) -> st.SearchStrategy[list[Part]]:
    part = st.builds(Part, name=NAMES, content=st.binary(max_size=700), kind=kinds, link=NAMES)
    return st.lists(part, max_size=6)


@dataclass(frozen=True)
class Archive:
    held: list[Part]
    data: bytes = field(repr=False)


@st.composite
def archives(draw: st.DrawFn) -> Archive:
    """An archive, mostly as it should be read, sometimes cut or with a byte changed; then without what it holds."""
    if draw(st.booleans()):
        held = draw(parts(TAR_KINDS))
        data = PACKINGS[draw(st.sampled_from(list(PACKINGS)))](tar(held))
    else:
        held = [part for part in draw(parts(ZIP_KINDS)) if part.name]
        data = zip_(held)
    if draw(st.integers(0, 3)) == 0:
        at = draw(st.integers(0, max(0, len(data) - 1)))
        broken = data[:at] if draw(st.booleans()) else data[:at] + bytes([draw(st.integers(0, 255))]) + data[at + 1 :]
        return Archive([], broken)
    return Archive(held, data)


def seen(top: Path) -> dict[str, tuple[int, str]]:
    """Everything beneath, as it is, without following links."""
    found = {}
    for path in top.rglob("*"):
        status = path.lstat()
        what = str(path.readlink()) if path.is_symlink() else path.read_bytes().hex() if path.is_file() else ""
        found[path.relative_to(top).as_posix()] = (status.st_mode, what)
    return found


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(archives())
def test_nothing_outside_is_touched_and_the_whole_is_there_or_nothing(archive: Archive) -> None:
    top = Path(tempfile.mkdtemp(prefix="winslow-unpack-"))
    try:
        (top / SECRET).write_text("as it was")
        volume = top / "volume"
        (volume / "projects/p/input").mkdir(parents=True)
        (volume / "projects/p/.uploads").mkdir(mode=0o700)
        (volume / "projects/p/input" / SECRET).write_text("as it was")
        (volume / "projects/p/input/archive").write_bytes(archive.data)
        with PlainVolume(str(volume)) as storage:
            before = seen(top)
            target = volume / "projects/p/input/out"
            try:
                storage.trees.unpack(
                    parse("projects/p/input/archive"), parse("projects/p/input/out"), UnpackLimits(), "", Stop()
                )
            except FailedPrecondition as error:
                assert error.reason == "ARCHIVE_REFUSED"
                assert not target.exists()
            else:
                require_whole(target, archive.held)
            assert not os.listdir(volume / "projects/p/.uploads")
            if target.exists():
                require_inside(target)
                shutil.rmtree(target)
            assert seen(top) == before
    finally:
        shutil.rmtree(top)


def require_whole(target: Path, held: list[Part]) -> None:
    """Each member is where its name says, with what it holds."""
    for part in held:
        path = target / part.name
        if part.kind == "5" or (part.kind == "0" and not part.content and path.is_dir()):
            assert path.is_dir()  # in a zip, a name that ends with "/" is a directory
        elif part.kind == "0":
            assert path.is_file()
            assert not path.is_symlink()
            assert part.content in {path.read_bytes(), b""}
        elif part.kind == "2":
            assert path.readlink() == Path(part.link)
        else:
            assert part.kind == "1"
            assert path.stat().st_ino == (target / part.link).stat().st_ino


def require_inside(target: Path) -> None:
    """No link leads out, by whatever way it goes."""
    for path in target.rglob("*"):
        assert path.resolve().is_relative_to(target.resolve())
