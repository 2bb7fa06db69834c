"""The web UI at the size of a large installation: 10,000 projects and 100,000 stages in etcd, a real daemon, a real browser.

How long a click takes to be painted; how soon a change made elsewhere is; what the first page weighs; what one more idle
browser costs the daemon; and whether a log of 10,000 lines a second is followed without holding frames up. The floors are the
paint of a light page in the same browser, and a gRPC watcher's own delay; the rest is held against the aim.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from playwright.sync_api import Browser

from bench.browser import browser, loaded_bytes, opened
from bench.figures import Figure, median, percentile
from bench.filling import SETTLED, installation, start
from bench.watchers import Watchers
from tests.cluster import Cluster
from tests.etcd import free_ports
from tests.images import busybox_image
from winslow.client import Client
from winslow.pipelinefile import parse
from winslow.v1.event_pb2 import ResourceKind
from winslow.wire.pipeline import spec_to_proto

ROWS = "main [role=row][data-index]"
LOOKED = 1.0
"""Seconds for which somebody looks at a page before they go on to another."""
FEW = 8
"""Rows that are a first screen, of which a window shows more."""
AIM_PAINT, AIM_CHANGE, AIM_BYTES, AIM_IDLE, AIM_GAP, AIM_RATE = 150.0, 200.0, 300.0, 1.0, 100.0, 10_000.0


@dataclass(frozen=True, slots=True)
class Size:
    projects: int = 10_000
    stages: int = 100_000
    looks: int = 40
    firsts: int = 20
    colds: int = 5
    changes: int = 60
    idle: int = 50
    seconds: float = 15.0
    """For which a log is followed."""


SMALL = Size(projects=500, stages=5_000, looks=8, firsts=3, colds=2, changes=10, idle=10, seconds=5.0)


@dataclass(frozen=True, slots=True)
class Place:
    cluster: Cluster
    client: Client
    address: str
    """Of the pages."""


def measure(*, small: bool = False) -> list[Figure]:
    size = SMALL if small else Size()
    with installed(size) as place, browser() as running:
        return [
            *_projects(running, place, size),
            *_changes(running, place, size),
            Figure(
                "ui.first_page_bytes",
                "kB",
                loaded_bytes(running, f"{place.address}/projects", ROWS) / 1e3,
                AIM_BYTES,
                1,
            ),
            *_idle(running, place, size),
            *_log(running, place, size),
        ]


def _whole(size: Size) -> str:
    """The list, once all there is has come."""
    return f"[role=grid][aria-rowcount='{size.projects + 1}']"


# ---- the installation


@contextlib.contextmanager
def installed(size: Size) -> Iterator[Place]:
    """A daemon that serves pages, over an etcd with so many projects."""
    address = f"127.0.0.1:{free_ports(1)[0]}"
    with (
        tempfile.TemporaryDirectory(prefix="winslow-bench-") as directory,
        installation(Path(directory), "b-ui", projects=size.projects, stages=size.stages, http=[address]) as cluster,
        cluster.client(patience=60) as client,
    ):
        start(cluster)
        time.sleep(SETTLED)  # how it is while it starts is what the bench `start` measures
        yield Place(cluster, client, f"http://{address}")


# ---- what is measured


def _projects(running: Browser, place: Place, size: Size) -> list[Figure]:
    """
    From the click on "Projects" to its rows; in pages that were begun elsewhere, where it is the first time, after somebody looked
    at them and as soon as they have all there is; and of a page that is opened at that address by a browser that knows nothing.
    """
    with opened(running, f"{place.address}/projects") as shown:
        shown.page.locator(_whole(size)).wait_for()
        waiting = shown.page.locator("nav [title$='wait for a person']").get_attribute("title") or ""
        floors, found = [], []
        for _ in range(size.looks):
            floors.append(shown.from_click("Settings", "main h2"))
            found.append(shown.from_click("Projects", ROWS, FEW))
    firsts, at_once = [], []
    for found_after, looked in ((firsts, LOOKED), (at_once, 0.0)):
        for _ in range(size.firsts):
            with opened(running, f"{place.address}/settings") as shown:
                shown.page.get_by_title(waiting).wait_for()
                time.sleep(looked)
                found_after.append(shown.from_click("Projects", ROWS, FEW))
    colds = []
    for _ in range(size.colds):
        with opened(running, f"{place.address}/projects") as shown:
            colds.append(shown.painted_at(ROWS))
    return [
        Figure("ui.projects.p95", "ms", percentile(found, 0.95), percentile(floors, 0.95), size.looks),
        Figure("ui.projects.p50", "ms", median(found), median(floors), size.looks),
        Figure("ui.projects.aim", "ms", percentile(found, 0.95), AIM_PAINT, size.looks),
        Figure("ui.projects.first.p95", "ms", percentile(firsts, 0.95), AIM_PAINT, size.firsts),
        Figure("ui.projects.first.p50", "ms", median(firsts), median(floors), size.firsts),
        Figure("ui.projects.at_once", "ms", median(at_once), median(floors), size.firsts),
        Figure("ui.projects.cold", "ms", median(colds), None, size.colds),
    ]


def _changes(running: Browser, place: Place, size: Size) -> list[Figure]:
    """A tag is put on a project that is on the screen: from the request to the paint, and to a watcher over gRPC."""
    heard: SimpleQueue[tuple[str, float]] = SimpleQueue()
    listening = threading.Thread(target=_listen, args=(place, heard), daemon=True)
    listening.start()
    heard.get(timeout=30)
    delays, floors = [], []
    with opened(running, f"{place.address}/projects") as shown:
        shown.painted_at(ROWS)
        zero = shown.zero
        project = shown.page.locator(f"{ROWS} a[href^='/projects/']").first.get_attribute("href") or ""
        name = project.strip("/").partition("?")[0]
        for number in range(size.changes):
            tag = f"bench-{number}"
            shown.page.evaluate(
                "([selector, tag]) => { window.bench.tagged = window.bench.painted(selector, tag) }", [ROWS, tag]
            )
            sent = time.time()
            place.client.projects.tag(name, add=[tag], remove=[f"bench-{number - 1}"])
            delays.append(zero + float(shown.page.evaluate("() => window.bench.tagged")) - sent * 1000)
            floors.append(_heard(heard, tag) * 1000 - sent * 1000)
            time.sleep(0.1)
    return [
        Figure("ui.change.p95", "ms", percentile(delays, 0.95), percentile(floors, 0.95), size.changes),
        Figure("ui.change.p50", "ms", median(delays), median(floors), size.changes),
        Figure("ui.change.aim", "ms", percentile(delays, 0.95), AIM_CHANGE, size.changes),
    ]


def _listen(place: Place, heard: SimpleQueue[tuple[str, float]]) -> None:
    """Over gRPC, every tag that a project has, and when it was heard of."""
    with Client(place.cluster.nodes["node-a"].address) as client, contextlib.suppress(Exception):
        for answer in client.events.watch(kinds=[ResourceKind.RESOURCE_KIND_PROJECT]):
            now = time.time()
            if answer.initial:
                if answer.revision:
                    heard.put(("", now))
                continue
            for change in answer.changes:
                for tag in change.project.tags:
                    heard.put((tag, now))


def _heard(heard: SimpleQueue[tuple[str, float]], tag: str) -> float:
    while True:
        found, at = heard.get(timeout=30)
        if found == tag:
            return at


def _idle(running: Browser, place: Place, size: Size) -> list[Figure]:
    """What one more browser that only listens costs the daemon: by clients that ask as pages do, and by real pages."""
    processes = place.cluster.nodes["node-a"].processes()

    def used() -> float:
        time.sleep(2.0)  # what was left by who came before is given back
        return sum(process.memory_full_info().uss for process in processes) / 1e6

    with Watchers(place.address, 2), contextlib.ExitStack() as stack:
        before = used()
        stack.enter_context(Watchers(place.address, size.idle))
        each = (used() - before) / size.idle
    # So many that what each costs is more than what the daemon takes and gives back meanwhile.
    pages = max(size.idle // 2, 2)
    with contextlib.ExitStack() as stack:

        def open_one() -> None:
            page = stack.enter_context(opened(running, f"{place.address}/projects")).page
            page.locator(_whole(size)).wait_for()

        open_one()  # the first one has the daemon start what it serves all of them with
        before = used()
        for _ in range(pages):
            open_one()
        real = (used() - before) / pages
    return [
        Figure("ui.idle_client", "MB", each, AIM_IDLE, size.idle),
        Figure("ui.idle_client.browser", "MB", real, AIM_IDLE, pages),
    ]


# ---- a log

LINES, PAUSE = 600, 50_000
WRITER = (
    f"awk 'BEGIN {{ while (1) {{ for (k = 0; k < {LINES}; k++) {{ i++; printf \"line %d of a log that says {'what ' * 12}"
    f'happens\\n", i }} fflush(); system("usleep {PAUSE}") }} }}\''
)


def _log(running: Browser, place: Place, size: Size) -> list[Figure]:
    """The page of a stage that writes more lines than anybody can read: how many it comes by, and its worst frame."""
    with busybox_image() as image:
        text = (
            "name: loud\nstages:\n"
            f"  - {{name: loud, image: '{image}', arguments: [sh, -c, {_quoted(WRITER)}], resources: {{cpus: 1}}, log-limit: 4Gi}}\n"
        )
        project = place.client.projects.create("loud", spec=spec_to_proto(parse(text))).name
        place.client.runs.start(project)
        while not (stages := [one for one in place.client.stages.list(project) if one.HasField("start_time")]):
            time.sleep(0.05)
        try:
            with opened(running, f"{place.address}/{stages[0].name}?tab=log") as shown:
                shown.painted_at("main", "of a log that says")
                time.sleep(2.0)
                began, first = time.monotonic(), _last_line(shown.page)
                shown.page.evaluate("() => window.bench.watchFrames()")
                time.sleep(size.seconds)
                last, took = _last_line(shown.page), time.monotonic() - began
                gaps = [float(gap) for gap in shown.page.evaluate("() => window.bench.framed()")]
                behind = _written(place.client, stages[0].name) - last
        finally:
            place.client.stages.abort(stages[0].name)
            while any(not one.HasField("end_time") for one in place.client.stages.list(project)):
                time.sleep(0.1)
    return [
        Figure("ui.log_rate", "lines/s", (last - first) / took, AIM_RATE, last - first),
        Figure("ui.log_rate.behind", "lines", behind, None, 1),
        Figure("ui.log_rate.worst_frame", "ms", max(gaps), AIM_GAP, len(gaps)),
    ]


def _last_line(page: Any) -> int:
    """The highest number of a line that is on the screen."""
    return int(
        page.evaluate(
            "() => Math.max(...[...document.querySelector('main').textContent.matchAll(/line (\\d+) of a log/g)].map((one) => +one[1]))"
        )
    )


def _written(client: Client, stage: str) -> int:
    """The number of the last line that the log has."""
    lines = b"".join(chunk.data for chunk in client.logs.read(stage, tail=3)).splitlines()
    return max(int(line.split(b"line ", 1)[1].split(b" ", 1)[0]) for line in lines if b"line " in line)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
