"""What a leader decided, as transactions: many decisions in one, and no two at a time that take from the same node.

Pure. Each award compares the stage, its run, the node's registration, policy and reservation, and writes the reservation
anew, so that nobody who knows less can give the same room away a second time, or against what people decided meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from winslow.domain.election import left
from winslow.domain.node import Reservation
from winslow.domain.records import (
    Commit,
    Expect,
    Fence,
    Kind,
    Put,
    Ref,
    node_policy_ref,
    node_ref,
    reservation_ref,
    stage_ref,
)
from winslow.domain.rounds import held
from winslow.domain.stage import PLACED, NodeId, Stage, StageId
from winslow.domain.view import View

OPERATIONS = 120
"""Comparisons, and changes, of one transaction; etcd takes 128 of each by default."""
COMPARED = 3
"""What is compared of each node that is awarded something: its registration, its reservation, its policy."""


@dataclass(frozen=True, slots=True)
class Move:
    """One decision: it happens whole or not at all. `awards` are the stages among its puts that it places."""

    puts: tuple[Put, ...]
    expects: tuple[Expect, ...]
    awards: tuple[Stage, ...] = ()
    stages: tuple[StageId, ...] = ()
    run: str | None = None

    @property
    def nodes(self) -> frozenset[NodeId]:
        return frozenset(stage.node for stage in self.awards if stage.node)


@dataclass(slots=True, eq=False)
class Batch:
    """Moves that go in one transaction."""

    moves: list[Move] = field(default_factory=list)
    nodes: set[NodeId] = field(default_factory=set)
    expects: set[Expect] = field(default_factory=set)
    puts: int = 0

    def takes(self, move: Move) -> bool:
        """Whether it has room for one more."""
        nodes = self.nodes | move.nodes
        compared = len(self.expects.union(move.expects)) + COMPARED * len(nodes) + 1
        return not self.moves or max(compared, self.puts + len(move.puts) + len(nodes)) <= OPERATIONS

    def add(self, move: Move) -> None:
        self.moves.append(move)
        self.nodes |= move.nodes
        self.expects.update(move.expects)
        self.puts += len(move.puts)


def waves(moves: Sequence[Move]) -> Iterator[list[Batch]]:
    """The moves in batches; those of one wave have no node in common and may be under way together, waves one after another."""
    rest = list(moves)
    while rest:
        batches, rest = _wave(rest)
        yield batches


def _wave(moves: Iterable[Move]) -> tuple[list[Batch], list[Move]]:
    batches: list[Batch] = [Batch()]
    home: dict[NodeId, Batch] = {}
    later: list[Move] = []
    for move in moves:
        homes = {id(home[node]): home[node] for node in move.nodes if node in home}
        if len(homes) > 1:
            later.append(move)
            continue
        batch = next(iter(homes.values()), batches[-1])
        if not batch.takes(move):
            if homes:
                later.append(move)
                continue
            batch = Batch()
            batches.append(batch)
        batch.add(move)
        home.update(dict.fromkeys(move.nodes, batch))
    return [batch for batch in batches if batch.moves], later


def commit_of(batch: Batch, view: View, fence: Fence) -> Commit:
    """The batch as one transaction, with what each node has in the view as it is now. To be sent at once."""
    taken = [_reservation(node, batch, view) for node in sorted(batch.nodes)]
    expects = dict.fromkeys(expect for move in batch.moves for expect in move.expects)
    for node in sorted(batch.nodes):
        for ref in (node_ref(node), reservation_ref(node), node_policy_ref(node)):
            expects[Expect(ref, view.revision_of(ref))] = None
    return Commit(
        puts=(
            *(put for move in batch.moves for put in move.puts),
            *(Put(reservation_ref(one.node), one) for one in taken),
        ),
        expects=tuple(expects),
        fence=fence,
    )


def room_for(expects: int) -> int:
    """How many nodes one decision may award something on, beside so many comparisons of its own."""
    return (OPERATIONS - 1 - expects) // COMPARED


def sound(batch: Batch, view: View) -> bool:
    """Whether nobody has paused what is awarded, and every node of the batch is there, open, and has room for all of it.

    Rounds keep count by single changes, and may be a change behind; this is the count anew, from the records alone, before
    anything is written.
    """
    going = all(not held(view, stage) for move in batch.moves for stage in move.awards)
    return going and all(_has_room(view, id_, batch, _mine(id_, batch, view)) for id_ in batch.nodes)


def _has_room(view: View, id_: NodeId, batch: Batch, stages: Sequence[Stage]) -> bool:
    node, policy = view.node(id_), view.policy(id_)
    if node is None or (policy and (policy.cordoned or 0 < policy.max_stages < len(stages))):
        return False
    free = left(node, stages)
    given = [uuid for stage in stages for uuid in stage.gpus]
    new = {uuid for move in batch.moves for stage in move.awards if stage.node == id_ for uuid in stage.gpus}
    known = {gpu.uuid for gpu in node.capacity.gpus}
    return new <= known and len(given) == len(set(given)) and free.cpus > -1e-6 and free.memory >= 0


def _mine(id_: NodeId, batch: Batch, view: View) -> list[Stage]:
    placed = [stage for stage in view.live_on(id_) if stage.state in PLACED]
    return placed + [stage for move in batch.moves for stage in move.awards if stage.node == id_]


def _reservation(id_: NodeId, batch: Batch, view: View) -> Reservation:
    stages = _mine(id_, batch, view)
    return Reservation(
        node=id_,
        stages=len(stages),
        cpus=round(sum(stage.definition.resources.cpus for stage in stages), 6),
        memory=sum(stage.definition.resources.memory for stage in stages),
        gpus=tuple(sorted(uuid for stage in stages for uuid in stage.gpus)),
    )


def stage_move(before: Stage, after: Stage, view: View) -> Move:
    """A stage that waits, moved on. It is awarded only while its run is as it was: a pause that was acknowledged holds."""
    refs = [stage_ref(before)]
    if after.state in PLACED:
        refs.append(Ref(Kind.RUN, f"{before.project}/{before.run}"))
    return Move(
        puts=(Put(refs[0], after),),
        expects=tuple(Expect(ref, view.revision_of(ref)) for ref in refs),
        awards=(after,) if after.state in PLACED else (),
        stages=(before.id,),
    )
