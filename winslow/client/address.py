"""Where the daemon is: one rule for the SDK, the CLI and whoever starts a daemon for them.

It never needs to know whether anybody answers there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from winslow.errors import InvalidArgument

WINSLOW_ADDRESS = "WINSLOW_ADDRESS"
"""The environment variable: `host:port` or `unix:/path`."""
DEFAULT_PORT = 7411


def dev_sockets(environment: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Where `winslowd dev` may have put its socket, the likeliest first: in the session's runtime directory, or at home."""
    at_home = Path(environment.get("HOME") or Path.home()) / ".winslow" / "dev" / "winslowd.sock"
    runtime = environment.get("XDG_RUNTIME_DIR")
    return (Path(runtime) / "winslow" / "dev.sock", at_home) if runtime else (at_home,)


def find_address(given: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """The target to dial: what was given, else WINSLOW_ADDRESS, else the local daemon's socket.

    Of the places where that socket may be, the first that is there; where none is, the first, so that an error names it.
    Raises InvalidArgument (ADDRESS_INVALID).
    """
    if address := given or environment.get(WINSLOW_ADDRESS):
        return _checked(address)
    places = dev_sockets(environment)
    return f"unix:{next((place for place in places if place.exists()), places[0])}"


def _checked(address: str) -> str:
    if address.startswith("unix:"):
        path = address.removeprefix("unix:")
        return f"unix:{Path(path.removeprefix('//')).absolute()}" if path else _refuse(address)
    if address.startswith("/"):
        return f"unix:{address}"
    host, colon, port = address.rpartition(":")
    if not colon or address.endswith("]"):
        return f"{address}:{DEFAULT_PORT}"
    if not host or "/" in host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        return _refuse(address)
    return address


def _refuse(address: str) -> str:
    raise InvalidArgument(
        f"{address!r} is not an address",
        reason="ADDRESS_INVALID",
        subject=address,
        hint="Write host:port or unix:/path",
    )
