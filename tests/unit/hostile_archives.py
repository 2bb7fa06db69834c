"""Archives as nobody should make them: every kind of member, header and damage that a stranger may send."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "tar": lambda data: data,
    "tar.gz": gzip.compress,
    "tar.bz2": bz2.compress,
    "tar.xz": lzma.compress,
}


@dataclass(frozen=True)
class Part:
    """A member: a file of `content`, or of another `kind` (a tar's letter), with `link`."""

    name: str
    content: bytes = b""
    kind: str = "0"
    link: str = ""
    mode: int = 0o644


def tar(parts: Sequence[Part], format_: int = tarfile.PAX_FORMAT) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=format_, errors="surrogateescape") as archive:
        for part in parts:
            info = tarfile.TarInfo(part.name)
            info.type, info.linkname, info.mode = part.kind.encode(), part.link, part.mode
            info.size = len(part.content) if part.kind == "0" else 0
            info.mtime = 1_700_000_000
            archive.addfile(info, io.BytesIO(part.content))
    return sink.getvalue()


def zip_(parts: Sequence[Part], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    sink = io.BytesIO()
    with (
        warnings.catch_warnings(action="ignore", category=UserWarning),
        zipfile.ZipFile(sink, "w", compression) as archive,
    ):
        for part in parts:
            info = zipfile.ZipInfo(part.name + ("/" if part.kind == "5" else ""), (2024, 1, 2, 3, 4, 6))
            kind = {"0": 0o100000, "2": 0o120000, "3": 0o020000, "5": 0o040000, "6": 0o010000}[part.kind]
            info.external_attr = (kind | part.mode) << 16
            info.create_system = 3
            archive.writestr(info, part.link.encode() if part.kind == "2" else part.content, compression)
    return sink.getvalue()
