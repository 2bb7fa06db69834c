"""Layered workspaces through the daemon: branched without a copy, seen as one by containers, people and downloads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from storage.overlay import mount_points
from tests.acceptance.story import Story, run_state
from tests.daemon import Daemon
from tests.overlays import require_mounts
from winslow.client import Client

FIRST = "mkdir d; echo one > a; echo two > b; echo three > d/c; echo four > d/gone"
SECOND = "cat a b d/c d/gone; rm -r a d/gone; echo changed > b; echo $WINSLOW_ATTEMPT > new; echo deep > d/deep"
THIRD = "[ ! -e a ] && [ ! -e d/gone ] && find . -type f | sort; cat b new d/c d/deep; mv d moved; ln -s moved/c link"


@pytest.fixture(autouse=True)
def _mounts(tmp_path: Path) -> None:
    require_mounts(tmp_path)


def layered(story: Story, *scripts: str) -> Story:
    """A chain of stages of which all but the first are layered."""
    listed = ""
    for number, script in enumerate(scripts, start=1):
        mode = "copy" if number == 1 else "layered"
        listed += f"- name: s{number}\n  image: IMAGE\n  workspace: {mode}\n  arguments: [sh, -c, 'cd /workspace; {script}']\n"
    return story.pipeline(listed)


def content(client: Client, stage: str) -> dict[str, str]:
    """What the API shows of a stage's workspace, links apart."""
    found: dict[str, str] = {}
    waiting = [f"{stage}/workspace"]
    while waiting:
        for entry in client.files.list(waiting.pop()):
            if entry.kind == 2:
                waiting.append(entry.path)
            elif entry.kind == 1:
                found[entry.path.partition("/workspace/")[2]] = client.files.read_bytes(entry.path).decode()
    return found


AFTER_SECOND = {"b": "changed\n", "d/c": "three\n", "d/deep": "deep\n"}


def test_a_layered_workspace_is_its_parents_with_what_was_changed(story: Story, daemon: Daemon, tmp_path: Path) -> None:
    layered(story, FIRST, SECOND, THIRD)
    run = story.run()
    assert run_state(run) == "SUCCEEDED", run.reason.text
    assert story.log("s2") == ["one", "two", "three", "four"]
    assert story.log("s3") == ["./b", "./d/c", "./d/deep", "./new", "changed", "1", "three", "deep"]
    second, third = story.stage("s2").name, story.stage("s3").name
    assert content(story.client, second) == AFTER_SECOND | {"new": "1\n"}
    assert content(story.client, third) == {"b": "changed\n", "new": "1\n", "moved/c": "three\n", "moved/deep": "deep\n"}
    assert story.client.files.read_bytes(f"{third}/workspace/link") == b"three\n"
    lies = daemon.files / second
    assert sorted(path.name for path in lies.iterdir() if not path.name.startswith(".")) == ["layer", "log", "output"]
    story.client.files.download_tree(f"{third}/workspace", tmp_path / "fetched")
    assert (tmp_path / "fetched" / "moved" / "deep").read_text() == "deep\n"
    assert not [path for path in mount_points() if str(daemon.directory) in path]
