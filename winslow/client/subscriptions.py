"""Who is told what, and where, over the wire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from google.protobuf.empty_pb2 import Empty
from google.protobuf.field_mask_pb2 import FieldMask

from winslow.client import naming
from winslow.client.calls import Calls
from winslow.v1 import subscription_service_pb2 as pb
from winslow.v1.subscription_pb2 import Occasion, Subscription


class Subscriptions:
    """What SubscriptionService offers."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self) -> Iterator[Subscription]:
        """One's own, or all for an admin, oldest first."""
        request = pb.ListSubscriptionsRequest()
        return self._calls.pages(
            "SubscriptionService/ListSubscriptions", request, pb.ListSubscriptionsResponse, "subscriptions"
        )

    def create(
        self,
        occasions: Iterable[Occasion],
        *,
        url: str = "",
        email: str = "",
        secret: str = "",
        project: str = "",
        tags: Iterable[str] = (),
        request_id: str = "",
    ) -> Subscription:
        """Have `url` or `email` told of `occasions`, from now on. `secret` signs webhooks and is never shown again."""
        wanted = Subscription(
            occasions=occasions,
            url=url,
            email=email,
            secret=secret,
            project=naming.project(project) if project else "",
            tags=tags,
        )
        request = pb.CreateSubscriptionRequest(request_id=request_id, subscription=wanted)
        return self._calls.unary("SubscriptionService/CreateSubscription", request, Subscription)

    def disable(self, name: str, disabled: bool = True, *, request_id: str = "") -> Subscription:
        """Tell it nothing, or again what happens from now on."""
        request = pb.UpdateSubscriptionRequest(
            request_id=request_id,
            subscription=Subscription(name=_name(name), disabled=disabled),
            update_mask=FieldMask(paths=["disabled"]),
        )
        return self._calls.unary("SubscriptionService/UpdateSubscription", request, Subscription)

    def delete(self, name: str, *, request_id: str = "") -> None:
        request = pb.DeleteSubscriptionRequest(request_id=request_id, name=_name(name))
        self._calls.unary("SubscriptionService/DeleteSubscription", request, Empty)

    def test(self, name: str, *, request_id: str = "") -> Subscription:
        """Tell it now that this is a test; `last_error` of the answer says why that did not arrive, "" when it did."""
        request = pb.TestSubscriptionRequest(request_id=request_id, name=_name(name))
        return self._calls.unary("SubscriptionService/TestSubscription", request, Subscription)


def _name(text: str) -> str:
    """`k3x9wq` or `subscriptions/k3x9wq`."""
    return f"subscriptions/{text.removeprefix('subscriptions/')}"
