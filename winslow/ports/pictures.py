"""Small pictures of large files."""

from __future__ import annotations

from typing import Protocol

from winslow.domain.layout import Location


class Pictures(Protocol):
    """Thumbnails, made when they are asked for."""

    async def thumbnail(self, location: Location, etag: str, size: int) -> bytes:
        """A JPEG of at most `size` pixels in width and height, of the image or video whose content has this `etag`.

        Raises FailedPrecondition (THUMBNAIL_IMPOSSIBLE, FFMPEG_MISSING), NotFound (FILE_NOT_FOUND).
        """
