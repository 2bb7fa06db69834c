"""What use cases show, as messages: what is stored by `winslow.wire`, and the derived fields beside it."""

from __future__ import annotations

from dataclasses import replace

from winslow.domain.pipeline import Pipeline
from winslow.domain.records import Comment, Kind
from winslow.domain.status import RunState
from winslow.domain.view import View
from winslow.v1 import (
    event_pb2,
    file_pb2,
    node_pb2,
    pipeline_pb2,
    project_pb2,
    retention_pb2,
    run_pb2,
    settings_pb2,
    stage_pb2,
    subscription_pb2,
    sweep_pb2,
    view_pb2,
)
from winslow.wire import names
from winslow.wire.file import file_to_proto, upload_to_proto
from winslow.wire.node import node_to_proto, policy_to_proto
from winslow.wire.pipeline import pipeline_to_proto
from winslow.wire.project import project_to_proto
from winslow.wire.resources import capacity_to_proto
from winslow.wire.retention import retention_to_proto
from winslow.wire.run import comment_to_proto, run_to_proto
from winslow.wire.settings import globals_to_proto, limits_to_proto
from winslow.wire.stage import reason_to_proto, stage_to_proto
from winslow.wire.subscription import subscription_to_proto
from winslow.wire.sweep import sweep_to_proto
from winslow.wire.times import timestamp
from winslow.wire.view import view_to_proto
from winslowd.usecases.derived import ProjectShown, RunShown, StageShown, SweepShown
from winslowd.usecases.files import FileShown
from winslowd.usecases.nodes import NodeShown, NodeState
from winslowd.usecases.pipelines import PipelineShown
from winslowd.usecases.retention import PolicyShown
from winslowd.usecases.runs import comment_ref
from winslowd.usecases.settings import GlobalsShown, LimitsShown
from winslowd.usecases.subscriptions import SubscriptionShown
from winslowd.usecases.telling import Shown, Told
from winslowd.usecases.uploads import UploadShown
from winslowd.usecases.views import ViewShown

RUN_STATE = {
    RunState.RUNNING: run_pb2.RUN_STATE_RUNNING,
    RunState.AWAITING_INPUT: run_pb2.RUN_STATE_AWAITING_INPUT,
    RunState.PAUSING: run_pb2.RUN_STATE_PAUSING,
    RunState.PAUSED: run_pb2.RUN_STATE_PAUSED,
    RunState.FAILED: run_pb2.RUN_STATE_FAILED,
    RunState.SUCCEEDED: run_pb2.RUN_STATE_SUCCEEDED,
    RunState.SUPERSEDED: run_pb2.RUN_STATE_SUPERSEDED,
}

NODE_STATE = {
    NodeState.READY: node_pb2.NODE_STATE_READY,
    NodeState.SUSPECT: node_pb2.NODE_STATE_SUSPECT,
    NodeState.LOST: node_pb2.NODE_STATE_LOST,
}

RESOURCE_KIND = {
    Kind.PIPELINE: event_pb2.RESOURCE_KIND_PIPELINE,
    Kind.PROJECT: event_pb2.RESOURCE_KIND_PROJECT,
    Kind.RUN: event_pb2.RESOURCE_KIND_RUN,
    Kind.SWEEP: event_pb2.RESOURCE_KIND_SWEEP,
    Kind.STAGE: event_pb2.RESOURCE_KIND_STAGE,
    Kind.COMMENT: event_pb2.RESOURCE_KIND_COMMENT,
    Kind.NODE: event_pb2.RESOURCE_KIND_NODE,
    Kind.GLOBALS: event_pb2.RESOURCE_KIND_GLOBAL_ENVIRONMENT,
    Kind.VIEW: event_pb2.RESOURCE_KIND_VIEW,
    Kind.SUBSCRIPTION: event_pb2.RESOURCE_KIND_SUBSCRIPTION,
}


def pipeline(shown: PipelineShown, *, with_version: bool = False) -> pipeline_pb2.Pipeline:
    message = pipeline_to_proto(shown.record, shown.revision, with_version=with_version)
    message.used_by_count = shown.used_by
    return message


def project(shown: ProjectShown, *, brief: bool = False) -> project_pb2.Project:
    """`brief`: without its pipeline, which is most of what it is."""
    record = replace(shown.project, pipeline=Pipeline("", ())) if brief else shown.project
    message = project_to_proto(record, shown.revision, shown.status)
    if brief:
        message.ClearField("pipeline")
    message.activity_time.CopyFrom(timestamp(shown.activity_at))
    if shown.progress is not None:
        message.progress = shown.progress
    if shown.latest_run:
        message.latest_run = names.run(shown.project.id, shown.latest_run.id)
    if shown.ends_at is not None:
        message.estimated_end_time.CopyFrom(timestamp(shown.ends_at))
    return message


def run(shown: RunShown) -> run_pb2.Run:
    message = run_to_proto(shown.run, shown.revision, shown.gates)
    message.state = RUN_STATE[shown.state]
    if reason := reason_to_proto(shown.reason):
        message.reason.CopyFrom(reason)
    if shown.progress is not None:
        message.progress = shown.progress
    return message


def comment(view: View, shown: Comment) -> run_pb2.Comment:
    return comment_to_proto(shown, view.revision_of(comment_ref(shown)))


def sweep(shown: SweepShown) -> sweep_pb2.Sweep:
    message = sweep_to_proto(shown.sweep, shown.revision)
    message.running_count = shown.running
    message.succeeded_count = shown.succeeded
    message.failed_count = shown.failed
    return message


def stage(shown: StageShown) -> stage_pb2.Stage:
    message = stage_to_proto(shown.stage, shown.revision)
    message.suspect = shown.suspect
    return message


def node(shown: NodeShown) -> node_pb2.Node:
    message = node_to_proto(shown.node, shown.revision) if shown.node else node_pb2.Node(name=names.node(shown.id))
    message.state = NODE_STATE[shown.state]
    if shown.policy:
        message.policy.CopyFrom(policy_to_proto(shown.policy, shown.policy_revision))
    if shown.free:
        message.free.CopyFrom(capacity_to_proto(shown.free))
    message.stages.extend(names.stage(one.project, one.id) for one in shown.stages)
    message.leader = shown.leader
    message.warnings[:] = shown.warnings
    if shown.silent_since is not None:
        message.silent_since.CopyFrom(timestamp(shown.silent_since))
    return message


def globals_(shown: GlobalsShown) -> settings_pb2.GlobalEnvironment:
    return globals_to_proto(shown.globals, shown.revision)


def limits(shown: LimitsShown) -> settings_pb2.Limits:
    return limits_to_proto(shown.limits, shown.revision)


def retention(shown: PolicyShown) -> retention_pb2.RetentionPolicy:
    message = retention_to_proto(shown.policy, names.retention(shown.project), shown.revision)
    message.inherited = shown.inherited
    return message


def file(shown: FileShown) -> file_pb2.File:
    message = file_to_proto(shown.entry, shown.path, writable=shown.writable)
    message.etag = shown.etag if shown.entry.kind == "file" else ""
    return message


def upload(shown: UploadShown) -> file_pb2.Upload:
    message = upload_to_proto(shown.upload)
    message.path = shown.path
    return message


def saved_view(shown: ViewShown) -> view_pb2.View:
    return view_to_proto(shown.view, shown.revision)


def subscription(shown: SubscriptionShown) -> subscription_pb2.Subscription:
    """Never with its secret."""
    message = subscription_to_proto(replace(shown.subscription, secret=""), shown.revision)
    message.signed = bool(shown.subscription.secret)
    message.last_error, message.waiting_count = shown.delivery.error, shown.waiting
    if shown.delivery.attempt_at is not None:
        message.last_attempt_time.CopyFrom(timestamp(shown.delivery.attempt_at))
    if shown.delivery.failing_since is not None:
        message.failing_since.CopyFrom(timestamp(shown.delivery.failing_since))
    return message


def change(view: View, told: Told, *, brief: bool = False) -> event_pb2.Change:
    message = event_pb2.Change(kind=RESOURCE_KIND[told.ref.kind], name=_name(told), revision=told.revision)
    if told.shown is None:
        message.deleted = True
    else:
        _resource(view, message, told.shown, brief=brief)
    return message


def _resource(view: View, message: event_pb2.Change, shown: Shown, *, brief: bool) -> None:
    match shown:
        case PipelineShown():
            message.pipeline.CopyFrom(pipeline(shown))
        case ProjectShown():
            message.project.CopyFrom(project(shown, brief=brief))
        case RunShown():
            message.run.CopyFrom(run(shown))
        case SweepShown():
            message.sweep.CopyFrom(sweep(shown))
        case StageShown():
            message.stage.CopyFrom(stage(shown))
        case Comment():
            message.comment.CopyFrom(comment(view, shown))
        case NodeShown():
            message.node.CopyFrom(node(shown))
        case GlobalsShown():
            message.global_environment.CopyFrom(globals_(shown))
        case ViewShown():
            message.view.CopyFrom(saved_view(shown))
        case SubscriptionShown():
            message.subscription.CopyFrom(subscription(shown))


def _name(told: Told) -> str:
    ids = told.ref.key.split("/")
    match told.ref.kind:
        case Kind.PIPELINE:
            return names.pipeline(told.ref.key)
        case Kind.PROJECT:
            return names.project(*ids)
        case Kind.RUN:
            return names.run(*ids)
        case Kind.SWEEP:
            return names.sweep(*ids)
        case Kind.STAGE:
            return names.stage(*ids)
        case Kind.COMMENT:
            return names.comment(ids[0], ids[1], int(ids[2]))
        case Kind.NODE:
            return names.node(*ids)
        case Kind.VIEW:
            return names.view(*ids)
        case Kind.SUBSCRIPTION:
            return names.subscription(*ids)
        case _:
            return names.GLOBAL_ENVIRONMENT
