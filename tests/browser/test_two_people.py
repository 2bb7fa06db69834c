"""Two people, each at a screen of their own, at the same time: what one does the other sees, and nothing is done twice."""

from __future__ import annotations

import time

from playwright.sync_api import expect

from tests.acceptance.story import Story
from tests.browser.conftest import Opens, Served
from tests.browser.hands import Mouse
from winslow.v1.run_pb2 import Run, RunState

GATED = """
- name: look
  image: IMAGE
  arguments: [sh, -c, 'echo brightness=7']
- name: go-on
  image: IMAGE
  arguments: [sh, -c, 'echo $THRESHOLD']
  input: {confirmation: always, variables: [THRESHOLD]}
"""

CONFIRMS_AT = """
(moment) => setTimeout(
  () => [...document.querySelectorAll("button")].find((one) => one.textContent.startsWith("Confirm"))?.click(),
  moment - Date.now(),
)
"""


def gated(story: Story, name: str) -> Run:
    story.name = name
    return story.pipeline(GATED).run()


def gate_of(run: Run) -> str:
    return f"/{run.name}/gates/go-on"


def test_who_answers_a_gate_takes_it_from_everybody_elses_screen(daemon: Served, window: Opens, image: str) -> None:
    with daemon.client() as client:
        story = Story(client, image, "Asked")
        run = gated(story, "Asked")
        one, other = window(daemon.web), window(daemon.web)
        for each in (one, other):
            each.open(gate_of(run))
            expect(each.page.get_by_role("heading", name="go-on waits for you")).to_be_visible()
        Mouse(one.page).fill("THRESHOLD", "12")
        Mouse(other.page).fill("THRESHOLD", "99")
        Mouse(one.page).press("Confirm")
        expect(other.page.get_by_role("heading", name="go-on waits for you")).to_have_count(0)
        expect(other.page.get_by_role("main").get_by_text("12").first).to_be_visible()
        client.wait(client.runs.get(run.name))
        assert story.log("go-on") == ["12"]


def test_two_who_confirm_at_once_are_one_confirmation_and_one_who_is_told(
    daemon: Served, window: Opens, image: str
) -> None:
    with daemon.client() as client:
        story = Story(client, image, "Both")
        run = gated(story, "Both")
        one, other = window(daemon.web), window(daemon.web)
        other.expect("status of 4", "status of 5")
        one.expect("status of 4", "status of 5")
        for each in (one, other):
            each.open(gate_of(run))
            Mouse(each.page).fill("THRESHOLD", "5")
        # Pressed in both at the same moment, before either hears of the other: the answers cross on their way.
        moment = time.time() * 1000 + 1000
        for each in (one, other):
            each.page.evaluate(CONFIRMS_AT, moment)
        for each in (one, other):
            expect(each.page.get_by_role("heading", name="go-on waits for you")).to_have_count(0)
        ended = client.wait(client.runs.get(run.name))
        assert ended.state == RunState.RUN_STATE_SUCCEEDED
        assert len(story.all("go-on")) == 1


def test_what_somebody_else_changed_is_told_and_not_overwritten(daemon: Served, window: Opens, image: str) -> None:
    with daemon.client() as client:
        story = Story(client, image, "Edited").stages("sleep 0")
        client.pipelines.create(client.projects.get(story.project).pipeline, pipeline_id="edited")
        one = window(daemon.web)
        one.expect("status of 4")
        one.open("/pipelines/edited?tab=text")
        editor = one.page.locator(".cm-content[contenteditable=true]:not([aria-readonly=true])")
        expect(editor).to_be_visible()
        editor.click()
        one.page.keyboard.press("ControlOrMeta+End")
        one.page.keyboard.type("\n# mine\n")
        spec = client.pipelines.get("edited").spec
        spec.description = "theirs"
        client.pipelines.update("edited", spec)
        expect(one.page.get_by_text("theirs").first).to_be_visible()
        assert client.pipelines.get("edited").version == 2
        expect(editor).to_contain_text("# mine")
