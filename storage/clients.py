"""What the kernel's mount table says of the client behind an open file: whether it has the servers copy, instead of us.

Only the kernel's CephFS client does, where it was mounted with `copyfrom`; its copy_file_range then moves whole objects
between the OSDs. Asked once for a copy, not for a file. It knows nothing of copying.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_SERVERS_COPY = ("ceph", "copyfrom")
"""Type and option of a mount."""


def servers_copy(fd: int) -> bool:
    """Whether copy_file_range on the file system of `fd` is done by its servers. False where that cannot be known."""
    with suppress(OSError):
        mount = _mount(Path(f"/proc/self/fdinfo/{fd}").read_text().splitlines())
        return named(mount, Path("/proc/self/mountinfo").read_text().splitlines())
    return False


def named(mount: str, table: Iterable[str]) -> bool:
    """Whether the mount of this number is, in the kernel's mountinfo, of a client that has the servers copy."""
    for line in table:
        front, _, back = line.partition(" - ")
        if front.split(" ", 1)[0] == mount:
            kind, _, options = [*back.split(" "), "", ""][:3]
            return kind == _SERVERS_COPY[0] and _SERVERS_COPY[1] in options.split(",")
    return False


def _mount(information: Iterable[str]) -> str:
    for line in information:
        name, _, value = line.partition(":")
        if name == "mnt_id":
            return value.strip()
    return ""
