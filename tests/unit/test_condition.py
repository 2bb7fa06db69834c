"""The condition language: what it means, and that no text can make it do anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winslow.domain import condition
from winslow.domain.condition import LENGTH_MAX, Name, Scope
from winslow.errors import InvalidArgument

RESULTS = {
    "tracks": "12",
    "mae": "0.25",
    "none": "0",
    "empty": "",
    "verdict": "good",
    "flag": "False",
    "big": "9007199254740993",
}
ENVIRONMENT = {"MODE": "full", "LIMIT": "12.0", "FAST": "true"}


def holds(text: str) -> bool:
    return condition.evaluate(condition.parse(text), RESULTS, ENVIRONMENT)


@pytest.mark.parametrize(
    "text",
    [
        "results.tracks > 0",
        'results.tracks > 0 and env.MODE == "full"',
        "results.tracks == 12.0",
        "12 <= results.tracks",
        "0.2 < results.mae",
        "results.mae != 1",
        "results.verdict != 1",
        'results.verdict == "good"',
        "results.verdict == 'good'",
        "results.verdict",
        "results.verdict in ('bad', 'good')",
        "results.tracks in (11, 12)",
        "results.verdict not in ('bad', 1)",
        "results.tracks == env.LIMIT",
        "results.verdict > env.MODE",
        "env.FAST == true",
        "results.flag == false",
        "results.none != true",
        "not results.none",
        "not results.empty",
        "not results.absent",
        "not results.absent > 0",
        "not (results.absent == 1 or false)",
        "true or results.absent and false",
        "(true or results.absent) and true",
        "not false and true",
        "results.big != 9007199254740992",
        "results.big\n  > 9007199254740992",
    ],
)
def test_these_hold(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "results.absent",
        "results.absent == 1",
        "results.absent != 1",
        'results.absent != "x"',
        "results.absent not in (1, 2)",
        "results.absent == env.MODE",
        "env.MODE != env.ABSENT",
        "env.tracks",
        "results.none",
        "results.empty",
        "results.flag",
        "results.verdict > 1",
        "results.verdict <= 1",
        "results.verdict == 1",
        'results.tracks == "12.0"',
        'results.tracks > "2"',
        "env.MODE == true and false",
        "(true or true) and false",
        "not true or false",
    ],
)
def test_these_do_not_hold(text: str) -> None:
    assert not holds(text)


def test_escapes_give_quotes_and_backslashes() -> None:
    said = condition.parse(r'results.said == "a \"b\" \\ \'c\'"')
    assert condition.evaluate(said, {"said": "a \"b\" \\ 'c'"}, {})


def test_a_condition_tells_which_names_it_mentions() -> None:
    names = condition.names(condition.parse("not results.a or env.B == results.c-d and results.e.f in (1, 2) or true"))
    assert names == {
        Name(Scope.RESULTS, "a"),
        Name(Scope.ENVIRONMENT, "B"),
        Name(Scope.RESULTS, "c-d"),
        Name(Scope.RESULTS, "e.f"),
    }


@pytest.mark.parametrize(
    ("text", "column", "problem"),
    [
        ("", 1, "ends too early"),
        ("   ", 4, "ends too early"),
        ("results.a = 1", 11, "unexpected '=' at column 11. Write '=='"),
        ("results.a && true", 11, "Write 'and'"),
        ("results.a == $MODE", 14, "env.NAME"),
        ("tracks > 1", 1, "results.tracks, env.tracks or 'tracks'"),
        ("results.a == good", 14, "unknown word 'good'"),
        ("results.a == 'good", 14, "not closed"),
        (r'results.a == "\n"', 14, "escape"),
        ("1 < 2", 3, "two constants"),
        ("0 < results.a < 2", 15, "join comparisons"),
        ("results.a > true", 11, "orders true and false"),
        ("results.a in (results.b)", 15, "lists hold constants"),
        ("results.a in ()", 15, "unexpected ')'"),
        ("1 in (1, 2)", 1, "looks for a constant"),
        ("(results.a", 11, "needs ')'"),
        ("results.a)", 10, "unexpected ')'"),
        ("results.a results.b", 11, "Join terms"),
        ("'x' and true", 1, "neither true nor false"),
        ("env.a-b", 1, "no variable"),
        ("results", 1, "unknown word"),
        ("results.", 8, "unexpected '.'"),
        ("secrets.KEY", 8, "unexpected '.'"),
        ("results.a == 1e999", 14, "out of range"),
        ("results.__class__()", 18, "unexpected '('"),
        ("(" * 51 + "true" + ")" * 51, 51, "nested"),
        ("not " * 300 + "1", LENGTH_MAX + 1, "longer than 1000"),
    ],
)
def test_a_mistake_is_told_with_its_column(text: str, column: int, problem: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        condition.parse(text)
    assert raised.value.reason == "CONDITION_INVALID"
    assert raised.value.metadata["column"] == str(column)
    assert problem.lower() in str(raised.value).lower()


WORDS = st.sampled_from(
    [
        "results.a",
        "env.B",
        "not",
        "and",
        "or",
        "in",
        "(",
        ")",
        ",",
        "==",
        "<",
        ">=",
        "1",
        "-2.5e3",
        '"x"',
        "'",
        "true",
        " ",
        "results",
    ]
)
TEXTS = st.one_of(
    st.text(max_size=80), st.lists(WORDS, max_size=30).map(" ".join), st.lists(WORDS, max_size=30).map("".join)
)
VALUES = st.one_of(st.text(max_size=10), st.floats().map(str), st.integers().map(str))
MAPPINGS = st.dictionaries(st.sampled_from(["a", "B", "c"]), VALUES)


@given(TEXTS, MAPPINGS, MAPPINGS)
def test_any_text_is_a_condition_with_an_answer_or_an_invalid_argument(
    text: str, results: dict[str, str], environment: dict[str, str]
) -> None:
    try:
        parsed = condition.parse(text)
    except InvalidArgument as problem:
        assert 1 <= int(problem.metadata["column"]) <= len(text) + 1
    else:
        assert condition.evaluate(parsed, results, environment) in (True, False)


OPERAND = st.one_of(
    st.sampled_from(
        ["results.a", "env.B", "results.c > 1", "env.a == 'x'", "results.b <= env.a", "results.a in (1, 'x')"]
    ),
    st.sampled_from(["true", "false"]),
)
EXPRESSIONS = st.recursive(
    OPERAND,
    lambda inner: st.one_of(
        inner.map(lambda one: f"not ({one})"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda three: f"({three[0]}) {three[1]} ({three[2]})"
        ),
    ),
    max_leaves=8,
)


@given(EXPRESSIONS, EXPRESSIONS, MAPPINGS, MAPPINGS)
def test_logic_obeys_de_morgan(one: str, other: str, results: dict[str, str], environment: dict[str, str]) -> None:
    def answer(text: str) -> bool:
        return condition.evaluate(condition.parse(text), results, environment)

    assert answer(f"not (({one}) and ({other}))") == answer(f"not ({one}) or not ({other})")
    assert answer(f"not ({one})") != answer(one)


@given(st.integers(), st.integers())
def test_whole_numbers_of_any_size_compare_exactly(left: int, right: int) -> None:
    parsed = condition.parse(f"results.x < {right}")
    assert condition.evaluate(parsed, {"x": str(left)}, {}) == (left < right)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_compare_as_numbers_on_either_side(left: float, right: float) -> None:
    values = {"x": str(left)}
    assert condition.evaluate(condition.parse(f"results.x <= {right!r}"), values, {}) == (left <= right)
    assert condition.evaluate(condition.parse(f"{right!r} >= results.x"), values, {}) == (left <= right)
