"""The directory in which the daemon and the launcher inside a container meet: who may start, what started, how it ended.

It never needs to know of the engine. The directory itself belongs to the daemon; only `record/` belongs to the
container's user, who is hostile: what lies there is opened without following links or waiting, is read only when it is
a small regular file, and may say anything. That the launcher still lives is told by the FIFO `done`, which it holds open
and which nobody in the container can replace.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from winslow.errors import FailedPrecondition, PermissionDenied

RECORD_LIMIT = 4096
"""Bytes read of a record: the launcher writes fewer than 600."""
UNFINISHED_LIMIT = 2 * (16384 + 64)
"""Bytes of the lines that are not ended: one of each stream, as much as the launcher holds."""
_UNFINISHED = re.compile(rb"(?:\S{1,40} std(?:out|err) P [^\n]*\n){1,2}")


class Control:
    """One stage's control directory on this node."""

    def __init__(self, directory: str) -> None:
        self._directory = Path(directory)

    def prepare(self, user: tuple[int, int]) -> None:
        """Make what the launcher expects, for a container that runs as `user`. Done twice, it changes nothing.

        Raises PermissionDenied (NOT_ROOT) when this daemon may not give files to that user, FailedPrecondition (CONTROL_UNUSABLE).
        """
        try:
            self._make()
            self._give(user)
        except PermissionError as error:
            raise PermissionDenied(
                f"This daemon may not give {self._directory} to user {user[0]}:{user[1]}",
                reason="NOT_ROOT",
                subject=str(self._directory),
                hint="Run winslowd as root, or stages as the daemon's own user",
            ) from error
        except OSError as error:
            raise self._unusable(error) from error

    def _make(self) -> None:
        (self._directory / "record").mkdir(mode=0o700, exist_ok=True)
        for name in ("go", "done"):
            with contextlib.suppress(FileExistsError):
                os.mkfifo(self._directory / name, 0o600)

    def _give(self, user: tuple[int, int]) -> None:
        self._directory.chmod(0o755)
        for name in ("record", "go", "done"):
            os.chown(self._directory / name, *user, follow_symlinks=False)

    def release(self) -> None:
        """Let a held launcher go, now or when it comes up. Done twice, or after the end, it changes nothing.

        The marker comes first: a launcher opens the FIFO before it looks for the marker, so it meets one of the two.
        Raises FailedPrecondition (CONTROL_UNUSABLE).
        """
        try:
            (self._directory / "released").touch(exist_ok=True)
        except OSError as error:
            raise self._unusable(error) from error
        with contextlib.suppress(OSError), _opened(self._directory / "go", os.O_WRONLY) as fifo:
            os.write(fifo, b"\n")

    def _unusable(self, error: OSError) -> FailedPrecondition:
        return FailedPrecondition(
            f"The control directory {self._directory} cannot be used: {error.strerror}",
            reason="CONTROL_UNUSABLE",
            subject=str(self._directory),
            hint="See that the daemon's own disk is there, writable and not full",
        )

    @property
    def released(self) -> bool:
        return (self._directory / "released").exists()

    def started(self) -> float | None:
        """When the launcher claimed the one launch, in Unix seconds; 0 when that cannot be read; None when it has not."""
        times = self._claimed()
        return None if times is None else times[0]

    def elapsed(self) -> float:
        """Seconds since the launch by the clock of this boot, which nobody sets; 0 when nothing was launched, or nobody can say."""
        _, launched = self._claimed() or (0.0, 0.0)
        return max(time.clock_gettime(time.CLOCK_BOOTTIME) - launched, 0.0) if launched else 0.0

    def _claimed(self) -> tuple[float, float] | None:
        """When the launch was claimed: in Unix seconds, and since the boot. 0 for what cannot be read."""
        text = self._read("started")
        if text is None:
            return None
        words = [*text.split(), "", ""][:2]
        wall, boot = (int(word) / 1e9 if word.isdecimal() else 0.0 for word in words)
        return wall, boot

    def refused(self) -> bool:
        """Whether the launcher was started again and declined."""
        return self._read("refused") is not None

    def exit(self) -> Mapping[str, str] | None:
        """What the launcher recorded of the end, as it stands there; None when there is no record."""
        text = self._read("exit")
        if text is None:
            return None
        pairs = (line.partition("=") for line in text.splitlines())
        return {key: value for key, _, value in pairs}

    def unfinished(self) -> bytes:
        """The lines that the stage has begun and not ended, one of each stream at the most, as CRI lines; b"" where there are none."""
        data = self._bytes("unfinished", UNFINISHED_LIMIT)
        return data if data and _UNFINISHED.fullmatch(data) else b""

    def vigil(self) -> Vigil:
        """Watch for the launcher's end, from now on."""
        return Vigil(self._directory / "done")

    def _read(self, name: str) -> str | None:
        data = self._bytes(name, RECORD_LIMIT)
        return None if data is None else data.decode(errors="replace")

    def _bytes(self, name: str, most: int) -> bytes | None:
        try:
            with _opened(self._directory / "record", os.O_RDONLY | os.O_DIRECTORY) as folder:
                return _read_small(name, folder, most)
        except OSError:
            return None


def _read_small(name: str, folder: int, most: int) -> bytes | None:
    with _opened(name, os.O_RDONLY, folder) as file:
        return os.read(file, most) if stat.S_ISREG(os.fstat(file).st_mode) else None


@contextlib.contextmanager
def _opened(path: Path | str, flags: int, folder: int | None = None) -> Iterator[int]:
    fd = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    try:
        yield fd
    finally:
        os.close(fd)


class Vigil:
    """Hears within a millisecond that the launcher is gone, however it went: the kernel closes its end of the FIFO.

    Nobody writes to the FIFO. A stage that does loses this fast way and nothing else: callers look at the engine anyway.
    """

    def __init__(self, fifo: Path) -> None:
        try:
            self._fd = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
            self.deaf = not stat.S_ISFIFO(os.fstat(self._fd).st_mode)
        except OSError:
            self._fd, self.deaf = -1, True
        self.ended = asyncio.Event()

    def __enter__(self) -> Vigil:
        if not self.deaf:
            asyncio.get_running_loop().add_reader(self._fd, self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_listening()
        if self._fd >= 0:
            os.close(self._fd)

    def silent(self) -> bool:
        """Whether certainly no launcher lives now: before its start, or after its end. False when that cannot be told."""
        if self.deaf:
            return False
        try:
            return os.read(self._fd, 1) == b""
        except BlockingIOError:
            return False

    async def wait(self, timeout: float) -> None:
        """Until the launcher is gone, at most `timeout` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self.ended.wait()

    def _heard(self) -> None:
        try:
            data = os.read(self._fd, RECORD_LIMIT)
        except BlockingIOError:
            return
        self._stop_listening()
        if data:
            self.deaf = True
        else:
            self.ended.set()

    def _stop_listening(self) -> None:
        if self._fd >= 0:
            asyncio.get_running_loop().remove_reader(self._fd)
