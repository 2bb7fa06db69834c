"""Uploads: files on their way in, found again by the request that began them, on any node and after any restart.

What was promised is remembered in the store for a day beside the other requests; the bytes, and how many of them are
safe, are the volume's. An upload's id follows from who asked and under which request ID.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from winslow.domain.principal import Principal
from winslow.domain.records import Commit, Done, Expect, Fence, Kind, Lifetime, Put, Ref, View
from winslow.errors import AlreadyExists, Conflict, InvalidArgument, NotFound, Unavailable
from winslow.ports import Entry, Membership, Store, Upload
from winslow.ports import Files as FilesPort
from winslow.ports import Uploads as UploadsPort
from winslowd.usecases.files import FileShown, writable
from winslowd.usecases.requests import Request, answered

FLUSH_EVERY = 8 << 20
"""Bytes after which what was appended is made safe, so that a cut costs no more than that."""
KEPT = 86_400.0
"""Seconds for which a promise is remembered, at least: see `keep`."""
PREFIX = "upload-"


@dataclass(frozen=True, slots=True)
class Promise:
    """What a sender said; `sha256` "" when it is said at the commit. `committed` once the file was shown."""

    path: str
    size: int
    sha256: str
    by: str
    replace: bool = False
    committed: bool = False


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
        self, request: Request, path: str, size: int, sha256: str = "", *, replace: bool = False
    ) -> UploadShown:
        """Begin it, or find the one that the same request began.

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
            location = writable(self.store.view, path)
            promise = Promise(path, size, sha256, request.principal.name, replace)
            if not replace:
                await self._require_free(path)
            await self.uploads.begin(id_, location, size, sha256)
            await self._remember(id_, promise, request)
        return await self.get(request.principal, id_)

    async def get(self, asker: Principal, id_: str) -> UploadShown:
        """Where an upload is."""
        promise = _promise(self.store.view, asker, id_)
        upload = self._upload(id_, promise)
        if promise.committed:
            return UploadShown(upload, promise.path)
        found = await self.uploads.begin(id_, upload.location, promise.size, promise.sha256)
        return UploadShown(found, promise.path)

    async def list(self, asker: Principal) -> tuple[UploadShown, ...]:
        """The asker's uploads under way."""
        ids = [key.removeprefix(PREFIX) for key in self.store.view.all(Kind.REQUEST) if key.startswith(PREFIX)]
        mine = [id_ for id_ in sorted(ids) if (found := _read(self.store.view, id_)) and _under_way(found, asker)]
        return tuple([await self.get(asker, id_) for id_ in mine])

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
        promise = _promise(self.store.view, asker, id_)
        return UploadShown(await self.uploads.flush(upload), promise.path)

    async def keep(self, asker: Principal, id_: str) -> None:
        """Remember the promise for another `KEPT` seconds from now: its sender goes on. Raises Unavailable (ETCD_UNAVAILABLE)."""
        promise = _promise(self.store.view, asker, id_)
        if not promise.committed:
            expect = Expect(_ref(id_), self.store.view.revision_of(_ref(id_)))
            with suppress(Conflict):  # kept, committed or forgotten by another in this moment: that holds
                await self.store.commit(Commit(puts=(_put(id_, promise),), expects=(expect,)))

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
        _promise(self.store.view, asker, id_)
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
        promise = _promise(self.store.view, asker, id_)
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
        promise = _read(self.store.view, id_)
        if promise is None or promise.by != asker.name:
            return
        if not promise.committed:
            await self.uploads.cancel(self._upload(id_, promise))
        await self.store.commit(Commit(deletes=(_ref(id_),)))

    # ---- inside

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

    async def _remember(self, id_: str, promise: Promise, request: Request) -> None:
        done = Put(request.ref, Done(request.fingerprint, f"uploads/{id_}"), Lifetime.REQUEST)
        await self.store.commit(Commit(puts=(done, _put(id_, promise))))

    async def _settle(self, id_: str, promise: Promise, fence: Fence) -> None:
        committed = Promise(promise.path, promise.size, promise.sha256, promise.by, promise.replace, True)
        await self.store.commit(Commit(puts=(_put(id_, committed),), fence=fence))


def _ref(id_: str) -> Ref:
    return Ref(Kind.REQUEST, f"{PREFIX}{id_}")


def _put(id_: str, promise: Promise) -> Put:
    fields: Mapping[str, object] = {
        "path": promise.path,
        "size": promise.size,
        "sha256": promise.sha256,
        "by": promise.by,
        "replace": promise.replace,
        "committed": promise.committed,
    }
    return Put(_ref(id_), Done("", json.dumps(fields)), Lifetime.REQUEST)


def _read(view: View, id_: str) -> Promise | None:
    found = view.get(_ref(id_))
    if found is None:
        return None
    assert isinstance(found.value, Done)
    return Promise(**json.loads(found.value.answer))


def _promise(view: View, asker: Principal, id_: str) -> Promise:
    """The promise of an upload that the asker began. Raises NotFound (UPLOAD_UNKNOWN)."""
    found = _read(view, id_)
    if found is None or found.by != asker.name:
        raise NotFound(
            f"There is no upload {id_!r}",
            reason="UPLOAD_UNKNOWN",
            subject=f"uploads/{id_}",
            hint="It was cancelled or is older than a day: begin it again",
        )
    return found


def _under_way(promise: Promise, asker: Principal) -> bool:
    return promise.by == asker.name and not promise.committed
