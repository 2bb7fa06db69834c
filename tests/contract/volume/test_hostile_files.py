"""No path, link or special file leads anywhere but to a file of the pool."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.contract.volume.project import Project, refused
from winslow.domain.layout import Location, Pool
from winslow.errors import (
    FailedPrecondition,
    InvalidArgument,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    "target",
    ["/etc/passwd", "../../../../../../../../etc/passwd", "/proc/self/exe", "/proc/self/root/etc/passwd", "loop"],
)
async def test_a_link_that_leads_out_is_not_followed(project: Project, target: str) -> None:
    (project.path / "input" / "loop").symlink_to(target)
    for path in ("input/loop", "input/loop/below"):
        location = project.at(path)
        for call in (
            project.storage.files.stat,
            project.storage.files.digest,
            project.storage.files.make_directory,
        ):
            with refused(FailedPrecondition, "PATH_LEADS_OUT"):
                await call(location)
        with refused(FailedPrecondition, "PATH_LEADS_OUT"):
            await project.storage.files.entries(location, "", 10)
        with refused(FailedPrecondition, "PATH_LEADS_OUT"):
            await project.storage.files.read(location, 0, 100)
        with refused(FailedPrecondition, "PATH_LEADS_OUT"):
            await project.upload(path, b"x")


async def test_a_link_to_a_directory_outside_gives_nothing_away(project: Project) -> None:
    outside = project.volume / f"outside-{project.id}"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (project.path / "input" / "way").symlink_to(f"../../../outside-{project.id}")
    with refused(FailedPrecondition, "PATH_LEADS_OUT"):
        await project.storage.files.read(project.at("input/way/secret"), 0, 100)
    with refused(FailedPrecondition, "PATH_LEADS_OUT"):
        await project.storage.files.delete(project.at("input/way/secret"), False)
    with refused(FailedPrecondition, "PATH_LEADS_OUT"):
        await project.storage.trees.move(project.at("input/way/secret"), project.at("input/mine"), "")
    await project.storage.files.delete(project.at("input/way"), True)
    assert (outside / "secret").read_text() == "secret"


async def test_a_link_within_the_pool_is_followed(project: Project) -> None:
    (project.path / "input" / "real").write_text("real")
    (project.path / "input" / "link").symlink_to("real")
    assert await project.storage.files.read(project.at("input/link"), 0, 10) == b"real"
    await project.storage.files.delete(project.at("input/link"), False)
    assert (project.path / "input" / "real").exists()


async def test_fifos_sockets_and_devices_are_never_opened(project: Project) -> None:
    top = project.path / "input"
    os.mkfifo(top / "pipe")
    names = ["pipe", "sock"]
    with socket.socket(socket.AF_UNIX) as listener:
        with inside(top):  # the path of a socket is short
            listener.bind("sock")
        if os.geteuid() == 0:
            os.mknod(top / "zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
            names.append("zero")
        for name in names:
            async with asyncio.timeout(5):
                with refused(FailedPrecondition, "NOT_A_FILE"):
                    await project.storage.files.read(project.at(f"input/{name}"), 0, 10)
                with refused(FailedPrecondition, "NOT_A_FILE"):
                    await project.storage.files.digest(project.at(f"input/{name}"))
            assert (await project.storage.files.stat(project.at(f"input/{name}"))).kind == "other"


@pytest.mark.parametrize(
    "relative", ["../secret", "/etc/passwd", "a/../../b", "a//b", ".", "n\0ul", "x" * 256, "bad\udcff"]
)
async def test_a_path_that_was_never_parsed_is_refused(project: Project, relative: str) -> None:
    location = Location(Pool.INPUT, f"projects/{project.id}/input", relative, project.id)
    with refused(InvalidArgument, "PATH_INVALID"):
        await project.storage.files.read(location, 0, 10)
    with refused(InvalidArgument, "PATH_INVALID"):
        await project.storage.files.delete(location, True)
    with refused(InvalidArgument, "PATH_INVALID"):
        await project.storage.uploads.begin("u", location, 1, "0" * 64)


async def test_a_directory_is_no_file_and_a_file_no_directory(project: Project) -> None:
    (project.path / "input" / "file").write_text("x")
    with refused(FailedPrecondition, "IS_A_DIRECTORY"):
        await project.storage.files.read(project.at("input"), 0, 10)
    with refused(FailedPrecondition, "NOT_A_DIRECTORY"):
        await project.storage.files.entries(project.at("input/file"), "", 10)
    with refused(FailedPrecondition, "NOT_A_DIRECTORY"):
        await project.storage.files.stat(project.at("input/file/below"))


@contextmanager
def inside(path: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)
