"""Every trick with a path, tried on every operation that takes one: a clear refusal, and nothing outside touched or told."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from storage.beneath import held
from storage.ceph import Recursive, recursive
from tests.contract.volume.project import Project
from winslow.domain.layout import Location, Pool
from winslow.errors import WinslowError
from winslow.ports import NewFile, UnpackLimits

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    # A path is resolved by the kernel, for every local file system alike; through FUSE it is another matter.
    pytest.mark.parametrize(
        "volume", ["plain", pytest.param("cephfs", marks=pytest.mark.ceph)], indirect=True, scope="module"
    ),
]

SECRET = b"the secret that lies outside"
REFUSED = {"PATH_INVALID", "PATH_RESERVED", "PATH_LEADS_OUT", "NAME_TOO_LONG"}
NO_FILE = REFUSED | {
    "NOT_A_FILE",
    "NOT_A_DIRECTORY",
    "FILE_NOT_FOUND",
    "FILE_EXISTS",
    "ARCHIVE_UNKNOWN",
    "ARCHIVE_INVALID",
}
Operation = Callable[[Project, Location], Awaitable[object]]


def good(project: Project, name: str) -> Location:
    return project.at(f"input/{name}")


async def put_small(project: Project, at: Location) -> None:
    new = NewFile(at, b"mine", hashlib.sha256(b"mine").hexdigest())
    (found,) = await project.storage.small.put([new], True)
    if isinstance(found, WinslowError):
        raise found


async def upload(project: Project, at: Location) -> None:
    digest = hashlib.sha256(b"mine").hexdigest()
    begun = await project.storage.uploads.begin(f"u-{os.urandom(8).hex()}", at, 4, digest)
    await project.storage.uploads.commit(await project.storage.uploads.append(begun, 0, b"mine"))


OPERATIONS: dict[str, Operation] = {
    "stat": lambda p, at: p.storage.files.stat(at),
    "entries": lambda p, at: p.storage.files.entries(at, "", 10),
    "listing": lambda p, at: p.storage.files.listing(at, 0, 10),
    "read": lambda p, at: p.storage.files.read(at, 0, 100),
    "digest": lambda p, at: p.storage.files.digest(at),
    "usage": lambda p, at: p.storage.files.usage(at),
    "make": lambda p, at: p.storage.files.make_directory(at),
    "delete": lambda p, at: p.storage.files.delete(at, True),
    "copy from": lambda p, at: p.storage.files.copy(at, good(p, "new"), ""),
    "copy to": lambda p, at: p.storage.files.copy(good(p, "mine"), at, ""),
    "move from": lambda p, at: p.storage.trees.move(at, good(p, "new"), ""),
    "move to": lambda p, at: p.storage.trees.move(good(p, "mine"), at, ""),
    "search": lambda p, at: p.storage.trees.search(at, "secret", (), 10, 1.0),
    "gather": lambda p, at: p.storage.trees.gather(at, (), 1 << 20),
    "unpack from": lambda p, at: p.storage.trees.unpack(at, good(p, "new"), UnpackLimits(), ""),
    "unpack to": lambda p, at: p.storage.trees.unpack(good(p, "mine.zip"), at, UnpackLimits(), ""),
    "upload": upload,
    "small": put_small,
}
LOOKING_ONLY = {"stat", "entries", "listing", "usage", "search", "gather"}
"""What may be asked of a special file, or of a name that is a link: it is told that it is there, and never opened."""


@contextmanager
def outside(project: Project) -> Iterator[Path]:
    """A directory beside the project that nobody may reach; unchanged afterwards, to the last bit and time."""
    place = project.volume / f"outside-{project.id}"
    (place / "below").mkdir(parents=True)
    for name in ("secret", "below/secret"):
        (place / name).write_bytes(SECRET)
    before = state(place)
    yield place
    assert state(place) == before


def state(top: Path) -> dict[str, tuple[int, int, int, bytes]]:
    found = {}
    for path in (top, *sorted(top.rglob("*"))):
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        found[str(path)] = (status.st_mode, status.st_mtime_ns, status.st_nlink, content)
    return found


def prepared(project: Project) -> None:
    """What the other side of an operation is."""
    (project.path / "input" / "mine").write_bytes(b"mine")
    (project.path / "input" / "mine.zip").write_bytes(b"PK\x05\x06" + bytes(18))


async def answer(project: Project, operation: str, at: Location) -> tuple[str, object]:
    """The reason for which it was refused ("" where it was not), and what it said. Nothing hangs, nothing breaks."""
    async with asyncio.timeout(20):
        try:
            return "", await OPERATIONS[operation](project, at)
        except WinslowError as error:
            assert error.reason != "STORAGE_FAULT", f"{operation}: {error}"
            assert SECRET.decode() not in f"{error}{error.hint}"
            return error.reason, error


@pytest.mark.parametrize(
    "relative",
    [
        "../outside/secret",
        "/etc/passwd",
        "a/../../outside",
        "..",
        "a//b",
        "./a",
        ".",
        "n\0ul",
        "x" * 256,
        "ü" * 128,
        "bad\udcff",
        "a/" * 2100 + "b",
    ],
)
async def test_a_malformed_path_is_refused_by_every_operation(project: Project, relative: str) -> None:
    with outside(project):
        for operation in OPERATIONS:
            prepared(project)
            location = Location(Pool.INPUT, f"projects/{project.id}/input", relative, project.id)
            reason, _ = await answer(project, operation, location)
            assert reason in REFUSED, (operation, reason)
        assert sorted(os.listdir(project.path / "input")) == ["mine", "mine.zip"]


@pytest.mark.parametrize("encoded", ["%2e%2e/secret", "..%2fsecret", "..\\secret", "%00", "．．/secret"])
async def test_what_is_only_encoded_is_a_name_like_any_other(project: Project, encoded: str) -> None:
    with outside(project):
        await project.storage.files.make_directory(project.at(f"input/{encoded}"))
        assert (project.path / "input" / encoded).is_dir()


@pytest.mark.parametrize("below", ["", "/below/secret"])
@pytest.mark.parametrize("kind", ["relative", "magic", "chain"])
async def test_no_operation_follows_a_link_that_leads_out(project: Project, kind: str, below: str) -> None:
    with outside(project) as place:
        link = project.path / "input" / "way"
        for operation in OPERATIONS:
            link.unlink(missing_ok=True)
            (project.path / "input" / "hop").unlink(missing_ok=True)
            prepared(project)
            targets = {
                "relative": f"../../../{place.name}",
                "magic": "/proc/self/root" + str(place),
                "chain": "hop",
            }
            link.symlink_to(targets[kind])
            if kind == "chain":
                (project.path / "input" / "hop").symlink_to(place)
            reason, said = await answer(project, operation, project.at(f"input/way{below}"))
            assert SECRET not in bytes(str(said), "utf-8", "surrogateescape"), operation
            if below or operation not in (
                "delete",
                "move from",
                "move to",
                "copy to",
                "unpack to",
            ):
                assert reason in NO_FILE or operation in ("upload", "small"), (operation, reason)
            assert not (project.path / "input" / "new").is_symlink() or operation == "move from"
            remove(project.path / "input" / "new")


async def test_special_files_are_never_opened(project: Project) -> None:
    top = project.path / "input"
    os.mkfifo(top / "pipe")
    names = ["pipe"]
    if os.geteuid() == 0:
        os.mknod(top / "zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
        os.mknod(top / "disk", stat.S_IFBLK | 0o666, os.makedev(7, 200))
        names += ["zero", "disk"]
    for name in names:
        for operation in ("read", "digest", "copy from", "unpack from", "entries", "listing", "search", "usage"):
            prepared(project)
            reason, _ = await answer(project, operation, project.at(f"input/{name}"))
            assert reason in NO_FILE or operation in LOOKING_ONLY, (operation, name, reason)
            reason, _ = await answer(project, operation, project.at(f"input/{name}/below"))
            assert reason in NO_FILE, (operation, name, reason)


async def test_a_file_with_another_name_outside_is_replaced_and_removed_but_never_written_to(project: Project) -> None:
    place = project.volume / f"outside-{project.id}"
    place.mkdir()
    operations = ("upload", "small", "delete")
    for operation in operations:
        (place / operation).write_bytes(SECRET)
        try:
            os.link(place / operation, project.path / "input" / operation)
        except OSError:
            pytest.skip("the file system links nothing across these directories")
        reason, _ = await answer(project, operation, project.at(f"input/{operation}"))
        assert reason == ""
    with held(os.open(place, os.O_RDONLY)) as directory:
        if recursive(directory) is None:
            assert [(place / operation).read_bytes() for operation in operations] == [SECRET] * 3
        # A ceph-fuse of version 16 loses the other name of a file that it replaced from its cache; the servers keep it.
        async with asyncio.timeout(60):
            while (known := recursive(directory)) not in (None, Recursive(3 * len(SECRET), 3, 0)):
                assert known is not None
                await asyncio.sleep(0.2)


async def test_a_directory_that_is_swapped_for_a_link_meanwhile_gives_nothing_away(project: Project) -> None:
    """A stage may do so while people look, copy and remove; whatever they get, it is not what lies outside."""
    top = project.path / "input"
    with outside(project) as place:
        over = threading.Event()
        swapping = threading.Thread(target=swap, args=(top, place, over))
        swapping.start()
        try:
            for _ in range(3):
                for operation in OPERATIONS:
                    prepared(project)
                    _, said = await answer(project, operation, project.at("input/turn/secret"))
                    assert SECRET.decode() not in str(said), operation
                    assert SECRET not in (said if isinstance(said, bytes) else b""), operation
                    remove(top / "new")
        finally:
            over.set()
            swapping.join()


def swap(top: Path, place: Path, over: threading.Event) -> None:
    real, link, turn = top / "real", top / "link", top / "turn"
    real.mkdir(exist_ok=True)
    while not over.is_set():
        with suppress(OSError):
            (real / "secret").write_bytes(b"mine")
            link.symlink_to(place)
            real.rename(turn)
            turn.rename(real)
            link.rename(turn)
            turn.unlink()


def remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
