"""The list of projects as it is used all day: left for another page, and come back to."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Route, expect

from tests.acceptance.story import Story
from tests.browser.conftest import Opens, Served

MANY = 40
PAUSE = 250
"""Milliseconds after the last letter; see useTyped.ts."""
TYPES_AND_LEAVES = """
(field) => {
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, "alleyx");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  document.querySelector("nav a[href='/settings']").click();
}
"""
"""At once, within the pause after which the address says what was typed."""


def to(page: Page, place: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=place).click()


@contextmanager
def held_back(page: Page, *parts: str) -> Iterator[None]:
    """These parts of the page do not come within, and are asked for there. Raises AssertionError where one is not."""
    held: list[Route] = []
    for part in parts:
        page.route(f"**/assets/{part}-*.js", lambda route: held.append(route))
    yield
    deadline = time.monotonic() + 30
    while len(held) < len(parts):
        assert time.monotonic() < deadline, f"of {parts} only {[route.request.url for route in held]} were asked for"
        page.wait_for_timeout(20)  # which hears of them
    for route in held:
        route.continue_()


def test_the_list_is_found_as_it_was_left_and_with_what_happened_meanwhile(
    daemon: Served, window: Opens, image: str
) -> None:
    with daemon.client() as client:
        for number in range(MANY):
            Story(client, image, f"Street {number:02}").stages("true")
        one = window(daemon.web)
        page = one.open("/projects?order=name")
        page.get_by_role("checkbox", name="Select Street 01").check()
        page.get_by_role("link", name="Street 00", exact=True).press("End")
        last = page.get_by_role("link", name=f"Street {MANY - 1}", exact=True)
        expect(last).to_be_in_viewport()
        last.click()
        expect(page.get_by_role("heading", name=f"Street {MANY - 1}")).to_be_visible()
        expect(page.get_by_role("grid", name="Projects")).to_have_count(0)
        expect(page).to_have_title(re.compile(f"Street {MANY - 1}"))

        client.projects.tag(f"projects/{page.url.rpartition('/')[2]}", add=["meanwhile"])
        page.go_back()
        expect(last).to_be_in_viewport()
        expect(page.get_by_role("row").get_by_text("meanwhile")).to_be_visible()
        expect(page.get_by_role("toolbar")).to_contain_text("1 selected")
        expect(page).to_have_title(re.compile("Projects"))
        assert not one.serious_findings()

        to(page, "Settings")
        expect(page.get_by_role("heading", name="Settings", level=2)).to_be_visible()
        expect(page.get_by_role("toolbar")).to_have_count(0)
        assert not one.serious_findings()
        to(page, "Projects")  # which asks for another order: it begins at its top
        expect(page.get_by_role("row", name=f"Street {MANY - 1}")).to_be_in_viewport()
        expect(page).to_have_url(re.compile(r"/projects$"))


def test_what_was_typed_and_not_yet_looked_for_is_gone_when_one_comes_back(
    daemon: Served, window: Opens, image: str
) -> None:
    with daemon.client() as client:
        Story(client, image, "Alley").stages("true")
        page = window(daemon.web).open("/projects?text=alley")
        find = page.get_by_label("Find projects by name, tag, pipeline or person")
        expect(find).to_have_value("alley")
        with held_back(page, "Settings"):
            find.evaluate(TYPES_AND_LEAVES)
            # On the way for longer than the pause after which the address says what was typed.
            page.wait_for_timeout(2 * PAUSE)
        expect(page.get_by_role("heading", name="Settings", level=2)).to_be_visible()
        page.go_back()
        expect(page.get_by_role("row", name="Alley")).to_be_visible()
        expect(find).to_have_value("alley")


def test_the_list_is_searched_at_an_address_that_ends_with_a_slash_too(
    daemon: Served, window: Opens, image: str
) -> None:
    with daemon.client() as client:
        Story(client, image, "Footpath").stages("true")
        Story(client, image, "Bridge").stages("true")
        page = window(daemon.web).open("/projects/")
        page.get_by_label("Find projects by name, tag, pipeline or person").fill("footp")
        expect(page).to_have_url(re.compile(r"text=footp$"))
        expect(page.get_by_role("row", name="Footpath")).to_be_visible()
        expect(page.get_by_role("row", name="Bridge")).to_have_count(0)


def test_what_was_open_over_the_list_is_closed_on_other_pages_and_when_one_comes_back(
    daemon: Served, window: Opens, image: str
) -> None:
    with daemon.client() as client:
        client.projects.tag(Story(client, image, "Lane").stages("true").project, add=["paved"])
        page = window(daemon.web).open("/settings")
        to(page, "Projects")
        expect(page.get_by_role("row", name="Lane")).to_be_visible()
        tag, views = page.get_by_role("combobox", name="Tag"), page.get_by_role("button", name="Views", exact=True)
        for opens, choice in ((tag, page.get_by_role("option")), (views, page.get_by_role("menuitem"))):
            opens.click()
            expect(choice.first).to_be_visible()
            page.go_back()
            expect(page.get_by_role("heading", name="Settings", level=2)).to_be_visible()
            expect(choice).to_have_count(0)
            page.go_forward()
            expect(page.get_by_role("row", name="Lane")).to_be_visible()
            expect(choice).to_have_count(0)


def test_what_is_pressed_before_its_part_of_the_page_has_come_opens_when_it_has(
    daemon: Served, window: Opens, image: str
) -> None:
    with daemon.client() as client:
        Story(client, image, "Crossing").stages("true")
        page = window(daemon.web).page
        with held_back(page, "Views"):
            page.goto(f"{daemon.web}/projects")
            expect(page.get_by_role("row", name="Crossing")).to_be_visible()
            page.get_by_role("button", name="Views", exact=True).click()
            expect(page.get_by_role("menuitem")).to_have_count(0)
        expect(page.get_by_role("menuitem", name="Save what is shown now…")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("menuitem")).to_have_count(0)


def test_who_is_in_a_choice_before_it_has_come_is_in_it_when_it_has(daemon: Served, window: Opens, image: str) -> None:
    with daemon.client() as client:
        Story(client, image, "Roundabout").stages("true")
        page = window(daemon.web).page
        with held_back(page, "Choice"):
            page.goto(f"{daemon.web}/projects")
            expect(page.get_by_role("row", name="Roundabout")).to_be_visible()
            soon = page.get_by_role("textbox", name="Pipeline", exact=True)
            soon.click()
            expect(soon).to_be_focused()
        expect(page.get_by_role("combobox", name="Pipeline", exact=True)).to_be_focused()
        expect(page.get_by_role("listbox")).to_be_visible()
