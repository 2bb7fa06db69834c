"""Layers: what is seen through several directories that lie on each other, and which layer stands on which.

A layer holds what one attempt changed; beneath the lowest lies a plain directory, the base. The rules are those of
the kernel's overlay file system, so that what is mounted for a container and what is told to people are one. Nothing
here knows how a directory is read or mounted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from winslow.domain.layout import stage_root
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import FailedPrecondition

MOST_LAYERS = 20
"""Of a chain, its base not counted. Each one costs a look for every name that is not in those above it."""


class Kind(Enum):
    """What a name stands for in one layer. WHITEOUT: for nothing, whatever lies below."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    SPECIAL = "special"
    WHITEOUT = "whiteout"


@dataclass(frozen=True, slots=True)
class Found:
    """A name in one layer. An opaque directory shows nothing of the directories below it."""

    kind: Kind
    opaque: bool = False


@dataclass(frozen=True, slots=True)
class Overlaid:
    """What a name stands for in all layers together.

    `layers`: those that it is made of, the topmost first; several for a directory, none when nothing is seen.
    `covers`: whatever more lay beneath the last layer under this name, it would not be seen.
    """

    layers: tuple[int, ...]
    covers: bool


def overlaid(found: Sequence[Found | None]) -> Overlaid:
    """What is seen of a name that was looked up in each layer of a directory, the topmost first (None: not there)."""
    made_of: list[int] = []
    for layer, entry in enumerate(found):
        if entry is None:
            continue
        if entry.kind is not Kind.DIRECTORY:
            # A file or a whiteout hides all below; beneath a directory it is hidden itself, and still hides.
            seen = not made_of and entry.kind is not Kind.WHITEOUT
            return Overlaid((layer,) if seen else tuple(made_of), covers=True)
        made_of.append(layer)
        if entry.opaque:
            return Overlaid(tuple(made_of), covers=True)
    return Overlaid(tuple(made_of), covers=False)


def seen(listings: Sequence[Mapping[str, Kind]]) -> dict[str, Kind]:
    """What is seen of a directory, by name; `listings` are its layers', the topmost first."""
    names: dict[str, Kind] = {}
    for listing in listings:
        for name, kind in listing.items():
            names.setdefault(name, kind)
    return {name: kind for name, kind in names.items() if kind is not Kind.WHITEOUT}


@dataclass(frozen=True, slots=True)
class Chain:
    """What a workspace is seen through: a base, and the attempts whose layers lie on it, the lowest first.

    `base` is the path of a plain directory that nobody changes any more; "" for none.
    """

    base: str = ""
    layers: tuple[StageId, ...] = ()

    def under(self, stage: StageId) -> Chain:
        """The chain with one more layer on top."""
        return Chain(self.base, (*self.layers, stage))


def footing(chain: Chain, most: int = MOST_LAYERS) -> Chain:
    """What a new layer made on `chain` shall stand on: on `chain`, or on its base alone when it would be too deep.

    In the second case the new layer takes in all those that it leaves out. The base, which may be large, is never copied,
    and each change once in `most` layers.
    """
    return chain if len(chain.layers) < most else Chain(chain.base)


def taken_in(chain: Chain, ground: Chain) -> tuple[StageId, ...]:
    """The layers of `chain` that are not in `ground`, the lowest first: a new layer on `ground` holds their changes, too."""
    return chain.layers[len(ground.layers) :]


def standing_on(project: ProjectId, stage: StageId, chains: Mapping[StageId, Chain]) -> tuple[StageId, ...]:
    """The attempts of `project` whose workspaces are seen through that of `stage`, by name; `chains` are all there are."""
    return tuple(sorted(other for other, chain in chains.items() if other != stage and _needs(project, chain, stage)))


def require_unneeded(project: ProjectId, stages: Iterable[StageId], chains: Mapping[StageId, Chain]) -> None:
    """`stages` may go together. Raises FailedPrecondition (LAYER_IN_USE) when one that stays stands on one of them."""
    going = frozenset(stages)
    for stage in sorted(going):
        staying = [other for other in standing_on(project, stage, chains) if other not in going]
        if staying:
            raise FailedPrecondition(
                f"{len(staying)} workspaces stand on that of {stage!r}: {', '.join(staying[:5])}",
                reason="LAYER_IN_USE",
                subject=stage,
                hint="Delete those first, or materialize them, so that they stand on their own",
            )


def _needs(project: ProjectId, chain: Chain, stage: StageId) -> bool:
    return stage in chain.layers or chain.base == f"{stage_root(project, stage)}/workspace"
