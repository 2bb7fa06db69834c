"""How the servers of the shared file system are, in sentences: their health, their room, their metadata servers.

`shown` is pure; who asks, and how often, is known elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from winslow.domain.quantity import about_size
from winslow.errors import WinslowError
from winslow.ports import ServersShown
from winslowd.ceph.monitors import Monitors

FULL = frozenset({"OSD_FULL", "POOL_FULL"})
"""What Ceph says when nothing can be written any more; a single pool may be another's, which cannot be told from here."""
OF_ITSELF = frozenset({"AUTH_INSECURE_GLOBAL_ID_RECLAIM", "AUTH_INSECURE_GLOBAL_ID_RECLAIM_ALLOWED", "MON_DISK_LOW"})
"""Warnings of Ceph that are its operators' and say nothing of what a stage will meet."""
MOST = 5
"""Warnings that are told; the rest is in `ceph -s`."""


class CephServers:
    """`winslow.ports.StorageServers`: `status` and `df`, which any key with `mon 'allow r'` may ask."""

    def __init__(self, monitors: Monitors) -> None:
        self._monitors = monitors

    async def look(self) -> ServersShown:
        try:
            status, df = await self._monitors.ask({"prefix": "status"}, {"prefix": "df"})
            return shown(json.loads(status), json.loads(df))
        except WinslowError as error:
            return ServersShown(fault=str(error))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return ServersShown(fault=f"Ceph answered what this version does not understand: {error!r}")


def shown(status: Mapping[str, Any], df: Mapping[str, Any]) -> ServersShown:
    """What `ceph status` and `ceph df` mean to people who run stages. Raises KeyError and the like for other shapes."""
    checks: Mapping[str, Any] = status["health"]["checks"]
    told = [f"Ceph says {_said(name, check)}" for name, check in sorted(checks.items()) if _matters(name, check)]
    more = len(told) - MOST
    rest = [f"and {more} more, in: ceph health detail"] if more > 0 else []
    full = "; ".join(_said(name, checks[name]) for name in sorted(FULL & checks.keys()))
    stats = df["stats"]
    return ServersShown(
        warnings=(*told[:MOST], *rest, *_of_metadata(status["fsmap"])),
        full=f"Ceph is full: {full}" if full else "",
        size=int(stats["total_bytes"]),
        free=int(stats["total_avail_bytes"]),
    )


def _matters(name: str, check: Mapping[str, Any]) -> bool:
    return name not in OF_ITSELF and not check.get("muted", False)


def _said(name: str, check: Mapping[str, Any]) -> str:
    return f"{check['summary']['message']} ({name})"


def _of_metadata(fsmap: Mapping[str, Any]) -> Iterator[str]:
    """What the metadata servers do, where `health` does not say it yet: a failover is under way, or none could be."""
    waiting = [rank["name"] for rank in fsmap.get("by_rank", []) if not str(rank["status"]).startswith("up:active")]
    if waiting:
        yield f"metadata servers are not ready yet: {', '.join(sorted(waiting))}"
    elif not fsmap.get("by_rank"):
        yield "no metadata server is up"


def room(servers: ServersShown) -> str:
    """For people: how much there is."""
    return f"{about_size(servers.free)} of {about_size(servers.size)} free"
