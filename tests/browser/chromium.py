"""Debian's Chromium, and windows of it that remember what their pages complained of.

    with chromium() as browser, Window(browser, "http://127.0.0.1:7412") as window:
        window.open("/projects")

A page that logs an error, throws, or asks a host that is not its own fails whoever looked at it, unless they said that they
expected it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    expect,
    sync_playwright,
)

CHROMIUM = "/usr/bin/chromium"
QUIETLY = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 1024, "height": 768}
PHONE = {"width": 390, "height": 844}
WITHIN = 30_000
"""Milliseconds that a page has for what a test waits for: two noisy cores, three files of tests at a time."""
expect.set_options(timeout=WITHIN)
AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
CUT = re.compile(r"Failed to load resource|net::ERR_|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING")
"""What a browser says of a connection that was cut, whatever the page makes of it."""
ELSEWHERE = re.compile(r"net::ERR_NETWORK_CHANGED")
"""What it says, and cuts, whenever the machine gets or loses a network: Docker makes and removes some for the tests beside these."""


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A browser of our own, with an empty profile; ended with the scope."""
    with sync_playwright() as playwright:
        yield launched(playwright)


def launched(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIETLY))


class Window:
    """One person's window of the pages at `address`; a context of its own, so nothing is shared with others' windows."""

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        self.address = address
        # Who asked for less motion sees none: what moves or fades is neither one thing nor the other when it is looked at.
        calm: dict[str, Any] = {"viewport": WIDE, "reduced_motion": "reduce"}
        self.context: BrowserContext = browser.new_context(**calm | options)
        self._complaints: list[str] = []
        self._expected: list[re.Pattern[str]] = [ELSEWHERE]
        self.page = self.tab()

    def tab(self) -> Page:
        """One more tab."""
        page = self.context.new_page()
        page.set_default_timeout(WITHIN)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self._complaints.append(f"thrown: {error}"))
        page.on("request", self._asked)
        return page

    def open(self, path: str) -> Page:
        """The page at `path`, once its frame is there."""
        self.page.goto(self.address + path)
        self.page.get_by_role("navigation").first.wait_for(state="attached")
        return self.page

    def expect(self, *patterns: str) -> None:
        """Complaints that are part of the story from now on, such as a refused call's."""
        self._expected += map(re.compile, patterns)

    def expect_cuts(self) -> None:
        """The node is about to go away."""
        self._expected.append(CUT)

    @property
    def complaints(self) -> list[str]:
        return [one for one in self._complaints if not any(pattern.search(one) for pattern in self._expected)]

    def serious_findings(self) -> list[str]:
        """What axe finds serious or critical on the page as it is now: the rule, what it says, and where."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {one['help']} at {'; '.join(' '.join(map(str, node['target'])) for node in one['nodes'][:3])}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth"))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._complaints.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.address, "blob:", "about:")):
            self._complaints.append(f"asked elsewhere: {request.url}")

    def close(self) -> None:
        self.context.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        complaints = self.complaints
        self.close()
        if kind is None:
            assert not complaints, "\n".join(complaints)
