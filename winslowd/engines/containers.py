"""What an attempt's container is made of: one recipe for those made in their turn and those made before it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace

from winslow.domain import layout
from winslow.domain.container import ContainerSpec, Image, fingerprint
from winslow.domain.mounts import Mounted, mounts_of
from winslow.domain.pipeline import DefinitionName
from winslow.domain.stage import NodeId, Stage
from winslow.ports import Clock, Driver, Journal, Logs, Quotas, Scratch, Store, Workspaces
from winslowd.engines.quiet import Quiet

SPEC_LABEL, IMAGE_LABEL = "winslow.spec", "winslow.image"
ON_THE_VOLUME = Mounted()
IMAGES_KEPT = 256
"""Images of runs remembered, so that the engine is not asked again for each stage."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a node's engines work with. `default_user` runs what names no user."""

    node: NodeId
    store: Store
    driver: Driver
    workspaces: Workspaces
    scratch: Scratch
    logs: Logs
    journal: Journal
    quotas: Quotas
    clock: Clock
    default_user: tuple[int, int]
    quiet: Quiet = field(default_factory=Quiet)


class Containers:
    """Builds specs of stages from the view as it is."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._images: OrderedDict[tuple[str, str, str], Image] = OrderedDict()

    def plan(self, stage: Stage) -> layout.WorkspacePlan:
        """The stage's directories."""
        parent = self._tools.store.view.stage(stage.parent) if stage.parent else None
        return layout.plan_workspace(stage, parent, self._joined(stage))

    async def user(self, stage: Stage) -> tuple[int, int]:
        """(uid, gid) that executes `stage`, its image at hand. Raises what pulling and resolving the user raise."""
        return await self._user(stage, await self._image(stage))

    async def spec(self, stage: Stage, mounted: Mounted = ON_THE_VOLUME, *, hold: bool = False) -> ContainerSpec:
        """The container for `stage`, its image at hand and its journal entry open.

        Raises what pulling and resolving the user raise.
        """
        image = await self._image(stage)
        volume, plan = self._tools.workspaces, self.plan(stage)
        spec = ContainerSpec(
            stage=stage.id,
            image=image,
            arguments=stage.definition.arguments,
            environment={**{one.name: one.value for one in stage.environment}, "WINSLOW_NODE": self._tools.node},
            mounts=mounts_of(plan, mounted, volume.absolute),
            resources=stage.definition.resources,
            user=await self._user(stage, image),
            control=self._tools.journal.open(stage.id),
            log=volume.absolute(plan.log),
            log_limit=stage.definition.log_limit,
            network=stage.definition.network,
            gpus=stage.gpus,
            hold=hold,
        )
        return _labelled(spec, stage)

    def _joined(self, stage: Stage) -> dict[DefinitionName, Stage | None]:
        return {name: self._tools.store.view.stage(id_) for name, id_ in stage.joined.items()}

    async def _image(self, stage: Stage) -> Image:
        """The digest that a run resolved first stays the run's, whatever the name means by now."""
        key = (stage.project, stage.run, stage.definition.image)
        if key not in self._images:
            image = await self._pinned(stage) or await self._tools.driver.pull(stage.definition.image)
            self._images.setdefault(key, image)  # another stage of the run may have been quicker
            if len(self._images) > IMAGES_KEPT:
                self._images.popitem(last=False)
        return self._images[key]

    async def _pinned(self, stage: Stage) -> Image | None:
        """What another stage of the run, perhaps on another node, was recorded to execute."""
        view, driver = self._tools.store.view, self._tools.driver
        run = view.run(stage.project, stage.run)
        for other in view.stages_of_run(run) if run else ():
            if (digest := other.image_digest) and other.definition.image == stage.definition.image:
                from_registry = "@" in digest  # else it was only ever on that node
                return await (driver.pull(digest) if from_registry else driver.inspect_image(digest))
        return None

    async def _user(self, stage: Stage, image: Image) -> tuple[int, int]:
        wanted = stage.definition.user
        if wanted:
            return await self._tools.driver.resolve_user(image, wanted)
        return image.user or self._tools.default_user


def _labelled(spec: ContainerSpec, stage: Stage) -> ContainerSpec:
    labels = {
        "winslow.project": stage.project,
        "winslow.fence": str(stage.fence),
        IMAGE_LABEL: spec.image.digest,
        SPEC_LABEL: fingerprint(spec),
    }
    return replace(spec, labels=labels)
