"""Settings of the whole cluster: the environment of every stage, and how much of it one may have."""

from __future__ import annotations

from winslow.domain.records import Globals, Limits
from winslow.v1 import settings_pb2 as pb
from winslow.wire.names import GLOBAL_ENVIRONMENT, LIMITS


def globals_to_proto(values: Globals, revision: int = 0) -> pb.GlobalEnvironment:
    return pb.GlobalEnvironment(name=GLOBAL_ENVIRONMENT, revision=revision, environment=values.environment)


def globals_from_proto(message: pb.GlobalEnvironment) -> Globals:
    return Globals(dict(message.environment))


def limits_to_proto(limits: Limits, revision: int = 0) -> pb.Limits:
    return pb.Limits(
        name=LIMITS,
        revision=revision,
        per_user=limits.per_user,
        per_project=limits.per_project,
        users=limits.users,
        projects=limits.projects,
    )


def limits_from_proto(message: pb.Limits) -> Limits:
    return Limits(message.per_user, message.per_project, dict(message.users), dict(message.projects))
