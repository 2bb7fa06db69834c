"""What `winslowctl cp` does within Winslow: copies in the servers, a few at once, of which each appears whole or not at all.

A directory that is there already is joined entry by entry. How places are written is not known here.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Sequence
from functools import partial

from winslow.client.crew import Crew, Job
from winslow.client.transfer import Halt
from winslow.errors import AlreadyExists, FailedPrecondition
from winslow.v1.file_pb2 import FILE_KIND_DIRECTORY, FILE_KIND_FILE, File
from winslowctl.copying import Wish, into, needs
from winslowctl.places import Remote, said_for_here
from winslowctl.render import human
from winslowctl.render.show import show
from winslowctl.render.style import plain
from winslowctl.session import client


def within(sources: Sequence[tuple[Remote, File]], target: Remote, wish: Wish) -> None:
    for one, found in sources:
        needs(wish.recursive, found.kind == FILE_KIND_DIRECTORY, str(one))
    copies = _Copies(wish)
    halt = Halt()
    Crew(wish.options.jobs, halt).do(copies.of(sources, target))
    text = f"Copied {sources[0][0]} to {copies.first}" if len(copies.made) == 1 else ""
    text = text or f"Copied {human.count(len(copies.made), 'entry', 'entries')} to {target}"
    show(copies.made, lambda: [plain(text)])


class _Copies:
    def __init__(self, wish: Wish) -> None:
        self._wish = wish
        self.made: list[File] = []
        self.first: Remote | None = None
        self._guard = threading.Lock()

    def of(self, sources: Sequence[tuple[Remote, File]], target: Remote) -> Iterator[Job]:
        many = len(sources) > 1
        for one, found in sources:
            is_directory = found.kind == FILE_KIND_DIRECTORY
            if is_directory and one.directory:
                yield from self._joined(one, target)
                continue
            if many or target.directory or target.is_pool or not is_directory:
                there = target.beneath(one.name) if many or target.is_pool else into(one, target)
            else:
                there = target
            self.first = self.first or there
            yield partial(self._copy, one, there, found)

    def _joined(self, one: Remote, target: Remote) -> Iterator[Job]:
        """A directory's content, one entry after another."""
        with said_for_here(target):
            client().files.make_directory(target.path)
        with said_for_here(one):
            for entry in client().files.list(one.path):
                there = target.beneath(entry.base_name)
                self.first = self.first or there
                yield partial(self._copy, one.beneath(entry.base_name), there, entry)

    def _copy(self, one: Remote, target: Remote, found: File) -> None:
        copied = self._copied(one, target, found)
        with self._guard:
            self.made.append(copied)

    def _copied(self, one: Remote, target: Remote, found: File) -> File:
        """A file that is there and the same is left alone, as in every transfer."""
        try:
            with said_for_here(one, target):
                return client().files.copy(one.path, target.path)
        except AlreadyExists as error:
            there = client().files.stat(target.path)
            if found.kind == there.kind == FILE_KIND_DIRECTORY:
                for job in self._joined(one, target):
                    job()
                return there
            if _are_same(one, found, there):
                return there
            if self._wish.options.replace and found.kind == there.kind == FILE_KIND_FILE:
                return _replaced(one, target)
            error.hint = f"Put it in its place with --force, or delete it: winslowctl rm {target}"
            raise
        except FailedPrecondition as error:
            if error.reason == "NOT_COPYABLE":
                error.hint = f"Copy its content: winslowctl cp -r {one}/ {target}/"
            raise


def _replaced(one: Remote, target: Remote) -> File:
    """Copied beside its target first: what was there goes when the new one is whole."""
    above, _, name = target.path.rpartition("/")
    beside = f"{above}/.{name[:100]}.winslow-{secrets.token_hex(6)}"
    with said_for_here(one, target):
        client().files.copy(one.path, beside)
        client().files.delete(target.path)
        return client().files.move(beside, target.path)


def _are_same(one: Remote, found: File, there: File) -> bool:
    if found.kind != FILE_KIND_FILE or there.kind != FILE_KIND_FILE or there.size != found.size:
        return False
    return client().files.digest(there.path) == client().files.digest(one.path)
