"""Around every request: who makes it, whether another site's page made it, and what becomes of the errors that end it.

A page of another site must not act through the browser of somebody who can reach this daemon: what names another origin
is refused, and so is a host name that is not ours, behind which a name server may have hidden our address.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Callable, Collection, Mapping
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from winslow.domain.principal import Principal
from winslow.errors import Internal, PermissionDenied, WinslowError
from winslowd.gateway.problems import problem

log = structlog.get_logger(__name__)

Authenticate = Callable[[Mapping[str, str]], Principal]
"""Who makes a request with these headers. Raises Unauthenticated or PermissionDenied."""

PRINCIPAL = "winslow.principal"
STALE = "Winslow-Stale"
"""The header "true" with every answer of a node that is cut off from etcd: what it says may be old."""
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "sandbox; default-src 'none'",
}
"""What a file says is hostile: a browser neither guesses its type nor lets it do anything, and no other site may show it."""


def asker(request: Request) -> Principal:
    """Who makes the request."""
    found = request.scope[PRINCIPAL]
    assert isinstance(found, Principal)
    return found


class Guard:
    """Wraps the routes. `connected` says whether this node knows what goes on in the cluster.

    `names` are the host names, beside addresses and localhost, under which we are called.
    """

    def __init__(
        self,
        routes: ASGIApp,
        authenticate: Authenticate,
        connected: Callable[[], bool] = lambda: True,
        names: Collection[str] = (),
    ) -> None:
        self._routes = routes
        self._connected = connected
        self._authenticate = authenticate
        self._names = frozenset(name.lower() for name in names) | {"localhost"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # nothing else is spoken here: the server closes the connection
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers.setdefault(name, value)
                if not self._connected():
                    headers[STALE] = "true"
            await send(message)

        try:
            await self._answer(scope, receive, sending)
        except ClientDisconnect:
            return
        except WinslowError as error:
            if started:  # the connection is closed before the promised end, which says that bytes are missing
                log.warning("an answer was cut", path=scope["path"], error=str(error))
                return
            await problem(error)(scope, receive, sending)
        except Exception as error:
            trace = secrets.token_hex(8)
            log.exception("request failed", path=scope["path"], trace=trace)
            if not started:
                await problem(_fault(error, trace))(scope, receive, sending)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if not _over_unix(scope):
            self._require_ours(headers)
        scope[PRINCIPAL] = self._authenticate(dict(headers))
        await self._routes(scope, receive, send)

    def _require_ours(self, headers: Headers) -> None:
        host, origin = headers.get("host", ""), headers.get("origin", "")
        if host and not self._is_ours(urlsplit(f"//{host}").hostname or ""):
            raise _foreign(f"Nothing is served here under the name {host!r}", "HOST_UNKNOWN")
        if origin and urlsplit(origin).netloc.lower() != host.lower():
            raise _foreign(f"A page of {origin!r} must not act here", "ORIGIN_REFUSED")

    def _is_ours(self, name: str) -> bool:
        try:
            return name in self._names or bool(ipaddress.ip_address(name))
        except ValueError:
            return False


def _over_unix(scope: Scope) -> bool:
    """No browser reaches a unix socket; its mode says who may."""
    server = scope.get("server")
    return server is not None and server[1] is None


def _foreign(message: str, reason: str) -> PermissionDenied:
    return PermissionDenied(
        message, reason=reason, hint="Use the address at which the daemon serves, see its setting http"
    )


def _fault(error: Exception, trace: str) -> Internal:
    return Internal(
        "Something went wrong inside Winslow",
        reason="INTERNAL",
        hint=f"Look for {trace} in the daemon's log, and report it",
        metadata={"trace": trace, "kind": type(error).__name__},
    )
