"""A file system that hangs never hangs the daemon: it answers, stops what it is told to stop, and its stages go on afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bench.figures import percentile
from tests.acceptance.story import Story, cause_of, run_state, state_of
from tests.ceph import Cluster
from tests.etcd import Member
from tests.outages import FILE_CALL, HEALED, NOTICED, Caller, Scene, scene

pytestmark = pytest.mark.ceph

BEATS = "i=0; while [ ! -e /input/enough ]; do echo beat $i; echo $i >> /output/beats; i=$((i+1)); sleep 0.1; done; echo last"
FAULTS = ("servers", "mount")
"""Each server's own absence is measured by the benchmark; here all of them are away at once."""
ONE_SECOND = 1.0
LASTING = 5.0
UP_WITHIN = 15.0
"""Seconds that a daemon's start takes: six of them it waits for the file system, and a busy machine adds the rest."""


@pytest.fixture
def outside(ceph: Cluster, own_etcd: Member, cluster: str, tmp_path: Path) -> Iterator[Scene]:
    with scene(ceph, tmp_path, cluster, own_etcd.endpoint) as scene_:
        yield scene_


@pytest.mark.timeout(300)  # three outages of some 20 s each, and other tests beside it
def test_while_the_servers_are_away_the_daemon_answers_and_stops_stages_and_afterwards_all_goes_on(
    outside: Scene, image: str, tmp_path: Path
) -> None:
    with outside.daemon.client() as client:
        going = Story(client, image, "going on").stages(BEATS)
        run = client.runs.start(going.project)
        first = going.started("s1")
        outside.put_from_elsewhere([f"{going.project}/input/{name}.bin" for name in FAULTS])
        with Caller(outside.daemon.address, going.project) as caller:
            for number, name in enumerate(FAULTS):
                doomed = Story(client, image, f"stopped {number}").stages("sleep 600")
                client.runs.start(doomed.project)
                stage = doomed.started("s1").name
                seen = outside.outage(name, going.project, LASTING, partial(client.stages.abort, stage))
                assert seen.reasons <= {"STORAGE_DEGRADED"} and seen.reasons, (name, seen)
                assert max(seen.file_calls) < FILE_CALL, (name, seen)
                taken = caller.between(seen.began, seen.ended)
                assert len(taken) > 50 and not [one for one in taken if one.reason], (name, taken[-3:])
                assert percentile([one.seconds for one in taken], 0.99) < ONE_SECOND, name
                assert (state_of(doomed.ended("s1")), cause_of(doomed.stage("s1"))) == ("ABORTED", "ABORTED")
            began, beats = time.time(), len(going.log("s1"))
            with outside.failed_over():
                client.files.make_directory(f"{going.project}/input/made by the one that took over")
                outside.until(lambda: len(going.log("s1")) > beats + 10, HEALED, "its stage does not go on")
            taken = caller.between(began, time.time())
            assert taken and not [one for one in taken if one.reason], taken[-3:]
            assert percentile([one.seconds for one in taken], 0.99) < ONE_SECOND
        client.files.make_directory(f"{going.project}/input/enough")
        assert run_state(going.settled(run)) == "SUCCEEDED"
        assert len(going.all("s1")) == 1 and going.stage("s1").name == first.name
        log = going.log("s1")
        written = client.files.read_bytes(f"{going.project}/output/s1/beats").decode().split()
    assert log[-1] == "last"
    assert [f"beat {number}" for number in written] == log[:-1], "its log, its output: nothing is missing"
    assert written == [str(number) for number in range(len(written))]


def test_a_daemon_that_starts_while_its_mount_hangs_does_all_but_files_and_goes_on_when_that_is_back(
    outside: Scene, image: str
) -> None:
    with outside.daemon.client() as client:
        going = Story(client, image, "going on").stages(BEATS)
        doomed = Story(client, image, "stopped").stages("sleep 600")
        waiting = Story(client, image, "waiting").stages("echo here > /output/made")
        runs = {story: client.runs.start(story.project) for story in (going, doomed)}
        names = {story: story.started("s1").name for story in runs}
        outside.daemon.kill()
        outside.mount.freeze()
        try:
            began = time.monotonic()
            outside.daemon.start()
            assert time.monotonic() - began < UP_WITHIN
            assert outside.degraded()
            with Caller(outside.daemon.address, going.project) as caller:
                client.stages.abort(names[doomed])
                runs[waiting] = client.runs.start(waiting.project)
                outside.until(lambda: not_bid_for(waiting), NOTICED, "somebody takes stages")
                outside.until(lambda: len(caller.answers) > 50, NOTICED, "calls take long")
            assert not [one for one in caller.answers if one.reason], caller.answers[-3:]
            assert percentile([one.seconds for one in caller.answers], 0.99) < ONE_SECOND
            assert outside.degraded() and state_of(going.stage("s1")) == "RUNNING"
        finally:
            outside.mount.thaw()
        outside.until(lambda: not outside.degraded(), HEALED, "the storage stays degraded")
        client.files.make_directory(f"{going.project}/input/enough")
        assert run_state(going.settled(runs[going])) == "SUCCEEDED"
        assert run_state(waiting.settled(runs[waiting])) == "SUCCEEDED"
        assert (state_of(doomed.ended("s1")), cause_of(doomed.stage("s1"))) == ("ABORTED", "ABORTED")
        assert going.stage("s1").name == names[going], "it was adopted"
        written = client.files.read_bytes(f"{going.project}/output/s1/beats").decode().split()
    assert written == [str(number) for number in range(len(written))], "it never stopped"


def not_bid_for(story: Story) -> bool:
    return bool(story.all("s1")) and "its storage is not well" in story.stage("s1").reason.text
