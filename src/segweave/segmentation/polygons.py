"""Masks as polygons and back: several parts, holes, exact to the pixel."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import InvalidSegmentation
from segweave.segmentation.segmentation import checked_size

Ring = NDArray[np.float64]
"""(n, 2) float64, n >= 3: (row, column) corners in px, not closed; pixel (r, c) covers r..r+1, c..c+1."""

_STEPS = np.array([(0, 1), (1, 0), (0, -1), (-1, 0)])  # headings 0..3: right, down, left, up
_FAR = 1e9  # px; no image is as large, and far beyond it the scan lines would overflow


@dataclass(frozen=True, slots=True, eq=False)
class Polygon:
    """One part of a mask: an outer ring and the rings of its holes, each (n, 2) (row, column) px."""

    outer: Ring
    holes: tuple[Ring, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "outer", _checked_ring(self.outer))
        object.__setattr__(self, "holes", tuple(_checked_ring(hole) for hole in self.holes))

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Polygon, (self.outer, self.holes)  # unpickling freezes the rings again


def mask_to_polygons(mask: NDArray[Any]) -> tuple[Polygon, ...]:
    """The polygons along the pixel edges of an (H, W) mask: one for each 4-connected part, in reading order.

    Exact: `polygons_to_mask` gives the mask back. Outer rings run clockwise as seen on the screen, holes the other
    way; corners only, no points along straight edges.

    >>> [part.outer.tolist() for part in mask_to_polygons(np.array([[0, 1, 1]]))]
    [[[0.0, 1.0], [0.0, 3.0], [1.0, 3.0], [1.0, 1.0]]]
    """
    from scipy.ndimage import label as components

    mask = np.asarray(mask)
    if mask.ndim != 2:
        raise InvalidSegmentation(f"a mask must be (H, W); found shape {mask.shape}")
    part_ids, n = components(mask != 0)
    outer: dict[int, Ring] = {}
    holes: dict[int, list[Ring]] = {}
    for ring, part in _trace(np.pad(part_ids, 1)):
        if _signed_area(ring) > 0:
            outer[part] = ring
        else:
            holes.setdefault(part, []).append(ring)
    return tuple(Polygon(outer[part], tuple(holes.get(part, ()))) for part in range(1, n + 1))


def polygons_to_mask(polygons: Iterable[Polygon], size: tuple[int, int]) -> NDArray[np.bool_]:
    """(H, W) bool: the pixels whose centre lies inside; a union of the polygons, holes cut out, the rest clipped.

    Inside is decided by the even-odd rule within one polygon; a centre exactly on an edge counts as inside when the
    edge is the left or upper one, so that neighbours that share an edge share no pixel.

    >>> ring = np.array([(0, 1), (0, 3), (2, 3), (2, 1)])
    >>> polygons_to_mask([Polygon(ring)], (2, 4)).astype(int).tolist()
    [[0, 1, 1, 0], [0, 1, 1, 0]]
    """
    height, width = checked_size(size)
    mask = np.zeros((height, width), bool)
    for polygon in polygons:
        corners = np.concatenate([polygon.outer, *polygon.holes])
        top, left = (int(v) for v in np.clip(np.floor(corners.min(axis=0)), 0, (height, width)))
        bottom, right = (int(v) for v in np.clip(np.ceil(corners.max(axis=0)), 0, (height, width)))
        mask[top:bottom, left:right] |= _fill([polygon.outer, *polygon.holes], (top, left, bottom, right))
    return mask


def _fill(rings: list[Ring], box: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """Scan lines through the pixel centres within `box`: each crossing flips everything to its right."""
    top, left, bottom, right = box
    crossings = np.zeros((bottom - top, right - left + 1), np.uint8)  # only odd or even counts: 256 may wrap to 0
    for ring in rings:
        start, end = ring, np.roll(ring, -1, axis=0)
        upper = np.where((start[:, 0] <= end[:, 0])[:, None], start, end)
        lower = np.where((start[:, 0] <= end[:, 0])[:, None], end, start)
        # centres r + 0.5 with upper <= centre < lower
        first = np.clip(np.ceil(upper[:, 0] - 0.5), top, bottom).astype(np.int64)
        last = np.clip(np.ceil(lower[:, 0] - 0.5), top, bottom).astype(np.int64)
        count = last - first
        edge = np.repeat(np.arange(len(ring)), count)
        row = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + first[edge]
        slope = (lower[edge, 1] - upper[edge, 1]) / (lower[edge, 0] - upper[edge, 0])
        at = upper[edge, 1] + (row + 0.5 - upper[edge, 0]) * slope
        column = np.clip(np.ceil(at - 0.5), left, right).astype(np.int64)
        np.add.at(crossings, (row - top, column - left), 1)
    inside: NDArray[np.bool_] = np.cumsum(crossings, axis=1, dtype=np.uint8)[:, :-1] % 2 == 1
    return inside


def _trace(part_ids: NDArray[np.int32]) -> list[tuple[Ring, int]]:
    """Walk along all pixel edges, the inside on the right hand; part_ids: padded by one pixel of 0.

    Returns each ring with the part it bounds, in coordinates without the padding.
    """
    inside = part_ids > 0
    width = part_ids.shape[1]
    pixel = np.arange(part_ids.size).reshape(part_ids.shape)
    starts, headings, owners = [], [], []
    for direction, (outside, corner) in enumerate(zip((-width, 1, width, -1), (0, 1, width + 1, width), strict=True)):
        here = pixel[inside]
        here = here[~inside.ravel()[here + outside]]  # the neighbour across this edge is outside
        starts.append(here + corner)  # the corner where the edge starts, named by the pixel below right of it
        headings.append(np.full(len(here), direction))
        owners.append(part_ids.ravel()[here])
    start, heading, owner = np.concatenate(starts), np.concatenate(headings), np.concatenate(owners)
    follower = _followers(start, heading, width)
    rings = []
    seen = np.zeros(len(start), bool)
    order = follower.tolist()
    for first in np.argsort(start, kind="stable").tolist():
        if seen[first]:
            continue
        path = [first]
        while (following := order[path[-1]]) != first:
            path.append(following)
        walk = np.array(path)
        seen[walk] = True
        turns = walk[heading[walk] != heading[np.roll(walk, 1)]]
        corners = np.stack(np.divmod(start[turns], width), axis=1).astype(np.float64) - 1
        rings.append((corners, int(owner[first])))
    return rings


def _followers(start: NDArray[np.int64], heading: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """For each edge the edge that follows it: the sharpest right turn, so that diagonal pixels stay apart."""
    step = _STEPS[:, 0] * width + _STEPS[:, 1]
    end = start + step[heading]
    key = start * 4 + heading
    order = np.argsort(key)
    follower = np.full(len(start), -1)
    for turn in (3, 0, 1):  # left, straight on, right: the last one found wins
        wanted = end * 4 + (heading + turn) % 4
        place = np.minimum(np.searchsorted(key, wanted, sorter=order), len(key) - 1)
        found = key[order[place]] == wanted if len(key) else np.zeros(0, bool)
        follower[found] = order[place[found]]
    return follower


def _signed_area(ring: Ring) -> float:
    row, column = ring[:, 0], ring[:, 1]
    return float(np.sum(column * np.roll(row, -1) - np.roll(column, -1) * row) / 2)


def _checked_ring(ring: NDArray[Any]) -> Ring:
    try:
        ring = np.array(ring, np.float64)
    except (ValueError, TypeError) as error:
        raise InvalidSegmentation(f"a ring must be (n >= 3, 2) numbers of (row, column): {error}") from None
    if ring.ndim != 2 or ring.shape[1] != 2 or len(ring) < 3:
        raise InvalidSegmentation(f"a ring must be (n >= 3, 2) of (row, column); found shape {ring.shape}")
    if not (np.abs(ring) <= _FAR).all():
        raise InvalidSegmentation(f"a ring has a coordinate that is not a number within +-{_FAR:g} px")
    ring.setflags(write=False)
    return ring
