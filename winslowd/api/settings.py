"""SettingsService."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

from typing import Any

from winslow.v1 import retention_pb2, settings_pb2, settings_service_pb2_grpc
from winslow.v1 import settings_service_pb2 as pb
from winslow.wire import names
from winslow.wire.retention import retention_from_proto
from winslowd.api import decoding, encoding
from winslowd.api.call import asker, request_of
from winslowd.usecases.retention import Candidate, Retention
from winslowd.usecases.settings import LimitsChange, Settings

LIMITED = ("per_user", "per_project", "users", "projects")
RETAINED = ("keep_succeeded", "keep_failed", "max_age", "drop_discardable")


class SettingsService(settings_service_pb2_grpc.SettingsServiceServicer):
    def __init__(self, settings: Settings, retention: Retention) -> None:
        self._settings = settings
        self._retention = retention

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
            expected=decoding.seen(request),
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
        await self._settings.limit(request_of(request), change, decoding.seen(request))
        return encoding.limits(self._settings.limits(asker()))

    async def GetRetentionPolicy(
        self, request: pb.GetRetentionPolicyRequest, context: Any
    ) -> retention_pb2.RetentionPolicy:
        return encoding.retention(self._retention.get(asker(), names.parse_retention(request.name)))

    async def UpdateRetentionPolicy(
        self, request: pb.UpdateRetentionPolicyRequest, context: Any
    ) -> retention_pb2.RetentionPolicy:
        policy, project = request.retention_policy, names.parse_retention(request.retention_policy.name)
        if request.reset:
            await self._retention.reset(request_of(request), project, decoding.seen(request))
        else:
            fields = decoding.masked(policy, request.update_mask.paths or RETAINED, RETAINED)
            wanted = retention_from_proto(policy)
            await self._retention.update(request_of(request), project, wanted, fields, decoding.seen(request))
        return encoding.retention(self._retention.get(asker(), project))

    async def PreviewRetention(self, request: pb.PreviewRetentionRequest, context: Any) -> pb.PreviewRetentionResponse:
        policy = request.retention_policy
        project = names.parse_retention(policy.name)
        found = await self._retention.preview(asker(), project, retention_from_proto(policy), decoding.ask(request))
        return pb.PreviewRetentionResponse(
            candidates=[_candidate(one) for one in found.candidates],
            next_page_token=found.next_page_token,
            total_size=found.size,
        )


def _candidate(one: Candidate) -> retention_pb2.RetentionCandidate:
    name = names.stage(one.stage.project, one.stage.id)
    return retention_pb2.RetentionCandidate(stage=name, reason=one.reason, size=one.size)
