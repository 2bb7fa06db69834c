"""Following a log: how soon a line is seen after it was written, and how many lines a second without a gap."""

from __future__ import annotations

import time
from datetime import datetime

from bench.figures import Figure, percentile
from bench.stage import spec, stage_set
from winslow.client import Client

SLOW = "i=0; while [ $i -lt 1000 ]; do echo line $i; usleep 10000; i=$((i+1)); done"
LINES = 3_000_000
FAST = f"awk 'BEGIN {{ for (i = 1; i <= {LINES}; i++) printf \"%099d\\n\", i }}'"
AIM_MS, AIM_RATE = 100.0, 100_000.0


def measure() -> list[Figure]:
    with stage_set() as (daemon, image), daemon.client() as client:
        delays = _delays(client, image)
        rate = _rate(client, image)
    return [
        Figure("logs.latency.p95", "ms", percentile(delays, 0.95) * 1000, AIM_MS, len(delays)),
        Figure("logs.throughput", "lines/s", rate, AIM_RATE, LINES),
    ]


def _follow(client: Client, image: str, name: str, script: str):
    """Start a one-stage run and follow its log from the first byte: (when seen, bytes)."""
    project = client.projects.create(name, spec=spec(image, [name], ["sh", "-c", script]))
    client.runs.start(project.name)
    while not (stages := list(client.stages.list(project.name))):
        time.sleep(0.005)
    for chunk in client.logs.follow(stages[0].name):
        yield time.time(), chunk.data


def _delays(client: Client, image: str) -> list[float]:
    found: list[float] = []
    for seen, data in _follow(client, image, "slow", SLOW):
        for line in data.splitlines():
            stamp, stream, _ = line.split(b" ", 2)
            if stream == b"stdout":
                found.append(seen - _moment(stamp.decode()))
    assert len(found) == 1000, f"{len(found)} of 1000 lines were seen"
    return found


def _rate(client: Client, image: str) -> float:
    """Checks that the numbers are contiguous while it counts."""
    count, first, last = 0, 0.0, 0.0
    rest = b""
    for seen, data in _follow(client, image, "fast", FAST):
        first = first or seen
        last = seen
        lines = (rest + data).split(b"\n")
        rest = lines.pop()
        for line in lines:
            if b" stdout F " in line:
                count += 1
                assert line.endswith(b"%099d" % count), f"line {count} is {line!r}"
    assert count == LINES, f"{count} of {LINES} lines were seen"
    return count / (last - first)


def _moment(text: str) -> float:
    whole, _, rest = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{rest or 0}")
