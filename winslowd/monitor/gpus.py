"""The node's NVIDIA GPUs, by UUID. A machine without the driver's library simply has none.

NVML is asked anew each time, so that a GPU that appears later, or falls off its bus, is seen without a restart.
"""

from __future__ import annotations

import structlog

from winslow.domain.resources import Gpu, GpuVendor

log = structlog.get_logger(__name__)


def nvidia_gpus() -> tuple[Gpu, ...]:
    """Every GPU that answers; one that is lost is left out and logged."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return ()
    try:
        driver = _text(pynvml.nvmlSystemGetDriverVersion())
        found = [_gpu(index, driver) for index in range(pynvml.nvmlDeviceGetCount())]
        return tuple(gpu for gpu in found if gpu is not None)
    except pynvml.NVMLError as error:
        log.warning("NVML does not answer", error=str(error))
        return ()
    finally:
        pynvml.nvmlShutdown()


def _gpu(index: int, driver: str) -> Gpu | None:
    import pynvml

    try:
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
        return Gpu(
            uuid=_text(pynvml.nvmlDeviceGetUUID(handle)),
            vendor=GpuVendor.NVIDIA,
            model=_text(pynvml.nvmlDeviceGetName(handle)),
            memory=int(pynvml.nvmlDeviceGetMemoryInfo(handle).total),
            driver=driver,
        )
    except pynvml.NVMLError as error:
        log.warning("a GPU does not answer and is left out", index=index, error=str(error))
        return None


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
