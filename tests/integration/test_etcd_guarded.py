"""An etcd behind TLS, client certificates, and logins whose tokens expire every few seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cable import cable
from tests.certificates import Authority
from tests.contract.daemons import EtcdWorld
from tests.etcd import Member
from tests.guarded import PASSWORD, TOKEN_LIVES, USER, GuardedEtcd, guarded_etcd
from winslow.domain.records import Commit, Done, Expect, Kind, Put, Ref
from winslow.errors import PermissionDenied, Unauthenticated, Unavailable
from winslowd.etcd.channels import Login, Tls
from winslowd.etcd.client import Client
from winslowd.etcd.maintenance import EtcdUpkeep

A = Ref(Kind.REQUEST, "a")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedEtcd]:
    with guarded_etcd(tmp_path_factory.mktemp("guarded")) as etcd:
        yield etcd


def tls_of(guarded: GuardedEtcd) -> Tls:
    own = guarded.own
    return Tls(guarded.authority.certificate.read_bytes(), own.certificate.read_bytes(), own.key.read_bytes())


def world_of(guarded: GuardedEtcd, cluster: str, *members: Member) -> EtcdWorld:
    return EtcdWorld(cluster, *(members or (guarded.member,)), ttl=5, tls=tls_of(guarded), login=Login(USER, PASSWORD))


def put(value: str, *expects: Expect) -> Commit:
    return Commit(puts=(Put(A, Done(value, "")),), expects=expects)


async def test_everything_goes_on_while_tokens_expire_one_after_another(guarded: GuardedEtcd, cluster: str) -> None:
    world = world_of(guarded, cluster)
    async with world.daemon("a") as one, world.daemon("b") as other, asyncio.timeout(60):
        session = await one.sessions.current()
        async with one.membership.lead() as term:
            until = asyncio.get_running_loop().time() + 3 * TOKEN_LIVES
            count = 0
            while asyncio.get_running_loop().time() < until:
                count += 1
                expect = Expect(A, one.store.view.revision_of(A))
                revision = await one.store.commit(Commit(put(str(count)).puts, expects=(expect,), fence=term.fence))
                while other.store.view.revision_of(A) < revision:
                    await other.store.changed(other.store.view.revision)
                await asyncio.sleep(0.2)
        assert one.sessions.live is session  # a lease that outlives its daemon's tokens
        async with other.membership.lead():
            pass


async def test_a_watch_that_broke_goes_on_though_its_token_has_expired(guarded: GuardedEtcd, cluster: str) -> None:
    world = world_of(guarded, cluster)
    async with (
        cable(guarded.member.endpoint) as wire,
        world.daemon("a", wire.endpoint) as one,
        world.daemon("b") as other,
        asyncio.timeout(60),
    ):
        await one.store.commit(put("1"))
        await wire.cut()
        await asyncio.sleep(TOKEN_LIVES + 1)
        revision = await other.store.commit(put("2"))
        await wire.mend()
        while one.store.view.revision_of(A) < revision:
            await one.store.changed(one.store.view.revision)


async def test_who_may_only_touch_winslows_keys_sees_how_the_members_are_and_is_told_what_else_it_may_not(
    guarded: GuardedEtcd, cluster: str
) -> None:
    async with world_of(guarded, cluster).daemon() as daemon:
        care = EtcdUpkeep(daemon.client, 2 << 30)
        await asyncio.sleep(TOKEN_LIVES + 1)  # with a token that has expired
        (member,) = await care.members(2)
        assert member.well, member.fault
        last = await daemon.store.commit(put("1"))
        await care.compact(last)
        with pytest.raises(PermissionDenied) as refused:
            await care.defragment(guarded.member.endpoint)
        assert "root" in refused.value.hint
        with pytest.raises(PermissionDenied):
            await daemon.client.kv.get(b"/somebody-elses")


async def test_without_a_certificate_or_with_another_authoritys_nobody_gets_in(
    guarded: GuardedEtcd, tmp_path: Path
) -> None:
    authority = guarded.authority.certificate.read_bytes()
    stranger = Authority(tmp_path / "stranger").signed("node", "clientAuth")
    for tls in (
        None,
        Tls(authority),
        Tls(authority, stranger.certificate.read_bytes(), stranger.key.read_bytes()),
    ):
        async with Client.open([guarded.member.endpoint], tls=tls, login=Login(USER, PASSWORD)) as client:
            client.channels.timeout = 1.0
            with pytest.raises(Unavailable):
                await client.kv.get(b"/winslow/x")


async def test_a_wrong_password_is_told_as_one(guarded: GuardedEtcd) -> None:
    async with Client.open([guarded.member.endpoint], tls=tls_of(guarded), login=Login(USER, "wrong")) as client:
        with pytest.raises(Unauthenticated):
            await client.kv.get(b"/winslow/x")
