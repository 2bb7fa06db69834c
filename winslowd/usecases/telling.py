"""What people see of a record, and what they may see differently once a record has changed. A pure look at the view."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from winslow.domain.node import Node, Silence
from winslow.domain.pipeline import PipelineRecord
from winslow.domain.project import Project, Run, Sweep
from winslow.domain.records import Change, Comment, Globals, Kind, Record, Ref, pipeline_ref, run_ref, stage_ref
from winslow.domain.savedview import SavedView
from winslow.domain.stage import NodeId, Stage
from winslow.domain.subscription import Subscription
from winslow.domain.view import View
from winslowd.usecases import nodes, pipelines, stages, subscriptions
from winslowd.usecases.derivations import Derivations
from winslowd.usecases.derived import ProjectShown, RunShown, StageShown, SweepShown
from winslowd.usecases.nodes import NodeShown
from winslowd.usecases.pipelines import PipelineShown
from winslowd.usecases.settings import GlobalsShown
from winslowd.usecases.subscriptions import SubscriptionShown
from winslowd.usecases.views import ViewShown

Shown = (
    PipelineShown
    | ProjectShown
    | RunShown
    | SweepShown
    | StageShown
    | Comment
    | NodeShown
    | GlobalsShown
    | ViewShown
    | SubscriptionShown
)

WATCHED = frozenset(
    {
        *(Kind.PIPELINE, Kind.PROJECT, Kind.RUN, Kind.SWEEP, Kind.STAGE, Kind.COMMENT, Kind.NODE, Kind.GLOBALS),
        *(Kind.VIEW, Kind.SUBSCRIPTION),
    }
)
"""All that anybody may be told of."""
DERIVED = frozenset({Kind.PIPELINE, Kind.PROJECT, Kind.RUN, Kind.SWEEP, Kind.NODE})
"""What may be seen differently though its own record is as it was."""


@dataclass(frozen=True, slots=True)
class Told:
    """One resource as it became; `shown` is None when it was deleted.

    One of these goes to many; `kept` is for who passes it on, that he need not make the same of it again for each.
    """

    ref: Ref
    revision: int
    shown: Shown | None
    kept: dict[object, bytes] = field(init=False, default_factory=dict, compare=False, repr=False)


class Telling:
    """Tells what is in `view` now; of one project, which everybody asks for, the same `Told` until it is another."""

    def __init__(self, derivations: Derivations) -> None:
        self._derivations = derivations
        self._projects: dict[str, Told] = {}

    def tell(self, view: View, ref: Ref, now: float) -> Told | None:
        """A record as people see it now; None when it is gone."""
        found = view.get(ref)
        if ref.kind is Kind.NODE:
            shown = nodes.shown(view, NodeId(ref.key), now)
            return Told(ref, shown.revision, shown) if shown.node or shown.policy or shown.stages else None
        if found is None:
            self._projects.pop(ref.key, None)
            return None
        if isinstance(found.value, Project):
            return self._project(ref, found.revision, found.value)
        return Told(ref, found.revision, self._shown(view, found.value, found.revision, now))

    def forget(self) -> None:
        """Make each `Told` anew: nobody passes the old ones on any more."""
        self._projects.clear()

    def _project(self, ref: Ref, revision: int, project: Project) -> Told:
        shown, told = self._derivations.project(project), self._projects.get(ref.key)
        if told is None or told.shown is not shown:
            told = self._projects[ref.key] = Told(ref, revision, shown)
        return told

    def _shown(self, view: View, record: Record, revision: int, now: float) -> Shown:
        match record:
            case PipelineRecord():
                return pipelines.shown(view, record)
            case Run():
                return self._derivations.run(record)
            case Sweep():
                return self._derivations.sweep(record)
            case Stage():
                return stages.shown(view, record, now)
            case Comment():
                return record
            case Globals():
                return GlobalsShown(record, revision)
            case SavedView():
                return ViewShown(record, revision)
            case Subscription():
                return subscriptions.shown(view, record)
            case _:
                raise AssertionError(f"{type(record).__name__} is not watched")


def shown_by(ref: Ref) -> Ref:
    """What people see changing: a policy is its node's, and so is a silence; how far one was told is its subscription's."""
    if ref.kind is Kind.DELIVERY:
        return Ref(Kind.SUBSCRIPTION, ref.key)
    return Ref(Kind.NODE, ref.key) if ref.kind in (Kind.NODE_POLICY, Kind.SILENCE) else ref


def became_history(view: View, change: Change) -> bool:
    """Whether a record only moved to its project's history: it is as it was, and is still found."""
    if change.now is not None or change.ref.kind not in (Kind.RUN, Kind.STAGE, Kind.COMMENT):
        return False
    project = view.project(change.ref.key.partition("/")[0])
    return project is not None and not project.deleting


def derived_of(view: View, change: Change) -> Iterable[Ref]:
    """What may be seen differently after the change, beside what changed."""
    found = change.now or change.before
    record = found.value if found else None
    match record:
        case Stage():
            yield Ref(Kind.PROJECT, record.project)
            yield Ref(Kind.RUN, f"{record.project}/{record.run}")
            yield from (Ref(Kind.NODE, node) for node in _nodes(change))
        case Node() if change.before is None or change.now is None:  # its stages are suspect, or no longer
            yield from (stage_ref(stage) for stage in view.live_on(record.id))
        case Silence():  # it says for how long
            yield from (stage_ref(stage) for stage in view.live_on(record.node))
        case Run():
            yield Ref(Kind.PROJECT, record.project)
            yield change.ref
            if record.sweep:
                yield Ref(Kind.SWEEP, f"{record.project}/{record.sweep}")
        case Project():  # its gates and how far it is follow from its pipeline
            yield from (run_ref(run) for run in view.active_runs_of(record.id))
            yield from _sources(change)
        case Globals():  # gates wait for variables, which these may be
            for run in view.active_runs():
                yield run_ref(run)
                yield Ref(Kind.PROJECT, run.project)
        case _:
            return


def _nodes(change: Change) -> Iterable[NodeId]:
    """On which a stage is, or was."""
    both = [found.value.node for found in (change.before, change.now) if found and isinstance(found.value, Stage)]
    return dict.fromkeys(node for node in both if node)


def _sources(change: Change) -> Iterable[Ref]:
    """Pipelines of which a copy more or less is used."""
    both = [found.value.source for found in (change.before, change.now) if found and isinstance(found.value, Project)]
    if len(set(both)) == 2 or None in (change.before, change.now):
        yield from (pipeline_ref(source) for source in dict.fromkeys(both) if source is not None)
