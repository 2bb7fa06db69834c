"""What a stage and Winslow agree on: three directories, environment variables, and two kinds of line on stdout.

A line `NN%` says how far the stage is; a line `WINSLOW_RESULT: key=value` is one of its results.
"""

import os
from pathlib import Path

INPUT = Path("/input")
WORKSPACE = Path("/workspace")
OUTPUT = Path("/output")


class StageError(Exception):
    """The input or a setting is such that the stage cannot work; the message tells a person what to change."""


def setting(name: str, default: float, low: float, high: float) -> float:
    """The number in the environment variable `name`; raises StageError when it is none or not within `low..high`."""
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        raise StageError(f"{name}={text!r} is not a number") from None
    if not low <= value <= high:
        raise StageError(f"{name}={text} is not between {low:g} and {high:g}")
    return value


def result(key: str, value: object) -> None:
    print(f"WINSLOW_RESULT: {key}={value}", flush=True)


def note(text: str) -> None:
    print(text, flush=True)


STEP = 5


class Progress:
    """Prints every fifth percent once: often enough to see it move, and a log stays one that people read."""

    def __init__(self, total: int) -> None:
        self._total = max(total, 1)
        self._shown = -1

    def at(self, done: int) -> None:
        """`done` of the total are done; counts that go beyond it, as some clips' headers lie, stay at 100."""
        percent = min(100, 100 * done // self._total) // STEP * STEP
        if percent > self._shown:
            self._shown = percent
            print(f"{percent}%", flush=True)
