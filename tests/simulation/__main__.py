"""Run seeds: `python -m tests.simulation SEED` tells all that happens, `python -m tests.simulation FIRST LAST` only who failed."""

from __future__ import annotations

import gc
import os
import sys
import time


def main() -> int:
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets are walked in the same order only then
        os.execve(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]], {**os.environ, "PYTHONHASHSEED": "0"})
    from tests.simulation.simulate import simulate

    gc.freeze()  # what was imported need not be looked at after each world
    numbers = [int(text) for text in sys.argv[1:]]
    if len(numbers) == 1:
        verdict = simulate(numbers[0], lambda text: print(text))
        print(verdict)
        return 1 if verdict.violations else 0
    failed = 0
    began = time.perf_counter()
    for seed in range(numbers[0], numbers[1]):
        verdict = simulate(seed)
        if verdict.violations:
            failed += 1
            print(f"seed {seed}: {verdict.violations[0]}  ({len(verdict.violations)})", flush=True)
    took = time.perf_counter() - began
    print(f"{numbers[1] - numbers[0]} seeds in {took:.1f} s, {1000 * took / (numbers[1] - numbers[0]):.1f} ms each, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
