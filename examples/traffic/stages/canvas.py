"""Drawing with OpenCV alone: text, lines and translucent shapes, in colours written as in CSS."""

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np

Point = tuple[float, float]
SUBPIXEL = 4  # bits of fraction in coordinates: lines and curves are drawn to a sixteenth of a pixel

INK, SOFT, FAINT, PAPER = "#1f2933", "#66727f", "#e4e8ec", "#ffffff"
BLUE, ORANGE, GREEN = "#2f6fed", "#f08c2e", "#16a37b"


def bgr(colour: str) -> tuple[int, int, int]:
    """`#rrggbb` in OpenCV's order."""
    return int(colour[5:7], 16), int(colour[3:5], 16), int(colour[1:3], 16)


@cache
def colour_of(number: int) -> str:
    """A bright colour for a track; the golden angle keeps neighbours apart."""
    hsv = np.uint8([[[int(number * 137.508 % 360 / 2), 200, 255]]])
    blue, green, red = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[0, 0]
    return f"#{red:02x}{green:02x}{blue:02x}"


def ramp(share: float) -> str:
    """From blue by green to red for 0..1: OpenCV's turbo without its dark ends."""
    return _turbo(int(30 + 200 * min(max(share, 0.0), 1.0)))


@cache
def _turbo(value: int) -> str:
    blue, green, red = cv2.applyColorMap(np.uint8([[value]]), cv2.COLORMAP_TURBO)[0, 0]
    return f"#{red:02x}{green:02x}{blue:02x}"


class Canvas:
    """A picture to draw on; coordinates in pixels from the upper left. It changes the image it is given."""

    def __init__(self, image: np.ndarray) -> None:
        self.image = image
        self._font = cv2.FontFace("sans")

    @staticmethod
    def blank(width: int, height: int, colour: str = PAPER) -> "Canvas":
        return Canvas(np.full((height, width, 3), bgr(colour), np.uint8))

    def text(
        self, at: Point, words: str, size: int = 18, colour: str = INK, weight: int = 400, align: float = 0.0
    ) -> None:
        """`at`: on the base line; `align` 0 begins there, 0.5 is centred on it, 1 ends there."""
        x = round(at[0] - align * self.width_of(words, size, weight))
        cv2.putText(self.image, words, (x, round(at[1])), bgr(colour), self._font, size, weight)

    def width_of(self, words: str, size: int, weight: int = 400) -> int:
        return int(cv2.getTextSize((0, 0), words, (0, 0), self._font, size, weight)[2])

    def line(self, points: Sequence[Point], colour: str, width: int = 1, closed: bool = False) -> None:
        cv2.polylines(self.image, [_fixed(points)], closed, bgr(colour), width, cv2.LINE_AA, SUBPIXEL)

    def fill(self, points: Sequence[Point], colour: str, opacity: float = 1.0) -> None:
        """Only the part of the picture around the shape is blended, so that small shapes are cheap."""
        xs, ys = [x for x, _ in points], [y for _, y in points]
        left, top = max(int(min(xs)) - 2, 0), max(int(min(ys)) - 2, 0)
        part = self.image[top : int(max(ys)) + 3, left : int(max(xs)) + 3]
        if part.size == 0:
            return
        drawn = part if opacity == 1.0 else part.copy()
        moved = [(x - left, y - top) for x, y in points]
        cv2.fillPoly(drawn, [_fixed(moved)], bgr(colour), cv2.LINE_AA, SUBPIXEL)
        if drawn is not part:
            cv2.addWeighted(drawn, opacity, part, 1 - opacity, 0, dst=part)

    def box(self, x: float, y: float, width: float, height: float, colour: str, opacity: float = 1.0) -> None:
        self.fill([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], colour, opacity)

    def dot(self, at: Point, radius: float, colour: str) -> None:
        factor = 1 << SUBPIXEL
        centre = (round(at[0] * factor), round(at[1] * factor))
        cv2.circle(self.image, centre, round(radius * factor), bgr(colour), cv2.FILLED, cv2.LINE_AA, SUBPIXEL)


def _fixed(points: Sequence[Point]) -> np.ndarray:
    return np.round(np.asarray(points, np.float64) * (1 << SUBPIXEL)).astype(np.int32).reshape(-1, 1, 2)
