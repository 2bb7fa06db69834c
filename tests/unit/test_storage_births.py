"""Removing a project removes that one alone, whatever takes its place meanwhile and wherever it is cut."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import births, removal
from storage.beneath import held
from storage.stop import Stop
from storage.volume import PlainVolume
from winslow.domain.stage import ProjectId
from winslow.errors import Conflict

P = ProjectId("street")


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[PlainVolume]:
    with PlainVolume(str(tmp_path)) as volume:
        yield volume


@pytest.fixture
def projects(tmp_path: Path) -> Path:
    return tmp_path / "projects"


def made(volume: PlainVolume, projects: Path, token: str) -> Path:
    """A project with a file that says whose it is."""
    volume.workspaces.make_project(P, token, Stop())
    (projects / P / "input" / "whose").write_text(token)
    return projects / P


def whose(projects: Path) -> str:
    return (projects / P / "input" / "whose").read_text()


def test_the_project_goes_with_all_that_it_has(volume: PlainVolume, projects: Path) -> None:
    made(volume, projects, "old")
    for _ in range(2):
        volume.workspaces.delete_project(P, "old", Stop())
        assert not list(projects.iterdir())


def test_another_of_the_same_id_stays(volume: PlainVolume, projects: Path) -> None:
    made(volume, projects, "old")
    volume.workspaces.delete_project(P, "old", Stop())
    made(volume, projects, "new")
    volume.workspaces.delete_project(P, "old", Stop())
    assert whose(projects) == "new"


def test_another_that_takes_its_place_in_the_very_moment_of_renaming_is_put_back(
    volume: PlainVolume, projects: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The remover is frozen after it has looked, for as long as others take to remove the project and make another."""
    made(volume, projects, "old")
    rename = os.rename

    def frozen(source: str, target: str, **places: int) -> None:
        monkeypatch.setattr(os, "rename", rename)
        volume2.workspaces.delete_project(P, "old", Stop())
        made(volume2, projects, "new")
        rename(source, target, **places)

    with PlainVolume(str(projects.parent)) as volume2:
        monkeypatch.setattr(os, "rename", frozen)
        volume.workspaces.delete_project(P, "old", Stop())
    assert whose(projects) == "new"
    assert [path.name for path in projects.iterdir()] == [P]


def test_killed_before_it_was_put_back_the_next_call_does_it(volume: PlainVolume, projects: Path) -> None:
    made(volume, projects, "new").rename(projects / f".removed.{P}.old")
    volume.workspaces.delete_project(P, "old", Stop())
    assert whose(projects) == "new"


def test_what_cannot_be_put_back_is_kept_and_told(volume: PlainVolume, projects: Path) -> None:
    made(volume, projects, "new").rename(projects / f".removed.{P}.old")
    made(volume, projects, "newer")
    with pytest.raises(Conflict) as caught:
        volume.workspaces.delete_project(P, "old", Stop())
    assert caught.value.reason == "PROJECT_REPLACED"
    assert whose(projects) == "newer"
    assert (projects / f".kept.{P}.old" / "input" / "whose").read_text() == "new"


def test_a_removal_that_was_cut_anywhere_is_finished_and_never_takes_the_next_one(
    volume: PlainVolume, projects: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(volume, projects, "old")
    monkeypatch.setattr(removal, "remove", lambda *_: None)  # it was renamed, and then killed
    volume.workspaces.delete_project(P, "old", Stop())
    monkeypatch.undo()
    (projects / f".removed.{P}.old" / ".born.old").unlink()
    made(volume, projects, "new")
    volume.workspaces.delete_project(P, "old", Stop())
    assert [path.name for path in projects.iterdir()] == [P]
    assert whose(projects) == "new"


def test_projects_of_versions_that_noted_nothing_go_too(volume: PlainVolume, projects: Path) -> None:
    made(volume, projects, "")
    (projects / f".removed.{P}").mkdir()
    volume.workspaces.delete_project(P, "suffix", Stop())
    assert not list(projects.iterdir())


def test_of_two_that_are_made_at_the_same_time_whichever_becomes_a_record_can_be_removed(
    volume: PlainVolume, projects: Path
) -> None:
    for token in ("one", "other"):
        made(volume, projects, token)
    with held(os.open(projects / P, os.O_RDONLY)) as directory:
        assert births.is_of(directory, "one") and births.is_of(directory, "other")
    volume.workspaces.delete_project(P, "other", Stop())
    assert not list(projects.iterdir())
