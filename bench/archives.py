"""Searching a log that is archived, beside searching it plain and beside zgrep; and what archives take of the disk.

Through a daemon, as people search. A log of 256 MiB is put in the place of a stage's, searched for a line that is near its
end and for one that is not there, archived by what archives it in a daemon, and searched again.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, median
from bench.stage import spec, stage_set
from tests.fakes.volume import InlineVolume
from winslow.client import Client
from winslow.domain.stage import ProjectId, StageId

SIZE = 256 << 20
RUNS = 5
LAST, NOWHERE = "frame 9999999:", "deadbeef.*nowhere"
WITHIN = 60.0


def measure() -> list[Figure]:
    with stage_set() as (daemon, image), daemon.client() as client:
        stage = _ended(client, image)
        _, project, _, name = stage.split("/")
        volume = next(path for path in daemon.directory.rglob("projects") if path.is_dir()).parent
        log = volume / stage / "log"
        _write(log)
        plain = _searched(client, stage)
        rate = asyncio.run(_archive(volume, ProjectId(project), StageId(name)))
        packed = log.with_name("log.gz")
        floor = _zgrep(packed)
        archived = _searched(client, stage)
        size = packed.stat().st_size / 1e6
        whole = _gzipped(packed)
    return [
        Figure("logs.archived.search", "MB/s", archived, floor, RUNS),
        Figure("logs.archived.search.plain", "MB/s", archived, plain, RUNS),
        Figure("logs.archived.size", "MB", size, whole, 1),
        Figure("logs.archived.rate", "MB/s", rate, None, 1),
    ]


def _ended(client: Client, image: str) -> str:
    """A stage that has ended."""
    project = client.projects.create("archived", spec=spec(image, ["talk"], ["true"]))
    client.runs.start(project.name)
    deadline = time.monotonic() + WITHIN
    while not (found := [one for one in client.stages.list(project.name) if one.HasField("end_time")]):
        assert time.monotonic() < deadline, "the stage did not end"
        time.sleep(0.05)
    return found[0].name


def _write(log: Path) -> None:
    """Lines of words as programs have them, some three quarters of which say what others said."""
    dice = random.Random(3)
    words = [b"%x" % dice.getrandbits(40) for _ in range(3000)]
    with log.open("wb") as file:
        number = 0
        while file.tell() < SIZE:
            file.write(b"".join(_line(number + one, dice.choices(words, k=3)) for one in range(1000)))
            number += 1000
        file.write(_line(9_999_999, words[:3]))


def _line(number: int, words: list[bytes]) -> bytes:
    stamp = b"2026-11-23T%02d:%02d:%02d.%09dZ" % (
        number // 360_000 % 24,
        number // 6000 % 60,
        number // 100 % 60,
        number,
    )
    return stamp + b" stdout F frame %d: " % number + b" ".join(words) + b"\n"


def _searched(client: Client, stage: str) -> float:
    """MB/s of whole searches."""
    return median([_search(client, stage, pattern, found) for pattern, found in _looks()])


def _looks() -> Iterator[tuple[str, int]]:
    for run in range(RUNS):
        yield (LAST, 1) if run % 2 else (NOWHERE, 0)


def _search(client: Client, stage: str, pattern: str, found: int) -> float:
    began = time.perf_counter()
    assert len(list(client.logs.search(stage, pattern))) == found
    return SIZE / 1e6 / (time.perf_counter() - began)


def _zgrep(packed: Path) -> float:
    rates = []
    for pattern, found in _looks():
        began = time.perf_counter()
        counted = subprocess.run(["zgrep", "-cE", pattern, packed], capture_output=True, text=True, check=False).stdout
        rates.append(SIZE / 1e6 / (time.perf_counter() - began))
        assert int(counted) == found
    return median(rates)


def _gzipped(packed: Path) -> float:
    """MB that gzip makes of the same content in one piece."""
    counted = subprocess.run(
        "zcat < log.gz | gzip -6 | wc -c", shell=True, cwd=packed.parent, capture_output=True, check=True
    )
    return int(counted.stdout) / 1e6


async def _archive(volume: Path, project: ProjectId, stage: StageId) -> float:
    inline = InlineVolume(str(volume))
    began = time.perf_counter()
    try:
        assert await inline.logs.archive(project, stage, -1.0)
    finally:
        inline.close()
    return SIZE / 1e6 / (time.perf_counter() - began)
