"""Outlines of YOLO-seg: one closed line a segment, also where the segment has holes or several parts."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError
from segweave.segmentation import Polygon, Rle

Corners = NDArray[np.float64]
"""(n, 2) float64: (row, column) px, not closed."""

MOST_CROSSINGS = 30_000_000
"""Pixel columns that the edges of one outline may cross in all; a real one crosses a few thousand."""
_AT_ONCE = 2_000_000


def ring_to_rle(ring: Corners, size: tuple[int, int], where: str) -> Rle | None:
    """The pixels whose centre lies inside by the even-odd rule, clipped to the image; None where there is none.

    Lines that are walked there and back cancel out exactly. Raises `FormatError` that begins with `where` beyond
    `MOST_CROSSINGS`.

    >>> ring_to_rle(np.array([(0, 1), (0, 3), (2, 3), (2, 1)], float), (2, 4), "a.txt:1").mask().astype(int).tolist()
    [[0, 1, 1, 0], [0, 1, 1, 0]]
    """
    height, width = size
    found = [np.zeros(0, np.int64)]
    for start, end, first, count in _edges(ring, width, where):
        edge = np.repeat(np.arange(len(count)), count)
        column = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + first[edge]
        slope = (end[edge, 0] - start[edge, 0]) / (end[edge, 1] - start[edge, 1])
        row = start[edge, 0] + (column + 0.5 - start[edge, 1]) * slope
        found.append(column * height + np.clip(np.ceil(row - 0.5), 0, height).astype(np.int64))
    # Run lengths go down the columns, so every crossing is a place where a run ends; two at one place end none.
    places, times = np.unique(np.concatenate(found), return_counts=True)
    places = places[times % 2 == 1]
    if not len(places):
        return None
    runs = np.diff(places, prepend=0, append=height * width).tolist()
    return Rle.from_runs(size, runs if runs[-1] else runs[:-1])


def _edges(
    ring: Corners, width: int, where: str
) -> Iterator[tuple[Corners, Corners, NDArray[np.int64], NDArray[np.int64]]]:
    """(left ends, right ends, first column, number of columns whose centres it crosses) of the edges, in batches."""
    start, end = ring, np.roll(ring, -1, axis=0)
    forward = (start[:, 1] <= end[:, 1])[:, None]
    left, right = np.where(forward, start, end), np.where(forward, end, start)
    # centres c + 0.5 with left <= centre < right
    first = np.clip(np.ceil(left[:, 1] - 0.5), 0, width).astype(np.int64)
    count = np.clip(np.ceil(right[:, 1] - 0.5), 0, width).astype(np.int64) - first
    total = np.cumsum(count)
    if total[-1] > MOST_CROSSINGS:
        raise FormatError(
            f"{where}: its outline crosses {total[-1]:,} pixel columns; expected {MOST_CROSSINGS:,} or less"
        )
    bounds = np.searchsorted(total, np.arange(0, int(total[-1]) + _AT_ONCE, _AT_ONCE), side="right").tolist()
    for low, high in zip([0, *bounds[1:]], [*bounds[1:], len(ring)], strict=True):
        yield left[low:high], right[low:high], first[low:high], count[low:high]


def joined(parts: Sequence[Polygon]) -> Corners:
    """All rings of a mask as one ring: holes and further parts hang on bridges of no width, walked there and back.

    Parts are joined as in Ultralytics' `merge_multi_segment` (ultralytics/data/converter.py): to the last corner of
    the bridge on one half of a part's ring, back on the other half. By the even-odd rule the pixels are the same.
    """
    from scipy.spatial import cKDTree

    rings = [_with_holes(part) for part in parts]
    there: list[Corners] = []
    back: list[Corners] = []
    for k in range(1, len(rings)):
        ring, following = rings[k - 1], rings[k]
        distance, corner = cKDTree(ring).query(following)
        entry = int(np.argmin(distance))
        leaves = int(corner[entry])
        there.append(ring[: leaves + 1])
        back.append(np.concatenate([ring[leaves:], ring[:1]]))
        rings[k] = np.roll(following, -entry, axis=0)
    last = rings[-1]
    return np.concatenate([*there, last, last[:1], *reversed(back)])[:-1]


def _with_holes(part: Polygon) -> Corners:
    """The outer ring; at its corner nearest to a hole it goes to the hole, around it, and back."""
    if not part.holes:
        return part.outer
    from scipy.spatial import cKDTree

    tree = cKDTree(part.outer)
    visits: dict[int, list[Corners]] = {}
    for hole in part.holes:
        distance, corner = tree.query(hole)
        entry = int(np.argmin(distance))
        visits.setdefault(int(corner[entry]), []).append(np.roll(hole, -entry, axis=0))
    pieces: list[Corners] = []
    done = 0
    for corner in sorted(visits):
        pieces.append(part.outer[done : corner + 1])
        for hole in visits[corner]:
            pieces += [hole, hole[:1], part.outer[corner : corner + 1]]
        done = corner + 1
    return np.concatenate([*pieces, part.outer[done:]])
