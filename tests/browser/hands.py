"""What a person does at a page: with a mouse, or with nothing but the keys. The same story is told with either.

Things are found by what they are called, as a person and a screen reader find them.
"""

from __future__ import annotations

import re
from typing import Protocol

from playwright.sync_api import Locator, Page, expect

TABS = 120
"""Steps from one thing to the next that nobody would take: what is farther away cannot be reached."""


class Hands(Protocol):
    """`name` is what a button, link or field is called."""

    page: Page

    def press(self, name: str) -> None:
        """Press the button or follow the link."""

    def fill(self, label: str, text: str) -> None:
        """Write into the field, in place of what is there."""


def thing(page: Page, name: str) -> Locator:
    """The button, link or tab of this name that can be used now."""
    called = re.compile(rf"^{re.escape(name)}( Ctrl Enter)?$")  # some tell their key
    button, link = page.get_by_role("button", name=called), page.get_by_role("link", name=called)
    return button.or_(link).or_(page.get_by_role("tab", name=called)).first


def field(page: Page, label: str) -> Locator:
    """The field of this name; a mark says where one must be filled in."""
    return page.get_by_label(re.compile(rf"^{re.escape(label)}\s*\*?$")).first


class Mouse:
    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, name: str) -> None:
        thing(self.page, name).click()

    def fill(self, label: str, text: str) -> None:
        field(self.page, label).fill(text)


class Keys:
    """Goes from thing to thing with Tab, and sees each time where the focus is: what cannot be seen cannot be used."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, name: str) -> None:
        self._reach(thing(self.page, name))
        self.page.keyboard.press("Enter")

    def fill(self, label: str, text: str) -> None:
        self._reach(field(self.page, label))
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def _reach(self, one: Locator) -> None:
        expect(one).to_be_visible()
        expect(one).to_be_enabled()
        for _ in range(TABS):
            if one.evaluate("(one) => one === document.activeElement"):
                assert self._is_seen(), "the focus is on something that does not show it"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{one} is not reached by Tab")

    def _is_seen(self) -> bool:
        """Whether the focus has a mark, or is in a field that shows a caret and a frame."""
        return bool(
            self.page.evaluate(
                """() => {
                    const one = document.activeElement;
                    const style = getComputedStyle(one);
                    const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
                    return outlined || ['INPUT', 'TEXTAREA', 'SELECT'].includes(one.tagName) || style.boxShadow !== 'none';
                }"""
            )
        )
