"""Files by the pages: put in order, taken away, and looked at, a real video among them; what an attempt made stays as it is."""

from __future__ import annotations

import io
import os
import re
import struct
import subprocess
import threading
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.acceptance.story import Story
from tests.browser.chromium import NARROW, WITHIN
from tests.browser.conftest import Opens, Served

pytestmark = pytest.mark.timeout(120)

MAKES = """
- name: make
  image: IMAGE
  arguments: [sh, -c, 'echo made > /output/made.txt']
"""
ROWS = 3000
MANY = 60_000
"""So many that the node tells them in the directory's own order (docs/adr/0020)."""


def picture(width: int, height: int) -> bytes:
    """A PNG in one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = (b"\0" + b"\x10\x80\x60" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def film(path: Path) -> None:
    """Eight seconds that can be told apart, 25 pictures a second, in a form that every browser plays."""
    source = ("-f", "lavfi", "-i", "testsrc=duration=8:size=320x240:rate=25")
    form = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart")
    subprocess.run(["ffmpeg", "-y", "-loglevel", "error", *source, *form, path], check=True)


def filled(place: Path) -> None:
    """One of each, in the input of a project."""
    place.mkdir(parents=True, exist_ok=True)
    film(place / "clip.mp4")
    (place / "table.csv").write_text("frame,speed\n" + "".join(f"{number},{number / 2}\n" for number in range(ROWS)))
    (place / "tree.json").write_text('{"crossing": {"lanes": 4, "names": ["north", "south"]}}')
    (place / "still.png").write_bytes(picture(320, 200))
    with zipfile.ZipFile(place / "bundle.zip", "w") as bundle:
        bundle.writestr("notes/one.txt", "first\n")
        bundle.writestr("notes/deep/two.txt", "second\n")


def crowded(place: Path) -> None:
    """Very many files, all of them names of one: that takes a fifth of the time."""
    place.mkdir(parents=True)
    here = os.open(place, os.O_RDONLY)
    try:
        first = "frame 00000.txt"
        os.close(os.open(first, os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=here))
        for number in range(1, MANY):
            os.link(first, f"frame {number:05}.txt", src_dir_fd=here, dst_dir_fd=here)
    finally:
        os.close(here)


@contextmanager
def answering(daemon: Served) -> Iterator[None]:
    """The daemon answers others all the while, each within the seconds that a person would wait."""
    over = threading.Event()
    failed: list[OSError] = []

    def ask() -> None:
        while not over.wait(0.2):
            try:
                urllib.request.urlopen(f"{daemon.web}/readyz", timeout=15).close()
            except OSError as error:
                failed.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield
    finally:
        over.set()
        asking.join()
    assert not failed


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=re.compile(rf"(^|\s|\b){re.escape(name)}"))


def choose(page: Page, name: str, word: str) -> Locator:
    """Of what the menu of an entry offers; the dialog that asks further."""
    page.get_by_role("button", name=f"What to do with {name}", exact=True).click()
    page.get_by_role("menuitem", name=word).click()
    expect(page.get_by_role("menu")).to_have_count(0)
    return page.get_by_role("dialog")


@pytest.fixture(scope="module")
def story(daemon: Served, image: str) -> Story:
    with daemon.client() as client:
        story = Story(client, image, "Files of all kinds").pipeline(MAKES)
        story.run()
        filled(daemon.files / story.project / "input")
        return story


def test_files_are_unpacked_found_renamed_taken_away_moved_and_deleted(
    daemon: Served, window: Opens, story: Story
) -> None:
    here = daemon.files / story.project
    one = window(daemon.web)
    page = one.open(f"/browse/{story.project}/input")
    expect(row(page, "clip.mp4")).to_be_visible()
    assert not one.serious_findings()

    asked = choose(page, "bundle.zip", "Unpack…")
    assert not one.serious_findings()
    asked.get_by_role("button", name=re.compile("^Unpack")).click()
    expect(row(page, "bundle").filter(has_not_text="zip")).to_be_visible()
    assert (here / "input/bundle/notes/deep/two.txt").read_text() == "second\n"

    find = page.get_by_label("Find below here, by a part of a name or a pattern with * and ?")
    find.fill("*.txt")
    expect(page.get_by_text("2 found")).to_be_visible()
    expect(row(page, "two.txt")).to_be_visible()
    assert not one.serious_findings()
    find.fill("")

    asked = choose(page, "table.csv", "Rename…")
    asked.get_by_label("Name").fill("speeds.csv")
    asked.get_by_role("button", name="Rename it").click()
    expect(row(page, "speeds.csv")).to_be_visible()
    expect(row(page, "table.csv")).to_have_count(0)

    for name in ("bundle", "speeds.csv"):
        page.get_by_role("checkbox", name=f"Select {name}", exact=True).check()
    bar = page.get_by_role("toolbar", name="What to do with what is selected")
    with page.expect_download() as taken:
        bar.get_by_role("link", name="Download as zip").click()
    with zipfile.ZipFile(io.BytesIO(taken.value.path().read_bytes())) as got:
        held = {name: got.read(name) for name in got.namelist() if not name.endswith("/")}
    assert held == {
        "bundle/notes/one.txt": b"first\n",
        "bundle/notes/deep/two.txt": b"second\n",
        "speeds.csv": (here / "input/speeds.csv").read_bytes(),
    }
    bar.get_by_role("button", name="Select none").click()

    held: list[Route] = []
    page.route("**/ListFiles", lambda route: held.append(route))
    asked = choose(page, "speeds.csv", "Move to…")
    workspace = asked.get_by_role("treeitem", name=re.compile("workspace")).first
    workspace.click()
    page.wait_for_function("() => document.querySelector('[role=group][aria-busy=true]')")
    assert not one.serious_findings()
    for call in held:
        call.continue_()
    page.unroute("**/ListFiles")
    expect(asked.get_by_role("status").filter(has_text="Into")).to_contain_text("workspace")
    assert not one.serious_findings()
    asked.get_by_role("button", name="Move it here").click()
    expect(row(page, "speeds.csv")).to_have_count(0)
    assert (here / "workspace/speeds.csv").is_file()

    asked = choose(page, "bundle", "Delete…")
    expect(asked.get_by_role("status").filter(has_text="folder")).to_contain_text("2 files are in the folder")
    asked.get_by_role("button", name="Delete it").click()
    expect(row(page, "bundle").filter(has_not_text="zip")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert not (here / "input/bundle").exists()
    assert (here / "input/bundle.zip").is_file()


def test_each_kind_of_file_is_looked_at_and_a_video_at_any_picture(daemon: Served, window: Opens, story: Story) -> None:
    one = window(daemon.web)
    filled(daemon.files / story.project / "input")
    page = one.open(f"/browse/{story.project}/input?open=clip.mp4")
    video = page.locator("video")
    expect(video).to_have_js_property("duration", 8)
    at = 6.0
    video.evaluate("(one, at) => { one.currentTime = at }", at)
    expect(video).to_have_js_property("seeking", False)
    assert video.evaluate("(one) => one.currentTime") == pytest.approx(at, abs=0.01)
    video.focus()
    page.keyboard.press(".")
    expect(video).to_have_js_property("seeking", False)
    after = video.evaluate("(one) => one.currentTime")
    assert 0.005 < after - at < 0.2
    page.keyboard.press(",")
    expect(video).to_have_js_property("seeking", False)
    assert video.evaluate("(one) => one.currentTime") < after
    page.get_by_role("radiogroup", name="Speed").get_by_text("4×").click()
    expect(video).to_have_js_property("playbackRate", 4)
    assert not one.serious_findings()

    row(page, "table.csv").dblclick()
    table = page.get_by_role("table", name="Table")
    expect(page.get_by_text(f"{ROWS:,} rows")).to_be_visible()
    expect(table.get_by_role("columnheader", name="speed")).to_be_visible()
    table.press("End")
    expect(table.get_by_role("cell", name=str(ROWS - 1), exact=True)).to_be_visible()
    assert not one.serious_findings()

    row(page, "tree.json").dblclick()
    preview = page.get_by_test_id("preview")
    expect(preview.get_by_role("button", name="crossing: { lanes, names }")).to_be_visible()
    assert not one.serious_findings()

    row(page, "still.png").dblclick()
    expect(preview.get_by_text("320 × 200")).to_be_visible()
    expect(page).to_have_url(re.compile("open=still.png"))
    assert not one.serious_findings()
    page.go_back()
    page.wait_for_url(lambda address: "still.png" not in address)


def test_what_an_attempt_made_stays_as_it_is_and_says_so(daemon: Served, window: Opens, story: Story) -> None:
    with daemon.client() as client:
        story.client = client
        stage = story.stage("make").name
    one = window(daemon.web)
    page = one.open(f"/browse/{stage}/output")
    expect(page.get_by_text("An attempt made this, and it stays as it is")).to_be_visible()
    expect(row(page, "made.txt")).to_be_visible()
    expect(page.get_by_role("button", name="Upload")).to_have_count(0)
    page.get_by_role("button", name="What to do with made.txt").click()
    expect(page.get_by_role("menuitem", name="Copy to…")).to_be_visible()
    for word in ("Rename…", "Move to…", "Delete…"):
        expect(page.get_by_role("menuitem", name=word)).to_have_count(0)
    page.keyboard.press("Escape")
    one.open(f"/{stage}?tab=files")
    row(page, "made.txt").dblclick()
    expect(page.get_by_role("dialog").get_by_text("made", exact=True)).to_be_visible()
    assert not one.serious_findings()


def test_a_folder_of_very_many_files_is_scrolled_searched_sorted_and_downloaded(
    daemon: Served, window: Opens, story: Story
) -> None:
    crowded(daemon.files / story.project / "workspace/crowd")
    one = window(daemon.web)
    with answering(daemon):
        page = one.open(f"/browse/{story.project}/workspace/crowd")
        files = page.get_by_role("grid", name="Files")
        expect(page.get_by_text("200 so far")).to_be_visible()
        files.evaluate("(one) => { one.scrollTop = one.scrollHeight }")
        expect(page.get_by_text("1,200 so far")).to_be_visible()

        find = page.get_by_label("Find below here, by a part of a name or a pattern with * and ?")
        find.fill(f"{MANY - 1}")
        expect(row(page, f"frame {MANY - 1}.txt")).to_be_visible()
        expect(page.get_by_text("1 found")).to_be_visible()
        find.fill("")

        page.get_by_role("button", name="Bring all, to sort and select them").click()
        expect(page.get_by_role("columnheader", name="Name")).to_have_attribute(
            "aria-sort", "ascending", timeout=2 * WITHIN
        )
        expect(files).to_have_attribute("aria-rowcount", str(MANY + 1))
        expect(row(page, "frame 00000.txt")).to_be_visible()
        page.get_by_role("columnheader", name="Name").get_by_role("button").click()
        expect(row(page, f"frame {MANY - 1}.txt")).to_be_visible()
        assert not one.serious_findings()

        page.get_by_role("checkbox", name="Select all").check()
        bar = page.get_by_role("toolbar", name="What to do with what is selected")
        expect(bar).to_contain_text("60,000 selected")
        with page.expect_download() as taken:
            bar.get_by_role("link", name="Download as zip").click()
        assert taken.value.suggested_filename == "crowd.zip"
        taken.value.cancel()
        page.get_by_role("checkbox", name=f"Select frame {MANY - 2}.txt").uncheck()
        expect(bar).to_contain_text("59,999 selected")
        expect(bar.get_by_role("link", name="Download the whole folder as zip")).to_be_visible()
        assert not one.serious_findings()


def test_the_size_of_a_file_is_said_once_however_narrow_the_table_is(
    daemon: Served, window: Opens, story: Story
) -> None:
    here = daemon.files / story.project / "workspace/narrow"
    here.mkdir(parents=True)
    (here / "notes.txt").write_text("1234567")
    one = window(daemon.web)
    page = one.open(f"/browse/{story.project}/workspace/narrow?open=notes.txt")
    for width in (1440, 1200, 1160, 470, 390):
        page.set_viewport_size({"width": width, "height": 800})
        if width < NARROW["width"]:  # where what is looked at covers the list
            one.open(f"/browse/{story.project}/workspace/narrow")
        expect(row(page, "notes.txt").get_by_text("7 B").filter(visible=True)).to_have_count(1)


def test_what_is_done_to_many_says_how_far_it_is_and_once_what_went_wrong(
    daemon: Served, window: Opens, story: Story
) -> None:
    here = daemon.files / story.project / "workspace/several"
    here.mkdir(parents=True)
    for number in range(40):
        (here / f"frame {number:02}.txt").write_text(str(number))
    taken = daemon.files / story.project / "input/taken"
    taken.mkdir()
    for number in range(0, 40, 2):
        (taken / f"frame {number:02}.txt").write_text("other")
    one = window(daemon.web)
    page = one.open(f"/browse/{story.project}/workspace/several")
    page.get_by_role("checkbox", name="Select all").check()
    page.get_by_role("button", name="Move to…").click()
    asked = page.get_by_role("dialog")
    asked.get_by_role("treeitem", name=re.compile("^input", re.IGNORECASE)).first.click()
    asked.get_by_role("treeitem", name=re.compile("taken")).click()
    one.expect("409|Conflict|Failed to load")
    asked.get_by_role("button", name="Move them here").click()
    said = page.get_by_text("Move: 20 of 40 not done")
    expect(said).to_be_visible()
    expect(page.get_by_text("and 17 more")).to_be_visible()
    assert sorted(path.name for path in here.iterdir()) == [f"frame {number:02}.txt" for number in range(0, 40, 2)]
    assert all((taken / f"frame {number:02}.txt").read_text() == str(number) for number in range(1, 40, 2))
    assert all((taken / f"frame {number:02}.txt").read_text() == "other" for number in range(0, 40, 2))
    asked.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("20 selected")).to_be_visible()
