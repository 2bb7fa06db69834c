"""What a daemon with nothing to do costs: resident memory and a share of one core."""

from __future__ import annotations

import time

import psutil

from bench.figures import Figure
from bench.stage import stage_set

SECONDS = 30.0
AIM_MB, AIM_PERCENT = 120.0, 1.0


def measure() -> list[Figure]:
    with stage_set() as (daemon, _):
        process = psutil.Process(daemon.pid)
        helpers = [child for child in process.children() if "etcd" not in child.name()]
        time.sleep(5.0)  # what starting up has left to do is not idling
        before = _cpu([process, *helpers])
        time.sleep(SECONDS)
        busy = (_cpu([process, *helpers]) - before) / SECONDS * 100
        own = process.memory_info().rss / 1e6
        beside = sum(helper.memory_info().rss for helper in helpers) / 1e6
    return [
        Figure("idle.rss", "MB", own + beside, AIM_MB, 1),
        Figure("idle.rss.files_process", "MB", beside, None, 1),
        Figure("idle.cpu", "% of a core", busy, AIM_PERCENT, 1),
    ]


def _cpu(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)
