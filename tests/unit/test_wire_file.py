"""Files and uploads are told as they are, whatever their names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winslow.domain import layout
from winslow.ports import Entry, Totals, Upload
from winslow.v1 import file_pb2
from winslow.wire.file import (
    file_from_proto,
    file_to_proto,
    upload_from_proto,
    upload_to_proto,
    usage_from_proto,
    usage_to_proto,
)

SIZES = st.integers(0, 2**63 - 1)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=20)


@given(NAMES, st.sampled_from(["file", "directory", "symlink", "other"]), SIZES, st.floats(1e8, 4e9))
def test_an_entry_comes_back_as_it_went(name: str, kind: str, size: int, modified: float) -> None:
    entry = Entry(name, kind, size, modified)
    assert file_from_proto(file_to_proto(entry, f"resources/{name}")) == entry


@given(SIZES, SIZES, SIZES)
def test_totals_come_back_as_they_went(size: int, files: int, directories: int) -> None:
    totals = Totals(size, files, directories)
    assert usage_from_proto(usage_to_proto(totals, "resources")) == totals


def test_an_upload_comes_back_as_it_went() -> None:
    upload = Upload("u-1", layout.parse("projects/p/input/a b/clip.mp4"), 5, "ab" * 32, 3)
    assert upload_from_proto(upload_to_proto(upload)) == upload


def test_a_name_that_is_not_utf8_is_shown() -> None:
    entry = Entry("clip\udcff.mp4", "file", 1, 1.7e9)
    assert file_to_proto(entry, "resources/clip\udcff.mp4").base_name == "clip�.mp4"


def test_the_etag_changes_with_the_content_and_directories_have_none() -> None:
    tags = {
        file_to_proto(Entry("a", "file", size, modified), "resources/a").etag
        for size in (1, 2)
        for modified in (1.7e9, 1.7e9 + 0.001)
    }
    assert len(tags) == 4
    assert file_to_proto(Entry("a", "directory", 1, 1.7e9), "resources/a").etag == ""


@pytest.mark.parametrize("name, media", [("a.mp4", "video/mp4"), ("a.csv", "text/csv"), ("a.unknown", "")])
def test_the_media_type_is_guessed_from_the_name(name: str, media: str) -> None:
    assert file_to_proto(Entry(name, "file", 1, 1.7e9), f"resources/{name}").media_type == media


def test_a_kind_of_a_newer_version_is_never_opened() -> None:
    message = file_pb2.File(base_name="a")
    message.kind = 99  # type: ignore[assignment]
    assert file_from_proto(message).kind == "other"
