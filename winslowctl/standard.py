"""`winslowctl cp - PLACE` and `cp PLACE -`: what a pipe gives and takes.

What comes from a pipe has no size until it has ended, and cannot be asked for twice: it is kept in a temporary file first. What
goes to a pipe is verified as it goes, so that the exit code tells the reader whether it was all.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from winslow.client.transfer import BLOCK, local_fault
from winslow.errors import DataLoss, InvalidArgument
from winslowctl.copying import Wish, upload
from winslowctl.places import Local, Remote, said_for_here
from winslowctl.session import client


def take(there: Remote, wish: Wish) -> int:
    """The exit code. Raises InvalidArgument (NAME_MISSING) for a directory, which gives the file no name."""
    if there.directory or there.is_pool:
        raise InvalidArgument(
            f"{there} gives the file no name",
            reason="NAME_MISSING",
            subject=str(there),
            hint="Write the name that it shall have there",
        )
    with tempfile.TemporaryDirectory(prefix="winslow-") as directory:
        kept = Path(directory, "stdin")
        try:
            with kept.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file, BLOCK)
        except OSError as error:
            raise local_fault(error, kept) from error
        return upload([Local(kept, False)], there, wish)


def give(there: Remote) -> None:
    """Raises DataLoss (CHECKSUM_MISMATCH) after the last byte."""
    digest = hashlib.sha256()
    with said_for_here(there):
        for data in client().files.read(there.path):
            sys.stdout.buffer.write(data)
            digest.update(data)
        sys.stdout.buffer.flush()
        if digest.hexdigest() != client().files.digest(there.path):
            raise DataLoss(
                f"What arrived of {there} is not what is there",
                reason="CHECKSUM_MISMATCH",
                subject=str(there),
                hint="Fetch it again",
            )
