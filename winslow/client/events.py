"""What changes in the cluster, as it changes, over the wire."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from winslow.client import naming
from winslow.client.calls import Calls
from winslow.client.patience import Patience
from winslow.errors import Code, WinslowError
from winslow.v1 import event_service_pb2 as pb
from winslow.v1.event_pb2 import ResourceKind


class Events:
    """The event stream."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def watch(
        self,
        revision: int = 0,
        kinds: Iterable[ResourceKind] = (),
        projects: Iterable[str] = (),
        timeout: float | None = None,
    ) -> Iterator[pb.WatchResponse]:
        """Every change after a revision, in order and without a gap; with none, first all there is (`initial`).

        A cut connection is taken up where it broke. Where that is too long ago, or it broke before the beginning was
        complete, all there is comes again, marked `initial`. Raises DeadlineExceeded after `timeout` seconds.
        """
        request = pb.WatchRequest(revision=revision, kinds=kinds, projects=[naming.project(one) for one in projects])
        patience = Patience(self._calls.cut_patience)
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            left = None if end is None else max(0.0, end - time.monotonic())
            try:
                for response in self._calls.stream("EventService/Watch", request, pb.WatchResponse, deadline=left):
                    patience.renew()
                    request.revision = response.revision or request.revision
                    yield response
            except WinslowError as error:
                _go_on(error, request, patience)
            else:
                return


def _go_on(error: WinslowError, request: pb.WatchRequest, patience: Patience) -> None:
    if error.code is Code.OUT_OF_RANGE and request.revision:
        request.revision = 0
        return
    patience.pause(error)
