"""Which node a call needs: a table from methods to routes, each a pure function of the request and the view.

What a node keeps to itself are readings and what it writes now, its layered workspaces among it; what only the leader
knows is why it decides as it does. All else is in etcd or on the shared file system, and any node answers it. How a call is
passed on it never needs to know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from winslow.domain.pipeline import WorkspaceMode
from winslow.domain.records import reservation_ref
from winslow.domain.stage import NodeId, Stage, StageId
from winslow.domain.view import View
from winslow.errors import Code, InvalidArgument, Unavailable
from winslow.wire import names
from winslowd.api import decoding


@dataclass(frozen=True, slots=True)
class There:
    """Another node, and where it is reached."""

    node: NodeId
    address: str


ELSEWHERE = frozenset({Code.UNAVAILABLE, Code.NOT_FOUND, Code.UNIMPLEMENTED, Code.UNAUTHENTICATED})
"""Answers of another node that say more about it than about what was asked: it may not have seen yet what we have."""

Route = Callable[[Any, View, NodeId], There | None]
"""Where `request` is to be answered, as node `here` sees it in its view; None for here.

Raises Unavailable (NODE_SILENT) where only a node could answer that is silent.
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """`or_here`: what the other node would say can be said here too, a little worse: when it cannot be reached."""

    route: Route
    or_here: bool = False


def stage_named(name: str, view: View) -> Stage | None:
    """None for a name that is none, or of nothing: the use case says so."""
    try:
        project, id_ = decoding.stage_name(name)
    except InvalidArgument:
        return None
    found = view.stage(id_)
    return found if found and project in (names.ANY, found.project) else None


def to_writer(request: Any, view: View, here: NodeId) -> There | None:
    """Of a stage's log: the node on which the stage is; the shared file system has what an ended or a silent one wrote."""
    stage = stage_named(request.name, view)
    return _node(stage.node, view, here) if stage and stage.live else None


def to_measured(request: Any, view: View, here: NodeId) -> There | None:
    """Of a node's readings, which it keeps on its own disk."""
    return _only(_node_named(request.name), view, here)


def to_measurer(request: Any, view: View, here: NodeId) -> There | None:
    """Of a stage's readings: the node on which it is, or was; what a silent one kept of an ended stage is on the volume."""
    stage = stage_named(request.name, view)
    if stage is None:
        return None
    return _only(stage.node, view, here) if stage.live else _node(stage.node, view, here)


def to_workplace(request: Any, view: View, here: NodeId) -> There | None:
    """Of files: the node of a stage at work in a layered workspace, which alone has what the stage changes."""
    paths = [request.path] if hasattr(request, "path") else request.paths
    for path in paths:
        stage = _working(path, view)
        if stage is not None and (there := _node(stage.node, view, here)):
            return there
    return None


def to_leader(request: Any, view: View, here: NodeId) -> There | None:
    """Of what is decided: whoever decides."""
    return _node(view.leader, view, here)


def shares(asked: tuple[str, ...], view: View, here: NodeId) -> dict[NodeId, tuple[str, ...]]:
    """Who measures what of the nodes and stages `asked` (none: all nodes). What is silent is left out.

    Raises Unavailable (NODE_SILENT) when nothing is left.
    """
    found: dict[NodeId, tuple[str, ...]] = {}
    silent: list[NodeId] = []
    for name in asked or all_nodes(view, here):
        node = measurer(name, view) or here
        if node != here and view.node(node) is None:
            if knows(node, view):
                silent.append(node)
                continue
            node = here  # whose use case says that it is unknown
        found[node] = (*found.get(node, ()), name)
    if not found:
        raise _is_silent(silent[0])
    return found


LOGS = "/winslow.v1.LogService/"
FILES = "/winslow.v1.FileService/"
FOLLOW_LOG = f"{LOGS}FollowLog"
WATCH_READINGS = "/winslow.v1.NodeService/WatchReadings"
RULES: Mapping[str, Rule] = {
    **{f"{LOGS}{name}": Rule(to_writer, or_here=True) for name in ("ReadLog", "SearchLog")},
    **{f"{LOGS}{name}": Rule(to_writer, or_here=True) for name in ("LocateLogTime", "ExtractLogValues")},
    **{f"{FILES}{name}": Rule(to_workplace) for name in ("StatFile", "ListFiles", "StatFiles", "SearchFiles")},
    **{f"{FILES}{name}": Rule(to_workplace) for name in ("GetFileUsage", "GetFileDigest", "GetThumbnail")},
    "/winslow.v1.NodeService/ListReadings": Rule(to_measured),
    "/winslow.v1.StageService/ListStageReadings": Rule(to_measurer),
    "/winslow.v1.StageService/ExplainStage": Rule(to_leader, or_here=True),
    "/winslow.v1.ElectionService/GetElection": Rule(to_leader, or_here=True),
    "/winslow.v1.ElectionService/ListElections": Rule(to_leader, or_here=True),
}
"""Calls of one answer. Those that answer with a stream are below; what follows a log is in `forwarding`, since it
may need one node after another, and what watches readings in `gathering`, since it may need many."""


STREAMS: Mapping[str, Rule] = {
    f"{FILES}{name}": Rule(to_workplace) for name in ("ReadFile", "ReadFiles", "ArchiveFiles")
}
"""Calls whose whole stream comes from one node."""


def _working(path: str, view: View) -> Stage | None:
    """The live stage in whose layered workspace a path lies."""
    match path.split("/"):
        case ["projects", _, "stages", id_, "workspace", *_]:
            stage = view.stage(StageId(id_))
            layered = stage and stage.live and stage.definition.workspace is WorkspaceMode.LAYERED
            return stage if layered else None
        case _:
            return None


def _node(node: NodeId | None, view: View, here: NodeId) -> There | None:
    """`node`, if it is another one whose session lives."""
    found = view.node(node) if node and node != here else None
    return There(found.id, found.address) if found else None


def _only(node: NodeId | None, view: View, here: NodeId) -> There | None:
    """The same where nobody else can answer. A node that nobody has heard of is for the use case to refuse."""
    there = _node(node, view, here)
    if there is None and node and node != here and knows(node, view):
        raise _is_silent(node)
    return there


def _node_named(name: str) -> NodeId | None:
    try:
        return names.parse_node(name)
    except InvalidArgument:
        return None


def measurer(name: str, view: View) -> NodeId | None:
    """Who measures a node, or a stage that is on one; None for a stage that is on none."""
    if node := _node_named(name):
        return node
    stage = stage_named(name, view)
    return stage.node if stage and stage.live else None


def all_nodes(view: View, here: NodeId) -> tuple[str, ...]:
    """Those whose sessions live, and this one in any case."""
    return tuple(names.node(node) for node in sorted({here, *(one.id for one in view.nodes())}))


def knows(node: NodeId, view: View) -> bool:
    """Whether there is, or was, such a node."""
    records = (view.node(node), view.policy(node), view.silence(node), view.get(reservation_ref(node)))
    return any(records) or bool(view.live_on(node))


def _is_silent(node: NodeId) -> Unavailable:
    return Unavailable(
        f"{node} is silent, and only it has what was measured there",
        reason="NODE_SILENT",
        subject=f"nodes/{node}",
        hint=f"Ask again when it is back. Since when it is silent, and which stages it has: winslowctl node show {node}",
    )
