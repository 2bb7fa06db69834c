"""The engine's API as awaitable calls: docker-py in threads of its own, its exceptions turned into Winslow's.

It never needs to know what a stage is. A call whose caller was cancelled goes on in its thread: whoever needs an order
between calls keeps the order (see `Lane`).
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import requests
from docker import APIClient
from docker.auth import get_config_header, resolve_repository_name
from docker.errors import APIError, DockerException, InvalidRepository
from docker.types.daemon import CancellableStream
from docker.utils import parse_repository_tag

from winslow.errors import Conflict, FailedPrecondition, NotFound, Unavailable, WinslowError

T = TypeVar("T")

CALL_TIMEOUT = 120
"""Seconds for one call. Starting a container with GPUs on a busy node takes tens of seconds; a longer silence is an outage."""
THREADS = 8


class Engine:
    """A connection to the Docker engine at `url` (None: $DOCKER_HOST's default, the local socket). Connects when first used."""

    def __init__(self, url: str | None = None) -> None:
        self._url = url
        self._version = "auto"
        self._clients = threading.local()
        self._closed = False
        self._calls = ThreadPoolExecutor(THREADS, thread_name_prefix="docker")

    async def call(self, action: Callable[[APIClient], T]) -> T:
        """Run `action` in a thread and return what it returns. Cancelled, the thread goes on unseen.

        Raises Unavailable (ENGINE_UNAVAILABLE, or ENGINE_SILENT when it may have been done), and in the engine's words
        NotFound, Conflict (what is there does not allow it) and FailedPrecondition (ENGINE_REFUSED): the caller knows of what.
        """
        if self._closed:
            raise Unavailable("This connection to the Docker engine is closed", reason="ENGINE_UNAVAILABLE")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._calls, self._perform, action)
        except (requests.RequestException, DockerException, OSError) as error:
            raise translate(error) from error

    def _perform(self, action: Callable[[APIClient], T]) -> T:
        """One client a thread: requests promises nothing of a session that threads share."""
        client: APIClient | None = getattr(self._clients, "client", None)
        if client is None:
            client = self._clients.client = self.connect()
        return action(client)

    def connect(self) -> APIClient:
        """A client that speaks the engine's own version of the API; asks the engine for it the first time, so blocks.

        Raises Unavailable (ENGINE_UNAVAILABLE).
        """
        try:
            client = APIClient(self._url, version=self._version, timeout=CALL_TIMEOUT)
        except (requests.RequestException, DockerException, OSError) as error:
            raise _unreachable(error, "ENGINE_UNAVAILABLE") from error
        self._version = client.api_version
        return client

    def close(self) -> None:
        """Calls under way go on in their threads; new ones fail."""
        self._closed = True
        self._calls.shutdown(wait=False, cancel_futures=True)


class Lane:
    """Keeps calls about one thing in order, also when the caller of an earlier one was cancelled and its thread goes on."""

    def __init__(self) -> None:
        self._last: dict[str, asyncio.Future[Any]] = {}

    async def run(self, key: str, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Make `call` once everything earlier for `key` is over, however it ended. Cancelled while it waits, nothing is called."""
        while (last := self._last.get(key)) is not None:
            await asyncio.wait({last})
        # Not in a task group: it has to outlive a caller that is cancelled.
        running = asyncio.get_running_loop().create_task(call(), name=f"docker {key}")
        self._last[key] = running
        running.add_done_callback(lambda done: self._over(key, done))
        return await asyncio.shield(running)

    def _over(self, key: str, done: asyncio.Future[Any]) -> None:
        if self._last.get(key) is done:
            del self._last[key]
        if not done.cancelled():
            done.exception()  # a caller that was cancelled will not ask for it


def translate(error: Exception) -> WinslowError:
    """An exception of docker-py or of what it stands on, in Winslow's tree."""
    if isinstance(error, APIError) and error.response is not None:
        return _refusal(int(error.response.status_code), str(error.explanation or error).strip())
    return _unreachable(error, "ENGINE_UNAVAILABLE" if _never_sent(error) else "ENGINE_SILENT")


def _unreachable(error: Exception, reason: str) -> Unavailable:
    return Unavailable(
        f"The Docker engine cannot be reached: {error}",
        reason=reason,
        subject="docker",
        hint="See on the node whether dockerd runs (systemctl status docker) and winslowd may use its socket",
    )


def _never_sent(error: BaseException | None) -> bool:
    """Whether the call certainly did not reach the engine: somewhere below, connecting failed."""
    seen: list[object] = [error]
    while seen:
        cause = seen.pop()
        if isinstance(cause, ConnectionRefusedError | FileNotFoundError | PermissionError):
            return True
        if isinstance(cause, BaseException):
            seen += [cause.__cause__, cause.__context__, *cause.args]
    return False


def _refusal(status: int, words: str) -> WinslowError:
    match status:
        case 404:
            return NotFound(words, reason="ENGINE_NOT_FOUND", subject="docker")
        case 409:
            return Conflict(words, reason="ENGINE_CONFLICT", subject="docker")
        case 502 | 503 | 504:
            return Unavailable(words, reason="ENGINE_UNAVAILABLE", subject="docker")
        case _:
            return FailedPrecondition(
                f"The Docker engine refused: {words}",
                reason="ENGINE_REFUSED",
                subject="docker",
                hint="See the engine's log on the node; the message above is its own",
                metadata={"status": str(status)},
            )


class PullRefused(Exception):
    """The engine could not fetch an image; its own words."""


class Pull:
    """One fetch of an image under way, in a thread of its own that never keeps the daemon from ending.

    `done` is resolved when it is over: with None, with PullRefused, or with a WinslowError of the engine.
    """

    def __init__(self, engine: Engine, image: str) -> None:
        self._engine = engine
        self._image = image
        self._loop = asyncio.get_running_loop()
        self._abandoned = threading.Event()
        self._stream: CancellableStream[bytes] | None = None
        self.done: asyncio.Future[None] = self._loop.create_future()
        self.waiting = 0
        threading.Thread(target=self._run, name=f"pull {image}", daemon=True).start()

    def abandon(self) -> None:
        """Nobody waits any more: hang up, upon which the engine stops fetching."""
        self._abandoned.set()
        if self._stream is not None:
            self._stream.close()

    def _run(self) -> None:
        try:
            self._fetch()
        except (requests.RequestException, DockerException, OSError) as error:
            told = translate(error)
            self._tell(told if isinstance(told, Unavailable) else PullRefused(told.message))
        except (PullRefused, Unavailable) as error:
            self._tell(error)
        else:
            self._tell(None)

    def _fetch(self) -> None:
        client = self._engine.connect()
        repository, tag = parse_repository_tag(self._image)
        try:
            registry, _ = resolve_repository_name(repository)
        except InvalidRepository as error:
            raise PullRefused(str(error)) from error
        credentials = get_config_header(client, registry)
        response = client.post(
            f"{client.base_url}/v{client.api_version}/images/create",
            params={"fromImage": repository, "tag": tag or "latest"},
            headers={"X-Registry-Auth": credentials} if credentials else {},
            stream=True,
            timeout=None,
        )
        if response.status_code >= 400:
            raise PullRefused(_message(response.content))
        self._stream = CancellableStream(response.iter_lines(), response)
        if self._abandoned.is_set():
            self._stream.close()
        self._follow(self._stream)

    def _follow(self, lines: Iterator[bytes]) -> None:
        for line in lines:
            if line and "error" in (progress := _object(line)):
                raise PullRefused(str(progress["error"]))

    def _tell(self, error: Exception | None) -> None:
        def settle() -> None:
            if self.done.done():
                return
            if error is None:
                self.done.set_result(None)
            else:
                self.done.set_exception(error)
                self.done.exception()  # when nobody waits any more, nobody need be told

        try:
            self._loop.call_soon_threadsafe(settle)
        except RuntimeError:  # the loop closed while the thread was still fetching
            return


def _object(line: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _message(body: bytes) -> str:
    return str(_object(body).get("message") or body.decode(errors="replace").strip())
