"""Bands along contours: the pixels of each segment that lie near its edge (Cheng et al. 2021, "Boundary IoU", §4)."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.segmentation.overlap import sparse_pairs
from segweave.segmentation.overlap_table import UNLISTED, ImageKey, OverlapTable, Side, overlap_table
from segweave.segmentation.segmentation import Ids, Segmentation

Bools = NDArray[np.bool_]


def band_width(size: tuple[int, int], *, ratio: float = 0.02) -> int:
    """How wide a band is, px: a share of the image's diagonal, at least 1. size: (height, width) px."""
    return max(1, round(ratio * math.hypot(*size)))


def contour(ids: Ids) -> Bools:
    """(H, W) bool: pixels with one of another id among their 8 neighbours, and those at the image's border."""
    inside = np.zeros(ids.shape, np.bool_)
    if min(ids.shape) < 3:
        return ~inside
    middle = ids[1:-1, 1:-1]
    height, width = ids.shape
    same = np.ones(middle.shape, np.bool_)
    for down in range(3):
        for right in range(3):
            same &= middle == ids[down : height - 2 + down, right : width - 2 + right]
    inside[1:-1, 1:-1] = same
    return ~inside


def band(ids: Ids, width: int) -> Bools:
    """(H, W) bool: pixels from which another id, or the outside of the image, is at most `width` px away.

    Distances are those of a king on a chessboard, so that the band of each id is its mask less the mask eroded `width`
    times by 3 x 3, as in the paper's own code; all ids at once.

    >>> band(np.array([[1] * 9] * 9, np.int32), 3)[4].tolist()
    [True, True, True, False, False, False, True, True, True]
    """
    near = contour(ids)
    for axis in (0, 1):
        near = _spread(near, width - 1, axis)
    return near


def band_table(truth: Segmentation, prediction: Segmentation, image: ImageKey, *, ratio: float = 0.02) -> OverlapTable:
    """The table of the bands of two results: the rows of `overlap_table`, and one for what lies inside.

    area and stated are those of the bands; pixels of segments that are in no band are in the last row of their side,
    which is `UNLISTED`; void stays void. Raises `InvalidSegmentation` when the sizes differ.
    """
    whole = overlap_table(truth, prediction, image)
    width = band_width(truth.size, ratio=ratio)
    first, second = _banded(truth, width), _banded(prediction, width)
    shape = len(truth) + 2, len(prediction) + 2
    rows, columns, pixels = sparse_pairs(first, second, shape)
    return OverlapTable(
        images=whole.images,
        truth=_side(whole.truth, np.bincount(rows, pixels, shape[0])),
        prediction=_side(whole.prediction, np.bincount(columns, pixels, shape[1])),
        truth_row=rows,
        prediction_row=columns,
        pixels=pixels,
    )


def _banded(seg: Segmentation, width: int) -> Ids:
    inside = ~band(seg.ids, width) & (seg.ids > 0)
    return np.where(inside, np.int32(len(seg) + 1), seg.ids)


def _side(side: Side, area: NDArray[Any]) -> Side:
    counted = area.astype(np.int64)
    return Side(
        labels=side.labels,
        image=np.append(side.image, 0),
        label=np.append(side.label, UNLISTED),
        crowd=np.append(side.crowd, False),
        area=counted,
        stated=area.astype(np.float64),
    )


def _spread(marked: Bools, reach: int, axis: int) -> Bools:
    """Pixels with a marked one at most `reach` away along an axis; the reach doubles with every step."""
    lines = np.moveaxis(marked, axis, 0)
    n = len(lines)
    window = np.zeros((n + 2 * reach, *lines.shape[1:]), np.bool_)
    window[reach : reach + n] = lines
    covered = 1
    while covered < 2 * reach + 1:
        step = min(covered, 2 * reach + 1 - covered)
        window[:-step] |= window[step:]
        covered += step
    return np.moveaxis(window[:n], 0, axis)
