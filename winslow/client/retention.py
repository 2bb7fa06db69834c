"""Which workspaces are kept, over the wire."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from google.protobuf.field_mask_pb2 import FieldMask

from winslow.client import naming
from winslow.client.calls import Calls
from winslow.v1 import settings_service_pb2 as pb
from winslow.v1.retention_pb2 import RetentionCandidate, RetentionPolicy
from winslow.wire import names
from winslow.wire.times import duration

PREVIEW_DEADLINE = 600.0
"""Seconds in which every workspace that would go has been weighed."""


class Unset(Enum):
    """What an argument is that was not given, where None means something."""

    UNSET = "unset"


UNSET = Unset.UNSET


@dataclass(frozen=True, slots=True)
class Preview:
    """What would go, and how many bytes all of it would free."""

    candidates: list[RetentionCandidate]
    total_size: int


class Retention:
    """What SettingsService offers for it. Without a project the cluster's policy is meant, which holds for those without one."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def get(self, project: str = "") -> RetentionPolicy:
        """The policy in force; `inherited` where the project has none of its own."""
        request = pb.GetRetentionPolicyRequest(name=_name(project))
        return self._calls.unary("SettingsService/GetRetentionPolicy", request, RetentionPolicy)

    def update(
        self,
        project: str = "",
        *,
        keep_succeeded: int | Unset | None = UNSET,
        keep_failed: bool | Unset = UNSET,
        max_age: float | Unset | None = UNSET,
        drop_discardable: bool | Unset = UNSET,
        expected_revision: int | None = None,
        request_id: str = "",
    ) -> RetentionPolicy:
        """Change what is given. `keep_succeeded` None keeps all, `max_age` None for ever; else it is in seconds.

        What the policy lets go then goes at once; `preview` says beforehand what that is.
        """
        policy = changed(
            RetentionPolicy(name=_name(project)),
            keep_succeeded=keep_succeeded,
            keep_failed=keep_failed,
            max_age=max_age,
            drop_discardable=drop_discardable,
        )
        given = {
            "keep_succeeded": keep_succeeded,
            "keep_failed": keep_failed,
            "max_age": max_age,
            "drop_discardable": drop_discardable,
        }
        fields = [field for field, value in given.items() if value is not UNSET]
        if not fields:
            return self.get(project)
        request = pb.UpdateRetentionPolicyRequest(
            request_id=request_id,
            retention_policy=policy,
            update_mask=FieldMask(paths=fields),
            expected_revision=expected_revision,
        )
        return self._calls.unary("SettingsService/UpdateRetentionPolicy", request, RetentionPolicy)

    def reset(
        self, project: str = "", *, expected_revision: int | None = None, request_id: str = ""
    ) -> RetentionPolicy:
        """A project has the cluster's policy again; the cluster keeps everything."""
        request = pb.UpdateRetentionPolicyRequest(
            request_id=request_id,
            retention_policy=RetentionPolicy(name=_name(project)),
            expected_revision=expected_revision,
            reset=True,
        )
        return self._calls.unary("SettingsService/UpdateRetentionPolicy", request, RetentionPolicy)

    def preview(self, policy: RetentionPolicy) -> Preview:
        """What `policy`, as it would be, lets go now; its name says for what. Changes nothing."""
        found = Preview([], 0)
        request = pb.PreviewRetentionRequest(retention_policy=policy, page_size=1000)
        while True:
            page = self._calls.unary(
                "SettingsService/PreviewRetention", request, pb.PreviewRetentionResponse, deadline=PREVIEW_DEADLINE
            )
            found = Preview([*found.candidates, *page.candidates], page.total_size)
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token


def changed(
    policy: RetentionPolicy,
    *,
    keep_succeeded: int | Unset | None = UNSET,
    keep_failed: bool | Unset = UNSET,
    max_age: float | Unset | None = UNSET,
    drop_discardable: bool | Unset = UNSET,
) -> RetentionPolicy:
    """The policy with what is given in the place of what it says."""
    after = RetentionPolicy()
    after.CopyFrom(policy)
    if keep_succeeded is None:
        after.ClearField("keep_succeeded")
    elif not isinstance(keep_succeeded, Unset):
        after.keep_succeeded = keep_succeeded
    if not isinstance(keep_failed, Unset):
        after.keep_failed = keep_failed
    if max_age is None:
        after.ClearField("max_age")
    elif not isinstance(max_age, Unset):
        after.max_age.CopyFrom(duration(max_age))
    if not isinstance(drop_discardable, Unset):
        after.drop_discardable = drop_discardable
    return after


def _name(project: str) -> str:
    return names.retention(naming.last(naming.project(project)) if project else None)
