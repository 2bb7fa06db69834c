"""What the answers of Ceph's monitors mean to people who run stages."""

from __future__ import annotations

from typing import Any

import pytest

from winslow.domain.node import Silence
from winslow.domain.stage import NodeId
from winslow.ports import ServersShown, Storage
from winslowd.ceph.health import MOST, shown
from winslowd.usecases.parts import Health, Part, parts

DF = {"stats": {"total_bytes": 1000, "total_avail_bytes": 400}}
ACTIVE = {"by_rank": [{"name": "a", "status": "up:active"}]}


def check(text: str, *, muted: bool = False) -> dict[str, Any]:
    return {"summary": {"message": text}, "muted": muted}


def status(fsmap: dict[str, Any] | None = None, **checks: dict[str, Any]) -> dict[str, Any]:
    return {"health": {"status": "HEALTH_WARN" if checks else "HEALTH_OK", "checks": checks}, "fsmap": fsmap or ACTIVE}


def test_a_healthy_cluster_has_nothing_to_say_but_its_room() -> None:
    assert shown(status(), DF) == ServersShown(size=1000, free=400)


def test_what_a_stage_may_meet_is_told_in_cephs_words() -> None:
    degraded = check("Degraded data redundancy: 4/40 objects degraded")
    told = shown(status(OSD_NEARFULL=check("1 nearfull osd(s)"), PG_DEGRADED=degraded), DF)
    assert told.warnings == (
        "Ceph says 1 nearfull osd(s) (OSD_NEARFULL)",
        "Ceph says Degraded data redundancy: 4/40 objects degraded (PG_DEGRADED)",
    )
    assert not told.full


def test_what_is_muted_or_says_nothing_of_stages_is_not_told() -> None:
    told = shown(status(MON_DISK_LOW=check("mon a is low"), OSD_NEARFULL=check("x", muted=True)), DF)
    assert told.warnings == ()


@pytest.mark.parametrize("name", ["OSD_FULL", "POOL_FULL"])
def test_a_full_cluster_takes_nothing(name: str) -> None:
    assert shown(status(**{name: check("1 full")}), DF).full == f"Ceph is full: 1 full ({name})"


def test_a_failover_that_is_under_way_is_told_though_ceph_does_not_yet() -> None:
    assert shown(status({"by_rank": [{"name": "b", "status": "up:replay"}]}), DF).warnings == (
        "metadata servers are not ready yet: b",
    )
    assert shown(status({"by_rank": []}), DF).warnings == ("no metadata server is up",)


def test_of_many_warnings_the_first_are_told_and_where_the_rest_is() -> None:
    told = shown(status(**{f"CHECK_{number}": check(f"c{number}") for number in range(MOST + 2)}), DF)
    assert len(told.warnings) == MOST + 1 and told.warnings[-1] == "and 2 more, in: ceph health detail"


def part(storage: Storage, *silences: Silence) -> dict[str, Part]:
    return {one.name: one for one in parts(True, (), storage, silences)}


def test_the_storage_is_degraded_while_it_warns_and_down_when_nothing_can_be_written() -> None:
    assert part(Storage())["storage"] == Part("storage", Health.OK)
    assert part(Storage(warnings=("a", "b")))["storage"] == Part("storage", Health.DEGRADED, "a; b")
    assert part(Storage(full="no room", warnings=("a",)))["storage"] == Part("storage", Health.DOWN, "no room")
    assert part(Storage(fault="gone", full="no room"))["storage"] == Part("storage", Health.DOWN, "gone")


def test_a_node_that_cannot_be_shut_out_is_a_part_of_its_own() -> None:
    assert "fencing" not in part(Storage(), Silence(NodeId("n"), 1.0))
    told = part(Storage(), Silence(NodeId("n"), 1.0, fault="they do not answer"))["fencing"]
    assert told.health is Health.DEGRADED and "n: they do not answer" in told.text
