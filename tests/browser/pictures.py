"""Makes the pictures in the README and the guides, of real pages over a real run of the traffic example.

scripts/pictures        all of them, into docs/pictures/
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser.chromium import PHONE, Window, chromium
from tests.browser.conftest import Served
from tests.browser.traffic import Traffic
from winslow.client import Client
from winslow.v1.run_pb2 import Override
from winslow.v1.stage_pb2 import Stage

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
LARGE = {"width": 1280, "height": 800}
SETTLED = "main .mantine-Skeleton-root, main .mantine-Loader-root"

QUIET = """(waiting) => {
    const now = performance.now();
    window.quiet = document.querySelector(waiting) ? undefined : (window.quiet ?? now);
    return window.quiet !== undefined && now - window.quiet > 600;
}"""
"""Whether nothing has been waited for in the page for so many milliseconds: what comes last is fetched by what comes first."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What there is to be seen: two attempts at detecting, and two other projects."""

    car_park: Traffic
    first: Stage
    second: Stage
    gate: str


def played(client: Client) -> Scene:
    """The example twice, otherwise the second time, and another one that waits at its gate."""
    car_park = Traffic(client, "Car park")
    car_park.confirmed(car_park.to_the_gate(), PATIENCE="1.5")
    first = car_park.latest("detect")
    again = client.runs.redo(first.name, overrides={"detect": Override(environment={"SENSITIVITY": "75"})})
    car_park.confirmed(client.wait(again, timeout=120))
    crossing = Traffic(client, "Crossing, north side")
    waiting = crossing.to_the_gate()
    Traffic(client, "Crossing, south side")
    return Scene(car_park, first, car_park.latest("detect"), f"/{waiting.name}/gates/track")


def pages(scene: Scene) -> dict[str, str]:
    here = f"/projects/{scene.car_park.id}"
    first, second = (one.name.rpartition("/")[2] for one in (scene.first, scene.second))
    return {
        "projects": "/projects",
        "project": here,
        "gate": scene.gate,
        "redo": f"{here}/start?redo={second}",
        "compare": f"{here}/compare?before={first}&after={second}",
        "stage": f"{here}/stages/{second}",
        "log": f"{here}/stages/{second}?tab=log",
        "files": f"/browse{here}/input",
        "pipeline": "/pipelines/traffic?tab=text",
        "nodes": "/nodes",
        "statistics": "/statistics",
    }


def picture(browser: Browser, address: str, name: str, path: str, **options: object) -> None:
    with Window(browser, address, **options) as window:
        page: Page = window.open(path)
        page.get_by_role("main").get_by_role("heading").first.wait_for()
        page.wait_for_function(QUIET, arg=SETTLED)
        page.wait_for_function("() => [...document.images].every((one) => one.complete)")
        page.evaluate("() => document.fonts.ready")
        page.screenshot(path=PICTURES / f"{name}.png")
        print(f"pictures: {name}", flush=True)


def main(wanted: Callable[[str], bool]) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="winslow-") as directory, chromium() as browser:
        with Served(Path(directory) / "welcome") as empty:
            if wanted("welcome"):
                picture(browser, empty.web, "welcome", "/welcome?try=example", viewport=LARGE)
        with Served(Path(directory) / "dev") as daemon, daemon.client() as client:
            scene = played(client)
            for name, path in pages(scene).items():
                if wanted(name):
                    picture(browser, daemon.web, name, path, viewport=LARGE)
            if wanted("phone"):
                picture(browser, daemon.web, "phone", scene.gate, viewport=PHONE)
            if wanted("dark"):
                project = pages(scene)["project"]
                picture(browser, daemon.web, "dark", project, viewport=LARGE, color_scheme="dark")


if __name__ == "__main__":
    names = set(sys.argv[1:])
    main(lambda name: not names or name in names)
