"""A search of whole pieces finds the lines that a search line by line finds."""

from __future__ import annotations

import pytest
import re2
from hypothesis import example, given, settings
from hypothesis import strategies as st

from winslow.errors import InvalidArgument
from winslowd.usecases.logsearch import compiled as _compiled
from winslowd.usecases.logsearch import matches as _matches

TEXT = st.text(alphabet="ab \r\n$^1é", max_size=60).map(str.encode)
PLAIN = ["a", "b", "é", "1", " ", ".", "^", "$", "^$", "|", "a*", "(ab)+", "b?", "[^a]"]
CLASSES = [r"\b", r"\B", r"\s", r"\S", r"\d", r"\w+$", r"\A", r"\z", r"\n", r"\r", "(?i)A", "(?s).", "(?-m)"]


@settings(max_examples=600)
@given(st.lists(st.sampled_from(PLAIN + CLASSES), min_size=1, max_size=4).map("".join), TEXT, st.integers(1, 5))
@example(r"a$", b"a\r\nb\n", 5)
@example(r"[^b]a", b"b\na\n", 5)
@example(r"\Aa", b"b\na\n", 5)
@example("", b"\n\nx", 5)
def test_pieces_are_searched_as_their_lines_are(pattern: str, data: bytes, most: int) -> None:
    try:
        compiled = _compiled(pattern)
    except InvalidArgument:
        return
    line = re2.compile(pattern.encode())
    expected, offset = [], 0
    for one in data.removesuffix(b"\n").split(b"\n") if data else ():
        if line.search(one.rstrip(b"\r")) is not None:
            expected.append((offset, one.rstrip(b"\r")))
        offset += len(one) + 1
    found, past = _matches(compiled, data, 0, most)
    assert [(one.offset, one.line) for one in found] == expected[:most]
    rest, _ = _matches(compiled, data[past:], past, 100)
    assert [one.offset for one in [*found, *rest]] == [offset for offset, _ in expected]


@pytest.mark.parametrize("rubbish", [b"\xff", b"\xc3(", b"\xe2\x82", b"\xed\xa0\x80", bytes(range(0x80, 0x100))])
def test_a_line_is_found_behind_bytes_that_are_no_text(rubbish: bytes) -> None:
    data = b"T stdout F before\nT stdout F \xc3\xa9 " + rubbish + b" loss=1\nT stdout F loss=2\n"
    found, _ = _matches(_compiled("^[^ ]+ stdout F .*(?:loss)"), data, 100, 10)
    assert [one.offset for one in found] == [118, 118 + data[18:].index(b"\n") + 1]
    assert found[0].line == data[18:].split(b"\n")[0]
    found, _ = _matches(_compiled("é.* loss"), data, 0, 10)
    assert [one.offset for one in found] == [18]
