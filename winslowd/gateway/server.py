"""The HTTP server: an application at the addresses it is given. It never needs to know what is served."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import stat
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from winslow.errors import FailedPrecondition
from winslowd.gateway.protocol import Patience, Protocol

GRACE = 1
"""Seconds that requests under way have when the server stops; uploads and downloads are taken up elsewhere."""
BACKLOG = 512
WINDOW = 2 << 20
"""Bytes that may be under way to us: what a client has sent and we have not seen is sent again after a cut."""
SOCKET_MODE = 0o600
"""Until there is identity, who may open the socket may do anything: its owner only."""


class _Embedded(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the daemon's."""
        yield


@contextlib.asynccontextmanager
async def listening(
    application: ASGIApp,
    addresses: Sequence[str],
    patience: Patience = Patience(),  # noqa: B008 - a frozen value
) -> AsyncIterator[tuple[str, ...]]:
    """Serve at `addresses`, `host:port` or `unix:/path`, while the scope lasts; yields them with the ports that port 0 became.

    Without addresses nothing is served. Raises FailedPrecondition (ADDRESS_UNUSABLE).
    """
    if not addresses:
        yield ()
        return
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(_bound(address)) for address in addresses]
        bound = tuple([_told(address, one) for address, one in zip(addresses, sockets, strict=True)])
        server = _Embedded(_config(application, patience))
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve(sockets), name="gateway")
            try:
                yield bound
            finally:
                server.should_exit = True


def _config(application: ASGIApp, patience: Patience) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http=cast(
            type[asyncio.Protocol], partial(Protocol, patience=patience)
        ),  # all that is done with it is calling it
        loop="none",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="critical",  # what goes wrong is logged by our guard
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )


def _bound(address: str) -> socket.socket:
    """A socket that listens already, so that who connects from now on is served."""
    try:
        return _unix(Path(address.removeprefix("unix:"))) if address.startswith("unix:") else _tcp(address)
    except (OSError, OverflowError) as error:  # the latter for a port that is none
        raise FailedPrecondition(
            f"Nothing can be served at {address}: {error}",
            reason="ADDRESS_UNUSABLE",
            subject=address,
            hint="Another daemon may use it: stop that one, or listen elsewhere",
        ) from None


def _tcp(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    return _listening(_bound_window(socket.socket(family)), (host.strip("[]"), int(port)))


def _bound_window(one: socket.socket) -> socket.socket:
    with contextlib.suppress(OSError):  # every connection has it from its listener, from the first byte on
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_WINDOW_CLAMP, WINDOW)
    return one


def _unix(path: Path) -> socket.socket:
    if _abandoned(path):
        path.unlink()
    return _listening(socket.socket(socket.AF_UNIX), str(path))


def _listening(one: socket.socket, at: tuple[str, int] | str) -> socket.socket:
    try:
        if not isinstance(at, str):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(at)
        if isinstance(at, str):
            Path(at).chmod(SOCKET_MODE)  # nobody can connect before it listens
        one.listen(BACKLOG)
    except (OSError, OverflowError):
        one.close()
        raise
    return one


def _abandoned(path: Path) -> bool:
    """Whether a daemon that was killed left its socket there."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            return False
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(path))
    except ConnectionRefusedError:
        return True
    except FileNotFoundError:
        return False
    return False


def _told(address: str, one: socket.socket) -> str:
    host, _, port = address.rpartition(":")
    return f"{host}:{one.getsockname()[1]}" if port == "0" else address
