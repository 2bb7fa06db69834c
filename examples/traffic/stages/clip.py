"""The clip that is looked at: finding it in the input, its facts, and its frames one by one."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from stages.contract import INPUT, WORKSPACE, StageError

SUFFIXES = frozenset({".avi", ".mp4", ".mkv", ".mov", ".webm", ".m4v", ".mpg", ".mpeg"})
FACTS = WORKSPACE / "clip.json"
BACKGROUND = WORKSPACE / "background.png"


@dataclass(frozen=True)
class Clip:
    """`frames` is what the file's header says and may be a little wrong; `step`: every so many frames are looked at."""

    path: str
    frames: int
    fps: float
    width: int
    height: int
    step: int

    @property
    def name(self) -> str:
        return Path(self.path).name

    @property
    def seconds(self) -> float:
        return self.frames / self.fps

    @property
    def times(self) -> list[float]:
        """Of the frames that are looked at, in seconds."""
        return [number / self.fps for number in range(0, self.frames, self.step)]

    def frames_of(self) -> Iterator[tuple[int, np.ndarray]]:
        """(number, BGR image) of every `step`th frame; the ones between are not decoded into images."""
        capture = cv2.VideoCapture(self.path)
        number = 0
        while capture.grab():
            if number % self.step == 0:
                taken, image = capture.retrieve()
                if taken:
                    yield number, image
            number += 1
        capture.release()

    def save(self) -> None:
        FACTS.write_text(json.dumps(asdict(self), indent=2) + "\n")

    @staticmethod
    def load() -> "Clip":
        """What an earlier stage saved. Raises StageError when none did."""
        try:
            return Clip(**json.loads(FACTS.read_text()))
        except FileNotFoundError:
            raise StageError("The workspace has no clip.json: the detect stage comes first") from None


def find(step: int) -> Clip:
    """The clip named by VIDEO, else the first one in the input. Raises StageError when there is none to be read."""
    path = _path()
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise StageError(f"{path.name} cannot be read as a video")
    clip = Clip(
        path=str(path),
        frames=int(capture.get(cv2.CAP_PROP_FRAME_COUNT)),
        fps=capture.get(cv2.CAP_PROP_FPS) or 25.0,
        width=int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
        height=int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        step=step,
    )
    capture.release()
    return clip


def _path() -> Path:
    named = os.environ.get("VIDEO", "").strip()
    if named:
        path = INPUT / named
        if not path.is_file():
            raise StageError(f"VIDEO={named} is not in the project's input")
        return path
    videos = sorted(path for path in INPUT.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not videos:
        raise StageError("The project's input has no video: upload one, for example an .mp4")
    return videos[0]
