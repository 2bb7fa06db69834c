"""Run seeds by hand.

python -m tests.simulation SEED              tells all that happens in one world, and what was violated
python -m tests.simulation SEED --keep       also remembers the seed, so that it is run first from now on
python -m tests.simulation --from N --count M    many worlds; one line of JSON for each that failed
python -m tests.simulation --kept            those that were remembered, in the same way
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence

from tests.simulation.kept import kept

AT_ONCE = 8
"""Processes at most: where a container is given two of a machine's many cores, it is told of all of them."""


def main() -> int:
    if os.environ.get("PYTHONHASHSEED") != "0":  # only then sets are walked in the same order each time
        fixed = {**os.environ, "PYTHONHASHSEED": "0"}
        os.execve(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]], fixed)
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seed", type=int, nargs="?")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--kept", action="store_true")
    given = parser.parse_args()
    if given.kept:
        return many(kept())
    if given.seed is None:
        return many(range(given.first, given.first + given.count))
    return one(given.seed, keep=given.keep)


def one(seed: int, *, keep: bool) -> int:
    from tests.simulation.kept import remember
    from tests.simulation.simulate import simulate

    verdict = simulate(seed, print)
    print(f"seed {seed}: {verdict.revisions} revisions, {verdict.steps} steps, {verdict.seconds:.1f} s of its own time")
    for violation in verdict.violations:
        print(f"  {violation}")
    if keep:
        remember(seed)
    return 1 if verdict.violations else 0


def many(seeds: Sequence[int]) -> int:
    from tests.simulation.many import tallies

    began, worlds, launches, steps, failed = time.perf_counter(), 0, 0, 0, 0
    for tally in tallies(seeds, min(os.cpu_count() or 1, AT_ONCE)):
        worlds += tally.worlds
        launches += tally.launches
        steps += tally.steps
        failed += len(tally.broken)
        for seed, violations in tally.broken.items():
            print(json.dumps({"seed": int(seed), "violations": violations}), flush=True)
    print(json.dumps({"worlds": worlds, "launches": launches}))
    each = 1000 * (time.perf_counter() - began) / len(seeds)
    print(f"{worlds} seeds, {failed} failed, {each:.0f} ms and {steps // len(seeds)} steps each", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
