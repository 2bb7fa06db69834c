"""Whether a failed attempt is tried again without a person, and when."""

from __future__ import annotations

from winslow.domain.pipeline import RetryOn, RetryPolicy
from winslow.domain.stage import Cause

CLASS: dict[Cause, RetryOn] = {
    Cause.EXIT_CODE: RetryOn.EXIT_CODE,
    Cause.SIGNAL: RetryOn.EXIT_CODE,
    Cause.COMMAND_NOT_FOUND: RetryOn.EXIT_CODE,
    Cause.OUT_OF_MEMORY: RetryOn.OUT_OF_MEMORY,
    Cause.TIMEOUT: RetryOn.TIMEOUT,
    Cause.IMAGE_MISSING: RetryOn.IMAGE,
    Cause.DISK_FULL: RetryOn.DISK_FULL,
    Cause.STORAGE: RetryOn.ENGINE,
    Cause.ENGINE: RetryOn.ENGINE,
    Cause.NODE_LOST: RetryOn.NODE_LOST,
}
"""The class of failure that a retry policy names. ABORTED is missing: what a person stopped stays stopped."""


def retry_delay(policy: RetryPolicy, attempts: int, cause: Cause | None) -> float | None:
    """Seconds to wait before the next attempt, after `attempts` of them the last of which failed by `cause`.

    None when there is to be none: the policy's attempts are used up, or it does not name this class of failure.
    """
    kind = CLASS.get(cause) if cause else None
    if kind is None or attempts >= policy.attempts:
        return None
    if RetryOn.ANY not in policy.on and kind not in policy.on:
        return None
    return min(policy.backoff * policy.factor ** min(attempts - 1, 64), policy.backoff_max)
