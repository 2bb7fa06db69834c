"""The search of logs finds what was written, the last of everything, in linear time and nothing else."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.logscan import KEYS_MAX, VALUE_MAX, Scan
from winslow.domain.pipeline import LogParser
from winslow.errors import InvalidArgument
from winslow.ports import Findings


def scan(*lines: str, parsers: tuple[LogParser, ...] = (), stream: str = "stdout") -> Findings:
    scan = Scan(parsers)
    scan.feed("".join(f"2026-01-02T03:04:05.000000006Z {stream} F {line}\n" for line in lines).encode())
    return scan.findings(0)


def results(*lines: str, parsers: tuple[LogParser, ...] = ()) -> dict[str, str]:
    return dict(scan(*lines, parsers=parsers).results)


def test_results_are_found_on_lines_of_their_own() -> None:
    found = results("WINSLOW_RESULT: frames=250", "  WINSLOW_RESULT:name=a b=c \r", "x WINSLOW_RESULT: no=1")
    assert found == {"frames": "250", "name": "a b=c"}


def test_a_result_may_be_drawn_over_a_bar_but_not_stand_behind_one() -> None:
    assert results("10%|# |\r90%|##|\rWINSLOW_RESULT: a=1", "10%|#| WINSLOW_RESULT: b=2") == {"a": "1"}
    assert results("WINSLOW_RESULT: a=1\r  WINSLOW_RESULT: b=2\rover it", "WINSLOW_RESULT: c=3\r") == {
        "a": "1",
        "b": "2",
        "c": "3",
    }
    scan = Scan(())
    scan.feed(b"T stdout P 10%\rWINSLOW_RESULT: a=1\rWINSLOW_RESULT: b=ha\nT stdout F lf\rWINSLOW_RESULT: c=3\n")
    scan.feed(b"T winslow F \rWINSLOW_RESULT: d=4\nno line\rWINSLOW_RESULT: e=5\n")
    assert dict(scan.findings(0).results) == {"a": "1", "c": "3"}


def test_results_without_end_in_one_line_are_read_in_a_moment() -> None:
    begun = time.monotonic()
    assert results("\rWINSLOW_RESULT: a=1" * 200_000) == {"a": "1"}
    assert results("text WINSLOW_RESULT: a=1" * 50_000) == {}
    assert time.monotonic() - begun < 30


class Searched(bytes):
    """A block that counts how often it is searched for the beginning of a line."""

    searches = 0

    def rfind(self, *arguments: Any) -> int:
        self.searches += 1
        return super().rfind(*arguments)


def test_where_a_line_begins_is_found_once_however_many_percentages_it_has() -> None:
    block, scan = Searched(b"T stdout F 42%\n" + b"1% " * 10_000 + b"\n"), Scan(())
    scan.feed(block)
    assert scan.findings(0).progress == 0.42
    assert block.searches < 20


def test_a_bar_says_how_far_it_is_before_its_line_ends() -> None:
    scan = Scan((LogParser("loss", r"loss=(?P<loss>[\d.]+)"),))
    scan.feed(b"T stderr P 10%|#  | loss=0.9\r20%|## | loss=0.8\r\n")
    assert (scan.findings(0).progress, dict(scan.findings(0).results)) == (0.2, {"loss": "0.8"})


def test_the_last_value_of_a_key_wins() -> None:
    assert results("WINSLOW_RESULT: a=1", "WINSLOW_RESULT: b=2", "WINSLOW_RESULT: a=3") == {"a": "3", "b": "2"}


@pytest.mark.parametrize("line", ["1a=x", "=x", "a b=x", "é=x", "a" * 65 + "=x", "a", "a=" + "x" * (VALUE_MAX + 1)])
def test_what_is_no_key_and_value_is_left_out(line: str) -> None:
    assert results(f"WINSLOW_RESULT: {line}") == {}


def test_a_value_may_be_empty_long_and_of_any_letters() -> None:
    long = "x" * VALUE_MAX
    assert results("WINSLOW_RESULT: a=", "WINSLOW_RESULT: b=häß", f"WINSLOW_RESULT: c={long}") == {
        "a": "",
        "b": "häß",
        "c": long,
    }


def test_a_part_of_a_line_is_no_result() -> None:
    scan = Scan(())
    scan.feed(b"T stdout P WINSLOW_RESULT: a=half\nT stdout F  of it\n")
    assert scan.findings(0).results == ()


def test_what_winslow_writes_is_not_the_stages() -> None:
    found = scan("WINSLOW_RESULT: a=1", "50%", "loss=1", stream="winslow", parsers=(LogParser("l", "loss=(?P<l>.*)"),))
    assert (found.results, found.progress) == ((), None)


def test_the_number_of_results_is_bounded_but_known_ones_go_on() -> None:
    lines = [f"WINSLOW_RESULT: k{index}=1" for index in range(KEYS_MAX + 5)]
    found = results(*lines, "WINSLOW_RESULT: k0=2", f"WINSLOW_RESULT: k{KEYS_MAX}=2")
    assert len(found) == KEYS_MAX
    assert found["k0"] == "2"


@pytest.mark.parametrize(
    ("line", "progress"),
    [
        ("50%", 0.5),
        (" 12.5%|####    | 125/1000", 0.125),
        ("0%", 0.0),
        ("100%", 1.0),
        ("[ 7%] Building", 0.07),
        ("10% ... 20%", 0.2),
        ("30% then 101%", 0.3),
        ("40% of 1000%", 0.4),
        ("progress=60%", 0.6),
        ("101%", None),
        ("-5%", None),
        ("1.2.3%", None),
        ("v5%", None),
        ("%d%%", None),
        ("", None),
    ],
)
def test_the_last_percentage_is_the_progress(line: str, progress: float | None) -> None:
    assert scan(line).progress == progress


def test_progress_is_found_however_much_follows_it() -> None:
    assert scan("42%", *["nothing"] * 5000, *["%"] * 1000, "200%").progress == 0.42


def test_groups_of_a_parser_are_results_and_the_last_match_wins() -> None:
    parsers = (LogParser("loss", r"loss=(?P<loss>[\d.]+)|acc=(?P<acc>[\d.]+)"), LogParser("end", r"^done (?P<end>.*)$"))
    lines = ["acc=0.1", *[f"step {i} loss={i}.5" for i in range(3000)], "not done early", "done well"]
    assert results(*lines, parsers=parsers) == {"acc": "0.1", "loss": "2999.5", "end": "well"}


def test_a_match_never_spans_two_lines_nor_sees_times_and_streams() -> None:
    parsers = (LogParser("a", r"begin(?P<a>[^!]*)"), LogParser("b", r"(?P<b>stdout|2026)"))
    assert results("begin of", "another!", parsers=parsers) == {"a": " of"}


def test_binary_rubbish_is_no_fault() -> None:
    scan = Scan((LogParser("a", r"x=(?P<a>.)"),))
    scan.feed(bytes(range(256)) * 100 + b"\nT stdout F x=\xff 10%\xff\nT stdout F WINSLOW_RESULT: r=\xff\0\n")
    assert dict(scan.findings(0).results) == {"r": "�"}


def test_patterns_that_hang_other_engines_do_not() -> None:
    parsers = (LogParser("evil", r"(?P<a>(x+x+)+y)"),)
    begun = time.monotonic()
    assert results("x" * 900_000, parsers=parsers) == {}
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("pattern", ["(", "(?P<a>x)(?=y)", r"(?P<a>x)\1", "(?P<a>x){1001}"])
def test_a_pattern_that_is_not_re2_names_its_parser(pattern: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        Scan((LogParser("mine", pattern),))
    assert (caught.value.reason, caught.value.subject) == ("PATTERN_INVALID", "mine")


LINE = st.one_of(
    st.sampled_from(["WINSLOW_RESULT: a=1", "WINSLOW_RESULT: b=2", "loss=3", "loss=4 50%", "60%", "700%", ""]),
    st.text(max_size=20).map(lambda text: "".join(text.splitlines())),
)


@given(st.lists(LINE, max_size=30), st.integers(0, 30))
def test_it_does_not_matter_how_a_log_is_cut_into_blocks(lines: list[str], cut: int) -> None:
    parsers = (LogParser("loss", r"loss=(?P<loss>\d)"),)
    blocks = [f"T stdout F {line}\n".encode("utf-8", "replace") for line in lines]
    whole, parts = Scan(parsers), Scan(parsers)
    whole.feed(b"".join(blocks))
    parts.feed(b"".join(blocks[:cut]))
    parts.feed(b"".join(blocks[cut:]))
    assert dict(parts.findings(0).results) == dict(whole.findings(0).results)
    assert parts.findings(0).progress == whole.findings(0).progress
