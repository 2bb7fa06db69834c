"""Bids of nodes, and what nodes that do not bid lack."""

from __future__ import annotations

from winslow.domain.election import Bid, Refusal
from winslow.v1 import election_pb2 as pb
from winslow.wire import names


def bid_to_proto(bid: Bid | Refusal) -> pb.Bid:
    match bid:
        case Bid():
            parts = [pb.Score(name=name, value=value) for name, value in bid.parts]
            return pb.Bid(node=names.node(bid.node), score=bid.score, parts=parts)
        case Refusal():
            return pb.Bid(node=names.node(bid.node), lacks=bid.lacks, hopeless=not bid.ever)
