"""What a person is told of the parts that the cluster stands on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from winslow.ports import Storage, StoreMember
from winslowd.usecases.parts import Health, Part, parts

GIB = 1 << 30
FIRST = StoreMember("m1:1", version="3.6.11", leads=True, led=True, size=GIB // 4, used=GIB // 8, quota=2 * GIB)
OTHERS = tuple(replace(FIRST, address=address, leads=False) for address in ("m2:1", "m3:1"))
ALL = (FIRST, *OTHERS)


def told(members: tuple[StoreMember, ...], *, connected: bool = True) -> dict[str, Part]:
    return {part.name: part for part in parts(connected, members, Storage())}


def test_a_cluster_that_is_well_says_how_each_member_is() -> None:
    shown = told(ALL)
    assert list(shown) == ["etcd", "etcd m1:1", "etcd m2:1", "etcd m3:1", "storage"]
    assert {part.health for part in shown.values()} == {Health.OK}
    assert shown["etcd m1:1"].text == "leads, 3.6.11, 256 MiB of 2 GiB taken, 128 MiB in use"


def test_a_member_that_is_away_is_named_and_etcd_is_well() -> None:
    shown = told((FIRST, OTHERS[0], StoreMember("m3:1", fault="connection refused")))
    assert shown["etcd"].health is Health.OK
    assert shown["etcd m3:1"].health is Health.DOWN
    assert "connection refused" in shown["etcd m3:1"].text


@pytest.mark.parametrize("connected", [True, False])
def test_without_a_quorum_the_members_to_start_are_what_is_told(connected: bool) -> None:
    alone = replace(OTHERS[0], led=False)
    shown = told((StoreMember("m1:1", fault="gone"), alone, StoreMember("m3:1", fault="gone")), connected=connected)
    assert shown["etcd"].health is Health.DOWN
    assert "No quorum" in shown["etcd"].text


def test_a_node_that_reaches_no_member_says_that_it_has_no_connection() -> None:
    shown = told(tuple(StoreMember(member.address, fault="gone") for member in ALL), connected=False)
    assert "No connection" in shown["etcd"].text


def test_a_full_etcd_is_degraded_and_says_what_goes_on() -> None:
    shown = told(tuple(replace(member, full=True) for member in ALL))
    assert shown["etcd"].health is Health.DEGRADED
    assert "NOSPACE" in shown["etcd"].text
    assert "--quota-backend-bytes" in shown["etcd"].text


def test_a_member_is_looked_at_before_it_is_full() -> None:
    shown = told((replace(FIRST, size=int(1.7 * GIB)), *OTHERS))
    assert shown["etcd m1:1"].health is Health.DEGRADED
    assert shown["etcd"].health is Health.OK


def test_a_member_whose_data_differ_is_to_be_replaced() -> None:
    shown = told((FIRST, OTHERS[0], replace(OTHERS[1], corrupt=True)))
    assert shown["etcd m3:1"].health is Health.DOWN
    assert "CORRUPT" in shown["etcd m3:1"].text


def test_a_volume_that_is_not_well_is_down() -> None:
    assert parts(True, ALL, Storage("no answer"))[-1] == Part("storage", Health.DOWN, "no answer")
