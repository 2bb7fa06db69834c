"""Two nodes and their pages: what happens elsewhere is on the screen at once, and what is not live any more says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.acceptance.scene import fresh
from tests.acceptance.story import Story
from tests.browser.conftest import Opens
from tests.cluster import Cluster
from tests.etcd import free_ports
from winslow.v1.run_pb2 import RunMode

LITTLE = "{cpus: 0.1}"
FOR_LONG = "while true; do echo still here; sleep 1; done"


def count_on(row: Locator) -> Locator:
    """How many stages are on the node of this row."""
    return row.get_by_role("gridcell", name=re.compile(r"^\d+$"))


class Pair:
    """Two nodes, each with pages of its own."""

    def __init__(self, cluster: Cluster, web: dict[str, str]) -> None:
        self.cluster = cluster
        self.web = web


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    served = {name: f"127.0.0.1:{port}" for name, port in zip(("node-a", "node-b"), free_ports(2), strict=True)}
    each = {name: {"http": [address]} for name, address in served.items()}
    with Cluster(tmp_path, fresh("web"), nodes=2, members=1, each=each) as cluster:
        yield Pair(cluster, {name: f"http://{address}" for name, address in served.items()})


def test_what_the_cli_does_is_on_every_screen(pair: Pair, window: Opens, image: str) -> None:
    here, there = window(pair.web["node-a"]), window(pair.web["node-b"])
    for one in (here, there):
        one.open("/projects")
    with pair.cluster.client("node-a") as client:
        story = Story(client, image, "Seen everywhere").stages("sleep 0")
        for one in (here, there):
            expect(one.page.get_by_text("Seen everywhere").first).to_be_visible()
        client.projects.tag(story.project, add=["urgent"])
        for one in (here, there):
            expect(one.page.get_by_text("urgent").first).to_be_visible()
        story.run()
        for one in (here, there):
            expect(one.page.get_by_text("Succeeded").first).to_be_visible()
        for one in (here, there):
            one.expect("status of 404")  # its picture may be asked for once more
        client.projects.delete(story.project)
        for one in (here, there):
            expect(one.page.get_by_text("Seen everywhere")).to_have_count(0)


def test_a_node_that_is_killed_is_silent_on_the_others_screen_and_its_own_page_says_that_it_is_old(
    pair: Pair, window: Opens, image: str
) -> None:
    with pair.cluster.client("node-b") as client:
        story = Story(client, image, "Runs on somewhere").stages(FOR_LONG)
        client.runs.start(story.project, mode=RunMode.RUN_MODE_RUN_ON)
        stage = story.started("s1")
        victim = pair.cluster.node(stage.node)
        other = next(name for name in pair.web if name != victim.name)
        watched, lost = window(pair.web[other]), window(pair.web[victim.name])
        watched.open("/nodes")
        lost.open("/projects")
        expect(lost.page.get_by_role("status").filter(has_text="Live").first).to_be_visible()
        lost.expect_cuts()
        watched.expect_cuts()  # a log or a picture of the dead node's may be asked for
        victim.kill()
        expect(watched.page.get_by_role("grid").get_by_text("Silent").first).to_be_visible()
        expect(lost.page.get_by_text("No connection").first).to_be_visible()
        expect(lost.page.get_by_text("Runs on somewhere").first).to_be_visible()  # what was seen is kept
        # What draws this was not fetched yet.
        lost.page.get_by_role("navigation").get_by_role("link", name="Statistics").click()
        expect(lost.page.get_by_text("Runs on somewhere").first).to_be_visible()
        victim.start()
        expect(lost.page.get_by_role("heading", name="Statistics", level=2)).to_be_visible()
        lost.page.get_by_role("navigation").get_by_role("link", name="Projects").click()
        expect(watched.page.get_by_role("grid").get_by_text("Silent")).to_have_count(0)
        expect(lost.page.get_by_role("status").filter(has_text="Live").first).to_be_visible()
        with pair.cluster.client(other) as near:
            near.stages.abort(stage.name)
        expect(lost.page.get_by_text("Paused").first).to_be_visible()


def test_a_node_is_drained_and_what_is_there_ends_or_moves_while_one_watches(
    pair: Pair, window: Opens, image: str
) -> None:
    with pair.cluster.client("node-a") as client:
        client.nodes.cordon("nodes/node-a")
        moves = Story(client, image, "Moves").stages(FOR_LONG, resources=LITTLE)
        ends = Story(client, image, "Ends").stages("until test -e /input/enough; do sleep 0.2; done", resources=LITTLE)
        for story in (moves, ends):
            client.runs.start(story.project)
            story.started("s1")
        client.nodes.uncordon("nodes/node-a")

        one = window(pair.web["node-a"])
        page = one.open("/nodes")
        here, there = (page.get_by_role("row", name=re.compile(rf"^Select {name}\b")) for name in ("node-a", "node-b"))
        expect(count_on(there)).to_have_text("2")
        page.get_by_role("checkbox", name="Select node-b").check()
        bar = page.get_by_role("toolbar", name="What to do with the selected nodes")
        bar.get_by_role("button", name="Cordon").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Reason").fill("New disks")
        dialog.get_by_role("button", name="Cordon").click()
        expect(there).to_contain_text("cordoned")
        expect(count_on(there)).to_have_text("2")  # they go on
        assert not one.serious_findings()

        (pair.cluster.volume / ends.project / "input" / "enough").touch()
        expect(count_on(there)).to_have_text("1")
        page.get_by_role("checkbox", name="Select node-b").check()
        bar.get_by_role("button", name="Drain").click()
        dialog.get_by_label("They may go on for").fill("0s")
        expect(dialog).to_contain_text("tried on another node")
        dialog.get_by_role("button", name="Drain").click()
        expect(count_on(here)).to_have_text("1")
        expect(count_on(there)).to_have_text("0")
        assert (moves.state(), ends.state()) == ("RUNNING", "SUCCEEDED")
        one.open("/nodes/node-b")
        expect(page.get_by_text("Nothing runs there any more.")).to_be_visible()
        assert not one.serious_findings()
        client.stages.abort(moves.stage("s1").name)


def test_a_node_without_etcd_serves_its_page_says_that_it_is_old_and_changes_nothing(
    pair: Pair, window: Opens, image: str
) -> None:
    with pair.cluster.client("node-a") as client:
        Story(client, image, "Still to be seen").stages("sleep 0")
    one = window(pair.web["node-a"])
    one.open("/projects")
    expect(one.page.get_by_text("Still to be seen").first).to_be_visible()
    one.expect_cuts()
    for member in pair.cluster.members:
        member.freeze()
    try:
        expect(one.page.get_by_role("alert").get_by_text("This node has lost the cluster").first).to_be_visible()
        one.page.reload()
        expect(one.page.get_by_text("Still to be seen").first).to_be_visible()
        expect(one.page.get_by_role("alert").get_by_text("This node has lost the cluster").first).to_be_visible()
    finally:
        for member in pair.cluster.members:
            member.thaw()
    expect(one.page.get_by_role("status").filter(has_text="Live").first).to_be_visible()
