"""Pipelines written and taken over, a node that is cordoned while somebody waits, and what is set for all, by the pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.story import Story
from tests.browser.conftest import Opens, Served
from tests.receivers import webhook
from winslow.v1.stage_pb2 import StageState

pytestmark = pytest.mark.timeout(120)

TEXT = """name: written-by-hand
stages:
  - name: first
    image: busybox
    arguments: [echo, hello]
"""


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One that may tell loopback, which is refused otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WINSLOW_NOTIFY", json.dumps({"networks": ["127.0.0.0/8"]}))
        with Served(tmp_path_factory.mktemp("winslow") / "dev") as running:
            yield running


def written(page: Page, text: str) -> None:
    """In place of what the editor holds, as if taken in from a file of the person's own."""
    page.locator(".cm-content[contenteditable=true]").wait_for()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import a file").click()
    chooser.value.set_files({"name": "mine.yaml", "mimeType": "application/yaml", "buffer": text.encode()})


def save(page: Page) -> None:
    """Until it has been taken: while it is on its way the button cannot be pressed, either."""
    button = page.get_by_role("button", name="Save")
    button.click()
    expect(button).not_to_have_attribute("data-loading", "true")
    expect(button).to_be_disabled()


def test_a_pipeline_is_written_mended_saved_again_restored_and_taken_over(daemon: Served, window: Opens) -> None:
    one = window(daemon.web)
    page = one.open("/pipelines/new")
    written(page, TEXT.replace("image:", "imago:"))
    wrong = page.get_by_role("button", name=re.compile("^Line [34]"))
    expect(wrong.first).to_contain_text("imag")
    expect(page.locator(".cm-lintRange-error, .cm-lint-marker-error").first).to_be_visible()
    expect(page.get_by_role("button", name="Create")).to_be_disabled()
    assert not one.serious_findings()
    written(page, TEXT)
    expect(page.get_by_text("Nothing is wrong with it")).to_be_visible()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("Version 1", exact=True)).to_be_visible()
    with daemon.client() as client:
        (pipeline,) = client.pipelines.list()
        project = client.projects.create("Takes over", pipeline=pipeline.name.rpartition("/")[2])

        page.get_by_role("tab", name="Text").click()
        written(page, TEXT.replace("hello", "good-bye"))
        page.get_by_role("button", name="Save as version 2").click()
        expect(page.get_by_text("Version 2", exact=True)).to_be_visible()
        page.get_by_role("button", name="More").click()
        with page.expect_download() as taken:
            page.get_by_role("menuitem", name="Export as a file").click()
        assert "good-bye" in taken.value.path().read_text()

        one.open(f"/{project.name}/pipeline")
        page.get_by_role("button", name="See what differs").click()
        expect(page.locator("main").get_by_text("good-bye").first).to_be_visible()
        assert not one.serious_findings()
        page.get_by_role("button", name="Take it for this project").click()
        page.get_by_role("dialog").get_by_role("button", name="Take it").click()
        expect(page.get_by_text("Version 2", exact=True)).to_be_visible()
        assert "good-bye" in str(client.projects.get(project.name).pipeline)

        one.open(f"/{pipeline.name}?tab=versions&version=1&against=2")
        expect(page.locator("main").get_by_text("hello").first).to_be_visible()
        assert not one.serious_findings()
        page.get_by_role("button", name="Restore version 1").click()
        page.get_by_role("dialog").get_by_role("button", name="Make it version 3").click()
        expect(page.get_by_text("Version 3", exact=True)).to_be_visible()
        assert "hello" in str(client.pipelines.get(pipeline.name).spec)


def test_a_node_is_cordoned_limited_and_freed_and_who_waits_is_told_why(
    daemon: Served, window: Opens, image: str
) -> None:
    with daemon.client() as client:
        story = Story(client, image, "Wants much").stages("true", resources="{cpus: 64}")
        client.runs.start(story.project)
        large = story.started("s1", StageState.STAGE_STATE_QUEUED)
        one = window(daemon.web)
        page = one.open(f"/{large.name}")
        expect(page.get_by_text("What would end it")).to_be_visible()
        expect(page.get_by_role("main")).to_contain_text(re.compile("64 .*CPU|CPU.*64", re.I))
        one.open("/queue")
        expect(page.get_by_role("row", name=re.compile("Wants much"))).to_be_visible()
        assert not one.serious_findings()

        (node,) = client.nodes.list()
        one.open(f"/{node.name}")
        page.get_by_role("button", name="Cordon").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Reason").fill("New disks")
        assert not one.serious_findings()
        dialog.get_by_role("button", name="Cordon").click()
        expect(page.get_by_role("button", name="Uncordon")).to_be_visible()
        expect(page.get_by_role("main")).to_contain_text("New disks")
        page.get_by_role("button", name="Drain").click()
        expect(dialog.get_by_label("They may go on for")).to_be_visible()
        dialog.get_by_role("button", name="Cancel").click()
        expect(dialog).to_have_count(0)
        page.get_by_role("button", name="Limit").click()
        dialog.get_by_label("Stages at a time, at most").fill("3")
        dialog.get_by_role("button", name="Limit").click()
        expect(dialog).to_have_count(0)
        assert client.nodes.get(node.name).policy.max_stages == 3
        page.get_by_role("button", name="Uncordon").click()
        expect(page.get_by_role("button", name="Cordon", exact=True)).to_be_visible()
        assert not one.serious_findings()


def test_what_is_set_for_all_is_seen_where_a_run_is_started_and_subscribers_are_told(
    daemon: Served, window: Opens, image: str
) -> None:
    with daemon.client() as client:
        story = Story(client, image, "Gets what is set for all").stages("true")
    one = window(daemon.web)
    page = one.open("/settings?tab=environment")
    page.get_by_role("button", name="Add a variable").click()
    page.get_by_label("Name", exact=True).fill("REGION")
    page.get_by_label("Value of REGION").fill("north")
    save(page)
    assert not one.serious_findings()
    one.open(f"/{story.project}/start")
    expect(page.get_by_label("REGION", exact=True)).to_have_value("north")

    one.open("/settings?tab=limits")
    page.get_by_label("Stages of each user").fill("7")
    save(page)
    with daemon.client() as client:
        assert client.limits.get().per_user == 7
    assert not one.serious_findings()

    one.open("/settings?tab=retention")
    page.get_by_role("checkbox", name=re.compile("^Keep only the newest")).check()
    expect(page.get_by_role("main")).to_contain_text(re.compile("would go|goes|nothing", re.I))
    assert not one.serious_findings()
    page.get_by_role("button", name="Undo").click()

    with webhook() as receiver:
        one.open("/settings?tab=notifications")
        page.get_by_role("button", name="Add", exact=True).first.click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("URL").fill(receiver.url)
        assert not one.serious_findings()
        dialog.get_by_role("button", name="Add", exact=True).click()
        card = page.locator("section").filter(has=page.get_by_role("button", name="Send a test"))
        card.get_by_role("button", name="Send a test").click()
        expect(card.get_by_text(re.compile("^Arrived"))).to_be_visible()
        assert len(receiver.told) == 1
        card.get_by_role("button", name=re.compile("^Change")).click()
        dialog.get_by_label("A project is done").check()
        dialog.get_by_role("button", name="Make one").click()
        assert not one.serious_findings()
        dialog.get_by_role("button", name="Save", exact=True).click()
        expect(card.get_by_text("A project is done")).to_be_visible()
        expect(card.get_by_text("signed")).to_be_visible()
        card.get_by_role("switch").press(" ")
        expect(card.get_by_text("Switched off")).to_be_visible()
        assert not one.serious_findings()
        card.get_by_role("button", name=re.compile("^Delete")).click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(page.get_by_text("Nobody is told yet")).to_be_visible()
