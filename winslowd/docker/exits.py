"""How a stage's process ended, from what the launcher recorded and what the engine remembers. Pure.

It never needs to know where either came from. The launcher's record is the better witness: the engine cannot tell a
signal from an exit code, nor, on cgroup v1, a kill for memory. The record is written by the stage's own user, so its
values are bounded and nothing in it can make this fail.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from winslow.domain.container import Exit

REFUSED = 125
"""The launcher's exit code when the one launch was already claimed."""
KILL = 9
SIGNALS = 64


@dataclass(frozen=True, slots=True)
class EngineState:
    """The engine's memory of a container. Times in Unix seconds, 0 when unknown."""

    status: str
    code: int
    error: str
    out_of_memory: bool
    started_at: float
    ended_at: float

    @property
    def over(self) -> bool:
        """Whether it ran, or was meant to, and does not run any more."""
        return self.status in ("exited", "dead", "removing")

    @property
    def up(self) -> bool:
        return self.status in ("running", "paused", "restarting")


def engine_state(state: Mapping[str, Any]) -> EngineState:
    """The part `State` of the engine's answer to an inspection."""
    return EngineState(
        status=str(state.get("Status", "")),
        code=int(state.get("ExitCode", 0)),
        error=str(state.get("Error", "")),
        out_of_memory=bool(state.get("OOMKilled", False)),
        started_at=unix_seconds(str(state.get("StartedAt", ""))),
        ended_at=unix_seconds(str(state.get("FinishedAt", ""))),
    )


def unix_seconds(text: str) -> float:
    """The engine's RFC 3339 times, with up to nine digits of a second; 0 for its zero time and for anything else."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)", text)
    if match is None or text.startswith("0001-"):
        return 0.0
    whole, fraction, zone = match.groups()
    when = datetime.fromisoformat(whole + ("+00:00" if zone == "Z" else zone)).astimezone(UTC)
    return when.timestamp() + float(fraction or 0)


def from_record(record: Mapping[str, str]) -> Exit | None:
    """The launcher's own account; None when it is not one."""
    code, signal = _number(record, "code", 255), _number(record, "signal", SIGNALS)
    if code is None or signal is None:
        return None
    failed = bool(code or signal)
    return Exit(
        code=0 if signal else code,
        signal=signal,
        out_of_memory=failed and record.get("out_of_memory") == "1",
        disk_full=failed and record.get("disk_full") == "1",
        quota_full=failed and record.get("quota_full") == "1",
        started_at=(_number(record, "started", 1 << 63) or 0) / 1e9,
        ended_at=(_number(record, "ended", 1 << 63) or 0) / 1e9,
        launched=record.get("launched") == "1",
        message=_message(record),
    )


def _message(record: Mapping[str, str]) -> str:
    said = "".join(c for c in record.get("message", "") if c.isprintable())[:256]
    lost = "part of its log could not be written" if record.get("log_lost") == "1" else ""
    return "; ".join(filter(None, (said, lost)))


def _number(record: Mapping[str, str], key: str, limit: int) -> int | None:
    text = record.get(key, "")
    if not re.fullmatch(r"[0-9]{1,20}", text) or int(text) > limit:
        return None
    return int(text)


def from_engine(engine: EngineState, started: float | None, refused: bool) -> Exit:
    """Where there is no record: the launcher was killed, or never came so far. `started` is when it claimed the launch."""
    if started is None:
        why = f": {engine.error}" if engine.error else ""
        return Exit(
            code=engine.code or 1,
            ended_at=engine.ended_at,
            launched=False,
            message=f"the container ended before the stage's process was launched{why}",
        )
    begun = started or engine.started_at
    if refused and engine.code == REFUSED:
        return Exit(0, KILL, started_at=begun, ended_at=engine.ended_at, message="killed; its end was not seen")
    signal = engine.code - 128 if 128 < engine.code <= 128 + SIGNALS else 0
    return Exit(
        code=0 if signal else engine.code,
        signal=signal,
        out_of_memory=engine.out_of_memory,
        started_at=begun,
        ended_at=engine.ended_at,
        message=engine.error or ("killed from outside the container" if signal == KILL else ""),
    )
