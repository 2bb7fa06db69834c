"""An etcd, connected: the pieces that everything else in this package is built on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from winslowd.etcd.channels import Channels, Login, Tls
from winslowd.etcd.kv import Kv
from winslowd.etcd.scope import alongside
from winslowd.etcd.version import warn_of_old_members
from winslowd.etcd.watch import Watch


class Client:
    """Its channels, its keys and watches over them."""

    def __init__(self, channels: Channels) -> None:
        self.channels = channels
        self.kv = Kv(channels)
        self.watch = Watch(channels, self.kv)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, endpoints: Sequence[str], *, tls: Tls | None = None, login: Login | None = None, warn_of_old: bool = True
    ) -> AsyncIterator[Client]:
        """A client of the members at `endpoints` (`host:port` or URLs). Needs none of them to be up yet."""
        channels = Channels(endpoints, tls=tls, login=login)
        try:
            async with alongside("etcd-versions", *([warn_of_old_members(channels)] if warn_of_old else [])):
                yield cls(channels)
        finally:
            await channels.close()
