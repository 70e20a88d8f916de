"""How an image is cut into tiles: everything is shown, every pixel has one owner, the nearest centre's."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from combine.tiles import cuts
from segweave.combine.tile_grid import shared_place, tile_grid
from segweave.errors import UsageError

SIZES = st.tuples(st.integers(1, 60), st.integers(1, 60))


@given(SIZES, cuts(least_overlap=0))
def test_every_pixel_has_one_owner_which_shows_it(size: tuple[int, int], cut: tuple[int, int]):
    grid = tile_grid(size, tile=cut[0], overlap=cut[1])
    owners = np.zeros(size, int)
    for tile in grid:
        owners[tile.owned] += 1
        assert tile.size == (min(size[0], cut[0]), min(size[1], cut[0]))
        assert 0 <= tile.rows.start <= tile.rows.first < tile.rows.last <= tile.rows.stop <= size[0]
        assert np.zeros(tile.size)[tile.owned_here].shape == owners[tile.owned].shape
    assert (owners == 1).all()
    assert len(list(grid)) == len(grid)


@given(st.integers(1, 80), cuts(least_overlap=0))
def test_the_owner_has_the_nearest_centre(length: int, cut: tuple[int, int]):
    spans = tile_grid((1, length), tile=cut[0], overlap=cut[1]).columns
    centres = np.array([(span.start + span.stop) / 2 for span in spans])
    for pixel in range(length):
        nearest = np.abs(centres - (pixel + 0.5)).argmin()  # the first of equals
        assert spans[nearest].first <= pixel < spans[nearest].last


@given(SIZES, cuts(least_overlap=0))
def test_neighbours_share_at_least_the_overlap_and_no_tile_is_too_many(size: tuple[int, int], cut: tuple[int, int]):
    grid = tile_grid(size, tile=cut[0], overlap=cut[1])
    for spans, length in ((grid.rows, size[0]), (grid.columns, size[1])):
        for before, after in pairwise(spans):
            assert before.stop - after.start >= cut[1]
        fewer = len(spans) - 1
        assert fewer == 0 or fewer * cut[0] - (fewer - 1) * cut[1] < length


@given(SIZES, cuts(least_overlap=0))
def test_neighbours_are_compared_by_what_both_show(size: tuple[int, int], cut: tuple[int, int]):
    grid = tile_grid(size, tile=cut[0], overlap=cut[1])
    tiles = list(grid)
    for before, after in pairwise(tiles):
        if before.rows is not after.rows:
            continue
        (rows, first), (rows_again, second) = shared_place(before, after)
        assert rows == rows_again == before.shown[0]
        assert first.stop - first.start == second.stop - second.start > 0
        if after.columns.start < before.columns.stop:
            assert first == second == slice(after.columns.start, before.columns.stop)
        else:
            assert (first.stop, second.start) == (before.columns.stop, after.columns.start)
            assert first.stop == second.start  # the two lines touch


def test_a_tile_as_large_as_the_image_is_the_image():
    (tile,) = tile_grid((30, 20), tile=30, overlap=4)
    assert tile.shown == tile.owned == tile.owned_here == (slice(0, 30), slice(0, 20))


@pytest.mark.parametrize(("tile", "overlap", "says"), [(0, 0, "at least 1 px"), (8, 5, "0 to 4 px"), (8, -1, "0 to 4")])
def test_tiles_that_cannot_be_are_refused(tile: int, overlap: int, says: str):
    with pytest.raises(UsageError, match=says):
        tile_grid((30, 20), tile=tile, overlap=overlap)
