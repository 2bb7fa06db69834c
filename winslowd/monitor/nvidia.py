"""The node's NVIDIA GPUs through NVML, by UUID: what they are, and what they do.

A machine without the driver's library simply has none. NVML stays initialised between two readings, since on a
machine without persistence mode each beginning wakes the cards, which takes seconds. It never needs to know who asks.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import structlog

from winslow.domain.reading import GpuReading
from winslow.domain.resources import Gpu, GpuVendor

log = structlog.get_logger(__name__)

LIBRARY = "libnvidia-ml.so.1"
"""The driver's, under the name by which the binding loads it."""
CARDS = Path("/proc/driver/nvidia/gpus")
"""Where the kernel's driver lists the cards it drives; NVML itself may not notice one that comes later."""


class NvidiaGpus:
    """Not safe for threads. `cards` is the kernel's list."""

    def __init__(self, cards: Path = CARDS) -> None:
        self._cards = cards
        self._known: frozenset[str] | None = None
        """The kernel's list when NVML was last initialised; None while it is not."""
        self._lost: frozenset[int] = frozenset()
        self._handles: dict[str, Any] = {}

    def look(self) -> tuple[Gpu, ...]:
        """Every GPU that answers now; one that is lost is left out and logged once."""
        cards = _listed(self._cards)
        if self._known is not None and (self._known != cards or self._lost):
            self.close()
        if self._known is None and not _has_library():
            return ()
        import pynvml

        try:
            if self._known is None:
                pynvml.nvmlInit()
                self._known = cards
            driver = _text(pynvml.nvmlSystemGetDriverVersion())
            found = dict(self._answering(driver))
        except pynvml.NVMLError as error:
            if not isinstance(error, pynvml.NVMLError_DriverNotLoaded):
                log.warning("NVML does not answer", error=str(error))
            self.close()
            return ()
        self._handles = {gpu.uuid: handle for gpu, handle in found.items()}
        return tuple(found)

    def read(self) -> tuple[GpuReading, ...]:
        """What the GPUs of the last look do; those that have been lost since are left out."""
        if not self._handles:
            return ()
        import pynvml

        readings = []
        for uuid, handle in self._handles.items():
            try:
                readings.append(_read(uuid, handle))
            except pynvml.NVMLError as error:
                log.debug("a GPU was not read", uuid=uuid, error=str(error))
        return tuple(readings)

    def close(self) -> None:
        """Let go of NVML; closing twice is closing once, and a look opens it again."""
        self._handles = {}
        if self._known is not None:
            import pynvml

            self._known = None
            _or_zero(pynvml.nvmlShutdown)

    def _answering(self, driver: str) -> Iterator[tuple[Gpu, Any]]:
        import pynvml

        lost = set()
        for index in range(pynvml.nvmlDeviceGetCount()):
            try:
                handle = pynvml.nvmlDeviceGetHandleByIndex(index)
                yield _gpu(handle, driver), handle
            except pynvml.NVMLError as error:
                lost.add(index)
                if index not in self._lost:
                    log.warning("a GPU does not answer and is left out", index=index, error=str(error))
        self._lost = frozenset(lost)


def _has_library() -> bool:
    """Asked first, since the binding takes 16 MB of memory that a machine without such GPUs need not spend."""
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        return False
    return True


def _gpu(handle: Any, driver: str) -> Gpu:
    import pynvml

    return Gpu(
        uuid=_text(pynvml.nvmlDeviceGetUUID(handle)),
        vendor=GpuVendor.NVIDIA,
        model=_text(pynvml.nvmlDeviceGetName(handle)),
        memory=int(pynvml.nvmlDeviceGetMemoryInfo(handle).total),
        driver=driver,
    )


def _read(uuid: str, handle: Any) -> GpuReading:
    """Raises NVMLError when the GPU itself does not answer."""
    import pynvml

    return GpuReading(
        uuid=uuid,
        memory_used=int(pynvml.nvmlDeviceGetMemoryInfo(handle).used),
        utilisation=_or_zero(lambda: pynvml.nvmlDeviceGetUtilizationRates(handle).gpu) / 100,
        temperature=_or_zero(lambda: pynvml.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU)),
        power=_or_zero(lambda: pynvml.nvmlDeviceGetPowerUsage(handle)) / 1000,
    )


def _or_zero(ask: Callable[[], float | None]) -> float:
    """Old cards, small cards and old drivers do not tell everything."""
    import pynvml

    try:
        return float(ask() or 0)
    except pynvml.NVMLError:
        return 0.0


def _listed(cards: Path) -> frozenset[str]:
    try:
        return frozenset(card.name for card in cards.iterdir())
    except OSError:
        return frozenset()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
