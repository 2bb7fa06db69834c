"""People are told by webhook and e-mail, whatever is killed between what happened and their hearing of it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.acceptance.scene import until
from tests.acceptance.story import Story
from tests.daemon import Daemon
from tests.receivers import Mailbox, mailbox, webhook
from winslow.client import Client
from winslow.errors import InvalidArgument
from winslow.v1.subscription_pb2 import Occasion

WAITS, FAILED = Occasion.OCCASION_AWAITING_INPUT, Occasion.OCCASION_FAILED
SECRET = "a secret that nobody has guessed".replace(" ", "-")
GATED = """
- {name: s1, image: IMAGE, arguments: ['true']}
- {name: s2, image: IMAGE, arguments: ['true'], input: {confirmation: always}}
"""


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    with mailbox() as one:
        yield one


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, box: Mailbox) -> Iterator[Daemon]:
    """A daemon that may tell loopback, which is refused otherwise, and nothing else."""
    smtp = {"host": "127.0.0.1", "port": box.port, "security": "none", "sender": "winslow@example.org"}
    settings = {"web_url": "https://winslow.example.org", "networks": ["127.0.0.0/8"], "smtp": smtp}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WINSLOW_NOTIFY", json.dumps(settings))
        with Daemon(tmp_path_factory.mktemp("told") / "dev") as one:
            yield one


@pytest.fixture
def telling(running: Daemon) -> Iterator[Daemon]:
    """The same, and nobody is left subscribed."""
    yield running
    with running.client() as client:
        for one in list(client.subscriptions.list()):
            client.subscriptions.delete(one.name)


def waits_at_a_gate(client: Client, image: str, name: str) -> str:
    story = Story(client, image, name)
    story.pipeline(GATED)
    return story.run().name


def test_a_gate_is_told_by_webhook_and_mail_and_a_failure_to_who_wants_it(
    telling: Daemon, image: str, box: Mailbox
) -> None:
    with telling.client() as client, webhook(SECRET) as hook:
        signed = client.subscriptions.create([WAITS], url=hook.url, secret=SECRET)
        client.subscriptions.create([WAITS, FAILED], email="ann@example.org")
        assert signed.signed and not signed.secret
        run = waits_at_a_gate(client, image, "Stra\u00dfe")
        until(lambda: hook.told and box.mails)
        (told,) = hook.told
        (notice,) = told["notices"]
        assert (notice["occasion"], notice["definition"], notice["run"]) == ("AWAITING_INPUT", "s2", run)
        assert notice["text"] == "Stra\u00dfe: s2 waits for confirmation"
        assert notice["link"] == f"https://winslow.example.org/{run}/gates/s2"
        mail = box.mails[0]
        assert (mail["To"], mail["Subject"].endswith(notice["text"])) == ("ann@example.org", True)
        assert notice["link"] in mail.get_content() and box.recipients == ["ann@example.org"]
        assert SECRET not in telling.log.read_text()
        until(lambda: all(not one.waiting_count for one in client.subscriptions.list()))
        assert [one.secret for one in client.subscriptions.list()] == ["", ""]


def test_a_daemon_that_is_killed_between_what_happened_and_telling_it_tells_it_when_it_is_back(
    telling: Daemon, image: str
) -> None:
    with webhook() as hook:
        with telling.client() as client:
            client.subscriptions.create([WAITS], url=hook.url)
            hook.hold.clear()  # it has got the message, and nobody knows whether it has taken it
            waits_at_a_gate(client, image, "Street")
            assert hook.arrived.wait(30)
        telling.kill()
        hook.told.clear()
        hook.hold.set()
        telling.start()
        until(lambda: len(hook.told) >= 1)
        assert {one["id"] for message in hook.told for one in message["notices"]} == {hook.told[0]["notices"][0]["id"]}
        with telling.client() as client:
            until(lambda: not next(iter(client.subscriptions.list())).waiting_count)
            before = len(hook.told)
            telling.kill()
            telling.start()
            waits_at_a_gate(client, image, "Other")
            until(lambda: len(hook.told) > before)
        assert [one["project_display_name"] for one in hook.told[-1]["notices"]] == ["Other"]


def test_a_receiver_that_is_away_is_told_later_and_what_is_wrong_is_shown(telling: Daemon, image: str) -> None:
    with telling.client() as client, webhook() as hook:
        hook.answer, hook.location = 302, "http://127.0.0.1:1/"
        name = client.subscriptions.create([WAITS], url=hook.url).name
        waits_at_a_gate(client, image, "Street")
        until(lambda: shown(client).last_error)
        assert "302, and nothing is followed" in shown(client).last_error
        assert shown(client).waiting_count == 1 and shown(client).HasField("failing_since")
        hook.answer, hook.location = 200, ""
        until(lambda: hook.told)
        until(lambda: not shown(client).last_error)
        assert client.subscriptions.test(name).last_error == "" and hook.told[-1]["test"]


def test_nobody_makes_a_daemon_call_what_only_it_can_reach(telling: Daemon) -> None:
    with telling.client() as client:
        for host in ("169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "2852039166", "10.0.0.1:2379"):
            name = client.subscriptions.create([WAITS], url=f"http://{host}/v3/kv/put").name
            assert "Nothing may be sent to" in client.subscriptions.test(name).last_error
        with pytest.raises(InvalidArgument, match="login"):
            client.subscriptions.create([WAITS], url="http://ann:secret@example.org/")


def shown(client: Client):
    (one,) = client.subscriptions.list()
    return one
