"""`winslowctl notify`: what is asked for goes out as it was said, and a secret never stands in an argument."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf.empty_pb2 import Empty

from tests.fakes.api import FakeApi
from tests.unit.cli import Ctl, a_project, serve_projects
from winslow.v1 import subscription_service_pb2 as pb
from winslow.v1.subscription_pb2 import Occasion, Subscription

HOOK = Subscription(
    name="subscriptions/k3x9wq",
    url="https://chat.example.org/hook",
    occasions=[Occasion.OCCASION_FAILED],
    last_error="it answered with the status 500",
)


@pytest.fixture
def served(api: FakeApi) -> FakeApi:
    api.on("SubscriptionService/ListSubscriptions", pb.ListSubscriptionsResponse(subscriptions=[HOOK]))
    api.on("SubscriptionService/CreateSubscription", HOOK)
    api.on("SubscriptionService/DeleteSubscription", Empty())
    return api


def test_a_webhook_is_told_of_waiting_and_failures_unless_told_otherwise(
    ctl: Ctl, served: FakeApi, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("0123456789abcdef\nmore\n")
    serve_projects(served, a_project("bikes", "RUNNING"))
    ctl("notify", "add", HOOK.url, "--secret-file", str(tmp_path / "secret"), "--project", "bikes", "--tag", "north")
    ctl("notify", "add", "ann@example.org", "--on", "node-lost", "--on", "storage")
    first, second = (one.subscription for one in served.requests("SubscriptionService/CreateSubscription"))
    assert (first.url, first.email, first.secret) == (HOOK.url, "", "0123456789abcdef")
    assert list(first.occasions) == [Occasion.OCCASION_AWAITING_INPUT, Occasion.OCCASION_FAILED]
    assert (first.project, list(first.tags)) == ("projects/bikes", ["north"])
    assert (second.url, second.email, second.secret) == ("", "ann@example.org", "")
    assert list(second.occasions) == [Occasion.OCCASION_NODE_LOST, Occasion.OCCASION_STORAGE_WARNING]
    refused = ctl("notify", "add", HOOK.url, "--on", "nonsense")
    assert (refused.code, "'nonsense' is no occasion" in refused.err) == (2, True)


def test_the_list_says_what_is_wrong(ctl: Ctl, served: FakeApi) -> None:
    out = ctl("notify", "list").out
    assert "k3x9wq" in out and "failed" in out and "status 500" in out


def test_one_is_removed_by_its_id_or_by_where_it_tells(ctl: Ctl, served: FakeApi) -> None:
    ctl("notify", "remove", "k3x9wq", "--yes")
    ctl("notify", "remove", HOOK.url, "--yes")
    assert [one.name for one in served.requests("SubscriptionService/DeleteSubscription")] == [HOOK.name] * 2
    assert ctl("notify", "remove", "other", "--yes").code == 2


def test_a_test_that_does_not_arrive_fails_and_says_why(ctl: Ctl, served: FakeApi) -> None:
    served.on("SubscriptionService/TestSubscription", HOOK)
    failed = ctl("notify", "test", "k3x9wq")
    assert failed.code != 0 and "status 500" in failed.err
    served.on("SubscriptionService/TestSubscription", Subscription(name=HOOK.name, url=HOOK.url))
    assert "has taken it" in ctl("notify", "test", "k3x9wq").out
