"""How a process's exit becomes a stage's outcome, in words that say what to do."""

from __future__ import annotations

from collections.abc import Iterable
from signal import Signals
from typing import Protocol

from winslow.domain.container import Exit
from winslow.domain.pipeline import DefinitionName, StageDefinition
from winslow.domain.project import Allowance
from winslow.domain.quantity import about_size
from winslow.domain.stage import Cause, Outcome, Stage, StageId, State
from winslow.errors import WinslowError


class Judged(Protocol):
    """Why we stopped it, when we did."""

    @property
    def cause(self) -> Cause: ...

    @property
    def message(self) -> str: ...


REFUSALS = {
    "IMAGE_MISSING": Cause.IMAGE_MISSING,
    "DISK_FULL": Cause.DISK_FULL,
    "QUOTA_EXCEEDED": Cause.DISK_FULL,
    "SOURCE_MISSING": Cause.STORAGE,
    "LAYER_IN_USE": Cause.STORAGE,
    "LAYER_DAMAGED": Cause.STORAGE,
    "STORAGE_DEGRADED": Cause.STORAGE,
}
"""Causes of stages that never ran, by the reason of the error; anything else is the engine's refusal."""


def refused(error: WinslowError) -> Outcome:
    """The outcome of a stage that could not be brought up."""
    return Outcome(cause=REFUSALS.get(error.reason, Cause.ENGINE), message=str(error))


def without_workspace(found: Outcome, error: WinslowError) -> Outcome:
    """The outcome of a stage whose workspace could not be kept: what it changed is gone, so it did not succeed."""
    cause = found.cause or REFUSALS.get(error.reason, Cause.STORAGE)
    said = f"{found.message}; " if found.message else ""
    return Outcome(found.exit_code, cause, f"{said}its workspace could not be kept: {error}")


def outcome(
    exit_: Exit, verdict: Judged | None, definition: StageDefinition, allowance: Allowance | None = None
) -> Outcome:
    """Success, or the one cause that a person should know first. `allowance` is the project's, where it is known.

    What we decided comes before what was observed, and that before what the exit code suggests; but a process that
    ended well before our signal reached it has succeeded.
    """
    code = _code(exit_)
    if exit_.launched and exit_.code == 0 and not exit_.signal and not exit_.out_of_memory and verdict is None:
        return Outcome(exit_code=0)
    if verdict is not None:
        return Outcome(code, verdict.cause, verdict.message)
    cause, message = _observed(exit_, definition, allowance)
    return Outcome(code, cause, message)


def _code(exit_: Exit) -> int | None:
    if not exit_.launched:
        return None
    return 128 + exit_.signal if exit_.signal else exit_.code


def _observed(exit_: Exit, definition: StageDefinition, allowance: Allowance | None) -> tuple[Cause, str]:
    if exit_.out_of_memory:
        limit = definition.resources.memory
        return Cause.OUT_OF_MEMORY, f"it needed more than its {limit / 2**20:g} MiB of memory; raise resources.memory"
    if exit_.quota_full:
        return Cause.DISK_FULL, _of_quota(allowance)
    if exit_.disk_full:
        return Cause.DISK_FULL, "its disk was full; make room, or write less"
    if not exit_.launched and exit_.code in (126, 127):
        return Cause.COMMAND_NOT_FOUND, f"its command could not be executed: {exit_.message}"
    if not exit_.launched:
        return Cause.ENGINE, exit_.message or "its process was never launched"
    if exit_.signal:
        return Cause.SIGNAL, f"it was killed by {_signal_name(exit_.signal)}"
    return Cause.EXIT_CODE, f"it exited with code {exit_.code}"


def _of_quota(allowance: Allowance | None) -> str:
    advice = "delete old attempts or files of the project, or have its quota raised (winslowctl project set --quota)"
    if allowance is None or not allowance.quota:
        return f"its quota was used up; {advice}"
    used, quota = about_size(allowance.used), about_size(allowance.quota)
    return f"its project's quota of {quota} was used up ({used} are used); {advice}"


def _signal_name(number: int) -> str:
    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"


def published(stages: Iterable[Stage], definition: DefinitionName) -> StageId | None:
    """The attempt whose output is the project's for this definition: of those that succeeded, the one awarded last.

    The order is that of the fences, so that neither an older attempt that takes longer nor a node whose clock is ahead
    hides what came after; only among those awarded at once do their ends decide.
    """
    done = [stage for stage in stages if stage.definition.name == definition and stage.state is State.SUCCEEDED]
    return max(done, key=lambda stage: (stage.fence, stage.ended_at or 0.0, stage.id)).id if done else None
