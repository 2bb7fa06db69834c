"""How long the cluster is without what it lost: a node that is not suspected yet, a leader that is not followed yet.

Three nodes with the default times of a real one, on three members of etcd. A fault comes at a random moment between two
renewals of a lease, as real ones do, and the slowest of the runs is the value: what is promised is a most. Who awarded a stage
is told by etcd alone: awards compare the leader's claim, so one that came after the claim's end is another leader's.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from bench.figures import Figure, median
from bench.nodes import SESSION_TTL, Onlooker, Seen, node_set, until_whole
from bench.stage import spec
from tests.cluster import Cluster
from tests.daemon import ROOT, NodeDaemon
from winslow.client import Client
from winslowd.etcd.session import RENEWALS, TENURE_RENEWALS, TENURE_TTL

SUSPECTS, FAILOVERS, HANDOVERS, REATTACHMENTS = 4, 4, 5, 5
HANDOVER_AIM = 2.0
AWARD_WITHIN = 30.0
SUSPECT_WITHIN = 60.0
FOR_EVER = ["sleep", "3600"]
BEATS = ["sh", "-c", "i=0; while true; do echo WINSLOW_RESULT: beat=$i; i=$((i+1)); usleep 50000; done"]
"""It always has something new to report."""

Fault = Callable[[NodeDaemon], None]


def measure(seed: int = 0) -> list[Figure]:
    dice = random.Random(seed or time.time_ns())
    with node_set() as (cluster, onlooker, image):
        bench = Failover(cluster, onlooker, image, dice)
        bench.warm_up()
        suspected = [bench.suspected() for _ in range(SUSPECTS)]
        killed = [bench.followed(NodeDaemon.kill, NodeDaemon.start) for _ in range(FAILOVERS)]
        frozen = [bench.followed(NodeDaemon.freeze, NodeDaemon.thaw) for _ in range(FAILOVERS)]
        handed = [bench.followed(_terminate, _start_again) for _ in range(HANDOVERS)]
        reattached, bare = bench.reattached()
    return [
        Figure("suspect.time", "s", max(suspected), SESSION_TTL, len(suspected)),
        Figure("failover.time", "s", max(killed), TENURE_TTL, len(killed)),
        Figure("failover.time.frozen", "s", max(frozen), TENURE_TTL, len(frozen)),
        Figure("handover.time", "s", max(handed), HANDOVER_AIM, len(handed)),
        Figure("reattach.time", "s", max(reattached), median(bare), len(reattached)),
    ]


class Failover:
    """Each measurement leaves the cluster whole."""

    def __init__(self, cluster: Cluster, onlooker: Onlooker, image: str, dice: random.Random) -> None:
        self._cluster = cluster
        self._onlooker = onlooker
        self._image = image
        self._dice = dice

    def warm_up(self) -> None:
        """A stage on its way for the first time, through each node."""
        for node in self._cluster.nodes.values():
            with node.client() as client:
                self._awarded(client, self._project(client, ["true"]))

    def suspected(self) -> float:
        """From a node's death, with all its containers, to the first answer of another one that calls its stage suspect."""
        with self._cluster.client() as client:
            victim, stage = self._running(client, FOR_EVER)
        name = f"projects/{stage.stage.project}/stages/{stage.stage.id}"
        with self._another(victim).client() as client:
            assert not client.stages.get(name).suspect
            self._any_moment(SESSION_TTL / RENEWALS)
            at = time.time()
            self._cluster.kill_with_containers(victim)
            while not client.stages.get(name).suspect:
                assert time.time() < at + SUSPECT_WITHIN, f"{name} is not suspect within {SUSPECT_WITHIN:g} s"
                time.sleep(0.02)
            taken = time.time() - at
        victim.start()
        until_whole(self._cluster)
        return taken

    def followed(self, fault: Fault, mend: Fault) -> float:
        """From what happens to the leader to the first award by another, of a stage that was submitted just after it."""
        claim = self._onlooker.until(self._onlooker.leader)
        leader = self._cluster.node(claim.node)
        with self._another(leader).client() as client:
            project = self._project(client, ["true"])
            self._any_moment(TENURE_TTL / TENURE_RENEWALS)
            at = time.time()
            fault(leader)
            award = self._awarded(client, project)
            while not self._onlooker.is_after(claim, award):  # by a leader that is about to take its leave
                award = self._awarded(client, self._project(client, ["true"]))
        mend(leader)
        until_whole(self._cluster)
        return award.at - at

    def reattached(self) -> tuple[list[float], list[float]]:
        """From a daemon's start to its first report on a stage that an earlier one, which was killed, had begun.

        In between, what a bare process with its imports takes on a machine that is as busy.
        """
        with self._cluster.client() as client:
            victim, stage = self._running(client, BEATS)
        found, bare = [], []
        for _ in range(REATTACHMENTS):
            found.append(self._reattached(victim, stage))
            bare.append(_bare_start())
        with victim.client() as client:
            client.stages.abort(f"projects/{stage.stage.project}/stages/{stage.stage.id}")
        return found, bare

    def _reattached(self, victim: NodeDaemon, stage: Seen) -> float:
        project = stage.stage.project
        self._onlooker.until(lambda: self._onlooker.history(project)[-1].stage.results)
        self._any_moment(1.0)
        victim.kill()
        before = self._onlooker.history(project)[-1]
        at = time.time()
        victim.start(wait=False)

        def reported() -> Seen | None:
            last = self._onlooker.history(project)[-1]
            return last if last.stage.results != before.stage.results else None

        taken = self._onlooker.until(reported).at - at
        victim.ready()
        return taken

    # ---- parts

    def _project(self, client: Client, command: list[str]) -> str:
        number = self._dice.getrandbits(32)
        return client.projects.create(f"failover {number}", spec=spec(self._image, ["only"], command)).name

    def _awarded(self, client: Client, project: str) -> Seen:
        client.runs.start(project)
        return self._onlooker.until(lambda: self._onlooker.awards(project), AWARD_WITHIN)[0]

    def _running(self, client: Client, command: list[str]) -> tuple[NodeDaemon, Seen]:
        """A stage that runs, and its node."""
        project = self._project(client, command)
        client.runs.start(project)

        def running() -> Seen | None:
            history = self._onlooker.history(project)
            return history[-1] if history and history[-1].stage.started_at else None

        found = self._onlooker.until(running)
        assert found.stage.node
        return self._cluster.node(found.stage.node), found

    def _another(self, than: NodeDaemon) -> NodeDaemon:
        return self._dice.choice([node for node in self._cluster.nodes.values() if node is not than])

    def _any_moment(self, period: float) -> None:
        """So that a fault comes at any time between two beats of a period."""
        time.sleep(self._dice.uniform(0.0, period))


def _terminate(node: NodeDaemon) -> None:
    os.kill(node.pid, signal.SIGTERM)


def _start_again(node: NodeDaemon) -> None:
    node.stop()
    node.start()


def _bare_start() -> float:
    """A Python process that imports what a daemon imports, as it does, and ends."""
    imports = "import sys; sys.modules['rich'] = None; import winslowd.__main__, winslowd.app"
    at = time.perf_counter()
    subprocess.run([sys.executable, "-c", imports], check=True, cwd=ROOT)
    return time.perf_counter() - at
