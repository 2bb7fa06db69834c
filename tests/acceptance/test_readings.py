"""What a node and its stages use, as a person asks for it, while a real stage works and after it ended."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.story import Story, run_state
from tests.daemon import ROOT, NodeDaemon
from tests.etcd import Member
from winslow.v1.node_pb2 import Reading
from winslow.v1.stage_pb2 import StageState

BUSY = "while [ ! -e /input/go ]; do i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; done"


@pytest.fixture
def node(tmp_path: Path, own_etcd: Member, cluster: str) -> Iterator[NodeDaemon]:
    with NodeDaemon(tmp_path / "node-a", cluster, [own_etcd.endpoint]) as running:
        yield running


def test_a_stage_that_works_is_seen_to_work_and_its_minutes_outlive_the_daemon(node: NodeDaemon, image: str) -> None:
    with node.client() as client:
        story = Story(client, image, "busy").stages(BUSY)
        run = client.runs.start(story.project)
        stage = story.started("s1", StageState.STAGE_STATE_RUNNING)
        seen: list[Reading] = []
        with closing(client.nodes.watch_readings(["node-a", stage.name], timeout=60)) as live:
            for readings in live:
                seen += readings
                if any(one.subject == stage.name and one.cpus > 0.2 for one in seen):
                    break
        story.go(node.files)
        own = [one for one in seen if one.subject == "nodes/node-a"][-1]
        used = [one for one in seen if one.subject == stage.name][-1]
        assert own.memory > used.memory > 0
        assert own.cpus > 0.1 and own.disk_used > 0
        assert run_state(story.settled(run)) == "SUCCEEDED"
        before = list(client.stages.readings(stage.name))
        assert before and sum(one.cpus * one.seconds for one in before) > 0.2
    node.stop()
    node.start()
    with node.client() as client:
        kept = list(client.stages.readings(stage.name))
        assert 0 <= sum(one.seconds for one in kept) - sum(one.seconds for one in before) <= 2, (
            "its last second at most"
        )
        assert {one.subject for one in kept} == {stage.name}
        assert list(client.nodes.readings("node-a"))


def test_the_node_registers_its_images_and_top_shows_it(node: NodeDaemon, image: str) -> None:
    with node.client() as client:
        deadline = time.monotonic() + 30
        while image not in (shown := next(iter(client.nodes.list()))).images:
            assert time.monotonic() < deadline, shown
            time.sleep(0.05)
        assert shown.capacity.disk > 0 and shown.boot_id and shown.incarnation
    command = [sys.executable, "-m", "winslowctl", "--address", node.address, "nodes", "top", "--once"]
    deadline = time.monotonic() + 30
    while "node-a" not in (out := subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout):
        assert time.monotonic() < deadline, out
    header, row = out.splitlines()
    assert header.startswith("NODE") and " of " in row and "/s" in header


def test_top_on_a_terminal_shows_every_node_and_ends_when_told(
    tmp_path: Path, own_etcd: Member, cluster: str, node: NodeDaemon
) -> None:
    with NodeDaemon(tmp_path / "node-b", cluster, [own_etcd.endpoint], volume=str(node.files)):
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "winslowctl", "--address", node.address, "nodes", "top"]
        top = subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
        os.close(theirs)
        screen, deadline = "", time.monotonic() + 60
        try:
            while not (screen.count("node-a") > 1 and screen.count("node-b") > 1 and screen.count(" of ") > 3):
                assert time.monotonic() < deadline, screen
                screen += os.read(ours, 65536).decode(errors="replace")
            top.send_signal(signal.SIGINT)
            with contextlib.suppress(OSError):  # nobody has the other end any more
                while piece := os.read(ours, 65536):
                    screen += piece.decode(errors="replace")
            assert top.wait(30) == 130
            assert "Traceback" not in screen
        finally:
            top.kill()
            top.wait()
            os.close(ours)
