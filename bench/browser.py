"""A real browser at the pages that a daemon serves, and what is measured inside of it: when something was painted, and how
long no frame was.

Times are the page's own: from the click's time stamp to the first task after the frame in which it is seen.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
WITHIN = 30_000
"""Milliseconds after which something is not seen any more."""
_PROBE = """
(() => {
  const painted = (done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now());
    channel.port2.postMessage(0);
  });
  const holding = (holds, done) => {
    let found = false;
    const look = () => {
      if (found || !holds()) return;
      found = true;
      seen.disconnect();
      painted(done);
    };
    const seen = new MutationObserver(look);
    seen.observe(document, { childList: true, subtree: true, characterData: true, attributeFilter: ["style"] });
    look();
  };
  const visible = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility());
  window.bench = {
    // Milliseconds of the page's clock at which `selector` with `text` in it was painted.
    painted: (selector, text) => new Promise((done) =>
      holding(() => visible(selector).some((one) => one.textContent.includes(text)), done)),
    // From the next click to the paint of `count` elements.
    fromClick: (selector, count) => {
      window.bench.answer = new Promise((done) =>
        document.addEventListener("click", (click) =>
          holding(() => visible(selector).length >= count, (at) => done(at - click.timeStamp)),
          { capture: true, once: true }));
    },
    gaps: [],
    watchFrames: () => {
      let before = performance.now();
      window.bench.gaps = [];
      const frame = (now) => {
        window.bench.gaps.push(now - before);
        before = now;
        window.bench.frame = requestAnimationFrame(frame);
      };
      window.bench.frame = requestAnimationFrame(frame);
    },
    framed: () => {
      cancelAnimationFrame(window.bench.frame);
      return window.bench.gaps.slice(1);
    },
  };
})();
"""


@dataclass(frozen=True, slots=True)
class Opened:
    """A page and the clock by which its times are: Unix milliseconds of its zero."""

    page: Page

    def from_click(self, link: str, selector: str, count: int = 1) -> float:
        """Milliseconds from a click on the link called `link` to the paint of `count` elements."""
        self.page.evaluate("([selector, count]) => window.bench.fromClick(selector, count)", [selector, count])
        self.page.get_by_role("navigation").get_by_role("link", name=link).click()
        return float(self.page.evaluate("() => window.bench.answer"))

    def painted_at(self, selector: str, text: str = "") -> float:
        """Milliseconds since the page's beginning at which it was painted; now, if it was before."""
        return float(self.page.evaluate("([selector, text]) => window.bench.painted(selector, text)", [selector, text]))

    @property
    def zero(self) -> float:
        return float(self.page.evaluate("() => performance.timeOrigin"))


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield running
        finally:
            running.close()


@contextlib.contextmanager
def opened(running: Browser, address: str, **options: Any) -> Iterator[Opened]:
    """A page of its own, with nothing of others in its caches."""
    context = running.new_context(viewport={"width": 1440, "height": 900}, **options)
    context.add_init_script(_PROBE)
    page = context.new_page()
    page.set_default_timeout(WITHIN)
    try:
        page.goto(address, wait_until="commit")
        yield Opened(page)
    finally:
        context.close()


def loaded_bytes(running: Browser, address: str, selector: str) -> int:
    """Bytes of the pages' own files, packed as they came, that a browser which knows nothing has fetched once `selector` is painted."""
    with opened(running, address) as shown:
        shown.painted_at(selector)
        shown.page.wait_for_load_state("load")
        return int(shown.page.evaluate(_OWN_BYTES))


_OWN_BYTES = """
() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .filter(({ name, entryType }) => entryType === "navigation" || new URL(name).pathname.startsWith("/assets/"))
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)
"""
