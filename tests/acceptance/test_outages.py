"""A file system that hangs never hangs the daemon: it answers, stops what it is told to stop, and its stages go on afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bench.figures import percentile
from tests.acceptance.story import Story, cause_of, run_state, state_of
from tests.ceph import Cluster
from tests.etcd import Member
from tests.outages import FILE_CALL, Caller, Scene, scene

pytestmark = pytest.mark.ceph

BEATS = "i=0; while [ ! -e /input/enough ]; do echo beat $i; echo $i >> /output/beats; i=$((i+1)); sleep 0.1; done; echo last"
FAULTS = ("servers", "mount")
"""Each server's own absence is measured by the benchmark; here all of them are away at once."""
ONE_SECOND = 1.0
LASTING = 5.0


@pytest.fixture
def outside(ceph: Cluster, own_etcd: Member, cluster: str, tmp_path: Path) -> Iterator[Scene]:
    with scene(ceph, tmp_path, cluster, own_etcd.endpoint) as scene_:
        yield scene_


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
        client.files.make_directory(f"{going.project}/input/enough")
        assert run_state(going.settled(run)) == "SUCCEEDED"
        assert len(going.all("s1")) == 1 and going.stage("s1").name == first.name
        log = going.log("s1")
        written = client.files.read_bytes(f"{going.project}/output/s1/beats").decode().split()
    assert log[-1] == "last"
    assert [f"beat {number}" for number in written] == log[:-1], "its log, its output: nothing is missing"
    assert written == [str(number) for number in range(len(written))]
