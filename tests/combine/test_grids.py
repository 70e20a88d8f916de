"""Evidence of another size, or of a crop, brought to the output's grid."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from combine import loops
from segweave.combine.grids import WHOLE, centres, labels_at, probabilities_at, window
from segweave.combine.kernels import positions
from segweave.errors import InvalidSegmentation

LENGTHS = st.integers(1, 40)


@given(LENGTHS, LENGTHS)
def test_a_pixel_is_read_where_its_centre_lies(new: int, old: int):
    wanted = [(d + Fraction(1, 2)) * old // new for d in range(new)]
    assert centres(new, old).tolist() == wanted == [loops.centre(d, new, old) for d in range(new)]


def test_a_centre_on_a_border_is_read_after_it():
    """One pixel from two: its centre is at 1.0, where the second begins. Three from six: 1, 3 and 5."""
    assert centres(1, 2).tolist() == [1] and centres(3, 6).tolist() == [1, 3, 5]


@given(LENGTHS, LENGTHS, LENGTHS, LENGTHS)
def test_labels_at_is_a_loop_over_centres(height: int, width: int, h: int, w: int):
    labels = np.arange(h * w, dtype=np.uint16).reshape(h, w)
    wanted = [
        [labels[loops.centre(r, height, h), loops.centre(c, width, w)] for c in range(width)] for r in range(height)
    ]
    found = labels_at(labels, (height, width))
    assert found.dtype == np.uint16 and found.tolist() == wanted


def test_labels_of_the_same_size_are_not_copied():
    labels = np.arange(6).reshape(2, 3)
    assert labels_at(labels, (2, 3)) is labels


def test_no_labels_cannot_be_read_but_none_may_be_asked_for():
    assert labels_at(np.zeros((2, 3), int), (0, 5)).shape == (0, 5)
    assert labels_at(np.zeros((0, 3), int), (4, 0)).shape == (4, 0)
    with pytest.raises(
        InvalidSegmentation, match=r"labels of \(0, 3\) pixels cannot be read at the centres of \(4, 5\)"
    ):
        labels_at(np.zeros((0, 3), int), (4, 5))


def test_a_crop_covers_a_window_of_at_least_one_pixel():
    """Of 10 rows 0.25..0.75: 2.5 -> 2 (even), 7.5 -> 8; of 8 columns half: 4..8. The last two are thin."""
    assert window((0.25, 0.5, 0.75, 1.0), (10, 8)) == (slice(2, 8), slice(4, 8))
    assert window(WHOLE, (10, 8)) == (slice(0, 10), slice(0, 8))
    assert window((0.5, 0.999, 0.5, 1.0), (10, 8)) == (slice(5, 6), slice(7, 8))
    assert window((1.0, 1.0, 1.0, 1.0), (10, 8)) == (slice(9, 10), slice(7, 8))


@given(LENGTHS, LENGTHS)
def test_a_position_lies_between_two_samples_by_half_pixel_centres(new: int, old: int):
    before, weight = positions(new, old)
    for o in range(new):
        exact = max((o + Fraction(1, 2)) * old / new - Fraction(1, 2), Fraction(0))
        assert 0 <= before[o] < old and 0 <= weight[o] < 1
        assert abs(before[o] + weight[o] - exact) < 1e-12
    if new == old:
        assert before.tolist() == list(range(old)) and not weight.any()


@given(st.integers(0, 2**32 - 1), LENGTHS, LENGTHS)
def test_probabilities_of_one_pixel_are_those_of_the_whole_map(seed: int, new: int, old: int):
    rng = np.random.default_rng(seed)
    size, grid = (new, int(rng.integers(1, 9))), (old, int(rng.integers(1, 9)))
    maps = rng.random((*grid, 3)).astype(np.float32)
    r, c = rng.integers(0, size).tolist()
    found = probabilities_at(maps, (r, c), size)
    columns_first = [loops.upsampled(maps[:, :, k].astype(np.float64).T, size[::-1]).T for k in range(3)]
    wide = np.stack(columns_first, axis=2)
    assert found.dtype == np.float64 and np.array_equal(found, wide[r, c])
    assert (found <= maps.max(axis=(0, 1)) + 1e-12).all() and (found >= maps.min(axis=(0, 1)) - 1e-12).all()


def test_probabilities_of_several_pixels_are_those_of_each():
    rng = np.random.default_rng(3)
    maps = rng.random((3, 5, 2)).astype(np.float16)
    rows, columns = rng.integers(0, 7, 20), rng.integers(0, 11, 20)
    found = probabilities_at(maps[:, :, 1], (rows, columns), (7, 11))
    assert found.tolist() == [
        probabilities_at(maps, (r, c), (7, 11))[1] for r, c in zip(rows.tolist(), columns.tolist(), strict=True)
    ]


def test_probabilities_between_four_samples_by_hand():
    """4 x 4 pixels over 2 x 2 samples: the pixel (1, 2) lies 1/4 down and 3/4 right: 3/4 (1/4 0 + 3/4 4) + 1/4 (..)."""
    maps = np.array([[0.0, 4.0], [8.0, 12.0]])[:, :, None]
    assert probabilities_at(maps, (1, 2), (4, 4)).tolist() == [5.0]  # 3/4 x 3 + 1/4 x 11
    assert probabilities_at(maps, (0, 0), (4, 4)).tolist() == [0.0]
    assert probabilities_at(maps, (3, 3), (4, 4)).tolist() == [12.0]
