"""The directories beneath which people's files lie, and what may be done there. It opens nothing but those directories."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from storage import snapshots
from storage.beneath import held, open_directory
from storage.ceph import SNAPSHOTS
from winslow.domain.layout import Location, Pool, safe_parts
from winslow.errors import FailedPrecondition, InvalidArgument


@contextmanager
def pool(volume: int, location: Location) -> Iterator[int]:
    """The directory beneath which `location` lies; no link leads there. Raises InvalidArgument (PATH_INVALID).

    Of an attempt's workspace in which a later one went on, it is what the attempt left, where that was kept.
    """
    require_shortest(location)
    stage = location.stage if location.pool is Pool.STAGE_WORKSPACE else None
    with held(snapshots.seen(open_directory(volume, location.root, follow=False), stage)) as root:
        yield root


def require_shortest(location: Location) -> None:
    """Raises InvalidArgument (PATH_INVALID) for a path with empty parts or dots, and for what `safe_parts` refuses."""
    if "/".join(safe_parts(location.relative)) != location.relative:
        raise InvalidArgument(
            f"The path {location.relative!r} is not in its shortest form",
            reason="PATH_INVALID",
            subject=str(location),
            hint="Leave out empty parts and '.'",
        )


def require_writable(location: Location) -> None:
    """Raises FailedPrecondition (POOL_READ_ONLY) for what people may not change, InvalidArgument (PATH_RESERVED) for snapshots.

    On CephFS a directory made in `.snap` is a snapshot, and nothing in one can be changed; elsewhere nobody gets used to it.
    """
    if SNAPSHOTS in location.relative.split("/"):
        raise InvalidArgument(
            f"{str(location)!r} lies among snapshots",
            reason="PATH_RESERVED",
            subject=str(location),
            hint=f"Choose a path without {SNAPSHOTS!r}",
        )
    if not location.writable:
        raise FailedPrecondition(
            f"{str(location)!r} is an attempt's record and stays as it is",
            reason="POOL_READ_ONLY",
            subject=str(location),
            hint="Change the project's input or its zeroth workspace, or redo the stage",
        )


def require_name(location: Location) -> None:
    """Raises InvalidArgument (PATH_IS_ROOT) where the pool's own directory is named."""
    if not location.relative:
        raise InvalidArgument(
            f"{str(location)!r} is a pool's own directory",
            reason="PATH_IS_ROOT",
            subject=str(location),
            hint="Name something in it",
        )
