"""Workspaces as overlays: layers on the shared file system below, this node's scratch disk above.

    SCRATCH/layered/STAGE/upper    what the attempt changes
    SCRATCH/layered/STAGE/work     the kernel's own
    SCRATCH/layered/STAGE/merged   the mount point, bound into the container
    SCRATCH/layered/STAGE/views/   mount points of other workspaces that it reads

Layers are given to the kernel as open directories, so no character of a path has to be escaped, no path is resolved
twice, and the options of any chain fit into a page. It knows nothing of what layers mean, or of when one is made.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from storage.beneath import held, make_directories, open_directory
from storage.faults import about
from storage.removal import remove
from storage.stop import Stop
from storage.tree import Owner
from winslow.domain.layout import safe_parts
from winslow.domain.stage import StageId
from winslow.errors import FailedPrecondition, InvalidArgument, NotFound, Unavailable

_HOME = "layered"
_SOURCE = "winslow-workspace"
"""How the mount is called in `mount`'s output."""
_READ_ONLY, _NOSUID, _NODEV = 0x01, 0x02, 0x04
_PAGE = os.sysconf("SC_PAGE_SIZE")
_OPTIONS = "redirect_dir=nofollow,metacopy=off,index=off,xino=off"
"""A directory that is renamed is copied, and so is a file whose mode changes: a layer is whole without the ones below."""
_UNABLE = frozenset({errno.EINVAL, errno.ENODEV, errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS})
_OCTAL = re.compile(r"\\([0-7]{3})")

_libc = ctypes.CDLL(None, use_errno=True)
_mount = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_char_p,
    ctypes.c_char_p,
    ctypes.c_char_p,
    ctypes.c_ulong,
    ctypes.c_char_p,
    use_errno=True,
)(("mount", _libc))
_umount2 = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_int, use_errno=True)(("umount2", _libc))


@dataclass(frozen=True, slots=True)
class Look:
    """How the top of a workspace looks: its owner (uid, gid) and its mode."""

    owner: Owner
    mode: int = 0o755


class Overlays:
    """The layered workspaces of this node; blocking. `scratch` is a directory on a local disk, absolute.

    No two calls may be about one attempt at the same time.
    """

    def __init__(self, scratch: str) -> None:
        self._home = os.path.realpath(f"{scratch}/{_HOME}")

    def path(self, stage: StageId) -> str:
        """Where the workspace of `stage` is mounted."""
        return f"{self._place(stage)}/merged"

    def mount(self, stage: StageId, lowers: Sequence[int], look: Look) -> str:
        """Mount the workspace over `lowers` (open directories, the topmost first), and say where.

        What the attempt changed before is there again; a workspace that is mounted stays as it is. Only a new one gets its
        `look`. Raises FailedPrecondition (OVERLAY_UNSUPPORTED) when this node cannot, Exhausted (DISK_FULL).
        """
        place = self._place(stage)
        with about(place):
            self._make(place, look)
            if self.path(stage) not in self._mounted():
                self._mount(place, lowers)
        return self.path(stage)

    def view(self, stage: StageId, name: str, lowers: Sequence[int]) -> str:
        """Mount `lowers` for `stage` to read, under a name, and say where; what is mounted stays as it is. Raises as `mount` does."""
        place = self._place(stage)
        path = f"{place}/views/{name}"
        with about(path):
            Path(place).mkdir(0o700, parents=True, exist_ok=True)
            with held(_open(place)) as here:
                for directory in ("nothing", f"views/{name}"):
                    os.close(make_directories(here, directory))
                with held(open_directory(here, "nothing", follow=False)) as nothing:
                    if path not in self._mounted():  # without an upper directory the kernel wants two layers
                        _mounted_at(path, f"lowerdir={_below([*lowers, nothing])},{_OPTIONS}", _READ_ONLY)
        return path

    def unmount(self, stage: StageId) -> None:
        """Take its mounts away; nothing happens when there is none. Raises Unavailable (WORKSPACE_BUSY) while one is in use."""
        place = self._place(stage)
        with about(place):
            for path in sorted(path for path in self._mounted() if path.startswith(f"{place}/")):
                self._unmount(path)

    def open_upper(self, stage: StageId) -> int:
        """What the attempt changed: a directory, opened. Raises NotFound (FILE_NOT_FOUND)."""
        with about(self._place(stage)):
            return os.open(f"{self._place(stage)}/upper", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)

    def has(self, stage: StageId) -> bool:
        """Whether a workspace of the attempt was mounted here, be it that it is no more."""
        with suppress(NotFound), held(self.open_upper(stage)):
            return True
        return False

    def drop(self, stage: StageId, stop: Stop) -> None:
        """Unmount the workspace and remove what was changed in it; half done and called again, it goes on."""
        self.unmount(stage)
        with about(self._place(stage)), suppress(FileNotFoundError), held(_open(self._home)) as home:
            remove(home, stage, stop)

    def stages(self) -> list[StageId]:
        """The attempts that have something here, mounted or not, by name: also those that a daemon left which is no more."""
        with about(self._home), suppress(FileNotFoundError):
            return sorted(StageId(name) for name in os.listdir(self._home))
        return []

    def _place(self, stage: StageId) -> str:
        if safe_parts(stage) != [stage] or stage.startswith("."):
            raise InvalidArgument(
                f"{stage!r} is not the name of an attempt",
                reason="PATH_INVALID",
                subject=stage,
                hint="Names of attempts contain no '/' and do not begin with '.'",
            )
        return f"{self._home}/{stage}"

    def _make(self, place: str, look: Look) -> None:
        Path(place).mkdir(0o700, parents=True, exist_ok=True)
        with held(_open(place)) as here:
            for name in ("work", "merged", "nothing"):
                os.close(make_directories(here, name))
            with suppress(FileNotFoundError), held(open_directory(here, "upper", follow=False)):
                return
            # Whole or absent: a directory of the wrong owner would be the workspace's top for ever.
            with held(make_directories(here, ".upper")) as upper:
                if look.owner != (os.geteuid(), os.getegid()):
                    os.fchown(upper, *look.owner)
                os.fchmod(upper, look.mode)
            os.rename(".upper", "upper", src_dir_fd=here, dst_dir_fd=here)

    def _mount(self, place: str, lowers: Sequence[int]) -> None:
        with (
            held(_open(place)) as here,
            held(open_directory(here, "upper", follow=False)) as upper,
            held(open_directory(here, "work", follow=False)) as work,
            held(open_directory(here, "nothing", follow=False)) as nothing,
        ):
            above = f"upperdir={_handle(upper)},workdir={_handle(work)}"
            _mounted_at(f"{place}/merged", f"lowerdir={_below(lowers or [nothing])},{above},{_OPTIONS}")

    def _unmount(self, path: str) -> None:
        while path in self._mounted():  # a mount may lie on a mount
            if not _umount2(os.fsencode(path), 0):
                continue
            code = ctypes.get_errno()
            if code == errno.EBUSY:
                raise Unavailable(
                    f"The workspace {path!r} is in use on this node",
                    reason="WORKSPACE_BUSY",
                    subject=path,
                    hint="A container or a shell still works in it: stop it, then try again",
                )
            if code not in (errno.EINVAL, errno.ENOENT):  # somebody else was faster
                raise OSError(code, os.strerror(code))

    def _mounted(self) -> frozenset[str]:
        """The mount points beneath our directory."""
        return frozenset(path for path in mount_points() if path.startswith(f"{self._home}/"))


def mount_points(process: int | str = "self") -> Iterator[str]:
    """Where something is mounted, as a process sees it. Raises OSError when that is not for us to know."""
    for line in Path(f"/proc/{process}/mountinfo").read_bytes().splitlines():
        yield _OCTAL.sub(_character, os.fsdecode(line.split(b" ")[4]))


def _mounted_at(path: str, options: str, flags: int = 0) -> None:
    encoded = options.encode()
    if len(encoded) >= _PAGE:
        raise _unsupported(path, "its layers do not fit into the options of a mount")
    if _mount(_SOURCE.encode(), os.fsencode(path), b"overlay", _NOSUID | _NODEV | flags, encoded):
        code = ctypes.get_errno()
        if code in _UNABLE:
            raise _unsupported(path, f"{errno.errorcode[code]}: {os.strerror(code)}")
        raise OSError(code, os.strerror(code))


def _below(lowers: Sequence[int]) -> str:
    return ":".join(map(_handle, lowers))


def _open(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)


def _handle(fd: int) -> str:
    return f"/proc/self/fd/{fd}"


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1], 8))


def _unsupported(place: str, why: str) -> FailedPrecondition:
    return FailedPrecondition(
        f"This node cannot mount the layered workspace {place!r} ({why})",
        reason="OVERLAY_UNSUPPORTED",
        subject=place,
        hint="It takes Linux with overlay, a daemon that may mount (CAP_SYS_ADMIN), and a scratch disk with ext4, XFS or btrfs",
    )
