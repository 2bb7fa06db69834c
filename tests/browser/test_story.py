"""The whole story on the real stack: from an empty installation to the compared redo of a real video, by mouse and by keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opens, Served
from tests.browser.hands import Hands, Keys, Mouse
from winslow.v1.run_pb2 import RunState
from winslow.v1.stage_pb2 import Stage, StageState

LONG = 120_000
"""Milliseconds for stages that look at 400 pictures while others use the machine."""


@pytest.mark.timeout(400)
@pytest.mark.parametrize("hands_of", [Mouse, Keys], ids=["mouse", "keys"])
def test_from_an_empty_installation_to_the_compared_redo(
    own_daemon: Served, window: Opens, hands_of: Callable[[Page], Hands]
) -> None:
    one = window(own_daemon.web)
    page = one.open("/")
    hands = hands_of(page)

    hands.press("Try the example")  # one
    expect(page.get_by_text("What will be made")).to_be_visible()
    hands.press("Make it")  # two
    expect(page.get_by_role("button", name="Start it")).to_be_visible(timeout=LONG)
    hands.press("Start it")  # three
    with own_daemon.client() as client:
        (project,) = client.projects.list()

    guide = page.get_by_role("complementary", name="Guide through the example")
    expect(guide.get_by_text("You are asked")).to_be_visible(timeout=LONG)
    hands.press("Look at it")
    expect(page.get_by_role("heading", name="track waits for you")).to_be_visible()
    expect(page.get_by_text("detections_per_frame")).to_be_visible()
    expect(page.locator("main img").first).to_be_visible()
    assert not one.serious_findings()
    hands.press("Confirm")

    expect(guide.get_by_text("Do it again, otherwise")).to_be_visible()
    with own_daemon.client() as client:
        (run,) = client.runs.list(project.name)
        client.wait(run, until=lambda now: now.state == RunState.RUN_STATE_SUCCEEDED, timeout=LONG / 1000)
    hands.press("Do it again")
    expect(page.get_by_label("SENSITIVITY", exact=True).first).to_have_value("75")
    hands.fill("FRAME_STEP", "4")
    expect(page.get_by_role("region", name="What would happen")).to_contain_text("detect")
    assert not one.serious_findings()
    hands.press("Start the redo")

    expect(guide.get_by_text("Compare the two")).to_be_visible(timeout=LONG)
    with own_daemon.client() as client:
        first, second = detections(list(client.stages.list(project.name)))
        wanted = StageState.STAGE_STATE_SUCCEEDED
        second = client.wait(second, until=lambda now: now.state == wanted, timeout=LONG / 1000)
    assert {each.name: each.value for each in second.environment}["FRAME_STEP"] == "4"
    hands.press("Compare them")
    main = page.get_by_role("main")
    for value in (first.results["detections"], second.results["detections"]):
        expect(main.get_by_text(value).first).to_be_visible()
    expect(main.get_by_text("SENSITIVITY").first).to_be_visible()
    assert not one.serious_findings()


def detections(stages: list[Stage]) -> tuple[Stage, Stage]:
    first, second = [one for one in stages if one.definition.name == "detect"]
    return first, second
