"""The promises that proto/winslow/v1/common.proto makes for every service, held against the services themselves."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from google.protobuf.descriptor import FieldDescriptor, FileDescriptor, MethodDescriptor

import winslow.v1

FILES: list[FileDescriptor] = [
    importlib.import_module(f"winslow.v1.{module.name}").DESCRIPTOR
    for module in pkgutil.iter_modules(winslow.v1.__path__)
    if module.name.endswith("_pb2")
]
METHODS: list[MethodDescriptor] = [
    method for file in FILES for service in file.services_by_name.values() for method in service.methods
]

READS = (
    *("Get", "List", "Preview", "Read", "Watch", "Follow", "Search", "Locate", "Extract", "Stat", "Compare", "Explain"),
    *("Parse", "Render", "ArchiveFiles"),
)
"""How the names of methods begin that change nothing."""

WITHOUT_REQUEST_ID = {
    "AppendUpload": "its offset makes it safe to repeat",
    "Attend": "its offers are numbered",
    "LogIn": "changes nothing that is there",
}

UPDATES = (
    *("Update", "Assign", "Configure", "Start", "Pause", "Resume", "Answer", "Skip", "Stop", "Abort", "Pin"),
    *("Cordon", "Uncordon", "Drain", "Limit"),
)
"""How the names of methods begin that change what is there, so that two people may collide."""

each_method = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)
each_list = pytest.mark.parametrize(
    "method", [method for method in METHODS if method.name.startswith("List")], ids=lambda method: method.full_name
)


def fields(method: MethodDescriptor) -> dict[str, FieldDescriptor]:
    return dict(method.input_type.fields_by_name)


def test_the_services_that_the_rest_of_winslow_needs_are_there() -> None:
    assert {method.containing_service.name.removesuffix("Service") for method in METHODS} == {
        *("Pipeline", "Project", "Run", "Stage", "Settings", "Node", "Election", "File", "Log"),
        *("Identity", "Subscription", "Event", "Cluster", "Statistics", "Peer", "View"),
    }


@each_method
def test_a_change_carries_a_request_id_and_a_read_does_not(method: MethodDescriptor) -> None:
    changes = not method.name.startswith(READS)
    assert ("request_id" in fields(method)) == (changes and method.name not in WITHOUT_REQUEST_ID)


@each_method
def test_an_update_carries_the_revision_that_is_expected(method: MethodDescriptor) -> None:
    if method.name.startswith(UPDATES):
        assert fields(method)["expected_revision"].cpp_type == FieldDescriptor.CPPTYPE_INT64


@each_list
def test_a_list_pages(method: MethodDescriptor) -> None:
    assert {"page_size", "page_token"} <= set(fields(method))
    assert "next_page_token" in method.output_type.fields_by_name


@each_method
def test_a_method_takes_a_request_of_its_own(method: MethodDescriptor) -> None:
    assert method.input_type.name == f"{method.name}Request"


def test_a_resource_that_can_be_updated_shows_its_revision() -> None:
    updated = [method.output_type for method in METHODS if "expected_revision" in fields(method)]
    resources = {message for message in updated if message.name != "Empty"}
    assert resources
    for message in resources:
        assert message.fields_by_name["revision"].cpp_type == FieldDescriptor.CPPTYPE_INT64
