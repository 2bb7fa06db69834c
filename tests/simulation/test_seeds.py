"""Worlds from seeds hold every invariant: a few hundred on a developer's machine, ten thousand in CI.

They run in processes of their own, with a fixed hash seed, so that each can be run again exactly as it was.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.kept import kept

SEEDS = int(os.environ.get("WINSLOW_SEEDS") or (10_000 if os.environ.get("CI") else 300))
FIRST = int(os.environ.get("WINSLOW_FIRST_SEED") or 100_000)
PIECE = 2500
"""Seeds of one test: enough to make up for what is imported."""
FEW = 50
"""Worlds of which it may be that nothing is launched in them."""
ROOT = Path(__file__).parents[2]


def judged(count: int, *which: str) -> None:
    """Run `count` worlds and fail with every seed that failed, and how to see what happened in it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", *which],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    broken = [one for one in found if "seed" in one]
    assert done.returncode == (1 if broken else 0), done.stderr[-4000:]
    worlds, launches = found[-1]["worlds"], found[-1]["launches"]
    assert worlds == count, "not every world was run"
    assert worlds < FEW or launches > worlds, "hardly anything happens in these worlds"
    failed = [f".venv/bin/python -m tests.simulation {one['seed']} --keep\n  {one['violations']}" for one in broken]
    assert not failed, "\n".join([f"{len(failed)} worlds broke what must always hold; look at one with", *failed[:20]])


@pytest.mark.timeout(600)
def test_seeds_that_failed_once_do_not_again() -> None:
    judged(len(kept()), "--kept")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(FIRST, FIRST + SEEDS, PIECE))
def test_whatever_goes_wrong_what_must_hold_holds(first: int) -> None:
    count = min(PIECE, FIRST + SEEDS - first)
    judged(count, "--from", str(first), "--count", str(count))
