"""Images on this node: finding them, fetching them once for all who wait, and who their users are.

It never needs to know what a stage is. An image that is here is never asked of a registry.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import tarfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from docker import APIClient
from docker.errors import APIError
from docker.errors import NotFound as NotInEngine
from docker.utils import parse_repository_tag

from winslow.domain.container import Image
from winslow.errors import FailedPrecondition, NotFound
from winslowd.docker import users
from winslowd.docker.engine import Engine, Pull, PullRefused

TABLE_LIMIT = 1 << 20
"""Bytes read of an image's passwd or group: the image is not trusted to be small."""
ROOT = ("", "root", "0")
NAMES_MOST = 1000
"""Names of images told of one node, those of the newest: each is registered with the cluster."""
UNTAGGED = "<none>:<none>"


class Images:
    """The engine's images. Keeps only what follows from an image's content."""

    def __init__(self, engine: Engine, fetched: Callable[[], None] = lambda: None) -> None:
        self._engine = engine
        self._fetched = fetched
        self._pulls: dict[str, Pull] = {}
        self._tables: dict[str, tuple[str, str]] = {}

    async def pull(self, name: str) -> Image:
        """See `Driver.pull`. Callers for the same image share one fetch; when the last is cancelled, it is given up."""
        found = await self.inspect(name)
        if found is None and not name.startswith("sha256:"):
            await self._fetch(name)
            self._fetched()
            found = await self.inspect(name)
        if found is None:
            raise _missing(name, "it is not on this node")
        return found

    async def _fetch(self, name: str) -> None:
        pull = self._pulls.get(name)
        if pull is None or pull.done.done():
            pull = self._pulls[name] = Pull(self._engine, name)
        pull.waiting += 1
        try:
            await asyncio.shield(pull.done)
        except PullRefused as error:
            raise _missing(name, str(error)) from error
        finally:
            pull.waiting -= 1
            if pull.waiting == 0 and self._pulls.get(name) is pull:
                del self._pulls[name]
                pull.abandon()

    async def names(self) -> frozenset[str]:
        """See `Driver.list_images`."""
        listed = await self._engine.call(lambda client: client.images())
        newest_first = sorted(listed, key=lambda entry: int(entry.get("Created") or 0), reverse=True)
        known = dict.fromkeys(name for entry in newest_first for name in names_of(entry))
        return frozenset(islice(known, NAMES_MOST))

    async def inspect(self, name: str) -> Image | None:
        """See `Driver.inspect_image`."""
        try:
            found = await self._engine.call(lambda client: client.inspect_image(name))  # type: ignore[no-untyped-call]
        except NotFound:
            return None
        except FailedPrecondition as error:
            if error.metadata.get("status") == "400":  # what is no name names no image
                return None
            raise
        config = found.get("Config") or {}
        return Image(
            name=name,
            digest=digest_of(name, found),
            entrypoint=tuple(config.get("Entrypoint") or ()),
            command=tuple(config.get("Cmd") or ()),
            user=await self._own_user(str(found["Id"]), str(config.get("User") or "")),
        )

    async def resolve_user(self, image: Image, user: str) -> tuple[int, int]:
        """See `Driver.resolve_user`."""
        if not users.needs_files(user):
            return users.resolve(user, "", "")
        try:
            tables = await self._user_tables(image.digest)
        except NotFound as error:
            raise _missing(image.name, error.message) from error
        return users.resolve(user, *tables)

    async def _own_user(self, image_id: str, user: str) -> tuple[int, int] | None:
        """None also for a user that the image itself does not know: the node then chooses one."""
        if user.partition(":")[0] in ROOT:
            return None
        try:
            tables = await self._user_tables(image_id) if users.needs_files(user) else ("", "")
            resolved = users.resolve(user, *tables)
        except NotFound:
            return None
        return resolved if resolved[0] != 0 else None

    async def _user_tables(self, digest: str) -> tuple[str, str]:
        """/etc/passwd and /etc/group of the image. An image's content never changes, so neither does the answer."""
        if digest not in self._tables:
            self._tables[digest] = await self._engine.call(lambda client: _read_tables(client, digest))
        return self._tables[digest]

    def close(self) -> None:
        for pull in self._pulls.values():
            pull.abandon()


def names_of(entry: Mapping[str, Any]) -> Iterator[str]:
    """Everything by which `pull` would find an image of the engine's list: its tags (`:latest` also unsaid), digests and id."""
    for tag in entry.get("RepoTags") or ():
        if tag != UNTAGGED:
            yield str(tag)
            yield str(tag).removesuffix(":latest")
    yield from (str(digest) for digest in entry.get("RepoDigests") or () if not str(digest).startswith("<none>"))
    yield str(entry["Id"])


def digest_of(name: str, found: dict[str, Any]) -> str:
    """What names exactly this content: the registry's digest where it came from one under this name, else the engine's id."""
    repository, _ = parse_repository_tag(name)
    for digest in found.get("RepoDigests") or ():
        if str(digest).partition("@")[0] in (repository, f"docker.io/{repository}"):
            return str(digest)
    return str(found["Id"])


def _read_tables(client: APIClient, digest: str) -> tuple[str, str]:
    """Through a container that is made, never started, and removed: the engine opens an image in no other way."""
    config = {"Image": digest, "Cmd": ["-"], "HostConfig": {"NetworkMode": "none"}}
    name = f"winslow-users-{uuid.uuid4().hex}"
    container = client.create_container_from_config(config, name)["Id"]  # type: ignore[no-untyped-call]
    try:
        return _read_file(client, container, "/etc/passwd"), _read_file(client, container, "/etc/group")
    finally:
        with contextlib.suppress(APIError):
            client.remove_container(container, force=True, v=True)


def _read_file(client: APIClient, container: str, path: str) -> str:
    try:
        chunks, _ = client.get_archive(container, path)
    except NotInEngine:
        return ""
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > TABLE_LIMIT:
            return ""
    return _only_file(bytes(data))


def _only_file(archive: bytes) -> str:
    with contextlib.suppress(tarfile.TarError), tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        member = tar.next()
        file = tar.extractfile(member) if member is not None and member.isreg() else None
        return file.read().decode(errors="replace") if file is not None else ""
    return ""


def _missing(name: str, why: str) -> NotFound:
    return NotFound(
        f"The image {name} is missing: {why}",
        reason="IMAGE_MISSING",
        subject=name,
        hint=f"Check the name and the registry's credentials on the node, or load it there with `docker load` as {name}",
    )
