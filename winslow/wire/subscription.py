"""Subscriptions, notices on their way to them, and what has been noticed. A secret is in the record and in nothing else."""

from __future__ import annotations

from winslow.domain.notices import CLUSTER, Noted
from winslow.domain.pipeline import DefinitionName
from winslow.domain.subscription import Delivery, Notice, Subscription
from winslow.v1 import notice_pb2, subscription_pb2
from winslow.wire import names
from winslow.wire.enums import OCCASION
from winslow.wire.times import optional_timestamp, timestamp, unix_seconds

_CLUSTER = "cluster"
"""The subject of what is noticed of no project."""


def subscription_to_proto(subscription: Subscription, revision: int = 0) -> subscription_pb2.Subscription:
    """As it is stored, with its secret: what people see is made of it without."""
    return subscription_pb2.Subscription(
        name=names.subscription(subscription.id),
        revision=revision,
        url=subscription.url,
        email=subscription.email,
        secret=subscription.secret,
        occasions=sorted(OCCASION.to_proto(one) for one in subscription.occasions),
        project=names.project(subscription.project) if subscription.project is not None else "",
        tags=sorted(subscription.tags),
        disabled=subscription.disabled,
        author=subscription.author,
        create_time=timestamp(subscription.created_at),
    )


def subscription_from_proto(message: subscription_pb2.Subscription) -> Subscription:
    return Subscription(
        id=names.parse_subscription(message.name),
        author=message.author,
        created_at=unix_seconds(message.create_time),
        occasions=frozenset(OCCASION.from_proto(one) for one in message.occasions),
        url=message.url,
        email=message.email,
        secret=message.secret,
        project=names.parse_project(message.project) if message.project else None,
        tags=frozenset(message.tags),
        disabled=message.disabled,
    )


def delivery_to_proto(delivery: Delivery) -> notice_pb2.Delivery:
    return notice_pb2.Delivery(
        subscription=names.subscription(delivery.subscription),
        told_revision=delivery.told,
        last_attempt_time=optional_timestamp(delivery.attempt_at),
        last_error=delivery.error,
        failures=delivery.failures,
        failing_since=optional_timestamp(delivery.failing_since),
    )


def delivery_from_proto(message: notice_pb2.Delivery) -> Delivery:
    return Delivery(
        subscription=names.parse_subscription(message.subscription),
        told=message.told_revision,
        attempt_at=unix_seconds(message.last_attempt_time) if message.HasField("last_attempt_time") else None,
        error=message.last_error,
        failures=message.failures,
        failing_since=unix_seconds(message.failing_since) if message.HasField("failing_since") else None,
    )


def notice_to_proto(notice: Notice) -> notice_pb2.Notice:
    project = notice.project
    return notice_pb2.Notice(
        id=notice.id,
        occasion=OCCASION.to_proto(notice.occasion),
        time=timestamp(notice.at),
        text=notice.text,
        project=names.project(project) if project is not None else "",
        project_display_name=notice.project_name,
        tags=sorted(notice.tags),
        run=names.run(project, notice.run) if project is not None and notice.run is not None else "",
        definition=notice.definition or "",
        stage=names.stage(project, notice.stage) if project is not None and notice.stage is not None else "",
        node=names.node(notice.node) if notice.node is not None else "",
    )


def notice_from_proto(message: notice_pb2.Notice) -> Notice:
    return Notice(
        id=message.id,
        occasion=OCCASION.from_proto(message.occasion),
        at=unix_seconds(message.time),
        text=message.text,
        project=names.parse_project(message.project) if message.project else None,
        project_name=message.project_display_name,
        tags=frozenset(message.tags),
        run=names.parse_run(message.run).run if message.run else None,
        definition=DefinitionName(message.definition) if message.definition else None,
        stage=names.parse_stage(message.stage).stage if message.stage else None,
        node=names.parse_node(message.node) if message.node else None,
    )


def noted_to_proto(noted: Noted) -> notice_pb2.Noted:
    return notice_pb2.Noted(
        subject=names.project(noted.subject) if noted.subject else _CLUSTER,
        gates=sorted(noted.gates),
        verdict_run=noted.verdict_run,
        verdict=noted.verdict,
        nodes=sorted(noted.nodes),
        lost_nodes=sorted(noted.lost),
        warnings={gist: timestamp(seen) for gist, seen in noted.warnings.items()},
    )


def noted_from_proto(message: notice_pb2.Noted) -> Noted:
    return Noted(
        subject=CLUSTER if message.subject == _CLUSTER else names.parse_project(message.subject),
        gates=frozenset(message.gates),
        verdict_run=message.verdict_run,
        verdict=message.verdict,
        nodes=frozenset(message.nodes),
        lost=frozenset(message.lost_nodes),
        warnings={gist: unix_seconds(seen) for gist, seen in message.warnings.items()},
    )
