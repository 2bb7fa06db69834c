"""What must hold of every world, judged from etcd's own history and from what engines and the volume recorded.

Each check is a generator of sentences: what was violated, and by what.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.simulation.ledger import Attempt, Moment
from tests.simulation.people import People
from tests.simulation.world import World
from winslow.domain import exits
from winslow.domain.lifecycle import TRANSITIONS
from winslow.domain.records import Kind
from winslow.domain.stage import PLACED, WAITING, NodeId, Stage, State

REFUSED_FOR_SURE = frozenset({"REVISION_MISMATCH", "FENCED", "ETCD_UNAVAILABLE", "LEASE_LOST", "COMMIT_TOO_LARGE"})
BEGINNINGS = frozenset({State.QUEUED, State.ELECTING, State.PREPARING, State.SKIPPED})


def of_history(world: World, people: People) -> Iterator[str]:
    """What must hold whenever one looks, faults or not."""
    history = world.ledger.history()
    yield from world.ledger.violations
    yield from stages(history)
    yield from capacity(world, history)
    yield from acknowledgements(world, history)
    yield from requests(history, people)
    yield from epochs(world)
    yield from logs(world)
    world.volume.check_seals()


def stages(history: list[Moment]) -> Iterator[str]:
    """Made once, placed once, moved as the table says, never again after the end."""
    before: dict[str, Stage | None] = {}
    for moment in history:
        if moment.ref.kind is not Kind.STAGE:
            continue
        key, now = moment.ref.key, moment.value
        assert now is None or isinstance(now, Stage)
        was = before.get(key)
        if key in before and was is None and now is not None:
            yield f"r{moment.revision}: {key} was made again after it was deleted"
        elif now is not None:
            yield from (f"r{moment.revision}: {key} {what}" for what in _moved(was, now))
        before[key] = now


def _moved(was: Stage | None, now: Stage) -> Iterator[str]:
    if was is None:
        if now.state not in BEGINNINGS:
            yield f"begins as {now.state.value}"
        return
    if was.node is not None and (now.node, now.fence, now.placed_at) != (was.node, was.fence, was.placed_at):
        yield f"was {was.node}'s (fence {was.fence}) and became {now.node}'s (fence {now.fence})"
    if now.state is not was.state and now.state not in _reach(was.state):
        yield f"went from {was.state.value} to {now.state.value}"
    if was.ended and (now.outcome, now.ended_at, dict(now.results)) != (was.outcome, was.ended_at, dict(was.results)):
        yield "changed after its end"
    if was.abort is not None and now.abort != was.abort:
        yield "forgot that somebody aborted it"


def _reach(state: State) -> frozenset[State]:
    """Where one commit may lead: a start and an end may be recorded at once."""
    once = frozenset().union(*TRANSITIONS[state].values()) if TRANSITIONS[state] else frozenset()
    if state is State.PREPARING:
        once |= frozenset().union(*TRANSITIONS[State.RUNNING].values())
    return once


def capacity(world: World, history: list[Moment]) -> Iterator[str]:
    """What is placed on a node never exceeds what it has."""
    has = {node.id: node.machine.capacity for node in world.nodes}
    placed: dict[NodeId, dict[str, Stage]] = defaultdict(dict)
    for moment in history:
        if moment.ref.kind is not Kind.STAGE:
            continue
        now = moment.value
        for stages_ in placed.values():
            stages_.pop(moment.ref.key, None)
        if isinstance(now, Stage) and now.node and now.state in PLACED:
            mine = placed[now.node]
            mine[moment.ref.key] = now
            needs = [stage.definition.resources for stage in mine.values()]
            cpus, memory = sum(need.cpus for need in needs), sum(need.memory for need in needs)
            gpus = [gpu for stage in mine.values() for gpu in stage.gpus]
            if cpus > has[now.node].cpus or memory > has[now.node].memory or len(set(gpus)) < len(gpus):
                yield f"r{moment.revision}: {now.node} has {', '.join(sorted(mine))} at the same time: {cpus:g} cores"


def acknowledgements(world: World, history: list[Moment]) -> Iterator[str]:
    """What was answered is what happened, once."""
    made: dict[int, set[str]] = defaultdict(set)
    for moment in history:
        made[moment.revision].add(str(moment.ref))
    for attempt in world.ledger.attempts:
        what = f"{attempt.node}'s commit of {[str(put.ref) for put in attempt.commit.puts[:3]]}"
        effects = [revision for revision in attempt.applied if made[revision]]
        if len(effects) > 1 and attempt.commit.expects and attempt.commit.puts:
            yield f"{what} happened {len(effects)} times, at {effects}"
        if attempt.answer is not None and attempt.commit.puts:
            # One that expects nothing is read back, and what the node sent before, just the same, has done it as well.
            twins = [] if attempt.commit.expects else [one for one in world.ledger.attempts if _same(one, attempt)]
            if attempt.answer not in effects and not any(attempt.answer in one.applied for one in twins):
                yield f"{what} was acknowledged at r{attempt.answer}, but happened at {effects}"
            elif missing := [str(put.ref) for put in attempt.commit.puts if str(put.ref) not in made[attempt.answer]]:
                yield f"{what} was acknowledged at r{attempt.answer}, but {missing} is not in it"
        if attempt.refusal in REFUSED_FOR_SURE and effects and attempt.commit.expects:
            yield f"{what} was refused ({attempt.refusal}), but happened at {effects}"


def requests(history: list[Moment], people: People) -> Iterator[str]:
    """One effect for one request ID, one answer, and the effect is there."""
    remembered: dict[str, int] = defaultdict(int)
    ever = {str(moment.ref) for moment in history}
    for moment in history:
        if moment.ref.kind is Kind.REQUEST and moment.value is not None:
            remembered[moment.ref.key] += 1
    for key, count in remembered.items():
        if count > 1:
            yield f"request {key} took effect {count} times"
    for asked in people.asked:
        if len(set(asked.answers)) > 1:
            yield f"{asked.by}'s {asked.what} ({asked.id}) was answered {asked.answers}"
        for answer in asked.answers:
            if not _is_there(answer, ever):
                yield f"{asked.by}'s {asked.what} was answered {answer}, which never was"


def _is_there(answer: str, ever: set[str]) -> bool:
    match answer.split("/"):
        case ["projects", project]:
            return f"projects/{project}" in ever
        case ["projects", project, ("runs" | "stages" | "sweeps") as kind, name]:
            return name == "-" or f"{kind}/{project}/{name}" in ever
        case _:
            return True


def epochs(world: World) -> Iterator[str]:
    """Terms follow one another."""
    last = 0
    for revision in sorted(world.ledger.by_revision):
        attempt = world.ledger.by_revision[revision]
        if attempt.term is None:
            continue
        if attempt.term.revision < last:
            yield f"r{revision}: {attempt.node} wrote in term {attempt.term.revision} after term {last} had begun"
        last = max(last, attempt.term.revision)


def logs(world: World) -> Iterator[str]:
    """What a process said is in its log, in order, without a gap and without a repeat."""
    for path, log in world.volume.logs.items():
        stage = path.split("/")[-2]
        texts = [line.split(b" ", 3)[3].decode() for line in bytes(log).splitlines()]
        said = world.ledger.lines.get(stage, [])
        if texts != said:
            yield f"the log of {stage} has {texts}, its process said {said}"


def of_rest(world: World) -> Iterator[str]:
    """What must hold in the end, when all faults are over and people have done what they were asked for."""
    deleting = {project.id for project in world.projects() if project.deleting}
    yield from (f"project {project} is still being deleted" for project in deleting)
    runs = {(run.project, run.id): run for run in world.runs()}
    all_stages = world.stages()
    for stage in all_stages:
        run = runs.get((stage.project, stage.run))
        if stage.state in PLACED:
            yield f"{stage.id} is still {stage.state.value} on {stage.node}"
        elif stage.state in WAITING and not (run and run.hold) and not _impossible(world, stage):
            yield f"{stage.id} still waits: {stage.reason.text if stage.reason else 'nobody says why'}"
        elif stage.state in WAITING and stage.reason is None:
            yield f"{stage.id} waits and does not say why"
    yield from _ends(world, all_stages)
    yield from _outputs(world, all_stages)
    for node in world.nodes:
        if node.engine.boxes:
            yield f"{node.id} still has containers: {', '.join(node.engine.boxes)}"
        if node.machine.disk.entries:
            yield f"{node.id} still remembers: {', '.join(node.machine.disk.entries)}"


def _impossible(world: World, stage: Stage) -> bool:
    need = stage.definition.resources
    return not any(
        need.cpus <= node.machine.capacity.cpus and need.gpus.count <= len(node.machine.capacity.gpus)
        for node in world.nodes
    )


def _ends(world: World, all_stages: list[Stage]) -> Iterator[str]:
    """No success that did not run, none that is told otherwise."""
    for stage in all_stages:
        if stage.state is State.SUCCEEDED and stage.id not in world.ledger.launches:
            yield f"{stage.id} succeeded without being launched"


def _outputs(world: World, all_stages: list[Stage]) -> Iterator[str]:
    """The last success of each definition is shown."""
    known = {project.id for project in world.projects()}
    shown = {key: stage for key, stage in world.volume.shown.items() if key[0] in known}
    for project, name in {(stage.project, stage.definition.name) for stage in all_stages}:
        if project not in known:
            continue
        latest = exits.published([one for one in all_stages if one.project == project], name)
        if shown.get((project, name)) != latest:
            yield f"{project} shows {shown.get((project, name))} for {name}, its last success is {latest}"


def _same(one: Attempt, other: Attempt) -> bool:
    return (one.node, one.commit) == (other.node, other.commit)
