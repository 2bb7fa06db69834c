"""The launcher alone, without a container: lines a second into a log, against the same process writing straight to a file.

`python -m bench.launcher` prints the table by itself.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

from bench.figures import Figure, median, table
from winslowd.docker.launcher import find_launcher

LINES = 2_000_000
RUNS = 5
LINE = "x" * 99
PRODUCER = f"yes {LINE} | head -n {LINES}"
AIM = 300_000.0


def measure() -> list[Figure]:
    launcher = find_launcher()
    with tempfile.TemporaryDirectory() as scratch:
        bare = [_seconds(["sh", "-c", f"{PRODUCER} > {scratch}/bare"]) for _ in range(RUNS)]
        logged = [_logged(launcher, Path(scratch) / str(run)) for run in range(RUNS)]
    return [
        Figure("launcher.lines", "lines/s", LINES / median(logged), LINES / median(bare), RUNS),
        Figure("launcher.lines.aim", "lines/s", LINES / median(logged), AIM, RUNS),
    ]


def _logged(launcher: Path, directory: Path) -> float:
    control, log = directory / "control", directory / "log"
    (control / "record").mkdir(parents=True)
    os.mkfifo(control / "done")
    log.touch()
    limit = LINES * 200
    taken = _seconds([launcher, "--control", control, "--log", log, "--limit", str(limit), "--", "sh", "-c", PRODUCER])
    assert log.read_bytes().count(b" stdout F x") == LINES, "every line is in the log"
    log.unlink()
    return taken


def _seconds(argv: list[str | Path]) -> float:
    at = time.perf_counter()
    subprocess.run(argv, check=True)
    return time.perf_counter() - at


if __name__ == "__main__":
    print(table(measure()))
