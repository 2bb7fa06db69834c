"""What is not there is said with what may have been meant, at a price that does not grow with what there is."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import pytest

from winslowd.usecases import known

MANY = [f"{town}-{number:04}" for town in ("lisbon", "porto", "faro", "braga", "evora") for number in range(2000)]


def test_of_a_few_names_those_that_are_alike_are_meant() -> None:
    assert known.alike("detcet", ["detect", "track", "render"]) == ["detect"]


def test_of_ten_thousand_names_those_that_begin_alike_are_compared_and_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[str] = []

    def noted(word: str, possibilities: Sequence[str], **more: Any) -> list[str]:
        compared.extend(possibilities)
        return get_close_matches(word, possibilities, **more)

    monkeypatch.setattr(known, "get_close_matches", noted)
    assert "crossing-a1b2c3" in known.alike("crossing-a1b2d3", [*MANY, "crossing-a1b2c3"])
    assert len(compared) == known.COMPARED
