"""Masks of overlapping tiles put together again: `stitch` for instances, which may overlap."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segweave.combine.stitch import Parts, check_tile, labels_of, matches, neighbours
from segweave.combine.tile_grid import Place, Size, Tile, TileGrid, shared_place
from segweave.labels import LabelSet
from segweave.segmentation import Instances, Rle

Mask = NDArray[np.bool_]


def stitch_instances(grid: TileGrid, results: Iterable[Instances]) -> Instances:
    """The masks of the whole image from those of its tiles, by the rules of `stitch`.

    Of each mask stay the pixels that its tile owns; a mask that owns none goes. Errors as `stitch`'s.

    >>> from segweave.combine.tile_grid import tile_grid
    >>> from segweave.labels import Label
    >>> from segweave.segmentation import Segment
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True),))
    >>> masks = [Rle.from_mask(np.array([mask])) for mask in ([0, 1, 1], [1, 1, 0])]
    >>> parts = [Instances((1, 3), (mask,), (Segment(label=0),), labels) for mask in masks]
    >>> stitch_instances(tile_grid((1, 5), tile=3, overlap=1), parts).masks[0].mask().astype(int).tolist()
    [[0, 1, 1, 1, 0]]
    """
    parts = Parts()
    pieces: list[_Piece] = []
    recent: deque[_Cut] = deque(maxlen=len(grid.columns))
    labels: LabelSet | None = None
    for tile, found in zip(grid, results, strict=True):
        labels = labels or found.labels
        check_tile(tile, found.size, found.labels, labels)
        here = _cut(tile, found, first=len(pieces))
        owned = [piece.within(tile.owned) for piece in here.pieces]
        parts.add(found.segments, np.array([piece.mask.sum() for piece in owned], np.int64))
        for before in neighbours(recent, tile):
            _join(parts, before, here)
        pieces += owned
        recent.append(here)
    assert labels is not None  # a grid has a tile
    groups = parts.groups()
    masks = tuple(_union([pieces[part] for part in group], grid.size) for group in groups)
    return Instances(grid.size, masks, tuple(parts.fused(group) for group in groups), labels)


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """A mask within its box. top, left: of the box in the image. mask: (h, w) bool."""

    top: int
    left: int
    mask: Mask

    @property
    def box(self) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) in the image."""
        return self.top, self.left, self.top + self.mask.shape[0], self.left + self.mask.shape[1]

    def within(self, place: Place) -> "_Piece":
        """What lies in a place of the image."""
        rows, columns = place
        top, left = max(self.top, rows.start), max(self.left, columns.start)
        bottom, right = max(top, min(self.box[2], rows.stop)), max(left, min(self.box[3], columns.stop))
        return _Piece(top, left, self.mask[top - self.top : bottom - self.top, left - self.left : right - self.left])

    def moved(self, down: int, right: int) -> "_Piece":
        """The same mask elsewhere."""
        return _Piece(self.top + down, self.left + right, self.mask)


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """A tile's masks in the image. first: the number of its first mask among all parts. labels: (n,) of the masks."""

    tile: Tile
    pieces: tuple[_Piece, ...]
    first: int
    labels: NDArray[np.int64]


def _cut(tile: Tile, found: Instances, *, first: int) -> _Cut:
    pieces = []
    for mask, (top, left, bottom, right) in zip(found.masks, found.boxes().tolist(), strict=True):
        inside = mask.mask()[top:bottom, left:right].copy()
        pieces.append(_Piece(top + tile.rows.start, left + tile.columns.start, inside))
    return _Cut(tile, tuple(pieces), first, labels_of(found.segments))


def _join(parts: Parts, before: _Cut, here: _Cut) -> None:
    """Make masks of two neighbours one where they are the same."""
    place_before, place_here = shared_place(before.tile, here.tile)
    down, right = (a.start - b.start for a, b in zip(place_before, place_here, strict=True))
    first = [piece.within(place_before) for piece in before.pieces]
    second = [piece.within(place_here).moved(down, right) for piece in here.pieces]
    areas = tuple(np.array([piece.mask.sum() for piece in side], np.int64) for side in (first, second))
    shared = _shared_pixels(first, second)
    for one, other in matches(shared, (areas[0], areas[1]), (before.labels, here.labels)):
        parts.join(before.first + one, here.first + other)


def _shared_pixels(
    first: Sequence[_Piece], second: Sequence[_Piece]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(first's, second's, pixels) of the pairs whose boxes meet."""
    boxes, others = (np.array([p.box for p in side], np.int64).reshape(-1, 4) for side in (first, second))
    meet = (np.maximum(boxes[:, None, :2], others[:, :2]) < np.minimum(boxes[:, None, 2:], others[:, 2:])).all(axis=2)
    pairs = np.argwhere(meet)
    pixels = np.zeros(len(pairs), np.int64)
    for k, (one, other) in enumerate(pairs.tolist()):
        top, left, bottom, right = second[other].box
        window = slice(top, bottom), slice(left, right)
        common, same = first[one].within(window), second[other]
        place = slice(common.top - top, common.box[2] - top), slice(common.left - left, common.box[3] - left)
        pixels[k] = np.count_nonzero(common.mask & same.mask[place])
    return pairs[:, 0], pairs[:, 1], pixels


def _union(pieces: Sequence[_Piece], size: Size) -> Rle:
    """The pixels of all pieces, as a mask of an image of (height, width) px."""
    boxes = np.array([piece.box for piece in pieces])
    (top, left), (bottom, right) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    whole = np.zeros((bottom - top, right - left), np.bool_)
    for piece in pieces:
        whole[piece.top - top : piece.box[2] - top, piece.left - left : piece.box[3] - left] |= piece.mask
    return _placed(whole, (int(top), int(left)), size)


def _placed(mask: Mask, corner: tuple[int, int], size: Size) -> Rle:
    """An (h, w) mask with its upper left corner at `corner` of an otherwise empty image of `size`, never built."""
    height, width = size
    padded = np.zeros((mask.shape[1], mask.shape[0] + 2), np.int8)  # a column a row; none runs into the next
    padded[:, 1:-1] = mask.T
    changes = np.diff(padded, axis=1)
    columns, starts = np.nonzero(changes == 1)
    ends = np.nonzero(changes == -1)[1]
    offsets = (columns + corner[1]) * height + corner[0]
    edges = np.stack([offsets + starts, offsets + ends], axis=1).reshape(-1)
    edges = np.concatenate([[0], edges, [height * width]])
    runs = np.diff(edges)
    inner = np.flatnonzero(runs[1:-1] == 0) + 1  # a run that goes on in the next column
    if len(inner):
        keep = np.ones(len(edges), np.bool_)
        keep[inner], keep[inner + 1] = False, False
        runs = np.diff(edges[keep])
    return Rle.from_runs(size, (runs if runs[-1] or len(runs) == 1 else runs[:-1]).tolist())
