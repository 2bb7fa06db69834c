"""The pictures of the scene: all paths over the empty scene, and the clip with a box, a number and a trail on each track."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from stages import webm
from stages.canvas import Canvas, colour_of, ramp
from stages.clip import Clip
from stages.contract import WORKSPACE
from stages.trajectories import Sighting, Trajectory

TRAIL_SECONDS = 3.0


def paths(background: np.ndarray, tracks: list[Trajectory], fastest: float, label: Callable[[float], str]) -> Canvas:
    """Every path over the scene, coloured by speed up to `fastest` px/s, from a small dot to an arrow's head."""
    grey = cv2.cvtColor(cv2.cvtColor(background, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    dim = cv2.addWeighted(background, 0.32, grey, 0.36, 0)
    canvas = Canvas(cv2.resize(dim, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
    for track in sorted(tracks, key=lambda track: track.speed):
        points = [(2 * x, 2 * y) for x, y in smooth(track.path)]
        canvas.line(points, "#101418", 7)
        for start in range(len(points) - 1):
            canvas.line(points[start : start + 2], ramp(track.sightings[start].speed / fastest), 3)
        canvas.dot(points[0], 5, ramp(track.sightings[0].speed / fastest))
        _arrow(canvas, points, ramp(track.sightings[-1].speed / fastest))
    _legend(canvas, fastest, label)
    return canvas


def smooth(points: list[tuple[float, float]], reach: int = 4) -> list[tuple[float, float]]:
    """A moving mean that keeps both ends where they are."""
    values = np.asarray(points)
    smoothed = []
    for index in range(len(values)):
        around = min(reach, index, len(values) - 1 - index)
        x, y = values[index - around : index + around + 1].mean(axis=0)
        smoothed.append((float(x), float(y)))
    return smoothed


def _arrow(canvas: Canvas, points: list[tuple[float, float]], colour: str) -> None:
    tip, before = np.asarray(points[-1]), np.asarray(points[max(0, len(points) - 8)])
    length = float(np.hypot(*(tip - before)))
    if length < 4:
        return
    ahead = (tip - before) / length
    aside = np.array([-ahead[1], ahead[0]])
    head = [tip + 9 * ahead, tip - 9 * ahead + 8 * aside, tip - 5 * ahead, tip - 9 * ahead - 8 * aside]
    canvas.fill([(float(x), float(y)) for x, y in head], colour)


def _legend(canvas: Canvas, fastest: float, label: Callable[[float], str]) -> None:
    height, width = canvas.image.shape[:2]
    x, y, length = width - 364, height - 62, 320
    canvas.box(x - 24, y - 44, length + 48, 90, "#101418", 0.72)
    canvas.text((x, y - 16), "speed", 19, "#ffffff", 600)
    for step in range(length):
        canvas.box(x + step, y - 4, 1, 12, ramp(step / length))
    for share in (0.0, 0.5, 1.0):
        canvas.text((x + share * length, y + 32), label(share * fastest), 17, "#dfe6ec", align=share)


def annotate(clip: Clip, tracks: list[Trajectory], target: Path, label: Callable[[float], str],
             at_frame: Callable[[int], None]) -> None:  # fmt: skip
    """Writes the clip as WebM with what was found drawn in; `at_frame` is told each frame's number."""
    now: dict[int, list[tuple[Trajectory, int]]] = defaultdict(list)
    for track in tracks:
        for index, at in enumerate(track.sightings):
            now[at.frame].append((track, index))
    trail = round(TRAIL_SECONDS * clip.fps / clip.step)
    with webm.film(target, clip.fps / clip.step, (clip.width, clip.height), scratch=WORKSPACE) as add:
        for number, image in clip.frames_of():
            _draw(Canvas(image), now[number], trail, label, number / clip.fps)
            add(image)
            at_frame(number)


def _draw(
    canvas: Canvas, here: list[tuple[Trajectory, int]], trail: int, label: Callable[[float], str], time: float
) -> None:
    for track, index in here:
        points = track.path[max(0, index - trail) : index + 1]
        for third in range(3):  # the older, the fainter
            part = points[third * len(points) // 3 : (third + 1) * len(points) // 3 + 1]
            if len(part) > 1:
                canvas.line(part, colour_of(track.number), third + 1)
    for track, index in here:
        _mark(canvas, track.sightings[index], colour_of(track.number), f"{track.number}", label)
    words = f"{int(time // 60):02d}:{time % 60:04.1f}   {len(here)} in sight"
    canvas.box(10, 10, canvas.width_of(words, 17, 600) + 24, 30, "#101418", 0.7)
    canvas.text((22, 31), words, 17, "#ffffff", 600)


def _mark(canvas: Canvas, at: Sighting, colour: str, number: str, label: Callable[[float], str]) -> None:
    corners = [(at.x, at.y), (at.x + at.width, at.y), (at.x + at.width, at.y + at.height), (at.x, at.y + at.height)]
    canvas.line(corners, colour, 2 if at.seen else 1, closed=True)
    words = f"{number}  {label(at.speed)}"
    wide = canvas.width_of(words, 13, 600) + 10
    x, y = max(0.0, at.x - 1), max(17.0, at.y)
    canvas.box(x, y - 17, wide, 17, colour, 0.9)
    canvas.text((x + 5, y - 4), words, 13, "#101418", 600)
