"""Trajectories as the analysis reads them, and the numbers that are made of them. Pure but for reading the file."""

import csv
import math
import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from stages.contract import StageError

DIRECTIONS = ("right", "down right", "down", "down left", "left", "up left", "up", "up right")
"""As seen in the picture, clockwise from the right; each is 45 degrees wide."""

SETTLED = 24.0
"""Pixels that a track must have gone in all before it has a direction."""


@dataclass(frozen=True)
class Sighting:
    """`speed` in pixels a second; the box's corner and size in pixels."""

    frame: int
    time: float
    x: float
    y: float
    width: float
    height: float
    speed: float
    seen: bool

    @property
    def foot(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height


@dataclass(frozen=True)
class Trajectory:
    number: int
    sightings: tuple[Sighting, ...]

    @property
    def seconds(self) -> float:
        return self.sightings[-1].time - self.sightings[0].time

    @property
    def path(self) -> list[tuple[float, float]]:
        return [at.foot for at in self.sightings]

    @property
    def speed(self) -> float:
        """The median over its sightings."""
        return statistics.median(at.speed for at in self.sightings)

    @property
    def direction(self) -> str | None:
        """Where it went from its first place to its last; None when it stayed about where it was."""
        (x0, y0), (x1, y1) = self.path[0], self.path[-1]
        if math.hypot(x1 - x0, y1 - y0) < SETTLED:
            return None
        return DIRECTIONS[round(math.degrees(math.atan2(y1 - y0, x1 - x0)) / 45) % 8]


def read(path: Path) -> list[Trajectory]:
    """All trajectories by number. Raises StageError when the track stage has not written them."""
    sightings = defaultdict(list)
    try:
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                place = (float(row[name]) for name in ("time", "x", "y", "width", "height", "speed"))
                sightings[int(row["track"])].append(Sighting(int(row["frame"]), *place, seen=row["seen"] == "1"))
    except FileNotFoundError:
        raise StageError("The workspace has no trajectories.csv: the track stage comes first") from None
    return [Trajectory(number, tuple(found)) for number, found in sorted(sightings.items())]


def in_sight(tracks: list[Trajectory], times: list[float]) -> list[float]:
    """How many were in sight, the mean over each second of the clip; `times` of all frames that were looked at."""
    frames = Counter(int(time) for time in times)
    present = Counter(int(at.time) for track in tracks for at in track.sightings)
    return [present[second] / frames[second] if frames[second] else 0.0 for second in range(max(frames) + 1)]


def statistics_of(tracks: list[Trajectory], times: list[float], scale: float) -> dict[str, object]:
    """What stats.json holds. `scale`: metres a pixel, 0 when unknown; speeds are in `speed_unit`."""
    unit, factor = ("m/s", scale) if scale else ("px/s", 1.0)
    counts = in_sight(tracks, times)
    speeds = sorted(track.speed * factor for track in tracks)
    directions = Counter(track.direction for track in tracks)
    return {
        "tracks": len(tracks),
        "in_sight": {
            "mean": round(statistics.fmean(counts), 2),
            "most": round(max(counts), 2),
            "most_at_second": counts.index(max(counts)),
            "by_second": [round(count, 2) for count in counts],
        },
        "speed_unit": unit,
        "speed": {
            "median": round(statistics.median(speeds), 2) if speeds else None,
            "fastest_tenth": round(speeds[int(0.9 * (len(speeds) - 1))], 2) if speeds else None,
            "by_track": [round(track.speed * factor, 2) for track in tracks],
        },
        "directions": {name: directions[name] for name in DIRECTIONS} | {"stayed": directions[None]},
        "seconds_in_sight": [round(track.seconds, 1) for track in tracks],
    }
