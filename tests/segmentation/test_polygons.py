import copy
import pickle
from fractions import Fraction

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given

from segmentation_strategies import masks
from segweave.errors import InvalidSegmentation
from segweave.segmentation import Polygon, mask_to_polygons, polygons_to_mask


def signed_area(ring):
    """Shoelace; positive for a ring that runs clockwise on the screen (row down, column right)."""
    r, c = ring.T.tolist()
    n = len(r)
    return sum(c[k] * r[(k + 1) % n] - c[(k + 1) % n] * r[k] for k in range(n)) / 2


def naive_fill(rings, size):
    """Even-odd in exact fractions: a centre is inside when an odd number of edges lies at or left of it.

    Returns the mask and where an edge that is not upright runs through the centre exactly.
    """
    mask, tie = np.zeros(size, bool), np.zeros(size, bool)
    for r in range(size[0]):
        for c in range(size[1]):
            row, column = Fraction(2 * r + 1, 2), Fraction(2 * c + 1, 2)
            for ring in rings:
                points = [(Fraction(p), Fraction(q)) for p, q in np.asarray(ring, float).tolist()]
                for (r0, c0), (r1, c1) in zip(points, points[1:] + points[:1], strict=True):
                    if (r0 <= row) != (r1 <= row):
                        at = c0 + (row - r0) * (c1 - c0) / (r1 - r0)
                        mask[r, c] ^= at <= column
                        tie[r, c] |= abs(at - column) < Fraction(1, 10**9) and c0 != c1
    return mask, tie


def components(mask, steps):
    """Number of connected parts, by a plain flood fill."""
    left, n = set(map(tuple, np.argwhere(mask).tolist())), 0
    while left:
        n, open_ = n + 1, [left.pop()]
        while open_:
            r, c = open_.pop()
            near = {(r + i, c + j) for i, j in steps} & left
            left -= near
            open_ += near
    return n


FOUR = ((0, 1), (1, 0), (0, -1), (-1, 0))
EIGHT = (*FOUR, (1, 1), (1, -1), (-1, 1), (-1, -1))
DIAGONAL_LOOP = np.array([[1, 1, 0], [1, 0, 1], [1, 1, 1]], bool)  # its middle touches the outside at a corner


@given(masks())
@example(DIAGONAL_LOOP)
@example(np.eye(5, dtype=bool))
@example(np.indices((6, 6)).sum(0) % 2 == 1)
def test_a_mask_survives_its_polygons(mask):
    parts = mask_to_polygons(mask)
    assert (polygons_to_mask(parts, mask.shape) == mask).all()
    assert (naive_fill([ring for p in parts for ring in (p.outer, *p.holes)], mask.shape)[0] == mask).all()


@given(masks())
@example(DIAGONAL_LOOP)
def test_there_is_a_polygon_for_each_part_and_a_ring_for_each_hole(mask):
    parts = mask_to_polygons(mask)
    assert len(parts) == components(mask, FOUR)
    outside = ~np.pad(mask, 1)  # one part of the background is the outside itself
    assert sum(len(p.holes) for p in parts) == components(outside, EIGHT) - 1


@given(masks())
def test_shoelace_areas_add_up_to_the_pixels_and_rings_turn_the_right_way(mask):
    area = 0.0
    for part in mask_to_polygons(mask):
        own = polygons_to_mask([part], mask.shape)
        assert signed_area(part.outer) > 0 and all(signed_area(hole) < 0 for hole in part.holes)
        assert signed_area(part.outer) + sum(map(signed_area, part.holes)) == own.sum()
        area += own.sum()
    assert area == mask.sum()


@given(masks())
def test_rings_have_corners_only_and_run_along_pixel_edges(mask):
    for part in mask_to_polygons(mask):
        for ring in (part.outer, *part.holes):
            step = np.roll(ring, -1, axis=0) - ring
            assert ((step != 0).sum(axis=1) == 1).all()  # along a row or a column
            assert ((step != 0).argmax(axis=1) != np.roll((step != 0).argmax(axis=1), 1)).all()  # a turn at each corner
            assert (ring == np.round(ring)).all() and ring.min() >= 0 and (ring.max(axis=0) <= mask.shape).all()


@given(masks())
def test_polygons_come_in_reading_order_of_their_first_pixel(mask):
    first = [tuple(np.argwhere(polygons_to_mask([p], mask.shape))[0].tolist()) for p in mask_to_polygons(mask)]
    assert first == sorted(first)


def test_nested_parts_and_holes_belong_to_the_right_polygon():
    mask = np.zeros((7, 9), bool)
    mask[0:7, 0:7] = True
    mask[1:6, 1:6] = False
    mask[2:5, 2:5] = True
    mask[3, 3] = False
    mask[3, 8] = True
    large, inner, dot = mask_to_polygons(mask)
    assert [len(p.holes) for p in (large, inner, dot)] == [1, 1, 0]
    assert sorted(map(tuple, large.holes[0].tolist())) == [(1, 1), (1, 6), (6, 1), (6, 6)]
    assert sorted(map(tuple, inner.holes[0].tolist())) == [(3, 3), (3, 4), (4, 3), (4, 4)]
    assert dot.outer.tolist() == [[3, 8], [3, 9], [4, 9], [4, 8]]


def test_pixels_that_touch_at_a_corner_are_two_polygons():
    assert [p.outer.tolist() for p in mask_to_polygons(np.eye(2))] == [
        [[0, 0], [0, 1], [1, 1], [1, 0]],
        [[1, 1], [1, 2], [2, 2], [2, 1]],
    ]


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0), (3, 3)])
def test_an_empty_mask_has_no_polygons_and_no_polygons_are_an_empty_mask(size):
    assert mask_to_polygons(np.zeros(size)) == ()
    assert polygons_to_mask([], size).shape == size and not polygons_to_mask([], size).any()
    triangle = Polygon(np.array([(-9, -9), (-9, 99), (99, 0)]))
    assert polygons_to_mask([triangle], size).shape == size


quarters = st.integers(-12, 40).map(lambda n: n / 4)
odd = st.floats(-1e6, 1e6) | st.floats(-3, 10)
rings = st.lists(st.tuples(quarters, quarters), min_size=3, max_size=7) | st.lists(
    st.tuples(odd, odd), min_size=3, max_size=7
)


@given(rings, st.lists(rings, max_size=2))
@example([(0, 0), (0, 5), (0, 2)], [])  # a line along a row
@example([(2.5, 0), (2.5, 5), (2.5, 2)], [])  # the same through the centres
@example([(1, 1), (1, 1), (1, 1)], [])  # a point
@example([(0, 1), (5, 1), (3, 1)], [])  # a line down a column
@example([(0, 0), (4, 4), (0, 4), (4, 0)], [])  # crosses itself
@example([(-1e9, -1e9), (-1e9, 1e9), (1e9, 0)], [])
def test_any_ring_is_filled_as_a_loop_over_exact_fractions_fills_it(outer, holes):
    size = (7, 8)
    mask = polygons_to_mask([Polygon(np.array(outer), tuple(np.array(hole) for hole in holes))], size)
    expected, tie = naive_fill([outer, *holes], size)
    assert (mask == expected)[~tie].all()  # rounding may decide where a slanted edge meets a centre


@given(st.lists(st.tuples(quarters, quarters), min_size=4, max_size=4))
def test_two_triangles_of_a_quadrangle_share_no_pixel_and_leave_no_gap(corners):
    a, b, c, d = corners
    one, two = (polygons_to_mask([Polygon(np.array(ring))], (7, 8)) for ring in ((a, b, c), (a, c, d)))
    both = polygons_to_mask([Polygon(np.array(corners))], (7, 8))
    assert ((one ^ two) == both).all()


@given(st.lists(st.tuples(st.floats(-5, 12), st.floats(-5, 12)), min_size=4, max_size=4), st.integers(-3, 9))
def test_neighbours_share_no_pixel_whatever_their_boxes_are(corners, far):
    # the two triangles lie in boxes of different extent; the edge that they share must be cut alike in both
    a, c = corners[0], corners[1]
    ring = np.array([a, (far, -3.0), c]), np.array([a, c, (far, 11.0)])
    one, two = (polygons_to_mask([Polygon(r)], (7, 8)) for r in ring)
    both = polygons_to_mask([Polygon(np.array([a, (far, -3.0), c, (far, 11.0)]))], (7, 8))
    assert ((one ^ two) == both).all()


@given(st.lists(rings, max_size=3))
def test_several_polygons_are_united_and_the_image_cuts_off_the_rest(found):
    polygons = [Polygon(np.array(ring)) for ring in found]
    single = [polygons_to_mask([p], (7, 8)) for p in polygons]
    union = np.any(single, axis=0) if single else np.zeros((7, 8), bool)
    assert (polygons_to_mask(polygons, (7, 8)) == union).all()
    assert (polygons_to_mask(iter(polygons), (4, 5)) == union[:4, :5]).all()


@pytest.mark.parametrize("shift", [0, -200, -301])
def test_a_line_that_crosses_a_ring_more_than_256_times_is_filled_right(shift):
    teeth = [p for c in range(0, 302, 2) for p in ((0, c), (0, c + 1), (1, c + 1), (1, c + 2))]
    ring = np.array([*teeth[:-1], (2, 301), (2, 0)]) + np.array([0, shift])
    # row 0: every second column; row 1: all of them; 301 columns in all
    expected = np.array([[c % 2 == 0 for c in range(301)], [True] * 301])
    assert (
        polygons_to_mask([Polygon(ring)], (2, 301)) == np.pad(expected, ((0, 0), (0, 400)))[:, -shift:][:, :301]
    ).all()


@pytest.mark.parametrize(
    ("ring", "message"),
    [
        (np.zeros((2, 2)), r"\(n >= 3, 2\)"),
        (np.zeros((3, 3)), r"\(n >= 3, 2\)"),
        (np.zeros(6), r"\(n >= 3, 2\)"),
        ([], r"\(n >= 3, 2\)"),
        ([(0, 0), (1,)], "numbers of"),
        ([("a", 0), (1, 1), (2, 2)], "numbers of"),
        ([(0, np.nan), (1, 1), (2, 2)], "not a number within"),
        ([(0, np.inf), (1, 1), (2, 2)], "not a number within"),
        ([(0, 1e308), (-1e308, 1), (2, 2)], "not a number within"),
    ],
)
def test_a_ring_that_is_none_is_refused_as_outline_and_as_hole(ring, message):
    with pytest.raises(InvalidSegmentation, match=message):
        Polygon(ring)
    with pytest.raises(InvalidSegmentation, match=message):
        Polygon(np.array([(0, 0), (0, 9), (9, 9)]), (ring,))


def test_rings_are_independent_and_read_only_even_after_pickling_and_copying():
    mine = np.array([(0.0, 1.0), (0, 3), (2, 3)])
    polygon = Polygon(mine, (mine,))
    mine[:] = 7
    for same in (polygon, pickle.loads(pickle.dumps(polygon)), copy.copy(polygon), copy.deepcopy(polygon)):
        assert len(same.holes) == 1
        for ring in (same.outer, *same.holes):
            assert ring.tolist() == [[0, 1], [0, 3], [2, 3]] and ring.dtype == np.float64
            with pytest.raises(ValueError, match="read-only"):
                ring[0, 0] = 1


@pytest.mark.parametrize("size", [(-1, 2), (2,), (2.5, 2)])
def test_a_size_is_two_whole_numbers(size):
    with pytest.raises(InvalidSegmentation, match="height"):
        polygons_to_mask([], size)


def test_a_mask_has_rows_and_columns():
    with pytest.raises(InvalidSegmentation, match=r"a mask must be \(H, W\)"):
        mask_to_polygons(np.zeros((2, 2, 2)))
