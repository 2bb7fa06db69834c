"""A project's days on its own pages: begun, held, failed, taken up again, swept, tidied, and deleted; and many at once on the list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.acceptance.story import Story
from tests.browser.chromium import PHONE, WIDE, Window
from tests.browser.conftest import Opens, Served
from winslow.v1.run_pb2 import Override
from winslow.v1.stage_pb2 import Layer, StageState

FOR_LONG = "while true; do sleep 1; done"
LIGHT = "{cpus: 0.1}"
"""Many of them at once, on whatever machine."""

WORK = f"""
- name: check
  image: IMAGE
  arguments: [sh, -c, 'test -e /input/ready || exit 3']
- name: long
  image: IMAGE
  arguments: [sh, -c, '{FOR_LONG}']
- name: judge
  image: IMAGE
  arguments: [sh, -c, 'true']
  input: {{confirmation: always, variables: [THRESHOLD]}}
- name: report
  image: IMAGE
  workspace: layered
  arguments: [sh, -c, 'echo done > /workspace/done']
"""


def press(page: Page | Locator, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def from_menu(page: Page, word: str) -> None:
    """Out of the menu of further actions."""
    press(page.get_by_role("main"), "More")
    page.get_by_role("menuitem", name=re.compile(rf"^{re.escape(word)}\s*[A-Z]")).first.click()


def node(page: Page, definition: str) -> Locator:
    """The latest attempt at it in the tree, or where it will be."""
    return page.get_by_role("treeitem", name=re.compile(rf"^{definition}\b")).last


def clean(one: Window) -> None:
    """Nothing on the page keeps anybody out, wide or on a phone, where it fits into the window, too."""
    expect(one.page.get_by_role("menu")).to_have_count(0)
    assert not one.serious_findings()
    one.page.set_viewport_size(ViewportSize(width=PHONE["width"], height=PHONE["height"]))
    expect(one.page.get_by_role("main")).to_be_visible()
    assert not one.serious_findings()
    assert one.overflow() <= 0
    one.page.set_viewport_size(ViewportSize(width=WIDE["width"], height=WIDE["height"]))


def test_a_run_that_fails_is_taken_up_held_aborted_and_skipped_by_the_pages(
    daemon: Served, window: Opens, image: str
) -> None:
    with daemon.client() as client:
        story = Story(client, image, "Held and taken up").pipeline(WORK)
        one = window(daemon.web)
        page = one.open(f"/{story.project}")
        page.get_by_role("link", name="Start it").click()
        expect(page.get_by_role("heading", name="Start a run")).to_be_visible()
        press(page, "Start")
        expect(page.get_by_role("heading", name="Held and taken up")).to_be_visible()
        expect(node(page, "check")).to_have_accessible_name(re.compile("Failed", re.I))
        clean(one)

        (daemon.files / story.project / "input" / "ready").touch()
        press(page, "Resume")
        expect(node(page, "long")).to_have_accessible_name(re.compile("Running", re.I))
        press(page, "Pause")
        expect(page.get_by_role("button", name="Pause", exact=True)).to_have_count(0)
        node(page, "long").click()
        panel = page.get_by_role("region", name=re.compile("^long"))
        panel.get_by_role("link", name="All about it").click()
        expect(page.get_by_role("tab", name="Log")).to_be_visible()
        clean(one)
        press(page, "Abort")
        expect(page.get_by_role("main").get_by_text("Aborted", exact=True).first).to_be_visible()
        from_menu(page, "Skip")
        press(page.get_by_role("dialog"), "Skip it")
        page.get_by_role("link", name="Held and taken up").first.click()
        expect(node(page, "long")).to_have_accessible_name(re.compile("Skipped", re.I))  # while the run is paused still
        assert "judge" not in story.states()
        press(page, "Resume")
        expect(page.get_by_text("Look and answer")).to_be_visible()
        clean(one)
        press(page.get_by_role("main"), "Skip it")
        press(page.get_by_role("dialog"), "Skip it")
        expect(node(page, "report")).to_have_accessible_name(re.compile("Succeeded", re.I))
        assert story.states() == {"check": "SUCCEEDED", "long": "SKIPPED", "judge": "SKIPPED", "report": "SUCCEEDED"}


def test_an_attempts_workspace_is_pinned_materialized_and_given_up_while_others_change_it_too(
    daemon: Served, window: Opens, image: str
) -> None:
    with daemon.client() as client:
        story = Story(client, image, "Workspaces").pipeline(WORK[WORK.index("- name: report") :])
        client.runs.start(story.project)
        stage = story.started("report", StageState.STAGE_STATE_SUCCEEDED)
        one = window(daemon.web)
        page = one.open(f"/{stage.name}")
        main = page.get_by_role("main")
        from_menu(page, "Pin")
        expect(main.get_by_text("Pinned: its workspace is kept").first).to_be_visible()
        client.stages.pin(stage.name, False)  # by somebody else: seen without being asked for
        expect(main.get_by_text("Pinned: its workspace is kept")).to_have_count(0)
        from_menu(page, "Materialize workspace")
        expect(page.get_by_text("has a workspace of its own")).to_be_visible()
        from_menu(page, "Give up workspace")
        press(page.get_by_role("dialog"), "Delete its workspace")
        page.get_by_role("tab", name="Files").click()
        expect(page.get_by_text("It was given up to save space")).to_be_visible()
        assert client.stages.get(stage.name).HasField("workspace_drop_time")
        clean(one)


def test_one_stage_at_a_time_and_what_others_start_is_seen_on_open_pages(
    daemon: Served, window: Opens, image: str
) -> None:
    with daemon.client() as client:
        story = Story(client, image, "One by one").stages("true", FOR_LONG)
        one, other = window(daemon.web), window(daemon.web)
        page = one.open(f"/{story.project}/start")
        page.get_by_text("This one, then pause").first.click()
        press(page, "Start")
        expect(page.get_by_role("heading", name="One by one")).to_be_visible()
        expect(node(page, "s1")).to_have_accessible_name(re.compile("Succeeded", re.I))
        expect(page.get_by_role("main").get_by_text("Paused", exact=True).first).to_be_visible()
        assert story.states() == {"s1": "SUCCEEDED"}
        from_menu(page, "Resume, this one, then pause")
        expect(node(page, "s2")).to_have_accessible_name(re.compile("Running", re.I))
        stage = story.stage("s2")
        other.open(f"/{stage.name}")
        expect(other.page.get_by_role("main").get_by_text("Running", exact=True).first).to_be_visible()
        client.stages.abort(stage.name)
        expect(node(page, "s2")).to_have_accessible_name(re.compile("Aborted", re.I))
        expect(other.page.get_by_role("main").get_by_text("Aborted", exact=True).first).to_be_visible()

        from_menu(page, "Delete project")
        sure = page.get_by_role("dialog")
        expect(sure.get_by_role("button", name="Delete for good")).to_be_disabled()
        clean(one)
        sure.get_by_role("textbox").fill("One by one")
        press(sure, "Delete for good")
        expect(page.get_by_text("There is no project")).to_be_visible()
        expect(other.page.get_by_text("There is no project")).to_be_visible()


def test_many_are_started_held_and_tagged_and_what_is_refused_is_told(
    daemon: Served, window: Opens, image: str
) -> None:
    with daemon.client() as client:
        able = [Story(client, image, f"Bulk {number}").stages(FOR_LONG, resources=LIGHT) for number in (1, 2)]
        asked = Story(client, image, "Bulk that is at work").stages(FOR_LONG, resources=LIGHT)
        client.runs.start(asked.project)
        asked.started("s1")
        one = window(daemon.web)
        page = one.open("/projects?text=Bulk")
        for name in ("Bulk 1", "Bulk 2", "Bulk that is at work"):
            page.get_by_role("checkbox", name=f"Select {name}").check()
        bar = page.get_by_role("toolbar", name="What to do with the selected projects")
        expect(bar).to_contain_text("3 selected")
        clean(one)
        press(bar, "Start")
        refused = page.get_by_role("dialog").get_by_role("list", name="Not done")
        expect(refused).to_contain_text("Bulk that is at work")
        press(page.get_by_role("dialog"), "Close")
        for story in able:
            story.started("s1")
        press(bar, "Tags…")
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Add").fill("night")
        dialog.get_by_label("Add").press("Enter")
        press(dialog, "Change tags")
        expect(page.get_by_role("row").get_by_text("night")).to_have_count(3)
        expect(bar).to_have_count(0)

        page.get_by_role("switch", name="By tag").click()
        expect(page).to_have_url(re.compile("group=tag"))
        expect(page.get_by_role("row", name=re.compile(r"night\s+3"))).to_be_visible()
        press(page, "Views")
        page.get_by_role("menuitem", name="Save what is shown now…").click()
        page.get_by_role("dialog").get_by_label("Name").fill("The night's")
        press(page.get_by_role("dialog"), "Save")
        expect(page.get_by_role("button", name="The night's")).to_be_visible()
        page.goto(f"{daemon.web}/projects")
        press(page, "Views")
        page.get_by_role("menuitem", name="The night's").click()
        expect(page).to_have_url(re.compile("(?=.*group=tag)(?=.*text=Bulk)"))
        expect(page.get_by_label("Find projects by name, tag, pipeline or person")).to_have_value("Bulk")
        clean(one)
        press(page, "The night's")
        press(page, "Delete the view The night's")
        expect(page.get_by_role("button", name="Views", exact=True)).to_be_attached()
        for story in (*able, asked):
            client.stages.abort(story.stage("s1").name)
        expect(page.get_by_role("row").get_by_text("Paused")).to_have_count(3)


def test_a_project_is_made_around_a_file_and_a_sweep_of_it_is_counted_started_and_stopped(
    daemon: Served, window: Opens, image: str, tmp_path: Path
) -> None:
    clip = tmp_path / "north side.mp4"
    clip.write_bytes(b"a film" * 1000)
    with daemon.client() as client:
        source = Story(client, image, "Where the pipeline is from").pipeline(
            """
            - name: measure
              image: IMAGE
              arguments: [sh, -c, 'echo score=$LEVEL; test $LEVEL -lt 4 || while true; do sleep 1; done']
              environment: {LEVEL: "1"}
              resources: {cpus: 0.1}
              log-parsers:
                - name: score
                  pattern: 'score=(?P<score>.*)'
            """
        )
        client.pipelines.create(client.projects.get(source.project).pipeline, pipeline_id="measured")
        one = window(daemon.web)
        page = one.open("/projects/new?pipeline=measured")
        with page.expect_file_chooser() as chooser:
            press(page, "Choose files")
        chooser.value.set_files(clip)
        expect(page.get_by_role("textbox", name="Name")).to_have_value("north side")
        clean(one)
        press(page, "Make it")
        expect(page.get_by_role("heading", name="north side")).to_be_visible()
        (project,) = client.projects.list('display_name = "north side"')
        page.get_by_role("link", name="Files", exact=True).last.click()
        page.get_by_role("row", name=re.compile("input")).dblclick()
        expect(page.get_by_role("row", name=re.compile("north side.mp4"))).to_be_visible()
        assert (daemon.files / project.name / "input" / clip.name).read_bytes() == clip.read_bytes()

        one.open(f"/{project.name}/start")
        press(page, "Try several values of LEVEL")
        page.get_by_label("LEVEL", exact=True).fill("1..5/1")
        sweep = page.get_by_role("region", name="Sweep")
        expect(sweep).to_contain_text("5 points")
        clean(one)
        press(page, "Start 5 points")
        expect(page.get_by_role("heading", name="Sweep of LEVEL at measure")).to_be_visible()
        expect(page.get_by_role("status").filter(has_text="3 of 5 succeeded, 2 under way")).to_be_visible()
        table = page.get_by_role("grid", name="Points")
        expect(table.get_by_role("row")).to_have_count(6)
        clean(one)
        press(page, "Stop")
        page.get_by_role("menuitem", name="Stop and abort what is under way").click()
        press(page.get_by_role("dialog"), "Stop and abort")
        expect(page.get_by_role("status").filter(has_text=re.compile("3 of 5 succeeded, 2 failed"))).to_be_visible()
        table.get_by_role("row").nth(1).dblclick()
        expect(page).to_have_url(re.compile("/stages/measure"))


def test_a_project_of_files_alone_is_given_its_pipeline_on_its_page(
    daemon: Served, window: Opens, image: str, tmp_path: Path
) -> None:
    clip = tmp_path / "south side.mp4"
    clip.write_bytes(b"a film" * 1000)
    with daemon.client() as client:
        source = Story(client, image, "Lends its pipeline").stages("true")
        client.pipelines.create(client.projects.get(source.project).pipeline, pipeline_id="lent")
        one = window(daemon.web)
        page = one.open("/projects/new")
        with page.expect_file_chooser() as chooser:
            press(page, "Choose files")
        chooser.value.set_files(clip)
        press(page, "Make it")  # not before it was decided
        expect(page.get_by_text("Choose what is to be done")).to_be_visible()
        page.get_by_role("combobox", name="Pipeline").click()
        page.get_by_role("option", name="None yet").click()
        clean(one)
        press(page, "Make it")
        expect(page.get_by_role("heading", name="Choose a pipeline")).to_be_visible()
        (project,) = client.projects.list('display_name = "south side"')
        clean(one)
        one.open(f"/{project.name}/start")
        expect(page.get_by_text("It has no pipeline yet")).to_be_visible()
        clean(one)
        page.get_by_role("link", name="Choose a pipeline").click()
        page.get_by_role("combobox", name="Pipeline").click()
        page.get_by_role("option", name=re.compile(r"^test( \(lent\))?$")).click()
        press(page, "Choose it")
        expect(page.get_by_role("link", name="Pipeline: lent, version 1")).to_be_visible()
        page.get_by_role("link", name="Start it").click()
        press(page, "Start")
        expect(node(page, "s1")).to_have_accessible_name(re.compile("Succeeded", re.I))


def test_a_redo_goes_back_to_what_the_pipeline_says(daemon: Served, window: Opens, image: str) -> None:
    with daemon.client() as client:
        story = Story(client, image, "Goes back").stages("true", environment="{LEVEL: '3'}")
        first = client.runs.start(story.project, overrides={"s1": Override(environment={"LEVEL": "4", "ONCE": "x"})})
        story.settled(first)
        one = window(daemon.web)
        page = one.open(f"/{story.project}/start?redo={story.stage('s1').name.rpartition('/')[2]}")
        expect(page.get_by_label("LEVEL", exact=True)).to_have_value("4")
        for name in ("LEVEL", "ONCE"):
            press(page, f"Let go of what was submitted for {name}")
        expect(page.get_by_label("LEVEL", exact=True)).to_have_value("3")
        clean(one)
        press(page, "Start the redo")
        expect(page.get_by_role("heading", name="Goes back")).to_be_visible()
        again = story.started("s1", StageState.STAGE_STATE_SUCCEEDED)
        given = {variable.name: (variable.value, variable.layer) for variable in again.environment}
        assert (given["LEVEL"], "ONCE" in given) == (("3", Layer.LAYER_STAGE), False)
        assert again.attempt == 1 and again.name != story.all("s1")[0].name


def test_what_a_stage_uses_is_drawn_second_by_second_while_one_looks(daemon: Served, window: Opens, image: str) -> None:
    with daemon.client() as client:
        story = Story(client, image, "At full load").stages("while true; do :; done", resources=LIGHT)
        client.runs.start(story.project)
        stage = story.started("s1")
        one = window(daemon.web)
        page = one.open(f"/{stage.name}?tab=charts")
        used = page.get_by_role("region", name="What it used")
        cpu = used.get_by_role("figure").filter(has=page.get_by_role("img", name=re.compile("^CPU")))
        expect(cpu.locator("canvas")).to_be_visible()
        cpu.get_by_text("As a table").click()
        busy = cpu.get_by_role("table", name="CPU").get_by_role("row", name=re.compile(r"0\.(?!0+\b)\d|[1-9]"))
        expect(busy.nth(2)).to_be_visible()  # more of it with each second
        expect(used.get_by_role("img", name=re.compile("^Memory"))).to_be_visible()
        clean(one)
        client.stages.abort(stage.name)


def test_a_sweep_of_a_thousand_points_is_live_on_its_page_and_stopped_there(
    daemon: Served, window: Opens, image: str
) -> None:
    many = 60.0 * 1000
    with daemon.client() as client:
        story = Story(client, image, "A thousand").stages("true", resources="{tags: [there-is-no-such-node]}")
        sweep = client.sweeps.start(story.project, "s1", {"LEVEL": "1..1000/1"})
        one = window(daemon.web)
        page = one.open(f"/{sweep.name}")
        said = page.get_by_role("status").filter(has_text="succeeded")
        expect(said).to_contain_text("0 of 1,000 succeeded, 1,000 under way", timeout=many)
        points = page.get_by_role("grid", name="Points")
        expect(points).to_have_attribute("aria-rowcount", "1001")
        assert points.get_by_role("row").count() < 100  # what is not seen is not there
        points.get_by_role("row").nth(1).focus()
        page.keyboard.press("End")
        expect(points.get_by_role("row", name=re.compile(r"^1000\b"))).to_contain_text("Queued")
        clean(one)
        press(page, "Stop")
        page.get_by_role("menuitem", name="Stop and abort what is under way").click()
        press(page.get_by_role("dialog"), "Stop and abort")
        expect(said).to_contain_text("1,000 failed", timeout=many)
        expect(page.get_by_role("link", name="Redo 1,000 failed points")).to_be_visible()
        expect(points.get_by_role("row", name=re.compile(r"^1000\b"))).to_contain_text("Aborted")
        clean(one)


pytestmark = pytest.mark.timeout(120)
