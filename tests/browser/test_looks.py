"""Every page, in windows of three sizes and in both schemes: it is drawn, fits, and a screen reader can use it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import NARROW, PHONE, WIDE
from tests.browser.conftest import Opens, Served

EMPTY = (
    "/projects",
    "/projects/new",
    "/queue",
    "/browse",
    "/transfers",
    "/pipelines",
    "/pipelines/new",
    "/nodes",
    "/statistics",
    "/settings",
    "/welcome",
)

MOVED = """
() => {
  window.moved = [];
  document.addEventListener("transitionrun", ({propertyName}) => window.moved.push(propertyName), true);
}
"""


@pytest.mark.parametrize("path", EMPTY)
def test_a_page_of_an_empty_installation(daemon: Served, window: Opens, path: str) -> None:
    for viewport, scheme in ((WIDE, "light"), (NARROW, "dark"), (PHONE, "light")):
        one = window(daemon.web, viewport=viewport, color_scheme=scheme)
        one.open(path)
        expect(one.page.get_by_role("status").filter(has_text="Live").first).to_be_visible()
        expect(one.page.get_by_role("main").get_by_role("heading").first).to_be_visible()
        assert one.overflow() <= 0, (path, viewport)
        assert not one.serious_findings(), (path, viewport, scheme)


@pytest.mark.parametrize("path", ["/settings?tab=views"])
def test_on_a_phone_the_tab_that_is_chosen_is_in_sight(daemon: Served, window: Opens, path: str) -> None:
    one = window(daemon.web, viewport=PHONE)
    one.open(path)
    expect(one.page.get_by_role("tab", selected=True)).to_be_in_viewport(ratio=0.9)


def test_who_asked_for_less_motion_sees_nothing_fade_or_move(daemon: Served, window: Opens) -> None:
    page = window(daemon.web, reduced_motion="reduce").open("/browse/resources")
    page.evaluate(MOVED)
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_role("menuitem").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menuitem")).to_have_count(0)
    assert not {"opacity", "transform"} & set(page.evaluate("() => window.moved"))
