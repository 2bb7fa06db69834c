"""The environment of every stage in the cluster."""

from __future__ import annotations

from winslow.domain.records import Globals
from winslow.v1 import settings_pb2 as pb
from winslow.wire.names import GLOBAL_ENVIRONMENT


def globals_to_proto(values: Globals, revision: int = 0) -> pb.GlobalEnvironment:
    return pb.GlobalEnvironment(name=GLOBAL_ENVIRONMENT, revision=revision, environment=values.environment)


def globals_from_proto(message: pb.GlobalEnvironment) -> Globals:
    return Globals(dict(message.environment))
