"""What whoever fences may rely on, of the fake and of a real CephFS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Protocol

import pytest

from tests.ceph import Cluster
from tests.ceph_clients import FENCE, Writer, client_of, monitors, writing
from tests.fakes.ceph import FakeFencer, client_number
from winslow.errors import FailedPrecondition, InvalidArgument
from winslow.ports import Fencer
from winslowd.ceph.fencing import CephFencer

ELSEWHERE = "00000000-0000-4000-8000-000000000000/4119/127.0.0.1:0/1"


class Shared(Protocol):
    """A file system with two clients."""

    fencer: Fencer
    clients: tuple[str, str]

    def writes(self, client: str) -> bool:
        """Whether it can, to a file of its own."""

    def opens(self, client: str, other: str) -> None:
        """The file of the other one."""


class Fake:
    def __init__(self) -> None:
        self.fencer = FakeFencer()
        self.clients = (client_number(1), client_number(2))

    def writes(self, client: str) -> bool:
        return self.fencer.write(client) == "ok"

    def opens(self, client: str, other: str) -> None:
        assert self.fencer.write(client) == "ok"


class Real:
    def __init__(self, cluster: Cluster, stack: ExitStack) -> None:
        self.fencer = CephFencer(monitors(cluster, "client.fence", *FENCE))
        mounts = [stack.enter_context(cluster.mounted_new())]
        mounts.append(stack.enter_context(cluster.mounted(mounts[0].directory)))
        self._names = {client_of(mount): f"held-by-{number}" for number, mount in enumerate(mounts)}
        self._places = {client_of(mount): mount.path for mount in mounts}
        self._writers: dict[str, Writer] = {
            client: stack.enter_context(writing(self._places[client] / name)) for client, name in self._names.items()
        }
        first, second = self._writers
        self.clients = (first, second)

    def writes(self, client: str) -> bool:
        return self._writers[client].write("more") == "ok"

    def opens(self, client: str, other: str) -> None:
        assert self._writers[client].read(other=self._places[client] / self._names[other]) == "more"


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.ceph)])
def shared(request: pytest.FixtureRequest) -> Iterator[Shared]:
    if request.param == "fake":
        yield Fake()
        return
    with ExitStack() as stack:
        yield Real(request.getfixturevalue("ceph"), stack)


async def test_who_is_shut_out_can_write_no_more_and_nobody_else_is_touched(shared: Shared) -> None:
    first, second = shared.clients
    assert shared.writes(first) and shared.writes(second)
    await shared.fencer.fence(first)
    shared.opens(second, first)  # until somebody does, those who keep the bytes may not have heard of it
    assert not shared.writes(first)
    await shared.fencer.fence(first)
    assert not shared.writes(first)
    assert shared.writes(second)


@pytest.mark.parametrize("client", ["", "4119", f"{ELSEWHERE}\n", ELSEWHERE.replace("127.0.0.1", "host"), "a/b/c/d/e"])
async def test_what_is_no_client_is_refused(shared: Shared, client: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await shared.fencer.fence(client)
    assert refused.value.reason == "CLIENT_INVALID"


async def test_a_client_of_another_cluster_is_refused(shared: Shared) -> None:
    with pytest.raises(FailedPrecondition) as refused:
        await shared.fencer.fence(ELSEWHERE)
    assert refused.value.reason == "CLIENT_ELSEWHERE"
