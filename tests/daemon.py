"""Real daemons for tests and benchmarks, killed and restarted by their PID.

`Daemon` is `winslowd dev` in a directory of its own; `NodeDaemon` is `winslowd --config` beside others, over an etcd
that somebody else runs.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import psutil

from tests.etcd import free_ports
from winslow.client import Client
from winslow.errors import Unavailable

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN = 60.0


class Daemon:
    """One machine's Winslow: etcd, files and socket in `directory`. Use as a context; it stops what it started."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.directory = directory
        self.tree = ROOT
        """The source tree that it runs from its next start on: another version, perhaps."""
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "winslowd", "dev", "--directory", str(self.directory), *self._arguments]

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
                self.command,
                cwd=self.tree,
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

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL to the daemon alone: no good-bye of any kind. Its etcd and its containers go on."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def kill_whole(self) -> None:
        """SIGKILL to the daemon and to what it started, as when its machine dies."""
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.kill()

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

    def processes(self) -> list[psutil.Process]:
        """Its own, first, and those that it started: the process that works on files."""
        daemon = psutil.Process(self.pid)
        return [daemon, *daemon.children(recursive=True)]

    def freeze(self) -> None:
        """SIGSTOP to all of it, as a machine that hangs: its containers go on."""
        for process in self.processes():
            process.suspend()

    def thaw(self) -> None:
        for process in self.processes():
            process.resume()

    def client(self, **options: float) -> Client:
        return Client(self.address, **options)

    def etcd_pid(self) -> int:
        return int(json.loads((self.directory / "etcd" / "process.json").read_text())["pid"])

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(FileNotFoundError):
            left = self.etcd_pid()
            self.stop()
            with contextlib.suppress(ProcessLookupError):
                os.kill(left, signal.SIGTERM)
        self.stop()


class NodeDaemon(Daemon):
    """A node of `cluster` over the etcd at `endpoints`, reached by TCP on loopback. `settings` are further ones of its file.

    `within` is what runs the daemon instead of this process's own world: a command in front of its command. `clock` is
    by how many seconds its clock is ahead.
    """

    def __init__(
        self,
        directory: Path,
        cluster: str,
        endpoints: list[str],
        *,
        within: tuple[str, ...] = (),
        clock: float = 0.0,
        **settings: object,
    ) -> None:
        super().__init__(directory)
        self.name = directory.name
        self.owner = f"{cluster}/{self.name}"
        """What the containers of this node are labelled with."""
        self._within = within
        self._clock = clock
        self._settings: dict[str, object] = {
            "cluster": cluster,
            "node": self.name,
            "state": str(directory / "state"),
            "volume": str(directory / "files"),
            "etcd": {"endpoints": endpoints},
            **settings,
        }
        if "listen" not in settings:
            self._settings["listen"] = [f"127.0.0.1:{free_ports(1)[0]}"]

    @property
    def command(self) -> list[str]:
        module = ["tests.skewed", str(self._clock)] if self._clock else ["winslowd"]
        return [*self._within, sys.executable, "-m", *module, "--config", str(self.config)]

    @property
    def config(self) -> Path:
        return self.directory / "winslowd.yaml"

    @property
    def address(self) -> str:
        """The first that it listens at."""
        listen = self._settings["listen"]
        assert isinstance(listen, list)
        return str(listen[0])

    @property
    def journal(self) -> Path:
        """Its own memory of its stages: a directory each, in which the launcher records its end."""
        return Path(str(self._settings["state"])) / "stages" / "control"

    @property
    def engine(self) -> str:
        """The Docker engine that it uses."""
        return str(self._settings.get("docker", "unix:///var/run/docker.sock"))

    def change(self, **settings: object) -> None:
        """Other settings from its next start on."""
        self._settings |= settings

    def set_clock(self, ahead: float) -> None:
        """By how many seconds its clock is ahead from its next start on."""
        self._clock = ahead

    @property
    def files(self) -> Path:
        return Path(str(self._settings["volume"]))

    def start(self, wait: bool = True) -> None:
        self.write_config()
        super().start(wait)

    def write_config(self, **settings: object) -> None:
        """Its file, with `settings` beside or in place of its own. JSON is YAML."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.config.write_text(json.dumps({**self._settings, **settings}, indent=2))


@contextlib.contextmanager
def daemon(directory: Path, *arguments: str) -> Iterator[Daemon]:
    with Daemon(directory, *arguments) as running:
        yield running
