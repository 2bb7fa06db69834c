"""Fixtures that several folders of tests share."""

from __future__ import annotations

import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import ceph as ceph_cluster
from tests.etcd import Member, running

settings.register_profile("noisy", deadline=None)
settings.load_profile("noisy")
"""How long an example takes says nothing on a machine that others use."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's job in the background: what it starts ignores interrupts, and so would all that tests mean to interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Member]:
    """One real etcd for all tests that leave it running; each keeps to its own `cluster`."""
    with running(tmp_path_factory.mktemp("etcd")) as (member,):
        yield member


@pytest.fixture
def own_etcd(tmp_path: Path) -> Iterator[Member]:
    """A real etcd of the test's own, to stop, kill, freeze and restart."""
    with running(tmp_path / "etcd") as (member,):
        yield member


@pytest.fixture
def three_members(tmp_path: Path) -> Iterator[list[Member]]:
    """A real etcd of three members, of the test's own."""
    with running(tmp_path / "etcd", 3) as members:
        yield members


@pytest.fixture(scope="session")
def ceph() -> Iterator[ceph_cluster.Cluster]:
    """One real Ceph cluster, with two metadata servers, for all tests that leave it well; each keeps to its own directory.

    Tests that use it are marked `ceph`.
    """
    if why := ceph_cluster.why_no_fuse():
        pytest.skip(why)
    with ceph_cluster.running(standby=True) as cluster:
        yield cluster


@pytest.fixture
def cluster() -> str:
    """The name of a Winslow cluster that nobody used before."""
    return f"t-{uuid.uuid4().hex[:12]}"
