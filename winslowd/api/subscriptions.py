"""SubscriptionService."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

from typing import Any

from google.protobuf.empty_pb2 import Empty

from winslow.v1 import subscription_pb2, subscription_service_pb2_grpc
from winslow.v1 import subscription_service_pb2 as pb
from winslow.wire import names
from winslow.wire.enums import OCCASION
from winslowd.api import decoding, encoding
from winslowd.api.call import asker, request_of
from winslowd.usecases.subscriptions import NewSubscription, Subscriptions

CHANGEABLE = ("url", "email", "secret", "occasions", "project", "tags", "disabled")


class SubscriptionService(subscription_service_pb2_grpc.SubscriptionServiceServicer):
    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions

    async def ListSubscriptions(
        self, request: pb.ListSubscriptionsRequest, context: Any
    ) -> pb.ListSubscriptionsResponse:
        page = self._subscriptions.list(asker(), decoding.ask(request))
        return pb.ListSubscriptionsResponse(
            subscriptions=[encoding.subscription(one) for one in page.items], next_page_token=page.next_page_token
        )

    async def CreateSubscription(
        self, request: pb.CreateSubscriptionRequest, context: Any
    ) -> subscription_pb2.Subscription:
        return self._now(await self._subscriptions.create(request_of(request), _wanted(request.subscription)))

    async def UpdateSubscription(
        self, request: pb.UpdateSubscriptionRequest, context: Any
    ) -> subscription_pb2.Subscription:
        wanted = request.subscription
        fields = decoding.masked(wanted, request.update_mask.paths, CHANGEABLE)
        id_ = names.parse_subscription(wanted.name)
        changed = self._subscriptions.update(
            request_of(request), id_, _wanted(wanted), fields, request.expected_revision
        )
        return self._now(await changed)

    async def DeleteSubscription(self, request: pb.DeleteSubscriptionRequest, context: Any) -> Empty:
        id_ = names.parse_subscription(request.name)
        await self._subscriptions.delete(request_of(request), id_, request.expected_revision)
        return Empty()

    async def TestSubscription(
        self, request: pb.TestSubscriptionRequest, context: Any
    ) -> subscription_pb2.Subscription:
        return self._now(await self._subscriptions.test(request_of(request), names.parse_subscription(request.name)))

    def _now(self, name: str) -> subscription_pb2.Subscription:
        return encoding.subscription(self._subscriptions.get(asker(), names.parse_subscription(name)))


def _wanted(message: subscription_pb2.Subscription) -> NewSubscription:
    return NewSubscription(
        occasions=frozenset(OCCASION.from_proto(one) for one in message.occasions),
        url=message.url,
        email=message.email,
        secret=message.secret,
        project=names.parse_project(message.project) if message.project else None,
        tags=frozenset(message.tags),
        disabled=message.disabled,
    )
