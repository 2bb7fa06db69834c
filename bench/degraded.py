"""A daemon whose file system hangs: how fast it answers what needs no files, when a file call gives up, when the node says so.

On a real CephFS, under three outages: the metadata servers killed, the OSD killed, ceph-fuse frozen; each lasts half a minute
while a stage runs and another is aborted. Whoever calls is a process of its own. The floors are the aims. It takes root and FUSE.
"""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path

from bench.figures import Figure, percentile
from tests import ceph, etcd
from tests.acceptance.story import Story
from tests.images import busybox_image
from tests.outages import Caller, Outage, scene
from winslow.client import Client

FAULTS = ("metadata", "data", "mount")
LASTING = 30.0
API_AIM = 1.0
FILE_AIM = 10.0
"""The deadline of a quick call."""
NOTICED_AIM = 22.0
"""A call's deadline, and a second question's."""


def measure() -> list[Figure]:
    with (
        tempfile.TemporaryDirectory(prefix="winslow-bench-") as home,
        busybox_image() as image,
        etcd.running(Path(home, "etcd")) as members,
        ceph.running(standby=True) as cluster,
        scene(cluster, Path(home), "bench-degraded", members[0].endpoint) as outside,
    ):
        project = _running(outside.client, image, "going on").rpartition("/stages/")[0]
        outside.put_from_elsewhere([f"{project}/input/{name}.bin" for name in FAULTS])
        with Caller(outside.daemon.address, project) as caller:
            seen = []
            for name in FAULTS:
                stage = _running(outside.client, image, f"stopped {name}")
                seen.append(outside.outage(name, project, LASTING, partial(outside.client.stages.abort, stage)))
        for one in seen:
            _tell(one, caller)
        taken = [answer for one in seen for answer in caller.between(one.began, one.ended)]
    failed = sum(bool(answer.reason) for answer in taken)
    calls = [seconds for one in seen for seconds in one.file_calls]
    return [
        Figure("degraded.api.p99", "s", percentile([one.seconds for one in taken], 0.99), API_AIM, len(taken)),
        Figure("degraded.api.failed", "calls", failed, None, len(taken)),
        Figure("degraded.file.longest", "s", max(calls), FILE_AIM, len(calls)),
        Figure("degraded.noticed", "s", max(one.noticed for one in seen), NOTICED_AIM, len(seen)),
        Figure("degraded.healed", "s", max(one.healed for one in seen), None, len(seen)),
    ]


def _tell(seen: Outage, caller: Caller) -> None:
    taken = [answer.seconds for answer in caller.between(seen.began, seen.ended)]
    print(
        f"{seen.name}: {seen.ended - seen.began:.0f} s, {len(taken)} calls, p50 {percentile(taken, 0.5) * 1e3:.1f} ms,"
        f" p99 {percentile(taken, 0.99) * 1e3:.1f} ms, longest {max(taken) * 1e3:.0f} ms; noticed after {seen.noticed:.1f} s,"
        f" healed after {seen.healed:.1f} s; file calls {', '.join(f'{one:.1f} s' for one in seen.file_calls)}",
        file=sys.stderr,
    )


def _running(client: Client, image: str, name: str) -> str:
    """The name of a stage that runs for as long as it is let."""
    story = Story(client, image, name).stages("sleep 3600")
    client.runs.start(story.project)
    return story.started("s1").name
