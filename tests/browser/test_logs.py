"""A log as people read it: what is shown of it, looked for, gone to, taken away and followed, of any length; and what it draws."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.acceptance.story import Story
from tests.browser.conftest import Opens, Served
from winslow.v1.run_pb2 import RunMode

pytestmark = pytest.mark.timeout(120)

LONG = 200_000
STORY = f"""
- name: talk
  image: IMAGE
  arguments:
    - sh
    - -c
    - |
      echo plain out; echo a complaint >&2
      for i in 1 2 3 4 5 6 7 8; do echo step $i loss=0.$i; done
      sleep 1.1; echo after a while
- name: much
  image: IMAGE
  arguments: [sh, -c, 'seq {LONG} | sed "s/.*/line & of many/"']
- name: go-on
  image: IMAGE
  arguments: [sh, -c, 'i=0; while true; do i=$((i+1)); echo tick $i; sleep 0.1; done']
"""


DRAWING = """
- name: draw
  image: IMAGE
  arguments:
    - sh
    - -c
    - |
      echo before
      i=0; while [ ! -e /input/go ]; do i=$((i+1)); printf "\\r%d%%|#" $i >&2; usleep 100000; done
      printf "Is it good? "; while [ ! -e /input/yes ]; do usleep 100000; done; echo it is
"""


@pytest.fixture(scope="module")
def story(daemon: Served, image: str) -> Story:
    with daemon.client() as client:
        story = Story(client, image, "It talks").pipeline(STORY)
        client.runs.start(story.project)
        story.started("go-on")
        return story


def stream(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name="Shown streams").get_by_text(name, exact=True)


def log_of(page: Page) -> Locator:
    return page.get_by_role("log")


def test_a_log_is_filtered_searched_gone_to_and_taken_away(daemon: Served, window: Opens, story: Story) -> None:
    with daemon.client() as client:
        story.client = client
        stage = story.stage("talk")
        lines = list(client.logs.lines(stage.name))
        whole = b"".join(chunk.data for chunk in client.logs.read(stage.name))
    one = window(daemon.web)
    page = one.open(f"/{stage.name}?tab=log")
    log = log_of(page)
    expect(log).to_contain_text("after a while")
    expect(log).to_contain_text("a complaint")
    assert not one.serious_findings()
    stream(page, "Err").click()
    expect(log).not_to_contain_text("a complaint")
    expect(log).to_contain_text("plain out")
    stream(page, "Err").click()
    stream(page, "Out").click()
    stream(page, "Winslow").click()
    expect(log).to_contain_text("a complaint")
    expect(log).not_to_contain_text("plain out")
    stream(page, "Out").click()
    stream(page, "Winslow").click()

    box = page.get_by_label("Search in the log")
    said = page.get_by_role("search").get_by_role("status")
    box.fill("loss=")
    box.press("Enter")
    expect(said).to_contain_text("of 8")
    expect(log.locator("[data-found]")).to_have_count(8)
    first = said.inner_text()
    page.get_by_role("button", name="Next one (n)").click()
    expect(said).not_to_have_text(first)
    page.get_by_role("button", name="One before (N)").click()
    expect(said).to_have_text(first)
    assert not one.serious_findings()
    box.fill("/loss=0.[37]/")
    box.press("Enter")
    expect(said).to_contain_text("of 2")
    page.get_by_role("button", name="End the search").click()

    page.get_by_role("button", name="Mark").click()
    page.get_by_label("Mark every").fill("step 4")
    page.keyboard.press("Enter")
    expect(log.locator("[data-found]")).to_have_count(1)
    page.keyboard.press("Escape")

    late = next(line for line in lines if b"after a while" in line.text)
    assert late.at is not None
    row = log.locator("[data-at]").filter(has_text="after a while")
    row.locator("[data-mark]").click()
    expect(page).to_have_url(re.compile(r"line=(%22)?\d+"))
    other = window(daemon.web)
    other.page.goto(page.url)
    expect(log_of(other.page).locator("[data-chosen]")).to_contain_text("after a while")

    page.get_by_role("toolbar", name="Log").get_by_role("button", name="More", exact=True).click()
    with page.expect_download() as taken:
        page.get_by_role("menuitem", name="Download, with times").click()
    assert taken.value.path().read_bytes() == whole
    expect(page.get_by_role("menu")).to_have_count(0)  # while it closes the button would close it
    page.get_by_role("toolbar", name="Log").get_by_role("button", name="More", exact=True).click()
    with page.expect_download() as taken:
        page.get_by_role("menuitem", name="Download as plain text").click()
    text = taken.value.path().read_text()
    assert "a complaint" in text and "step 8 loss=0.8" in text


def test_any_part_of_a_long_log_is_there_at_once_and_only_that(daemon: Served, window: Opens, story: Story) -> None:
    with daemon.client() as client:
        story.client = client
        stage = story.stage("much")
        middle = [line for line in client.logs.lines(stage.name) if line.text == b"line 1 of many"]
        assert middle[0].at is not None
        noon = middle[0].at - timedelta(seconds=1)
    one = window(daemon.web, timezone_id="UTC")
    page = one.open(f"/{stage.name}?tab=log")
    log = log_of(page)
    expect(log).to_contain_text(f"line {LONG} of many")
    log.evaluate("(one) => { one.scrollTop = (one.scrollHeight - one.clientHeight) / 2 }")
    expect(log).to_contain_text(re.compile(r"line (9|10)\d{4} of many"))
    expect(page.get_by_text(re.compile(r"at (49|50|51)%"))).to_be_visible()
    assert log.locator("[data-at]").count() < 200
    log.press("End")
    expect(log).to_contain_text(f"line {LONG} of many")
    page.get_by_role("button", name="Jump to a time").click()
    page.get_by_label("First line at or after").fill(noon.strftime("%Y-%m-%dT%H:%M:%S"))
    page.get_by_role("button", name="Jump", exact=True).click()
    expect(log).to_contain_text("line 1 of many")
    box = page.get_by_label("Search in the log")
    box.fill("line 123456 of")
    box.press("Enter")
    expect(page.get_by_role("search").get_by_role("status")).to_contain_text("1 of 1")
    expect(log).to_contain_text("line 123456 of many")


def test_what_grows_is_followed_let_go_and_taken_up_again(daemon: Served, window: Opens, story: Story) -> None:
    with daemon.client() as client:
        story.client = client
        stage = story.stage("go-on").name
    one = window(daemon.web)
    page = one.open(f"/{stage}?tab=log")
    log = log_of(page)
    follow = page.get_by_role("button", name="Follow")
    expect(follow).to_have_attribute("aria-pressed", "true")
    expect(log).to_contain_text("tick")
    log.press("Home")
    expect(follow).to_have_attribute("aria-pressed", "false")
    expect(log).to_contain_text("tick 1")
    news = page.get_by_role("button", name=re.compile("new lines?$"))
    expect(news).to_be_visible()
    assert not one.serious_findings()
    news.click()
    expect(follow).to_have_attribute("aria-pressed", "true")
    expect(news).to_have_count(0)
    with daemon.client() as client:
        client.stages.abort(stage)
    expect(page.get_by_role("button", name="End", exact=True)).to_be_visible()


def test_a_bar_that_moves_and_a_question_are_seen_before_their_lines_end(
    daemon: Served, window: Opens, image: str, tmp_path: Path
) -> None:
    with daemon.client() as client:
        story = Story(client, image, "It draws").pipeline(DRAWING)
        client.runs.start(story.project)
        stage = story.started("draw").name
        one = window(daemon.web)
        page = one.open(f"/{stage}?tab=log")
        underway = log_of(page).locator("[data-underway]")
        expect(underway).to_have_text(re.compile(r"\d+%\|#"))
        seen = set[str]()
        deadline = time.monotonic() + 60
        while len(seen) < 4:
            assert time.monotonic() < deadline, seen
            seen.add(underway.inner_text())
        assert not one.serious_findings()
        expect(log_of(page).locator("[data-at]")).to_have_count(2)
        (tmp_path / "word").touch()
        client.files.upload(tmp_path / "word", f"{story.project}/input/go")
        expect(underway.last).to_contain_text("Is it good?")
        client.files.upload(tmp_path / "word", f"{story.project}/input/yes")
        expect(log_of(page)).to_contain_text("Is it good? it is")
        expect(underway).to_have_count(0)
        # A bar that stopped leaves its last drawing, and all of them can be looked for.
        last = client.logs.lines(stage)
        (bar,) = (line.text.decode() for line in last if line.stream == "stderr")
        expect(log_of(page)).to_contain_text(bar.rpartition("\r")[2])
        page.get_by_label("Search in the log").fill("3%|")
        page.get_by_label("Search in the log").press("Enter")
        expect(page.get_by_role("search").get_by_role("status")).to_contain_text("1 of")
        expect(log_of(page).locator("[data-current]")).to_have_count(1)


def test_a_log_is_drawn_over_that_of_another_attempt(daemon: Served, window: Opens, story: Story) -> None:
    with daemon.client() as client:
        story.client = client
        first = story.stage("talk")
        again = client.runs.redo(first.name, mode=RunMode.RUN_MODE_ONE_STAGE)
        client.wait(again, timeout=60)
        second = story.stage("talk").name.rpartition("/")[2]
    one = window(daemon.web)
    page = one.open(f"/{first.name}?tab=charts&with={second}")
    page.get_by_label("Draw", exact=True).fill("loss")
    page.get_by_role("button", name="Add a chart").click()
    chart = page.get_by_role("region", name=re.compile("loss"))
    expect(chart.locator("canvas")).to_be_visible()
    for label in (first.name.rpartition("/")[2], second):
        expect(chart.get_by_text(label).first).to_be_visible()
    assert not one.serious_findings()
    page.reload()
    expect(page.get_by_role("region", name=re.compile("loss")).locator("canvas")).to_be_visible()
