"""What HTTP and tus say in headers, taken apart: pure, and given by strangers."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winslow import errors
from winslow.errors import Code, DataLoss, InvalidArgument, OutOfRange, WinslowError
from winslowd.gateway import tus
from winslowd.gateway.naming import content_type, disposition
from winslowd.gateway.problems import STATUSES, problem, status_of
from winslowd.gateway.ranges import Span, spans

# ---- ranges


@given(first=st.integers(0, 200), last=st.integers(0, 200), size=st.integers(1, 100))
def test_a_range_is_what_slicing_the_file_would_give(first: int, last: int, size: int):
    content = bytes(range(100))[:size]
    if last < first:
        assert spans(f"bytes={first}-{last}", size) == ()
    elif first >= size:
        with pytest.raises(OutOfRange):
            spans(f"bytes={first}-{last}", size)
    else:
        (one,) = spans(f"bytes={first}-{last}", size)
        assert content[one.offset : one.offset + one.size] == content[first : last + 1]


@given(length=st.integers(1, 200), size=st.integers(1, 100))
def test_a_suffix_is_the_files_end(length: int, size: int):
    (one,) = spans(f"bytes=-{length}", size)
    assert one == Span(max(0, size - length), min(size, length))


@given(header=st.text(), size=st.integers(0, 100))
def test_whatever_is_asked_for_lies_within_the_file(header: str, size: int):
    for asked in (header, f"bytes={header}"):
        try:
            found = spans(asked, size)
        except OutOfRange:
            continue
        assert all(0 <= one.offset < one.offset + one.size <= size for one in found)


@pytest.mark.parametrize(
    "header", ["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "lines=0-1", "bytes=0-1;", "bytes=2-1"]
)
def test_a_range_that_nobody_understands_means_the_whole_file(header: str):
    assert spans(header, 10) == ()


def test_of_several_ranges_those_that_there_are_come_in_their_order():
    assert spans("bytes=8-, 90-99, 0-1", 10) == [Span(8, 2), Span(0, 2)]


# ---- tus


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,10}", fullmatch=True), st.text(min_size=1), max_size=5))
def test_metadata_comes_back_as_it_was_sent(pairs: dict[str, str]):
    assert tus.metadata(tus.to_metadata(pairs)) == pairs


def test_a_key_may_have_no_value():
    assert tus.metadata("is_confidential,path YQ==") == {"is_confidential": "", "path": "a"}


@given(st.text())
def test_metadata_of_any_kind_is_understood_or_refused(value: str):
    try:
        tus.metadata(value)
    except InvalidArgument as error:
        assert error.reason == "METADATA_INVALID"


@pytest.mark.parametrize("value", [None, "", "-1", "1.5", "0x10", " 1", "1 ", "1_000", "٣", "1" * 19, "1\n"])
def test_a_length_that_is_not_a_number_is_refused(value: str | None):
    with pytest.raises(InvalidArgument):
        tus.whole("Upload-Length", value)


@pytest.mark.parametrize("algorithm", tus.ALGORITHMS)
def test_a_checksum_tells_what_was_sent_from_what_was_not(algorithm: str):
    digest = base64.b64encode(hashlib.new(algorithm, b"sent").digest()).decode()
    checksum = tus.checksum(f"{algorithm} {digest}")
    checksum.verify(b"sent")
    with pytest.raises(DataLoss):
        checksum.verify(b"send")


@pytest.mark.parametrize("value", ["", "sha1", "crc32 AAAA", "sha1 *", "sha1 é"])
def test_a_checksum_that_nobody_can_verify_is_refused(value: str):
    with pytest.raises((InvalidArgument, DataLoss)):
        tus.checksum(value).verify(b"")


# ---- names and errors


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1))
def test_no_name_leaves_its_header(name: str):
    told = disposition(name, attached=True)
    assert told.isascii() and told.isprintable()
    assert told.count('"') == 2


@pytest.mark.parametrize(
    ("name", "kind", "how"),
    [
        ("clip.MP4", "video/mp4", "inline"),
        ("still.png", "image/png", "inline"),
        ("drawing.svg", "image/svg+xml", "attachment"),
        ("page.html", "text/html; charset=utf-8", "attachment"),
        ("tracks.csv", "text/csv; charset=utf-8", "inline"),
        ("log", "text/plain; charset=utf-8", "inline"),
        ("run.log", "text/plain; charset=utf-8", "inline"),
        ("report.pdf", "application/pdf", "attachment"),
        ("tree.tar.gz", "application/octet-stream", "attachment"),
        ("unknown", "application/octet-stream", "attachment"),
        ("data:text/html,x", "application/octet-stream", "attachment"),
    ],
)
def test_a_file_is_what_its_name_says_and_only_harmless_ones_are_shown(name: str, kind: str, how: str):
    assert content_type(name) == kind
    assert disposition(name, attached=False).startswith(f"{how};")


def test_every_error_has_a_status_and_tells_itself():
    assert set(STATUSES) == set(Code)
    kinds = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, WinslowError)]
    for kind in kinds:
        error = kind("It went wrong", reason="SOME", hint="Mend it")
        assert 400 <= status_of(error) < 600
        assert b'"reason":"SOME"' in problem(error).body
