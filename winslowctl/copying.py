"""What `winslowctl cp` does between two places: to Winslow, from it, and within it.

Transfers are verified by SHA-256, and go on where they were cut when the same command is run again. How places are written
is not known here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from winslow.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound
from winslow.v1.file_pb2 import FILE_KIND_DIRECTORY, FILE_KIND_FILE, File
from winslowctl.places import Local, Remote, said_for_here
from winslowctl.render import human
from winslowctl.render.progress import bars
from winslowctl.render.show import show
from winslowctl.render.style import plain
from winslowctl.session import client


def upload(here: Local, there: Remote, recursive: bool, force: bool) -> None:
    if here.path.is_dir():
        _needs(recursive, str(here))
        # As cp does: into an existing directory it goes by its own name, unless only its content was meant.
        target = there if here.directory or not _is_directory(there) else there.beneath(here.path.resolve().name)
        with said_for_here(target), bars(many=True) as progress:
            tree = client().files.upload_tree(here.path, target.path, replace=force, progress=progress)
        _show_tree(tree, "Uploaded", str(here), str(target))
        return
    if not here.path.exists():
        raise NotFound(
            f"There is no {here} on this machine",
            reason="LOCAL_FILE_NOT_FOUND",
            subject=str(here),
            hint="A place in Winslow is written PROJECT:input/..., @STAGE:output/..., or resources:...",
        )
    target = there.beneath(here.path.name) if there.directory or _is_directory(there) else there
    with said_for_here(target), bars(many=False) as progress:
        sent = client().files.upload(here.path, target.path, replace=force, progress=progress)
    _show_one(sent, "Uploaded", str(here), str(target))


def download(there: Remote, here: Local, recursive: bool, force: bool) -> None:
    with said_for_here(there):
        found = client().files.stat(there.path)
    if found.kind == FILE_KIND_DIRECTORY:
        _needs(recursive, str(there))
        target = here.path / there.name if here.path.is_dir() and not there.directory else here.path
        with bars(many=True) as progress:
            tree = client().files.download_tree(there.path, target, replace=force, progress=progress)
        _show_tree(tree, "Downloaded", str(there), str(target))
        return
    target = here.path / there.name if here.directory or here.path.is_dir() else here.path
    target.parent.mkdir(parents=True, exist_ok=True)
    with said_for_here(there), bars(many=False) as progress:
        client().files.download(there.path, target, replace=force, progress=progress)
    _show_one(found, "Downloaded", str(there), str(target))


def within(one: Remote, other: Remote, recursive: bool, force: bool) -> None:
    """A copy in the servers. A directory's content is copied entry by entry, so that it may join what is there."""
    if force:
        raise InvalidArgument(
            "Within Winslow nothing is replaced",
            reason="FORCE_WITHIN",
            subject=str(other),
            hint=f"Delete what is there first: winslowctl rm {other}",
        )
    with said_for_here(one):
        found = client().files.stat(one.path)
    if found.kind == FILE_KIND_DIRECTORY:
        _needs(recursive, str(one))
        if one.directory:
            with said_for_here(other):
                client().files.make_directory(other.path)
            entries = client().files.list(one.path)
            copied = [_copied(one.beneath(entry.base_name), other.beneath(entry.base_name), entry) for entry in entries]
            text = f"Copied {human.count(len(copied), 'entry', 'entries')} from {one} to {other}"
            show(copied, lambda: [plain(text)])
            return
    target = into(one, other)
    _show_one(_copied(one, target, found), "Copied", str(one), str(target))


def _copied(one: Remote, target: Remote, found: File) -> File:
    """A file that is there and the same is left alone, as in every transfer."""
    try:
        with said_for_here(one, target):
            return client().files.copy(one.path, target.path)
    except AlreadyExists as error:
        there = client().files.stat(target.path)
        if _are_same(one, found, there):
            return there
        error.hint = f"Delete it first, or choose another name: winslowctl rm {target}"
        raise
    except FailedPrecondition as error:
        if error.reason == "NOT_COPYABLE":
            error.hint = f"Copy its content: winslowctl cp -r {one}/ {target}/"
        raise


def _are_same(one: Remote, found: File, there: File) -> bool:
    if found.kind != FILE_KIND_FILE or there.kind != FILE_KIND_FILE or there.size != found.size:
        return False
    return client().files.digest(there.path) == client().files.digest(one.path)


def into(source: Remote, target: Remote) -> Remote:
    """An existing directory as the target means: into it."""
    return target.beneath(source.name) if target.directory or _is_directory(target) else target


def _is_directory(there: Remote) -> bool:
    try:
        return client().files.stat(there.path).kind == FILE_KIND_DIRECTORY
    except NotFound:
        return False


def _needs(recursive: bool, what: str) -> None:
    if not recursive:
        raise InvalidArgument(f"{what} is a directory", reason="IS_DIRECTORY", subject=what, hint="Copy it with -r")


def _show_one(file: File, verb: str, source: str, target: str) -> None:
    size = f" ({human.size(file.size)})" if file.kind == FILE_KIND_FILE else ""
    show(file, lambda: [plain(f"{verb} {source} to {target}{size}")])


def _show_tree(tree: Any, verb: str, source: str, target: str) -> None:
    data = {"files": tree.files, "size": tree.size, "left_out": tree.left_out}
    text = f"{verb} {human.count(tree.files, 'file')} ({human.size(tree.size)}) from {source} to {target}"
    left = [f"Left out, neither file nor directory: {Path(one)}" for one in tree.left_out]
    show(data, lambda: [plain(line) for line in (text, *left)])
