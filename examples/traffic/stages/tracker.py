"""Follows boxes from frame to frame: a Kalman filter of constant velocity for each thing, and the cheapest assignment.

Pure: it knows neither files nor pictures, and runs without numpy.
"""

from dataclasses import dataclass, field, replace

from stages.assignment import assign

MATCH_LIMIT = 1.0
"""The cost above which a detection is none of a track's: see `_cost`."""


@dataclass(frozen=True)
class Box:
    """In pixels; `x`, `y` is the upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def foot(self) -> tuple[float, float]:
        """The middle of the lower edge: where a person stands."""
        return self.x + self.width / 2, self.y + self.height


@dataclass(frozen=True)
class Sighting:
    """Where a track is in one frame; `seen` is False where it was only foretold. Velocity in pixels a second."""

    frame: int
    time: float
    box: Box
    vx: float
    vy: float
    seen: bool

    @property
    def speed(self) -> float:
        return float((self.vx**2 + self.vy**2) ** 0.5)


class Axis:
    """One coordinate: position and velocity with their covariance, driven by noise of acceleration.

    `noise` is the variance of a measured position in square pixels, `agility` that of acceleration (px/s^2)^2.
    """

    def __init__(self, position: float, noise: float = 9.0, agility: float = 900.0) -> None:
        self.position, self.velocity = position, 0.0
        self._noise, self._agility = noise, agility
        self._pp, self._pv, self._vv = noise, 0.0, 2500.0

    def predict(self, seconds: float) -> None:
        self.position += self.velocity * seconds
        self._pp += seconds * (2 * self._pv + seconds * self._vv) + self._agility * seconds**4 / 4
        self._pv += seconds * self._vv + self._agility * seconds**3 / 2
        self._vv += self._agility * seconds**2

    def correct(self, measured: float) -> None:
        spread = self._pp + self._noise
        gain_p, gain_v = self._pp / spread, self._pv / spread
        surprise = measured - self.position
        self.position += gain_p * surprise
        self.velocity += gain_v * surprise
        self._vv -= gain_v * self._pv
        self._pv *= 1 - gain_p
        self._pp *= 1 - gain_p


@dataclass
class Track:
    """One thing over time. Its number is given when it is confirmed, so that short flickers use none up."""

    x: Axis
    y: Axis
    width: float
    height: float
    number: int = 0
    hits: int = 0
    unseen: float = 0.0
    sightings: list[Sighting] = field(default_factory=list)

    @staticmethod
    def begin(box: Box) -> "Track":
        x, y = box.foot
        return Track(Axis(x), Axis(y), box.width, box.height)

    @property
    def box(self) -> Box:
        return Box(self.x.position - self.width / 2, self.y.position - self.height, self.width, self.height)

    def predict(self, seconds: float) -> None:
        self.x.predict(seconds)
        self.y.predict(seconds)

    def correct(self, box: Box) -> None:
        x, y = box.foot
        self.x.correct(x)
        self.y.correct(y)
        self.width += 0.3 * (box.width - self.width)
        self.height += 0.3 * (box.height - self.height)
        self.hits += 1
        self.unseen = 0.0

    def sight(self, frame: int, time: float, seen: bool) -> None:
        self.sightings.append(Sighting(frame, time, self.box, self.x.velocity, self.y.velocity, seen))


class Tracker:
    """Fed with the boxes of each frame in order. `patience`: seconds for which an unseen thing is still expected.

    A track counts once it was seen `confirm` times; one that misses a frame before is dropped.
    """

    def __init__(self, patience: float = 1.2, confirm: int = 4) -> None:
        self._patience, self._confirm = patience, confirm
        self._live: list[Track] = []
        self._ended: list[Track] = []
        self._time: float | None = None
        self._numbers = 0

    @property
    def in_sight(self) -> int:
        return sum(1 for track in self._live if track.number)

    def feed(self, frame: int, time: float, boxes: list[Box]) -> None:
        """`time` in seconds, later than that of the frame before."""
        elapsed = 0.0 if self._time is None else time - self._time
        self._time = time
        for track in self._live:
            track.predict(elapsed)
        pairs = self._match(boxes)
        for track_index, box_index in pairs.items():
            self._live[track_index].correct(boxes[box_index])
        for index, track in enumerate(self._live):
            seen = index in pairs
            track.unseen += 0.0 if seen else elapsed
            track.sight(frame, time, seen)
        self._begin(frame, time, [box for index, box in enumerate(boxes) if index not in pairs.values()])
        self._sort_out()

    def finish(self) -> list[Track]:
        """All confirmed tracks by number, each cut off after it was last seen."""
        tracks = [track for track in (*self._ended, *self._live) if track.number]
        for track in tracks:
            while not track.sightings[-1].seen:
                track.sightings.pop()
            track.sightings = with_steady_velocity(track.sightings)
        return sorted(tracks, key=lambda track: track.number)

    def _match(self, boxes: list[Box]) -> dict[int, int]:
        """Confirmed tracks choose first: a flicker never takes a box from something followed for long."""
        pairs: dict[int, int] = {}
        for confirmed in (True, False):
            rows = [index for index, track in enumerate(self._live) if bool(track.number) is confirmed]
            free = [index for index in range(len(boxes)) if index not in pairs.values()]
            costs = [[_cost(self._live[row], boxes[index]) for index in free] for row in rows]
            pairs |= {rows[row]: free[column] for row, column in assign(costs, MATCH_LIMIT)}
        return pairs

    def _begin(self, frame: int, time: float, boxes: list[Box]) -> None:
        for box in boxes:
            track = Track.begin(box)
            track.hits = 1
            track.sight(frame, time, seen=True)
            self._live.append(track)

    def _sort_out(self) -> None:
        """Numbers what was seen often enough; ends what was not seen for too long."""
        live = []
        for track in self._live:
            if not track.number and track.hits >= self._confirm:
                self._numbers += 1
                track.number = self._numbers
            expected = track.unseen <= self._patience if track.number else track.unseen == 0.0
            (live if expected else self._ended).append(track)
        self._live = live


def with_steady_velocity(sightings: list[Sighting], seconds: float = 0.6) -> list[Sighting]:
    """The sightings with velocities from places up to `seconds` before and after each.

    The filter knows only the past: it begins at rest, and follows each turn a little late.
    """
    steady, first, last = [], 0, 0
    for at in sightings:
        while sightings[first].time < at.time - seconds:
            first += 1
        while last + 1 < len(sightings) and sightings[last + 1].time <= at.time + seconds:
            last += 1
        before, after = sightings[first], sightings[last]
        elapsed = (after.time - before.time) or 1.0
        (x0, y0), (x1, y1) = before.box.foot, after.box.foot
        steady.append(replace(at, vx=(x1 - x0) / elapsed, vy=(y1 - y0) / elapsed))
    return steady


def _cost(track: Track, box: Box) -> float:
    """0 for the foretold place and size; 1 for a foot a body's size away, or a box of a quite different size."""
    (x, y), (foot_x, foot_y) = track.box.foot, box.foot
    size = 0.5 * (track.width + track.height)
    reach = max(size * (0.6 + 0.4 * min(track.unseen, 1.0)), 12.0)
    distance = ((x - foot_x) ** 2 + (y - foot_y) ** 2) ** 0.5 / reach
    ratio = (box.width * box.height) / max(track.width * track.height, 1.0)
    return distance + 0.15 * max(ratio, 1 / max(ratio, 1e-6), 1.0) - 0.15
