"""`winslowd` at a terminal: what a newcomer reads first, and how Ctrl-C ends it."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.daemon import ROOT

WITHIN = 60.0


class Terminal:
    """One `winslowd` whose terminal the test holds."""

    def __init__(self, *arguments: str) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "winslowd", *arguments],
            cwd=ROOT,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # takes it as its controlling terminal
        )
        os.close(theirs)
        self.screen = ""

    def read_until(self, done: Callable[[], bool]) -> str:
        """What the screen shows once `done`, or at the end of the program."""
        deadline = time.monotonic() + WITHIN
        while not done():
            assert time.monotonic() < deadline, self.screen
            if select.select([self._ours], [], [], 0.05)[0]:
                try:
                    self.screen += os.read(self._ours, 65536).decode()
                except OSError:  # nobody has the other end any more
                    break
        return self.screen.replace("\r", "")

    def control_c(self) -> float:
        """Press it; seconds until the program has ended."""
        at = time.monotonic()
        os.write(self._ours, b"\x03")
        self.read_until(lambda: False)
        self.process.wait(WITHIN)
        return time.monotonic() - at

    def close(self) -> None:
        """In good order: a daemon that is killed leaves its etcd running."""
        self.process.terminate()
        try:
            self.process.wait(WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            os.close(self._ours)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal("dev", "--directory", str(tmp_path / "dev"))
    yield opened
    opened.close()


def test_the_first_lines_say_where_it_is_and_what_comes_next(terminal: Terminal, tmp_path: Path) -> None:
    lines = terminal.read_until(lambda: "Ctrl-C" in terminal.screen).splitlines()
    assert lines[0].startswith("Winslow ") and lines[0].endswith(" is up.")
    told = "\n".join(lines)
    address = f"unix:{tmp_path}/dev/winslowd.sock"
    assert address in told and f"{tmp_path}/dev " in told
    assert f"winslowctl --address {address} status" in told
    assert len(lines) <= 8, "calm"


def test_ctrl_c_ends_it_at_once_and_in_good_order(terminal: Terminal, tmp_path: Path) -> None:
    terminal.read_until(lambda: "Ctrl-C" in terminal.screen)
    assert terminal.control_c() < WITHIN
    assert terminal.process.returncode == 0
    assert "Stopping." in terminal.screen and "Traceback" not in terminal.screen
    assert not (tmp_path / "dev" / "etcd" / "process.json").exists(), "its etcd has ended with it"


def test_ctrl_c_ends_it_while_it_still_starts(terminal: Terminal, tmp_path: Path) -> None:
    terminal.read_until(lambda: (tmp_path / "dev" / "etcd" / "process.json").exists())
    assert terminal.control_c() < WITHIN
    assert "Traceback" not in terminal.screen
    assert not (tmp_path / "dev" / "etcd" / "process.json").exists()


def test_alone_it_says_what_it_can_do() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "winslowd"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "winslowd dev" in done.stderr and "winslowd --config" in done.stderr
