"""Results of overlapping tiles put together again: segments that cross a seam become one."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from segweave.combine.tile_grid import Tile, TileGrid, shared_place
from segweave.errors import InvalidSegmentation
from segweave.labels import LabelSet
from segweave.segmentation import Segment, Segmentation
from segweave.segmentation.assemble import mean_score
from segweave.segmentation.overlap import sparse_pairs
from segweave.segmentation.segmentation import count_ids

T = TypeVar("T")

_STRIP = 1 << 22  # pixels renumbered at a time


def stitch(grid: TileGrid, results: Iterable[Segmentation], *, semantic: bool = False) -> Segmentation:
    """The result of the whole image from those of its tiles, one each in the order of `grid`.

    Each pixel is what the tile that owns it says (`tile_grid`). Things of neighbouring tiles become one where they
    have one label and share more than half of the smaller one's pixels within what both tiles show; so do chains of
    such. Of tiles that show nothing together, the lines of pixels on both sides of the seam are compared instead.
    Stuff of one label is one segment; semantic: things too, and the segments come in label order (else in the order
    of their first tile). A segment's score is the mean of its parts' scores weighted by the pixels they own.

    results: read one at a time, so that a generator needs the memory of one row of tiles. `InvalidSegmentation` for a
    result that has not its tile's size, or another label set than the first.

    >>> from segweave.combine.tile_grid import tile_grid
    >>> from segweave.labels import Label
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True),))
    >>> parts = [Segmentation(np.array([ids]), (Segment(label=0),), labels) for ids in ([0, 1, 1], [1, 1, 0])]
    >>> stitch(tile_grid((1, 5), tile=3, overlap=1), parts).ids.tolist()
    [[0, 1, 1, 1, 0]]
    """
    ids = np.zeros(grid.size, np.int32)
    parts = Parts()
    recent: deque[_Placed] = deque(maxlen=len(grid.columns))
    labels: LabelSet | None = None
    for tile, seg in zip(grid, results, strict=True):
        labels = labels or seg.labels
        check_tile(tile, seg.size, seg.labels, labels)
        owned = np.ascontiguousarray(seg.ids[tile.owned_here])
        here = _Placed(tile, seg, parts.add(seg.segments, count_ids(owned, len(seg))[1:]))
        ids[tile.owned] = owned + np.where(owned > 0, np.int32(here.first), np.int32(0))
        if not semantic:
            for before in neighbours(recent, tile):
                _join(parts, before, here)
        recent.append(here)
    assert labels is not None  # a grid has a tile
    parts.join_labels(labels, semantic=semantic)
    new_id, segments = parts.grouped(by_label=semantic)
    _renumber(ids, new_id)
    return Segmentation(ids, segments, labels)


@dataclass(slots=True)
class Parts:
    """Segments of tiles, and which of them are one.

    segments, areas: what each part is, and the pixels it owns. parents: a part that it is one with, perhaps itself.
    """

    segments: list[Segment] = field(default_factory=list)
    areas: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)

    def add(self, segments: Sequence[Segment], areas: NDArray[np.int64]) -> int:
        """Take up parts that are not yet one with any; returns the number of the first."""
        first = len(self.segments)
        self.segments += segments
        self.areas += areas.tolist()
        self.parents += range(first, first + len(segments))
        return first

    def root(self, part: int) -> int:
        """The part that stands for all that are one with this one."""
        while self.parents[part] != part:
            self.parents[part] = self.parents[self.parents[part]]
            part = self.parents[part]
        return part

    def join(self, one: int, other: int) -> None:
        """Make two parts one, and all that are one with them."""
        first, second = sorted((self.root(one), self.root(other)))
        self.parents[second] = first

    def join_labels(self, labels: LabelSet, *, semantic: bool) -> None:
        """Make the parts of each stuff label one; semantic: of each thing label too."""
        first: dict[int, int] = {}
        for part, segment in enumerate(self.segments):
            if semantic or not labels[segment.label].is_thing:
                self.join(part, first.setdefault(segment.label, part))

    def groups(self) -> list[list[int]]:
        """The parts that own pixels, those that are one together, in the order of their first."""
        groups: dict[int, list[int]] = {}
        for part, area in enumerate(self.areas):
            if area:
                groups.setdefault(self.root(part), []).append(part)
        return list(groups.values())

    def grouped(self, *, by_label: bool) -> tuple[NDArray[np.int32], tuple[Segment, ...]]:
        """(n + 1,) the new id of each part's number + 1 (0 stays 0), and the segments."""
        groups = self.groups()
        if by_label:
            groups.sort(key=lambda group: self.segments[group[0]].label)
        new_id = np.zeros(len(self.segments) + 1, np.int32)
        for number, group in enumerate(groups, start=1):
            new_id[np.array(group) + 1] = number
        return new_id, tuple(self.fused(group) for group in groups)

    def fused(self, group: Sequence[int]) -> Segment:
        """The segment that parts become together: the largest one's, with the mean score."""
        largest = self.segments[max(group, key=lambda part: self.areas[part])]
        if len(group) == 1:
            return largest
        return replace(largest, score=mean_score((self.areas[part], self.segments[part].score) for part in group))


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """A tile's result. first: the number of its first segment among all parts."""

    tile: Tile
    seg: Segmentation
    first: int


def neighbours(recent: Sequence[T], tile: Tile) -> Iterator[T]:
    """Of what the last tiles gave, as many as a row has: what belongs to the tile above, and to the one on the left."""
    if tile.rows.first:
        yield recent[0]
    if tile.columns.first:
        yield recent[-1]


def matches(
    shared: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    areas: tuple[NDArray[np.int64], NDArray[np.int64]],
    labels: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> Iterator[tuple[int, int]]:
    """Which segments of two tiles are one. shared: (first's, second's, pixels) of the pairs that share pixels; areas:
    the pixels of each segment within what both tiles show; labels: of each segment."""
    first, second, pixels = shared
    smaller = np.minimum(areas[0][first], areas[1][second])
    same = (labels[0][first] == labels[1][second]) & (2 * pixels > smaller)
    return zip(first[same].tolist(), second[same].tolist(), strict=True)


def labels_of(segments: Sequence[Segment]) -> NDArray[np.int64]:
    """(n,) the label of each segment."""
    return np.array([segment.label for segment in segments], np.int64)


def _join(parts: Parts, before: _Placed, here: _Placed) -> None:
    """Make things of two neighbours one where they are the same."""
    place_before, place_here = shared_place(before.tile, here.tile)
    first = np.ascontiguousarray(before.seg.ids[before.tile.inside(place_before)])
    second = np.ascontiguousarray(here.seg.ids[here.tile.inside(place_here)])
    n_first, n_second = len(before.seg) + 1, len(here.seg) + 1
    rows, columns, pixels = sparse_pairs(first, second, (n_first, n_second))
    areas = count_ids(first, n_first - 1), count_ids(second, n_second - 1)
    labels = labels_of((Segment(label=0), *before.seg.segments)), labels_of((Segment(label=0), *here.seg.segments))
    both = (rows > 0) & (columns > 0)
    for one, other in matches((rows[both], columns[both], pixels[both]), areas, labels):
        parts.join(before.first + one - 1, here.first + other - 1)


def check_tile(tile: Tile, size: tuple[int, int], found: LabelSet, labels: LabelSet) -> None:
    """`InvalidSegmentation` for a result that is not the tile's, or has other labels than the first tile's."""
    if size != tile.size:
        raise InvalidSegmentation(f"a tile of {tile.size} px (height, width) has a result of {size}")
    if found != labels:
        raise InvalidSegmentation(f"tiles have the labels {labels.name!r} and {found.name!r}; expected one label set")


def _renumber(ids: NDArray[np.int32], new_id: NDArray[np.int32]) -> None:
    """ids = new_id[ids], in place; afterwards nobody can write to it."""
    rows = max(1, _STRIP // max(1, ids.shape[1]))
    for top in range(0, len(ids), rows):
        ids[top : top + rows] = new_id.take(ids[top : top + rows])
    ids.setflags(write=False)
