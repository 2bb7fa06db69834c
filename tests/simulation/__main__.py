"""Run seeds by hand.

python -m tests.simulation SEED              tells all that happens in one world, and what was violated
python -m tests.simulation SEED --keep       also remembers the seed, so that it is run first from now on
python -m tests.simulation --from N --count M    many worlds; one line of JSON for each that failed
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time


def main() -> int:
    if os.environ.get("PYTHONHASHSEED") != "0":  # only then sets are walked in the same order each time
        fixed = {**os.environ, "PYTHONHASHSEED": "0"}
        os.execve(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]], fixed)
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seed", type=int, nargs="?")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--count", type=int, default=100)
    given = parser.parse_args()
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


def many(seeds: range) -> int:
    from tests.simulation.simulate import simulate

    gc.freeze()  # what was imported need not be looked at after each world
    began, failed, steps, launches = time.perf_counter(), 0, 0, 0
    for seed in seeds:
        verdict = simulate(seed)
        steps += verdict.steps
        launches += verdict.launches
        if verdict.violations:
            failed += 1
            print(json.dumps({"seed": seed, "violations": verdict.violations[:10]}), flush=True)
    print(json.dumps({"worlds": len(seeds), "launches": launches}))
    took = time.perf_counter() - began
    each = took / len(seeds)
    print(
        f"{len(seeds)} seeds, {failed} failed, {1000 * each:.0f} ms and {steps // len(seeds)} steps each",
        file=sys.stderr,
    )
    sys.stdout.flush()
    os._exit(1 if failed else 0)  # what is left of the last worlds need not be finalised


if __name__ == "__main__":
    sys.exit(main())
