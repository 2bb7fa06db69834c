"""Finds what moves: one box around each moving thing in each frame, written to detections.csv.

A background model (a mixture of Gaussians for each pixel) is taught the empty scene first, from frames of the
whole clip, so that people who stand in the first frame are not taken for background.
"""

import csv

import cv2
import numpy as np

from stages import clip as clips
from stages.contract import WORKSPACE, Progress, note, result, setting

DETECTIONS = WORKSPACE / "detections.csv"
COLUMNS = ("frame", "time", "x", "y", "width", "height", "area")
TEACHING_FRAMES = 48
LOOK_WIDTH = 512  # pixels; people stay large enough in it, and it is twice as quick as 768

LARGEST = 0.15  # of the picture: what is larger is light, or the camera was touched

Box = tuple[float, float, float, float, float]
"""x, y, width, height, area: in pixels of the clip."""


def main() -> None:
    sensitivity = setting("SENSITIVITY", 50, 0, 100)
    min_area = setting("MIN_AREA", 420, 1, 1e6)
    clip = clips.find(step=int(setting("FRAME_STEP", 1, 1, 100)))
    note(f"{clip.name}: {clip.frames} frames of {clip.width}x{clip.height}, {clip.fps:g} a second")
    note(f"sensitivity {sensitivity:g}, smallest area {min_area:g} pixels, one frame of {clip.step} is looked at")
    clip.save()
    background = median_of(clip)
    cv2.imwrite(str(clips.BACKGROUND), background)

    detector = Detector(background, clip.width, sensitivity, min_area)
    progress = Progress(clip.frames)
    frames = boxes = 0
    with DETECTIONS.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number, image in clip.frames_of():
            found = detector.look(image)
            writer.writerows((number, f"{number / clip.fps:.3f}", *(f"{value:.1f}" for value in box)) for box in found)
            frames, boxes = frames + 1, boxes + len(found)
            progress.at(number + 1)
            if frames % 100 == 0:
                note(f"frame {number}: {len(found)} moving now, {boxes} boxes so far")
    progress.at(clip.frames)
    result("frames", frames)
    result("detections", boxes)
    result("detections_per_frame", f"{boxes / max(frames, 1):.2f}")


def median_of(clip: clips.Clip) -> np.ndarray:
    """The scene without what moves: the median, for each pixel, of frames from the whole clip."""
    every = max(1, clip.frames // (clip.step * TEACHING_FRAMES))
    sample = [image for index, (_, image) in enumerate(clip.frames_of()) if index % every == 0]
    return np.median(np.stack(sample[:TEACHING_FRAMES]), axis=0).astype(np.uint8)


class Detector:
    """`sensitivity` 0..100: how little a pixel must differ from the scene to count as moving."""

    def __init__(self, background: np.ndarray, width: int, sensitivity: float, min_area: float) -> None:
        self._scale = min(1.0, LOOK_WIDTH / width)
        self._min_area = min_area
        # Squared distances in units of variance: 2500 at 0, 25 at 50, 0.25 at 100.
        threshold = 10 ** (3.4 - sensitivity / 25)
        self._model = cv2.createBackgroundSubtractorMOG2(history=400, varThreshold=threshold, detectShadows=True)
        self._scene = self._small(background)
        self._light = light_of(self._scene)
        for _ in range(12):
            self._model.apply(self._scene, learningRate=0.2)
        self._open = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
        # Higher than wide: it joins a person's head, body and legs, and not two who walk side by side.
        self._close = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 13))

    def look(self, image: np.ndarray) -> list[Box]:
        mask = self._model.apply(self._evenly_lit(self._small(image)), learningRate=0.003)
        mask = cv2.threshold(mask, 200, 255, cv2.THRESH_BINARY)[1]  # shadows are 127
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, self._open)
        mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, self._close)
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        boxes = []
        for contour in contours:
            area = cv2.contourArea(contour) / self._scale**2
            x, y, width, height = (value / self._scale for value in cv2.boundingRect(contour))
            if area >= self._min_area and width * height <= LARGEST * image.shape[0] * image.shape[1]:
                boxes.append((x, y, width, height, area))
        return without_nested(boxes)

    def _evenly_lit(self, small: np.ndarray) -> np.ndarray:
        """The picture in the scene's own light: a cloud before the sun must not look like a crowd."""
        gain = np.clip(self._light / light_of(small), 0.5, 2.0)
        field = cv2.resize(cv2.medianBlur(gain, 5), (small.shape[1], small.shape[0]), interpolation=cv2.INTER_LINEAR)
        return cv2.convertScaleAbs(small * field[..., None])

    def _small(self, image: np.ndarray) -> np.ndarray:
        small = cv2.resize(image, None, fx=self._scale, fy=self._scale, interpolation=cv2.INTER_AREA)
        return cv2.GaussianBlur(small, (3, 3), 0)


def light_of(image: np.ndarray) -> np.ndarray:
    """How bright each of 16x12 parts of the picture is."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return cv2.resize(grey, (16, 12), interpolation=cv2.INTER_AREA).astype(np.float32) + 1.0


def without_nested(boxes: list[Box]) -> list[Box]:
    """The boxes, largest first, less those of which more than 0.7 lies within a larger one."""
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda box: box[2] * box[3], reverse=True):
        if all(overlap(box, larger) <= 0.7 * box[2] * box[3] for larger in kept):
            kept.append(box)
    return kept


def overlap(one: Box, other: Box) -> float:
    """The area that two boxes share."""
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return max(wide, 0.0) * max(high, 0.0)
