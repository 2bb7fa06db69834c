"""Files that go in and out over a client's own connection, past the daemon: where they are, and whether they are still the same.

Who asks has been given the file or the upload to see before; nothing is decided again in the middle of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from winslow.errors import NotFound
from winslow.ports import Carried
from winslow.ports import Carrying as CarryingPort
from winslowd.usecases.files import Files, FileShown, Folder
from winslowd.usecases.uploads import UploadShown


@dataclass(frozen=True, slots=True)
class Carrying:
    """One lap each, which is over in seconds: see the port."""

    port: CarryingPort
    files: Files

    async def send(self, connection: int, shown: FileShown, offset: int, size: int) -> Carried:
        """Send bytes of the file that `shown` is. What no person can write only grows, and is sent as it is.

        Raises FailedPrecondition (FILE_CHANGED), NotFound.
        """
        place = await self.files.place(shown.path)
        if isinstance(place, Folder):
            raise NotFound(f"There is no file {shown.path!r}", reason="FILE_NOT_FOUND", subject=shown.path)
        expected = shown.entry if shown.writable else None
        return await self.port.send(connection, place, offset, size, expected)

    async def receive(
        self, connection: int, shown: UploadShown, size: int, begun: bytes
    ) -> tuple[UploadShown, Carried]:
        """Append `begun` and up to `size` bytes more; the offset may be acknowledged. Raises what appending raises."""
        upload = shown.upload
        upload, carried = await self.port.receive(connection, upload, upload.offset, size, begun)
        return UploadShown(upload, shown.path), carried
