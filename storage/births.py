"""Which of the projects that had the same id a directory is: each is born with a token of its own, in a hidden name.

Files have no fence. Whoever removes a project may be frozen just before, for as long as it takes others to remove it and
somebody to make another with the same id. So what is removed is renamed first, and looked at then: it is put back when it is
another's. It knows nothing of what lies in a project.
"""

from __future__ import annotations

import os
from contextlib import suppress

from storage import removal
from storage.beneath import held, open_directory, rename_new
from storage.stop import Stop
from winslow.errors import Conflict

_BORN = ".born."
_MODE = 0o444


def note(project: int, token: str) -> None:
    """Note in a project's directory that it is the one of `token`; "" notes nothing. Noted twice it is noted once.

    Where two make a project of one id at the same time both note theirs: only one of them becomes a record.
    """
    if token:
        flags = os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW
        os.close(os.open(f"{_BORN}{token}", flags, _MODE, dir_fd=project))


def is_of(project: int, token: str) -> bool:
    """Whether a project's directory is the one of `token`: one that says nothing is of a version that noted nothing."""
    born = [name for name in os.listdir(project) if name.startswith(_BORN)]
    return not token or not born or f"{_BORN}{token}" in born


def remove(above: int, project: str, token: str, stop: Stop) -> None:
    """Remove the project of `token` from the directory `above`; nothing happens when it is gone, or is another's by now.

    Killed at any moment and called again, it goes on. Raises OSError, Stopped, Conflict (PROJECT_REPLACED).
    """
    before_tokens = f".removed.{project}"
    doomed = f"{before_tokens}.{token}" if token else before_tokens
    for left in {doomed, before_tokens}:
        _remove_doomed(above, project, left, token, stop)
    with suppress(FileNotFoundError):
        with held(open_directory(above, project, follow=False)) as directory:
            if not is_of(directory, token):
                return
        os.rename(project, doomed, src_dir_fd=above, dst_dir_fd=above)
        _remove_doomed(above, project, doomed, token, stop)


def _remove_doomed(above: int, project: str, doomed: str, token: str, stop: Stop) -> None:
    """Remove what was renamed, unless it is another's: it took the place of ours just before it was renamed."""
    with suppress(FileNotFoundError):
        with held(open_directory(above, doomed, follow=False)) as directory:
            ours = is_of(directory, token)
        if ours:
            removal.remove(above, doomed, stop)
        else:
            _put_back(above, project, doomed)


def _put_back(above: int, project: str, doomed: str) -> None:
    try:
        rename_new(above, doomed, above, project)
    except FileExistsError:
        kept = f".kept{doomed.removeprefix('.removed')}"
        rename_new(above, doomed, above, kept)
        raise Conflict(
            f"Another project has taken the id {project} while an old one of that id was removed",
            reason="PROJECT_REPLACED",
            subject=f"projects/{project}",
            hint=f"Files of the new one lie in projects/{kept}: move them back",
        ) from None
