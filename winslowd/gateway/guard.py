"""Around every request: who makes it, whether another site's page made it, and what becomes of the errors that end it.

Whose page may act here, `winslowd.gateway.origins` decides.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from winslow.domain.principal import Principal
from winslow.errors import Internal, WinslowError
from winslowd.gateway.origins import ASKED, METHODS, REMEMBERED, Origins
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
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'self'",
}
"""What a file says is hostile: a browser neither guesses its type nor lets it do anything, and no other site may show it."""

MAY = {
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": ASKED,
    "Access-Control-Max-Age": REMEMBERED,
}


def asker(request: Request) -> Principal:
    """Who makes the request."""
    found = request.scope[PRINCIPAL]
    assert isinstance(found, Principal)
    return found


class Guard:
    """Wraps the routes. `connected` says whether this node knows what goes on in the cluster.

    `origins` says whose pages may act here.
    """

    def __init__(
        self,
        routes: ASGIApp,
        authenticate: Authenticate,
        connected: Callable[[], bool] = lambda: True,
        origins: Origins = Origins(),  # noqa: B008 - a frozen value
    ) -> None:
        self._routes = routes
        self._connected = connected
        self._authenticate = authenticate
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # nothing else is spoken here: the server closes the connection
        started, told = False, self._origins.told(Headers(scope=scope))

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in told.items():
                    headers.add_vary_header(value) if name == "Vary" else headers.setdefault(name, value)
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
            self._origins.require(scope["method"], headers)
        if self._origins.asks_first(scope["method"], headers):
            await Response(status_code=204, headers=MAY)(scope, receive, send)
            return
        scope[PRINCIPAL] = self._authenticate(dict(headers))
        await self._routes(scope, receive, send)


def _over_unix(scope: Scope) -> bool:
    """No browser reaches a unix socket; its mode says who may."""
    server = scope.get("server")
    return server is not None and server[1] is None


def _fault(error: Exception, trace: str) -> Internal:
    return Internal(
        "Something went wrong inside Winslow",
        reason="INTERNAL",
        hint=f"Look for {trace} in the daemon's log, and report it",
        metadata={"trace": trace, "kind": type(error).__name__},
    )
