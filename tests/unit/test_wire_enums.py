"""Every member of an enum has its place on both sides."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.descriptor import EnumDescriptor

from winslow.domain.pipeline import Confirmation, Network, RetryOn, WorkspaceMode
from winslow.domain.project import ProjectState, RunEnd, RunMode
from winslow.domain.resources import GpuVendor
from winslow.domain.stage import Cause, Layer, State
from winslow.domain.subscription import Occasion
from winslow.errors import InvalidArgument
from winslow.v1 import pipeline_pb2, project_pb2, resources_pb2, run_pb2, stage_pb2, subscription_pb2
from winslow.wire import enums

ROWS: list[tuple[enums.Table[Any, Any], Any, EnumDescriptor]] = [
    (enums.GPU_VENDOR, GpuVendor, resources_pb2.GpuVendor.DESCRIPTOR),
    (enums.CONFIRMATION, Confirmation, pipeline_pb2.Confirmation.DESCRIPTOR),
    (enums.WORKSPACE_MODE, WorkspaceMode, pipeline_pb2.WorkspaceMode.DESCRIPTOR),
    (enums.NETWORK, Network, pipeline_pb2.Network.DESCRIPTOR),
    (enums.RETRY_ON, RetryOn, pipeline_pb2.RetryOn.DESCRIPTOR),
    (enums.STAGE_STATE, State, stage_pb2.StageState.DESCRIPTOR),
    (enums.CAUSE, Cause, stage_pb2.Cause.DESCRIPTOR),
    (enums.LAYER, Layer, stage_pb2.Layer.DESCRIPTOR),
    (enums.PROJECT_STATE, ProjectState, project_pb2.ProjectState.DESCRIPTOR),
    (enums.RUN_MODE, RunMode, run_pb2.RunMode.DESCRIPTOR),
    (enums.RUN_END, RunEnd, run_pb2.RunEnd.DESCRIPTOR),
    (enums.OCCASION, Occasion, subscription_pb2.Occasion.DESCRIPTOR),
]

WITHOUT_A_TWIN = {"RETRY_ON_NOTHING"}
"""Stands for an empty set, which a repeated field cannot tell from nothing said."""

each_table = pytest.mark.parametrize("table, here, there", ROWS, ids=lambda value: getattr(value, "__name__", ""))


def test_every_table_is_tried() -> None:
    tables = [value for value in vars(enums).values() if isinstance(value, enums.Table)]
    assert {id(table) for table in tables} == {id(row[0]) for row in ROWS}


@each_table
def test_every_member_goes_there_and_back(table: enums.Table[Any, Any], here: Any, there: EnumDescriptor) -> None:
    assert [table.from_proto(table.to_proto(member)) for member in here] == list(here)


@each_table
def test_every_value_of_the_contract_has_a_member(
    table: enums.Table[Any, Any], here: Any, there: EnumDescriptor
) -> None:
    values = {value.number for value in there.values if value.number and value.name not in WITHOUT_A_TWIN}
    assert set(table.rows.values()) == values


@each_table
def test_names_agree_on_both_sides(table: enums.Table[Any, Any], here: Any, there: EnumDescriptor) -> None:
    for member, number in table.rows.items():
        assert there.values_by_number[number].name.endswith(f"_{member.name}")


@each_table
def test_an_unknown_value_is_refused(table: enums.Table[Any, Any], here: Any, there: EnumDescriptor) -> None:
    with pytest.raises(InvalidArgument) as caught:
        table.from_proto(4711)
    assert caught.value.reason == "ENUM_UNKNOWN"
