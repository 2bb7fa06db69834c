"""Follows the detections through the clip and writes trajectories.csv: where each thing was, and how fast it went.

Speeds are in pixels a second, and with METRES_PER_PIXEL in metres a second too; one scale for the whole
picture is a simplification that holds for a camera that looks down from far away.
"""

import csv
import statistics
from collections import defaultdict

from stages.clip import Clip
from stages.contract import WORKSPACE, Progress, StageError, note, result, setting
from stages.tracker import Box, Track, Tracker

DETECTIONS = WORKSPACE / "detections.csv"
TRAJECTORIES = WORKSPACE / "trajectories.csv"
COLUMNS = ("track", "frame", "time", "x", "y", "width", "height", "vx", "vy", "speed", "seen")


def main() -> None:
    clip = Clip.load()
    tracker = Tracker(patience=setting("PATIENCE", 1.2, 0, 60))
    min_seconds = setting("MIN_SECONDS", 1.0, 0, 3600)
    min_travel = setting("MIN_TRAVEL", 20, 0, 1e6)
    boxes = read_detections()
    progress = Progress(clip.frames)
    for number in range(0, clip.frames, clip.step):
        tracker.feed(number, number / clip.fps, boxes.get(number, []))
        progress.at(number + clip.step)
        if number % 100 == 0:
            note(f"frame {number}: {tracker.in_sight} followed")
    tracks = [track for track in tracker.finish() if seconds(track) >= min_seconds and travel(track) >= min_travel]
    write(tracks)
    report(tracks)


def seconds(track: Track) -> float:
    return track.sightings[-1].time - track.sightings[0].time


def travel(track: Track) -> float:
    """How far apart the places are where it was, in pixels; a waving branch stays below any walker."""
    xs, ys = zip(*(at.box.foot for at in track.sightings), strict=True)
    return max(max(xs) - min(xs), max(ys) - min(ys))


def read_detections() -> dict[int, list[Box]]:
    """Boxes by frame. Raises StageError when the detect stage has not written them."""
    boxes = defaultdict(list)
    try:
        with DETECTIONS.open(newline="") as file:
            for row in csv.DictReader(file):
                box = Box(float(row["x"]), float(row["y"]), float(row["width"]), float(row["height"]))
                boxes[int(row["frame"])].append(box)
    except FileNotFoundError:
        raise StageError("The workspace has no detections.csv: the detect stage comes first") from None
    return boxes


def write(tracks: list[Track]) -> None:
    with TRAJECTORIES.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number, track in enumerate(tracks, 1):
            for at in track.sightings:
                place = (at.box.x, at.box.y, at.box.width, at.box.height, at.vx, at.vy, at.speed)
                writer.writerow(
                    (number, at.frame, f"{at.time:.3f}", *(f"{value:.1f}" for value in place), int(at.seen))
                )


def report(tracks: list[Track]) -> None:
    speeds = [at.speed for track in tracks for at in track.sightings if at.seen]
    median = statistics.median(speeds) if speeds else 0.0
    result("tracks", len(tracks))
    result("longest_seconds", f"{max((seconds(track) for track in tracks), default=0.0):.1f}")
    result("median_speed_px_s", f"{median:.1f}")
    scale = setting("METRES_PER_PIXEL", 0, 0, 1000)
    if scale:
        result("median_speed_m_s", f"{median * scale:.2f}")
