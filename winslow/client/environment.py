"""The global environment, the outermost layer of every stage's, over the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from winslow.client.calls import Calls
from winslow.v1 import settings_service_pb2 as pb
from winslow.v1.settings_pb2 import GlobalEnvironment


class Environment:
    """What SettingsService offers for it. Stages that have started stay as they are."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def get(self) -> GlobalEnvironment:
        return self._calls.unary(
            "SettingsService/GetGlobalEnvironment", pb.GetGlobalEnvironmentRequest(), GlobalEnvironment
        )

    def update(
        self,
        set: Mapping[str, str] | None = None,
        unset: Iterable[str] = (),
        *,
        replace: bool = False,
        expected_revision: int | None = None,
        request_id: str = "",
    ) -> GlobalEnvironment:
        """Set and remove variables; with `replace`, those in `set` are all there are."""
        request = pb.UpdateGlobalEnvironmentRequest(
            request_id=request_id, set=set, unset=unset, replace=replace, expected_revision=expected_revision
        )
        return self._calls.unary("SettingsService/UpdateGlobalEnvironment", request, GlobalEnvironment)
