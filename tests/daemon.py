"""A real daemon for tests and benchmarks: `winslowd dev` in a directory of its own, killed and restarted by its PID."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from winslow.client import Client
from winslow.errors import Unavailable

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN = 60.0


class Daemon:
    """One machine's Winslow: etcd, files and socket in `directory`. Use as a context; it stops what it started."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.directory = directory
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"unix:{self.directory / 'winslowd.sock'}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> Path:
        return self.directory / "winslowd.log"

    @property
    def files(self) -> Path:
        """The volume, as an observer sees it."""
        return self.directory / "files"

    def start(self, wait: bool = True) -> None:
        """Start the daemon; with `wait`, return when it answers."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "winslowd", "dev", "--directory", str(self.directory), *self._arguments],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if wait:
            self.ready()

    def ready(self) -> None:
        """Wait until it answers, or say what it said."""
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                raise AssertionError(f"winslowd ended with {self._process.returncode}:\n{self._tail()}")
            with contextlib.suppress(Unavailable), self.client(patience=0.2) as client:
                if list(client.nodes.list()):
                    return
            time.sleep(0.02)
        raise AssertionError(f"winslowd did not answer within {READY_WITHIN:g} s:\n{self._tail()}")

    def kill(self) -> None:
        """SIGKILL: no good-bye of any kind. Its etcd and its containers go on."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """SIGTERM, and wait for the good order."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"winslowd did not stop within 30 s:\n{self._tail()}") from None

    def client(self, **options: float) -> Client:
        return Client(self.address, **options)

    def etcd_pid(self) -> int:
        import json

        return int(json.loads((self.directory / "etcd" / "process.json").read_text())["pid"])

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])

    def __enter__(self) -> Daemon:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(FileNotFoundError):
            left = self.etcd_pid()
            self.stop()
            with contextlib.suppress(ProcessLookupError):
                os.kill(left, signal.SIGTERM)
        self.stop()


@contextlib.contextmanager
def daemon(directory: Path, *arguments: str) -> Iterator[Daemon]:
    with Daemon(directory, *arguments) as running:
        yield running
