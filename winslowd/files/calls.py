"""What the worker can be asked, and in which lane it is done.

A lane is a pool of threads of its own, so that a long copy never makes a listing wait, nor a deletion a stage.
"""

from __future__ import annotations

from enum import Enum


class Lane(Enum):
    """`value` is the most threads that work in it at once."""

    QUICK = 8
    """Answers in milliseconds on a healthy file system; past its deadline, the file system is not."""
    PREPARE = 4
    """Fills workspaces: a stage waits for it."""
    SYNC = 5
    """Waits for the disk (fsync), reads a whole upload, or forgets one, which its sender waits for."""
    SCAN = 2
    """Searches logs."""
    ARCHIVE = 1
    """Compresses and lists what ended attempts left: in the background, one after another."""
    HISTORY = 6
    """Looks through histories; a look at a large one takes a while, and none waits for another project's."""
    CARRY = 16
    """Moves bytes between clients' connections and files, for as long as a client keeps up."""
    PROBE = 7
    """Asks whether data are still taken, one at a time; a number of its own, since two alike would be one lane."""
    PICTURES = 2
    """Waits for ffmpeg."""
    BULK = 3
    """Removes, measures and copies for people: no stage waits."""


PING = "space"
PROBE = "probe"
MAKE = "make"
"""The worker's last argument, where it shall make the root of a volume that is not there."""

CALLS: dict[str, Lane] = {
    PING: Lane.QUICK,
    PROBE: Lane.PROBE,
    "standings.look": Lane.QUICK,
    "standings.mark": Lane.QUICK,
    "standings.unmark": Lane.QUICK,
    "workspaces.make_project": Lane.QUICK,
    "workspaces.delete_project": Lane.BULK,
    "workspaces.reserve": Lane.PREPARE,
    "workspaces.prepare": Lane.PREPARE,
    "workspaces.seal": Lane.PREPARE,
    "workspaces.publish": Lane.PREPARE,
    "workspaces.drop": Lane.BULK,
    "workspaces.chains": Lane.BULK,
    "workspaces.materialize": Lane.BULK,
    "workspaces.remove_bases": Lane.BULK,
    "workspaces.left": Lane.PREPARE,
    "workspaces.discard": Lane.PREPARE,
    "files.stat": Lane.QUICK,
    "files.entries": Lane.QUICK,
    "files.listing": Lane.QUICK,
    "files.read": Lane.QUICK,
    "files.make_directory": Lane.QUICK,
    "files.copy": Lane.BULK,
    "files.delete": Lane.BULK,
    "files.usage": Lane.BULK,
    "files.send": Lane.CARRY,
    "files.known_digest": Lane.QUICK,
    "files.digest": Lane.SYNC,
    "pictures.thumbnail": Lane.PICTURES,
    "trees.search": Lane.SCAN,
    "trees.gather": Lane.QUICK,
    "trees.unpack": Lane.BULK,
    "trees.move": Lane.BULK,
    "uploads.begin": Lane.QUICK,
    "uploads.append": Lane.QUICK,
    "uploads.require_room": Lane.QUICK,
    "uploads.join": Lane.SYNC,
    "uploads.receive": Lane.CARRY,
    "uploads.flush": Lane.SYNC,
    "uploads.digest": Lane.SYNC,
    "uploads.commit": Lane.SYNC,
    "uploads.cancel": Lane.SYNC,
    "uploads.expire": Lane.BULK,
    "small.put": Lane.SYNC,
    "logs.size": Lane.QUICK,
    "logs.read": Lane.QUICK,
    "logs.scan": Lane.SCAN,
    "logs.extract": Lane.SCAN,
    "logs.span": Lane.QUICK,
    "logs.archive": Lane.ARCHIVE,
    "logs.note": Lane.QUICK,
    "compares.page": Lane.BULK,
    "retiring.weigh": Lane.BULK,
    "retiring.retire": Lane.BULK,
    "readings.put": Lane.SYNC,
    "readings.get": Lane.QUICK,
    "manifests.make": Lane.ARCHIVE,
    "manifests.get": Lane.QUICK,
    "manifests.left": Lane.ARCHIVE,
    "manifests.page": Lane.QUICK,
    "quotas.set": Lane.QUICK,
    "quotas.allowance": Lane.BULK,
    "history.append": Lane.SYNC,
    "history.condense": Lane.ARCHIVE,
    "history.get": Lane.HISTORY,
    "history.page": Lane.HISTORY,
}
