"""The launcher run directly on this machine, without a container: the same program, a hundred times faster to test."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Launched:
    """One control directory and one log for a launcher."""

    binary: Path
    root: Path
    limit: int = 1 << 30

    def __post_init__(self) -> None:
        (self.control / "record").mkdir(parents=True)
        for name in ("go", "done"):
            os.mkfifo(self.control / name)
        self.log.touch()

    @property
    def control(self) -> Path:
        return self.root / "control"

    @property
    def log(self) -> Path:
        return self.root / "log"

    def begin(self, *argv: str | bytes, hold: bool = False) -> subprocess.Popen[bytes]:
        options = ["--control", self.control, "--log", self.log, "--limit", str(self.limit)]
        return subprocess.Popen([self.binary, *(["--hold"] if hold else []), *options, "--", *argv], cwd=self.root)

    def run(self, *argv: str | bytes, hold: bool = False) -> subprocess.Popen[bytes]:
        process = self.begin(*argv, hold=hold)
        process.wait(30)
        return process

    def shell(self, script: str) -> subprocess.Popen[bytes]:
        return self.run("sh", "-c", script)

    def record(self) -> dict[str, str]:
        lines = (self.control / "record" / "exit").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def forget(self) -> None:
        """As if nothing had been launched yet."""
        for path in (self.control / "record").iterdir():
            path.unlink()

    def rows(self) -> list[tuple[str, str, bytes]]:
        """(stream, tag, text) of each line of the log."""
        lines = self.log.read_bytes().split(b"\n")
        assert lines.pop() == b""
        rows = [line.split(b" ", 3) for line in lines]
        return [(row[1].decode(), row[2].decode(), row[3]) for row in rows]

    def texts(self) -> list[str]:
        return [text.decode() for _, _, text in self.rows()]

    def unfinished(self) -> list[tuple[str, bytes]]:
        """(stream, text) of each line that is not ended, as it is shown beside the log."""
        try:
            lines = (self.control / "record" / "unfinished").read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        assert lines.pop() == b""
        rows = [line.split(b" ", 3) for line in lines]
        assert {tag for _, _, tag, _ in rows} <= {b"P"}
        return [(row[1].decode(), row[3]) for row in rows]

    def await_unfinished(self, *wanted: tuple[str, bytes]) -> None:
        """Until exactly these lines are not ended."""
        self._until(lambda: self.unfinished() == list(wanted))

    def await_text(self, text: str) -> None:
        self._until(lambda: text in self.texts())

    def await_up(self) -> None:
        """Until the launcher listens: it opens the FIFO once signals are safe."""

        def writer() -> bool:
            fd = os.open(self.control / "done", os.O_RDONLY | os.O_NONBLOCK)
            try:
                return os.read(fd, 1) != b""
            except BlockingIOError:
                return True
            finally:
                os.close(fd)

        self._until(writer)

    def main_process(self) -> int:
        """The stage's process: found by its parent's death, by its working directory."""
        for path in Path("/proc").glob("[0-9]*"):
            try:
                if (path / "cwd").readlink() == self.root:
                    return int(path.name)
            except OSError:
                continue
        raise AssertionError("no process of the stage is left")

    def _until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, (self.unfinished(), self.log.read_bytes()[-500:])
            time.sleep(0.002)
