"""Looks what is mounted where the volume should be: whether it is the cluster's, and who we are to the servers behind it.

An absent mount is an empty directory on the root disk, in which everything would work. So the cluster's volume has an
identity, at its root and in the store; with any other, or none, nothing is done with it (VOLUME_DIFFERS). And before this
node takes a stage, the cluster knows through which client of the file system it writes, so that it can be shut out (ADR 23).

It never needs to know what a file system is, nor who is kept out by what it finds.
"""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from winslow.domain.node import Attachment
from winslow.domain.records import VOLUME_REF, Commit, Expect, Put, VolumeIdentity, attachment_ref
from winslow.domain.stage import NodeId
from winslow.errors import Conflict, Unavailable, WinslowError
from winslow.ports import Standing, Store, Volume
from winslowd.usecases.volume import KnownVolume, Refusal

log = structlog.get_logger(__name__)

LOOK_EVERY = 2.0
"""Seconds between two looks: so long a stage may begin on a volume from which we were shut out."""
FIRST_LOOK = 2.0
"""Seconds that a daemon's start waits for the first one."""
ABSENT = (
    "It looks like the mount is absent: mount the cluster's volume there. If this is the right one, docs/ceph.md says how it"
    " is told"
)
FENCED = "this node was shut out of the file system (fenced) while it was silent: mount it anew, and it is let in again"
UNFENCEABLE = (
    "nobody could shut it out of the file system if it fell silent: the address of its CephFS client is not known. Let"
    " ceph.client_sockets name the admin sockets of ceph-fuse"
)


class Surveyor:
    """Runs until cancelled. `must_be_known`: a node whose client nobody knows takes no stage, since it could not be fenced."""

    def __init__(
        self,
        node: NodeId,
        cluster: str,
        store: Store,
        volume: Volume,
        known: KnownVolume,
        changed: asyncio.Event,
        *,
        must_be_known: bool = False,
    ) -> None:
        self._node = node
        self._cluster = cluster
        self._store = store
        self._volume = volume
        self._known = known
        self._changed = changed
        self._must_be_known = must_be_known
        self._seen = self._found
        """At the end of the last look."""

    async def first_look(self) -> None:
        """A look that nobody waits for long: where the file system hangs, the daemon serves without it, and `run` looks again."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_LOOK):
                await self.look()

    async def run(self) -> None:
        while True:
            worker = self._volume.worker
            await self.look()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._volume.another(worker)  # until it was looked through, nothing is let in

    async def look(self) -> None:
        """Find out, and write it down. What cannot be found out now is why the storage is not well."""
        worker, before = self._volume.worker, self._found
        try:
            standing = await self._volume.standing()
            refusal = await self._verdict(standing)
            fault = await self._fault(standing) if refusal is None else ""
            # Nothing is let in through a client that the cluster does not know: it is shut out of what it gives up.
            self._known.judged(worker, refusal)
            self._known.fault = fault
        except WinslowError as error:
            # Shut out, it stays so until something else is mounted; meanwhile the worker fails in other ways too.
            fenced = error.reason == "STORAGE_FENCED" or self._known.fault == FENCED
            self._known.fault = FENCED if fenced else str(error)
        # What changed between two looks is told too: the size is found by another.
        if not before == self._seen == self._found:
            self._seen = self._found
            self._changed.set()
            self._tell()

    @property
    def _found(self) -> tuple[object, ...]:
        return self._known.fault, self._known.client, self._known.refusal, self._known.sized

    def _tell(self) -> None:
        refusal = self._known.refusal
        if refusal is not None or self._known.fault:
            log.error("the storage is not well", why=str(refusal) if refusal else self._known.fault)
        else:
            log.info("the volume is the cluster's", client=self._known.client or None)

    # ---- which volume it is

    async def _verdict(self, standing: Standing) -> Refusal | None:
        """None where it is the cluster's. A cluster that has none yet takes this one, if no other cluster has."""
        meant = self._store.view.volume()
        if meant is None:
            return await self._claimed(standing)
        if standing.identity == meant.id:
            return None
        found = f"has the identity {standing.identity}" if standing.identity else "has no identity"
        return Refusal(
            "VOLUME_DIFFERS", f"What lies at the volume's path {found}; the cluster's has {meant.id}", ABSENT
        )

    async def _claimed(self, standing: Standing) -> Refusal | None:
        ours = f"{self._cluster}/"
        identity = standing.identity or await self._volume.mark(self._cluster)
        if not identity.startswith(ours):
            text = f"What lies at the volume's path belongs to the cluster {identity.partition('/')[0]}"
            return Refusal("VOLUME_DIFFERS", text, "Give each cluster a volume, or a directory, of its own")
        try:
            put = Put(VOLUME_REF, VolumeIdentity(identity))
            await self._store.commit(Commit(puts=(put,), expects=(Expect(VOLUME_REF, 0),)))
        except Conflict:
            meant = self._store.view.volume()
            if meant is not None and meant.id != identity and not standing.identity:
                await self._volume.unmark(identity)  # ours, of a moment ago, and wrong
            raise _looked_at_again() from None
        log.info("the cluster has its volume", identity=identity)
        return None

    # ---- who we are there

    async def _fault(self, standing: Standing) -> str:
        """Why nothing should begin here though it is the right volume."""
        if standing.on_ceph and not standing.client:
            return UNFENCEABLE if self._must_be_known else ""
        await self._attach(standing.client)
        self._known.client = standing.client
        return ""

    async def _attach(self, client: str) -> None:
        """Let the cluster know it. Earlier clients are kept as long as stages are here that may hold them open."""
        ref, held = attachment_ref(self._node), self._store.view.attachment(self._node)
        earlier = held.clients if held else ()
        kept = tuple(one for one in earlier if one != client) if self._store.view.live_on(self._node) else ()
        clients = (*kept, client) if client else kept
        if clients == earlier:
            return
        expects = (Expect(ref, self._store.view.revision_of(ref)),)
        if clients:
            await self._store.commit(Commit(puts=(Put(ref, Attachment(self._node, clients)),), expects=expects))
        else:
            await self._store.commit(Commit(deletes=(ref,), expects=expects))


def _looked_at_again() -> Unavailable:
    return Unavailable(
        "Another node has just said which volume is the cluster's",
        reason="STORAGE_DEGRADED",
        subject="volume",
        hint="It is looked at again at once",
    )
