"""What CVAT's shapes cover: polygons, boxes and ellipses by the centres of the pixels, masks by their runs.

Coordinates: px, x to the right, y down; a rotation is in degrees, clockwise as seen on the screen, about the centre of
the shape (https://docs.cvat.ai/docs/manual/advanced/xml_format/).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError
from segweave.formats.json_parts import checked_pixels, shown
from segweave.formats.shapes import FARTHEST, corners, filled

_THINNEST = 1e-6
"""px; a thinner ellipse holds no pixel's centre."""


Window = tuple[int, int, int, int]
"""(top, left, bottom, right) px, half-open: a part of an image, which the caller keeps no larger than that."""


class Region(Protocol):
    """A part of the image plane."""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """(top, left, bottom, right) px, not clipped to the image."""

    def fill(self, window: Window) -> NDArray[np.bool_]:
        """Bool, of the size of the window: its pixels that lie inside."""


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """A polygon or box. ring: (n, 2) (row, column) px; fewer than three corners enclose nothing."""

    ring: NDArray[np.float64]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """(top, left, bottom, right) px."""
        (top, left), (bottom, right) = self.ring.min(axis=0).tolist(), self.ring.max(axis=0).tolist()
        return top, left, bottom, right

    def fill(self, window: Window) -> NDArray[np.bool_]:
        """Bool, of the size of the window, by the even-odd rule."""
        top, left, bottom, right = window
        size = bottom - top, right - left
        return filled([self.ring - (top, left)], size) if len(self.ring) >= 3 else np.zeros(size, bool)


@dataclass(frozen=True, slots=True)
class Ellipse:
    """centre, radii: (row, column) px. turn: radians, clockwise."""

    centre: tuple[float, float]
    radii: tuple[float, float]
    turn: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """(top, left, bottom, right) px."""
        (row, column), (ry, rx), sin, cos = self.centre, self.radii, math.sin(self.turn), math.cos(self.turn)
        high, wide = math.hypot(rx * sin, ry * cos), math.hypot(rx * cos, ry * sin)
        return row - high, column - wide, row + high, column + wide

    def fill(self, window: Window) -> NDArray[np.bool_]:
        """Bool, of the size of the window. Each row is cut at the roots of the ellipse's equation in x."""
        top, left, bottom, right = window
        (ry, rx), sin, cos = self.radii, math.sin(self.turn), math.cos(self.turn)
        if min(rx, ry) < _THINNEST:
            return np.zeros((bottom - top, right - left), bool)
        # ((x cos + y sin) / rx)^2 + ((y cos - x sin) / ry)^2 = 1, as a x^2 + 2 b y x + c y^2 = 1
        a = (cos / rx) ** 2 + (sin / ry) ** 2
        b = sin * cos * (1 / rx**2 - 1 / ry**2)
        y = np.arange(top, bottom)[:, None] + 0.5 - self.centre[0]
        # b^2 - a c = -1 / (rx ry)^2, said so because the difference would lose its digits
        root = np.sqrt(np.maximum(a - (y / (rx * ry)) ** 2, 0)) / a
        middle = self.centre[1] - b * y / a
        x = np.arange(left, right) + 0.5
        inside: NDArray[np.bool_] = (x >= middle - root) & (x < middle + root)
        return inside


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """Pixels as runs along the rows of a box, the first of pixels outside. size: of the box. runs: int64."""

    top: int
    left: int
    size: tuple[int, int]
    runs: NDArray[np.int64]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """(top, left, bottom, right) px."""
        return self.top, self.left, self.top + self.size[0], self.left + self.size[1]

    def fill(self, window: Window) -> NDArray[np.bool_]:
        """Bool, of the size of the window, which lies within the mask's box."""
        top, left, bottom, right = window
        pixels = np.repeat(np.arange(len(self.runs)) % 2 == 1, self.runs).reshape(self.size)
        return pixels[top - self.top : bottom - self.top, left - self.left : right - self.left]


def window_of(region: Region, size: tuple[int, int]) -> Window:
    """The part of an image of `size` (height, width) that holds all pixels of a region; may be empty."""
    height, width = size
    top, left, bottom, right = region.box
    first, start = min(max(math.floor(top), 0), height), min(max(math.floor(left), 0), width)
    return first, start, max(min(math.ceil(bottom), height), first), max(min(math.ceil(right), width), start)


def polygon(numbers: Sequence[float], where: str) -> Outline:
    """A polygon from x1, y1, x2, y2, ...; `FormatError` that begins with `where` for what are no coordinates."""
    return Outline(corners(numbers, where, least=1))


def rectangle(numbers: Sequence[float], degrees: float, where: str) -> Outline:
    """A box from two opposite corners x1, y1, x2, y2, turned about its centre."""
    (y1, x1), (y2, x2) = _two(numbers, where)
    ring = np.array([(y1, x1), (y1, x2), (y2, x2), (y2, x1)])
    if degrees:
        centre = ring.mean(axis=0)
        sin, cos = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
        ring = centre + (ring - centre) @ np.array([(cos, -sin), (sin, cos)])
    return Outline(ring)


def ellipse(numbers: Sequence[float], degrees: float, where: str) -> Ellipse:
    """An ellipse from cx, cy, rx, ry."""
    (cy, cx), (ry, rx) = _two(numbers, where)
    if rx < 0 or ry < 0:
        raise FormatError(f"{where}: has the radii {rx:g} and {ry:g}; expected 0 or more")
    return Ellipse((cy, cx), (ry, rx), math.radians(degrees))


def mask(runs: Sequence[int], box: tuple[int, int, int, int], where: str) -> Mask:
    """A mask from its runs and its box (top, left, height, width) px."""
    top, left, height, width = box
    if max(abs(top), abs(left)) > FARTHEST:
        raise FormatError(f"{where}: lies at {left}, {top} (left, top); expected numbers within +-{FARTHEST:g}")
    checked_pixels((height, width), where)
    if min(runs, default=0) < 0:
        raise FormatError(f"{where}: has a run of {shown(min(runs))} pixels; expected 0 or more")
    if sum(runs) != height * width:
        found = shown(sum(runs))
        raise FormatError(f"{where}: has runs of {found} pixels in all; its box has {height} x {width}")
    return Mask(top, left, (height, width), np.array(runs, np.int64))


def mask_runs(pixels: NDArray[np.bool_]) -> list[int]:
    """The runs of an (H, W) mask along its rows, the first of pixels outside (which may be 0 long).

    >>> mask_runs(np.array([[1, 1, 0], [0, 1, 1]], bool))
    [0, 2, 2, 2]
    """
    flat = pixels.ravel()
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    runs: list[int] = np.diff(np.concatenate(([0], changes, [flat.size]))).tolist()
    return [0, *runs] if flat.size and flat[0] else runs


def _two(numbers: Sequence[float], where: str) -> list[list[float]]:
    """Two (y, x) pairs."""
    if len(numbers) != 4:
        raise FormatError(f"{where}: expected 4 coordinates; found {len(numbers)}")
    pairs: list[list[float]] = corners(numbers, where, least=2).tolist()
    return pairs
