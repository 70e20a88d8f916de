"""Maps on one grid brought to another, linearly along each side."""

import numpy as np
from numpy.typing import NDArray

from segweave.models.preprocess import Size
from segweave.models.upsample import Maps

Positions = NDArray[np.float64]
"""(k,) where along a side of a grid something is read, in cells: 0 is the centre of the first one."""


def on_grid(maps: Maps, size: Size) -> Maps:
    """(n, h, w) maps read at the cell centres of a grid of (height, width) cells over the same photograph.

    >>> on_grid(np.array([[[0.0, 1.0]]], np.float32), (1, 4)).tolist()
    [[[0.0, 0.25, 0.75, 1.0]]]
    """
    if maps.shape[1:] == size:
        return maps
    rows, columns = (cells(new, old) for new, old in zip(size, maps.shape[1:], strict=True))
    return sampled(maps, rows, columns)


def cells(new: int, old: int) -> Positions:
    """(new,) where the centres of `new` equal parts of a side lie among `old` cells over the same side."""
    positions: Positions = (np.arange(new) + 0.5) * old / new - 0.5
    return positions


def sampled(maps: Maps, rows: Positions, columns: Positions) -> Maps:
    """(n, len(rows), len(columns)) float32: bilinear between cell centres, the border cells' own value beyond them.

    What sums to 1 over the maps still does.
    """
    return _along(_along(maps, rows, axis=1), columns, axis=2)


def _along(maps: Maps, positions: Positions, *, axis: int) -> Maps:
    last = maps.shape[axis] - 1
    inside = np.clip(positions, 0, last)
    before = np.floor(inside).astype(np.int64)
    shape = [1, 1, 1]
    shape[axis] = -1
    weight = (inside - before).astype(np.float32).reshape(shape)
    first = maps.take(before, axis=axis)
    between: Maps = first + weight * (maps.take(np.minimum(before + 1, last), axis=axis) - first)
    return between
