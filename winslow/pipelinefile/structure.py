"""The published JSON Schema held against a tree of nodes: its errors become problems with a place and plain words.

The schema is the only statement of what fields there are; an editor that uses it says the same as Winslow does.
It never needs to know what a field means.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from winslow.domain.definition import show_path
from winslow.domain.quantity import parse_duration, parse_size
from winslow.errors import InvalidArgument
from winslow.pipelinefile.nodes import Fields, Items, Node, PathPart, Scalar, plain
from winslow.pipelinefile.problems import PROBLEMS_MAX, Problem

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

Path = tuple[PathPart, ...]
Schema = Mapping[str, Any]

FOREIGN = {
    "needs": "after",
    "depends_on": "after",
    "dependencies": "after",
    "env": "environment",
    "variables": "environment",
    "args": "arguments",
    "command": "arguments",
    "cmd": "arguments",
    "script": "arguments",
    "cpu": "cpus",
    "mem": "memory",
    "gpu": "gpus",
    "shm": "shared-memory",
    "shm_size": "shared-memory",
    "retries": "retry",
    "steps": "stages",
    "jobs": "stages",
    "tasks": "stages",
    "if": "when",
}
"""What other systems call our fields."""


@cache
def _text() -> str:
    return resources.files("winslow.pipelinefile").joinpath("schema.json").read_text(encoding="utf-8")


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a pipeline file, for editors and other programs; the caller's own copy."""
    return cast(dict[str, Any], json.loads(_text()))


@cache
def _own() -> Schema:
    return schema()


@cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator, FormatChecker

    formats = FormatChecker(())
    formats.checks("winslow-size", InvalidArgument)(_read_by(parse_size))
    formats.checks("winslow-duration", InvalidArgument)(_read_by(parse_duration))
    return Draft202012Validator(schema(), format_checker=formats)


def _read_by(parse: Callable[[str], object]) -> Callable[[object], bool]:
    """A check of the format: that Winslow can read it. The pattern beside it says nearly the same to an editor."""

    def check_format(value: object) -> bool:
        if isinstance(value, str):
            parse(value)
        return True

    return check_format


def check(root: Node) -> list[Problem]:
    """What the schema finds wrong with the tree, at most `PROBLEMS_MAX`, one a field, in no order."""
    errors: Iterator[ValidationError] = _validator().iter_errors(plain(root))
    first: dict[str, Problem] = {}
    for problem in islice((problem for error in errors for problem in _problems(root, error)), PROBLEMS_MAX):
        first.setdefault(problem.path, problem)
    return list(first.values())


def locate(root: Node, path: Sequence[PathPart]) -> tuple[Node, Scalar | None]:
    """The node at `path`, or the last one on the way that is there, with the key it stands under (None in a list)."""
    node, key = root, None
    for part in path:
        match node, part:
            case Fields(keys=keys, values=values), str() if part in values:
                node, key = values[part], keys[part]
            case Items(items=items), int() if part < len(items):
                node, key = items[part], None
            case _:
                break
    return node, key


def place(root: Node, path: Sequence[PathPart], column: int = 0) -> tuple[int, int]:
    """Line and column of what is at `path`; with `column`, of that 1-based character of its text, if it can be told."""
    node, key = locate(root, path)
    if isinstance(node, Scalar):
        if column and node.inset is not None:
            return node.line, node.column + node.inset + column - 1
        if not node.text and node.data is None and key:  # nothing is written there: the key is what one sees
            return key.line, key.column
    return node.line, node.column


def _problems(root: Node, error: ValidationError) -> Iterator[Problem]:
    path = tuple(error.absolute_path)
    found = cast(Schema, error.schema)
    if "propertyNames" in error.relative_schema_path:
        yield from _at_key(root, path, str(error.instance), "KEY_INVALID", "cannot name a variable", _said(found))
    elif error.validator == "additionalProperties":
        for name in cast(Mapping[str, Any], error.instance):
            if name not in found["properties"]:
                hint = _meant(name, found)
                yield from _at_key(root, path, name, "FIELD_UNKNOWN", "", hint)
    elif error.validator == "required":
        for name in cast(Sequence[str], error.validator_value):
            if name not in cast(Mapping[str, Any], error.instance):
                line, column = place(root, path)
                what = f"the field {name!r} is missing"
                yield Problem(line, column, show_path((*path, name)), what, "FIELD_MISSING", _described(found, name))
    else:
        line, column = place(root, path)
        reason, message, hint = _value(error, found)
        yield Problem(line, column, show_path(path), message, reason, hint)


def _at_key(root: Node, path: Path, name: str, reason: str, message: str, hint: str) -> Iterator[Problem]:
    node, _ = locate(root, path)
    assert isinstance(node, Fields)
    key = node.keys[name]
    said = f"{_shown(name)} {message}" if message else f"unknown field {_shown(name)}"
    yield Problem(key.line, key.column, show_path((*path, name)), said, reason, hint)


def _meant(name: str, found: Schema) -> str:
    """What the author of an unknown field may have meant."""
    from difflib import get_close_matches

    known = found["properties"]
    meant = FOREIGN.get(name.lower().replace("-", "_"))
    if name == "<<":
        return "merge keys are not taken: what stages share can stand in the pipeline's environment"
    if meant in known:
        return f"did you mean {meant!r}?"
    for field, part in known.items():
        if name in _resolved(part).get("properties", {}) and field not in ("stages",):
            return f"it belongs in {field!r}"
    close = get_close_matches(name.lower().replace("_", "-"), known, 1)
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"


def _resolved(part: Schema) -> Schema:
    reference = part.get("$ref", "").removeprefix("#/$defs/")
    return cast(Schema, _own()["$defs"][reference]) if reference else part


def _described(found: Schema, name: str) -> str:
    part = found["properties"][name]
    said: str = part.get("description") or _resolved(part).get("description", "")
    return said[:1].lower() + said[1:].rstrip(".")


def _said(found: Schema) -> str:
    said: str = found.get("patternErrorMessage", "")
    return said[:1].lower() + said[1:]


def _value(error: ValidationError, found: Schema) -> tuple[str, str, str]:
    """Reason, message and hint for a value that is not what it should be."""
    value, limit = error.instance, cast(Any, error.validator_value)
    match error.validator:
        case "type":
            return "TYPE", *_type(value, limit, found)
        case "enum":
            from difflib import get_close_matches

            close = get_close_matches(str(value).lower().replace("_", "-"), limit, 1)
            hint = f"did you mean {close[0]!r}?" if close else ""
            return "VALUE_UNKNOWN", f"{_shown(value)} is none of {', '.join(limit)}", hint
        case "pattern" | "format":
            return "VALUE_INVALID", f"{_shown(value)} is not valid here", _said(found)
        case "minimum":
            return "VALUE_OUT_OF_RANGE", f"{_shown(value)} is less than {limit}", ""
        case "maximum":
            return "VALUE_OUT_OF_RANGE", f"{_shown(value)} is more than {limit}", ""
        case "minItems":
            return "TOO_FEW", f"at least {limit} is needed", ""
        case "maxItems":
            return "TOO_MANY", f"{len(cast(Sequence[Any], value))} are more than {limit}", ""
        case "minLength":
            return "VALUE_INVALID", "an empty text is not valid here", ""
        case "maxLength":
            return "VALUE_INVALID", f"the text is longer than {limit} characters", ""
        case _:
            return "VALUE_INVALID", error.message[:200], ""


_KINDS = {
    "object": "fields",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}


def _type(value: object, wanted: str | list[str], found: Schema) -> tuple[str, str]:
    kinds = [wanted] if isinstance(wanted, str) else wanted
    expected = " or ".join(_KINDS[kind] for kind in kinds)
    hint = ""
    if value is None:
        free = "string" in kinds and "pattern" not in found
        hint = 'write "" for an empty text' if free else "leave the field out, or give it a value"
    elif kinds == ["string"] and isinstance(value, bool | int | float):
        hint = "put it in quotes"
    elif kinds == ["array"] and isinstance(value, str):
        hint = f"write [{value}]" if value.isprintable() and len(value) < 40 else "write a list"
    elif kinds == ["boolean"] and isinstance(value, str):
        hint = "write true or false"
    elif "description" in found and "object" not in kinds:
        hint = str(found["description"]).rstrip(".")
    return f"expected {expected}, not {_kind(value)}", hint


def _kind(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case int() | float() | str():
            return f"{'the text' if isinstance(value, str) else 'the number'} {_shown(value)}"
        case list():
            return "a list"
        case _:
            return "fields"


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    cut = text if len(text) <= 60 else text[:57] + "..."
    return repr(cut) if isinstance(value, str) else cut
