"""Real file systems to test on, made for the test and unmounted after it: XFS with reflinks, and one that is soon full."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def why_no_mounts() -> str:
    """Why nothing can be mounted here; empty when it can."""
    return "" if os.geteuid() == 0 else "mounting takes root"


def why_no_xfs() -> str:
    """Why XFS cannot be tested here; empty when it can."""
    missing = [tool for tool in ("mkfs.xfs", "losetup") if shutil.which(tool) is None]
    if missing:
        return f"{', '.join(missing)} not found: install xfsprogs and mount to test on XFS"
    return why_no_mounts()


@contextmanager
def xfs(place: Path, megabytes: int = 400) -> Iterator[Path]:
    """XFS with reflinks, mounted from a sparse file."""
    image = place / "xfs.image"
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    subprocess.run(["mkfs.xfs", "-q", "-m", "reflink=1", image], check=True, timeout=60)
    with _mounted(place / "xfs", "-o", "loop", str(image)) as path:
        yield path
    image.unlink()


@contextmanager
def tmpfs(place: Path, kilobytes: int) -> Iterator[Path]:
    """A file system with room for `kilobytes`."""
    with _mounted(place / "small", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs") as path:
        yield path


@contextmanager
def _mounted(path: Path, *arguments: str) -> Iterator[Path]:
    path.mkdir()
    subprocess.run(["mount", *arguments, path], check=True, timeout=60)
    try:
        yield path
    finally:
        # Lazily: a worker that a test has killed may still be on its way out.
        subprocess.run(["umount", "-l", path], check=True, timeout=60)
