"""Sessions and terms over a real etcd that freezes, forgets leases and is kept behind logins and certificates."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from tests.cable import cable
from tests.contract.daemons import EtcdWorld
from tests.etcd import Member, running
from winslow.domain.node import Node
from winslow.domain.records import Commit, Done, Kind, Put, Ref
from winslow.domain.resources import Capacity
from winslow.domain.stage import NodeId
from winslow.errors import PermissionDenied, Unauthenticated, Unavailable
from winslowd.etcd.channels import GRANT, REVOKE, TIME_TO_LIVE, Login, Tls
from winslowd.etcd.client import Client
from winslowd.etcd.session import Sessions
from winslowd.etcd.wire import etcd_pb2 as pb

NODE = Node(NodeId("n1"), "127.0.0.1:1", Capacity(2, 1 << 30))
A = Ref(Kind.REQUEST, "a")


def put(value: str) -> Commit:
    return Commit(puts=(Put(A, Done(value, "")),))


async def test_a_leader_that_is_cut_off_knows_by_its_own_clock_that_its_term_is_over(
    etcd: Member, cluster: str
) -> None:
    world = EtcdWorld(cluster, etcd, ttl=3)
    loop = asyncio.get_running_loop()
    async with cable(etcd.endpoint) as wire, world.daemon("a", wire.endpoint) as one, world.daemon("b") as other:
        with pytest.raises(Unavailable) as raised:
            async with asyncio.timeout(30), one.membership.lead() as term:
                session = await one.sessions.current()
                granted = session.deadline
                while session.deadline == granted:  # renewed at least once
                    await asyncio.sleep(0.05)
                await wire.cut()
                cut = loop.time()
                await asyncio.Event().wait()
        assert raised.value.reason == "LEASE_LOST"
        assert loop.time() - cut < 5
        async with asyncio.timeout(30), other.membership.lead() as next_term:
            assert next_term.fence.revision > term.fence.revision
        await wire.mend()
        async with asyncio.timeout(30), one.membership.lead():
            pass


async def test_a_lease_revoked_by_an_operator_ends_the_term_and_brings_a_new_session(
    etcd: Member, cluster: str
) -> None:
    async with EtcdWorld(cluster, etcd, ttl=3).daemon() as daemon, asyncio.timeout(30):
        await daemon.membership.join(NODE)
        session = await daemon.sessions.current()
        with pytest.raises(Unavailable):
            async with daemon.membership.lead():
                await daemon.client.channels.call(REVOKE, pb.LeaseRevokeRequest(ID=session.lease))
                await asyncio.Event().wait()
        assert (await daemon.sessions.current()).lease != session.lease
        while daemon.store.view.nodes() != [NODE]:
            await daemon.store.changed(daemon.store.view.revision)


async def test_a_silent_leader_is_followed_before_its_session_is_over(etcd: Member, cluster: str) -> None:
    world = EtcdWorld(cluster, etcd, ttl=60)
    async with cable(etcd.endpoint) as wire, world.daemon("a", wire.endpoint) as one, world.daemon("b") as other:
        async with asyncio.timeout(50):
            await one.membership.join(NODE)
            with pytest.raises(Unavailable):
                async with one.membership.lead():
                    await wire.cut()
                    await asyncio.Event().wait()
            async with asyncio.timeout(4), other.membership.lead():
                assert other.store.view.nodes() == [NODE]  # the node itself is not given up so soon


async def test_a_leader_that_was_killed_is_followed_by_its_next_daemon_at_once(
    etcd: Member, cluster: str, tmp_path: Path
) -> None:
    memory = tmp_path / "session"
    async with Client.open([etcd.endpoint], warn_of_old=False) as client:
        async with Sessions.open(client.channels, 60, memory) as sessions, sessions.tenure() as tenure:
            assert f"{tenure.lease:x}" in memory.read_text(encoding="ascii").split()
        left = [(await client.channels.call(GRANT, pb.LeaseGrantRequest(TTL=60))).ID for _ in range(2)]
        memory.write_text(" ".join(f"{lease:x}" for lease in left), encoding="ascii")
        async with asyncio.timeout(20), Sessions.open(client.channels, 60, memory) as sessions:
            await sessions.current()
            for lease in left:
                alive = await client.channels.call(TIME_TO_LIVE, pb.LeaseTimeToLiveRequest(ID=lease))
                assert alive.TTL == -1


async def test_a_session_is_renewed_as_often_as_is_said(etcd: Member) -> None:
    """Three times within less than the third of its lease after which it would be renewed otherwise."""
    async with (
        Client.open([etcd.endpoint]) as client,
        Sessions.open(client.channels, 30, keepalive=0.2) as sessions,
        asyncio.timeout(8),
    ):
        session = await sessions.current()
        for _ in range(3):
            before = session.deadline
            while session.deadline == before:
                await asyncio.sleep(0.02)


async def test_a_session_outlives_a_short_outage(own_etcd: Member, cluster: str) -> None:
    async with EtcdWorld(cluster, own_etcd, ttl=15).daemon() as daemon, asyncio.timeout(60):
        session = await daemon.sessions.current()
        async with daemon.membership.lead() as term:
            renewed = session.deadline
            while session.deadline == renewed:  # as much of the lease as there can be is left for the outage
                await asyncio.sleep(0.02)
            own_etcd.kill()
            own_etcd.start()
            own_etcd.wait_until_healthy()
            # Longer than what is left of a lease that nobody renews.
            await asyncio.sleep(16)
            await daemon.store.commit(Commit(puts=(Put(A, Done("1", "")),), fence=term.fence))
        assert (await daemon.sessions.current()) is session


async def test_ending_a_daemon_gives_its_session_back(etcd: Member, cluster: str) -> None:
    world = EtcdWorld(cluster, etcd)
    async with world.daemon("b") as other:
        async with world.daemon("a") as one:
            await one.membership.join(NODE)
            lease = (await one.sessions.current()).lease
        left = await other.client.channels.call(TIME_TO_LIVE, pb.LeaseTimeToLiveRequest(ID=lease))
        assert left.TTL == -1
        async with asyncio.timeout(5):
            while other.store.view.nodes():
                await other.store.changed(other.store.view.revision)


def etcdctl(member: Member, *arguments: str) -> None:
    subprocess.run(["etcdctl", f"--endpoints={member.endpoint}", *arguments], check=True, capture_output=True)


async def test_a_login_is_renewed_when_its_token_is_gone(own_etcd: Member, cluster: str) -> None:
    etcdctl(own_etcd, "user", "add", "root:secret")
    etcdctl(own_etcd, "user", "grant-role", "root", "root")
    etcdctl(own_etcd, "auth", "enable")
    world = EtcdWorld(cluster, own_etcd, login=Login("root", "secret"))
    async with world.daemon("a") as one, world.daemon("b") as other, asyncio.timeout(60):
        await one.store.commit(put("1"))
        own_etcd.stop()  # simple tokens are forgotten by a restart
        own_etcd.start()
        own_etcd.wait_until_healthy()
        revision = await one.store.commit(put("2"))
        while other.store.view.revision_of(A) < revision:
            await other.store.changed(other.store.view.revision)
        async with other.membership.lead():
            pass


async def test_a_refused_login_and_a_missing_permission_are_told_apart(own_etcd: Member, cluster: str) -> None:
    etcdctl(own_etcd, "user", "add", "root:secret")
    etcdctl(own_etcd, "user", "grant-role", "root", "root")
    etcdctl(own_etcd, "user", "add", "guest:guest")
    etcdctl(own_etcd, "auth", "enable")
    async with Client.open([own_etcd.endpoint], login=Login("root", "wrong")) as client:
        with pytest.raises(Unauthenticated):
            await client.kv.get(b"/winslow/x")
    async with Client.open([own_etcd.endpoint], login=Login("guest", "guest")) as client:
        with pytest.raises(PermissionDenied):
            await client.kv.get(b"/winslow/x")
        with pytest.raises(PermissionDenied):
            async with asyncio.timeout(20):
                await client.watch.follow(b"/winslow/x", b"", 1, lambda _: False)


async def test_an_etcd_behind_tls_is_reached_with_our_own_certificate(tmp_path: Path, cluster: str) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=etcd", "-addext", "subjectAltName=IP:127.0.0.1"]
    usage = ["-addext", "extendedKeyUsage=serverAuth,clientAuth"]
    files = ["-out", str(certificate), "-keyout", str(key)]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject, *usage, *files]
    subprocess.run(command, check=True, capture_output=True)
    pair = Tls(certificate.read_bytes(), certificate.read_bytes(), key.read_bytes())
    flags = [
        f"--cert-file={certificate}",
        f"--key-file={key}",
        "--client-cert-auth",
        f"--trusted-ca-file={certificate}",
    ]
    with running(tmp_path / "etcd", 1, *flags) as (member,):
        async with EtcdWorld(cluster, member, tls=pair).daemon() as daemon, asyncio.timeout(30):
            await daemon.store.commit(put("1"))
            async with daemon.membership.lead():
                await daemon.store.commit(put("2"))
