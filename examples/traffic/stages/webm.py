"""Writes a WebM (VP8) with OpenCV alone; knows nothing of what its pictures show.

VP8 because the FFmpeg in OpenCV's wheel has no encoder of H.264, and every browser plays this too. OpenCV passes no
option on to an encoder, and left as it is this one takes 25 ms for a frame of 768x576. But libvpx looks for the best
coding only while a frame is shown for no longer than its deadline, which FFmpeg sets to a second; for frames shown
longer it goes its realtime way, four times as quick and as good to look at. So the frames are encoded as if each were
shown for two seconds, and get their true times as the encoded packets, untouched, go into the WebM.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

VP8 = cv2.VideoWriter_fourcc(*"VP80")
REALTIME_FPS = 0.5  # two seconds a frame: longer than the deadline


@contextmanager
def film(target: Path, fps: float, size: tuple[int, int], scratch: Path) -> Iterator[Callable[[np.ndarray], None]]:
    """Gives the function that adds a BGR image; `target` is there, and whole, when the block has ended without an error.

    `size` is (width, height); an odd last column or row is left out, since the format wants even sizes. `scratch` is
    a directory with room for as much again, for the time being. Raises OSError when not every image could be written.
    """
    width, height = size[0] & ~1, size[1] & ~1
    added = 0

    with TemporaryDirectory(dir=scratch) as folder:
        slow = Path(folder) / "slow.mkv"
        writer = _open(slow, REALTIME_FPS, (width, height))

        def add(image: np.ndarray) -> None:
            nonlocal added
            writer.write(np.ascontiguousarray(image[:height, :width]))
            added += 1

        try:
            yield add
        finally:
            writer.release()
        _retime(slow, target, fps, (width, height))
    # OpenCV's writer says nothing of a full disk.
    if (found := sum(1 for _ in _packets(target))) != added:
        raise OSError(f"{target.name} holds {found} of {added} frames: is the disk full?")


def _retime(source: Path, target: Path, fps: float, size: tuple[int, int]) -> None:
    writer = _open(target, fps, size, cv2.VIDEOWRITER_PROP_RAW_VIDEO, 1)
    for packet, is_key in _packets(source):
        writer.set(cv2.VIDEOWRITER_PROP_KEY_FLAG, float(is_key))
        writer.write(packet)
    writer.release()


def _packets(path: Path) -> Iterator[tuple[np.ndarray, bool]]:
    """(bytes, whether a player may start here) of each encoded frame."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
    while (taken := capture.read())[0]:
        yield taken[1], bool(capture.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME))
    capture.release()


def _open(path: Path, fps: float, size: tuple[int, int], *options: int) -> cv2.VideoWriter:
    with _quiet():
        writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, VP8, fps, size, options)
    if not writer.isOpened():
        raise OSError(f"{path.name} cannot be written")
    return writer


@contextmanager
def _quiet() -> Iterator[None]:
    """Drops what is written to stderr: OpenCV says there that WebM does not support VP8, and then writes it."""
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
