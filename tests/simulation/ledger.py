"""What really happened, written down by the made parts as it happens: nothing here comes from Winslow's own views.

Facts that can only be judged at their moment are judged here; the rest is for `invariants`, when all is over.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field

from tests.fakes.etcd import FakeEtcd
from winslow.domain.records import Commit, Fence, Kind, Record, Ref
from winslow.domain.stage import NodeId, Stage, StageId, State
from winslowd.etcd.keys import Keys
from winslowd.etcd.transaction import Codec
from winslowd.etcd.wire import etcd_pb2 as pb

TERM: ContextVar[Fence | None] = ContextVar("term", default=None)
"""The term as leader in which this task works, if it does."""
ATTEMPT: ContextVar[Attempt | None] = ContextVar("attempt", default=None)
"""The commit that this task is about."""


@dataclass(eq=False)
class Attempt:
    """One call of `Store.commit`: by whom, in which term, the revisions at which it happened, and what was answered."""

    commit: Commit
    node: NodeId
    term: Fence | None
    applied: list[int] = field(default_factory=list)
    answer: int | None = None
    refusal: str = ""


class Violated(AssertionError):
    """Something that must never be has been."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One record as one revision made it; `value` None when it was deleted."""

    revision: int
    ref: Ref
    value: Record | None


class Ledger:
    """`clock` is the world's; `etcd` and `codec` are what the truth is read from."""

    def __init__(self, etcd: FakeEtcd, keys: Keys, codec: Codec, clock: Callable[[], float]) -> None:
        self._etcd = etcd
        self._keys = keys
        self._codec = codec
        self._clock = clock
        self.violations: list[str] = []
        self.attempts: list[Attempt] = []
        self.by_revision: dict[int, Attempt] = {}
        self.launches: dict[StageId, list[NodeId]] = {}
        self.containers: dict[StageId, list[NodeId]] = {}
        self.running: dict[StageId, NodeId] = {}
        self.lines: dict[StageId, list[str]] = {}
        self.publications: list[tuple[float, StageId]] = []
        self.tell: Callable[[str], None] = lambda text: None

    def violated(self, text: str) -> None:
        self.tell(f"VIOLATED: {text}")
        self.violations.append(f"at {self._clock():.3f} s: {text}")

    # ---- containers

    def created(self, stage: StageId, node: NodeId) -> None:
        self.tell(f"{node}: container of {stage} is made")
        self.containers.setdefault(stage, []).append(node)

    def launched(self, stage: StageId, node: NodeId) -> None:
        self.tell(f"{node}: process of {stage} is launched")
        before = self.launches.setdefault(stage, [])
        before.append(node)
        if len(before) > 1:
            self.violated(f"{stage} was launched {len(before)} times, on {', '.join(before)}")
        record = self.truth(stage)
        if record is None or record.node != node:
            self.violated(f"{stage} was launched on {node}, but it is {record.node if record else 'nobody'}'s")
        self.running[stage] = node

    def ended(self, stage: StageId, node: NodeId) -> None:
        self.tell(f"{node}: process of {stage} is over")
        self.running.pop(stage, None)

    def said(self, stage: StageId, text: str) -> None:
        self.lines.setdefault(stage, []).append(text)

    # ---- outputs

    def published(self, stage: StageId) -> None:
        self.tell(f"output of {stage} is shown")
        self.publications.append((self._clock(), stage))
        record = self.truth(stage)
        if record is None or record.state is not State.SUCCEEDED:
            self.violated(f"the output of {stage} was shown, but it is {record.state.value if record else 'unknown'}")

    # ---- commits

    def begun(self, commit: Commit, node: NodeId) -> Attempt:
        attempt = Attempt(commit, node, TERM.get())
        self.attempts.append(attempt)
        return attempt

    def applied(self, attempt: Attempt | None, answer: pb.TxnResponse) -> None:
        """A transaction has just been carried out on behalf of a commit."""
        if attempt is None or not answer.succeeded:
            return
        attempt.applied.append(answer.header.revision)
        self.by_revision[answer.header.revision] = attempt
        if attempt.term is not None and self.holder() != attempt.term.revision and attempt.commit.puts:
            self.violated(
                f"{attempt.node} wrote {attempt.commit.puts[0].ref} as leader of term {attempt.term.revision}, "
                f"but the term is {self.holder()}'s"
            )

    def holder(self) -> int:
        """The create revision of the oldest claim to lead, 0 while there is none."""
        return min((pair.create_revision for pair in self._etcd.under(self._keys.leader)), default=0)

    # ---- the truth

    def truth(self, stage: StageId) -> Stage | None:
        """A stage as it stands in etcd now."""
        end = f"/{stage}".encode()
        for pair in self._etcd.under(self._keys.prefix + b"stages/"):
            if pair.key.endswith(end):
                return self._decoded(Kind.STAGE, pair.value)
        return None

    def all(self, kind: Kind) -> list[Record]:
        """Every record of a kind as it stands in etcd now."""
        found = self._etcd.under(self._keys.prefix + kind.value.encode() + b"/")
        return [self._codec.read(kind, pair.value)[0] for pair in found]

    def history(self) -> list[Moment]:
        """Everything that ever was in etcd, in order, claims left out."""
        moments = []
        for applied in self._etcd.history:
            for event in applied.events:
                ref = self._keys.ref(event.kv.key)
                if ref is not None:
                    gone = event.type == pb.Event.DELETE
                    value = None if gone else self._codec.read(ref.kind, event.kv.value)[0]
                    moments.append(Moment(applied.revision, ref, value))
        return moments

    def _decoded(self, kind: Kind, data: bytes) -> Stage:
        record, _ = self._codec.read(kind, data)
        assert isinstance(record, Stage)
        return record
