"""Around every call: who makes it, which node it needs, what becomes of the errors that end it, and whether the answer may be old.

An error of Winslow becomes its status; a method that is not there yet says so; anything else is a fault of ours:
logged with a trace ID that the caller is given, and told without its inside.
"""

from __future__ import annotations

import contextlib
import inspect
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import grpc
import structlog

from winslow.domain.principal import Principal
from winslow.errors import Internal, Unimplemented, WinslowError
from winslow.wire.status import DETAILS, STALE, to_status
from winslowd.api import call
from winslowd.api.forwarding import Forwarding
from winslowd.peers.credentials import Credentials

log = structlog.get_logger(__name__)

Authenticate = Callable[[Mapping[str, str]], Principal]
"""Who makes a call with this metadata. Raises Unauthenticated or PermissionDenied."""

CODES = {code.value[0]: code for code in grpc.StatusCode}


class Guard(grpc.aio.ServerInterceptor):
    """Wraps every handler. `connected` says whether this node knows what goes on in the cluster.

    Nodes are known by `credentials`; without, no call is taken for a node's. Without `forwarding` all is answered here.
    """

    def __init__(
        self,
        authenticate: Authenticate,
        credentials: Credentials | None = None,
        forwarding: Forwarding | None = None,
        connected: Callable[[], bool] = lambda: True,
    ) -> None:
        self._authenticate = authenticate
        self._credentials = credentials
        self._forwarding = forwarding
        self._connected = connected

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        handler = await continuation(handler_call_details)
        if handler is None:
            return None  # gRPC says that there is no such method
        method = str(handler_call_details.method)
        kinds = {
            (False, False): ("unary_unary", grpc.unary_unary_rpc_method_handler, self._unary),
            (False, True): ("unary_stream", grpc.unary_stream_rpc_method_handler, self._stream),
            (True, False): ("stream_unary", grpc.stream_unary_rpc_method_handler, self._unary),
            (True, True): ("stream_stream", grpc.stream_stream_rpc_method_handler, self._stream),
        }
        attribute, make, wrap = kinds[(handler.request_streaming, handler.response_streaming)]
        behaviour = getattr(handler, attribute)
        if self._forwarding and not handler.request_streaming:
            behaviour = self._forwarding.around(method, behaviour)
        return make(
            wrap(behaviour, method),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def _unary(self, behaviour: Callable[..., Any], method: str) -> Callable[..., Awaitable[Any]]:
        async def answer(request: Any, context: Any) -> Any:
            async with self._guarded(context, method):
                found = behaviour(request, context)
                return await found if inspect.isawaitable(found) else found

        return answer

    def _stream(self, behaviour: Callable[..., Any], method: str) -> Callable[..., Awaitable[None]]:
        async def answers(request: Any, context: Any) -> None:
            # Written rather than yielded, so that a caller's cancellation reaches the behaviour where it waits.
            async with self._guarded(context, method):
                found = behaviour(request, context)
                if inspect.isawaitable(found):
                    await found
                    return
                async with contextlib.aclosing(found):
                    async for response in found:
                        await context.write(response)

        return answers

    @contextlib.asynccontextmanager
    async def _guarded(self, context: Any, method: str) -> AsyncIterator[None]:
        try:
            metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
            self._enter(metadata)
            yield
            context.set_trailing_metadata(self._remarks())
        except grpc.aio.AbortError:
            raise
        except WinslowError as error:
            await self._abort(context, error)
        except NotImplementedError:
            await self._abort(context, _not_yet(method))
        except Exception as error:
            trace = secrets.token_hex(8)
            log.exception("call failed", method=method, trace=trace)
            await self._abort(context, _fault(error, trace))

    async def _abort(self, context: Any, error: WinslowError) -> None:
        status = to_status(error)
        remarks = ((DETAILS, status.SerializeToString()), *self._remarks())
        await context.abort(CODES[status.code], status.message, remarks)

    def _remarks(self) -> tuple[tuple[str, str], ...]:
        """What goes with the end of every call: while this node is cut off, that its view may be old."""
        return () if self._connected() else ((STALE, "true"),)

    def _enter(self, metadata: Mapping[str, str]) -> None:
        caller = self._credentials.caller(metadata) if self._credentials else None
        if caller:
            call.enter(caller.principal, caller.node)
        else:
            call.enter(self._authenticate(metadata))


def _not_yet(method: str) -> Unimplemented:
    return Unimplemented(
        f"{method.rpartition('/')[2]} is not there yet",
        reason="NOT_YET",
        subject=method,
        hint="A later version of Winslow will have it",
    )


def _fault(error: Exception, trace: str) -> Internal:
    return Internal(
        "Something went wrong inside Winslow",
        reason="INTERNAL",
        hint=f"Look for {trace} in the daemon's log, and report it",
        metadata={"trace": trace, "kind": type(error).__name__},
    )
