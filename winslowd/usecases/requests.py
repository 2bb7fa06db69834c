"""One effect for one request: the frame in which every use case changes something.

A use case decides on the view and returns a commit and the name of what it made. The frame adds the memory of
the request ID to the same transaction, so that a request sent twice (by an impatient person, by a client that got
no answer) has one effect and one answer. Somebody else's change in between makes it decide again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from winslow.domain.principal import Principal
from winslow.domain.records import Commit, Done, Expect, Kind, Lifetime, Put, Ref
from winslow.domain.view import View
from winslow.errors import AlreadyExists, Ambiguous, Conflict, Unavailable
from winslow.ports import Store

ETCD_UNAVAILABLE = "ETCD_UNAVAILABLE"
TRIES = 8
BATCH = 40
"""Records changed in one transaction where there are many: etcd takes 128 operations in one by default."""

ANY, NEVER_SAVED = 0, -1
"""Revisions that a caller may have seen: whichever it is, and that there was none yet."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks, under which request ID ("" for none: then sent twice is done twice), and a fingerprint of what."""

    principal: Principal
    id: str = ""
    fingerprint: str = ""

    @property
    def ref(self) -> Ref:
        digest = hashlib.blake2b(f"{self.principal.name}\0{self.id}".encode(), digest_size=16)
        return Ref(Kind.REQUEST, digest.hexdigest())

    @property
    def mark(self) -> str:
        """What is put on files that were made for this request; "" where it has no ID."""
        return self.ref.key if self.id else ""


Decide = Callable[[View], tuple[Commit, str]]


async def once(store: Store, request: Request, decide: Decide) -> str:
    """Do what `decide` says, once for this request, and return its answer (a resource's name).

    Raises what `decide` raises, AlreadyExists (REQUEST_ID_REUSED) when the ID was used for something else, Conflict
    (REVISION_MISMATCH) when others kept changing the same records, Unavailable (ETCD_UNAVAILABLE) at once while this node
    is cut off, and what the store raises.
    """
    doubt: Ambiguous | None = None
    for attempt in range(TRIES):
        before = answered(store.view, request)
        if before is not None:
            return before
        if not store.connected:
            raise doubt or cut_off()
        seen = store.view.revision
        commit, answer = decide(store.view)
        if not (commit.puts or commit.deletes):
            return answer
        try:
            await store.commit(_remembering(commit, request, answer))
        except Ambiguous as error:
            doubt = error
            if not request.id:
                raise
        except Unavailable as error:
            raise doubt or (cut_off() if error.reason == ETCD_UNAVAILABLE else error) from None
        except Conflict as conflict:
            if conflict.reason != "REVISION_MISMATCH" or attempt == TRIES - 1:
                raise
            await look_again(store, seen)
        else:
            return answer
    raise doubt or Conflict(
        "Others kept changing it at the same time",
        reason="REVISION_MISMATCH",
        hint="Look at its present state and ask again",
    )


async def after(store: Store, request: Request, work: Callable[[], Awaitable[None]], answer: str) -> str:
    """Do `work`, which is not the store's, and remember that it was done for this request.

    Stopped between the two, a repetition does the work again: it must end the same, or say why it cannot.
    """
    before = answered(store.view, request)
    if before is not None:
        return before
    if not store.connected:
        raise cut_off()
    await work()
    if request.id:
        done = Put(request.ref, Done(request.fingerprint, answer), Lifetime.REQUEST)
        await store.commit(Commit(puts=(done,)))
    return answer


async def in_batches(
    store: Store, request: Request, items: Sequence[T], decide: Callable[[View, Sequence[T]], tuple[Commit, str]]
) -> str:
    """`once` for more records than one transaction takes: all that `decide` does to items must be safe to repeat.

    The request is remembered with the last batch, so that one that was cut is gone through again.
    """
    before = answered(store.view, request)
    if before is not None:
        return before
    batches = [items[start : start + BATCH] for start in range(0, len(items), BATCH)] or [()]
    for batch in batches[:-1]:
        await once(store, replace(request, id=""), lambda view, batch=batch: decide(view, batch))  # type: ignore[misc]
    return await once(store, request, lambda view: decide(view, batches[-1]))


def cut_off() -> Unavailable:
    """Nothing can be changed through this node now: it has no etcd."""
    return Unavailable(
        "This node is cut off from etcd, so nothing can be changed through it",
        reason=ETCD_UNAVAILABLE,
        hint="Stages go on, and what is known can be looked at. Ask again when etcd is back, or ask another node",
    )


def answered(view: View, request: Request) -> str | None:
    """The answer that this request got before, if it did. Raises AlreadyExists (REQUEST_ID_REUSED)."""
    found = view.get(request.ref) if request.id else None
    if found is None:
        return None
    assert isinstance(found.value, Done)
    if found.value.fingerprint != request.fingerprint:
        raise AlreadyExists(
            f"The request ID {request.id} was already used for another request",
            reason="REQUEST_ID_REUSED",
            hint="Use a new request ID for each new request, and the same one only to repeat it",
        )
    return found.value.answer


def _remembering(commit: Commit, request: Request, answer: str) -> Commit:
    if not request.id:
        return commit
    done = Put(request.ref, Done(request.fingerprint, answer), Lifetime.REQUEST)
    return replace(commit, puts=(*commit.puts, done), expects=(*commit.expects, Expect(request.ref, 0)))


async def look_again(store: Store, seen: int) -> None:
    """Wait for the change that we lost to; a moment is enough, and without one the next try says so."""
    try:
        async with asyncio.timeout(1.0):
            await store.changed(seen)
    except TimeoutError:
        return


def expect(view: View, ref: Ref, expected_revision: int) -> Expect:
    """The expectation for a change of `ref`, which the caller saw at this revision: `ANY`, or perhaps `NEVER_SAVED`.

    Raises Conflict (REVISION_MISMATCH) when it is at another.
    """
    revision = view.revision_of(ref)
    seen = 0 if expected_revision == NEVER_SAVED else expected_revision
    if expected_revision != ANY and seen != revision:
        saw = f"you saw revision {seen}" if seen else "you saw it before anybody had saved it"
        raise Conflict(
            f"{ref} was changed since you read it ({saw}, it is at {revision})",
            reason="REVISION_MISMATCH",
            subject=str(ref),
            hint="Read it again, then decide again",
        )
    return Expect(ref, revision)
