"""What a name is searched for by."""

from __future__ import annotations

import time
from fnmatch import translate
from re import IGNORECASE, compile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winslow.domain.pattern import matcher
from winslow.errors import InvalidArgument


@pytest.mark.parametrize(
    ("query", "name", "matches"),
    [
        ("rep", "Final-REPORT.csv", True),
        ("*.csv", "a.CSV", True),
        ("*.csv", "a.csv.gz", False),
        ("frame-????.jpg", "frame-0001.jpg", True),
        ("frame-????.jpg", "frame-00001.jpg", False),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("*", "anything", True),
        ("[a]", "x[a]y", True),
        ("STRASSE", "straße", True),
        ("a\nb*", "a\nbc", True),
    ],
)
def test_a_name_matches_a_part_or_a_pattern(query: str, name: str, matches: bool) -> None:
    assert matcher(query)(name) is matches


@given(st.text("ab*?", min_size=1, max_size=12), st.text("ab", max_size=12))
def test_a_pattern_means_what_a_shell_means(query: str, name: str) -> None:
    pattern = query if set(query) & {"*", "?"} else f"*{query}*"
    assert matcher(query)(name) is bool(compile(translate(pattern), IGNORECASE).match(name))


def test_no_pattern_takes_long() -> None:
    matches = matcher("a*" * 120 + "b")
    began = time.process_time()
    assert not any(matches("a" * 255) for _ in range(20))
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize("query", ["", "x" * 256])
def test_a_query_that_finds_nothing_ever_is_refused(query: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        matcher(query)
    assert caught.value.reason == "QUERY_INVALID"
