"""YAML text as a tree of nodes that know their place, read safely: the text is data and never makes an object.

Refused, each with its place: tags of any kind, anchors and aliases (so that no alias can unfold into a bomb), keys
that are there twice or are no scalars, more than one document, directives of another YAML than 1.2, and texts that are
too large, too deep or too many-noded. JSON is YAML, so it is read too. It never needs to know what a pipeline is.

The library's scanner does the reading, one event at a time; the meaning of plain scalars is the core schema of
YAML 1.2, decided here, so that `yes`, `1_000` and `2001-01-01` stay the texts they look like.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from winslow.pipelinefile.problems import PROBLEMS_MAX, PipelineInvalid, Problem

if TYPE_CHECKING:
    from ruamel.yaml.events import Event

BYTES_MAX = 1 << 20
DEPTH_MAX = 20
NODES_MAX = 50_000

PathPart = str | int
Data = None | bool | int | float | str | list["Data"] | dict[str, "Data"]


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value. `text` is what was written, without quotes; `data` what it means.

    `inset` is how many columns behind its beginning the characters of `text` stand in the file as they are, so that a
    place in the text is a place in the file; None where they do not, because of escapes or several lines.
    """

    text: str
    data: str | int | float | bool | None
    line: int
    column: int
    inset: int | None = None


@dataclass(frozen=True, slots=True)
class Items:
    line: int
    column: int
    items: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping: its keys as written, with the place of each."""

    line: int
    column: int
    keys: dict[str, Scalar] = field(default_factory=dict)
    values: dict[str, Node] = field(default_factory=dict)


Node = Scalar | Items | Fields


def plain(node: Node) -> Data:
    """The tree as plain values, as a JSON Schema sees them."""
    match node:
        case Scalar():
            return node.data
        case Items():
            return [plain(item) for item in node.items]
        case Fields():
            return {key: plain(value) for key, value in node.values.items()}


def read(text: str, source: str) -> tuple[Node, list[Problem]]:
    """The document of `text`, and what is wrong with it that does not keep one from reading on.

    Raises PipelineInvalid for what does: text that is no YAML, is empty, or is too large, deep or long.
    """
    if len(text) > BYTES_MAX or len(text.encode(errors="replace")) > BYTES_MAX:
        raise _fatal(source, 1, 1, "TOO_LARGE", f"the file is larger than {BYTES_MAX} bytes", "keep data out of it")
    builder = _Builder(text, source)
    for event in _events(text, source):
        builder.take(event)
    if builder.root is None:
        raise _fatal(source, 1, 1, "EMPTY", "the file has no content", "a pipeline has a 'name' and 'stages'")
    return builder.root, builder.problems


def _events(text: str, source: str) -> Iterator[Event]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message = ", ".join(part for part in (error.problem, error.context) if part) or "this is no YAML"
        raise _fatal(source, line, column, "SYNTAX", message.replace("'\\t'", "a tab")) from None
    except ReaderError as error:
        line, column = _place(text, error.position)
        message = f"the character U+{ord(text[error.position]):04X} is not allowed here"
        raise _fatal(source, line, column, "SYNTAX", message, "write it as an escape in double quotes") from None
    except (YAMLError, ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        # The scanner stumbles over some broken escapes and directives with errors of Python.
        raise _fatal(source, 1, 1, "SYNTAX", f"this is no YAML: {error}") from None


def _place(text: str, index: int) -> tuple[int, int]:
    before = text[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


def _fatal(source: str, line: int, column: int, reason: str, message: str, hint: str = "") -> PipelineInvalid:
    return PipelineInvalid([Problem(line, column, "", message, reason, hint)], source)


class _Builder:
    """Takes events one by one; nothing here recurses, so that no nesting can exhaust the stack."""

    def __init__(self, text: str, source: str) -> None:
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._text = text
        self._source = source
        self._open: list[Items | Fields] = []
        self._keys: list[Scalar | None] = []
        self._nodes = 0

    def take(self, event: Event) -> None:
        mark: Any = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        match type(event).__name__:
            case "DocumentStartEvent":
                self._document(event, line, column)
            case "AliasEvent":
                hint = "write the value itself; what stages share can stand in the pipeline's environment"
                self._problem(line, column, "ALIAS", "anchors and aliases are not taken", hint)
                self._add(Scalar("*", None, line, column))
            case "ScalarEvent":
                self._refuse_properties(event, line, column)
                self._add(self._scalar(event, line, column))
            case "SequenceStartEvent":
                self._refuse_properties(event, line, column)
                self._start(Items(line, column))
            case "MappingStartEvent":
                self._refuse_properties(event, line, column)
                self._start(Fields(line, column))
            case "SequenceEndEvent" | "MappingEndEvent":
                self._open.pop()
                self._keys.pop()

    def _document(self, event: Any, line: int, column: int) -> None:
        if self.root is not None:
            raise self._fatal(
                line, column, "DOCUMENTS", "a second document begins here", "use a file for each pipeline"
            )
        version = event.version
        if version and tuple(version)[:2] != (1, 2):
            self._problem(line, column, "VERSION", "this asks for another YAML than 1.2", "leave the %YAML line out")

    def _refuse_properties(self, event: Any, line: int, column: int) -> None:
        # `ctag` and `tag` are set only where a tag is written; "!" alone is one too.
        if event.tag is not None:
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            self._problem(line, column, "TAG", f"the tag {tag!r} is not taken", "values here are plain data")
        if event.anchor is not None:
            self._problem(line, column, "ALIAS", "anchors and aliases are not taken", f"leave '&{event.anchor}' out")

    def _scalar(self, event: Any, line: int, column: int) -> Scalar:
        start, end = event.start_mark, event.end_mark
        text = _whole_characters(event.value)
        written = self._text[start.index : end.index]
        quotes = 1 if event.style in ("'", '"') else 0
        exact = written[quotes : len(written) - quotes] == text and "\n" not in written
        data = text if event.style else resolve(text)
        return Scalar(text, data, line, column, quotes if exact else None)

    def _start(self, node: Items | Fields) -> None:
        self._add(node)
        self._open.append(node)
        self._keys.append(None)
        if len(self._open) > DEPTH_MAX:
            raise self._fatal(node.line, node.column, "TOO_DEEP", f"this is nested more than {DEPTH_MAX} deep")

    def _add(self, node: Node) -> None:
        self._nodes += 1
        if self._nodes > NODES_MAX:
            raise self._fatal(node.line, node.column, "TOO_LARGE", f"the file has more than {NODES_MAX} values")
        if not self._open:
            self.root = node
            return
        match self._open[-1]:
            case Items(items=items):
                items.append(node)
            case Fields() as fields:
                self._add_to(fields, node)

    def _add_to(self, fields: Fields, node: Node) -> None:
        key = self._keys[-1]
        if key is None:
            self._keys[-1] = self._key(fields, node)
            return
        self._keys[-1] = None
        if fields.keys.get(key.text) is key:  # neither a repeated key nor one that is none
            fields.values[key.text] = node

    def _key(self, fields: Fields, node: Node) -> Scalar:
        if not isinstance(node, Scalar):
            self._problem(node.line, node.column, "KEY", "a list or mapping cannot be a key")
            return Scalar("", None, node.line, node.column)
        if node.text in fields.keys:
            first = fields.keys[node.text]
            message = f"the key {node.text!r} is there twice"
            self._problem(node.line, node.column, "KEY_DUPLICATE", message, f"the first is in line {first.line}")
        fields.keys.setdefault(node.text, node)
        return node

    def _problem(self, line: int, column: int, reason: str, message: str, hint: str = "") -> None:
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(Problem(line, column, "", message, reason, hint))

    def _fatal(self, line: int, column: int, reason: str, message: str, hint: str = "") -> PipelineInvalid:
        return PipelineInvalid([*self.problems, Problem(line, column, "", message, reason, hint)], self._source)


def _whole_characters(text: str) -> str:
    r"""JSON writes characters beyond U+FFFF as two escapes (`\ud83d\ude00`), which YAML leaves apart."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS_TRUE = ("true", "True", "TRUE")
_WORDS_FALSE = ("false", "False", "FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]{1,30}")
_OCTAL = re.compile(r"0o[0-7]{1,30}")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,30}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,50}|[0-9]{1,50}(?:\.[0-9]{0,50})?)(?:[eE][-+]?[0-9]{1,5})?")


def resolve(text: str) -> str | int | float | bool | None:
    """What a plain scalar means in YAML 1.2. Infinities, NaN and enormous numbers, which JSON lacks, stay text."""
    if text in _WORDS:
        return None
    if text in _WORDS_TRUE or text in _WORDS_FALSE:
        return text in _WORDS_TRUE
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text) or _HEXADECIMAL.fullmatch(text):
        return int(text[2:], 8 if text[1] == "o" else 16)
    if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text
