"""Seeds that failed once: they are run before all others, for ever."""

from __future__ import annotations

from pathlib import Path

FILE = Path(__file__).with_name("kept_seeds.txt")


def kept() -> list[int]:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return [int(line.split("#")[0]) for line in lines if line.split("#")[0].strip()]


def remember(seed: int) -> None:
    if seed not in kept():
        with FILE.open("a", encoding="utf-8") as file:
            file.write(f"{seed}\n")
