"""Real etcd processes on free loopback ports: started, killed, frozen and restarted by the tests that need them."""

from __future__ import annotations

import contextlib
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

READY_WITHIN = 30.0
_PORTS = range(12_000, 32_000)
"""Beneath those that Linux takes for outgoing connections (ip_local_port_range), above those of Ceph."""
_GIVEN: set[int] = set()
_DICE = random.SystemRandom()
"""Tests beside these have dice of their own, whatever seed they were given."""


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on, that are asked for by nobody else, and that no outgoing connection gets.

    The kernel's own choice would be given away again as soon as it is let go: to a connection, or to whoever asks next.
    """
    free: list[int] = []
    while len(free) < count:
        port = _DICE.choice(_PORTS)
        with contextlib.suppress(OSError):
            if port not in _GIVEN:
                socket.create_server(("127.0.0.1", port)).close()
                _GIVEN.add(port)
                free.append(port)
    return free


class Member:
    """One etcd process. Its data outlives it; `start` after `kill` or `stop` goes on with them."""

    def __init__(self, name: str, folder: Path, client: int, peer: int, peers: str, *flags: str) -> None:
        self.endpoint = f"127.0.0.1:{client}"
        scheme = "https" if any(flag.startswith("--cert-file") for flag in flags) else "http"
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        url = f"{scheme}://{self.endpoint}"
        # Health is asked for where no certificate is: on a listener of its own.
        self._metrics = f"http://127.0.0.1:{free_ports(1)[0]}"
        self._command = [
            "etcd",
            f"--name={name}",
            f"--data-dir={folder / 'data'}",
            f"--listen-client-urls={url}",
            f"--advertise-client-urls={url}",
            f"--listen-metrics-urls={self._metrics}",
            f"--listen-peer-urls=http://127.0.0.1:{peer}",
            f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
            f"--initial-cluster={peers}",
            "--initial-cluster-state=new",
            "--logger=zap",
            "--log-level=warn",
            *flags,
        ]

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        assert not self.running
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)

    def wait_until_healthy(self) -> None:
        """Until it has a leader and answers. Raises AssertionError with the end of its log."""
        deadline = time.monotonic() + READY_WITHIN
        while not self._healthy():
            assert self.running, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self._metrics}/health", timeout=2) as answer:
                return b"true" in answer.read()
        except (OSError, urllib.error.URLError):
            return False

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-4000:]

    def stop(self) -> None:
        """SIGTERM, and wait."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, and wait."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """It is frozen when this returns: a busy machine takes its time to stop all of its threads."""
        self._signal(signal.SIGSTOP)
        assert self._process is not None
        while psutil.Process(self._process.pid).status() != psutil.STATUS_STOPPED:
            time.sleep(0.001)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        if self.running:
            self._process.send_signal(number)
            self._process.send_signal(signal.SIGCONT)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        self._process = None


def plan_members(folder: Path, count: int, *flags: str) -> list[Member]:
    """So many members of one etcd, not started yet."""
    ports = free_ports(2 * count)
    names = [f"m{index}" for index in range(count)]
    peers = ",".join(f"{name}=http://127.0.0.1:{ports[2 * index + 1]}" for index, name in enumerate(names))
    return [
        Member(name, folder / name, ports[2 * index], ports[2 * index + 1], peers, *flags)
        for index, name in enumerate(names)
    ]


@contextmanager
def running(folder: Path, count: int = 1, *flags: str) -> Iterator[list[Member]]:
    """So many members of one etcd, healthy; ended at the end, whatever state the test left them in."""
    members = plan_members(folder, count, *flags)
    try:
        for member in members:
            member.start()
        for member in members:
            member.wait_until_healthy()
        yield members
    finally:
        for member in members:
            member.kill()
