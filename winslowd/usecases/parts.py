"""How the parts are that the cluster stands on, and what to do about those that are not well.

A pure look at what was seen of them; who looked, and how, is known elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from winslow.domain.node import Silence
from winslow.domain.quantity import about_size
from winslow.ports import Storage, StoreMember

CROWDED = 0.8
"""The part of its quota above which somebody should look at an etcd member: there is still time then."""
ETCD_DOWN = "No connection: what is shown may be old and nothing can be changed. Look at etcd's members and the network"
NO_QUORUM = (
    "No quorum: nothing can be changed, stages go on and their ends are kept. Start the members that do not answer"
)
FULL = (
    "Full (NOSPACE): nothing can be changed, stages go on and their ends are kept. It is compacted and defragmented by"
    " itself; if this lasts, raise its --quota-backend-bytes, then: etcdctl alarm disarm"
)
CORRUPT = "Its data differ from the others' (CORRUPT): remove this member, wipe its data and add it anew"
NOT_FENCED = "Silent nodes may still write, so their stages are waited for:"
NO_LEADER = "It has no leader: it reaches too few other members. Start those, or look at the network between them"


class Health(Enum):
    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Part:
    """`text` says what is wrong and what to do; of a part that is well, how it is."""

    name: str
    health: Health
    text: str = ""


def parts(
    connected: bool, members: Sequence[StoreMember], storage: Storage, silences: Iterable[Silence] = ()
) -> tuple[Part, ...]:
    """etcd as a whole, each of its members, the volume, and what keeps silent nodes from being shut out of it."""
    unfenced = [f"{one.node}: {one.fault}" for one in silences if one.fault]
    return (
        _etcd(connected, members),
        *(_member(member) for member in members),
        _storage(storage),
        *([Part("fencing", Health.DEGRADED, f"{NOT_FENCED} {'; '.join(unfenced)}")] if unfenced else []),
    )


def _storage(storage: Storage) -> Part:
    """Down where nothing can be written; degraded where somebody should look before that."""
    if storage.fault or storage.full:
        return Part("storage", Health.DOWN, storage.fault or storage.full)
    if storage.warnings:
        return Part("storage", Health.DEGRADED, "; ".join(storage.warnings))
    return Part("storage", Health.OK)


def _etcd(connected: bool, members: Sequence[StoreMember]) -> Part:
    if members and not any(member.led for member in members) and not all(member.fault for member in members):
        return Part("etcd", Health.DOWN, NO_QUORUM)
    if not connected:
        return Part("etcd", Health.DOWN, ETCD_DOWN)
    if any(member.full for member in members):
        return Part("etcd", Health.DEGRADED, FULL)
    return Part("etcd", Health.OK)


def _member(member: StoreMember) -> Part:
    name = f"etcd {member.address}"
    if member.fault:
        return Part(name, Health.DOWN, f"It does not answer: start it, or look at the network ({member.fault})")
    if member.corrupt:
        return Part(name, Health.DOWN, CORRUPT)
    if not member.led:
        return Part(name, Health.DOWN, NO_LEADER)
    if member.size > CROWDED * member.quota:
        return Part(name, Health.DEGRADED, f"{_room(member)}: delete what is no longer needed, or raise the quota")
    return Part(name, Health.OK, f"{'leads, ' if member.leads else ''}{member.version}, {_room(member)}")


def _room(member: StoreMember) -> str:
    return f"{about_size(member.size)} of {about_size(member.quota)} taken, {about_size(member.used)} in use"
