"""Run the mutants: each in a copy of the tree, with its named test alone. Green there means that nobody watches the promise.

`python -m tests.mutants.run [WORDS...]`: those whose name has all the words. First every named test must be green unchanged.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.catalogue import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
SIDE_BY_SIDE = 2
LIMIT = 120
"""Seconds that a test may take; a mutant that hangs it is noticed too."""
FAILED = 1
"""pytest's exit status for tests that ran and failed; any other but 0 means that none ran."""


def main(words: Sequence[str]) -> int:
    chosen = [one for one in MUTANTS if all(word in one.name for word in words)]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(SIDE_BY_SIDE):
            copies.put(_copy(Path(folder) / str(number)))
        problems = [*_faults(chosen), *_unchanged(copies, chosen)]
        if not problems:
            with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
                problems = [one for one in pool.map(lambda mutant: _judge(mutant, copies), chosen) if one]
    print(f"{len(chosen)} mutants, {len(problems)} problems, {time.monotonic() - began:.0f} s")
    print("\n".join(problems))
    return 1 if problems or not chosen else 0


def _copy(folder: Path) -> Path:
    """What git knows or would, and the environment as it is."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def _faults(mutants: Sequence[Mutant]) -> Iterator[str]:
    """Mutants that are none any more."""
    for mutant in mutants:
        count = (ROOT / mutant.file).read_text(encoding="utf-8").count(mutant.old)
        if count != 1:
            yield f"{mutant.name}: its piece of {mutant.file} is there {count} times; say in the catalogue what it is now"


def _unchanged(copies: SimpleQueue[Path], mutants: Sequence[Mutant]) -> Iterator[str]:
    """Every named test, in a copy that nobody changed: a red one would prove nothing."""
    with _borrowed(copies) as copy:
        where = _run([sys.executable, "-c", "import winslowd, storage; print(winslowd.__file__)"], copy).stdout.strip()
        if not where.startswith(str(copy)):
            yield f"the copy is not what is tested, but {where}"
            return
        result = _pytest(copy, sorted({mutant.test for mutant in mutants}))
        if result.returncode != 0:
            yield f"the named tests are not green without mutants:\n{result.stdout[-3000:]}"


def _judge(mutant: Mutant, copies: SimpleQueue[Path]) -> str:
    with _borrowed(copies) as copy:
        path = copy / mutant.file
        original = path.read_text(encoding="utf-8")
        path.write_text(original.replace(mutant.old, mutant.new), encoding="utf-8")
        try:
            result = _pytest(copy, ["-x", mutant.test])
        finally:
            path.write_text(original, encoding="utf-8")
    if result.returncode == FAILED:
        print(f"noticed: {mutant.name}", flush=True)
        return ""
    if result.returncode == 0:
        return f"SURVIVED: {mutant.name}: {mutant.test} is green"
    return f"{mutant.name}: {mutant.test} could not be run:\n{result.stdout[-1500:]}{result.stderr[-500:]}"


@contextmanager
def _borrowed(copies: SimpleQueue[Path]) -> Iterator[Path]:
    copy = copies.get()
    try:
        yield copy
    finally:
        copies.put(copy)


def _pytest(copy: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    options = ["-q", "-p", "no:cacheprovider", "--no-header", "--timeout", str(LIMIT)]
    return _run([sys.executable, "-m", "pytest", *options, *arguments], copy)


def _run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    fresh = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=fresh, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
