"""Bands along contours, all segments at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_erosion

from scenes import random_segmentation
from segweave.segmentation import ImageKey
from segweave.segmentation.band import band, band_table, band_width, contour
from segweave.segmentation.overlap_table import UNLISTED, VOID


def band_by_masks(ids: np.ndarray, width: int) -> np.ndarray:
    """Mask by mask as in the paper's code: the mask less itself eroded `width` times by 3 x 3, void outside."""
    found = np.zeros(ids.shape, bool)
    for k in np.unique(ids):
        mask = ids == k
        eroded = binary_erosion(np.pad(mask, 1), np.ones((3, 3)), iterations=width)[1:-1, 1:-1]
        found |= mask & ~eroded
    return found


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 14), st.integers(1, 14), st.integers(1, 6), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_it_is_the_mask_less_the_eroded_mask(height: int, width: int, reach: int, n: int, seed: int):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, n + 1, (height // 3 + 1, width // 3 + 1))
    ids = np.repeat(np.repeat(coarse, 3, axis=0), 3, axis=1)[:height, :width].astype(np.int32)
    assert np.array_equal(band(ids, reach), band_by_masks(ids, reach))


def test_its_width_is_two_percent_of_the_diagonal_of_height_and_width():
    assert band_width((1024, 2048)) == band_width((2048, 1024)) == 46  # 0.02 x 2289.7
    assert band_width((3, 4)) == 1  # 0.02 x 5 would be none
    assert band_width((30, 40), ratio=0.1) == 5


def test_a_band_of_one_pixel_is_the_contour():
    ids = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 1, 2], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1]], np.int32)
    # the middle row's third pixel touches only ones; the fourth touches the 2 at a corner
    expected = [[1, 1, 1, 1, 1], [1, 0, 0, 1, 1], [1, 0, 0, 1, 1], [1, 1, 1, 1, 1]]
    assert contour(ids).astype(int).tolist() == band(ids, 1).astype(int).tolist() == expected


@pytest.mark.parametrize("size", [(40, 90), (90, 40), (1, 1), (2, 7)])
def test_a_table_of_bands_has_the_segments_rows_and_the_pixels_of_the_image(size: tuple[int, int]):
    rng = np.random.default_rng(5)
    truth, guess = random_segmentation(rng, size, n=6), random_segmentation(rng, size, n=5)
    table = band_table(truth, guess, ImageKey(id=1, size=size), ratio=0.05)
    assert table.pixels.sum() == size[0] * size[1] == table.truth.area.sum() == table.prediction.area.sum()
    labels = [VOID, *(segment.label for segment in truth.segments), UNLISTED]
    assert table.truth.label.tolist() == labels and len(table.prediction) == len(guess) + 2
    near = band_by_masks(truth.ids, band_width(size, ratio=0.05))
    for k in range(len(truth)):
        assert table.truth.area[k + 1] == (truth.mask(k) & near).sum()
    assert table.truth.area[0] == truth.void_area()
