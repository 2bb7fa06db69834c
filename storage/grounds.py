"""What each layered workspace of a project stands on.

Written down beside the attempt before its workspace is mounted, since what it stands on may not change or go from then on;
once it is sealed, the manifest of its layer says the same. So what may be removed is told by reading, without asking nodes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from storage.beneath import held, open_directory
from storage.manifest import read_header
from storage.sealing import LAYER
from storage.stop import Stop
from storage.tree import Owner
from winslow.domain.layers import Chain
from winslow.domain.layout import project_root, stage_root
from winslow.domain.stage import ProjectId, StageId

_RECORD = ".ground"


@dataclass(frozen=True, slots=True)
class Ground:
    """What an attempt's workspace stands on, and who owns what it changes."""

    chain: Chain
    owner: Owner


def read_ground(home: int) -> Ground | None:
    """The record in an attempt's directory; None where its workspace is not layered."""
    with suppress(FileNotFoundError), held(os.open(_RECORD, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=home)) as fd:
        with os.fdopen(os.dup(fd), "rb") as file:
            fields = json.loads(file.read())
        chain = Chain(str(fields["base"]), tuple(StageId(str(stage)) for stage in fields["layers"]))
        return Ground(chain, (int(fields["uid"]), int(fields["gid"])))
    return None


def write_ground(home: int, ground: Ground) -> None:
    """Set the record, whole or not at all, and safely: a node that dies must not leave a layer on what is thought free."""
    uid, gid = ground.owner
    fields = {"base": ground.chain.base, "layers": ground.chain.layers, "uid": uid, "gid": gid}
    draft = f"{_RECORD}.new"
    with held(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644, dir_fd=home)) as fd:
        os.write(fd, json.dumps(fields).encode("ascii"))
        os.fsync(fd)
    os.rename(draft, _RECORD, src_dir_fd=home, dst_dir_fd=home)
    os.fsync(home)


def forget_ground(home: int) -> None:
    """Remove the record."""
    with suppress(FileNotFoundError):
        os.unlink(_RECORD, dir_fd=home)


def chains(root: int, project: ProjectId, stop: Stop) -> dict[StageId, Chain]:
    """What every layered workspace of a project is seen through, sealed or not; materialized ones stand on nothing.

    Raises DataLoss (LAYER_DAMAGED).
    """
    found: dict[StageId, Chain] = {}
    for stage in _stages(root, project):
        stop.check()
        with suppress(FileNotFoundError):
            chain = _chain(root, project, stage)
            if chain is not None:
                found[stage] = chain
    return found


def _chain(root: int, project: ProjectId, stage: StageId) -> Chain | None:
    path = stage_root(project, stage)
    with held(open_directory(root, path, follow=False)) as home:
        if is_plain(home):
            return None
        with suppress(FileNotFoundError), held(open_directory(home, LAYER, follow=False)) as layer:
            return read_header(layer, f"{path}/{LAYER}").ground.under(stage)
        ground = read_ground(home)
        return ground.chain if ground else None


def is_plain(home: int) -> bool:
    """Whether an attempt's directory has a workspace that is an ordinary directory."""
    try:
        os.stat("workspace", dir_fd=home, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _stages(root: int, project: ProjectId) -> Iterator[StageId]:
    with suppress(FileNotFoundError), held(open_directory(root, f"{project_root(project)}/stages", follow=False)) as fd:
        yield from sorted(StageId(name) for name in os.listdir(fd) if not name.startswith("."))
