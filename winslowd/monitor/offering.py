"""What this node offers to elections: what it has free, as it was measured last.

Free means idle now, whoever uses the rest: stages of ours, other people's programs, the kernel. What is reserved is none of
its business: a stage that was awarded and has not begun to use what it asked for is counted by the leader, which must not
add what is measured here on top, or a stage that does use it would count twice. So the election takes an offer as how much
a node is liked, and refuses only where nothing of ours explains what is missing: a GPU that nobody of ours has, and
whose memory somebody fills all the same.
"""

from __future__ import annotations

from collections.abc import Callable

from winslow.domain.node import GpuOffer, Node, Offer
from winslow.domain.reading import GpuReading, OfNode, Reading
from winslow.domain.resources import Gpu
from winslow.ports import Readings, Storage, StorageState
from winslowd.monitor.host import cores, memory_size


class Offering:
    """Makes offers of `node`, with `gpus` as they were found last; `engine_fault` is why it can run nothing, "" when it can."""

    def __init__(
        self,
        node: Node,
        readings: Readings,
        gpus: Callable[[], tuple[Gpu, ...]],
        storage: StorageState,
        engine_fault: Callable[[], str],
    ) -> None:
        self._node = node
        self._readings = readings
        self._gpus = gpus
        self._storage = storage
        self._engine_fault = engine_fault
        self._cores = cores()
        self._memory = memory_size()

    def offer(self, number: int) -> Offer:
        """Answers at once. Before the first measurement the node is taken to be idle, and its GPUs' memory free."""
        subject = OfNode(self._node.id)
        reading = self._readings.latest.get(subject) or Reading(subject, 0.0, 0)
        storage = self._storage()
        return Offer(
            node=self._node.id,
            incarnation=self._node.incarnation,
            number=number,
            cpus_idle=min(max(self._cores - reading.cpus, 0.0), self._node.capacity.cpus),
            memory_available=min(max(self._memory - reading.memory, 0), self._node.capacity.memory),
            disk_free=storage.free,
            gpus=tuple(_gpu_offers(self._gpus(), reading.gpus)),
            obstacles=tuple(self._obstacles(storage)),
        )

    def _obstacles(self, storage: Storage) -> list[str]:
        fault = f"its storage is not well: {storage.fault}" if storage.fault else ""
        full = f"its storage is full: {storage.full}" if storage.full else ""
        return [obstacle for obstacle in (self._engine_fault(), fault, full) if obstacle]


def _gpu_offers(gpus: tuple[Gpu, ...], readings: tuple[GpuReading, ...]) -> list[GpuOffer]:
    """A GPU that is there and was not read is told as free: nothing says otherwise."""
    read = {one.uuid: one for one in readings}
    return [
        GpuOffer(
            gpu.uuid,
            read[gpu.uuid].utilisation if gpu.uuid in read else 0.0,
            max(gpu.memory - (read[gpu.uuid].memory_used if gpu.uuid in read else 0), 0),
        )
        for gpu in gpus
    ]
