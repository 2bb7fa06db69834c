"""What ended stages left is archived, and nobody who follows, searches, reads or downloads it sees a difference."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.story import Story
from tests.cluster import Cluster

LINES = 2_000_000
LONG = f"awk 'BEGIN {{ for (i = 1; i <= {LINES}; i++) printf \"%060d\\n\", i }}'"
WITHIN = 90.0


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, image: str) -> Iterator[Cluster]:
    settings = {"archive_after": 0.5, "archive_rate": 60 << 20, "history_after": 0.5, "cpus": 2}
    with Cluster(tmp_path_factory.mktemp("archives"), "t-archives", nodes=2, members=1, **settings) as cluster:
        yield cluster


def until(condition: Callable[[], bool], why: Callable[[], object], pause: float = 0.02) -> None:
    deadline = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < deadline, why()
        time.sleep(pause)


def lies(home: Path) -> list[str]:
    return sorted(path.name for path in home.iterdir())


def archived(home: Path) -> bool:
    return not (home / "log").exists() and (home / "log.gz").exists() and (home / "manifest.gz").exists()


def test_a_log_of_200_mb_is_archived_while_it_is_followed_and_searched_and_its_daemons_are_killed(
    cluster: Cluster, image: str
) -> None:
    with cluster.client("node-a") as client:
        story = Story(client, image, "long").stages(LONG)
        run = client.runs.start(story.project)
        until(lambda: bool(story.all()), story.all)
        (stage,) = story.all()
        home = cluster.volume / stage.name
        followed: dict[str, object] = {}

        def follow() -> None:
            digest, size = hashlib.sha256(), 0
            with cluster.client("node-b") as other:
                for chunk in other.logs.follow(stage.name):
                    digest.update(chunk.data)
                    size += len(chunk.data)
                    time.sleep(0.01)  # slowly: it is archived long before this follower is through
            followed.update(digest=digest.hexdigest(), size=size)

        following = threading.Thread(target=follow)
        following.start()
        story.settled(run)
        log = (
            (home / "log").read_bytes() if (home / "log").exists() else gzip.decompress((home / "log.gz").read_bytes())
        )
        assert len(log) > 190_000_000
        _killed_in_the_midst(cluster, home)
    with cluster.client("node-a") as client:
        looked = 0
        while not archived(home) or not looked:
            looked += 1
            (found,) = client.logs.search(stage.name, f"{LINES - 1:060d}$", offset=_line(log, len(log) - (30 << 20)))
            assert found.line.endswith(b"%060d" % (LINES - 1))
            middle = _line(log, len(log) // 2)
            piece = next(iter(client.logs.read(stage.name, offset=middle)))
            assert piece.data == log[middle : middle + len(piece.data)]
        assert b"".join(client.files.read(f"{stage.name}/log")) == log
        following.join(WITHIN)
        assert followed == {"digest": hashlib.sha256(log).hexdigest(), "size": len(log)}
        assert gzip.decompress((home / "log.gz").read_bytes()) == log
        first, *_, last = map(json.loads, gzip.decompress((home / "manifest.gz").read_bytes()).splitlines())
        assert (first["stage"], first["workspace"], last["files"]) == (home.name, True, 0)


def _line(log: bytes, offset: int) -> int:
    """Where the next line begins."""
    return log.index(b"\n", offset) + 1


def _killed_in_the_midst(cluster: Cluster, home: Path) -> None:
    """As soon as a draft is seen, all workers are killed; when there is a large one again, a whole daemon."""

    def drafts(least: int) -> bool:
        found = [path for path in home.iterdir() if path.name.startswith(".log.gz.")]
        return archived(home) or any(path.stat().st_size > least for path in found)

    until(lambda: drafts(0), lambda: lies(home), 0.002)
    for node in cluster.nodes.values():
        for worker in node.processes()[1:]:
            worker.kill()
    until(lambda: drafts(1 << 20), lambda: lies(home), 0.002)
    cluster.nodes["node-a"].kill_whole()
    cluster.nodes["node-a"].start()
