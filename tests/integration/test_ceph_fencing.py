"""A client of a real CephFS that is shut out as if its node were dead, the key that does it, and monitors that do not answer."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.ceph import Cluster, Mount
from tests.ceph_clients import FENCE, WATCH, client_of, keyring, monitors, sessions, until_gone, writing
from winslow.errors import FailedPrecondition, PermissionDenied, Unavailable
from winslowd.ceph.fencing import CephFencer
from winslowd.ceph.health import CephServers
from winslowd.ceph.monitors import MORE, Key, Monitors

pytestmark = pytest.mark.ceph
REFUSED = {"ESHUTDOWN", "EIO"}
"""What a client says that was shut out: the second for what it was about when it heard of it."""
AIM = 5.0
"""Seconds from the decision until others go on."""


@pytest.fixture
def mounts(ceph: Cluster) -> Iterator[list[Mount]]:
    """Three clients of one directory."""
    with ExitStack() as stack:
        first = stack.enter_context(ceph.mounted_new())
        directory = f"/{Path(first.daemon.ask('status')['metadata']['root']).name}"
        yield [first, *(stack.enter_context(ceph.mounted(directory)) for _ in range(2))]


def fencer(ceph: Cluster) -> CephFencer:
    return CephFencer(monitors(ceph, "client.fence", *FENCE))


async def test_a_frozen_client_is_shut_out_and_whoever_waited_for_its_file_goes_on(
    ceph: Cluster, mounts: list[Mount]
) -> None:
    dead, other, third = mounts
    with writing(dead.path / "held") as late, writing(other.path / "held") as heir, writing(third.path / "own") as own:
        assert late.write("old ") == "ok" and late.dirty("lost") == "ok"
        client, shuts_out = client_of(dead), fencer(ceph)
        dead.freeze()
        began = time.monotonic()
        await shuts_out.fence(client)
        assert heir.write("new!") == "ok"
        assert time.monotonic() - began < AIM
        until_gone(ceph, dead)
        assert {other.client, third.client} <= sessions(ceph), "nobody else was meant"
        dead.thaw()
        assert late.write("late") in REFUSED
        assert late.make(".new") == "ESHUTDOWN"
        assert heir.read() == "new!", "nothing that it held back came through"
        assert own.write("mine") == "ok"


async def test_one_that_is_shut_out_twice_is_shut_out_and_comes_in_again_by_mounting_anew(ceph: Cluster) -> None:
    with ceph.mounted() as mount, writing(mount.path / "anything") as writer:
        client = client_of(mount)
        await fencer(ceph).fence(client)
        await fencer(ceph).fence(client)
        assert writer.write("there") in REFUSED and writer.make(".new") == "ESHUTDOWN"
    with ceph.mounted() as again, writing(again.path / "anything") as writer:
        assert writer.write("here") == "ok"


async def test_the_key_that_shuts_out_can_do_nothing_else(ceph: Cluster) -> None:
    asked = monitors(ceph, "client.fence", *FENCE)
    for words in (
        {"prefix": "status"},
        {"prefix": "osd blocklist ls"},
        {"prefix": "osd blocklist", "blocklistop": "rm", "addr": "127.0.0.1:0/1"},
        {"prefix": "osd blocklist clear"},
        {"prefix": "auth ls"},
        {"prefix": "config-key ls"},
        {"prefix": "osd pool ls"},
        {"prefix": "fs ls"},
        {"prefix": "mds fail", "role_or_gid": "0"},
        {"prefix": "osd down", "ids": "0"},
    ):
        with pytest.raises(PermissionDenied) as refused:
            await asked.ask(words)
        assert refused.value.reason == "CEPH_FORBIDDEN"
    as_it = ["-c", str(ceph.configuration), "-n", "client.fence", f"--keyring={ceph.folder / 'client.fence.keyring'}"]
    # Without a right to see where objects are, the tool waits for ever.
    tool = ["timeout", "2", "rados", *as_it, "-p", "cephfs_data", "put", "mine", str(ceph.configuration)]
    assert subprocess.run(tool, capture_output=True, timeout=30, check=False).returncode != 0
    assert not ceph.rados("-p", "cephfs_data", "ls").count("mine")


async def test_the_key_that_watches_shuts_nobody_out(ceph: Cluster, mounts: list[Mount]) -> None:
    with pytest.raises(PermissionDenied) as refused:
        await CephFencer(monitors(ceph, "client.watch", *WATCH)).fence(client_of(mounts[0]))
    assert refused.value.reason == "CEPH_FORBIDDEN" and "docs/ceph.md" in refused.value.hint
    assert mounts[0].client in sessions(ceph)


@pytest.mark.parametrize("binding", [True, False], ids=["librados", "the tool"])
async def test_a_wrong_key_and_a_missing_one_are_told_apart(ceph: Cluster, binding: bool, tmp_path: Path) -> None:
    options: dict[str, Any] = {} if binding else {"binding": ""}
    good = keyring(ceph, "client.watch", *WATCH)
    wrong = tmp_path / "wrong"
    wrong.write_text("[client.watch]\n\tkey = AQBdummyAAAAABAAeaU3yaTG2tgSnXKQGPpUqQ==\n")
    with pytest.raises(PermissionDenied) as refused:
        await Monitors(ceph.configuration, Key("client.watch", wrong), **options).ask({"prefix": "status"})
    assert refused.value.reason == "CEPH_FORBIDDEN" and "client.watch" in refused.value.message
    with pytest.raises((FailedPrecondition, PermissionDenied)):
        missing = Monitors(ceph.configuration, Key("client.watch", tmp_path / "none"), **options)
        await missing.ask({"prefix": "status"})
    (answer,) = await Monitors(ceph.configuration, Key("client.watch", good), **options).ask({"prefix": "fsid"})
    assert "fsid" in answer


async def test_a_client_of_another_cluster_is_not_looked_for_here(ceph: Cluster) -> None:
    elsewhere = "00000000-0000-4000-8000-000000000000/4119/127.0.0.1:0/1"
    for binding in ({}, {"binding": ""}):
        # The tool must be let ask which cluster it is, so it is tried with a key that may.
        asked = monitors(ceph, "client.both", "mon", f"allow r, {FENCE[1]}", **binding)
        with pytest.raises(FailedPrecondition) as refused:
            await CephFencer(asked).fence(elsewhere)
        assert refused.value.reason == "CLIENT_ELSEWHERE"


@pytest.mark.parametrize("binding", [True, False], ids=["librados", "the tool"])
async def test_monitors_that_are_frozen_are_waited_for_until_the_deadline(ceph: Cluster, binding: bool) -> None:
    options: dict[str, Any] = {"within": 2.0} | ({} if binding else {"binding": ""})
    asked = monitors(ceph, "client.watch", *WATCH, **options)
    ceph.mon.freeze()
    try:
        began = time.monotonic()
        with pytest.raises(Unavailable) as late:
            await asked.ask({"prefix": "status"})
        assert time.monotonic() - began < 2.0 + MORE + 1.5
        assert late.value.reason == "CEPH_UNAVAILABLE"
        shown = await CephServers(asked).look()
        assert shown.fault and not shown.full
    finally:
        ceph.mon.thaw()
    assert not (await CephServers(monitors(ceph, "client.watch", *WATCH)).look()).fault


async def test_how_the_servers_are_is_told_with_their_room(ceph: Cluster) -> None:
    asked = CephServers(monitors(ceph, "client.watch", *WATCH))
    shown = await asked.look()
    assert not shown.fault and not shown.full
    assert 0 < shown.free <= shown.size
    ceph.ceph("osd", "set", "noout")
    try:
        told = (await asked.look()).warnings
        assert any("noout" in one and "OSDMAP_FLAGS" in one for one in told)
    finally:
        ceph.ceph("osd", "unset", "noout")
