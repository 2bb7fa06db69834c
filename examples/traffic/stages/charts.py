"""The charts: how many in sight over time, how fast, and where to. Data in, a picture out."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from stages.canvas import BLUE, FAINT, GREEN, INK, ORANGE, SOFT, Canvas

WIDTH, HEIGHT = 1600, 1000


@dataclass(frozen=True)
class Area:
    """The rectangle of one chart's axes, in pixels, and the values at its edges (from 0 to `right` and to `top`)."""

    x: float
    y: float
    width: float
    height: float
    right: float
    top: float

    def at(self, across: float, up: float) -> tuple[float, float]:
        return self.x + self.width * across / self.right, self.y + self.height * (1 - up / self.top)


def draw(title: str, subtitle: str, counts: Sequence[float], speeds: Sequence[float], unit: str,
         directions: dict[str, int]) -> Canvas:  # fmt: skip
    """`counts`: one a second. `speeds` in `unit`. `directions`: clockwise from the right, then other keys."""
    canvas = Canvas.blank(WIDTH, HEIGHT)
    canvas.text((70, 74), title, 36, INK, 700)
    canvas.text((70, 112), subtitle, 21, SOFT)
    _in_sight(canvas, counts)
    _speeds(canvas, speeds, unit)
    _rose(canvas, directions)
    return canvas


def _in_sight(canvas: Canvas, counts: Sequence[float]) -> None:
    area = Area(110, 210, 1430, 280, max(len(counts), 1), nice_top(max(counts, default=1)))
    _head(canvas, area, "In sight, mean of each second")
    _grid(canvas, area, "s")
    line = [area.at(second + 0.5, count) for second, count in enumerate(counts)]
    canvas.fill([area.at(0.5, 0), *line, area.at(len(counts) - 0.5, 0)], BLUE, 0.16)
    canvas.line(line, BLUE, 3)
    most = max(range(len(counts)), key=counts.__getitem__)
    canvas.dot(line[most], 7, "#ffffff")
    canvas.dot(line[most], 5, BLUE)
    x, y = line[most]
    side = 1.0 if most > 0.85 * len(counts) else 0.0
    canvas.text((x + 14 - 28 * side, y - 6), f"most: {counts[most]:.1f}", 20, BLUE, 600, align=side)


def _speeds(canvas: Canvas, speeds: Sequence[float], unit: str) -> None:
    ceiling = nice_top(max(speeds, default=1.0))
    bins = 16
    heights = [0] * bins
    for speed in speeds:
        heights[min(bins - 1, int(bins * speed / ceiling))] += 1
    area = Area(110, 640, 820, 270, ceiling, nice_top(max([*heights, 1])))
    _head(canvas, area, f"Speed of each track, median, {unit}", 48)
    _grid(canvas, area, "")
    for index, height in enumerate(heights):
        left, top = area.at(ceiling * index / bins, height)
        right, bottom = area.at(ceiling * (index + 1) / bins, 0)
        if height:
            canvas.box(left + 3, top, right - left - 6, bottom - top, GREEN, 0.85)
    if speeds:
        median = statistics.median(speeds)
        x, y = area.at(median, area.top)
        canvas.line([(x, y - 24), (x, y + area.height)], INK, 2)
        canvas.text((x + 10, y - 8), f"median {median:.3g}", 19, INK, 600)


def _rose(canvas: Canvas, directions: dict[str, int]) -> None:
    centre_x, centre_y, radius = 1270.0, 785.0, 130.0
    canvas.text((1030, 592), "Where to, tracks", 23, INK, 600)
    names = [name for name in directions if name != "stayed"]
    most = max([directions[name] for name in names] + [1])
    for share in (0.5, 1.0):
        circle = [_on_circle(centre_x, centre_y, radius * share, degrees) for degrees in range(0, 360, 3)]
        canvas.line(circle, FAINT, 2, closed=True)
    for index, name in enumerate(names):
        middle = 45 * index
        # The area, not the radius, grows with the number.
        length = radius * math.sqrt(directions[name] / most)
        wedge = [_on_circle(centre_x, centre_y, length, middle + step) for step in range(-19, 20)]
        if directions[name]:
            canvas.fill([(centre_x, centre_y), *wedge], ORANGE, 0.85)
        x, y = _on_circle(centre_x, centre_y, radius + 22, middle)
        align = 0.5 - 0.5 * round(math.cos(math.radians(middle)))
        canvas.text((x, y + 7), f"{name} {directions[name]}", 18, SOFT, align=align)


def _head(canvas: Canvas, area: Area, words: str, above: float = 34) -> None:
    canvas.text((area.x - 40, area.y - above), words, 23, INK, 600)


def _grid(canvas: Canvas, area: Area, unit: str) -> None:
    for value in ticks(area.top, 4):
        x, y = area.at(0, value)
        canvas.line([(x, y), (x + area.width, y)], FAINT, 2 if value else 1)
        canvas.text((x - 12, y + 7), f"{value:g}", 18, SOFT, align=1.0)
    for value in ticks(area.right, 10):
        x, y = area.at(value, 0)
        canvas.line([(x, y), (x, y + 7)], SOFT, 1)
        canvas.text((x, y + 30), f"{value:g}{' ' + unit if unit else ''}", 18, SOFT, align=0.5)
    canvas.line([area.at(0, 0), area.at(area.right, 0)], SOFT, 2)


def _on_circle(x: float, y: float, radius: float, degrees: float) -> tuple[float, float]:
    return x + radius * math.cos(math.radians(degrees)), y + radius * math.sin(math.radians(degrees))


def ticks(top: float, about: int) -> list[float]:
    """About so many round steps from 0 to `top`, in ones, twos and fives of a power of ten."""
    rough = top / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    return [round(step * index, 10) for index in range(int(top / step + 1e-9) + 1)]


def nice_top(most: float) -> float:
    """A round number with some air above `most`."""
    step = ticks(max(most, 1e-6) * 1.08, 4)[1]
    return step * math.ceil(max(most, 1e-6) * 1.08 / step)
