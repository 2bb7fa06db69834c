"""Uploads: files on their way in, found again by the request that began them, on any node and after any restart.

What was promised is remembered in the store for a day beside the other requests; the bytes, and how many of them are
safe, are the volume's. An upload's id follows from who asked and under which request ID.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from winslow.domain.principal import Principal
from winslow.domain.records import Commit, Done, Expect, Fence, Lifetime, Put
from winslow.errors import (
    AlreadyExists,
    Conflict,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    Unavailable,
    WinslowError,
)
from winslow.ports import UNSAID, Entry, Membership, Store, Upload
from winslow.ports import Files as FilesPort
from winslow.ports import Uploads as UploadsPort
from winslowd.usecases import promises
from winslowd.usecases.files import FileShown, writable
from winslowd.usecases.promises import Promise
from winslowd.usecases.requests import Request, answered

FLUSH_EVERY = 8 << 20
"""Bytes after which what was appended is made safe, so that a cut costs no more than that."""
COUNTED_MIN = 64 << 20
"""Bytes of the smallest upload whose room is looked at beside what others were promised."""
KEPT = 86_400.0
"""Seconds for which a promise is remembered, at least: see `keep`."""


@dataclass(frozen=True, slots=True)
class UploadShown:
    """An upload under way: `path` is the API's."""

    upload: Upload
    path: str


@dataclass(frozen=True, slots=True)
class Uploads:
    """The use cases of uploads. All but `begin` raise NotFound (UPLOAD_UNKNOWN)."""

    store: Store
    files: FilesPort
    uploads: UploadsPort
    membership: Membership

    async def begin(
        self, request: Request, path: str, size: int, sha256: str = "", *, replace: bool = False, told: str = ""
    ) -> UploadShown:
        """Begin it, or find the one that the same request began. `told` is kept for the sender.

        Raises AlreadyExists (FILE_EXISTS) unless `replace`, FailedPrecondition (POOL_READ_ONLY), Exhausted (DISK_FULL),
        InvalidArgument (REQUEST_ID_MISSING), AlreadyExists (REQUEST_ID_REUSED).
        """
        if not request.id:
            raise InvalidArgument(
                "An upload is found by its request ID",
                reason="REQUEST_ID_MISSING",
                subject="request_id",
                hint="Make one up, and use it again to go on after a cut",
            )
        id_ = request.ref.key
        if answered(self.store.view, request) is None:
            writable(self.store.view, path)
            if not replace:
                await self._require_free(path)
            await self._begin(request, Promise(path, size, sha256, request.principal.name, replace, told=told))
        return await self.get(request.principal, id_)

    async def begin_part(self, request: Request, size: int, path: str = "", *, told: str = "") -> UploadShown:
        """Begin an upload that is only there to be joined with others; `path` is where all of them will be, if that is known."""
        id_ = request.ref.key
        if answered(self.store.view, request) is None:
            path = path or f"resources/{id_}.part"
            await self._begin(request, Promise(path, size, "", request.principal.name, True, partial=True, told=told))
        return await self.get(request.principal, id_)

    async def begin_joined(
        self,
        request: Request,
        path: str,
        parts: Sequence[str],
        sha256: str = "",
        *,
        replace: bool = False,
        told: str = "",
    ) -> UploadShown:
        """Begin an upload that consists of others (ids), which are whole; `join` then fills it. Raises what `begin` raises, too.

        Raises FailedPrecondition (UPLOAD_NOT_PARTIAL, UPLOAD_INCOMPLETE).
        """
        if answered(self.store.view, request) is None:
            writable(self.store.view, path)
            size = sum([(await self._whole_part(request.principal, part)).size for part in parts])
            if not replace:
                await self._require_free(path)
            asker = request.principal.name
            await self._begin(request, Promise(path, size, sha256, asker, replace, parts=tuple(parts), told=told))
        return await self.get(request.principal, request.ref.key)

    async def join(self, asker: Principal, id_: str) -> UploadShown:
        """Fill it with its parts. Half done, or done twice, it ends the same."""
        shown, offset = await self.get(asker, id_), 0
        for part in promises.known(self.store.view, asker, id_).parts:
            if shown.upload.offset == shown.upload.size:
                break
            whole = await self._whole_part(asker, part)
            shown = UploadShown(await self.uploads.join(shown.upload, whole, offset), shown.path)
            offset += whole.size
        return shown

    async def declare(self, asker: Principal, id_: str, size: int) -> UploadShown:
        """Say the size of an upload that was begun without. Raises InvalidArgument (UPLOAD_TOO_LONG)."""
        shown, promise = await self.get(asker, id_), promises.known(self.store.view, asker, id_)
        if promise.size == UNSAID and size >= shown.upload.offset:
            expect = Expect(promises.ref(id_), self.store.view.revision_of(promises.ref(id_)))
            said = promises.put(id_, dataclasses.replace(promise, size=size))
            await self.store.commit(Commit(puts=(said,), expects=(expect,)))
            await self._require_room((await self.get(asker, id_)).upload)
        elif promise.size != size:
            raise _other_size(id_, size, promise.size if promise.size != UNSAID else shown.upload.offset)
        return await self.get(asker, id_)

    def promise(self, asker: Principal, id_: str) -> Promise:
        """What its sender said."""
        return promises.known(self.store.view, asker, id_)

    async def get(self, asker: Principal, id_: str) -> UploadShown:
        """Where an upload is."""
        promise = promises.known(self.store.view, asker, id_)
        upload = self._upload(id_, promise)
        if promise.committed:
            return UploadShown(upload, promise.path)
        found = await self.uploads.begin(id_, upload.location, promise.size, promise.sha256)
        return UploadShown(found, promise.path)

    async def list(self, asker: Principal) -> tuple[UploadShown, ...]:
        """The asker's uploads under way."""
        found = promises.under_way(self.store.view)
        return tuple([await self.get(asker, id_) for id_, promise in found.items() if promise.by == asker.name])

    async def append(self, asker: Principal, id_: str, pieces: AsyncIterable[tuple[int, bytes]]) -> UploadShown:
        """Append (offset, data) pieces; answers when all of them are safe. The promise is kept from now on.

        Raises OutOfRange (OFFSET_MISMATCH). Cut off, `get` says where to go on.
        """
        upload = (await self.get(asker, id_)).upload
        with suppress(Unavailable):  # an outage of etcd stops no upload: the next piece keeps the promise
            await self.keep(asker, id_)
        safe = upload.offset
        async for offset, data in pieces:
            upload = await self.uploads.append(upload, offset, data)
            if upload.offset - safe >= FLUSH_EVERY:
                upload = await self.uploads.flush(upload)
                safe = upload.offset
        promise = promises.known(self.store.view, asker, id_)
        return UploadShown(await self.uploads.flush(upload), promise.path)

    async def keep(self, asker: Principal, id_: str) -> None:
        """Remember the promise for another `KEPT` seconds from now: its sender goes on. Raises Unavailable (ETCD_UNAVAILABLE)."""
        promise = promises.known(self.store.view, asker, id_)
        if not promise.committed:
            expect = Expect(promises.ref(id_), self.store.view.revision_of(promises.ref(id_)))
            with suppress(Conflict):  # kept, committed or forgotten by another in this moment: that holds
                await self.store.commit(Commit(puts=(promises.put(id_, promise),), expects=(expect,)))

    async def commit(
        self,
        asker: Principal,
        id_: str,
        sha256: str = "",
        *,
        trusting: bool = False,
        modified: float = 0.0,
        executable: bool = False,
    ) -> FileShown:
        """Verify and show the file, once in the cluster. Committing twice answers the same, on whichever nodes.

        `modified` (Unix seconds, 0 for now) and `executable` say how it is shown. `trusting` takes what arrived for what was
        sent where no SHA-256 was ever said: some senders cannot say one.
        Raises DataLoss (CHECKSUM_MISMATCH), AlreadyExists (FILE_EXISTS) where one appeared meanwhile,
        InvalidArgument (SHA256_MISSING), and what `begin` raises of the place.
        """
        promises.known(self.store.view, asker, id_)
        async with self.membership.lock(f"uploads/{id_}", patient=False) as term:
            return await self._commit(asker, id_, sha256, trusting, term.fence, modified, executable)

    async def _commit(
        self,
        asker: Principal,
        id_: str,
        sha256: str,
        trusting: bool,
        fence: Fence,
        modified: float,
        executable: bool,
    ) -> FileShown:
        """Under the upload's lock: on two nodes at once, the second finds what the first has done."""
        promise = promises.known(self.store.view, asker, id_)
        location = writable(self.store.view, promise.path)
        digest = sha256.lower() or promise.sha256
        if not digest and trusting:
            digest = await self.uploads.digest(Upload(id_, location, promise.size, "", promise.size))
        if not digest:
            raise InvalidArgument(
                "What was sent cannot be verified",
                reason="SHA256_MISSING",
                subject=f"uploads/{id_}",
                hint="Give the file's SHA-256 in CommitUpload, or already in BeginUpload",
            )
        if not (promise.replace or promise.committed):
            await self._require_free_or_same(promise.path, digest)
        upload = Upload(id_, location, promise.size, digest, promise.size, modified, executable)
        entry = await self.uploads.commit(upload)
        if not promise.committed:
            await self._settle(id_, promise, fence)
        return FileShown(promise.path, entry, True)

    async def cancel(self, asker: Principal, id_: str) -> None:
        """Forget an upload; one that is gone is gone."""
        promise = promises.read(self.store.view, id_)
        if promise is None or promise.by != asker.name:
            return
        if not promise.committed:
            await self.uploads.cancel(self._upload(id_, promise))
        await self.store.commit(Commit(deletes=(promises.ref(id_),)))

    # ---- inside

    async def _begin(self, request: Request, promise: Promise) -> None:
        """The promise comes first: of two uploads that do not fit together, the later one sees the other's."""
        id_ = request.ref.key
        done = Put(request.ref, Done(request.fingerprint, f"uploads/{id_}"), Lifetime.REQUEST)
        await self.store.commit(Commit(puts=(done, promises.put(id_, promise))))
        upload = self._upload(id_, promise)
        try:
            await self._require_room(await self.uploads.begin(id_, upload.location, promise.size, promise.sha256))
        except WinslowError:
            with suppress(WinslowError):
                await self.uploads.cancel(upload)
                await self.store.commit(Commit(deletes=(request.ref, promises.ref(id_))))
            raise

    async def _require_room(self, upload: Upload) -> None:
        if upload.size < COUNTED_MIN:
            return
        beside = []
        for id_, promise in promises.under_way(self.store.view).items():
            with suppress(WinslowError):  # its project may have been deleted
                beside += [self._upload(id_, promise)] if promise.size >= COUNTED_MIN else []
        await self.uploads.require_room(upload, beside)

    async def _whole_part(self, asker: Principal, id_: str) -> Upload:
        promise, shown = promises.known(self.store.view, asker, id_), await self.get(asker, id_)
        if not promise.partial or shown.upload.offset != promise.size:
            raise FailedPrecondition(
                f"The upload {id_!r} is " + ("not whole" if promise.partial else "no part of another"),
                reason="UPLOAD_INCOMPLETE" if promise.partial else "UPLOAD_NOT_PARTIAL",
                subject=f"uploads/{id_}",
                hint="Send all of it first" if promise.partial else "Begin it as a part",
            )
        return shown.upload

    def _upload(self, id_: str, promise: Promise) -> Upload:
        location = writable(self.store.view, promise.path)
        return Upload(id_, location, promise.size, promise.sha256, promise.size if promise.committed else 0)

    async def _require_free(self, path: str) -> None:
        try:
            there: Entry = await self.files.stat(writable(self.store.view, path))
        except NotFound:
            return
        raise AlreadyExists(
            f"{path!r} is there already",
            reason="FILE_EXISTS",
            subject=path,
            hint="Replace it, or choose another name",
            metadata={"kind": there.kind, "size": str(there.size)},
        )

    async def _require_free_or_same(self, path: str, digest: str) -> None:
        """The same file is most likely ours: shown before we were stopped, and not yet written down as committed."""
        try:
            await self._require_free(path)
        except AlreadyExists as there:
            if there.metadata["kind"] != "file" or await self.files.digest(writable(self.store.view, path)) != digest:
                raise

    async def _settle(self, id_: str, promise: Promise, fence: Fence) -> None:
        committed = promises.put(id_, dataclasses.replace(promise, committed=True))
        await self.store.commit(Commit(puts=(committed,), fence=fence))
        for part in promise.parts:  # their bytes are in the file now; what stays of them expires
            with suppress(WinslowError):
                await self.cancel(Principal(promise.by), part)


def _other_size(id_: str, size: int, known: int) -> InvalidArgument:
    return InvalidArgument(
        f"The upload {id_!r} cannot have {size} bytes: it has {known}",
        reason="UPLOAD_TOO_LONG",
        subject=f"uploads/{id_}",
        hint="Begin another upload with the right size",
    )
