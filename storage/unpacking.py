"""Archives that people uploaded, unpacked in the servers: out of sight, and shown at once or not at all.

An archive is hostile. What is written is counted as it comes, whatever it claims of itself; each name is entered from the
one above with the kernel's help, and no link is ever gone through; who made what does not matter, it is the daemon's. It knows
neither tar nor zip (`storage.tars`, `storage.zips`).
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from storage import tars, zips
from storage.beneath import held, make_directories, open_directory, open_file, open_path
from storage.ceph import SNAPSHOTS
from storage.faults import about
from storage.packed import Member, Refused, What
from storage.placing import DRAFT, drafts, has_mark, show
from storage.pools import pool, require_name, require_writable
from storage.quotas import Quotas
from storage.settling import settle
from storage.stop import Stop
from storage.trees import Opener, PlainTree
from storage.walks import Walk
from winslow.domain.layout import NAME_MAX, PATH_MAX, Location
from winslow.domain.quantity import about_size
from winslow.errors import FailedPrecondition
from winslow.ports import UnpackLimits

_MAGIC = 6
_LATEST = 1 << 33
"""Unix seconds; what file systems can tell of times ends not much later."""
_LOOK = 32 << 20
"""Bytes between two looks at what is free."""
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_NO_WAY = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EXDEV})


def unpack(
    volume: int, opened: Opener, source: Location, target: Location, limits: UnpackLimits, mark: str, stop: Stop
) -> None:
    """See the port `Trees`. Cut off or refused, nothing of it is shown, and nothing is left. Raises Stopped."""
    require_writable(target)
    require_name(target)
    with about(source), opened(volume, source) as tree, held(tree.open(source.relative)) as archive:
        _into(volume, archive, source, target, limits, mark, stop)


def _into(
    volume: int, archive: int, source: Location, target: Location, limits: UnpackLimits, mark: str, stop: Stop
) -> None:
    with about(target), pool(volume, target) as root:
        if has_mark(root, target.relative, mark):
            return
        _require_room(root, target.relative)
        with drafts(volume, target, "unpack") as place:
            os.mkdir(DRAFT, 0o700, dir_fd=place)
            with held(open_directory(place, DRAFT, follow=False)) as top, _told(source):
                _Unpacking(volume, archive, top, target, limits, stop).run()
            with suppress(FileNotFoundError):
                _forget_empty(root, target.relative)
            show(root, place, target.relative, mark)


def _require_room(root: int, relative: str) -> None:
    """EEXIST where there is anything but an empty directory."""
    with suppress(FileNotFoundError), held(open_path(root, relative, follow=False)):
        with held(open_directory(root, relative, follow=False)) as there:
            if not os.listdir(there):
                return
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


def _forget_empty(root: int, relative: str) -> None:
    above, _, name = relative.rpartition("/")
    with held(open_directory(root, above)) as parent:
        os.rmdir(name, dir_fd=parent)


@contextmanager
def _told(source: Location) -> Iterator[None]:
    """What the archive is refused for is told as an error about `source`."""
    try:
        yield
    except Refused as refused:
        entry = f"its entry {refused.member!r} {refused.why}" if refused.member else f"it {refused.why}"
        raise FailedPrecondition(
            f"{str(source)!r} was not unpacked: {entry}",
            reason="ARCHIVE_REFUSED",
            subject=str(source),
            hint="Nothing of it was kept. Look at what is in the archive, and pack it again without that",
            metadata={"entry": refused.member, "why": refused.why},
        ) from refused


class _Unpacking:
    """Fills the directory `top`, which nobody else reaches yet."""

    def __init__(self, volume: int, archive: int, top: int, target: Location, limits: UnpackLimits, stop: Stop) -> None:
        self._quotas = Quotas(volume)
        self._archive = archive
        self._size = os.fstat(archive).st_size
        self._top = top
        self._target = target
        self._limits = limits
        self._stop = stop
        self._written = self._looked = 0
        self._most = min(limits.size, max(limits.slack, self._size * limits.ratio))
        self._links = False
        self._parent: tuple[str, int] | None = None
        """The directory that the last member is in, held open: the next one is most likely in it too."""

    def run(self) -> None:
        try:
            for count, member in enumerate(self._members(), start=1):
                name = member.name.decode(errors="replace")
                if count > self._limits.entries:
                    raise Refused(f"is one more than the {self._limits.entries:,} that an archive may have", name)
                try:
                    self._place(member)
                except Refused as refused:
                    raise Refused(refused.why, refused.member or name) from refused
        finally:
            self._leave()
        self._require_free()
        if self._links:
            self._require_links_inside()
        settle(self._top, self._stop)
        os.fchmod(self._top, 0o755)

    def _members(self) -> Iterator[Member]:
        start = os.pread(self._archive, _MAGIC, 0)
        if start.startswith((b"PK\3\4", b"PK\5\6")):
            return zips.members(self._archive, self._size, self._stop)
        make = tars.compression(start)
        if not tars.is_tar(self._archive, self._size, make, self._stop):
            raise Refused("is neither a zip nor a tar, plain or packed with gzip, bzip2 or xz")
        return tars.members(self._archive, self._size, make, self._stop)

    def _place(self, member: Member) -> None:
        parts = _parts(member.name, self._target)
        match member.what:
            case What.DIRECTORY:
                self._enter("/".join(parts))
            case What.FILE if parts:
                self._write(parts, member)
            case What.SYMLINK if parts:
                self._link(parts, member)
            case What.HARD_LINK if parts:
                self._link_again(parts, member)
            case What.FILE | What.SYMLINK | What.HARD_LINK:
                raise Refused("has no name")
            case What.DEVICE | What.FIFO | What.SOCKET | What.UNKNOWN as what:
                raise Refused(f"is a {what.value}")

    def _enter(self, path: str) -> int:
        """The directory at `path`, made where it is missing; it stays open until another is entered."""
        if self._parent is None or self._parent[0] != path:
            self._leave()
            try:
                self._parent = path, _directory(self._top, path)
            except OSError as error:
                if error.errno not in _NO_WAY:
                    raise
                raise Refused("leads through a link, or through a file") from error
        return self._parent[1]

    def _leave(self) -> None:
        if self._parent is not None:
            os.close(self._parent[1])
            self._parent = None

    def _write(self, parts: list[str], member: Member) -> None:
        with held(self._new_file(parts)) as fd:
            for piece in member.content:
                self._count(len(piece))
                view = memoryview(piece)
                while view:
                    view = view[os.write(fd, view) :]
            os.fchmod(fd, 0o755 if member.executable else 0o644)
            modified = min(max(member.modified, 0.0), _LATEST)
            os.utime(fd, (modified, modified))

    def _new_file(self, parts: list[str]) -> int:
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            return os.open(parts[-1], flags, 0o600, dir_fd=self._enter("/".join(parts[:-1])))
        except FileExistsError as error:
            raise _twice() from error

    def _link(self, parts: list[str], member: Member) -> None:
        leads = _text(member.link)
        if not leads or len(member.link) > PATH_MAX:
            raise Refused("is a symbolic link that leads nowhere")
        _require_inside(parts[:-1], leads)
        try:
            os.symlink(leads, parts[-1], dir_fd=self._enter("/".join(parts[:-1])))
        except FileExistsError as error:
            raise _twice() from error
        self._links = True

    def _link_again(self, parts: list[str], member: Member) -> None:
        """A second name of a file that came before."""
        first = _parts(member.link, self._target)
        directory = self._enter("/".join(parts[:-1]))
        try:
            with held(open_directory(self._top, "/".join(first[:-1]), follow=False)) as other:
                os.close(open_file(other, first[-1] if first else "", follow=False))  # that it is a file
                os.link(first[-1], parts[-1], src_dir_fd=other, dst_dir_fd=directory, follow_symlinks=False)
        except FileExistsError as error:
            raise _twice() from error
        except OSError as error:
            if error.errno not in _NO_WAY | {errno.ENOENT, errno.EISDIR, errno.ENXIO}:
                raise
            raise Refused("is a hard link to what is no file that came before it") from error

    def _count(self, size: int) -> None:
        """Raises Refused for a bomb, ENOSPC before the disk is full, EDQUOT before the quota is."""
        self._stop.check()
        self._written += size
        if self._written > self._most:
            raise Refused(
                f"becomes more than {about_size(self._most)}: it may be {self._limits.ratio} times the archive's "
                f"{about_size(self._size)}, and at most {about_size(self._limits.size)}"
            )
        if self._written - self._looked >= min(_LOOK, self._limits.reserve):
            self._require_free()

    def _require_free(self) -> None:
        """Some of the file system is left to others. What is written since the last look must fit the quota, too."""
        status = os.fstatvfs(self._top)
        if status.f_bavail * status.f_frsize < min(self._limits.reserve, status.f_blocks * status.f_frsize // 100):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._quotas.require(str(self._target), lambda: self._written - self._looked, self._stop)
        self._looked = self._written

    def _require_links_inside(self) -> None:
        """By the kernel, now that all that they may lead through is there."""
        with Walk(PlainTree(self._top), (), self._stop) as walk:
            for step in walk:
                if step.named.kind == "symlink":
                    _require_followed(self._top, step.path)


def _require_followed(top: int, path: str) -> None:
    try:
        os.close(open_path(top, path))
    except OSError as error:
        if error.errno in (errno.EXDEV, errno.ELOOP):
            raise Refused("is a symbolic link that leads out of the archive, or in a circle", path) from error
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):  # it leads to nothing
            raise


def _directory(top: int, path: str) -> int:
    """No part of it a link."""
    try:
        return open_directory(top, path, follow=False)
    except FileNotFoundError:
        os.close(make_directories(top, path))
        return open_directory(top, path, follow=False)


def _parts(name: bytes, target: Location) -> list[str]:
    """The parts of a member's name; none for the top itself. Raises Refused for every name that is not plainly beneath."""
    text = _text(name)
    if text.startswith(("/", "\\")) or _DRIVE.match(text):
        raise Refused("has an absolute name")
    if ".." in re.split(r"[/\\]", text):
        raise Refused("leads out of the archive ('..')")
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if any(len(part.encode()) > NAME_MAX for part in parts):
        raise Refused(f"has a name of more than {NAME_MAX} bytes")
    if len(f"{target}/{'/'.join(parts)}".encode()) > PATH_MAX:
        raise Refused(f"has a path of more than {PATH_MAX} bytes")
    if SNAPSHOTS in parts:
        raise Refused(f"has a part {SNAPSHOTS!r}, which is kept for snapshots")
    return parts


def _text(name: bytes) -> str:
    if b"\0" in name:
        raise Refused("has a NUL in its name")
    try:
        return name.decode()
    except UnicodeDecodeError as error:
        raise Refused("has a name that is not UTF-8") from error


def _require_inside(above: list[str], leads: str) -> None:
    """Where a link leads by its words alone."""
    depth = len(above)
    for part in leads.split("/"):
        depth += 0 if part in ("", ".") else -1 if part == ".." else 1
        if depth < 0:
            break
    if depth < 0 or leads.startswith("/"):
        raise Refused(f"is a symbolic link that leads out of the archive, to {leads!r}")


def _twice() -> Refused:
    return Refused("has the name of another entry")
