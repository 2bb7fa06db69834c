"""IdentityService: so far, who the caller is."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

from typing import Any

from winslow.v1 import identity_pb2, identity_service_pb2_grpc
from winslow.v1 import identity_service_pb2 as pb
from winslow.wire import names
from winslowd.api.call import asker


class IdentityService(identity_service_pb2_grpc.IdentityServiceServicer):
    async def GetCaller(self, request: pb.GetCallerRequest, context: Any) -> identity_pb2.Caller:
        principal = asker()
        return identity_pb2.Caller(
            name=names.user(principal.name),
            display_name=principal.name,
            role=identity_pb2.ROLE_ADMIN if principal.admin else identity_pb2.ROLE_MEMBER,
        )
