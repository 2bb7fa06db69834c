"""Every contract test of the store and of membership runs in every world, so that no fake can lie."""

from __future__ import annotations

import pytest

from tests.contract.daemons import EtcdWorld, FakeWorld, LineWorld, World


@pytest.fixture(params=["fake", "line", "etcd"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "fake":
        return FakeWorld()
    if request.param == "line":
        return LineWorld()
    return EtcdWorld(request.getfixturevalue("cluster"), request.getfixturevalue("etcd"))
