"""The words of gRPC-Web, pure."""

from __future__ import annotations

import base64
import gzip
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winslow.errors import InvalidArgument, OutOfRange, WinslowError
from winslowd.gateway import web_frames


@given(st.binary(max_size=200))
def test_a_message_comes_out_of_the_frame_that_it_went_into(message: bytes):
    assert web_frames.message_of(web_frames.message_frame(message), "identity") == message


@given(st.binary(max_size=200), st.sampled_from([("gzip", gzip.compress), ("deflate", zlib.compress)]))
def test_a_packed_message_is_unpacked(message: bytes, packing):
    encoding, pack = packing
    packed = pack(message)
    assert web_frames.message_of(struct.pack(">BI", 1, len(packed)) + packed, encoding) == message


def test_a_bomb_is_not_unpacked():
    packed = gzip.compress(bytes(web_frames.MESSAGE_MAX + 1))
    with pytest.raises(OutOfRange) as caught:
        web_frames.message_of(struct.pack(">BI", 1, len(packed)) + packed, "gzip")
    assert caught.value.reason == "MESSAGE_TOO_LONG"


@given(st.binary(max_size=60), st.sampled_from(["identity", "gzip", "deflate", "br"]))
def test_any_bytes_are_one_message_or_refused(body: bytes, encoding: str):
    try:
        message = web_frames.message_of(body, encoding)
    except WinslowError as error:
        assert error.reason in {"FRAME_INVALID", "MESSAGE_TOO_LONG"}
    else:
        assert body[0] == 1 or body == web_frames.message_frame(message)


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=5), st.booleans())
def test_text_may_come_in_parts_with_their_own_padding(parts: list[bytes], folded: bool):
    text = (b"\r\n" if folded else b"").join(base64.b64encode(part) for part in parts)
    assert web_frames.text_decoded(text) == b"".join(parts)


def test_text_of_a_million_parts_is_refused_unread():
    with pytest.raises(InvalidArgument, match="parts"):
        web_frames.text_decoded(b"QQ==" * 1_000_000)


@given(st.binary(max_size=40))
def test_any_text_is_decoded_or_refused(text: bytes):
    try:
        web_frames.text_decoded(text)
    except InvalidArgument as error:
        assert error.reason == "FRAME_INVALID"


@pytest.mark.parametrize(
    ("text", "seconds"), [("", None), ("1H", 3600), ("2M", 120), ("3S", 3), ("500m", 0.5), ("10u", 1e-5), ("7n", 7e-9)]
)
def test_timeouts_have_units(text: str, seconds: float | None):
    assert web_frames.timeout_of(text) == (seconds if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize("text", ["1", "S", "123456789S", "1.5S", "-1S", "1s"])
def test_a_timeout_that_is_none_is_refused(text: str):
    with pytest.raises(InvalidArgument, match="not a timeout"):
        web_frames.timeout_of(text)


def test_metadata_is_what_is_about_the_call():
    headers = [
        *(
            ("host", "here"),
            ("cookie", "secret"),
            ("x-grpc-web", "1"),
            ("grpc-timeout", "1S"),
            ("sec-fetch-mode", "cors"),
        ),
        *(("authorization", "Bearer x"), ("winslow-note", "a b"), ("trace-bin", base64.b64encode(b"\0\xff").decode())),
    ]
    assert web_frames.metadata_of(headers) == (
        *(("authorization", "Bearer x"), ("winslow-note", "a b"), ("trace-bin", b"\0\xff")),
    )


@pytest.mark.parametrize("header", [("naïve", "x"), ("name", "tab\there"), ("name", "é"), ("data-bin", "!")])
def test_metadata_that_gRPC_cannot_carry_is_refused(header: tuple[str, str]):  # noqa: N802
    with pytest.raises(InvalidArgument) as caught:
        web_frames.metadata_of([header])
    assert caught.value.reason == "METADATA_INVALID"


@given(st.integers(0, 16), st.text(max_size=40))
def test_no_message_of_an_error_leaves_its_line(status: int, message: str):
    try:
        frame = web_frames.trailers_frame(status, message, [("a-bin", b"\r\n")])
    except UnicodeEncodeError:
        assert any("\ud800" <= character <= "\udfff" for character in message)
        return
    flags, size = struct.unpack_from(">BI", frame)
    lines = frame[5:].decode("ascii").split("\r\n")
    assert (flags, size) == (0x80, len(frame) - 5)
    assert [line.partition(":")[0] for line in lines if line] == [
        "grpc-status",
        *(["grpc-message"] if message else []),
        "a-bin",
    ]
