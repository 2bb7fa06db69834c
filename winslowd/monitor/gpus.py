"""All GPUs of the node, whoever made them, looked at in a thread of its own.

A driver that hangs costs the GPUs' readings and nothing else: nobody waits for that thread, neither to read nor to stop.
Cards are looked for again each half a minute, so one that appears later is found without a restart, and one that fell off
its bus goes; those that are there are read each second.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from winslow.domain.reading import GpuReading
from winslow.domain.resources import Gpu
from winslow.ports import Clock
from winslowd.monitor.amd import AmdGpus
from winslowd.monitor.nvidia import NvidiaGpus

log = structlog.get_logger(__name__)

LOOK_EVERY = 30.0
READ_EVERY = 1.0
STALE = 5.0
"""Seconds after which a reading that no newer one follows is not believed any more."""
FIRST_WITHIN = 20.0
"""Seconds that a daemon waits for the first look; waking eight cards without persistence mode takes about ten."""


class Maker(Protocol):
    """GPUs of one maker. Called from one thread."""

    def look(self) -> tuple[Gpu, ...]:
        """Those that are there now."""

    def read(self) -> tuple[GpuReading, ...]:
        """What those of the last look do."""

    def close(self) -> None:
        """Let go of the driver."""


@dataclass(frozen=True, slots=True)
class _Read:
    at: float
    gpus: tuple[GpuReading, ...]


class Gpus:
    """Runs between `start` and `stop`; tests call `look` and `read` themselves. `steady` is a clock that never goes back."""

    def __init__(self, makers: Sequence[Maker] | None = None, steady: Clock = time.monotonic) -> None:
        self.present: tuple[Gpu, ...] = ()
        """As the last look found them."""
        self._makers: Sequence[Maker] = (NvidiaGpus(), AmdGpus()) if makers is None else makers
        self._steady = steady
        self._last = _Read(steady(), ())
        self._looked = threading.Event()
        self._stopped = threading.Event()

    @property
    def readings(self) -> tuple[GpuReading, ...]:
        """What they did last; nothing once that is too long ago to be true. Answers at once."""
        last = self._last
        return last.gpus if self._steady() - last.at <= STALE else ()

    def start(self) -> None:
        threading.Thread(target=self._run, name="gpus", daemon=True).start()

    def stop(self) -> None:
        """The thread ends when its driver lets it; nobody waits for it."""
        self._stopped.set()

    def wait(self, seconds: float = FIRST_WITHIN) -> tuple[Gpu, ...]:
        """`present` after the first look, or as it is after `seconds`. Blocks."""
        if not self._looked.wait(seconds):
            log.warning("the GPUs' driver does not answer; they are registered when it does", after=seconds)
        return self.present

    def look(self) -> None:
        self.present = tuple(gpu for maker in self._makers for gpu in maker.look())

    def read(self) -> None:
        self._last = _Read(self._steady(), tuple(gpu for maker in self._makers for gpu in maker.read()))

    def _run(self) -> None:
        due = 0.0
        try:
            while not self._stopped.is_set():
                try:
                    if self._steady() >= due:
                        due = self._steady() + LOOK_EVERY
                        self.look()
                    self.read()
                except Exception:
                    log.exception("the GPUs were not read")  # a fault of ours must not cost all later readings
                self._looked.set()
                self._stopped.wait(READ_EVERY if self.present else LOOK_EVERY)
        finally:
            for maker in self._makers:
                maker.close()
