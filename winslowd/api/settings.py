"""SettingsService."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

from typing import Any

from winslow.v1 import settings_pb2, settings_service_pb2_grpc
from winslow.v1 import settings_service_pb2 as pb
from winslowd.api import encoding
from winslowd.api.call import asker, request_of
from winslowd.usecases.settings import Settings


class SettingsService(settings_service_pb2_grpc.SettingsServiceServicer):
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def GetGlobalEnvironment(
        self, request: pb.GetGlobalEnvironmentRequest, context: Any
    ) -> settings_pb2.GlobalEnvironment:
        return encoding.globals_(self._settings.get(asker()))

    async def UpdateGlobalEnvironment(
        self, request: pb.UpdateGlobalEnvironmentRequest, context: Any
    ) -> settings_pb2.GlobalEnvironment:
        await self._settings.update(
            request_of(request),
            dict(request.set),
            request.unset,
            replace_all=request.replace,
            expected=request.expected_revision,
        )
        return encoding.globals_(self._settings.get(asker()))
