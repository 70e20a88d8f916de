"""Where names go: each inside its own segment, so that no two can ever overlap."""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segweave.draw.oklab import Rgb
from segweave.draw.text import draw_on_photo, extent, letters, stroke_width
from segweave.labels import Language
from segweave.segmentation import Segmentation

Cells = NDArray[np.int32]

_SMALLEST = 9  # px; below it, kanji and Hangul run together


@dataclass(frozen=True, slots=True)
class PlacedName:
    """A segment's name and where it is drawn.

    segment: index into `segments`. size: px to the em. box: (top, left, bottom, right) px, half-open, of the ink with
    its stroke; every pixel of it belongs to the segment.
    """

    segment: int
    text: str
    size: int
    box: tuple[int, int, int, int]


def place_names(seg: Segmentation, *, language: Language = "en") -> tuple[PlacedName, ...]:
    """A place for the name of every segment that has room for it, largest segment first.

    Letters have 2.2 % of the image's shorter side (at least 11 px), up to 1.6 times that in large segments, down to
    0.8 times (at least 9 px) in small ones; where that does not fit there is no name.
    """
    from scipy.ndimage import find_objects

    base = max(11, round(0.022 * min(seg.size)))
    rows, columns = max(1, base // 5), max(1, 2 * base // 5)
    cells = _uniform_cells(seg.ids, rows, columns)
    if not cells.size:
        return ()
    placed: list[PlacedName] = []
    windows = find_objects(cells, max_label=len(seg))
    for k in np.argsort(-seg.areas(), kind="stable").tolist():
        window = windows[k]
        if window is None:
            continue
        text = seg.labels[seg.segments[k].label].display_name(language)
        found = _place(cells[window] == k + 1, text, base, (rows, columns))
        if found is not None:
            size, top, left = found
            top, left = top + window[0].start * rows, left + window[1].start * columns
            height, width = extent(text, size, stroke_width(size))
            placed.append(PlacedName(k, text, size, (top, left, top + height, left + width)))
    return tuple(placed)


def draw_names(canvas: Rgb, placed: tuple[PlacedName, ...]) -> None:
    """Draw names where `place_names` put them; white or black, with a stroke."""
    for name in placed:
        draw_on_photo(canvas, name.box[:2], letters(name.text, name.size, stroke_width(name.size)))


def _uniform_cells(ids: NDArray[np.int32], rows: int, columns: int) -> Cells:
    """The id of each cell of rows x columns px that lies in one segment altogether; 0 for all other cells."""
    height, width = ids.shape[0] // rows, ids.shape[1] // columns
    bands = ids[: height * rows, : width * columns].reshape(height, rows, width * columns)
    if not bands.size:
        return np.zeros((0, 0), np.int32)
    low, high = bands.min(axis=1), bands.max(axis=1)
    lowest, highest = low[:, ::columns].copy(), high[:, ::columns].copy()
    for k in range(1, columns):
        np.minimum(lowest, low[:, k::columns], out=lowest)
        np.maximum(highest, high[:, k::columns], out=highest)
    lowest[lowest != highest] = 0
    return np.asarray(lowest)


def _place(inside: NDArray[np.bool_], text: str, base: int, cell: tuple[int, int]) -> tuple[int, int, int] | None:
    """(size, top, left) px within the window, or None. inside: (h, w) bool cells.

    The choices go from large letters with much air to small letters with none; a fit is sought by halving, for
    the needed room only shrinks along the list. Of all places that fit, the one nearest the segment's middle wins.
    """
    small = max(_SMALLEST, 0.8 * base)
    choices = [(1.6 * base, 2.5), (1.6 * base, 1.7), (1.3 * base, 1.6), (1.0 * base, 1.6), (1.0 * base, 1.2)]
    choices += [(1.0 * base, 1.0), (small, 1.0)]
    tables: list[tuple[int, tuple[int, int]]] = []
    for wanted, air in choices:
        size = round(wanted)
        height, width = extent(text, size, stroke_width(size))
        tables.append((size, (-int(-height * air // cell[0]), -int(-width * air // cell[1]))))
    if inside.shape[0] < tables[-1][1][0] or inside.shape[1] < tables[-1][1][1]:
        return None
    sums = np.zeros((inside.shape[0] + 1, inside.shape[1] + 1), np.int32)
    inside.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, out=sums[1:, 1:])
    best = bisect_left(range(len(tables)), True, key=lambda k: bool(_fits(sums, tables[k][1]).any()))
    if best == len(tables):
        return None
    size, room = tables[best]
    row, column = _most_central(inside, _fits(sums, room), room, cell)
    height, width = extent(text, size, stroke_width(size))
    return size, row * cell[0] + (room[0] * cell[0] - height) // 2, column * cell[1] + (room[1] * cell[1] - width) // 2


def _fits(sums: Cells, room: tuple[int, int]) -> NDArray[np.bool_]:
    """(rows, columns) bool: whether `room` cells from here down and right are all inside. sums: summed-area table."""
    down, right = room
    if down >= sums.shape[0] or right >= sums.shape[1]:
        return np.zeros((0, 0), bool)
    full = sums[down:, right:] - sums[:-down, right:] - sums[down:, :-right] + sums[:-down, :-right]
    return np.asarray(full == down * right)


def _most_central(
    inside: NDArray[np.bool_], fits: NDArray[np.bool_], room: tuple[int, int], cell: tuple[int, int]
) -> tuple[int, int]:
    total = inside.sum()
    middle_row = (inside.sum(axis=1) @ np.arange(inside.shape[0])) / total
    middle_column = (inside.sum(axis=0) @ np.arange(inside.shape[1])) / total
    rows, columns = np.nonzero(fits)
    down = (rows + room[0] / 2 - middle_row - 0.5) * cell[0]
    right = (columns + room[1] / 2 - middle_column - 0.5) * cell[1]
    nearest = int(np.argmin(down**2 + right**2))
    return int(rows[nearest]), int(columns[nearest])
