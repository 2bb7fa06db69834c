"""gRPC-Web at a real socket, in front of the real gRPC server; behind it real use cases and a real volume."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote

import grpc
import httpx
import pytest
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

from tests.unit.little import ANN, Little
from winslow.v1 import (
    cluster_pb2,
    cluster_service_pb2,
    event_service_pb2,
    file_pb2,
    file_service_pb2,
    project_service_pb2,
)
from winslow.wire.status import DETAILS, from_status
from winslowd.api.server import Server
from winslowd.gateway import server
from winslowd.gateway.app import application

WEB = Path(__file__).resolve().parents[2] / "web"
NODE = Path(sys.executable).parent / "node"
BINARY = "application/grpc-web+proto"
TEXT = "application/grpc-web-text+proto"


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path / "volume") as one:
        yield one


@pytest.fixture
async def http(little: Little, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    inside = f"unix:{tmp_path / 'api'}"
    async with (
        Server(little.use_cases, lambda metadata: ANN).listening([inside]),
        grpc.aio.insecure_channel(inside) as channel,
    ):
        web = application(little.use_cases, lambda headers: ANN, lambda: little.now, api=channel)
        async with (
            server.listening(web, ["127.0.0.1:0"]) as (bound,),
            httpx.AsyncClient(base_url=f"http://{bound}", timeout=20) as client,
        ):
            yield client


def framed(message: bytes) -> bytes:
    return struct.pack(">BI", 0, len(message)) + message


def frames(body: bytes) -> tuple[list[bytes], dict[str, str]]:
    """The messages and the trailers of an answer that is whole."""
    messages: list[bytes] = []
    while body:
        flags, size = struct.unpack_from(">BI", body)
        part, body = body[5 : 5 + size], body[5 + size :]
        if flags & 0x80:
            assert not body, "something comes after the trailers"
            lines = part.decode("ascii").removesuffix("\r\n").split("\r\n")
            return messages, dict(line.split(": ", 1) for line in lines)
        messages.append(part)
    raise AssertionError("the answer has no trailers")


async def call(
    http: httpx.AsyncClient, method: str, message: bytes, **headers: str
) -> tuple[list[bytes], dict[str, str]]:
    answer = await http.post(
        f"/winslow.v1.{method}", content=framed(message), headers={"content-type": BINARY, **headers}
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == BINARY
    return frames(answer.content)


async def test_a_call_is_answered_as_by_gRPC(http: httpx.AsyncClient):  # noqa: N802
    (message,), trailers = await call(http, "ClusterService/GetCluster", b"")
    assert cluster_pb2.Cluster.FromString(message).id == "little"
    assert trailers["grpc-status"] == "0"


async def test_the_same_in_text(http: httpx.AsyncClient):
    request = base64.b64encode(framed(cluster_service_pb2.GetClusterRequest().SerializeToString()))
    answer = await http.post(
        "/winslow.v1.ClusterService/GetCluster", content=request, headers={"content-type": TEXT, "accept-encoding": ""}
    )
    parts = [part + b"==="[: -len(part) % 4] for part in answer.content.split(b"=") if part]
    (message,), trailers = frames(b"".join(base64.b64decode(part + b"==") for part in parts))
    assert cluster_pb2.Cluster.FromString(message).id == "little"
    assert trailers["grpc-status"] == "0"


async def test_an_error_is_told_with_all_that_gRPC_would_tell(http: httpx.AsyncClient):  # noqa: N802
    wanted = project_service_pb2.GetProjectRequest(name="projects/nobody").SerializeToString()
    messages, trailers = await call(http, "ProjectService/GetProject", wanted)
    details = trailers[DETAILS]
    error = from_status(Status.FromString(base64.b64decode(details + "=" * (-len(details) % 4))))
    assert (messages, trailers["grpc-status"]) == ([], str(grpc.StatusCode.NOT_FOUND.value[0]))
    assert error.reason == "PROJECT_UNKNOWN"
    assert unquote(trailers["grpc-message"]) == error.message


async def test_a_stream_brings_each_message_when_it_happens_and_is_cancelled_when_the_browser_leaves(
    little: Little, http: httpx.AsyncClient
):
    received = bytearray()
    async with http.stream(
        "POST",
        "/winslow.v1.EventService/Watch",
        content=framed(event_service_pb2.WatchRequest().SerializeToString()),
        headers={"content-type": BINARY},
    ) as answer:
        chunks = answer.aiter_bytes()
        async with asyncio.timeout(10):
            while len(received) < 5:
                received += await anext(chunks)
            seen = len(received)
            await little.project()
            while len(received) <= seen:
                received += await anext(chunks)
    async with asyncio.timeout(10):
        while any("Watch" in repr(task) for task in asyncio.all_tasks() if not task.done()):
            await asyncio.sleep(0.01)


async def test_a_deadline_ends_a_stream(http: httpx.AsyncClient):
    wanted = event_service_pb2.WatchRequest().SerializeToString()
    async with asyncio.timeout(10):
        _, trailers = await call(http, "EventService/Watch", wanted, **{"grpc-timeout": "300m"})
    assert trailers["grpc-status"] == str(grpc.StatusCode.DEADLINE_EXCEEDED.value[0])


async def test_a_large_answer_is_packed_for_who_unpacks(little: Little, http: httpx.AsyncClient):
    for number in range(200):
        Path(little.volume.workspaces.absolute(f"resources/file-{number:03d}")).write_bytes(b"")
    wanted = framed(file_service_pb2.ListFilesRequest(path="resources").SerializeToString())
    sizes: dict[str, int] = {}
    for encoding in ("gzip", "identity"):
        raw = bytearray()
        async with http.stream(
            "POST",
            "/winslow.v1.FileService/ListFiles",
            content=wanted,
            headers={"content-type": BINARY, "accept-encoding": encoding},
        ) as answer:
            async for chunk in answer.aiter_raw():
                raw += chunk
        assert answer.headers.get("content-encoding", "identity") == encoding
        sizes[encoding] = len(raw)
    assert sizes["gzip"] < sizes["identity"] / 3


async def test_metadata_goes_both_ways_and_cookies_do_not(http: httpx.AsyncClient):
    (_,), trailers = await call(http, "ClusterService/GetCluster", b"", cookie="a=b", **{"note-bin": "AAH/"})
    assert trailers["grpc-status"] == "0"
    answer = await http.post(
        "/winslow.v1.ClusterService/GetCluster",
        content=framed(b""),
        headers={"content-type": BINARY, "note-bin": "?"},
    )
    _, trailers = frames(answer.content)
    assert trailers["grpc-status"] == str(grpc.StatusCode.INVALID_ARGUMENT.value[0])


@pytest.mark.parametrize(
    ("path", "kind", "status"),
    [
        ("/winslow.v1.ClusterService/GetCluster", "application/json", 415),
        ("/winslow.v1.ClusterService/../x", BINARY, 404),
        ("/grpc.health.v1.Health/Check", BINARY, 404),
    ],
)
async def test_what_is_no_call_of_ours_is_refused(http: httpx.AsyncClient, path: str, kind: str, status: int):
    answer = await http.post(path, content=framed(b""), headers={"content-type": kind})
    assert answer.status_code == status


async def test_a_method_that_is_not_there_is_told_so(http: httpx.AsyncClient):
    _, trailers = await call(http, "ClusterService/Nothing", b"")
    assert trailers["grpc-status"] == str(grpc.StatusCode.UNIMPLEMENTED.value[0])


async def test_a_page_of_another_site_calls_nothing(http: httpx.AsyncClient):
    answer = await http.post(
        "/winslow.v1.ClusterService/GetCluster",
        content=framed(b""),
        headers={"content-type": BINARY, "origin": "https://elsewhere.example"},
    )
    assert answer.status_code == 403
    assert answer.json()["reason"] == "ORIGIN_REFUSED"


async def test_a_public_client_works_unchanged(little: Little, http: httpx.AsyncClient):
    await little.project()
    client = await asyncio.create_subprocess_exec(
        *(NODE, "--experimental-transform-types", "--no-warnings", "tests/public-client.ts", str(http.base_url)),
        cwd=WEB,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await asyncio.wait_for(client.communicate(), 60)
    assert client.returncode == 0
    assert [tuple(json.loads(line).values()) for line in output.splitlines()] == [
        ("unary", "little"),
        ("error", ["NotFound", "There is no project 'nobody'", True]),
        ("deadline", "DeadlineExceeded"),
        ("stream", [1, "Canceled"]),
    ]


async def test_files_that_are_there_are_listed(little: Little, http: httpx.AsyncClient):
    Path(little.volume.workspaces.absolute("resources/clip.mp4")).write_bytes(b"x")
    wanted = file_service_pb2.StatFileRequest(path="resources/clip.mp4").SerializeToString()
    (message,), _ = await call(http, "FileService/StatFile", wanted)
    assert file_pb2.File.FromString(message).size == 1
