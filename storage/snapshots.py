"""What a workspace was when an attempt ended, kept where a later attempt goes on in the same directory.

An attempt of mode `continue` changes its parent's own directory. Just before that directory is unsealed, CephFS is
asked for a snapshot of it, named after the attempt whose end sealed it; whoever means that attempt is shown the snapshot from
then on. It costs nothing until then, and no snapshot is made of what nobody changes. Where the file system has
none, the directory is the later attempt's, as it always was. It never needs to know who asks.
"""

from __future__ import annotations

import os
from contextlib import suppress

from storage import ceph
from storage.beneath import open_directory
from winslow.domain.stage import StageId
from winslow.errors import AlreadyExists, Exhausted, NotFound, PermissionDenied


def keep(workspace: int, stage: StageId, subject: str) -> str:
    """Keep the sealed `workspace` as `stage` left it. Done twice before anything changes, the second replaces the first.

    Returns why it cannot be kept, for people; "" when it is, and where there are no snapshots.
    """
    if not ceph.is_cephfs(workspace):
        return ""
    try:
        _renew(workspace, stage, subject)
    except (PermissionDenied, Exhausted) as error:
        return f"what {stage} left in this workspace is not kept: {error.message}; {error.hint}"
    return ""


def kept(workspace: int, stage: StageId) -> int | None:
    """The directory as `stage` left it, opened; None where the workspace itself is what it left, or nothing was kept.

    Elsewhere than on CephFS a stage may have made a directory of that name: it is not taken for a snapshot.
    """
    with suppress(FileNotFoundError, NotADirectoryError):
        found = open_directory(workspace, f"{ceph.SNAPSHOTS}/{stage}", follow=False)
        if ceph.is_cephfs(workspace):
            return found
        os.close(found)
    return None


def forget(directory: int) -> bool:
    """Remove all snapshots of a directory, which cannot be removed before; whether there were any."""
    if not ceph.is_cephfs(directory):
        return False
    names = ceph.snapshots(directory, ceph.SNAPSHOTS)
    for name in names:
        with suppress(NotFound):
            ceph.remove_snapshot(directory, name, name)
    return bool(names)


def seen(workspace: int, stage: StageId | None) -> int:
    """What is to be read of `workspace` by whoever means `stage`: its snapshot, or the directory itself. Takes `workspace` over."""
    if stage is None:
        return workspace
    try:
        found = kept(workspace, stage)
    except BaseException:
        os.close(workspace)
        raise
    if found is None:
        return workspace
    os.close(workspace)
    return found


def _renew(workspace: int, stage: StageId, subject: str) -> None:
    """One that is there was made by us and cut short, or by the stage itself, which may write what it likes."""
    with suppress(AlreadyExists):
        return ceph.snapshot(workspace, stage, subject)
    with suppress(NotFound):
        ceph.remove_snapshot(workspace, stage, subject)
    return ceph.snapshot(workspace, stage, subject)
