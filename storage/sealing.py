"""What an attempt changed becomes a layer on the shared file system, and a chain of layers a plain directory.

    projects/PROJECT/stages/STAGE/layer/files/      what was changed, as the kernel's overlay keeps it
    projects/PROJECT/stages/STAGE/layer/manifest    the same as a list, with hashes and what it stands on

Both are filled under a hidden name, checked against what they were made from, made safe, and shown by one rename.
Killed at any moment and called again, the work goes on and ends the same.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from storage.beneath import held, make_directories, open_directory, rename_new
from storage.change_writing import ChangeWriter, copy_seen
from storage.changes import Change, Changes, changes
from storage.faults import about
from storage.layers import Layer, Stack
from storage.manifest import Header, header, read_header, write_manifest
from storage.removal import remove
from storage.stop import Stop
from storage.tree import Owner
from winslow.domain.layers import MOST_LAYERS, Chain, footing, taken_in
from winslow.domain.layout import stage_root
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import DataLoss

LAYER = "layer"
_FILES = "files"
_DRAFT = ".layer.partial"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class Sealed:
    """A layer that is there. `special` FIFOs, sockets and devices were left out, and `first` names some of them."""

    header: Header
    special: int = 0
    first: tuple[str, ...] = ()

    @property
    def chain(self) -> Chain:
        """What the sealed workspace is seen through."""
        return self.header.ground.under(self.header.stage)


@dataclass(frozen=True, slots=True)
class _Job:
    """A layer to be made; `path` is where it will lie."""

    project: ProjectId
    stage: StageId
    below: Chain
    upper: int
    path: str


class Layers:
    """The layers of a volume; blocking, any number of threads. `root` is the volume, held open; no chain has more than `most`.

    No two calls may seal one attempt, or make one directory, at the same time.
    """

    def __init__(self, root: int, most: int = MOST_LAYERS) -> None:
        self._root = root
        self._most = most

    def chain(self, project: ProjectId, stage: StageId) -> Chain:
        """What the sealed workspace of `stage` is seen through. Raises NotFound (FILE_NOT_FOUND), DataLoss (LAYER_DAMAGED)."""
        path = f"{stage_root(project, stage)}/{LAYER}"
        with about(path), held(open_directory(self._root, path, follow=False)) as layer:
            return Sealed(read_header(layer, path)).chain

    @contextmanager
    def stack(self, project: ProjectId, chain: Chain) -> Iterator[Stack]:
        """What is seen through a chain. Raises NotFound (FILE_NOT_FOUND) when one of its layers is not there."""
        with ExitStack() as open_layers:
            yield Stack(self._opened(project, chain, open_layers))

    @contextmanager
    def stack_under(self, project: ProjectId, upper: int, chain: Chain) -> Iterator[Stack]:
        """What is seen of directory `upper`, an overlay's that may still change, on top of a chain."""
        with ExitStack() as open_layers:
            yield Stack([Layer(upper), *self._opened(project, chain, open_layers)])

    @contextmanager
    def directories(self, project: ProjectId, chain: Chain) -> Iterator[list[int]]:
        """The directories of a chain, the topmost first, held open: what to mount."""
        with ExitStack() as open_layers:
            yield [layer.fd for layer in self._opened(project, chain, open_layers)]

    def seal(self, project: ProjectId, stage: StageId, below: Chain, upper: int, stop: Stop) -> Sealed:
        """Publish what directory `upper` changes on top of `below` as the layer of `stage`; once there, it is left as it is.

        `upper` is an overlay's and must be at rest. When `below` is too deep, the layer takes in the layers above the base.
        Raises DataLoss (LAYER_DIFFERS) when the copy is not what was to be copied, Exhausted, NotFound.
        """
        path = f"{stage_root(project, stage)}/{LAYER}"
        with about(path), held(make_directories(self._root, stage_root(project, stage))) as home:
            with suppress(FileNotFoundError), held(open_directory(home, LAYER, follow=False)) as layer:
                sealed = Sealed(read_header(layer, path))
                remove(home, _DRAFT, stop)
                return sealed
            return self._publish(home, _Job(project, stage, below, upper, path), stop)

    def materialize(self, project: ProjectId, chain: Chain, parent: int, name: str, stop: Stop) -> Changes:
        """Make a plain directory `name` in directory `parent` of what is seen through `chain`.

        Raises AlreadyExists (FILE_EXISTS), DataLoss (LAYER_DIFFERS), Exhausted (DISK_FULL).
        """
        with about(name), self.stack(project, chain) as stack:
            found = changes(stack, Stack(()), stop)
            draft = f".{name}.partial"
            _written(stack, found, parent, draft, name, stop)
            rename_new(parent, draft, parent, name)
            os.fsync(parent)
            return found

    def copy(self, project: ProjectId, chain: Chain, target: int, owner: Owner, stop: Stop) -> Changes:
        """Fill the empty directory `target` with what is seen through `chain`, all of it `owner`'s.

        `target` itself stays as it is. For work that is begun again when it is cut: nothing waits for the disk.
        """
        with self.stack(project, chain) as stack:
            return copy_seen(stack, target, owner, stop)

    def _publish(self, home: int, job: _Job, stop: Stop) -> Sealed:
        ground = footing(job.below, self._most)
        with ExitStack() as open_layers:
            kept = self._opened(job.project, ground, open_layers)
            taken = self._opened(job.project, Chain("", taken_in(job.below, ground)), open_layers)
            stack = Stack([Layer(job.upper), *taken])
            found = changes(stack, Stack(kept), stop)
            with held(make_directories(home, _DRAFT)) as draft:
                listed = _written(stack, found, draft, _FILES, job.path, stop)
                head = header(job.stage, ground, listed)
                stop.check()
                write_manifest(draft, head, listed)
                os.fsync(draft)
        stop.check()
        rename_new(home, _DRAFT, home, LAYER)
        stop.check()
        os.fsync(home)
        return Sealed(head, found.special, tuple(found.first))

    def _opened(self, project: ProjectId, chain: Chain, open_layers: ExitStack) -> list[Layer]:
        """The layers of a chain, the topmost first."""
        opened = [self._opened_layer(project, stage, open_layers) for stage in reversed(chain.layers)]
        if chain.base:
            with about(chain.base):
                base = open_layers.enter_context(held(open_directory(self._root, chain.base, follow=False)))
            opened.append(Layer(base, frozenset()))
        return opened

    def _opened_layer(self, project: ProjectId, stage: StageId, open_layers: ExitStack) -> Layer:
        path = f"{stage_root(project, stage)}/{LAYER}"
        with about(path), held(open_directory(self._root, path, follow=False)) as layer:
            files = open_layers.enter_context(held(open_directory(layer, _FILES, follow=False)))
            return Layer(files, frozenset(read_header(layer, path).opaque))


def _written(stack: Stack, found: Changes, parent: int, name: str, about_: str, stop: Stop) -> list[Change]:
    """Fill directory `name` in directory `parent`, and prove it; what an earlier attempt left there is used where it is right."""
    try:
        for _ in range(2):
            with held(make_directories(parent, name)) as target:
                writer = ChangeWriter(stack, found, target, stop)
                writer.write()
                listed = writer.verified()
                if listed is not None:
                    os.fsync(parent)
                    return listed
            remove(parent, name, stop)  # of another content than this, or damaged: begun anew, once
    except OSError as error:
        if error.errno in _FULL:  # half a copy helps nobody and keeps the disk full
            remove(parent, name, stop)
        raise
    raise DataLoss(
        f"What was written to {about_!r} is twice not what was to be written",
        reason="LAYER_DIFFERS",
        subject=about_,
        hint="Something still changes the workspace, or a disk of this node or of the shared file system fails: look at their logs",
    )
