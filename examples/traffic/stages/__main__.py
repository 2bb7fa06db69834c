"""Starts one stage: `python3 -m stages detect|track|analyse`. What a stage may not do ends it with a plain message."""

import importlib
import signal
import sys

from stages.contract import StageError

STAGES = ("detect", "track", "analyse")


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1] not in STAGES:
        print(f"usage: python3 -m stages {'|'.join(STAGES)}", file=sys.stderr)
        return 2
    # An abort is a SIGTERM: as an exception it lets whatever is half done clean up behind itself.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        importlib.import_module(f"stages.{sys.argv[1]}").main()
    except StageError as error:
        print(f"{sys.argv[1]}: {error}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
