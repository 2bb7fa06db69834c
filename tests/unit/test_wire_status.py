"""An error that crosses the wire is the same error on the other side, and says so to programs that know only gRPC."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status
from hypothesis import given
from hypothesis import strategies as st

from winslow import errors
from winslow.errors import Ambiguous, Code, Internal, NotFound, Unavailable, WinslowError
from winslow.wire.status import from_rpc_error, from_status, to_status

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
CLASSES = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, WinslowError) and kind is not WinslowError
]


def facts(error: WinslowError) -> tuple[Any, ...]:
    return (type(error), error.message, error.reason, error.subject, error.hint, error.metadata)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
@given(
    message=TEXTS,
    reason=TEXTS,
    subject=TEXTS,
    hint=TEXTS,
    metadata=st.dictionaries(st.from_regex(r"[a-z]{1,6}_[a-z]", fullmatch=True), TEXTS, max_size=3),
)
def test_an_error_comes_back_as_it_went(
    kind: type[WinslowError], message: str, reason: str, subject: str, hint: str, metadata: dict[str, str]
) -> None:
    error = kind(message, reason=reason, subject=subject, hint=hint, metadata=metadata)
    assert facts(from_status(Status.FromString(to_status(error).SerializeToString()))) == facts(error)


def test_every_code_has_a_class() -> None:
    assert {kind.code for kind in CLASSES} | {Code.CANCELLED} == set(Code)
    for code in Code:
        assert isinstance(from_status(Status(code=code.value, message="from elsewhere")), WinslowError)


def test_codes_are_those_of_grpc() -> None:
    assert {code.name: code.value for code in Code} == {
        code.name: code.value[0] for code in grpc.StatusCode if code.name not in ("OK", "UNKNOWN")
    }


def test_programs_find_reason_subject_hint_and_whether_to_retry() -> None:
    error = errors.Conflict("It changed", reason="REVISION_MISMATCH", subject="projects/p", hint="Read it again")
    info = ErrorInfo()
    assert to_status(error).details[0].Unpack(info)
    assert (info.reason, info.domain) == ("REVISION_MISMATCH", "winslow")
    assert dict(info.metadata) == {"subject": "projects/p", "hint": "Read it again", "retryable": "true"}


@pytest.mark.parametrize("text", ["x" * 100_000, "é" * 50_000, "\ud800" * 9_000, "🦀" * 30_000])
def test_long_and_broken_texts_stay_within_the_headers_of_http2(text: str) -> None:
    metadata = {"line": "3", "text": text, **{f"k{number}": text[:50] for number in range(200)}}
    error = NotFound(text, reason="FILE_NOT_FOUND", subject=text, hint=text, metadata=metadata)
    status = to_status(error)
    percent_encoded = 3 * len(status.message.encode())
    assert percent_encoded + 4 * len(status.SerializeToString()) / 3 < 8000
    assert from_status(status).metadata["line"] == "3"
    assert from_status(status).message.endswith("…")


def test_metadata_of_an_error_does_not_hide_what_the_error_is_about() -> None:
    error = NotFound("gone", reason="GONE", subject="projects/p", metadata={"subject": "other", "retryable": "true"})
    back = from_status(to_status(error))
    assert back.subject == "projects/p"


def test_a_status_of_nobodys_making_keeps_its_code_and_says_what_to_do() -> None:
    error = from_status(Status(code=Code.UNIMPLEMENTED.value, message="Method not found!"))
    assert isinstance(error, errors.Unimplemented)
    assert (error.reason, error.message) == ("RPC_UNIMPLEMENTED", "Method not found!")
    assert error.hint


def test_an_unknown_code_is_a_fault_of_winslow() -> None:
    assert facts(from_status(Status(code=2, message="")))[:3] == (
        Internal,
        "The call ended with UNKNOWN and said no more",
        "RPC_UNKNOWN",
    )


Handler = Callable[[bytes, grpc.aio.ServicerContext[bytes, bytes]], Awaitable[bytes]]
Serve = Callable[[Handler], Awaitable[grpc.aio.Channel]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves one method, /test/Call, with a handler, on a free port of loopback; gives a channel to it."""
    servers: list[grpc.aio.Server] = []
    channels: list[grpc.aio.Channel] = []

    async def start(handler: Handler) -> grpc.aio.Channel:
        server = grpc.aio.server()
        method = grpc.unary_unary_rpc_method_handler(handler)
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test", {"Call": method}),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        servers.append(server)
        channels.append(grpc.aio.insecure_channel(f"127.0.0.1:{port}"))
        return channels[-1]

    yield start
    for channel in channels:
        await channel.close()
    for server in servers:
        await server.stop(None)


async def failure(channel: grpc.aio.Channel, timeout: float = 20) -> WinslowError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.unary_unary("/test/Call")(Empty().SerializeToString(), timeout=timeout)
    return from_rpc_error(caught.value)


async def test_a_real_call_carries_the_whole_error(serve: Serve) -> None:
    error = NotFound("Keine Übung", reason="GONE", subject="a\nb", hint="Look 🦀 elsewhere", metadata={"line": "3"})

    async def refuse(request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        status = rpc_status.to_status(to_status(error))
        await context.abort(status.code, status.details, status.trailing_metadata)
        raise AssertionError("abort returned")

    assert facts(await failure(await serve(refuse))) == facts(error)


async def test_the_longest_error_still_arrives(serve: Serve) -> None:
    error = NotFound("🦀" * 9999, reason="GONE", subject="é" * 9999, hint="x" * 9999, metadata={"a": "b" * 900})

    async def refuse(request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        status = rpc_status.to_status(to_status(error))
        await context.abort(status.code, status.details, status.trailing_metadata)
        raise AssertionError("abort returned")

    assert (await failure(await serve(refuse))).reason == "GONE"


async def test_where_nobody_listens_nothing_was_done() -> None:
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        error = await failure(channel)
    assert (type(error), error.reason) == (Unavailable, "SERVER_UNREACHABLE")
    assert "winslowd" in error.hint


async def test_a_name_that_nobody_has_is_unreachable_too() -> None:
    async with grpc.aio.insecure_channel("unix:/nowhere/winslow.sock") as channel:
        error = await failure(channel)
    assert (type(error), error.reason) == (Unavailable, "SERVER_UNREACHABLE")


async def test_a_connection_cut_in_the_middle_of_a_call_leaves_it_ambiguous() -> None:
    async def read_a_little_and_hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # HTTP/2's greeting: an empty SETTINGS frame; then the call comes, and the line is cut.
        writer.write(bytes(3) + b"\x04\x00" + bytes(4))
        seen = b""
        while b"/test/Call" not in seen and (data := await reader.read(4096)):
            seen += data
        writer.transport.abort()

    server = await asyncio.start_server(read_a_little_and_hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, grpc.aio.insecure_channel(f"127.0.0.1:{port}", [("grpc.enable_retries", 0)]) as channel:
        error = await failure(channel)
    assert (type(error), error.reason) == (Ambiguous, "CONNECTION_LOST")


async def test_a_deadline_says_so(serve: Serve) -> None:
    async def dawdle(request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        await asyncio.Event().wait()
        return b""

    error = await failure(await serve(dawdle), timeout=0.2)
    assert (type(error), error.reason) == (errors.DeadlineExceeded, "RPC_DEADLINE_EXCEEDED")
