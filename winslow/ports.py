"""What the engines need of the world, as small protocols. Adapters implement them; tests hold fakes to the same suites.

Promises that every method keeps: only errors of `winslow.errors` come out; a method may be called again with the
same arguments after a crash or a cancellation and ends the same; cancelling a call leaves nothing half-made
that a repetition does not finish.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from winslow.domain.container import ContainerSpec, Exit, Found, Image, Phase, Usage
from winslow.domain.layout import Location, WorkspacePlan
from winslow.domain.node import Node, Offer
from winslow.domain.pipeline import DefinitionName, LogParser
from winslow.domain.query import Facts, Query
from winslow.domain.reading import Reading, Subject
from winslow.domain.records import Change, Commit, Fence, Kind, Record, Ref, View
from winslow.domain.stage import Cause, NodeId, ProjectId, StageId

Clock = Callable[[], float]
"""Unix seconds."""


class Store(Protocol):
    """The cluster's records: one view, one way to change them."""

    @property
    def view(self) -> View:
        """What this daemon has seen so far; read it between two awaits."""

    async def commit(self, commit: Commit) -> int:
        """Do it whole and return its revision, once `view` shows it.

        Raises Conflict (REVISION_MISMATCH, or FENCED when the fence did not hold) and changes nothing; Unavailable when
        it certainly did not happen; Ambiguous when it may have.
        """

    async def changed(self, since: int) -> int:
        """Wait until `view.revision` is past `since`; returns it."""

    def changes(self, since: int) -> AsyncIterator[tuple[Change, ...]]:
        """Every change after revision `since`, in order, one tuple a revision, without end.

        Raises OutOfRange (REVISION_COMPACTED) when changes that old are no longer kept: list again, go on from there.
        """

    @property
    def connected(self) -> bool:
        """Whether the store answered lately; `view` may be stale when not."""


@dataclass(frozen=True, slots=True)
class Term:
    """A time in which this daemon is leader, or holds a lock. Put `fence` into every commit made in it."""

    fence: Fence


class Membership(Protocol):
    """This daemon's session with the cluster."""

    async def join(self, node: Node) -> None:
        """Register `node` under the session's lease, and again after a lost one; join again with another value updates it.

        The same transaction deletes the node's `Silence`: as long as that stands, the node was not back.
        """

    async def leave(self) -> None:
        """End the session now: nobody need wait for the lease to run out."""

    def lead(self) -> AbstractAsyncContextManager[Term]:
        """Wait to be leader; the body is cancelled when the lease is lost, and leaving the scope hands over.

        When the term begins, the store's view shows all that was committed before it, by whoever led then too.
        Raises Unavailable when the term ended because the session was lost.
        """

    def lock(self, name: str, *, patient: bool = True) -> AbstractAsyncContextManager[Term]:
        """The same for a named lock: what only one may do.

        A lock alone keeps nobody out: its holder may have been frozen past its lease and not know yet. Put the term's
        fence into every commit made under it. Who is not `patient` still waits for others, but not for a store that
        takes no claims: raises Unavailable, or Exhausted (ETCD_NOSPACE), then.
        """

    async def leader(self) -> NodeId | None:
        """The node that leads now; None while none does. Raises Unavailable when nobody can say."""


class Attending(Protocol):
    """A place in the elections of a leader, as long as the scope of `Peers.attend` lasts."""

    @property
    def ended(self) -> bool:
        """Whether the leader hears no more: the next offer says why."""

    async def offer(self, offer: Offer) -> None:
        """Make an offer in place of the last one, and return when the leader has heard it.

        Raises FailedPrecondition (NOT_LEADER), Unavailable.
        """


class Peers(Protocol):
    """The other nodes, by the addresses that they registered."""

    def attend(self, address: str) -> AbstractAsyncContextManager[Attending]:
        """Be in the elections of the node at `address`; leaving the scope withdraws the offer. Begins without waiting."""


@dataclass(frozen=True, slots=True)
class StoreMember:
    """One of the processes that keep the records, as it was when it was asked. Sizes in bytes.

    `fault` is why it did not answer, "" when it did; without an answer the rest is unknown. `leads` the others, or is at
    least `led` by one. Its database takes `size` on disk, of which `used` is in use; it may become `quota`. While an
    alarm stands that one is `full`, nothing can be changed.
    """

    address: str
    fault: str = ""
    version: str = ""
    leads: bool = False
    led: bool = False
    revision: int = 0
    size: int = 0
    used: int = 0
    quota: int = 0
    full: bool = False
    corrupt: bool = False

    @property
    def well(self) -> bool:
        """Whether it does its part, be it full or not."""
        return not self.fault and self.led and not self.corrupt


class Upkeep(Protocol):
    """The care that the store's members need. All but `members` raise what the store does: Unavailable, PermissionDenied."""

    async def members(self, within: float) -> tuple[StoreMember, ...]:
        """Every member, in the order of the settings; one that is silent for `within` seconds has a fault. Never fails."""

    async def compact(self, revision: int) -> None:
        """Forget history before `revision`. Nothing happens when it is forgotten already."""

    async def defragment(self, address: str) -> None:
        """Give the room that this member does not use back to its disk. It answers nobody meanwhile.

        Raises InvalidArgument (MEMBER_UNKNOWN).
        """

    async def disarm(self) -> None:
        """Take back every alarm that a member is full. One that still is raises it again with the next change."""


class Driver(Protocol):
    """Runs containers on this node. Handles are stage ids: a driver keeps nothing that it cannot rebuild."""

    async def pull(self, image: str) -> Image:
        """The image, fetched when it is not on the node. Raises NotFound (IMAGE_MISSING) or Unavailable (ENGINE_UNAVAILABLE)."""

    async def inspect_image(self, image: str) -> Image | None:
        """The image if it is on the node."""

    async def list_images(self) -> frozenset[str]:
        """Everything by which `pull` finds an image that is on the node: tags, digests and ids; of many, some thousand at most."""

    async def resolve_user(self, image: Image, user: str) -> tuple[int, int]:
        """(uid, gid) of `uid[:gid]`, or of a user's name in the image. Raises InvalidArgument (USER_UNKNOWN)."""

    async def create(self, spec: ContainerSpec) -> None:
        """Make the container. Raises AlreadyExists (CONTAINER_EXISTS) when the stage has one, FailedPrecondition (ENGINE_REFUSED)."""

    async def start(self, stage: StageId) -> None:
        """Start it. The stage's process runs at most once, however often this is called."""

    async def release(self, stage: StageId) -> None:
        """Let a held container's process go."""

    async def wait(self, stage: StageId) -> Exit:
        """Wait for the end of the stage's process. After the end, answers at once. Raises NotFound (CONTAINER_GONE)."""

    async def stop(self, stage: StageId, grace: float) -> None:
        """SIGTERM, then SIGKILL after `grace` seconds. Nothing happens when it has ended or is gone."""

    async def remove(self, stage: StageId) -> None:
        """Remove the container, running or not. Nothing happens when it is gone."""

    async def phase(self, stage: StageId) -> Phase:
        """Where the stage's container is now; GONE when there is none."""

    async def recover(self) -> tuple[Found, ...]:
        """Every container of this cluster on this node."""

    async def usage(self, stage: StageId) -> Usage | None:
        """What it uses now; None when it does not run. Cheap enough for each second: the engine is asked the first time at most."""

    async def close(self) -> None:
        """Let go of the engine; containers go on."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why this node stopped a stage: written down before it is stopped, so that its end is told truly after a restart."""

    cause: Cause
    message: str


class Journal(Protocol):
    """What this node must remember of its stages though it, or the store, dies: fsynced, on its own disk.

    A stage's entry is also the directory in which its launcher claims the one launch and records the end.
    """

    def open(self, stage: StageId) -> str:
        """Make the stage's entry, if need be, and return its absolute path."""

    def has(self, stage: StageId) -> bool:
        """Whether the stage has an entry; without one this node has made no container for it."""

    def entries(self) -> tuple[StageId, ...]:
        """Stages that this node has not finished with."""

    def judge(self, stage: StageId, verdict: Verdict) -> None:
        """Remember why the stage is being stopped. The first verdict stays."""

    def verdict(self, stage: StageId) -> Verdict | None:
        """The verdict remembered."""

    def close(self, stage: StageId) -> None:
        """Everything about the stage is recorded in the store: forget it."""


class Workspaces(Protocol):
    """Directories of stages. Paths are relative to the volume's root."""

    def absolute(self, path: str) -> str:
        """Where a path of the layout is on this node, for binding into a container."""

    async def make_project(self, project: ProjectId) -> None:
        """Make the project's directories; those that are there stay."""

    async def delete_project(self, project: ProjectId) -> None:
        """Remove everything the project owns. Half done and called again, it goes on."""

    async def reserve(self, plan: WorkspacePlan, owner: tuple[int, int]) -> None:
        """Make the attempt's directories before its turn, the workspace empty; `prepare` fills it where it is.

        So a container can be bound to it early. Nothing happens when the workspace is there.
        """

    async def prepare(self, plan: WorkspacePlan, owner: tuple[int, int]) -> None:
        """Make the attempt's directories and log, owned by `owner` (uid, gid), and fill the workspace.

        A copy that was cut is begun again; a finished one is left alone. Raises Exhausted (DISK_FULL), NotFound (SOURCE_MISSING).
        """

    async def seal(self, plan: WorkspacePlan) -> None:
        """Make the workspace immutable: from now on it is only read."""

    async def publish(self, plan: WorkspacePlan, definition: DefinitionName) -> None:
        """Show the attempt's output as the project's, at once, in place of the last one's."""

    async def drop(self, project: ProjectId, stage: StageId) -> None:
        """Remove an attempt's directories."""


@dataclass(frozen=True, slots=True)
class Storage:
    """How the volume was when it was last looked at: `fault` is why it is not well, "" when it is. Sizes in bytes."""

    fault: str = ""
    size: int = 0
    free: int = 0


StorageState = Callable[[], Storage]
"""How the volume is; answers at once, however the volume is."""


class Readings(Protocol):
    """What this node measures, of itself and of its stages."""

    @property
    def latest(self) -> Mapping[Subject, Reading]:
        """What was measured last, of the node and of every stage that runs on it; empty before the first time."""

    def live(self) -> AsyncGenerator[Mapping[Subject, Reading], None]:
        """`latest`, at once and after each measurement, each second, without end. Who is slow misses some, and gets no old ones."""

    async def past(self, subject: Subject, after: float, until: float, most: int | None = None) -> tuple[Reading, ...]:
        """Minutes that ended after `after` and not after `until` (Unix seconds), in order, `most` of the first ones.

        Kept for 31 days. The minute under way is among them, as far as it was measured. Raises Unavailable (READINGS_UNREADABLE).
        """


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or directory. `kind` is "file", "directory", "symlink" or "other"; `size` in bytes, `modified` in Unix seconds."""

    name: str
    kind: str
    size: int
    modified: float


@dataclass(frozen=True, slots=True)
class Totals:
    """Recursive size in bytes and count of files and directories."""

    size: int
    files: int
    directories: int


class Files(Protocol):
    """What people do with files. No symlink leads out of a location's root; nothing but files and directories is opened."""

    async def stat(self, location: Location) -> Entry:
        """Raises NotFound (FILE_NOT_FOUND), FailedPrecondition (PATH_LEADS_OUT)."""

    async def entries(self, location: Location, after: str, limit: int) -> list[Entry]:
        """Up to `limit` entries whose names sort after `after`, sorted by name."""

    async def read(self, location: Location, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`; fewer only at the end of the file, b"" past it."""

    async def make_directory(self, location: Location) -> None:
        """With parents; what is there stays."""

    async def rename(self, source: Location, target: Location) -> None:
        """Within one root; raises AlreadyExists (FILE_EXISTS) rather than replacing."""

    async def copy(self, source: Location, target: Location) -> None:
        """A file, or a directory with all that is in it; shown at once. Raises AlreadyExists (FILE_EXISTS), Exhausted (DISK_FULL)."""

    async def delete(self, location: Location, recursive: bool) -> None:
        """Raises FailedPrecondition (DIRECTORY_NOT_EMPTY) when not `recursive`."""

    async def usage(self, location: Location) -> Totals:
        """Recursive size and counts."""

    async def digest(self, location: Location) -> str:
        """SHA-256 of a file's content, lower-case hexadecimal."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload under way: `offset` bytes are safe on disk. `size` and `sha256` are what the sender promised.

    `sha256` is "" until the sender knows it, at the latest at the commit.
    """

    id: str
    location: Location
    size: int
    sha256: str
    offset: int


class Uploads(Protocol):
    """Files on their way in: invisible until committed, resumed at the acknowledged offset."""

    async def begin(self, id: str, location: Location, size: int, sha256: str) -> Upload:
        """Begin or find an upload. The same id with other values raises Conflict (UPLOAD_DIFFERS). Raises Exhausted (DISK_FULL)."""

    async def append(self, upload: Upload, offset: int, data: bytes) -> Upload:
        """Write `data` at `offset`, which must be the upload's. Raises OutOfRange (OFFSET_MISMATCH)."""

    async def flush(self, upload: Upload) -> Upload:
        """Make everything appended so far safe (fsync); the offset returned may be acknowledged."""

    async def commit(self, upload: Upload) -> Entry:
        """Verify size and SHA-256 and show the file, at once. Raises DataLoss (CHECKSUM_MISMATCH). Committed twice, answers the same."""

    async def cancel(self, upload: Upload) -> None:
        """Forget it."""

    async def expire(self, before: float) -> int:
        """Forget uploads that nobody touched since `before` (Unix seconds); returns how many. Files that were shown stay."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a log said so far, up to byte `offset` of it. `progress` is 0 to 1."""

    offset: int
    results: tuple[tuple[str, str], ...] = ()
    progress: float | None = None


class Logs(Protocol):
    """Logs of stages, as bytes in CRI lines: `TIME stdout|stderr|winslow F|P TEXT`."""

    async def size(self, project: ProjectId, stage: StageId) -> int:
        """Bytes written so far; 0 when there is none yet."""

    async def read(self, project: ProjectId, stage: StageId, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`, whole lines only unless one line is longer than `size`."""

    async def scan(self, project: ProjectId, stage: StageId, offset: int, parsers: tuple[LogParser, ...]) -> Findings:
        """Read from `offset` to the last whole line and say what was found; the work is done elsewhere, in linear time."""

    async def note(self, project: ProjectId, stage: StageId, text: str) -> None:
        """Append one of Winslow's own lines (stream `winslow`)."""


@dataclass(frozen=True, slots=True)
class Archived:
    """A record as it left the store, with the revision that it had there, and what only a newer version knows of it."""

    ref: Ref
    value: Record
    revision: int
    unknown: bytes = b""


class History(Protocol):
    """What ended long ago, by project, on the volume. It only grows; the newest version of a record is the one there is.

    What `append` returned for is found by every node from then on. Raises DataLoss (HISTORY_DAMAGED) for records that a
    bad disk has taken; all others can be read.
    """

    async def append(self, project: ProjectId, entries: Sequence[tuple[Archived, Facts]]) -> None:
        """Make them safe (fsync), with what they are found by. Appended again, they are there once."""

    async def get(self, project: ProjectId, refs: Sequence[Ref]) -> list[Archived]:
        """Those of `refs` that there are."""

    async def page(self, project: ProjectId, kind: Kind, query: Query) -> list[Archived]:
        """What `query` asks for of one kind; fewer than its limit only where there are no more."""
