"""Names, logs, files and results that want to be more than text: they are text on every page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, expect

from tests.acceptance.story import Story
from tests.browser.chromium import Window
from tests.browser.conftest import Opens, Served
from winslow.client import Client

MARKUP = "<img src=x onerror=\"window.hacked='name'\"><script>window.hacked='script'</script>"
TEMPLATE = "{{constructor.constructor('window.hacked=1')()}} ${window.hacked=1} javascript:window.hacked=1"
TURNED = "invoice\u202efdp.exe"
"""A mark that turns what follows around, so that it reads as another name."""
LOG = (
    r"printf '<script>window.hacked=2</script>\n';"
    r"printf '\033]0;title\007\033]8;;javascript:window.hacked=3\033\\\\click\033]8;;\033\\\\\n';"
    r"printf '\033[2J\033[1;1H\033[31mred\033[0m and \033[1mbold\033[0m\n';"
    r"printf 'zero\000byte \377\376 not utf-8\n';"
    r"head -c 1500000 /dev/zero | tr '\0' 'a'; printf '\n';"
    r"printf 'value=<b>7</b>\n';"
    r"printf '<h1>page</h1><script>window.hacked=4</script>' > '/output/a<img src=x onerror=alert(1)>.html';"
    r"printf 'a,b\n=cmd(),<script>window.hacked=5</script>\n' > /output/table.csv;"
    r"printf '{\"__proto__\": {\"hacked\": 6}, \"<script>\": \"</script>\"}' > /output/tree.json;"
    r"printf 'the last line\n'"
)


def hostile(client: Client, image: str) -> Story:
    quoted = LOG.replace("'", "''")
    story = Story(client, image, MARKUP).pipeline(
        f"""
        - name: s1
          image: IMAGE
          description: {TEMPLATE!r}
          arguments: [sh, -c, '{quoted}']
          environment: {{TEMPLATE: {TEMPLATE!r}}}
          log-parsers:
            - name: value
              pattern: 'value=(?P<value>.*)'
        """
    )
    client.projects.tag(story.project, add=["<b>bold</b>"[:30].replace("/", ""), "x" * 40])
    client.projects.update(story.project, description=f"{MARKUP} {TEMPLATE} {TURNED}")
    story.run()
    return story


def looked_at(one: Window, path: str) -> None:
    """The page, with all that came of it; nothing of what was named may have run."""
    dialogs: list[str] = []

    def spoke(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    one.page.on("dialog", spoke)
    one.open(path)
    expect(one.page.get_by_role("main")).to_be_visible()
    expect(one.page.get_by_role("main").get_by_role("heading").first).to_be_visible()
    expect(one.page.locator("main .mantine-Skeleton-root, main .mantine-Loader-root")).to_have_count(0)
    assert one.page.evaluate("() => [window.hacked, ({}).hacked].filter((one) => one !== undefined)") == []
    assert (
        one.page.evaluate(
            "() => document.querySelectorAll('main img[src=\"x\"], main script, main h1 + script').length"
        )
        == 0
    )
    assert not dialogs
    one.page.remove_listener("dialog", spoke)


@pytest.fixture(scope="module")
def told(daemon: Served, image: str) -> tuple[str, str]:
    """The project's and the stage's id."""
    with daemon.client() as client:
        story = hostile(client, image)
        stage = story.stage("s1")
        assert stage.results["value"] == "<b>7</b>"
        return story.project.partition("/")[2], stage.name.rpartition("/")[2]


@pytest.mark.parametrize(
    "path",
    [
        "/projects",
        "/projects?text=%3Cscript%3Ewindow.hacked%3D1%3C%2Fscript%3E&tag=%22%3E%3Cimg%20src%3Dx%3E",
        "/projects/PROJECT",
        "/projects/PROJECT/stages/STAGE",
        "/projects/PROJECT/stages/STAGE?tab=environment",
        "/projects/PROJECT/stages/STAGE?tab=log",
        "/projects/PROJECT/stages/STAGE?tab=charts",
        "/projects/PROJECT/stages/STAGE?tab=files",
        "/projects/PROJECT/start",
        "/projects/PROJECT/pipeline",
        "/browse/projects/PROJECT/stages/STAGE/output",
        "/browse/projects/PROJECT/stages/STAGE/output?open=table.csv",
        "/browse/projects/PROJECT/stages/STAGE/output?open=tree.json",
        "/projects/..%2f..%2fetc%2fpasswd",
        "/nodes/%3Cscript%3Ewindow.hacked%3D1%3C%2Fscript%3E",
    ],
)
def test_nothing_that_somebody_wrote_is_run(daemon: Served, window: Opens, told: tuple[str, str], path: str) -> None:
    one = window(daemon.web)
    one.expect(r"status of 404")  # what is not there is asked for
    looked_at(one, path.replace("PROJECT", told[0]).replace("STAGE", told[1]))


def test_a_hostile_log_is_shown_as_text(daemon: Served, window: Opens, told: tuple[str, str]) -> None:
    one = window(daemon.web)
    looked_at(one, f"/projects/{told[0]}/stages/{told[1]}?tab=log")
    log = one.page.get_by_role("main")
    expect(log.get_by_text("the last line").first).to_be_visible()
    expect(log.get_by_text("value=<b>7</b>").first).to_be_visible()
    assert one.page.title().endswith("Winslow")
    assert one.page.locator("a[href^='javascript:']").count() == 0


def test_a_page_that_a_stage_made_is_not_run_as_ours(daemon: Served, window: Opens, told: tuple[str, str]) -> None:
    one = window(daemon.web)
    one.open("/projects")
    name = "a%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E.html"
    path = f"/files/projects/{told[0]}/stages/{told[1]}/output/{name}"
    said = one.page.evaluate("async (path) => [...(await fetch(path)).headers]", path)
    headers = dict(said)
    assert "sandbox" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    with one.page.expect_download() as downloaded:
        one.page.evaluate("(path) => { window.location.href = path }", path)
    assert downloaded.value.suggested_filename.endswith(".html")
    assert one.page.evaluate("() => window.hacked") is None
