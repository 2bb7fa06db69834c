"""The cluster's secret in a real etcd: one, whoever comes first, and in nobody's view."""

from __future__ import annotations

import asyncio

from tests.etcd import Member
from winslow.domain.records import Kind
from winslow.wire import records
from winslowd.etcd.client import Client
from winslowd.etcd.keys import Keys
from winslowd.etcd.secret import cluster_secret
from winslowd.etcd.session import Sessions
from winslowd.etcd.store import EtcdStore


async def test_daemons_that_start_together_have_one_secret_and_so_has_one_that_comes_later(
    etcd: Member, cluster: str
) -> None:
    async with Client.open([etcd.endpoint], warn_of_old=False) as client:
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(cluster_secret(client, cluster)) for _ in range(5)]
        secrets = {task.result() for task in asked}
        assert len(secrets) == 1
        assert await cluster_secret(client, cluster) in secrets
        assert all(len(secret) >= 43 for secret in secrets), "256 bits"


async def test_clusters_over_one_etcd_have_each_their_own(etcd: Member, cluster: str) -> None:
    async with Client.open([etcd.endpoint], warn_of_old=False) as client:
        assert await cluster_secret(client, cluster) != await cluster_secret(client, f"{cluster}-2")


async def test_it_is_no_record(etcd: Member, cluster: str) -> None:
    """Whatever shows records or their changes, and be it to an administrator, never comes across it."""
    async with (
        Client.open([etcd.endpoint], warn_of_old=False) as client,
        Sessions.open(client.channels, 10) as sessions,
    ):
        secret = await cluster_secret(client, cluster)
        async with EtcdStore.open(client, cluster, records, sessions) as store:
            assert Keys(cluster).ref(Keys(cluster).secret) is None
            assert store.view.revision > 0
            assert not any(secret in repr(store.view.all(kind)) for kind in Kind)
