"""SettingsService."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

from typing import Any

from winslow.v1 import settings_pb2, settings_service_pb2_grpc
from winslow.v1 import settings_service_pb2 as pb
from winslowd.api import decoding, encoding
from winslowd.api.call import asker, request_of
from winslowd.usecases.settings import LimitsChange, Settings

LIMITED = ("per_user", "per_project", "users", "projects")


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

    async def GetLimits(self, request: pb.GetLimitsRequest, context: Any) -> settings_pb2.Limits:
        return encoding.limits(self._settings.limits(asker()))

    async def UpdateLimits(self, request: pb.UpdateLimitsRequest, context: Any) -> settings_pb2.Limits:
        limits = request.limits
        fields = decoding.masked(limits, request.update_mask.paths or LIMITED, LIMITED)
        change = LimitsChange(
            per_user=limits.per_user if "per_user" in fields else None,
            per_project=limits.per_project if "per_project" in fields else None,
            users=dict(limits.users) if "users" in fields else None,
            projects=dict(limits.projects) if "projects" in fields else None,
        )
        await self._settings.limit(request_of(request), change, request.expected_revision)
        return encoding.limits(self._settings.limits(asker()))
