"""New shapes for a mask, which labelme's rule fills with the very same pixels."""

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segweave.formats.outlines import outline
from segweave.formats.png import encode_indices
from segweave.segmentation import Rle

_MOST_PARTS = 32
"""A segment of more parts is one `mask` shape: nobody wants to edit them one by one."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One shape. points: [x, y] px, of a mask its box, both corners inclusive. mask: a base64 PNG or None."""

    points: list[list[int]]
    shape_type: str
    mask: str | None


def drawn(mask: Rle) -> list[Drawn]:
    """A polygon for each part that one fits exactly, and one `mask` for all other parts: holes, thin tips.

    >>> square = np.zeros((4, 5), bool)
    >>> square[1:3, 1:4] = True
    >>> drawn(Rle.from_mask(square))
    [Drawn(points=[[1, 1], [3, 1], [3, 2], [1, 2]], shape_type='polygon', mask=None)]
    """
    from scipy.ndimage import find_objects
    from scipy.ndimage import label as components

    top, left, bottom, right = mask.box()
    window = mask.mask()[top:bottom, left:right]
    parts, n = components(window, np.ones((3, 3), int))
    if n > _MOST_PARTS:
        return [_mask(window, top, left)]
    found: list[Drawn] = []
    others = np.zeros_like(window)
    for k, box in enumerate(find_objects(parts), start=1):
        part = parts[box] == k
        polygon = _polygon(part, top + box[0].start, left + box[1].start)
        if polygon is None:
            others[box] |= part
        else:
            found.append(polygon)
    if others.any():
        rows, columns = np.flatnonzero(others.any(axis=1)), np.flatnonzero(others.any(axis=0))
        first = int(rows[0]), int(columns[0])
        crop = others[first[0] : rows[-1] + 1, first[1] : columns[-1] + 1]
        found.append(_mask(crop, top + first[0], left + first[1]))
    return found


def _polygon(part: NDArray[np.bool_], top: int, left: int) -> Drawn | None:
    """part: cropped; its first pixel is at (top, left). It stays in its column, on which the rounding depends."""
    corners = outline(np.pad(part, ((0, 0), (left, 0))))
    if corners is None:
        return None
    return Drawn((corners[:, ::-1] + (0, top)).tolist(), "polygon", None)


def _mask(window: NDArray[np.bool_], top: int, left: int) -> Drawn:
    png = encode_indices(window.astype(np.uint8), palette=None)
    height, width = window.shape
    box = [[left, top], [left + width - 1, top + height - 1]]
    return Drawn(box, "mask", base64.b64encode(png).decode("ascii"))
