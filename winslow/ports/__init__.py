"""What the engines need of the world, as small protocols. Adapters implement them; tests hold fakes to the same suites.

Promises that every method keeps: only errors of `winslow.errors` come out; a method may be called again with the
same arguments after a crash or a cancellation and ends the same; cancelling a call leaves nothing half-made
that a repetition does not finish.
"""

from __future__ import annotations

from collections.abc import Callable

from winslow.ports.ceph import Fencer, ServersShown, StorageServers, Watched
from winslow.ports.cluster import Attending, Membership, Peers, Term
from winslow.ports.differences import Compares, Differences, Differing, Side, Spot
from winslow.ports.files import (
    UNSAID,
    Carried,
    Carrying,
    Entry,
    Files,
    Listing,
    NewFile,
    Pace,
    SmallFiles,
    Totals,
    Upload,
    Uploads,
)
from winslow.ports.logs import Findings, LogColumn, Logs, LogValues, Underway
from winslow.ports.manifests import EFFORT, Effort, Left, Listed, ListedPage, Manifest, Manifests
from winslow.ports.node import Driver, Journal, Readings, Verdict
from winslow.ports.pictures import Pictures
from winslow.ports.readings import KeptReadings
from winslow.ports.retiring import Retiring
from winslow.ports.standing import Standing, Volume
from winslow.ports.store import Store, StoreMember, Upkeep
from winslow.ports.trees import Found, Gathered, Gathering, Matches, Trail, Trees, UnpackLimits
from winslow.ports.volume import Archived, History, Layers, Quotas, Scratch, Storage, StorageState, Workspaces

Clock = Callable[[], float]
"""Unix seconds."""
Steady = Callable[[], float]
"""Seconds from some moment on; never set, never back."""

__all__ = [
    "EFFORT",
    "UNSAID",
    "Archived",
    "Attending",
    "Carried",
    "Carrying",
    "Clock",
    "Compares",
    "Differences",
    "Differing",
    "Driver",
    "Effort",
    "Entry",
    "Fencer",
    "Files",
    "Findings",
    "Found",
    "Gathered",
    "Gathering",
    "History",
    "Journal",
    "KeptReadings",
    "Layers",
    "Left",
    "Listed",
    "ListedPage",
    "Listing",
    "LogColumn",
    "LogValues",
    "Logs",
    "Manifest",
    "Manifests",
    "Matches",
    "Membership",
    "NewFile",
    "Pace",
    "Peers",
    "Pictures",
    "Quotas",
    "Readings",
    "Retiring",
    "Scratch",
    "ServersShown",
    "Side",
    "SmallFiles",
    "Spot",
    "Standing",
    "Steady",
    "Storage",
    "StorageServers",
    "StorageState",
    "Store",
    "StoreMember",
    "Term",
    "Totals",
    "Trail",
    "Trees",
    "Underway",
    "UnpackLimits",
    "Upkeep",
    "Upload",
    "Uploads",
    "Verdict",
    "Volume",
    "Watched",
    "Workspaces",
]
