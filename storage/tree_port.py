"""What people do with whole trees, over one volume. Each noun has a module of its own; here they get their errors' words."""

from __future__ import annotations

from storage.faults import about
from storage.gathering import gather
from storage.moving import move
from storage.searching import search
from storage.stop import Stop
from storage.trees import Opener, plain
from storage.unpacking import unpack
from storage.walks import checked
from winslow.domain.layout import Location
from winslow.errors import InvalidArgument
from winslow.ports import Gathering, Matches, Trail, UnpackLimits


class Trees:
    """Implements the port `winslow.ports.Trees`; blocking, any number of threads. `root` is the volume, held open.

    `opened` says what is seen at a location; what is changed is always what lies there.
    """

    def __init__(self, root: int, opened: Opener = plain) -> None:
        self._root = root
        self._opened = opened

    def search(self, location: Location, query: str, at: Trail, limit: int, seconds: float, stop: Stop) -> Matches:
        """See the port. Raises InvalidArgument (PATH_INVALID) for a trail that nobody was given."""
        with about(location), self._opened(self._root, location) as tree, tree.beneath(location.relative) as top:
            return search(top, query, _checked(at), limit, seconds, stop)

    def gather(self, location: Location, at: Trail, size: int, stop: Stop) -> Gathering:
        """See the port."""
        with about(location), self._opened(self._root, location) as tree, tree.beneath(location.relative) as top:
            return gather(top, _checked(at), size, stop)

    def unpack(self, source: Location, target: Location, limits: UnpackLimits, mark: str, stop: Stop) -> None:
        """See the port."""
        unpack(self._root, self._opened, source, target, limits, mark, stop)

    def move(self, source: Location, target: Location, mark: str, stop: Stop) -> None:
        """See the port."""
        move(self._root, source, target, mark, stop)


def _checked(trail: Trail) -> Trail:
    try:
        return checked(trail)
    except ValueError as error:
        raise InvalidArgument(
            f"No walk goes on from {error}", reason="PAGE_TOKEN_INVALID", hint="Begin again without a token"
        ) from error
