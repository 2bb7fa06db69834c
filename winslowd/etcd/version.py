"""Which versions of etcd's server to warn of: those whose faults in watches or whose holes are known."""

from __future__ import annotations

import asyncio

import grpc
import structlog

from winslow.errors import WinslowError
from winslowd.etcd.channels import STATUS, Channels, Endpoint
from winslowd.etcd.wire import etcd_pb2 as pb

log = structlog.get_logger(__name__)

FIXED_IN = {(3, 4): 44, (3, 5): 30, (3, 6): 11}
"""The first patch of each line in which the known faults are fixed."""
RETRY = 30.0
"""Seconds after which a member that did not answer is asked again."""


def outdated(version: str) -> bool:
    """Whether `version`, such as "3.4.23" or "3.6.0-rc.1", has known faults. False when it cannot be read."""
    try:
        major, minor, patch = (int(part) for part in version.partition("-")[0].split("."))
    except ValueError:
        return False
    line = (major, minor)
    return line < min(FIXED_IN) or patch < FIXED_IN.get(line, 0)


async def warn_of_old_members(channels: Channels) -> None:
    """Ask every member once for its version, as soon as it answers, and warn of those that are too old."""
    async with asyncio.TaskGroup() as group:
        for endpoint in channels.endpoints:
            group.create_task(_warn_of(channels, endpoint), name=f"etcd-version-{endpoint.address}")


async def _warn_of(channels: Channels, endpoint: Endpoint) -> None:
    while (version := await _version(channels, endpoint)) is None:
        await asyncio.sleep(RETRY)
    if outdated(version):
        log.warning(
            "this etcd member has known faults in watches, leases and security: upgrade it",
            endpoint=endpoint.address,
            version=version,
            fixed_in=", ".join(f"{major}.{minor}.{patch}" for (major, minor), patch in FIXED_IN.items()),
        )


async def _version(channels: Channels, endpoint: Endpoint) -> str | None:
    try:
        await endpoint.channel.channel_ready()
        metadata = await channels.metadata()
        status = await endpoint.unary(STATUS)(pb.StatusRequest(), metadata=metadata, timeout=channels.timeout)
        return str(status.version)
    except (grpc.aio.AioRpcError, WinslowError):
        return None
