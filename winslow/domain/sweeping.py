"""Sweeps: a run for each point of the product of their axes, made in batches after the sweep was acknowledged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from winslow.domain.branching import run_id
from winslow.domain.project import Run, RunEnd, RunMode, Sweep
from winslow.domain.stage import Reason
from winslow.domain.sweep import count, point

BATCH = 40
"""Runs made in one transaction; etcd takes 128 operations in one by default."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The next runs of a sweep, and the sweep as it is with them."""

    sweep: Sweep
    runs: tuple[Run, ...]


def next_batch(sweep: Sweep, now: float) -> Batch | None:
    """The next runs to make, or None when all are made or the sweep was stopped."""
    total = count(sweep.axes)
    last = min(sweep.made + BATCH, total)
    if sweep.stopped or sweep.made >= total:
        return None
    runs = tuple(run_of_point(sweep, index, now) for index in range(sweep.made, last))
    return Batch(replace(sweep, made=last), runs)


def run_of_point(sweep: Sweep, index: int, now: float) -> Run:
    """The run for point `index` of the sweep, counted from 0; the same each time."""
    values = point(sweep.axes, index)
    number = sweep.first_number + index
    override = replace(sweep.override, environment={**sweep.override.environment, **values})
    return Run(
        id=run_id(number),
        project=sweep.project,
        number=number,
        start=(sweep.start,),
        created_at=now,
        created_by=sweep.created_by,
        mode=sweep.mode,
        only=frozenset({sweep.start}) if sweep.mode is RunMode.ONE_STAGE else frozenset(),
        parent=sweep.parent,
        inherited=sweep.inherited,
        overrides={sweep.start: override},
        sweep=sweep.id,
        comment=", ".join(f"{name}={value}" for name, value in values.items()),
    )


def stop_of(sweep: Sweep, runs: Iterable[Run]) -> Sweep | None:
    """The sweep, stopped, when one of its points failed and it was not asked to go on; None otherwise."""
    if sweep.keep_going:
        return None
    failed = next((run for run in runs if run.sweep == sweep.id and run.end is RunEnd.FAILED), None)
    if failed is None:
        return None
    return replace(sweep, stopped=Reason("POINT_FAILED", f"run {failed.number} ({failed.comment}) failed"))
