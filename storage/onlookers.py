"""Whether another process sees what is mounted here: the container engine may live in a mount namespace of its own.

It is found by the unix socket that it serves, and asked nothing: the kernel tells who listens, and what that process has
mounted. It knows nothing of engines or of what is mounted.
"""

from __future__ import annotations

import socket
import struct

from storage.overlay import mount_points
from winslow.errors import Unavailable

_CREDENTIALS = struct.Struct("3i")
_WITHIN = 5.0


def why_unseen(address: str, mount_point: str) -> str:
    """Why the process behind the unix socket `address` does not see the mount at `mount_point`, "" when it does.

    Raises Unavailable (ENGINE_UNAVAILABLE) where nobody listens there now.
    """
    listener = _listener(address)
    if not listener:  # of another process namespace
        return "the container engine is not among the processes that this daemon sees"
    try:
        if mount_point in mount_points(listener):
            return ""
    except OSError as error:
        return f"the container engine's mounts are not shown to this daemon: {error.strerror}"
    return "the container engine has a mount namespace of its own, in which the daemon's mounts are not seen"


def _listener(address: str) -> int:
    """The process that listens at a unix socket; 0 when it is not one of those seen from here."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_WITHIN)
            connection.connect(address)
            data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    except OSError as error:
        raise Unavailable(
            f"The container engine at {address!r} does not answer: {error.strerror or error}",
            reason="ENGINE_UNAVAILABLE",
            subject=address,
            hint="See whether it runs; the stage waits for it",
        ) from error
    return int(_CREDENTIALS.unpack(data)[0])
