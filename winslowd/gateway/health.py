"""Whether this daemon lives, and whether it can serve: for what restarts processes and what spreads requests."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from winslow.ports import StorageState, Store

_FRESH = {"Cache-Control": "no-store"}


class HealthRoutes:
    """`/healthz`: it answers, so it lives; to restart it mends nothing else. `/readyz`: 503 with the reasons why not."""

    def __init__(self, store: Store, storage: StorageState) -> None:
        self._store = store
        self._storage = storage

    def routes(self) -> list[Route]:
        return [Route("/healthz", self._lives, methods=["GET"]), Route("/readyz", self._serves, methods=["GET"])]

    async def _lives(self, request: Request) -> Response:
        return PlainTextResponse("ok\n", headers=_FRESH)

    async def _serves(self, request: Request) -> Response:
        """Of what is known already: a probe waits for no file system and no etcd."""
        reasons = {
            "ETCD_UNAVAILABLE": ""
            if self._store.connected
            else "This node is cut off from etcd: what it tells may be old",
            "STORAGE_DEGRADED": self._storage().fault,
        }
        told = {reason: text for reason, text in reasons.items() if text}
        return JSONResponse({"ready": not told, "reasons": told}, 503 if told else 200, _FRESH)
