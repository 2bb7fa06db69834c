"""How many stages users and projects may have at a time, over the wire."""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.field_mask_pb2 import FieldMask

from winslow.client.calls import Calls
from winslow.v1 import settings_pb2
from winslow.v1 import settings_service_pb2 as pb


class Limits:
    """What SettingsService offers for them. 0 is as many as fit; stages that are placed stay."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def get(self) -> settings_pb2.Limits:
        return self._calls.unary("SettingsService/GetLimits", pb.GetLimitsRequest(), settings_pb2.Limits)

    def update(
        self,
        *,
        per_user: int | None = None,
        per_project: int | None = None,
        users: Mapping[str, int] | None = None,
        projects: Mapping[str, int] | None = None,
        expected_revision: int | None = None,
        request_id: str = "",
    ) -> settings_pb2.Limits:
        """Change what is given; None leaves a thing as it is.

        `users` and `projects` (by id) are then all that have a limit of their own.
        """
        given = {"per_user": per_user, "per_project": per_project, "users": users, "projects": projects}
        fields = {name: value for name, value in given.items() if value is not None}
        if not fields:
            return self.get()
        request = pb.UpdateLimitsRequest(
            request_id=request_id,
            limits=settings_pb2.Limits(**fields),  # type: ignore[arg-type]
            update_mask=FieldMask(paths=fields),
            expected_revision=expected_revision,
        )
        return self._calls.unary("SettingsService/UpdateLimits", request, settings_pb2.Limits)
