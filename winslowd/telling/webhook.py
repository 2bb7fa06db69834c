"""Tells a webhook: one POST over one connection, to an address that was judged, within a deadline, and nothing is followed.

HTTP/1.1 by h11 over asyncio's own streams, since the connection must go to the address that was judged while TLS and the
`Host` header keep the name. Of the answer only the status matters; little of it is read.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from urllib.parse import urlsplit

import h11

from winslow import __version__
from winslow.errors import Unavailable, WinslowError
from winslowd.telling.addresses import Allowed, resolved

CONNECTED_WITHIN = 5.0
ANSWERED_WITHIN = 15.0
HEAD_MAX = 16 << 10
"""Bytes of an answer that are read at most: its status and headers."""
TAKEN = range(200, 300)


async def post(
    url: str, headers: Sequence[tuple[str, str]], body: bytes, allowed: Allowed, tls: ssl.SSLContext
) -> None:
    """Return once the receiver has answered 2xx. Raises Unavailable (TELLING_FAILED), FailedPrecondition (TELLING_REFUSED)."""
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    addresses = await resolved(host, port, allowed)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    request = h11.Request(
        method="POST",
        target=target,
        headers=[
            ("Host", parts.netloc),
            ("User-Agent", f"Winslow/{__version__}"),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            *headers,
        ],
    )
    try:
        reader, writer = await _connected(addresses, port, tls if secure else None, host)
        try:
            async with asyncio.timeout(ANSWERED_WITHIN):
                status = await _exchanged(reader, writer, request, body)
        finally:
            writer.transport.abort()  # it was told to close; nobody waits for that
    except WinslowError:
        raise
    except TimeoutError:
        raise _failed(host, f"did not answer within {ANSWERED_WITHIN:.0f} s") from None
    except ssl.SSLError as error:
        raise _failed(host, f"cannot be trusted: {getattr(error, 'verify_message', '') or error.reason}") from None
    except (OSError, EOFError) as error:
        raise _failed(host, f"broke the connection: {getattr(error, 'strerror', None) or 'it ended'}") from None
    except h11.RemoteProtocolError:
        raise _failed(host, "answered what is not HTTP") from None
    if status not in TAKEN:
        more = ", and nothing is followed" if 300 <= status < 400 else ""
        raise _failed(host, f"answered with the status {status}{more}")


async def _connected(
    addresses: Sequence[str], port: int, tls: ssl.SSLContext | None, host: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the first of the addresses that takes one."""
    last: OSError | TimeoutError | None = None
    for address in addresses[:4]:
        try:
            async with asyncio.timeout(CONNECTED_WITHIN):
                return await asyncio.open_connection(address, port, ssl=tls, server_hostname=host if tls else None)
        except ssl.SSLError:
            raise
        except (OSError, TimeoutError) as error:
            last = error
    why = getattr(last, "strerror", None) or f"no connection within {CONNECTED_WITHIN:.0f} s"
    raise _failed(host, f"cannot be reached: {why}")


async def _exchanged(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: h11.Request, body: bytes
) -> int:
    """Send the request; the status of its answer."""
    line = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_MAX)
    for event in (request, h11.Data(data=body), h11.EndOfMessage()):
        writer.write(line.send(event) or b"")
    await writer.drain()
    read = 0
    while read <= HEAD_MAX:
        heard = line.next_event()
        if heard is h11.NEED_DATA:
            data = await reader.read(4096)
            read += len(data)
            line.receive_data(data)
        elif isinstance(heard, h11.Response):
            return heard.status_code
        elif not isinstance(heard, h11.InformationalResponse):
            raise EOFError
    raise h11.RemoteProtocolError("its head is too long")


def _failed(host: str, why: str) -> Unavailable:
    return Unavailable(
        f"{host} {why}",
        reason="TELLING_FAILED",
        subject=host,
        hint="Look at the URL and at the receiver; it is tried again",
    )
