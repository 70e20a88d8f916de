"""Polygons by Pillow's rule, and outlines that give a mask back."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from segweave.errors import FormatError
from segweave.formats.outlines import MOST_DRAWN_CORNERS, outline, pillow_filled, pillow_painted


def drawn_by_pillow(corners: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.bool_]:
    """As labelme does it."""
    image = Image.new("L", size[::-1], 0)
    ImageDraw.Draw(image).polygon([(x, y) for y, x in corners.tolist()], outline=1, fill=1)
    return np.asarray(image) != 0


@given(
    st.lists(st.tuples(st.floats(-20, 50), st.floats(-20, 50)), min_size=2, max_size=12),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.booleans(),
)
def test_polygons_are_filled_as_pillow_fills_them(
    points: list[tuple[float, float]], size: tuple[int, int], whole: bool
) -> None:
    corners = np.round(points) if whole else np.array(points)
    assert np.array_equal(pillow_filled(corners, size), drawn_by_pillow(corners, size))


def test_pixels_on_the_outline_belong_to_the_shape() -> None:
    # corners 1 and 3: three pixels a side, not two
    square = np.array([(1, 1), (1, 3), (3, 3), (3, 1)])
    assert pillow_filled(square, (5, 5)).sum() == 9


def test_corners_far_away_are_clipped_at_once() -> None:
    start = time.perf_counter()
    for far in (1e6, 1e7, 1e12, 1e300):
        everything = np.array([(-far, -far), (-far, far), (far, far), (far, -far)])
        assert pillow_filled(everything, (20, 30)).all()
        assert not pillow_filled(everything + 3 * far, (20, 30)).any()
    assert time.perf_counter() - start < 2


def test_what_is_no_number_and_too_many_corners_are_refused() -> None:
    with pytest.raises(FormatError, match="finite"):
        pillow_filled(np.array([(0, 0), (1, np.nan), (2, 2)]), (4, 4))
    with pytest.raises(FormatError, match="100,001 corners"):
        pillow_filled(np.zeros((MOST_DRAWN_CORNERS + 1, 2)), (4, 4))


def test_no_corner_and_one_enclose_nothing() -> None:
    assert not pillow_filled(np.zeros((0, 2)), (3, 3)).any()
    assert not pillow_filled(np.array([(1, 1)]), (3, 3)).any()


def test_later_polygons_cover_earlier_ones_also_beyond_255() -> None:
    dots = [np.array([(k // 20, k % 20)] * 3) for k in range(300)]
    painted = pillow_painted([*dots, np.array([(0, 0), (0, 4)])], (15, 20))
    assert painted[0, :6].tolist() == [301, 301, 301, 301, 301, 6]
    assert painted[14, 19] == 300


def test_an_outline_of_random_parts_gives_each_part_back() -> None:
    from scipy.ndimage import binary_fill_holes, gaussian_filter, label

    rng = np.random.default_rng(4)
    found = 0
    for blur in (0, 0.7, 1, 2, 4):
        parts, n = label(gaussian_filter(rng.random((50, 60)), blur) > 0.5, np.ones((3, 3)))
        for k in range(1, n + 1):
            mask = binary_fill_holes(parts == k)
            corners = outline(mask)
            assert corners is not None and len(corners) >= 3
            assert np.array_equal(drawn_by_pillow(corners, mask.shape), mask)
            found += 1
    assert found > 50


@pytest.mark.parametrize(
    "rows",
    [
        ["#"],
        ["##"],
        ["#", "#", "#"],
        ["#..", ".#.", "..#"],
        ["#.#", ".#.", "#.#"],
        [".#.", "###", ".#."],
        ["#####", "..#..", "..#.."],
        ["#...#", "#...#", "#####"],
    ],
)
def test_thin_shapes_have_outlines_too(rows: list[str]) -> None:
    mask = np.pad(np.array([[c == "#" for c in row] for row in rows]), ((1, 2), (2, 1)))
    corners = outline(mask)
    assert corners is not None
    assert np.array_equal(pillow_filled(corners, mask.shape), mask)


@pytest.mark.parametrize(
    "rows", [["..."], ["#.#"], ["###", "#.#", "###"], [".#.", "#.#", ".#."], ["##..", "...#"]], ids=str
)
def test_nothing_several_parts_and_holes_have_no_outline(rows: list[str]) -> None:
    assert outline(np.array([[c == "#" for c in row] for row in rows])) is None


def test_straight_runs_have_no_points_in_between() -> None:
    mask = np.zeros((300, 400), bool)
    mask[10:290, 20:380] = True
    corners = outline(mask)
    assert corners is not None
    assert corners.tolist() == [[10, 20], [10, 379], [289, 379], [289, 20]]
