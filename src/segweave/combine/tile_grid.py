"""How a large image is cut into tiles that overlap, and which tile has the say where."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from segweave.errors import UsageError

Size = tuple[int, int]
"""(height, width) px."""

Place = tuple[slice, slice]
"""Rows and columns of an array."""


@dataclass(frozen=True, slots=True)
class Span:
    """A tile along one side of the image, px, half-open: it shows start..stop and has the say in first..last."""

    start: int
    stop: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile: its rows and its columns."""

    rows: Span
    columns: Span

    @property
    def shown(self) -> Place:
        """What it shows of the image."""
        return slice(self.rows.start, self.rows.stop), slice(self.columns.start, self.columns.stop)

    @property
    def owned(self) -> Place:
        """Where in the image it has the say: where no other tile's centre is nearer."""
        return slice(self.rows.first, self.rows.last), slice(self.columns.first, self.columns.last)

    @property
    def owned_here(self) -> Place:
        """`owned`, counted from the tile's own corner."""
        return self.inside(self.owned)

    @property
    def size(self) -> Size:
        """(height, width) px of what it shows."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start

    def inside(self, place: Place) -> Place:
        """A place of the image, counted from the tile's own corner."""
        rows, columns = place
        top, left = self.rows.start, self.columns.start
        return slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)


@dataclass(frozen=True, slots=True)
class TileGrid:
    """The tiles of an image of `size`, row by row when iterated. rows, columns: their spans along the sides."""

    size: Size
    rows: tuple[Span, ...]
    columns: tuple[Span, ...]

    def __len__(self) -> int:
        """Number of tiles."""
        return len(self.rows) * len(self.columns)

    def __iter__(self) -> Iterator[Tile]:
        return (Tile(rows, columns) for rows in self.rows for columns in self.columns)


def tile_grid(size: Size, *, tile: int, overlap: int) -> TileGrid:
    """Cut an image of (height, width) px into square tiles of `tile` px; neighbours share at least `overlap` px.

    All tiles are equally large, and evenly spaced; a side shorter than `tile` is not cut. Each pixel is owned by the
    tile whose centre is nearest to it along each side (the upper, the left one at a tie): neighbours part in the
    middle of what they share. `UsageError` unless 0 <= overlap <= tile / 2.

    >>> grid = tile_grid((8, 20), tile=8, overlap=2)
    >>> len(grid), grid.rows
    (3, (Span(start=0, stop=8, first=0, last=8),))
    >>> [(span.start, span.stop, span.first, span.last) for span in grid.columns]
    [(0, 8, 0, 7), (6, 14, 7, 13), (12, 20, 13, 20)]
    """
    check_tiles(tile, overlap)
    rows, columns = (_spans(length, tile, overlap) for length in size)
    return TileGrid(size, rows, columns)


def check_tiles(tile: int, overlap: int) -> None:
    """`UsageError` for tiles that cannot be."""
    if tile < 1:
        raise UsageError(f"a tile is at least 1 px wide; found {tile}")
    if not 0 <= 2 * overlap <= tile:
        raise UsageError(f"tiles of {tile} px overlap by 0 to {tile // 2} px; found {overlap}")


def shared_place(first: Tile, second: Tile) -> tuple[Place, Place]:
    """The pixels of the image by which two neighbours are compared: what both show, once for each of them.

    Tiles that share nothing meet at a line: for the first one it is the last line of its own pixels, for the second
    one the first line.
    """
    rows = _shared(first.rows, second.rows)
    columns = _shared(first.columns, second.columns)
    return (rows[0], columns[0]), (rows[1], columns[1])


def _shared(first: Span, second: Span) -> tuple[slice, slice]:
    if second.start < first.stop:
        both = slice(second.start, first.stop)
        return both, both
    return slice(first.stop - 1, first.stop), slice(second.start, second.start + 1)


def _spans(length: int, tile: int, overlap: int) -> tuple[Span, ...]:
    if length <= tile:
        return (Span(0, length, 0, length),)
    n = -(-(length - overlap) // (tile - overlap))
    starts = [k * (length - tile) // (n - 1) for k in range(n)]
    # a pixel p, with its centre at p + 0.5, is the earlier tile's up to the middle of the shared part
    cuts = [0, *((later + earlier + tile + 1) // 2 for earlier, later in pairwise(starts)), length]
    owned = zip(starts, pairwise(cuts), strict=True)
    return tuple(Span(start, start + tile, first, last) for start, (first, last) in owned)
