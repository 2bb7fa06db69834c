"""What must be true of a cluster's history, whatever was done to it.

Pure: a history is what an observer wrote down (`tests/observer.py`), and each invariant is a function of it that says, in one
sentence each, where it does not hold. They read the product's values and its table of states, and believe none of its decisions.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from winslow.domain.lifecycle import TRANSITIONS, Ended
from winslow.domain.node import Node
from winslow.domain.project import Run
from winslow.domain.records import Kind, Record
from winslow.domain.stage import PLACED, Cause, NodeId, Stage, State

Violations = Iterator[str]


@dataclass(frozen=True, slots=True)
class Write:
    """A key as it became at `revision`; `value` None where it was deleted or is no record, as claims are.

    `kind` and `key` are the two parts of the key under the cluster's prefix; `created` is its create revision, 0 for a deletion.
    """

    revision: int
    kind: str
    key: str
    created: int
    value: Record | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """An engine's event of a container. `held` is whether the container was made before its stage's turn."""

    at: float
    action: str
    container: str
    stage: str
    node: str
    held: bool = False


@dataclass(frozen=True, slots=True)
class Witness:
    """What a stage's process itself left where we see it: the container it ran in, and a number that nobody has twice."""

    container: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The published output of a project's definition led to `stage` from here on."""

    project: str
    definition: str
    stage: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A request that was answered: `ref` is the record (`KIND/KEY`) that the answer promises to be there."""

    request: str
    answer: str
    ref: str


@dataclass(frozen=True, slots=True)
class History:
    """Everything that was seen, in the order in which it was seen. Mappings are by stage."""

    writes: tuple[Write, ...] = ()
    events: tuple[Happened, ...] = ()
    witnesses: Mapping[str, tuple[Witness, ...]] = field(default_factory=dict)
    lines: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The numbers that a stage printed, as its log has them."""
    seals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Hashes of what an ended stage left, each time it was looked at."""
    shown: tuple[Shown, ...] = ()
    acknowledged: tuple[Acknowledged, ...] = ()
    killed_by_us: frozenset[str] = frozenset()
    """Containers that the test itself killed."""

    def stages(self) -> Iterator[tuple[Write, Stage]]:
        for write in self.writes:
            if isinstance(write.value, Stage):
                yield write, write.value

    def last(self) -> dict[str, Stage]:
        """Every stage as it was seen last, ended ones that were moved away included."""
        return {stage.id: stage for _, stage in self.stages()}


def _by_stage(history: History) -> dict[str, list[tuple[Write, Stage]]]:
    found: defaultdict[str, list[tuple[Write, Stage]]] = defaultdict(list)
    for write, stage in history.stages():
        found[stage.id].append((write, stage))
    return found


# ---- a stage runs once, where it was awarded


def launched(history: History, stage: str) -> set[str]:
    """The containers in which the stage's process was launched: started ones, and of those held before their turn the witnesses'."""
    started = {one.container for one in history.events if one.stage == stage and one.action == "start" and not one.held}
    seen = {one.container for one in history.witnesses.get(stage, ())}
    return started | {one.container for one in history.events if one.container[:12] in seen} | _unknown(history, seen)


def _unknown(history: History, seen: set[str]) -> set[str]:
    known = {one.container[:12] for one in history.events}
    return {container for container in seen if container not in known}


def a_stage_has_one_container_at_most(history: History) -> Violations:
    for stage in {one.stage for one in history.events} | set(history.witnesses):
        containers = launched(history, stage)
        if len(containers) > 1:
            yield f"{stage} was launched in {len(containers)} containers: {', '.join(sorted(containers))}"


def a_stage_is_executed_once_at_most(history: History) -> Violations:
    for stage, witnesses in history.witnesses.items():
        if len(witnesses) > 1:
            yield f"the process of {stage} ran {len(witnesses)} times, in {[one.container for one in witnesses]}"


def a_container_runs_only_where_its_stage_was_awarded(history: History) -> Violations:
    last = history.last()
    for event in history.events:
        stage = last.get(event.stage)
        if event.action == "start" and not event.held and stage and stage.node != event.node:
            yield f"{event.stage} is of {stage.node}, and was started on {event.node}"


def a_node_is_written_once(history: History) -> Violations:
    for id_, versions in _by_stage(history).items():
        awards = [(stage.node, stage.fence) for _, stage in versions if stage.node is not None]
        if len(set(awards)) > 1:
            yield f"{id_} was awarded to {sorted({f'{node} (fence {fence})' for node, fence in awards})}"
        if any(before.node is not None and after.node is None for (_, before), (_, after) in pairwise(versions)):
            yield f"{id_} was taken from its node"


# ---- states


def _next(state: State) -> frozenset[State]:
    return frozenset().union(*TRANSITIONS[state].values())


def _together(before: State) -> frozenset[State]:
    """States after one transaction, which may hold a start and an end at once."""
    allowed = _next(before) | {before}
    if State.RUNNING in allowed:
        allowed |= TRANSITIONS[State.RUNNING][Ended]
    return allowed


def states_follow_the_table(history: History) -> Violations:
    for id_, versions in _by_stage(history).items():
        first = versions[0][1].state
        if first not in _next(State.QUEUED) | {State.QUEUED}:
            yield f"{id_} began as {first.value}"
        for (_, before), (write, after) in pairwise(versions):
            if after.state not in _together(before.state):
                yield f"{id_} went from {before.state.value} to {after.state.value} at revision {write.revision}"


def an_end_is_for_ever(history: History) -> Violations:
    """Of an ended stage only what people write on it may change."""
    for id_, versions in _by_stage(history).items():
        for (_, before), (write, after) in pairwise(versions):
            if before.ended and (before.outcome, before.ended_at) != (after.outcome, after.ended_at):
                yield f"{id_} had ended, and ended otherwise at revision {write.revision}"


def every_end_is_reached(history: History) -> Violations:
    """Once the faults have stopped and the cluster has come to rest: no stage is under way."""
    runs = {(one.value.project, one.value.id): one.value for one in history.writes if isinstance(one.value, Run)}
    for id_, stage in history.last().items():
        run = runs.get((stage.project, stage.run))
        if stage.live and not (stage.state is State.QUEUED and run and run.hold):
            yield f"{id_} is still {stage.state.value} on {stage.node}"


def no_container_outlives_its_stage(history: History) -> Violations:
    """Once the cluster has come to rest: one that is still there may still write, to what others have given up."""
    last = history.last()
    gone = {one.container for one in history.events if one.action == "destroy"}
    for event in history.events:
        stage = last.get(event.stage)
        if event.action == "create" and event.container not in gone and stage and stage.ended:
            yield f"{event.stage} is {stage.state.value}, and its container on {event.node} is still there"


# ---- what people were told


def every_acknowledged_change_is_there(history: History) -> Violations:
    made = {f"{write.kind}/{write.key}" for write in history.writes if write.created}
    for one in history.acknowledged:
        if one.ref not in made:
            yield f"{one.answer} was acknowledged, and {one.ref} was never written"


def a_request_has_one_effect(history: History) -> Violations:
    answers: defaultdict[str, set[str]] = defaultdict(set)
    for one in history.acknowledged:
        if one.request:
            answers[one.request].add(one.answer)
    for request, names in answers.items():
        if len(names) > 1:
            yield f"request {request} was answered {sorted(names)}"
    remembered = Counter(write.key for write in history.writes if write.kind == Kind.REQUEST.value and write.created)
    for key, times in remembered.items():
        if times > 1:
            yield f"the request remembered as {key} was carried out {times} times"


# ---- capacity


def reserved_is_never_above_capacity(history: History) -> Violations:
    """At each revision, what the stages placed on a node ask for, against what it last registered, in cores and bytes."""
    nodes: dict[NodeId, Node] = {}
    placed: dict[str, Stage] = {}
    for revision, writes in _revisions(history.writes):
        for write in writes:
            if isinstance(write.value, Node):
                nodes[write.value.id] = write.value
            elif write.kind == Kind.STAGE.value:
                _place(placed, write)
        yield from (f"at revision {revision} {said}" for said in _over(nodes, placed.values()))


def _revisions(writes: Iterable[Write]) -> Iterator[tuple[int, list[Write]]]:
    together: defaultdict[int, list[Write]] = defaultdict(list)
    for write in writes:
        together[write.revision].append(write)
    yield from sorted(together.items())


def _place(placed: dict[str, Stage], write: Write) -> None:
    if isinstance(write.value, Stage) and write.value.state in PLACED:
        placed[write.key] = write.value
    else:
        placed.pop(write.key, None)


def _over(nodes: Mapping[NodeId, Node], placed: Iterable[Stage]) -> Violations:
    on: defaultdict[NodeId, list[Stage]] = defaultdict(list)
    for stage in placed:
        if stage.node is not None:
            on[stage.node].append(stage)
    for name, stages in on.items():
        node = nodes.get(name)
        if node is None:
            yield f"{name} has stages, and never registered"
            continue
        cpus = sum(stage.definition.resources.cpus for stage in stages)
        memory = sum(stage.definition.resources.memory for stage in stages)
        if cpus > node.capacity.cpus + 1e-6 or memory > node.capacity.memory:
            yield f"{name} had {cpus:g} CPUs and {memory} bytes reserved of {node.capacity.cpus:g} and {node.capacity.memory}"
        for gpu, times in Counter(gpu for stage in stages for gpu in stage.gpus).items():
            if times > 1:
                yield f"{gpu} of {name} was given to {times} stages at once"


# ---- what stages leave behind


def log_lines_are_contiguous(history: History) -> Violations:
    for stage, numbers in history.lines.items():
        if numbers != tuple(range(len(numbers))):
            at = next(index for index, number in enumerate(numbers) if number != index)
            yield f"the log of {stage} has line {numbers[at]} where {at} belongs"


def a_sealed_workspace_is_unchanged(history: History) -> Violations:
    for stage, seals in history.seals.items():
        if len(set(seals)) > 1:
            yield f"what {stage} left was changed after its end"


def nothing_is_published_by_an_older_fence(history: History) -> Violations:
    """Each output that was shown is a success's, of no older fence than the one before it, and the last shown is the newest.

    A fence is the revision of an award: no clock has a say, but among those that were awarded at once.
    """
    success: dict[str, tuple[int, float]] = {}
    newest: dict[tuple[str, str], str] = {}
    for _, stage in history.stages():
        if stage.state is State.SUCCEEDED:
            success[stage.id] = stage.fence, stage.ended_at or 0.0
            place = stage.project, stage.definition.name
            newest[place] = max(newest.get(place, stage.id), stage.id, key=lambda id_: success[id_])
    now: dict[tuple[str, str], str] = {}
    for one in history.shown:
        place = one.project, one.definition
        if one.stage not in success:
            yield f"{one.project} showed the output of {one.stage}, which never succeeded"
        elif success.get(now.get(place, ""), (0, 0.0)) > success[one.stage]:
            yield f"{one.project} showed {one.stage} after {now[place]}, which is newer"
        now[place] = one.stage
    for place, id_ in newest.items():
        if now.get(place) != id_:
            yield f"{place[0]} shows {now.get(place)} for {place[1]}, the newest success is {id_}"


# ---- who decides, and who kills


def epochs_never_go_back(history: History) -> Violations:
    """The leader's epoch is the create revision of the oldest claim at each moment."""
    claims: dict[str, int] = {}
    epoch = 0
    for revision, writes in _revisions(history.writes):
        moved = [write for write in writes if write.kind == "elections" and write.key.startswith("leader/")]
        for write in moved:
            if write.created:
                claims[write.key] = write.created
            else:
                claims.pop(write.key, None)
        if moved and claims:
            leading = min(claims.values())
            if leading < epoch:
                yield f"at revision {revision} the leader's epoch went from {epoch} back to {leading}"
            epoch = max(epoch, leading)


def nothing_is_killed_for_nothing(history: History) -> Violations:
    """A stage's process is killed by the test, or where it was aborted, ran out of time or was given up; by nobody else.

    A container that is removed at the very moment of its end gets a signal too: that does no harm to what has ended.
    """
    last = history.last()
    for event in history.events:
        if event.action != "kill" or event.container in history.killed_by_us:
            continue
        stage = last.get(event.stage)
        if stage is None or event.container not in launched(history, event.stage):
            continue
        if stage.live or (stage.outcome and stage.outcome.cause is Cause.SIGNAL):
            yield f"{event.stage} was killed on {event.node}, and it is {stage.state.value}"


Invariant = Callable[[History], Violations]

INVARIANTS: tuple[Invariant, ...] = (
    a_stage_has_one_container_at_most,
    a_stage_is_executed_once_at_most,
    a_container_runs_only_where_its_stage_was_awarded,
    a_node_is_written_once,
    states_follow_the_table,
    an_end_is_for_ever,
    every_end_is_reached,
    no_container_outlives_its_stage,
    every_acknowledged_change_is_there,
    a_request_has_one_effect,
    reserved_is_never_above_capacity,
    log_lines_are_contiguous,
    a_sealed_workspace_is_unchanged,
    nothing_is_published_by_an_older_fence,
    epochs_never_go_back,
    nothing_is_killed_for_nothing,
)


def violations(history: History, invariants: Iterable[Invariant] = INVARIANTS) -> list[str]:
    """What is wrong with the history, as sentences that begin with the invariant's name; empty when all hold."""
    return [f"{each.__name__}: {said}" for each in invariants for said in each(history)]
