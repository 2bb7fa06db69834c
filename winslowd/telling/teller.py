"""The teller: by webhook or by mail, as the subscription says."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from winslow.domain.notices import Message
from winslow.errors import FailedPrecondition, InvalidArgument
from winslow.ports import Clock
from winslowd.telling import mail, words
from winslowd.telling.addresses import Allowed
from winslowd.telling.mail import MailServer
from winslowd.telling.signature import HEADER, signature
from winslowd.telling.webhook import post
from winslowd.telling.words import Home

MAILS_AT_ONCE = 4


class Messages:
    """Keeps `winslow.ports.telling.Teller`."""

    def __init__(
        self,
        home: Home,
        allowed: Allowed,
        server: MailServer | None,
        tls: ssl.SSLContext | None,
        clock: Clock,
        threads: ThreadPoolExecutor,
    ) -> None:
        self._home = home
        self._allowed = allowed
        self._server = server
        self._tls = tls
        self._clock = clock
        self._threads = threads

    @classmethod
    @contextlib.contextmanager
    def open(
        cls, home: Home, allowed: Allowed, server: MailServer | None, authority: Path | None, clock: Clock
    ) -> Iterator[Messages]:
        """`authority`: a file with more certificates that are trusted. Raises InvalidArgument (CONFIG_INVALID)."""
        threads = ThreadPoolExecutor(MAILS_AT_ONCE, "mail")
        try:
            yield cls(home, allowed, server, _trust(authority) if authority else None, clock, threads)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

    async def tell(self, message: Message) -> None:
        if message.subscription.url:
            await self._post(message)
        else:
            await self._mail(message)

    async def _post(self, message: Message) -> None:
        body = words.as_json(message, self._home)
        secret = message.subscription.secret
        headers = [(HEADER, signature(secret, self._clock(), body))] if secret else []
        await post(message.subscription.url, headers, body, self._allowed, await self._trusted())

    async def _mail(self, message: Message) -> None:
        server = self._server
        if server is None:
            raise FailedPrecondition(
                "No mail server is set, so nobody can be told by e-mail",
                reason="TELLING_REFUSED",
                subject="smtp",
                hint="Whoever runs the cluster sets notify.smtp on each node; a webhook needs none",
            )
        written = words.as_mail(message, self._home, server.sender)
        await asyncio.get_running_loop().run_in_executor(
            self._threads, mail.send, written, server, await self._trusted()
        )

    async def _trusted(self) -> ssl.SSLContext:
        """What the system trusts is read when somebody is told something: it takes a while, and a place of its own."""
        if self._tls is None:
            self._tls = await asyncio.get_running_loop().run_in_executor(self._threads, _trust, None)
        return self._tls


def _trust(authority: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if authority:
        try:
            context.load_verify_locations(authority)
        except (OSError, ssl.SSLError) as error:
            raise InvalidArgument(
                f"{authority} cannot be read: {getattr(error, 'strerror', None) or 'it holds no certificate'}",
                reason="CONFIG_INVALID",
                subject=str(authority),
                hint="Look at the setting notify.ca",
            ) from None
    return context
