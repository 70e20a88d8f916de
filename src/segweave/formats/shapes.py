"""Corners as annotation files write them (x before y, flat lists or pairs) and what they enclose."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError
from segweave.formats.json_parts import shown
from segweave.segmentation import Polygon, polygons_to_mask

FARTHEST = 1e7
"""px; a coordinate beyond it is a mistake, whatever the image."""

MOST_CORNERS = 1_000_000
MOST_CROSSINGS = 20_000_000
"""Pixel rows that the edges of all rings may cross in all; real outlines cross a few thousand."""


def corners(numbers: object, where: str, *, least: int = 3) -> NDArray[np.float64]:
    """A flat list x1, y1, x2, y2, ... as (n, 2) float64 (row, column) px, n >= least.

    Raises `FormatError` that begins with `where` for an odd count, too few or too many corners, and for what is no
    finite number within +-`FARTHEST`.

    >>> corners([1, 2, 3.5, 4, 5, 6], "a.json").tolist()
    [[2.0, 1.0], [4.0, 3.5], [6.0, 5.0]]
    """
    if not isinstance(numbers, Sequence) or isinstance(numbers, (str, bytes)) or len(numbers) % 2:
        raise FormatError(f"{where}: expected a list of numbers x1, y1, x2, y2, ...; found {shown(numbers)}")
    if not 2 * least <= len(numbers) <= 2 * MOST_CORNERS:
        raise FormatError(f"{where}: expected {least} to {MOST_CORNERS:,} corners; found {len(numbers) // 2}")
    for number in numbers:
        good = isinstance(number, (int, float)) and not isinstance(number, bool)
        if not good or not abs(number) <= FARTHEST:  # NaN is not, either
            raise FormatError(f"{where}: expected coordinates within +-{FARTHEST:g}; found {shown(number)}")
    pairs = np.array(numbers, np.float64).reshape(-1, 2)
    return pairs[:, ::-1]


def filled(rings: Sequence[NDArray[np.float64]], size: tuple[int, int], *, where: str = "") -> NDArray[np.bool_]:
    """(H, W) bool: the pixels whose centre lies in one of the rings, each (n, 2) (row, column) px; clipped.

    Raises `FormatError` that begins with `where` for outlines that zigzag beyond `MOST_CROSSINGS`.
    """
    inside = [np.clip(ring[:, 0], 0, size[0]) for ring in rings]
    crossings = sum(float(np.abs(np.diff(rows, append=rows[:1])).sum()) for rows in inside)
    if crossings > MOST_CROSSINGS:
        raise FormatError(
            f"{where}: the outline crosses {crossings:,.0f} pixel rows; expected {MOST_CROSSINGS:,} or less"
        )
    return polygons_to_mask([Polygon(ring) for ring in rings], size)
