"""Corners that others wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segweave.errors import FormatError
from segweave.formats.shapes import FARTHEST, corners, filled


def test_x_comes_before_y_in_files_and_row_before_column_here():
    assert corners([1, 2, 3.5, 4, 5, 6], "f").tolist() == [[2, 1], [4, 3.5], [6, 5]]


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ([1, 2, 3], "a list of numbers"),
        ("121212", "a list of numbers"),
        (None, "a list of numbers"),
        ({"x": 1}, "a list of numbers"),
        ([1, 2, 3, 4], "3 to 1,000,000 corners; found 2"),
        ([1, 2, 3, 4, 5, "6"], "coordinates within"),
        ([1, 2, 3, 4, 5, True], "coordinates within"),
        ([1, 2, 3, 4, 5, None], "coordinates within"),
        ([1, 2, 3, 4, 5, float("nan")], "coordinates within"),
        ([1, 2, 3, 4, 5, float("inf")], "coordinates within"),
        ([1, 2, 3, 4, 5, 2 * FARTHEST], "coordinates within"),
        ([1, 2, 3, 4, 5, 10**400], "coordinates within"),
        ([[1, 2], [3, 4], [5, 6], [7, 8], [9, 0], [1, 2]], "coordinates within"),
    ],
)
def test_what_are_no_corners_is_refused_in_one_line(numbers, said):
    with pytest.raises(FormatError, match=f"^a.json: shape 3: expected {said}"):
        corners(numbers, "a.json: shape 3")


@given(st.lists(st.one_of(st.floats(), st.integers(), st.text(max_size=2), st.none()), max_size=12))
def test_any_list_is_corners_or_a_format_error(numbers):
    try:
        found = corners(numbers, "f")
    except FormatError as error:
        assert str(error).startswith("f: expected")
    else:
        assert found.shape == (len(numbers) // 2, 2) and abs(found).max() <= FARTHEST


def test_several_rings_are_a_union_and_what_lies_outside_is_cut_off():
    """A box of 2 x 2 px in the corner, of which 1 px lies in the image, and one of 1 x 2 px that overlaps nothing."""
    rings = [corners([-1, -1, 1, -1, 1, 1, -1, 1], "f"), corners([2, 1, 4, 1, 4, 2, 2, 2], "f")]
    assert filled(rings, (2, 4)).astype(int).tolist() == [[1, 0, 0, 0], [0, 0, 1, 1]]
    assert not filled([], (2, 4)).any()


def test_an_outline_that_would_take_gigabytes_is_refused():
    zigzag = corners([n for k in range(30_000) for n in (k % 7, 1000 * (k % 2))], "f")
    with pytest.raises(FormatError, match=r"^a\.xml: the outline crosses 30,000,000 pixel rows; expected 20,000,000"):
        filled([zigzag], (1000, 10), where="a.xml")
    assert filled([zigzag], (10, 10)).shape == (10, 10)  # clipped to the image it is harmless
