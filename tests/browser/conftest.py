"""One browser and one daemon with pages for each module, and a picture of every page that failed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.chromium import Window, launched
from tests.daemon import Daemon
from tests.etcd import free_ports
from tests.images import busybox_image
from winslowd.dev import cluster_name

PICTURES = Path(__file__).resolve().parents[2] / ".winslow" / "browser"
"""Where pages are kept as they were when a test failed."""

Opens = Callable[..., Window]


class Served(Daemon):
    """`winslowd dev` with its pages at `web`."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        http = f"127.0.0.1:{free_ports(1)[0]}"
        super().__init__(directory, "--http", http, *arguments)
        self.web = f"http://{http}"

    def __exit__(self, *reason: object) -> None:
        """Containers outlive their daemon; these have nobody who would look after them any more."""
        super().__exit__(*reason)
        owner = f"{cluster_name(self.directory.resolve())}/"
        engine = APIClient(version="auto")
        try:
            for one in engine.containers(all=True, filters={"label": "winslow.cluster"}):
                if one["Labels"]["winslow.cluster"].startswith(owner):
                    engine.remove_container(one["Id"], force=True, v=True)
        finally:
            engine.close()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Its event loop counts as running as long as it is there, and keeps other modules' tests from theirs."""
    with sync_playwright() as one:
        yield one


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = launched(playwright)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def image() -> Iterator[str]:
    with busybox_image() as name:
        yield name


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("winslow") / "dev") as running:
        yield running


@pytest.fixture
def own_daemon(tmp_path: Path) -> Iterator[Served]:
    """A daemon of the test's own: empty, and to do violence to."""
    with Served(tmp_path / "dev") as running:
        yield running


@pytest.fixture
def window(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Opens]:
    """Opens windows: `window(daemon.web)`. They are closed at the end, and what their pages complained of fails the test."""
    with contextlib.ExitStack() as stack:
        windows: list[Window] = []

        def opens(address: str, **options: Any) -> Window:
            one = Window(browser, address, **options)
            windows.append(one)
            return one

        yield opens
        failed = getattr(request.node, "failed", False)
        for number, one in enumerate(windows):
            if failed:
                _keep(one, f"{request.node.name}-{number}")
            stack.callback(one.close)
        if not failed:
            assert not [complaint for one in windows for complaint in one.complaints]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.when == "call" and report.failed:
        item.failed = True  # type: ignore[attr-defined]  # asked by `window` when it tears down
    return report


def _keep(window: Window, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    safe = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name)
    with contextlib.suppress(Exception):  # the page may be gone: the test has failed already, and says why
        window.page.screenshot(path=PICTURES / f"{safe}.png")
    (PICTURES / f"{safe}.txt").write_text("\n".join([window.page.url, *window.complaints]))
