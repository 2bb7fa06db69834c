"""What is the same in many records is there once, and for no longer than somebody has it."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

from tests.unit import world
from tests.unit.test_wire_records import stage
from winslow.domain.project import Project
from winslow.domain.records import Kind, Record
from winslow.domain.stage import Outcome, Stage, StageId
from winslow.wire import pipeline, records


def read(kind: Kind, record: Record) -> Record:
    return records.decode(kind, records.encode(record))


def stage_read(one: Stage) -> Stage:
    found = read(Kind.STAGE, one)
    assert isinstance(found, Stage)
    return found


def test_all_attempts_at_a_definition_share_it() -> None:
    one = stage_read(stage())
    other = stage_read(replace(stage(), id=StageId("another"), outcome=Outcome(0)))
    assert one.definition is other.definition
    assert one.project is other.project
    assert one.created_by is other.created_by


def test_a_definition_that_differs_anywhere_is_another() -> None:
    one = stage()
    changed = replace(one, definition=replace(one.definition, environment={"THRESHOLD": "0.41"}))
    assert stage_read(changed).definition == changed.definition
    assert stage_read(one).definition == one.definition


def test_projects_share_their_pipelines_and_these_their_definitions_with_the_stages() -> None:
    project = world.project(world.chain("detect", "track"))
    one, other = read(Kind.PROJECT, project), read(Kind.PROJECT, replace(project, name="another"))
    assert isinstance(one, Project) and isinstance(other, Project)
    assert one.pipeline is other.pipeline
    attempt = stage_read(replace(stage(), definition=project.pipeline.stages[1]))
    assert attempt.definition is one.pipeline.stages[1]


def test_a_definition_that_nobody_has_any_more_is_forgotten() -> None:
    one = stage_read(replace(stage(), definition=replace(stage().definition, image="only.example/once:1")))
    known = weakref.ref(one.definition)
    assert any(each is one.definition for each in pipeline.definition_from_proto._known.values())
    del one
    gc.collect()
    assert known() is None
