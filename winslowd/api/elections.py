"""ElectionService: how a node was found for a stage, or what nodes say to one that waits."""

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
from winslowd.usecases.explaining import Explaining
from winslowd.usecases.ledger import Election


class ElectionService(election_service_pb2_grpc.ElectionServiceServicer):
    def __init__(self, explaining: Explaining) -> None:
        self._explaining = explaining

    async def GetElection(self, request: pb.GetElectionRequest, context: Any) -> election_pb2.Election:
        return _shown(await self._explaining.election(asker(), *decoding.election_name(request.name)))

    async def ListElections(self, request: pb.ListElectionsRequest, context: Any) -> pb.ListElectionsResponse:
        page = self._explaining.elections(asker(), decoding.ask(request))
        return pb.ListElectionsResponse(
            elections=[_shown(one) for one in page.items], next_page_token=page.next_page_token
        )


def _shown(one: Election) -> election_pb2.Election:
    return election_pb2.Election(
        name=names.election(one.project, one.stage),
        open_time=timestamp(one.opened_at),
        close_time=optional_timestamp(one.closed_at),
        winner=names.node(one.winner.node) if one.winner else "",
        bids=[bid_to_proto(answer) for answer in one.answers],
        fence=one.fence,
        round=one.round_,
    )
