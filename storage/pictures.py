"""Small pictures of images and videos, made by ffmpeg in a process of its own with bounds (`storage.confined`).

What is read is hostile. ffmpeg gets the open file and no name, reads no format that leads to other files, speaks to no network,
and has a few seconds; what it says is told, and what it gives is bounded. It knows nothing of who looks, or of caches.
"""

from __future__ import annotations

import os
import selectors
import shutil
import subprocess
import sys
import time
from pathlib import Path

from storage import confined
from storage.beneath import held
from storage.faults import about
from storage.stop import Stop
from storage.trees import Opener, plain
from winslow.domain.layout import Location
from winslow.errors import FailedPrecondition

_CPU = 15
"""Seconds of the processor."""
_DEADLINE = 30.0
_MEMORY = 1 << 30
_OUTPUT_MAX = 2 << 20
_SAID_MAX = 4096
_PIXELS = 200_000_000
"""Of one frame, before it is made small."""
_LOOK_EVERY = 0.2
_NOBODY = 65534
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,ogg,asf,mxf,ivf,dv,h264,hevc,m4v,mjpeg,mpegvideo,"
    "gif,apng,jpeg_pipe,png_pipe,webp_pipe,bmp_pipe,tiff_pipe,pgm_pipe,ppm_pipe,pam_pipe,exr_pipe,dpx_pipe,jpegxl_pipe"
)
"""None of them leads to another file, as playlists do."""


class Pictures:
    """Implements the port `winslow.ports.Pictures`; blocking, any number of threads. `root` is the volume, held open."""

    def __init__(self, root: int, opened: Opener = plain) -> None:
        self._root = root
        self._opened = opened

    def thumbnail(self, location: Location, size: int, stop: Stop) -> bytes:
        """See the port. Raises FailedPrecondition (FFMPEG_MISSING)."""
        ffmpeg = shutil.which("ffmpeg")
        if ffmpeg is None:
            raise _missing(location)
        with about(location), self._opened(self._root, location) as tree, held(tree.open(location.relative)) as fd:
            return _Making(location, fd, stop).run(_command(ffmpeg, fd, size))


def _command(ffmpeg: str, fd: int, size: int) -> list[str]:
    """Of each eighth of the first frames, made small, the one that is most like the others: no black beginning."""
    owner = os.fstat(fd)
    uid, gid = (owner.st_uid, owner.st_gid) if owner.st_uid else (_NOBODY, _NOBODY)
    scaled = f"scale=w='min({size},iw)':h='min({size},ih)':force_original_aspect_ratio=decrease:flags=area"
    return [
        *(sys.executable, "-I", "-S", str(Path(confined.__file__)), str(uid), str(gid), str(_CPU), str(_MEMORY)),
        *(ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1", "-filter_threads", "1"),
        *("-protocol_whitelist", "file", "-format_whitelist", _FORMATS, "-max_pixels", str(_PIXELS)),
        *("-i", f"/proc/self/fd/{fd}", "-map", "0:v:0", "-frames:v", "1"),
        *("-vf", rf"select=not(mod(n\,8)),{scaled},thumbnail=8,format=yuvj420p"),
        *("-c:v", "mjpeg", "-q:v", "4", "-f", "image2pipe", "pipe:1"),
    ]


class _Making:
    """One run of ffmpeg."""

    def __init__(self, location: Location, fd: int, stop: Stop) -> None:
        self._location = location
        self._fd = fd
        self._stop = stop
        self._until = time.monotonic() + _DEADLINE

    def run(self, command: list[str]) -> bytes:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[self._fd],
            env={"LC_ALL": "C"},
            cwd="/",
        )
        try:
            picture, said = self._gathered(process)
            code = process.wait(max(0.0, self._until - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise self._impossible("it took too long") from None
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
        if code or not picture.startswith(b"\xff\xd8"):
            raise self._impossible("it took too long" if code < 0 else _first(said) or "there is no picture in it")
        return picture

    def _gathered(self, process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
        """All that it writes, as far as that is bounded. Raises TimeoutExpired, and Stopped."""
        assert process.stdout is not None
        assert process.stderr is not None
        found = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
        with selectors.DefaultSelector() as selector:
            for fd in found:
                selector.register(fd, selectors.EVENT_READ)
            while selector.get_map():
                self._stop.check()
                if time.monotonic() >= self._until:
                    raise subprocess.TimeoutExpired(process.args, _DEADLINE)
                for key, _ in selector.select(_LOOK_EVERY):
                    data = os.read(key.fd, 1 << 16)
                    found[key.fd] += data
                    if not data:
                        selector.unregister(key.fd)
                    elif len(found[key.fd]) > _OUTPUT_MAX:
                        raise self._impossible("it says too much")
        picture, said = found.values()
        return bytes(picture), bytes(said[:_SAID_MAX])

    def _impossible(self, why: str) -> FailedPrecondition:
        return FailedPrecondition(
            f"There is no thumbnail of {str(self._location)!r}: {why}",
            reason="THUMBNAIL_IMPOSSIBLE",
            subject=str(self._location),
            hint="Images and videos have thumbnails, where ffmpeg can read them",
        )


def _first(said: bytes) -> str:
    """The last line of what was said, which names the cause, as far as it can be shown."""
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    line = lines[-1] if lines else ""
    shown = "".join(one for one in line if one.isprintable())[:200].rsplit("]", 1)[-1].strip()
    return shown.partition(": ")[2] if shown.startswith("/proc/") else shown


def _missing(location: Location) -> FailedPrecondition:
    return FailedPrecondition(
        "There are no thumbnails on this node: it has no ffmpeg",
        reason="FFMPEG_MISSING",
        subject=str(location),
        hint="Install it on every node: apt-get install ffmpeg",
    )
