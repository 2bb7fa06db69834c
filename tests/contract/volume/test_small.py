"""What the port SmallFiles promises."""

from __future__ import annotations

import hashlib
import os
import stat

import pytest

from tests.contract.volume.project import Project
from winslow.errors import WinslowError
from winslow.ports import Entry, NewFile

pytestmark = pytest.mark.asyncio(loop_scope="module")


def new(project: Project, path: str, data: bytes = b"data", **more: object) -> NewFile:
    sha256 = hashlib.sha256(data).hexdigest()
    return NewFile(project.at(path), data, sha256, **more)  # type: ignore[arg-type]


def reasons(outcomes: list[Entry | WinslowError]) -> list[str]:
    return [outcome.reason if isinstance(outcome, WinslowError) else outcome.name for outcome in outcomes]


async def test_many_files_in_several_directories_are_shown_as_they_were_given(project: Project) -> None:
    given = [new(project, f"input/{number % 3}/{number}", bytes(number)) for number in range(20)]
    given.append(new(project, "input/run", b"#!", modified=1_500_000_000.25, executable=True))
    outcomes = await project.storage.small.put(given, False)
    assert reasons(outcomes) == [*(str(number) for number in range(20)), "run"]
    for number in range(20):
        assert (project.path / f"input/{number % 3}/{number}").read_bytes() == bytes(number)
    shown = (project.path / "input" / "run").stat()
    assert (shown.st_mtime, stat.S_IMODE(shown.st_mode)) == (1_500_000_000.25, 0o755)
    assert outcomes[-1] == await project.storage.files.stat(project.at("input/run"))
    assert not os.listdir(project.path / ".uploads")


async def test_what_is_there_and_the_same_is_answered_and_another_is_not_replaced_unless_asked(
    project: Project,
) -> None:
    first = await project.storage.small.put([new(project, "input/a")], False)
    assert await project.storage.small.put([new(project, "input/a")], False) == first
    both = [new(project, "input/a", b"other"), new(project, "input/b")]
    assert reasons(await project.storage.small.put(both, False)) == ["FILE_EXISTS", "b"]
    assert (project.path / "input" / "a").read_bytes() == b"data"
    assert reasons(await project.storage.small.put(both, True)) == ["a", "b"]
    assert (project.path / "input" / "a").read_bytes() == b"other"


async def test_one_that_cannot_be_had_stops_no_other(project: Project) -> None:
    (project.path / "input" / "directory").mkdir()
    (project.path / "input" / "out").symlink_to("/tmp")
    outcomes = await project.storage.small.put(
        [
            NewFile(project.at("input/corrupt"), b"data", "0" * 64),
            new(project, "input/directory"),
            new(project, "input/out/evil"),
            new(project, "input/good"),
            new(project, "input"),
        ],
        True,
    )
    assert reasons(outcomes) == ["CHECKSUM_MISMATCH", "IS_A_DIRECTORY", "PATH_LEADS_OUT", "good", "PATH_IS_ROOT"]
    assert sorted(os.listdir(project.path / "input")) == ["directory", "good", "out"]
    assert not os.listdir(project.path / ".uploads")


async def test_what_an_attempt_made_takes_no_file(project: Project) -> None:
    outcomes = await project.storage.small.put([new(project, "stages/s/output/x")], False)
    assert reasons(outcomes) == ["POOL_READ_ONLY"]
