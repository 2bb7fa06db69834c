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
ANOTHER_TIME = 1_000_000_000
"""Nanoseconds; bytecode remembers the time of its file in whole seconds."""
FAILED = 1
"""pytest's exit status for tests that ran and failed; any other but 0 means that none ran."""


def main(words: Sequence[str]) -> int:
    chosen = [one for one in MUTANTS if all(word in one.name for word in words)]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        first = _copy(Path(folder) / "0")
        problems = [*_faults(chosen), *_unchanged(first, chosen)]
        if not problems:
            copies = _copies(first)
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


def _copies(first: Path) -> SimpleQueue[Path]:
    """The copy in which the tests ran unchanged, and others of it: with their bytecode, which no mutant then has to make again."""
    copies: SimpleQueue[Path] = SimpleQueue()
    copies.put(first)
    for number in range(1, SIDE_BY_SIDE):
        copies.put(shutil.copytree(first, first.with_name(str(number)), symlinks=True))
    return copies


def _faults(mutants: Sequence[Mutant]) -> Iterator[str]:
    """Mutants that are none any more."""
    for mutant in mutants:
        count = (ROOT / mutant.file).read_text(encoding="utf-8").count(mutant.old)
        if count != 1:
            yield f"{mutant.name}: its piece of {mutant.file} is there {count} times; say in the catalogue what it is now"


def _unchanged(copy: Path, mutants: Sequence[Mutant]) -> Iterator[str]:
    """Every named test, in a copy that nobody changed: a red one would prove nothing."""
    where = _run([sys.executable, "-c", "import winslowd, storage; print(winslowd.__file__)"], copy).stdout.strip()
    if not where.startswith(str(copy)):
        yield f"the copy is not what is tested, but {where}"
        return
    result = _pytest(copy, sorted({mutant.test for mutant in mutants}), keep_bytecode=True)
    if result.returncode != 0:
        yield f"the named tests are not green without mutants:\n{result.stdout[-3000:]}"


def _judge(mutant: Mutant, copies: SimpleQueue[Path]) -> str:
    with _borrowed(copies) as copy, _changed(copy, mutant):
        result = _pytest(copy, ["-x", mutant.test])
    if result.returncode == FAILED:
        print(f"noticed: {mutant.name}", flush=True)
        return ""
    if result.returncode == 0:
        return f"SURVIVED: {mutant.name}: {mutant.test} is green"
    return f"{mutant.name}: {mutant.test} could not be run:\n{result.stdout[-1500:]}{result.stderr[-500:]}"


@contextmanager
def _changed(copy: Path, mutant: Mutant) -> Iterator[None]:
    """The mutant's file is another meanwhile. Its time is too, by which Python tells that the bytecode at hand is not this file's."""
    path = copy / mutant.file
    original, written = path.read_text(encoding="utf-8"), path.stat().st_mtime_ns
    try:
        path.write_text(original.replace(mutant.old, mutant.new), encoding="utf-8")
        os.utime(path, ns=(written, written + ANOTHER_TIME))
        yield
    finally:
        path.write_text(original, encoding="utf-8")
        os.utime(path, ns=(written, written))


@contextmanager
def _borrowed(copies: SimpleQueue[Path]) -> Iterator[Path]:
    copy = copies.get()
    try:
        yield copy
    finally:
        copies.put(copy)


def _pytest(copy: Path, arguments: Sequence[str], *, keep_bytecode: bool = False) -> subprocess.CompletedProcess[str]:
    options = ["-q", "-p", "no:cacheprovider", "--no-header", "--timeout", str(LIMIT)]
    return _run([sys.executable, "-m", "pytest", *options, *arguments], copy, keep_bytecode=keep_bytecode)


def _run(command: Sequence[str], folder: Path, *, keep_bytecode: bool = False) -> subprocess.CompletedProcess[str]:
    """Bytecode that is in `folder` is used. A mutant's is never kept."""
    fresh = {**os.environ, "PYTHONDONTWRITEBYTECODE": "" if keep_bytecode else "1", "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=fresh, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
