"""ElectionService: what nodes say to a stage that waits, and which one was given it."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

from typing import Any

from winslow.v1 import election_pb2, election_service_pb2_grpc
from winslow.v1 import election_service_pb2 as pb
from winslow.wire import names
from winslow.wire.election import bid_to_proto
from winslow.wire.times import optional_timestamp, timestamp
from winslowd.api import decoding
from winslowd.api.call import asker
from winslowd.usecases.stages import Stages


class ElectionService(election_service_pb2_grpc.ElectionServiceServicer):
    def __init__(self, stages: Stages) -> None:
        self._stages = stages

    async def GetElection(self, request: pb.GetElectionRequest, context: Any) -> election_pb2.Election:
        found = self._stages.explain(asker(), *decoding.election_name(request.name))
        stage = found.stage
        return election_pb2.Election(
            name=names.election(stage.project, stage.id),
            open_time=timestamp(stage.created_at),
            close_time=optional_timestamp(stage.placed_at),
            winner=names.node(stage.node) if stage.node else "",
            bids=[bid_to_proto(answer) for answer in found.answers],
            fence=stage.fence,
        )
