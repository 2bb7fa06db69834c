"""What a log says: results, progress, and what a stage's own parsers look for, at hundreds of MB/s.

Blocks of a MiB are searched whole, by memchr and RE2, never line by line; where the last match wins the search
begins at the end. RE2 needs time linear in the input whatever the pattern, so that no pattern and no log can
hang the scanner. It reads no files.

    WINSLOW_RESULT: key=value   on a line of its own, or behind a bar that it is drawn over: a result; the last value of a key wins
    NN% or NN.N%                the last one is the progress
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from winslow.domain.pipeline import LogParser
from winslow.errors import InvalidArgument
from winslow.ports import Findings

KEYS_MAX = 1000
"""Distinct results of a scan; what comes later is left out."""
VALUE_MAX = 4096
"""Bytes of a value. A longer result is left out rather than cut: half a value is a wrong one."""

_MARK = b"WINSLOW_RESULT:"
_RESULT = re.compile(rb"WINSLOW_RESULT:[ \t]*([A-Za-z_][A-Za-z0-9_.-]{0,63})=([^\r\n]*)")
_OWN = re.compile(rb"[^ \n]{1,64} std(?:out|err) ([FP]) ")
_PERCENT = re.compile(rb"(?<![\w.%-])(\d{1,3}(?:\.\d{1,9})?)%")
_HEAD = re.compile(rb"(?m)^[^ \n]+ std(?:out|err) [FP] ")
_FOREIGN = re.compile(rb"(?m)^(?![^ \n]+ std(?:out|err) [FP] )[^\n]*\n?")
_WINDOW = 1 << 15


class Scan:
    """Takes blocks of whole CRI lines, in order, and keeps the last of everything."""

    def __init__(self, parsers: tuple[LogParser, ...]) -> None:
        self._parsers = [_compile(parser.name, parser.pattern) for parser in parsers]
        self._results: dict[str, str] = {}
        self._progress: float | None = None

    def feed(self, block: bytes) -> None:
        """Search `block`; what it says replaces what was said before."""
        for key, value in _results(block):
            self._keep(key, value)
        progress = _progress(block)
        if progress is not None:
            self._progress = progress
        if self._parsers:
            text = _texts(block)
            for parser in self._parsers:
                for key, value in _last_groups(parser, text):
                    self._keep(key, value)

    def findings(self, offset: int) -> Findings:
        """Everything found, up to byte `offset` of the log."""
        return Findings(offset, tuple(self._results.items()), self._progress)

    def _keep(self, key: str, value: bytes) -> None:
        if len(value) <= VALUE_MAX and (key in self._results or len(self._results) < KEYS_MAX):
            self._results[key] = value.decode("utf-8", "replace").replace("\0", "")


def _results(block: bytes) -> Iterator[tuple[str, bytes]]:
    line = looked = 0
    at = block.find(_MARK)
    while at >= 0:
        line = block.rfind(b"\n", looked, at) + 1 or line
        own = _OWN.match(block, line)
        # What is no result is not read to its line's end: such a line may have a mark in every twenty bytes of a MiB.
        match = _RESULT.match(block, at) if own and _begins(block, own.end(), at) else None
        if own and match and (own[1] == b"F" or block[match.end() : match.end() + 1] == b"\r"):
            yield match[1].decode("ascii"), match[2].rstrip(b" \t")
        looked = at
        at = block.find(_MARK, at + len(_MARK))


def _begins(block: bytes, text: int, at: int) -> bool:
    """Whether nothing is before `at` in its line, whose text begins at `text`, or in what is drawn over the line there."""
    while at > text and block[at - 1] in b" \t":
        at -= 1
    return at == text or (at > text and block[at - 1] == 13)


def _progress(block: bytes) -> float | None:
    """The last percentage from 0 to 100 in a line that the stage wrote, as a fraction."""
    end = line = block.rfind(b"%") + 1
    own = False
    while end:
        start = block.rfind(b"\n", 0, max(0, end - _WINDOW)) + 1
        for match in reversed(list(_PERCENT.finditer(block, start, end))):
            if match.start() < line:  # once for each line, however many it has
                line = block.rfind(b"\n", 0, match.start()) + 1
                own = _HEAD.match(block, line) is not None
            value = float(match[1])
            if value <= 100.0 and own:
                return value / 100.0
        end = block.rfind(b"%", 0, start) + 1 if start else 0
    return None


def _texts(block: bytes) -> bytes:
    """What the stage wrote, without times and streams; nobody else's lines."""
    if b" winslow " in block:
        block = _FOREIGN.sub(b"", block)
    return _HEAD.sub(b"", block)


def _last_groups(parser: Any, text: bytes) -> list[tuple[str, bytes]]:
    """For each named group the value of its last match, looked for from the end until every group has one."""
    found: dict[bytes, bytes] = {}
    end = len(text)
    while end and len(found) < len(parser.groupindex):
        start = text.rfind(b"\n", 0, max(0, end - _WINDOW)) + 1
        latest: dict[bytes, bytes] = {}
        for match in parser.finditer(text[start:end]):
            latest.update((name, value) for name, value in match.groupdict().items() if value is not None)
        found = latest | found
        end = start
    return [(name.decode(), value) for name, value in found.items()]


@lru_cache(maxsize=256)
def _compile(name: str, pattern: str) -> Any:
    """RE2 with `^` and `$` at lines; a match never spans two. Raises InvalidArgument (PATTERN_INVALID)."""
    import re2

    options = re2.Options()
    options.never_nl = True
    options.log_errors = False
    try:
        return re2.compile(b"(?m:" + pattern.encode() + b")", options)
    except re2.error as error:
        raise InvalidArgument(
            f"The log parser {name!r} has a pattern that is not RE2: {_text(error)}",
            reason="PATTERN_INVALID",
            subject=name,
            hint="See https://github.com/google/re2/wiki/Syntax; there is no look-around and no back-reference",
        ) from error


def _text(error: Exception) -> str:
    detail = error.args[0] if error.args else ""
    return detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
