"""Many worlds, as many at once as the machine has cores.

They run in processes that are forked from one, which has imported everything, and that end after a few worlds: so nobody has to
collect what a world leaves, thousands of unfinished coroutines that hold one another, which takes a quarter of its time.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from tempfile import TemporaryFile
from typing import IO

from tests.simulation.simulate import simulate

TOGETHER = 50
"""Worlds of one process; each leaves half a megabyte."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of some worlds. `broken` are the seeds of those in which something was violated, and what."""

    worlds: int
    launches: int = 0
    steps: int = 0
    broken: dict[str, list[str]] = field(default_factory=dict)


def tallies(seeds: Sequence[int], at_once: int) -> Iterator[Tally]:
    """As they come. Raises RuntimeError when a process of worlds ended without saying what came of them."""
    gc.freeze()  # what is here now is shared with all that are forked: their collectors must not write to it
    batches = deque(seeds[at : at + TOGETHER] for at in range(0, len(seeds), TOGETHER))
    going: dict[int, IO[bytes]] = {}
    while batches or going:
        while batches and len(going) < at_once:
            child, told = _begin(batches.popleft())
            going[child] = told
        child, status = os.wait()
        with going.pop(child) as told:
            if status:
                raise RuntimeError(f"worlds were run by a process that ended with status {status}")
            told.seek(0)
            yield Tally(**json.load(told))


def _begin(seeds: Sequence[int]) -> tuple[int, IO[bytes]]:
    told = TemporaryFile()  # noqa: SIM115 - who waits for the child closes it
    child = os.fork()
    if child:
        return child, told
    try:
        gc.disable()
        told.write(json.dumps(asdict(_run(seeds))).encode())
        told.flush()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)  # what is left of its worlds is not finalised


def _run(seeds: Sequence[int]) -> Tally:
    verdicts = [simulate(seed) for seed in seeds]
    return Tally(
        len(verdicts),
        sum(one.launches for one in verdicts),
        sum(one.steps for one in verdicts),
        {str(one.seed): [*one.violations[:10]] for one in verdicts if one.violations},
    )
