"""Enums of the core and of the contract, side by side: one explicit table each.

A member that is missing here, or there, fails a test and not a user.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Generic, TypeVar

from winslow.domain.pipeline import Confirmation, Network, RetryOn, WorkspaceMode
from winslow.domain.project import ProjectState, RunEnd, RunMode
from winslow.domain.resources import GpuVendor
from winslow.domain.stage import Cause, Layer, State
from winslow.domain.subscription import Occasion
from winslow.errors import InvalidArgument
from winslow.v1 import pipeline_pb2, project_pb2, resources_pb2, run_pb2, stage_pb2, subscription_pb2

D = TypeVar("D", bound=Enum)
P = TypeVar("P", bound=int)


class Table(Generic[D, P]):
    """Both ways between an enum of the core and one of the contract; `default` is what unspecified means in requests."""

    def __init__(self, rows: Mapping[D, P], default: D | None = None) -> None:
        self.rows = rows
        self._back: dict[int, D] = {int(there): here for here, there in rows.items()}
        if default is not None:
            self._back[0] = default
        self._name = type(next(iter(rows))).__name__

    def to_proto(self, value: D) -> P:
        return self.rows[value]

    def from_proto(self, value: int) -> D:
        """Raises InvalidArgument (ENUM_UNKNOWN) for a value that this version does not know."""
        found = self._back.get(value)
        if found is None:
            raise InvalidArgument(
                f"{value} is no {self._name} that this version of Winslow knows",
                reason="ENUM_UNKNOWN",
                subject=self._name,
                hint="It may come from a newer version: upgrade this one" if value else f"Say which {self._name}",
            )
        return found


GPU_VENDOR: Table[GpuVendor, resources_pb2.GpuVendor] = Table(
    {
        GpuVendor.ANY: resources_pb2.GPU_VENDOR_ANY,
        GpuVendor.NVIDIA: resources_pb2.GPU_VENDOR_NVIDIA,
        GpuVendor.AMD: resources_pb2.GPU_VENDOR_AMD,
    },
    GpuVendor.ANY,
)

CONFIRMATION: Table[Confirmation, pipeline_pb2.Confirmation] = Table(
    {
        Confirmation.NEVER: pipeline_pb2.CONFIRMATION_NEVER,
        Confirmation.ONCE: pipeline_pb2.CONFIRMATION_ONCE,
        Confirmation.ALWAYS: pipeline_pb2.CONFIRMATION_ALWAYS,
    },
    Confirmation.NEVER,
)

WORKSPACE_MODE: Table[WorkspaceMode, pipeline_pb2.WorkspaceMode] = Table(
    {
        WorkspaceMode.COPY: pipeline_pb2.WORKSPACE_MODE_COPY,
        WorkspaceMode.EMPTY: pipeline_pb2.WORKSPACE_MODE_EMPTY,
        WorkspaceMode.CONTINUE: pipeline_pb2.WORKSPACE_MODE_CONTINUE,
        WorkspaceMode.LAYERED: pipeline_pb2.WORKSPACE_MODE_LAYERED,
    },
    WorkspaceMode.COPY,
)

NETWORK: Table[Network, pipeline_pb2.Network] = Table(
    {
        Network.NONE: pipeline_pb2.NETWORK_NONE,
        Network.BRIDGE: pipeline_pb2.NETWORK_BRIDGE,
        Network.HOST: pipeline_pb2.NETWORK_HOST,
    },
    Network.NONE,
)

RETRY_ON: Table[RetryOn, pipeline_pb2.RetryOn] = Table(
    {
        RetryOn.ANY: pipeline_pb2.RETRY_ON_ANY,
        RetryOn.EXIT_CODE: pipeline_pb2.RETRY_ON_EXIT_CODE,
        RetryOn.OUT_OF_MEMORY: pipeline_pb2.RETRY_ON_OUT_OF_MEMORY,
        RetryOn.TIMEOUT: pipeline_pb2.RETRY_ON_TIMEOUT,
        RetryOn.IMAGE: pipeline_pb2.RETRY_ON_IMAGE,
        RetryOn.DISK_FULL: pipeline_pb2.RETRY_ON_DISK_FULL,
        RetryOn.ENGINE: pipeline_pb2.RETRY_ON_ENGINE,
        RetryOn.NODE_LOST: pipeline_pb2.RETRY_ON_NODE_LOST,
    }
)

STAGE_STATE: Table[State, stage_pb2.StageState] = Table(
    {
        State.QUEUED: stage_pb2.STAGE_STATE_QUEUED,
        State.ELECTING: stage_pb2.STAGE_STATE_ELECTING,
        State.PREPARING: stage_pb2.STAGE_STATE_PREPARING,
        State.RUNNING: stage_pb2.STAGE_STATE_RUNNING,
        State.SUCCEEDED: stage_pb2.STAGE_STATE_SUCCEEDED,
        State.FAILED: stage_pb2.STAGE_STATE_FAILED,
        State.ABORTED: stage_pb2.STAGE_STATE_ABORTED,
        State.LOST: stage_pb2.STAGE_STATE_LOST,
        State.SKIPPED: stage_pb2.STAGE_STATE_SKIPPED,
    }
)

CAUSE: Table[Cause, stage_pb2.Cause] = Table(
    {
        Cause.EXIT_CODE: stage_pb2.CAUSE_EXIT_CODE,
        Cause.SIGNAL: stage_pb2.CAUSE_SIGNAL,
        Cause.OUT_OF_MEMORY: stage_pb2.CAUSE_OUT_OF_MEMORY,
        Cause.TIMEOUT: stage_pb2.CAUSE_TIMEOUT,
        Cause.IMAGE_MISSING: stage_pb2.CAUSE_IMAGE_MISSING,
        Cause.COMMAND_NOT_FOUND: stage_pb2.CAUSE_COMMAND_NOT_FOUND,
        Cause.DISK_FULL: stage_pb2.CAUSE_DISK_FULL,
        Cause.ABORTED: stage_pb2.CAUSE_ABORTED,
        Cause.NODE_LOST: stage_pb2.CAUSE_NODE_LOST,
        Cause.STORAGE: stage_pb2.CAUSE_STORAGE,
        Cause.ENGINE: stage_pb2.CAUSE_ENGINE,
    }
)

LAYER: Table[Layer, stage_pb2.Layer] = Table(
    {
        Layer.GLOBAL: stage_pb2.LAYER_GLOBAL,
        Layer.PIPELINE: stage_pb2.LAYER_PIPELINE,
        Layer.STAGE: stage_pb2.LAYER_STAGE,
        Layer.SUBMISSION: stage_pb2.LAYER_SUBMISSION,
        Layer.INTERNAL: stage_pb2.LAYER_INTERNAL,
    }
)

PROJECT_STATE: Table[ProjectState, project_pb2.ProjectState] = Table(
    {
        ProjectState.IDLE: project_pb2.PROJECT_STATE_IDLE,
        ProjectState.RUNNING: project_pb2.PROJECT_STATE_RUNNING,
        ProjectState.AWAITING_INPUT: project_pb2.PROJECT_STATE_AWAITING_INPUT,
        ProjectState.PAUSED: project_pb2.PROJECT_STATE_PAUSED,
        ProjectState.FAILED: project_pb2.PROJECT_STATE_FAILED,
        ProjectState.SUCCEEDED: project_pb2.PROJECT_STATE_SUCCEEDED,
    }
)

RUN_MODE: Table[RunMode, run_pb2.RunMode] = Table(
    {RunMode.RUN_ON: run_pb2.RUN_MODE_RUN_ON, RunMode.ONE_STAGE: run_pb2.RUN_MODE_ONE_STAGE},
    RunMode.RUN_ON,
)

RUN_END: Table[RunEnd, run_pb2.RunEnd] = Table(
    {
        RunEnd.SUCCEEDED: run_pb2.RUN_END_SUCCEEDED,
        RunEnd.FAILED: run_pb2.RUN_END_FAILED,
        RunEnd.SUPERSEDED: run_pb2.RUN_END_SUPERSEDED,
    }
)

OCCASION: Table[Occasion, subscription_pb2.Occasion] = Table(
    {
        Occasion.AWAITING_INPUT: subscription_pb2.OCCASION_AWAITING_INPUT,
        Occasion.FAILED: subscription_pb2.OCCASION_FAILED,
        Occasion.SUCCEEDED: subscription_pb2.OCCASION_SUCCEEDED,
        Occasion.NODE_LOST: subscription_pb2.OCCASION_NODE_LOST,
        Occasion.STORAGE_WARNING: subscription_pb2.OCCASION_STORAGE_WARNING,
    }
)
