"""Every contract test of the store and of membership runs in both worlds, so that the fake cannot lie."""

from __future__ import annotations

import pytest

from tests.contract.daemons import EtcdWorld, FakeWorld, World


@pytest.fixture(params=["fake", "etcd"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "fake":
        return FakeWorld()
    return EtcdWorld(request.getfixturevalue("cluster"), request.getfixturevalue("etcd"))
