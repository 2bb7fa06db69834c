"""Runs a daemon, and writes down for how long its event loop did not turn: `python -m bench.late FILE COMMAND...`.

The command is `PYTHON -m winslowd ...`, as a harness writes it; the daemon runs in this process. A task measures how late it is
itself, and what its thread worked meanwhile: on a busy machine whoever waits for a core is late without having done anything.
One line a moment: when it was (by the steady clock of the machine), milliseconds late, milliseconds of work.
"""

from __future__ import annotations

import asyncio.base_events
import runpy
import sys
import time
from pathlib import Path
from typing import TextIO

TICK = 0.005
TOLD = 0.010
"""Seconds of lateness that are written down."""


class _Loop(asyncio.SelectorEventLoop):
    """One that measures itself."""

    out: TextIO

    def run_forever(self) -> None:
        self._worked = time.thread_time()
        self.call_later(TICK, self._tick, time.monotonic() + TICK)
        super().run_forever()

    def _tick(self, due: float) -> None:
        now, worked = time.monotonic(), time.thread_time()
        if now - due >= TOLD:
            self.out.write(f"{now:.3f} {1000 * (now - due):.1f} {1000 * (worked - self._worked):.1f}\n")
        self._worked = worked
        self.call_later(TICK, self._tick, now + TICK)


class _Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return _Loop()


def main() -> None:
    _Loop.out = Path(sys.argv[1]).open("a", buffering=1)  # noqa: SIM115 - for as long as the process lives
    at = sys.argv.index("-m", 2)
    module, sys.argv = sys.argv[at + 1], sys.argv[at + 1 :]
    asyncio.set_event_loop_policy(_Policy())
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
