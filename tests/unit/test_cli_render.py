"""What answers look like: durations, sizes, tables, trees, and text that must not take over a terminal."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.cli import at, stage
from winslowctl.render import human, style
from winslowctl.render.table import table, width
from winslowctl.render.tree import tree


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0.0s"),
        (0.42, "0.4s"),
        (9.94, "9.9s"),
        (12, "12s"),
        (59.9, "59s"),
        (200, "3m20s"),
        (7500, "2h05m"),
        (273600, "3d4h"),
    ],
)
def test_durations_have_two_units_at_most(seconds: float, text: str) -> None:
    assert human.duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1_572_864, "1.5 MiB"),
        (1_048_575, "1.0 MiB"),
        (5 << 50, "5120.0 TiB"),
    ],
)
def test_sizes_are_in_powers_of_1024(count: int, text: str) -> None:
    assert human.size(count) == text


def test_a_time_of_today_is_a_time_of_day_and_another_has_its_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    import time

    time.tzset()
    assert human.when(at(0), now=1_700_000_500) == "22:13:20"
    assert human.when(at(0), now=1_800_000_000) == "2023-11-14 22:13"


@given(st.text())
def test_plain_text_has_no_control_characters(text: str) -> None:
    shown = style.plain(text)
    assert len(shown) == len(text)
    assert not [c for c in shown if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u2028\u2029\u202e\u2066"]


@given(
    st.lists(
        st.sampled_from(["\x1b[31m", "\x1b]0;title\x07", "\x1b[2J", "\x1bc", "\r", "\x08", "text", "\t", "\x9b1A"])
    )
)
def test_a_log_line_keeps_its_colours_and_nothing_else_of_a_terminals_language(parts: list[str]) -> None:
    shown = style.log_text("".join(parts))
    rest = shown.replace("\x1b[31m", "").replace("\x1b[0m", "")
    assert not [c for c in rest if c != "\t" and (ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0)]


def test_a_coloured_log_line_does_not_colour_what_follows() -> None:
    assert style.log_text("\x1b[31mred").endswith("\x1b[0m")


def test_nothing_is_coloured_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert style.paint("text", "red") == "text"


def test_colours_are_on_a_terminal_unless_no_color_is_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert style.paint("te\x1bxt", "red") == "\x1b[31mte␛xt\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert style.paint("text", "red") == "text"


def test_columns_are_aligned_by_what_is_seen() -> None:
    lines = list(table(["A", "B"], [["日本", "x"], ["e\u0301", style.Painted("\x1b[31my\x1b[0m")], ["", "z\x1b[2J"]]))
    assert [width(line.rpartition("  ")[0]) for line in lines] == [4, 4, 4, 4]
    assert lines[3] == "-     z␛[2J"


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of fifty columns, without colours."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "50")


def test_a_sentence_that_is_too_long_for_a_terminal_goes_on_in_its_column(narrow: None) -> None:
    lines = list(table(["A", "WHY"], [["x" * 20, "one two three four five six seven eight nine ten"]]))
    assert all(width(line) <= 50 for line in lines)
    assert len(lines) == 3
    assert lines[2].startswith(" " * 22 + "s")


def test_a_sentence_that_has_no_room_beside_the_others_goes_below_them(narrow: None) -> None:
    lines = list(table(["A", "WHY"], [["x" * 40, "one two three four five"]]))
    assert lines[1:] == ["x" * 40, "    one two three four five"]


def test_lines_for_a_pipe_are_never_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    lines = list(table(["A", "WHY"], [["x" * 40, "one two three four five"]]))
    assert len(lines) == 2


def test_a_tree_draws_as_many_results_as_fit(narrow: None) -> None:
    results = {"alpha": "1", "beta": "2", "gamma": "3"}
    first = stage("detect-1-1-x", "FAILED", results=results)
    first.outcome.message = "it wrote a great deal and then it exited with code 3"
    lines = list(tree([first]))
    assert lines[1] == "└─ ✘  detect-1-1-x  failed  12s  alpha=1  +2"
    assert all(width(line) <= 50 for line in lines)
    assert len(lines) == 4


def test_a_tree_shows_redone_stages_beside_their_elders() -> None:
    stages = [
        stage("detect-1-1-x"),
        stage("track-1-1-x", "FAILED", parent="detect-1-1-x"),
        stage("detect-2-1-x", results={"cars": "7"}),
        stage("track-2-1-x", parent="detect-2-1-x"),
    ]
    stages[1].outcome.message = "exited with 3"
    assert list(tree(stages)) == [
        "input and zeroth workspace",
        "├─ ✔  detect-1-1-x  succeeded  12s",
        "│  ✘  track-1-1-x  failed  12s",
        "│     exited with 3",
        "└─ ✔  detect-2-1-x  succeeded  12s  cars=7",
        "   ✔  track-2-1-x  succeeded  12s",
    ]


def test_a_branch_within_a_chain_is_indented_and_a_chain_is_not() -> None:
    stages = [
        stage("detect-1-1-x"),
        stage("track-1-1-x", parent="detect-1-1-x"),
        stage("analyse-1-1-x", parent="track-1-1-x"),
        stage("track-2-1-x", parent="detect-1-1-x"),
    ]
    shapes = [text.partition("  ")[0] for text in tree(stages)][1:]
    assert shapes == ["└─ ✔", "", "", ""]
    assert [text[:8].rstrip() for text in tree(stages)][2:] == ["   ├─ ✔", "   │  ✔", "   └─ ✔"]


def test_a_tree_counts_the_many_points_of_a_sweep_unless_all_are_asked_for() -> None:
    stages = [stage(f"detect-{number}-1-x") for number in range(1, 101)]
    short, long = list(tree(stages)), list(tree(stages, everything=True))
    assert len(short) < 20
    assert "88 earlier attempts: 88 succeeded" in short[1]
    assert len(long) == 101


def test_a_chain_of_thousands_can_be_drawn_and_stays_on_the_screen() -> None:
    stages = [stage("s-1-1-x")]
    stages += [stage(f"s-{n}-1-x", parent=f"s-{n - 1}-1-x") for n in range(2, 3001)]
    lines = list(tree(stages))
    assert len(lines) == 3001
    assert max(map(len, lines)) < 80


def test_a_trees_names_cannot_take_over_the_terminal() -> None:
    assert "\x1b" not in "".join(tree([stage("detect-1-1-x", results={"a\x1b[2J": "\x1b]0;x\x07"})]))
