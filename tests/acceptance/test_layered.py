"""Layered workspaces through the daemon: branched without a copy, seen as one by containers, people and downloads."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.overlay import mount_points
from tests.acceptance.scene import trap
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
    assert content(story.client, third) == {
        "b": "changed\n",
        "new": "1\n",
        "moved/c": "three\n",
        "moved/deep": "deep\n",
    }
    assert story.client.files.read_bytes(f"{third}/workspace/link") == b"three\n"
    lies = daemon.files / second
    assert sorted(path.name for path in lies.iterdir() if not path.name.startswith(".")) == ["layer", "log", "output"]
    story.client.files.download_tree(f"{third}/workspace", tmp_path / "fetched")
    assert (tmp_path / "fetched" / "moved" / "deep").read_text() == "deep\n"
    assert not [path for path in mount_points() if str(daemon.directory) in path]


def ctl(daemon: Daemon, *arguments: str) -> str:
    """What winslowctl says."""
    command = [sys.executable, "-m", "winslowctl", "--address", daemon.address, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_redone_twice_each_attempt_keeps_what_it_changed(story: Story, daemon: Daemon) -> None:
    layered(story, FIRST, SECOND, "cat new")
    story.run()
    first = story.stage("s2").name
    for _ in range(2):
        assert run_state(story.settled(story.client.runs.redo(first))) == "SUCCEEDED"
    attempts = story.all("s2")
    assert len(attempts) == 3
    for attempt in attempts:
        assert content(story.client, attempt.name) == AFTER_SECOND | {"new": "1\n"}
        place = f"@{attempt.name.rpartition('/')[2]}:workspace"
        listed = json.loads(ctl(daemon, "--output", "json", "ls", place))
        assert [entry["path"].rpartition("/")[2] for entry in listed] == ["b", "d", "new"]
        assert ctl(daemon, "cat", f"{place}/b") == "changed\n"


def test_a_layered_workspace_becomes_a_plain_directory_and_what_stands_on_it_stays(
    story: Story, daemon: Daemon
) -> None:
    layered(story, FIRST, SECOND, "cat b")
    story.run()
    second, third = (story.stage(name).name for name in ("s2", "s3"))
    ctl(daemon, "workspace", "materialize", second.rpartition("/")[2])
    ctl(daemon, "workspace", "materialize", second.rpartition("/")[2])
    plain = daemon.files / second / "workspace"
    assert sorted(path.name for path in plain.iterdir()) == ["b", "d", "new"]
    assert (plain / "b").read_text() == "changed\n" and plain.stat().st_mode & 0o777 == 0o555
    for stage in (second, third):
        assert content(story.client, stage) == AFTER_SECOND | {"new": "1\n"}
    assert run_state(story.settled(story.client.runs.redo(third))) == "SUCCEEDED"
    assert story.log("s3") == ["changed"]


def test_what_continues_a_layered_workspace_changes_a_layer_of_its_own(story: Story) -> None:
    story.pipeline(
        """
        - {name: s1, image: IMAGE, workspace: layered, arguments: [sh, -c, "echo one > /workspace/one"]}
        - {name: s2, image: IMAGE, workspace: continue, arguments: [sh, -c, "cd /workspace; cat one; echo two > two"]}
        - {name: s3, image: IMAGE, workspace: layered, arguments: [sh, -c, "cat /workspace/one; ls /parents/s4"], after: [s2, s4]}
        - {name: s4, image: IMAGE, workspace: layered, arguments: [sh, -c, "echo four > /workspace/four"], after: []}
        """
    )
    run = story.run()
    assert run_state(run) == "SUCCEEDED", run.reason.text
    assert story.log("s2") == ["one"] and story.log("s3") == ["one", "four"]
    assert content(story.client, story.stage("s1").name) == {"one": "one\n"}
    assert content(story.client, story.stage("s2").name) == {"one": "one\n", "two": "two\n"}


def test_while_it_runs_a_layered_workspace_is_seen_as_it_is(story: Story) -> None:
    layered(story, FIRST, "rm a; echo new > new; echo ready; while [ ! -e /output/go ]; do usleep 10000; done")
    run = story.client.runs.start(story.project)
    stage = story.started("s2")
    next(line for line in story.client.logs.lines(stage.name, follow=True) if line.text == b"ready")
    assert content(story.client, stage.name) == {"b": "two\n", "d/c": "three\n", "d/gone": "four\n", "new": "new\n"}
    story.client.stages.abort(stage.name)
    assert run_state(story.settled(run)) == "PAUSED"
    assert content(story.client, stage.name) == {"b": "two\n", "d/c": "three\n", "d/gone": "four\n", "new": "new\n"}


STEPS = ("grounded", "mounted", "running", "ended", "publishing", "published")


def moments(daemon: Daemon, stage: str, root: Path) -> dict[str, Callable[[], bool]]:
    """The steps of a layered stage, each told by what it leaves outside the daemon."""
    state = daemon.directory / "state"
    return {
        "grounded": (root / ".ground").exists,
        "mounted": lambda: any(f"{stage}/merged" in point for point in mount_points()),
        "running": lambda: (state / "scratch/layered" / stage / "upper" / "begun").exists(),
        "ended": (state / "stages/control" / stage / "record/exit").exists,
        "publishing": lambda: (root / ".layer.partial").exists() or (root / "layer").exists(),
        "published": (root / "layer").exists,
    }


@pytest.mark.parametrize("step", STEPS)
def test_a_daemon_killed_at_any_step_ends_the_same(story: Story, daemon: Daemon, step: str) -> None:
    large = "dd if=/dev/urandom of=large bs=1M count=20 2>/dev/null"
    layered(story, f"{FIRST}; sleep 0.3", f"echo x >> begun; {SECOND}; {large}; echo x >> over", "cat begun over b; ls")
    stage = f"s2-1-1-{story.project.rpartition('-')[2]}"
    reached = moments(daemon, stage, daemon.files / story.project / "stages" / stage)[step]
    run = story.client.runs.start(
        story.project
    )  # answered before the daemon dies; the stage before takes longer than that
    with trap(reached, daemon.kill):
        deadline = time.monotonic() + 60
        while daemon.running:
            assert time.monotonic() < deadline, "it was never reached"
            time.sleep(0.01)
    daemon.start()
    ended = story.settled(run)
    assert run_state(ended) == "SUCCEEDED", ended.reason.text
    assert story.log("s3") == ["x", "x", "changed", "b", "begun", "d", "large", "new", "over"]
    assert len(story.all("s2")) == 1
    assert not [path for path in mount_points() if str(daemon.directory) in path]


class Apart(Daemon):
    """A daemon in a mount namespace of its own: the engine sees nothing of what it mounts."""

    @property
    def command(self) -> list[str]:
        return ["unshare", "--mount", "--propagation", "private", *super().command]


def test_where_the_engine_sees_no_mounts_a_layered_workspace_is_copied_and_that_is_said(
    tmp_path: Path, image: str
) -> None:
    with Apart(tmp_path / "dev") as daemon, daemon.client() as client:
        story = layered(Story(client, image, "apart"), FIRST, SECOND, "cat b")
        run = story.run()
        assert run_state(run) == "SUCCEEDED", run.reason.text
        (line,) = story.log("s2", "winslow")
        assert "copied" in line and "mount namespace of its own" in line
        assert (daemon.files / story.stage("s2").name / "workspace" / "b").read_text() == "changed\n"
        assert content(client, story.stage("s3").name) == AFTER_SECOND | {"new": "1\n"}
