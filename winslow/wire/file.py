"""Files, their totals and uploads, as people see them; these are told, never stored."""

from __future__ import annotations

from mimetypes import guess_type

from winslow.domain.layout import Location, parse
from winslow.ports import Entry, Totals, Upload
from winslow.v1 import file_pb2 as pb
from winslow.wire import names
from winslow.wire.times import timestamp, unix_seconds

_KINDS: dict[str, pb.FileKind] = {
    "file": pb.FILE_KIND_FILE,
    "directory": pb.FILE_KIND_DIRECTORY,
    "symlink": pb.FILE_KIND_SYMLINK,
    "other": pb.FILE_KIND_OTHER,
}
_KINDS_BACK = {there: here for here, there in _KINDS.items()}


def file_to_proto(entry: Entry, path: str, *, writable: bool = False) -> pb.File:
    """An entry found at `path`. Bytes of a name that are no UTF-8 are shown as U+FFFD."""
    path = _shown(path)
    return pb.File(
        path=path,
        base_name=path.rpartition("/")[2],
        kind=_KINDS[entry.kind],
        size=entry.size,
        modify_time=timestamp(entry.modified),
        etag=f"{entry.modified:.9f}-{entry.size}" if entry.kind == "file" else "",
        media_type=(guess_type(path, strict=False)[0] or "") if entry.kind == "file" else "",
        writable=writable,
        executable=entry.executable,
    )


def file_from_proto(message: pb.File) -> Entry:
    """The entry; one of a kind that this version does not know is "other", which nobody opens."""
    kind = _KINDS_BACK.get(message.kind, "other")
    return Entry(message.base_name, kind, message.size, unix_seconds(message.modify_time), message.executable)


def usage_to_proto(totals: Totals, path: str, quota: int = 0) -> pb.FileUsage:
    """`quota` is that of the project that `path` belongs to."""
    return pb.FileUsage(
        path=_shown(path),
        size=totals.size,
        file_count=totals.files,
        directory_count=totals.directories,
        quota=quota,
    )


def usage_from_proto(message: pb.FileUsage) -> Totals:
    return Totals(message.size, message.file_count, message.directory_count)


def upload_to_proto(upload: Upload) -> pb.Upload:
    return pb.Upload(
        name=names.upload(upload.id),
        path=str(upload.location),
        size=upload.size,
        sha256=upload.sha256,
        offset=upload.offset,
    )


def upload_from_proto(message: pb.Upload) -> Upload:
    """Raises InvalidArgument (PATH_INVALID, RESOURCE_NAME_INVALID)."""
    location: Location = parse(message.path)
    return Upload(names.parse_upload(message.name), location, message.size, message.sha256, message.offset)


def _shown(path: str) -> str:
    return path.encode(errors="surrogateescape").decode(errors="replace")
