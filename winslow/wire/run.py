"""Runs, what people changed and answered in them, and where they wait for people."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from winslow.domain.pipeline import DefinitionName
from winslow.domain.progress import Gate
from winslow.domain.project import Answer, Hold, Override, Run
from winslow.domain.records import Comment
from winslow.domain.stage import ProjectId
from winslow.v1 import run_pb2 as pb
from winslow.wire import names
from winslow.wire.enums import RUN_END, RUN_MODE
from winslow.wire.resources import resources_from_proto, resources_to_proto
from winslow.wire.sharing import NOTHING
from winslow.wire.stage import (
    reason_from_proto,
    reason_to_proto,
    stage_id,
    stage_ids,
    stage_name,
    stage_names,
)
from winslow.wire.times import optional_timestamp, timestamp, unix_seconds


def run_to_proto(run: Run, revision: int = 0, gates: Iterable[Gate] = ()) -> pb.Run:
    return pb.Run(
        name=names.run(run.project, run.id),
        revision=revision,
        number=run.number,
        start=run.start,
        create_time=timestamp(run.created_at),
        author=run.created_by,
        mode=RUN_MODE.to_proto(run.mode),
        parent=stage_name(run.project, run.parent),
        inherited=stage_names(run.project, run.inherited),
        attempts={
            definition: pb.Attempts(stages=[names.stage(run.project, stage) for stage in stages])
            for definition, stages in run.attempts.items()
        },
        only=sorted(run.only),
        skipped=sorted(run.skipped),
        again=sorted(run.again),
        resumed=dict(run.resumed.items()),  # keys of a Mapping are invariant
        overrides=overrides_to_proto(run.overrides),
        answers={definition: answer_to_proto(answer) for definition, answer in run.answers.items()},
        hold=hold_to_proto(run.project, run.hold) if run.hold else None,
        sweep=names.sweep(run.project, run.sweep) if run.sweep is not None else None,
        end=RUN_END.to_proto(run.end) if run.end is not None else None,
        end_time=optional_timestamp(run.ended_at),
        comment=run.comment,
        gates=[gate_to_proto(run.project, gate) for gate in gates],
    )


def run_from_proto(message: pb.Run) -> Run:
    project, id_ = names.parse_run(message.name)
    return Run(
        id=id_,
        project=project,
        number=message.number,
        start=tuple(map(_definition, message.start)),
        created_at=unix_seconds(message.create_time),
        created_by=sys.intern(message.author),
        mode=RUN_MODE.from_proto(message.mode),
        parent=stage_id(message.parent) if message.HasField("parent") else None,
        inherited=stage_ids(message.inherited),
        attempts={
            _definition(definition): tuple(stage_id(name) for name in attempts.stages)
            for definition, attempts in message.attempts.items()
        },
        only=frozenset(map(_definition, message.only)),
        skipped=frozenset(map(_definition, message.skipped)),
        again=frozenset(map(_definition, message.again)),
        resumed={_definition(name): by for name, by in message.resumed.items()} or NOTHING,
        overrides=overrides_from_proto(message.overrides) or NOTHING,
        answers={_definition(name): answer_from_proto(answer) for name, answer in message.answers.items()} or NOTHING,
        hold=hold_from_proto(message.hold) if message.HasField("hold") else None,
        sweep=names.parse_sweep(message.sweep).sweep if message.HasField("sweep") else None,
        end=RUN_END.from_proto(message.end) if message.HasField("end") else None,
        ended_at=unix_seconds(message.end_time) if message.HasField("end_time") else None,
        comment=message.comment,
    )


def _definition(name: str) -> DefinitionName:
    return DefinitionName(sys.intern(name))


def override_to_proto(override: Override) -> pb.Override:
    return pb.Override(
        environment=override.environment,
        arguments=pb.Arguments(values=override.arguments) if override.arguments is not None else None,
        resources=resources_to_proto(override.resources) if override.resources is not None else None,
        image=override.image,
    )


def override_from_proto(message: pb.Override) -> Override:
    return Override(
        environment=dict(message.environment),
        arguments=tuple(message.arguments.values) if message.HasField("arguments") else None,
        resources=resources_from_proto(message.resources) if message.HasField("resources") else None,
        image=message.image if message.HasField("image") else None,
    )


def overrides_to_proto(overrides: Mapping[DefinitionName, Override]) -> dict[str, pb.Override]:
    return {definition: override_to_proto(override) for definition, override in overrides.items()}


def overrides_from_proto(overrides: Mapping[str, pb.Override]) -> dict[DefinitionName, Override]:
    return {DefinitionName(name): override_from_proto(override) for name, override in overrides.items()}


def answer_to_proto(answer: Answer) -> pb.Answer:
    return pb.Answer(
        by=answer.by,
        time=timestamp(answer.at),
        environment=answer.environment,
        ask_time=optional_timestamp(answer.asked_at),
    )


def answer_from_proto(message: pb.Answer) -> Answer:
    return Answer(
        by=message.by,
        at=unix_seconds(message.time),
        environment=dict(message.environment),
        asked_at=unix_seconds(message.ask_time) if message.HasField("ask_time") else None,
    )


def hold_to_proto(project: ProjectId, hold: Hold) -> pb.Hold:
    return pb.Hold(
        reason=reason_to_proto(hold.reason),
        by=hold.by,
        time=timestamp(hold.at),
        stage=stage_name(project, hold.stage),
    )


def hold_from_proto(message: pb.Hold) -> Hold:
    return Hold(
        reason=reason_from_proto(message.reason),
        by=message.by,
        at=unix_seconds(message.time),
        stage=stage_id(message.stage) if message.HasField("stage") else None,
    )


def gate_to_proto(project: ProjectId, gate: Gate) -> pb.Gate:
    return pb.Gate(
        run=names.run(project, gate.run),
        definition=gate.definition,
        confirmation_needed=gate.confirmation,
        missing_variables=gate.variables,
        parent=stage_name(project, gate.parent) or "",
        since=timestamp(gate.since),
        reason=reason_to_proto(gate.reason),
    )


def gate_from_proto(message: pb.Gate) -> Gate:
    return Gate(
        run=names.parse_run(message.run).run,
        definition=DefinitionName(message.definition),
        parent=stage_id(message.parent) if message.parent else None,
        confirmation=message.confirmation_needed,
        variables=tuple(message.missing_variables),
        since=unix_seconds(message.since),
    )


def comment_to_proto(comment: Comment, revision: int = 0) -> pb.Comment:
    return pb.Comment(
        name=names.comment(comment.project, comment.run, comment.number),
        revision=revision,
        author=comment.author,
        create_time=timestamp(comment.at),
        text=comment.text,
    )


def comment_from_proto(message: pb.Comment) -> Comment:
    project, run, number = names.parse_comment(message.name)
    return Comment(project, run, number, message.author, unix_seconds(message.create_time), message.text)
