"""What leaves the daemon goes where it may, is signed, follows nothing, reads little, and carries nobody's line breaks."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.receivers import Webhook, mailbox
from winslow.domain import notices
from winslow.domain.notices import Message
from winslow.domain.stage import ProjectId
from winslow.domain.subscription import Notice, Occasion, Subscription, SubscriptionId
from winslow.errors import FailedPrecondition, InvalidArgument, Unavailable
from winslowd.telling import addresses, mail, webhook, words
from winslowd.telling.addresses import Allowed
from winslowd.telling.mail import MailServer
from winslowd.telling.signature import signature
from winslowd.telling.words import Home
from winslowd.usecases import places

LOOPBACK = Allowed(networks=(ipaddress.ip_network("127.0.0.0/8"),))
TLS = ssl.create_default_context()
HOME = Home("lab", "https://winslow.example.org")


def message(*texts: str, to: str = "ann@example.org") -> Message:
    told = [Notice(str(at), Occasion.FAILED, 1e9, text, project=ProjectId("p")) for at, text in enumerate(texts)]
    one = Subscription(SubscriptionId("s"), "ann", 0.0, frozenset(Occasion), email=to)
    return notices.folded(one, told, 1e9)


class TestWhereItMayGo:
    @pytest.mark.parametrize(
        "address",
        [
            *("169.254.169.254", "169.254.0.1", "fe80::1", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"),
            *("127.0.0.1", "::1", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255"),
            *("fd00:ec2::23", "fd20:ce::254", "192.0.0.192", "0.1.2.3", "fe80::a9fe:a9fe%eth0", "169.254.170.2"),
            *("::ffff:169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::"),
        ],
    )
    def test_never_where_machines_keep_their_secrets_nor_here(self, address: str) -> None:
        assert not Allowed().address(ipaddress.ip_address(address))

    @pytest.mark.parametrize("address", ["10.1.2.3", "192.168.1.1", "93.184.216.34", "2606:2800:220:1::1", "fd12::1"])
    def test_else_anywhere_unless_networks_are_named(self, address: str) -> None:
        one = ipaddress.ip_address(address)
        assert Allowed().address(one)
        assert not LOOPBACK.address(one)
        assert Allowed(networks=(ipaddress.ip_network(address),)).address(one)

    def test_here_only_where_that_is_named(self) -> None:
        here = ipaddress.ip_address("127.0.0.1")
        assert LOOPBACK.address(here)
        assert not Allowed(networks=(ipaddress.ip_network("0.0.0.0/0"),)).address(here)
        anywhere = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("169.254.0.0/16"))
        assert not Allowed(networks=anywhere).address(ipaddress.ip_address("169.254.169.254"))

    @pytest.mark.parametrize(
        "url", ["http://10.0.0.1:2379/v3/maintenance/defragment", "http://db:2375/", "https://n:7411/"]
    )
    async def test_never_to_a_port_at_which_the_cluster_itself_answers(
        self, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def looked_up(*_: object, **__: object) -> None:
            raise AssertionError("It was refused before anybody was asked")

        monkeypatch.setattr(socket, "getaddrinfo", looked_up)
        with pytest.raises(FailedPrecondition) as refused:
            await webhook.post(url, [], b"{}", Allowed(own_ports=frozenset({7411})), TLS)
        assert refused.value.reason == "TELLING_REFUSED"

    async def test_a_name_that_means_another_address_the_second_time_is_not_asked_a_second_time(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is connected to is what was judged, whatever the name service says from then on."""
        asked: list[object] = []
        async with serving(b"HTTP/1.1 204 ok\r\n\r\n") as (url, got):

            def rebinding(host: object, *_: object, **__: object) -> list[tuple[object, ...]]:
                asked.append(host)
                return [(0, 0, 0, "", ("127.0.0.1" if len(asked) == 1 else "169.254.169.254", 0))]

            monkeypatch.setattr(socket, "getaddrinfo", rebinding)
            await webhook.post(url.replace("127.0.0.1", "rebinds.example.org"), [], b"{}", LOOPBACK, TLS)
        assert asked == ["rebinds.example.org"]
        assert b"Host: rebinds.example.org" in got[0]

    async def test_a_name_service_that_does_not_answer_keeps_nobody_else_waiting(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However many are told by names that lead there: what else the daemon does in threads goes on."""
        answers = threading.Event()

        def hanging(*_: object, **__: object) -> list[tuple[object, ...]]:
            answers.wait(60)
            return []

        monkeypatch.setattr(addresses, "RESOLVED_WITHIN", 0.2)
        monkeypatch.setattr(socket, "getaddrinfo", hanging)
        try:
            posts = (webhook.post(f"http://h{n}.example.org/", [], b"{}", Allowed(), TLS) for n in range(40))
            told = await asyncio.gather(*posts, return_exceptions=True)
            assert {getattr(one, "reason", one) for one in told} == {"TELLING_FAILED"}
            async with asyncio.timeout(30):
                assert await asyncio.to_thread(lambda: "here") == "here"
        finally:
            answers.set()

    def test_to_hosts_by_their_names(self) -> None:
        one = Allowed(hosts=("*.example.org", "chat"))
        assert [one.name(name) for name in ("a.example.org", "CHAT", "example.org", "a.example.org.evil")] == [
            *(True, True, False, False)
        ]

    @given(st.ip_addresses())
    def test_every_address_is_judged(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
        assert Allowed().address(address) in (True, False)

    async def test_a_name_of_which_one_address_is_forbidden_is_not_called_at_all(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def both(*_: object, **__: object) -> list[tuple[object, ...]]:
            return [(0, 0, 0, "", ("93.184.216.34", 80)), (0, 0, 0, "", ("127.0.0.1", 80))]

        monkeypatch.setattr(socket, "getaddrinfo", both)
        with pytest.raises(FailedPrecondition) as refused:
            await webhook.post("http://rebinds.example.org/", [], b"{}", Allowed(), TLS)
        assert refused.value.reason == "TELLING_REFUSED"


Served = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(answer: bytes, *, then: str = "close") -> AsyncIterator[tuple[str, list[bytes]]]:
    """A receiver that reads a request and writes `answer`; then it closes, or is silent for ever."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        if then == "silence":
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a?b=c", asked


class TestAWebhook:
    async def test_gets_one_post_with_what_it_needs(self) -> None:
        async with serving(b"HTTP/1.1 204 ok\r\n\r\n") as (url, asked):
            await webhook.post(url, [("Winslow-Signature", "t=1,v1=00")], b"{}", LOOPBACK, TLS)
        (head,) = asked
        assert head.startswith(b"POST /a?b=c HTTP/1.1\r\n")
        assert b"Winslow-Signature: t=1,v1=00" in head and b"Content-Length: 2" in head

    @pytest.mark.parametrize(
        ("answer", "why"),
        [
            (b"HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:2379/\r\n\r\n", "302, and nothing is followed"),
            (b"HTTP/1.1 500 x\r\n\r\n", "status 500"),
            (b"SSH-2.0-x\r\n", "what is not HTTP"),
            (b"", "what is not HTTP"),
            (b"HTTP/1.1 200 x\r\n" + b"A: " + b"x" * (64 << 10), "what is not HTTP"),
        ],
    )
    async def test_that_does_not_take_it_is_told_later(self, answer: bytes, why: str) -> None:
        async with serving(answer) as (url, asked):
            with pytest.raises(Unavailable) as failed:
                await webhook.post(url, [], b"{}", LOOPBACK, TLS)
        assert why in failed.value.message
        assert len(asked) == 1

    async def test_that_says_nothing_is_waited_for_a_while(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(webhook, "ANSWERED_WITHIN", 0.05)
        async with serving(b"", then="silence") as (url, _):
            with pytest.raises(Unavailable, match="did not answer"):
                await webhook.post(url, [], b"{}", LOOPBACK, TLS)

    async def test_whose_body_never_ends_has_taken_it_with_its_head(self) -> None:
        async with serving(b"HTTP/1.1 200 ok\r\nContent-Length: 9999999\r\n\r\nx", then="silence") as (url, _):
            async with asyncio.timeout(2):
                await webhook.post(url, [], b"{}", LOOPBACK, TLS)

    async def test_without_a_certificate_that_is_trusted_is_told_nothing(self) -> None:
        async with serving(b"HTTP/1.1 200 ok\r\n\r\n") as (url, _):
            with pytest.raises(Unavailable):
                await webhook.post(url.replace("http:", "https:"), [], b"{}", LOOPBACK, TLS)

    def test_a_receiver_that_knows_only_the_documentation_verifies_it(self) -> None:
        body = words.as_json(message("x"), HOME)
        receiver = Webhook(secret="0123456789abcdef")
        header = signature(receiver.secret, 1234.9, body)
        assert header.startswith("t=1234,v1=") and receiver.verified(header, body)
        assert not receiver.verified(header, body + b" ")
        assert not receiver.verified(header.replace("1234", "1235"), body)

    def test_its_json_says_what_happened_where_and_how_much_more(self) -> None:
        told = json.loads(words.as_json(message(*(f"{n}" for n in range(30))), HOME))
        assert (told["version"], told["cluster"], told["count"], told["counts"]) == (1, "lab", 30, {"FAILED": 30})
        assert [one["text"] for one in told["notices"]][-1] == "29"
        assert told["notices"][0]["link"] == "https://winslow.example.org/projects/p"
        assert told["text"] == "30 projects failed"


class TestAMail:
    @given(st.text(), st.text())
    def test_has_no_header_that_somebody_wrote_into_a_name(self, one: str, other: str) -> None:
        written = words.as_mail(message(f"{one}\r\nBcc: eve@example.org\r\n{other}"), HOME, "winslow@example.org")
        wire = written.as_bytes()
        head = wire.partition(b"\r\n\r\n")[0]
        assert written["Bcc"] is None and b"\r\nBcc" not in head
        assert written.keys().count("Subject") == 1 and written["To"] == "ann@example.org"

    def test_says_what_happened_what_to_do_and_where(self) -> None:
        text = words.as_mail(message("Street: detect failed", "Other: it failed"), HOME, "w@example.org").get_content()
        assert "Street: detect failed" in text and "https://winslow.example.org/projects/p" in text
        assert words.TODO[Occasion.FAILED] in text

    def test_arrives_and_what_a_server_refuses_is_said(self) -> None:
        written = words.as_mail(message("Straße: ☃"), HOME, "w@example.org")
        with mailbox() as box:
            mail.send(written, MailServer("127.0.0.1", box.port, "none", "w@example.org"), TLS)
            assert box.mails[0]["Subject"] == "[lab] Straße: ☃"
            with pytest.raises(FailedPrecondition, match="TLS"):
                mail.send(written, MailServer("127.0.0.1", box.port, "starttls", "w@example.org"), TLS)
        with pytest.raises(Unavailable, match="cannot be reached"):
            mail.send(written, MailServer("127.0.0.1", box.port, "none", "w@example.org"), TLS)

    def test_is_refused_where_the_settings_say_what_smtp_cannot(self) -> None:
        written = words.as_mail(message("Street: it failed"), HOME, "w@example.org")
        with pytest.raises(FailedPrecondition, match="ASCII"):
            mail.send(written, MailServer(f"{'m' * 64}.example.org", 25, "none", "w@example.org"), TLS)


class TestPlaces:
    @pytest.mark.parametrize("url", ["https://r.example.org/a?b=c", "http://10.0.0.7:8080", "https://[fd12::1]:8443/x"])
    def test_an_address_is_kept_as_it_is(self, url: str) -> None:
        assert places.webhook(url) == url

    @pytest.mark.parametrize(
        "url",
        [
            *("", "r", "ftp://r/", "file:///etc/passwd", "http://", "http://:80/", "http://ann@r/", "http://a:b@r/"),
            *("http://r/#x", "http://r/\r\nX: y", "http://r /", "http://r\\@evil/", "http://r:99999/", "http://[::1/"),
            *("http://r:0/", "http://straße/", "http://r/" + "x" * 2000, "http://a,b/"),
        ],
    )
    def test_what_is_no_address_is_refused(self, url: str) -> None:
        with pytest.raises(InvalidArgument) as refused:
            places.webhook(url)
        assert refused.value.reason == "URL_INVALID"

    @pytest.mark.parametrize(
        "address",
        ["", "ann", "@x", "ann@", "ann@x,bob@y", "Ann <a@x>", "a@x\nBcc: b@y", "a b@x", '"a"@x', "a@" + "x" * 300],
    )
    def test_what_is_no_mail_address_is_refused(self, address: str) -> None:
        with pytest.raises(InvalidArgument):
            places.email(address)
        assert places.email("ann.smith+winslow@mail.example.org") == "ann.smith+winslow@mail.example.org"

    @given(st.text())
    def test_whatever_comes_is_refused_or_kept(self, text: str) -> None:
        for check in (places.webhook, places.email, places.secret):
            try:
                assert check(text) == text
            except InvalidArgument as refused:
                assert refused.reason in ("URL_INVALID", "EMAIL_INVALID", "SECRET_INVALID")

    def test_what_is_secret_is_not_repeated(self) -> None:
        for check, text in ((places.secret, "hunter2"), (places.webhook, "http://ann:hunter2@r/")):
            with pytest.raises(InvalidArgument) as refused:
                check(text)
            assert "hunter2" not in str(refused.value)
