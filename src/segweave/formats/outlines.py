"""Polygons through pixel centres, filled by Pillow's rule: what labelme and Cityscapes' own tools draw.

The rule of Pillow's `ImageDraw.polygon` (src/libImaging/Draw.c, `polygon_generic`): corners are cut to whole pixels
towards zero, and the pixels on the outline belong to the shape. With fill and outline of one value, as labelme asks for
(labelme/utils/shape.py), or with a fill alone (cityscapesScripts, json2labelImg.py), the pixels are the same.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError
from segweave.segmentation.segmentation import checked_size

Outline = NDArray[np.int64]
"""(n, 2) int64, n >= 3: (row, column) of pixels, not closed."""

_FARTHEST = 10_000_000  # px; beyond it Pillow's C integers and floats would overflow
MOST_DRAWN_CORNERS = 100_000
"""Of one polygon; Pillow looks at every edge in every row, so that more would take minutes."""


def pillow_filled(corners: NDArray[Any], size: tuple[int, int]) -> NDArray[np.bool_]:
    """(H, W) bool: the pixels that `ImageDraw.polygon(xy, outline=1, fill=1)` paints.

    corners: (n, 2) numbers (row, column), anywhere; clipped to the image. No corner or one encloses nothing. Raises
    `FormatError` for what is no finite number and for more than `MOST_DRAWN_CORNERS`.

    >>> pillow_filled(np.array([(0, 1), (0, 2.9), (1, 1)]), (3, 4)).astype(int).tolist()
    [[0, 1, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    """
    height, width = checked_size(size)
    pixels = _whole_corners(corners)
    mask = np.zeros((height, width), bool)
    if len(pixels) < 2:
        return mask
    # Only the rows it reaches; the columns keep their number, on which Pillow's rounding depends.
    top, left = (int(v) for v in np.maximum(pixels.min(axis=0), 0))
    bottom, right = (int(v) for v in np.minimum(pixels.max(axis=0) + 2, (height, width)))
    if top >= bottom or left >= right:
        return mask
    drawn = pillow_painted([pixels - (top, 0)], (bottom - top, right))
    mask[top:bottom, :right] = drawn != 0
    return mask


def pillow_painted(polygons: Sequence[NDArray[Any]], size: tuple[int, int]) -> NDArray[np.int32]:
    """(H, W) int32: 0, or k where `polygons[k - 1]` is the last one painted; each as in `pillow_filled`.

    >>> square, dot = np.array([(0, 0), (0, 1), (1, 1), (1, 0)]), np.array([(1, 1)] * 3)
    >>> pillow_painted([square, dot], (2, 3)).tolist()
    [[1, 1, 0], [1, 2, 0]]
    """
    from PIL import Image, ImageDraw

    height, width = checked_size(size)
    few = len(polygons) < 256
    image = Image.new("L" if few else "I", (width, height), 0)
    pen = ImageDraw.Draw(image)
    for k, corners in enumerate(polygons, start=1):
        pixels = _whole_corners(corners)
        if len(pixels) > 1 and height and width:
            pen.polygon(pixels[:, ::-1].ravel().tolist(), fill=k)
    painted: NDArray[np.int32] = np.array(image).astype(np.int32, copy=False)
    return painted


def outline(mask: NDArray[np.bool_]) -> Outline | None:
    """The polygon through the centres of a mask's outermost pixels, or None where no such polygon gives the mask back.

    `pillow_filled(outline(mask), mask.shape)` is the mask, every pixel of it. mask: (H, W) bool. None for a mask of
    several 8-connected parts, for one with holes, for an empty one, and for shapes that Pillow fills otherwise, such as
    some with tips one pixel thin. Corners only, no points along straight runs, at least three.

    >>> square = np.zeros((4, 5), bool)
    >>> square[1:3, 1:4] = True
    >>> outline(square).tolist()
    [[1, 1], [1, 3], [2, 3], [2, 1]]
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    top, left = int(rows[0]), int(columns[0])
    window = mask[top : rows[-1] + 1, left : columns[-1] + 1]
    border = _border(window)
    if border is None:
        return None
    corners = _corners_only(border)
    if len(corners) > MOST_DRAWN_CORNERS:
        return None
    corners += (top, left)
    # Filled where it will stand, not in the window: rounding depends on the column.
    drawn = pillow_filled(corners - (top, 0), (len(window), left + window.shape[1]))
    if not np.array_equal(drawn[:, left:], window) or drawn[:, :left].any():
        return None
    return corners


def _whole_corners(corners: NDArray[Any]) -> NDArray[np.int64]:
    if len(corners) > MOST_DRAWN_CORNERS:
        raise FormatError(f"a polygon has {len(corners):,} corners; expected at most {MOST_DRAWN_CORNERS:,}")
    numbers = np.asarray(corners)
    if not numbers.size:
        return np.zeros((0, 2), np.int64)
    if numbers.ndim != 2 or numbers.shape[1] != 2 or numbers.dtype.kind not in "iuf" or not np.isfinite(numbers).all():
        raise FormatError(f"a polygon must be (n, 2) finite numbers; found {numbers.dtype} of shape {numbers.shape}")
    pixels: NDArray[np.int64] = np.trunc(np.clip(numbers, -_FARTHEST, _FARTHEST)).astype(np.int64)
    return pixels


def _border(inside: NDArray[np.bool_]) -> NDArray[np.int64] | None:
    """(n, 2) pixels along the border of the only 8-connected part, clockwise; None where there are several borders.

    Walks along the pixel edges with the inside on the right hand, left turns first, so that diagonal pixels hang
    together. Each edge is named by its pixel and its side: 4 * pixel + (0 upper, 1 right, 2 lower, 3 left).
    """
    padded = np.pad(inside, 1)
    flat, width = padded.ravel(), padded.shape[1]
    ahead = (1, width, -1, -width)  # the neighbour in walking direction, along side 0..3
    across = (-width, 1, width, -1)  # the neighbour on the other side of it
    edges, followers = [], []
    for side in range(4):
        other = flat[width + 1 + across[side] : flat.size - width - 1 + across[side]]
        here = np.flatnonzero(flat[width + 1 : -width - 1] & ~other) + width + 1
        straight, diagonal = here + ahead[side], here + ahead[side] + across[side]
        on = np.where(flat[straight], 4 * straight + side, 4 * here + (side + 1) % 4)
        edges.append(4 * here + side)
        followers.append(np.where(flat[diagonal], 4 * diagonal + (side + 3) % 4, on))
    edge, follower = np.concatenate(edges), np.concatenate(followers)
    order = np.argsort(edge)
    edge, follower = edge[order], follower[order]
    following = np.searchsorted(edge, follower).tolist()
    walk = [0]
    while place := following[walk[-1]]:
        walk.append(place)
    if len(walk) != len(edge):
        return None
    met: NDArray[np.int64] = edge[walk] // 4
    met = met[np.concatenate(([True], met[1:] != met[:-1]))]
    met = met[:-1] if len(met) > 1 and met[0] == met[-1] else met
    return np.stack(np.divmod(met, width), axis=1) - 1


def _corners_only(border: NDArray[np.int64]) -> Outline:
    """The pixels where the walk turns; of one or two pixels the last repeated, because a polygon has three corners."""
    coming = border - np.roll(border, 1, axis=0)
    going = np.roll(border, -1, axis=0) - border
    turning = (coming != going).any(axis=1)
    corners = border[turning] if turning.any() else border
    if len(corners) < 3:
        corners = np.concatenate([corners, np.repeat(corners[-1:], 3 - len(corners), axis=0)])
    return corners.copy()
