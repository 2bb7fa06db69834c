"""The manifest of a layer: a file of JSON lines that says what the layer changes and what it stands on.

The first line is read by whoever looks into the layer, the others by who compares or checks it; the last one is the
SHA-256 of all before. It knows nothing of how a layer comes to be.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, BinaryIO

from storage.beneath import open_file
from storage.changes import Change
from winslow.domain.layers import Chain, Kind
from winslow.domain.stage import StageId
from winslow.errors import DataLoss

NAME = "manifest"
_VERSION = 1
_MODE = 0o444
_FIRST_MAX = 64 << 20
_DEFAULTS = {one.name: one.default for one in fields(Change) if one.name not in ("path", "kind")}


@dataclass(frozen=True, slots=True)
class Header:
    """Whose layer it is, the chain that it stands on, its opaque directories, and how much it holds.

    `size` counts the bytes of its files, one with several names once.
    """

    stage: StageId
    ground: Chain
    opaque: tuple[str, ...] = ()
    changes: int = 0
    size: int = 0


def header(stage: StageId, ground: Chain, listed: Sequence[Change]) -> Header:
    """The header of a layer with these changes."""
    opaque = tuple(change.path for change in listed if change.opaque)
    size = sum(change.size for change in listed if not change.same_as)
    return Header(stage, ground, opaque, len(listed), size)


def write_manifest(layer: int, head: Header, listed: Sequence[Change]) -> None:
    """Write it into directory `layer` and make it safe; one that an earlier attempt left is written anew."""
    digest = hashlib.sha256()
    fd = os.open(NAME, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600, dir_fd=layer)
    with os.fdopen(fd, "wb") as file:
        for fields_ in (_header_fields(head), *map(_change_fields, listed)):
            line = _line(fields_)
            digest.update(line)
            file.write(line)
        file.write(_line({"sha256": digest.hexdigest()}))
        file.flush()
        os.fchmod(fd, _MODE)
        os.fsync(fd)


def read_header(layer: int, about: str) -> Header:
    """The first line of the manifest in directory `layer`. Raises DataLoss (LAYER_DAMAGED)."""
    with _opened(layer, about) as file:
        try:
            return _header(json.loads(file.readline(_FIRST_MAX)))
        except (ValueError, KeyError, TypeError) as error:
            raise _damaged(about, "its first line cannot be read") from error


def read_manifest(layer: int, about: str) -> tuple[Header, list[Change]]:
    """All of it, checked. Raises DataLoss (LAYER_DAMAGED)."""
    with _opened(layer, about) as file:
        try:
            first, *rest, last = _checked(file.readlines())
            head, listed = _header(first), [_change(one) for one in rest]
        except (ValueError, KeyError, TypeError) as error:
            raise _damaged(about, str(error)) from error
    if last != {} or len(listed) != head.changes:
        raise _damaged(about, f"it promises {head.changes} changes and lists {len(listed)}")
    return head, listed


def _opened(layer: int, about: str) -> BinaryIO:
    try:
        return os.fdopen(open_file(layer, NAME, follow=False), "rb")
    except FileNotFoundError as error:
        raise _damaged(about, "it has no manifest") from error


def _checked(lines: list[bytes]) -> Iterator[dict[str, Any]]:
    """The lines as values, the last one as {}. Raises ValueError when its hash is not that of the others."""
    if len(lines) < 2 or json.loads(lines[-1])["sha256"] != hashlib.sha256(b"".join(lines[:-1])).hexdigest():
        raise ValueError("its hash is not that of its lines")
    yield from map(json.loads, lines[:-1])
    yield {}


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values, separators=(",", ":")).encode("ascii") + b"\n"


def _header_fields(head: Header) -> dict[str, Any]:
    values = asdict(head)
    ground = values.pop("ground")
    return {"version": _VERSION, **values, "base": ground["base"], "layers": ground["layers"]}


def _header(values: dict[str, Any]) -> Header:
    if values["version"] != _VERSION:
        raise ValueError(f"its version {values['version']!r} is not known here")
    ground = Chain(str(values["base"]), tuple(StageId(str(one)) for one in values["layers"]))
    opaque = tuple(str(path) for path in values["opaque"])
    return Header(StageId(str(values["stage"])), ground, opaque, int(values["changes"]), int(values["size"]))


def _change_fields(change: Change) -> dict[str, Any]:
    values = asdict(change)
    given = {name: values[name] for name, default in _DEFAULTS.items() if values[name] != default}
    return {"path": change.path, "kind": change.kind.value, **given}


def _change(values: dict[str, Any]) -> Change:
    return Change(**{**values, "kind": Kind(values["kind"])})


def _damaged(about: str, why: str) -> DataLoss:
    return DataLoss(
        f"The layer {about!r} is damaged: {why}",
        reason="LAYER_DAMAGED",
        subject=about,
        hint="Restore it from a snapshot or a backup of the shared file system; what stands on it cannot be read until then",
    )
