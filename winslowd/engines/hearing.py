"""Whether a leader is heard: one whom no other node reaches lets another lead.

Cut off from the other nodes, though not from etcd, it could award nothing to them, and would keep the others from it.
"""

from __future__ import annotations

import asyncio

from winslow.errors import Unavailable
from winslow.ports import Steady, Store
from winslowd.usecases.attendance import Attendance

UNHEARD = 10.0
"""Seconds after which a leader whom no other node reaches lets another one lead, if there are at least two to choose from."""
LOOK = 1.0


async def be_heard(store: Store, attendance: Attendance, steady: Steady) -> None:
    """For as long as others reach this node. Raises Unavailable (UNHEARD)."""
    heard = steady()
    while True:
        others = len(store.view.nodes()) - 1
        if others < 2 or len(attendance.offers) > 1:
            heard = steady()
        elif steady() - heard > UNHEARD:
            raise Unavailable(
                f"None of the {others} other nodes reaches this one: another is to lead",
                reason="UNHEARD",
                hint="Check that the address this node advertises is right, and open to the others",
            )
        await asyncio.sleep(min(LOOK, UNHEARD))
