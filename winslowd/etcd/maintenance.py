"""The care of etcd's members: how each is, and the few things that must be done to them now and then.

When which of it is due is for the caretaker (`winslowd.engines.caretaker`).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from winslow.errors import InvalidArgument, OutOfRange, WinslowError
from winslow.ports import StoreMember
from winslowd.etcd.channels import ALARM, DEFRAGMENT, STATUS, Endpoint
from winslowd.etcd.client import Client
from winslowd.etcd.wire import etcd_pb2 as pb

DEFRAGMENT_WITHIN = 600.0
"""Seconds; etcd rewrites its file at some 100 MB a second on a slow disk, and has 8 GB at most."""
ALARM_WITHIN = 5.0


class EtcdUpkeep:
    """Implements `winslow.ports.Upkeep`. `quota` in bytes is for members before 3.6, which do not tell theirs."""

    def __init__(self, client: Client, quota: int) -> None:
        self._client = client
        self._channels = client.channels
        self._quota = quota

    async def members(self, within: float) -> tuple[StoreMember, ...]:
        return tuple(await asyncio.gather(*(self._member(each, within) for each in self._channels.endpoints)))

    async def _member(self, endpoint: Endpoint, within: float) -> StoreMember:
        try:
            status = await self._channels.ask(endpoint, STATUS, pb.StatusRequest(), within)
        except WinslowError as error:
            return StoreMember(endpoint.address, fault=str(error.message))
        return _member(endpoint.address, status, self._quota)

    async def compact(self, revision: int) -> None:
        with suppress(OutOfRange):
            await self._client.kv.compact(revision)

    async def defragment(self, address: str) -> None:
        endpoint = self._at(address)
        self._channels.leave(endpoint)  # our other calls need not wait for it
        await self._channels.ask(endpoint, DEFRAGMENT, pb.DefragmentRequest(), DEFRAGMENT_WITHIN)

    def _at(self, address: str) -> Endpoint:
        for endpoint in self._channels.endpoints:
            if endpoint.address == address:
                return endpoint
        raise InvalidArgument(f"No member of etcd is at {address}", reason="MEMBER_UNKNOWN", subject=address)

    async def disarm(self) -> None:
        alarms = (await self._channels.call(ALARM, pb.AlarmRequest(), ALARM_WITHIN)).alarms
        for alarm in alarms:
            if alarm.alarm == pb.NOSPACE:
                await self._channels.call(
                    ALARM,
                    pb.AlarmRequest(action=pb.AlarmRequest.DEACTIVATE, memberID=alarm.memberID, alarm=pb.NOSPACE),
                    ALARM_WITHIN,
                )


def _member(address: str, status: pb.StatusResponse, quota: int) -> StoreMember:
    """Alarms come as text, `memberID:123 alarm:NOSPACE`, and every member tells those of all."""
    said = " ".join(status.errors)
    return StoreMember(
        address=address,
        version=status.version,
        leads=status.leader != 0 and status.leader == status.header.member_id,
        led=status.leader != 0,
        revision=status.header.revision,
        size=status.dbSize,
        used=status.dbSizeInUse,
        quota=status.dbSizeQuota or quota,
        full="NOSPACE" in said,
        corrupt="CORRUPT" in said,
    )
