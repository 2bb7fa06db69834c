"""`winslowd` on a machine whose clock is wrong: `python -m tests.skewed SECONDS --config FILE`.

Only the wall clock of the daemon's own process is moved, before anything of the daemon is loaded; what it starts and its
steady clock go on as they are, as after somebody has set a machine's clock.
"""

from __future__ import annotations

import sys
import time


def main() -> None:
    ahead = float(sys.argv.pop(1))
    true, true_ns = time.time, time.time_ns
    time.time = lambda: true() + ahead
    time.time_ns = lambda: true_ns() + int(ahead * 1e9)

    from winslowd.__main__ import main as daemon

    daemon()


if __name__ == "__main__":
    main()
