"""What the daemon and its etcd survive, told by an observer that does not believe them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from docker import APIClient

from tests.acceptance.story import Story, run_state, state_of
from tests.daemon import Daemon

COUNTING = "echo $WINSLOW_DEFINITION >> /workspace/ran; i=0; while [ $i -lt 100 ]; do echo line $i; usleep 20000; i=$((i+1)); done"


def numbers(story: Story, definition: str) -> list[int]:
    return [int(line.removeprefix("line ")) for line in story.log(definition) if line.startswith("line ")]


def test_a_killed_daemon_finds_its_container_and_the_log_has_no_gap_and_no_repeat(
    own_daemon: Daemon, image: str
) -> None:
    with own_daemon.client() as client:
        story = Story(client, image, "killed").stages(COUNTING, COUNTING)
        run = client.runs.start(story.project)
        story.started("s1")
        for _ in range(3):
            own_daemon.kill()
            own_daemon.start()
        ended = story.settled(run)
        assert run_state(ended) == "SUCCEEDED", ended.reason.text
        for name in ("s1", "s2"):
            assert numbers(story, name) == list(range(100))
        ran = client.files.read_bytes(f"{story.stage('s2').name}/workspace/ran").decode().split()
        assert Counter(ran) == {"s1": 1, "s2": 1}


def test_a_follower_sees_every_line_once_though_the_daemon_is_killed(own_daemon: Daemon, image: str) -> None:
    with own_daemon.client() as client:
        story = Story(client, image, "followed").stages(COUNTING)
        client.runs.start(story.project)
        stage = story.started("s1")
        seen: list[int] = []
        for line in client.logs.lines(stage.name, follow=True):
            seen.append(int(line.text.split()[-1]))
            if len(seen) == 20:
                own_daemon.kill()
                own_daemon.start()
        assert seen == list(range(100))


def test_etcd_stopped_for_30_seconds_kills_nothing_and_the_end_is_recorded_after_it(
    own_daemon: Daemon, image: str
) -> None:
    with own_daemon.client() as client:
        story = Story(client, image, "outage").stages("sleep 10; echo done", "true")
        run = client.runs.start(story.project)
        stage = story.started("s1")
        etcd = own_daemon.etcd_pid()
        os.kill(etcd, signal.SIGSTOP)
        try:
            time.sleep(30)
        finally:
            os.kill(etcd, signal.SIGCONT)
        back = time.time()
        assert run_state(story.settled(run)) == "SUCCEEDED"
        ended = client.stages.get(stage.name)
        assert state_of(ended) == "SUCCEEDED" and len(story.all("s1")) == 1
        ran = ended.end_time.ToNanoseconds() / 1e9 - ended.start_time.ToNanoseconds() / 1e9
        assert 9.5 < ran < 15, "its end is when its process ended, not when etcd was back"
        assert ended.end_time.ToNanoseconds() / 1e9 < back


def another_etcd(daemon: Daemon, than: int) -> int:
    """The process of the etcd that was started in the place of `than`."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError):  # there is none at this moment
            if (pid := daemon.etcd_pid()) != than:
                return pid
        time.sleep(0.02)
    raise AssertionError(f"etcd was not started again:\n{daemon.log.read_text()[-2000:]}")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_etcd_that_ends_is_started_again_and_the_stage_that_runs_goes_on(
    own_daemon: Daemon, image: str, number: signal.Signals
) -> None:
    with own_daemon.client() as client:
        story = Story(client, image, "etcd ends").stages(COUNTING, COUNTING)
        run = client.runs.start(story.project)
        story.started("s1")
        etcd = own_daemon.etcd_pid()
        for _ in range(3):
            os.kill(etcd, number)
            etcd = another_etcd(own_daemon, etcd)
        ended = story.settled(run)
        assert run_state(ended) == "SUCCEEDED", ended.reason.text
        for name in ("s1", "s2"):
            assert numbers(story, name) == list(range(100))
        assert Counter(one.definition.name for one in story.all()) == {"s1": 1, "s2": 1}


def test_an_etcd_that_an_earlier_daemon_left_is_watched_over_too(own_daemon: Daemon, image: str) -> None:
    with own_daemon.client() as client:
        story = Story(client, image, "adopted etcd").stages(COUNTING)
        run = client.runs.start(story.project)
        story.started("s1")
        etcd = own_daemon.etcd_pid()
        own_daemon.kill()
        own_daemon.start()
        assert own_daemon.etcd_pid() == etcd, "it went on with the etcd that ran"
        os.kill(etcd, signal.SIGKILL)
        another = another_etcd(own_daemon, etcd)
        assert run_state(story.settled(run)) == "SUCCEEDED"
        assert numbers(story, "s1") == list(range(100))
        own_daemon.stop()
        assert not Path(f"/proc/{another}").exists(), "it ends with its daemon"


def test_a_stop_in_good_order_leaves_the_stage_running_and_the_next_daemon_goes_on(
    own_daemon: Daemon, image: str
) -> None:
    with own_daemon.client() as client:
        story = Story(client, image, "upgrade").stages(COUNTING)
        run = client.runs.start(story.project)
        story.started("s1")
        own_daemon.stop()
        own_daemon.start()
        assert run_state(story.settled(run)) == "SUCCEEDED"
        assert numbers(story, "s1") == list(range(100))


def test_a_stop_in_good_order_leaves_no_container_but_those_of_running_stages(own_daemon: Daemon, image: str) -> None:
    with own_daemon.client() as client:
        story = Story(client, image, "tidy").stages("true", "true", "sleep 30", "true")
        client.runs.start(story.project)
        running = story.started("s3").name.split("/")[-1]
        engine = APIClient(version="auto")
        own_daemon.stop()
        left = engine.containers(all=True, filters={"ancestor": image})
        assert [one["Names"][0] for one in left] == [f"/{running}"]
        own_daemon.start()
        client.stages.abort(story.stage("s3").name)
        story.ended("s3")


def test_an_abort_that_was_asked_for_is_carried_out_though_the_daemon_dies(own_daemon: Daemon, image: str) -> None:
    with own_daemon.client() as client:
        story = Story(client, image, "abort").stages("trap '' TERM; while true; do sleep 0.1; done", grace="2s")
        run = client.runs.start(story.project)
        stage = story.started("s1")
        client.stages.abort(stage.name)
        own_daemon.kill()
        own_daemon.start()
        story.settled(run)
        assert state_of(client.stages.get(stage.name)) == "ABORTED"
