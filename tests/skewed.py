"""`winslowd` on a machine whose clock is wrong: `python -m tests.skewed SECONDS --config FILE`.

Only what the daemon itself reads of the wall clock is moved, in its own process; steady clocks go on as they are, as after
somebody has set a machine's clock. gRPC keeps the true time: it counts deadlines by the wall clock of Python against the kernel's.
"""

from __future__ import annotations

import sys
import time
from types import SimpleNamespace


def main() -> None:
    ahead = float(sys.argv.pop(1))
    import winslowd.app  # noqa: F401 - all of the daemon, so that all of it is moved
    from winslowd.__main__ import main as daemon

    wrong = SimpleNamespace(**vars(time))
    wrong.time = lambda: time.time() + ahead
    wrong.time_ns = lambda: time.time_ns() + int(ahead * 1e9)
    moved = [name for name, module in sys.modules.items() if name.startswith("winslowd") and _reads_time(module)]
    for name in moved:
        sys.modules[name].time = wrong  # type: ignore[attr-defined]
    assert "winslowd.app" in moved, "the clock of the engines is taken there"
    daemon()


def _reads_time(module: object) -> bool:
    return getattr(module, "time", None) is time


if __name__ == "__main__":
    main()
