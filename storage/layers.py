"""Several directories seen as one, without a mount: what an overlay of them would show, name by name.

Each step of a path is looked up in each layer, and what is seen is decided by `winslow.domain.layers`. A link is
followed here and not by the kernel, since where it leads may lie in another layer; the rules are those of
`storage.beneath`: nothing outside is reached, and only regular files are opened. Deletions are what the kernel's
overlay takes for them, a device 0/0, and opaque directories carry its attribute or are named by who knows them.

These functions raise OSError; `storage.faults` gives it words.
"""

from __future__ import annotations

import errno
import heapq
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from storage.beneath import descend, held, open_file
from storage.stop import Stop
from storage.trees import describe
from winslow.domain.layers import Found, Kind, overlaid, seen
from winslow.ports import Entry

OPAQUE = "trusted.overlay.opaque"
_YES = b"y"
_MOST_LINKS = 40
"""The kernel's own limit for one path."""
_PAGE_MAX = 10_000
_NO_ATTRIBUTE = frozenset({errno.ENODATA, errno.EOPNOTSUPP})


@dataclass(frozen=True, slots=True)
class Layer:
    """A directory held open. `opaque`: the paths of its opaque directories; None: they carry the overlay's attribute.

    The attribute is shown to privileged processes only, so whoever knows the paths passes them.
    """

    fd: int
    opaque: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that is seen: its path in each of `layers` (indexes, topmost first), and whether it covers what is below all."""

    path: str
    kind: Kind
    layers: tuple[int, ...]
    covers: bool = False


class Stack:
    """Layers on each other, the topmost first. None may change while it is looked at, the topmost excepted."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = tuple(layers)
        self.top = Spot("", Kind.DIRECTORY, tuple(range(len(self._layers))))

    # ---- what people ask

    def stat(self, path: str) -> Entry:
        """What `path` leads to."""
        return describe(path.rpartition("/")[2], self.status(self.resolve(path)))

    def entries(self, path: str, after: str, limit: int, stop: Stop) -> list[Entry]:
        """Up to `limit` (10,000 at most) entries whose names sort after `after`, sorted; links are listed as links.

        A name that is not UTF-8 is shown escaped, with the kind "other": no path can name it.
        """
        spot = self.resolve(path)
        names = ((_shown(name), name) for name in self.names(spot, stop))
        page = heapq.nsmallest(min(max(limit, 0), _PAGE_MAX), (pair for pair in names if pair[0] > after))
        with self.opened(spot) as handles:
            return [self._entry(spot, handles, shown, name) for shown, name in page]

    def open(self, path: str) -> int:
        """The regular file at `path`, for reading. EISDIR for a directory; FIFOs, sockets and devices are never opened."""
        return self.open_spot(self.resolve(path))

    # ---- what they are made of

    def resolve(self, path: str, *, follow: bool = True) -> Spot:
        """Where `path` leads; without `follow`, a last part that is a link is what it is. ENOENT, ENOTDIR, EXDEV, ELOOP."""
        if "\0" in path:
            raise _error(errno.EINVAL)
        waiting = _parts(path)
        trail = [self.top]
        links = 0
        while waiting:
            name = waiting.pop()
            if trail[-1].kind is not Kind.DIRECTORY:
                raise _error(errno.ENOTDIR)
            if name == "..":
                if len(trail) == 1:
                    raise _error(errno.EXDEV)
                trail.pop()
            elif name not in ("", "."):
                spot = self._required(trail[-1], name)
                if spot.kind is Kind.SYMLINK and (follow or waiting):
                    links += 1
                    if links > _MOST_LINKS:
                        raise _error(errno.ELOOP)
                    waiting.extend(_parts(self.read_link(spot)))
                else:
                    trail.append(spot)
        return trail[-1]

    def step(self, directory: Spot, name: str) -> Spot | None:
        """What `name` is in `directory`; None when nothing is seen there."""
        with self.opened(directory) as handles:
            return self.look(directory, handles, name)

    @contextmanager
    def opened(self, directory: Spot) -> Iterator[list[int]]:
        """The directory in each of its layers, held open."""
        with ExitStack() as stack:
            yield [
                stack.enter_context(held(descend(self._layers[layer].fd, directory.path))) for layer in directory.layers
            ]

    @contextmanager
    def beneath(self, directory: Spot) -> Iterator[Stack]:
        """The directory as a stack of its own: nothing leads out of it any more."""
        with self.opened(directory) as handles:
            known = [self._layers[layer].opaque for layer in directory.layers]
            above = f"{directory.path}/" if directory.path else ""
            yield Stack([Layer(fd, _within(above, opaque)) for fd, opaque in zip(handles, known, strict=True)])

    def look(self, directory: Spot, handles: Sequence[int], name: str) -> Spot | None:
        """As `step`, in a directory that is open."""
        path = join(directory.path, name)
        found = [
            self._found(layer, handle, name, path) for layer, handle in zip(directory.layers, handles, strict=True)
        ]
        whole = overlaid(found)
        if not whole.layers:
            return None
        first = found[whole.layers[0]]
        assert first is not None
        layers = tuple(directory.layers[index] for index in whole.layers)
        return Spot(path, first.kind, layers, directory.covers or whole.covers)

    def names(self, directory: Spot, stop: Stop) -> dict[str, Kind]:
        """What is seen in a directory. ENOTDIR for anything else."""
        if directory.kind is not Kind.DIRECTORY:
            raise _error(errno.ENOTDIR)
        return seen(self.listings(directory, stop))

    def listings(self, directory: Spot, stop: Stop) -> list[dict[str, Kind]]:
        """The names in each layer of a directory, deletions among them."""
        with self.opened(directory) as handles:
            return [_listing(handle, stop) for handle in handles]

    def status(self, spot: Spot) -> os.stat_result:
        """Of the topmost layer's."""
        above, _, name = spot.path.rpartition("/")
        with held(descend(self._layers[spot.layers[0]].fd, above)) as directory:
            return os.stat(name, dir_fd=directory, follow_symlinks=False) if name else os.fstat(directory)

    def open_spot(self, spot: Spot) -> int:
        """A regular file, for reading."""
        above, _, name = spot.path.rpartition("/")
        with held(descend(self._layers[spot.layers[0]].fd, above)) as directory:
            return open_file(directory, name, follow=False)

    def read_link(self, spot: Spot) -> str:
        """Where a link leads, as it is written."""
        above, _, name = spot.path.rpartition("/")
        with held(descend(self._layers[spot.layers[0]].fd, above)) as directory:
            return os.readlink(name, dir_fd=directory)

    def _required(self, directory: Spot, name: str) -> Spot:
        spot = self.step(directory, name)
        if spot is None:
            raise _error(errno.ENOENT)
        return spot

    def _entry(self, directory: Spot, handles: Sequence[int], shown: str, name: str) -> Entry:
        spot = self.look(directory, handles, name)
        if spot is None:
            raise _error(errno.ENOENT)
        handle = handles[directory.layers.index(spot.layers[0])]
        entry = describe(shown, os.stat(name, dir_fd=handle, follow_symlinks=False))
        return entry if shown == name else Entry(shown, "other", entry.size, entry.modified)

    def _found(self, layer: int, directory: int, name: str, path: str) -> Found | None:
        try:
            kind = kind_of(os.stat(name, dir_fd=directory, follow_symlinks=False))
        except FileNotFoundError:
            return None
        return Found(kind, kind is Kind.DIRECTORY and self._is_opaque(layer, directory, name, path))

    def _is_opaque(self, layer: int, directory: int, name: str, path: str) -> bool:
        known = self._layers[layer].opaque
        if known is not None:
            return path in known
        with held(os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)) as fd:
            return is_opaque(fd)


def kind_of(status: os.stat_result) -> Kind:
    """What a layer's entry is; the kernel's overlay takes the device 0/0 for a deletion."""
    mode = status.st_mode
    if stat.S_ISREG(mode):
        return Kind.FILE
    if stat.S_ISDIR(mode):
        return Kind.DIRECTORY
    if stat.S_ISLNK(mode):
        return Kind.SYMLINK
    return Kind.WHITEOUT if stat.S_ISCHR(mode) and status.st_rdev == 0 else Kind.SPECIAL


def is_opaque(directory: int) -> bool:
    """Whether the overlay's attribute says so; to an unprivileged process it never does."""
    try:
        return os.getxattr(directory, OPAQUE) == _YES
    except OSError as error:
        if error.errno in _NO_ATTRIBUTE:
            return False
        raise


def set_opaque(directory: int) -> None:
    """Have the kernel's overlay show nothing of what lies below this directory."""
    os.setxattr(directory, OPAQUE, _YES)


def join(directory: str, name: str) -> str:
    return f"{directory}/{name}" if directory else name


def _listing(directory: int, stop: Stop) -> dict[str, Kind]:
    names: dict[str, Kind] = {}
    with os.scandir(directory) as entries:
        for entry in entries:
            stop.check()
            if entry.is_symlink():
                names[entry.name] = Kind.SYMLINK
            elif entry.is_dir(follow_symlinks=False):
                names[entry.name] = Kind.DIRECTORY
            elif entry.is_file(follow_symlinks=False):
                names[entry.name] = Kind.FILE
            else:
                with suppress(FileNotFoundError):
                    names[entry.name] = kind_of(entry.stat(follow_symlinks=False))
    return names


def _within(above: str, opaque: frozenset[str] | None) -> frozenset[str] | None:
    """The opaque directories that lie below `above`, as they are called from there."""
    if opaque is None or not above:
        return opaque
    return frozenset(path.removeprefix(above) for path in opaque if path.startswith(above))


def _parts(path: str) -> list[str]:
    """What is to be walked, the first step last."""
    if path.startswith("/"):
        raise _error(errno.EXDEV)
    return path.split("/")[::-1]


def _shown(name: str) -> str:
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "backslashreplace")


def _error(code: int) -> OSError:
    return OSError(code, os.strerror(code))
