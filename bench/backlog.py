"""A backlog of 200 independent `true` stages, two at a time, against the bare engine's rate at two at a time."""

from __future__ import annotations

import time

from bench import bare
from bench.figures import Figure
from bench.stage import spec, stage_set

STAGES = 200


def measure() -> list[Figure]:
    with stage_set("--cpus", "2") as (daemon, image), daemon.client() as client:
        before = bare.rate(image, STAGES // 2, 2)
        project = client.projects.create("backlog", spec=spec(image, ["work"], ["true"]))
        at = time.perf_counter()
        sweep = client.sweeps.start(project.name, "work", {"POINT": f"1..{STAGES}"}, expected_count=STAGES)
        while client.sweeps.get(sweep.name).succeeded_count < STAGES:
            time.sleep(0.2)  # an observer that asks at every change would take the CPU that it measures
        rate = STAGES / (time.perf_counter() - at)
        assert len(list(client.stages.list(project.name))) == STAGES
        after = bare.rate(image, STAGES // 2, 2)
    floor = 2 * before * after / (before + after)
    return [Figure("backlog.rate", "stages/s", rate, floor, STAGES)]
