"""Where the launcher's binary is on this node, and how it comes to be there.

Why: every container of a stage starts with the launcher (see launcher.c), a static program that must fit this node's
kernel and processor, so it is compiled here once and found again by the hash of its source. It never needs to know
what a stage or an engine is.

Run as a program, it makes sure that the binary is there and prints its path: set-up does this while a compiler is near.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from winslow.errors import FailedPrecondition

SOURCES = tuple(Path(__file__).with_name(name) for name in ("launcher.c", "launcher_log.c", "launcher_unfinished.c"))
COMPILERS = ("cc", "gcc", "clang")
FLAGS = ("-std=gnu11", "-Os", "-static", "-Wall", "-Wextra", "-Werror")
COMPILE_TIMEOUT = 120.0
HINT = "Install a C compiler with a static libc (Debian: apt-get install gcc libc6-dev) and run set-up again"


def default_cache() -> Path:
    """`$XDG_CACHE_HOME/winslow`, or `~/.cache/winslow`; services without a home use /var/cache/winslow."""
    if home := os.environ.get("XDG_CACHE_HOME"):
        return Path(home) / "winslow"
    if home := os.environ.get("HOME"):
        return Path(home) / ".cache" / "winslow"
    return Path("/var/cache/winslow")


def binary_name() -> str:
    """The file name that names exactly this source for exactly this processor."""
    digest = hashlib.sha256()
    for source in SOURCES:
        digest.update(source.read_bytes())
    digest.update("\0".join((*FLAGS, platform.machine())).encode())
    return f"launch-{digest.hexdigest()[:16]}"


def find_launcher(cache: Path | None = None) -> Path:
    """The launcher's binary: beside its source where a package ships it, else in `cache`, else compiled into `cache` now.

    Blocks for about a second when it compiles. Two processes that compile at once end with one whole binary.
    Raises FailedPrecondition (LAUNCHER_MISSING).
    """
    folder = cache or default_cache()
    name = binary_name()
    for place in (SOURCES[0].parent, folder):
        if os.access(place / name, os.X_OK):
            return place / name
    return _compile(folder, name)


def _compile(folder: Path, name: str) -> Path:
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        raise _missing(f"none of {', '.join(COMPILERS)} is installed")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            fresh = Path(scratch) / name
            command = (compiler, *FLAGS, "-o", str(fresh), str(SOURCES[0]))
            done = subprocess.run(command, capture_output=True, text=True, timeout=COMPILE_TIMEOUT, check=False)
            if done.returncode != 0:
                raise _missing(f"{compiler} failed: {done.stderr.strip()[-500:]}")
            fresh.chmod(0o755)
            fresh.replace(folder / name)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _missing(str(error)) from error
    return folder / name


def _missing(why: str) -> FailedPrecondition:
    return FailedPrecondition(
        f"The launcher, which every container needs, could not be built: {why}",
        reason="LAUNCHER_MISSING",
        subject="launcher",
        hint=HINT,
    )


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{find_launcher()}\n")
    except FailedPrecondition as error:
        sys.exit(str(error))
