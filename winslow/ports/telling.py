"""How subscribers are told, outside of Winslow."""

from __future__ import annotations

from typing import Protocol

from winslow.domain.notices import Message


class Teller(Protocol):
    """Whoever tells people: a webhook, a mail."""

    async def tell(self, message: Message) -> None:
        """Return when the receiver has taken it; telling it twice is telling it twice, with the same ids.

        Has deadlines of its own. Raises Unavailable (TELLING_FAILED) where trying again may help, FailedPrecondition
        (TELLING_REFUSED) where somebody must change something first: no mail server is set, the address is not allowed.
        Neither says what is secret.
        """
