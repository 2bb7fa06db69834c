"""Files on their way from a browser: through a node that is killed, and a browser that is closed, to the last byte."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Playwright, expect

from tests.browser.chromium import CHROMIUM, QUIETLY, WIDE, WITHIN
from tests.browser.conftest import Opens, Served
from winslow.v1 import file_service_pb2 as pb
from winslow.v1.pipeline_pb2 import PipelineSpec, StageDefinition

MEBIBYTE = 1 << 20
SIZE = 96 * MEBIBYTE
PACE = 8 * MEBIBYTE
"""Bytes a second, so that there is a middle to be cut in."""

EMPTY = PipelineSpec(display_name="nothing", stages=[StageDefinition(name="rest", image="none:1")])


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "long video.mp4"
    path.write_bytes(os.urandom(SIZE))
    return path


@pytest.fixture
def profile(tmp_path: Path, playwright: Playwright) -> Iterator[list[BrowserContext]]:
    """Browsers with one profile, one after another: what one keeps the next one has."""
    opened: list[BrowserContext] = []
    yield opened
    for one in opened:
        one.close()


def browser_of(playwright: Playwright, directory: Path, opened: list[BrowserContext]) -> Page:
    context = playwright.chromium.launch_persistent_context(
        directory, executable_path=CHROMIUM, args=list(QUIETLY), viewport=WIDE
    )
    opened.append(context)
    page = context.pages[0]
    page.set_default_timeout(WITHIN)
    return page


def slowed(page: Page, pace: int) -> None:
    """No more than so many bytes a second up; -1 for as many as there are."""
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": pace}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", conditions)


def sent(daemon: Served) -> int:
    """Bytes that are safe, as the daemon says."""
    with daemon.client() as client:
        answer = client._calls.unary("FileService/ListUploads", pb.ListUploadsRequest(), pb.ListUploadsResponse)
    return sum(one.offset for one in answer.uploads)


def until_sent(daemon: Served, bytes_: int) -> None:
    deadline = time.monotonic() + WITHIN / 1000
    while sent(daemon) < bytes_:
        assert time.monotonic() < deadline, f"only {sent(daemon)} bytes are safe"
        time.sleep(0.1)


def until_there(path: Path) -> None:
    deadline = time.monotonic() + WITHIN / 1000
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} is not there"
        time.sleep(0.1)


def drag(page: Page, onto: Locator, *sources: Path, steps: tuple[str, ...] = ("dragEnter", "dragOver", "drop")) -> None:
    """By the mouse, from another program: the browser gives the page real folders."""
    box = onto.bounding_box()
    assert box is not None
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(source) for source in sources], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for step in steps:
        session.send("Input.dispatchDragEvent", {"type": step, **at, "data": data})


@pytest.mark.timeout(300)
def test_an_upload_goes_on_after_its_node_was_killed_and_its_browser_closed(
    own_daemon: Served, playwright: Playwright, profile: list[BrowserContext], video: Path, tmp_path: Path
) -> None:
    with own_daemon.client() as client:
        project = client.projects.create("Uploads", spec=EMPTY).name
    page = browser_of(playwright, tmp_path / "profile", profile)
    page.goto(f"{own_daemon.web}/browse/{project}/input")
    slowed(page, PACE)
    page.get_by_test_id("files-input").set_input_files(video)
    until_sent(own_daemon, 8 * MEBIBYTE)

    own_daemon.kill()
    own_daemon.start()
    until_sent(own_daemon, 24 * MEBIBYTE)

    profile.pop().close()
    safe = sent(own_daemon)
    assert safe >= 24 * MEBIBYTE
    page = browser_of(playwright, tmp_path / "profile", profile)
    page.goto(f"{own_daemon.web}/transfers")
    expect(page.get_by_text("cut off when the browser was closed")).to_be_visible()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose the files").click()
    chooser.value.set_files(video)
    expect(page.get_by_text("1 of 1 files")).to_be_visible(timeout=3 * WITHIN)

    arrived = own_daemon.files / project / "input" / video.name
    assert hashlib.sha256(arrived.read_bytes()).digest() == hashlib.sha256(video.read_bytes()).digest()
    assert sent(own_daemon) == 0


PICKER = """
async () => {
  const root = await navigator.storage.getDirectory();
  const handle = await root.getFileHandle("long video.mp4", {create: true});
  window.showOpenFilePicker = async () => [handle];
  if ((await handle.getFile()).size === SIZE) return;
  const file = await handle.createWritable();
  const block = new Uint8Array(2 ** 20);
  for (let at = 0; at < SIZE; at += 2 ** 20) {
    for (let index = 0; index < 2 ** 20; index++) block[index] = (at / 2 ** 20) * 7 + (index % 251);
    await file.write(block);
  }
  await file.close();
}
""".replace("SIZE", str(SIZE // 4))
"""A file in the browser's own file system stands for one on the disk, which only a person could choose: its handle is of the
same kind, kept in the same database."""


def test_one_click_goes_on_with_a_file_that_the_browser_has_kept_a_way_to(
    daemon: Served, playwright: Playwright, profile: list[BrowserContext], tmp_path: Path
) -> None:
    with daemon.client() as client:
        project = client.projects.create("A kept way", spec=EMPTY).name
    before = sent(daemon)
    page = browser_of(playwright, tmp_path / "profile", profile)
    page.goto(f"{daemon.web}/browse/{project}/input")
    upload = page.get_by_role("button", name="Upload", exact=True)
    expect(upload).to_be_visible()
    page.evaluate(PICKER)
    slowed(page, PACE // 2)
    upload.click()
    page.get_by_role("menuitem", name="Files…").click()
    until_sent(daemon, before + 8 * MEBIBYTE)
    profile.pop().close()

    page = browser_of(playwright, tmp_path / "profile", profile)
    page.goto(f"{daemon.web}/transfers")
    page.get_by_role("button", name="Go on with it").click()
    expect(page.get_by_text("1 of 1 files")).to_be_visible(timeout=3 * WITHIN)
    arrived = (daemon.files / project / "input" / "long video.mp4").read_bytes()
    assert len(arrived) == SIZE // 4
    for at in range(0, len(arrived), MEBIBYTE):
        pattern = bytes((at // MEBIBYTE * 7 + index) % 256 for index in range(251))
        assert arrived[at : at + MEBIBYTE] == (pattern * (MEBIBYTE // 251 + 1))[:MEBIBYTE]


def frames(source: Path) -> None:
    """A folder with folders in it, one of them empty."""
    for number in range(60):
        path = source / f"part {number % 3}" / f"frame {number:03}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"frame {number}\n" * number)
    (source / "nothing yet").mkdir()


def until_arrived(arrived: Path, source: Path) -> None:
    deadline = time.monotonic() + WITHIN / 1000
    while sum(1 for _ in arrived.rglob("*.txt")) < 60:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for path in source.rglob("*.txt"):
        assert (arrived / path.relative_to(source)).read_bytes() == path.read_bytes()


def test_a_folder_that_is_dropped_arrives_and_one_dropped_onto_a_folder_goes_into_it(
    daemon: Served, window: Opens, tmp_path: Path
) -> None:
    source = tmp_path / "frames"
    frames(source)
    with daemon.client() as client:
        project = client.projects.create("Dropped", spec=EMPTY).name
    one = window(daemon.web)
    page = one.open(f"/browse/{project}/input")
    expect(page.get_by_text("Nothing is in here yet")).to_be_visible()
    drag(page, page.get_by_text("Nothing is in here yet"), source)
    inside = daemon.files / project / "input/frames"
    until_arrived(inside, source)
    until_there(inside / "nothing yet")
    row = page.get_by_role("row", name="frames")
    expect(row).to_be_visible()

    more = tmp_path / "more"
    more.mkdir()
    (more / "clip.txt").write_text("more")
    drag(page, row.get_by_text("frames", exact=True), more, tmp_path / "frames/part 1")
    expect(page.get_by_role("alert")).to_contain_text("20 files are there already")
    page.get_by_role("button", name="Skip them").click()
    until_there(inside / "more/clip.txt")
    until_arrived(inside, source)

    one.open(f"/browse/{project}/output")
    everything = page.get_by_test_id("drop-page")
    expect(everything).to_be_visible()
    drag(page, everything, source, steps=("dragEnter", "dragOver"))
    expect(page.get_by_text("Nothing can be put here")).to_be_visible()
    drag(page, everything, source, steps=("drop",))
    expect(page.get_by_text("Nothing can be put here")).to_have_count(0)
    expect(page).to_have_url(f"{daemon.web}/browse/{project}/output")


def test_a_folder_arrives_with_all_that_is_in_it(daemon: Served, window: Opens, tmp_path: Path) -> None:
    source = tmp_path / "frames"
    frames(source)
    with daemon.client() as client:
        project = client.projects.create("A folder", spec=EMPTY).name
    one = window(daemon.web)
    page = one.open(f"/browse/{project}/input")
    expect(page.get_by_role("button", name="Upload").first).to_be_visible()
    page.get_by_test_id("folder-input").set_input_files(source)
    expect(page.get_by_text("frames").first).to_be_visible()
    until_arrived(daemon.files / project / "input" / "frames", source)
