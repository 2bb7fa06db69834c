"""The daemon is killed with SIGKILL 50 times at random moments of a 20-stage run; an observer counts what was lost.

Each stage notes that it ran in its workspace, which the next one inherits, and writes numbered lines for a while. So the
last workspace tells which stages ran and how often, and each log whether a line is missing or repeated.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter

from bench.figures import Figure
from bench.stage import spec, stage_set
from winslow.v1.run_pb2 import RunEnd
from winslow.v1.stage_pb2 import StageState

STAGES, KILLS, LINES = 20, 50, 100
SCRIPT = (
    "echo $WINSLOW_DEFINITION >> /workspace/ran; "
    f"i=0; while [ $i -lt {LINES} ]; do echo line $i; usleep 10000; i=$((i+1)); done"
)


def measure(seed: int = 0) -> list[Figure]:
    dice = random.Random(seed or time.time_ns())
    names = [f"s{index:02d}" for index in range(STAGES)]
    with stage_set() as (daemon, image):
        with daemon.client() as client:
            project = client.projects.create("restart", spec=spec(image, names, ["sh", "-c", SCRIPT])).name
            run = client.runs.start(project)
        kills = 0
        while kills < KILLS:
            time.sleep(dice.uniform(0.0, 1.0))
            daemon.kill()
            kills += 1
            daemon.start(wait=dice.random() < 0.7)  # sometimes it is killed again while it starts
        daemon.ready()
        with daemon.client() as client:
            ended = client.wait(run, timeout=300)
            stages = list(client.stages.list(project))
            lines = {
                stage.definition.name: _lines(b"".join(chunk.data for chunk in client.logs.read(stage.name)))
                for stage in stages
            }
            last = max(stages, key=lambda stage: stage.definition.name)
            ran = Counter(client.files.read_bytes(f"{last.name}/workspace/ran").decode().split())
        assert ended.end == RunEnd.RUN_END_SUCCEEDED, f"{ended.end} {ended.reason}"
        assert {stage.state for stage in stages} == {StageState.STAGE_STATE_SUCCEEDED}
        assert len(stages) == STAGES
    wanted = Counter(range(LINES))
    return [
        Figure("restart.lost", "stages", sum(ran[name] == 0 for name in names), 0.0, kills),
        Figure("restart.twice", "stages", sum(ran[name] > 1 for name in names), 0.0, kills),
        Figure(
            "restart.log_lines_lost",
            "lines",
            sum((wanted - Counter(found)).total() for found in lines.values()),
            0.0,
            kills,
        ),
        Figure(
            "restart.log_lines_repeated",
            "lines",
            sum((Counter(found) - wanted).total() for found in lines.values()),
            0.0,
            kills,
        ),
    ]


def _lines(log: bytes) -> list[int]:
    return [int(number) for number in re.findall(rb" stdout F line (\d+)\n", log)]
