import numpy as np
import pytest
from hypothesis import given

from segmentation_strategies import CAT, LABELS, pairs
from segweave.errors import InvalidSegmentation
from segweave.segmentation import Segment, Segmentation, contact, overlap, overlap_numpy
from segweave.segmentation.overlap import count_pairs, count_pairs_numpy

COUNTERS = [overlap, overlap_numpy]


def cats(ids):
    ids = np.asarray(ids)
    return Segmentation(ids, (Segment(label=CAT),) * int(ids.max(initial=0)), LABELS)


@given(pairs())
def test_overlap_equals_a_double_loop(two):
    a, b = two
    naive = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for r in range(a.size[0]):
        for c in range(a.size[1]):
            naive[a.ids[r, c]][b.ids[r, c]] += 1
    for count in COUNTERS:
        table = count(a, b)
        assert table.tolist() == naive and table.dtype == np.int64


@given(pairs())
def test_overlap_of_swapped_sides_is_the_transposed_table_and_its_edges_are_the_areas(two):
    a, b = two
    assert (overlap(a, b) == overlap(b, a).T).all()
    assert overlap(a, b).sum(axis=1).tolist() == [a.void_area(), *a.areas().tolist()]
    assert np.diag(overlap(a, a)).tolist() == [a.void_area(), *a.areas().tolist()]


@pytest.mark.parametrize("count", COUNTERS)
def test_maps_of_two_sizes_do_not_overlap(count):
    with pytest.raises(InvalidSegmentation, match=r"one image; found sizes \(1, 2\) and \(2, 1\)"):
        count(cats([[1, 1]]), cats([[1], [1]]))


@pytest.mark.parametrize("length", [*range(0, 140), 1000])
def test_runs_of_every_length_are_counted_in_full(length):
    # the kernel looks at 64 pixels at once; a change anywhere in or after such a step must be seen
    a = np.zeros((1, length + 40), np.int32)
    a[0, length : length + 5] = 1
    b = np.zeros_like(a)
    b[0, length // 2] = 1
    for count in (count_pairs, count_pairs_numpy):
        table = count(a, b, (2, 2))
        inside = int(a[0, length // 2])
        assert table.tolist() == [[length + 35 - (1 - inside), 1 - inside], [5 - inside, inside]]


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (15, 17),  # 255 pairs: the joint index fits 8 bit
        (16, 16),  # 256
        (1, 255),
        (1, 256),
        (256, 1),
        (255, 257),  # 65535 pairs: it fits 16 bit
        (256, 256),  # 65536
        (1, 65_535),
        (1, 65_536),
        (65_536, 1),
        (3, 65_537),
        (70_001, 2),
    ],
)
def test_the_joint_index_does_not_overflow_at_the_borders_of_its_types(rows, columns):
    r = np.random.default_rng(rows)
    n = max(rows, columns)
    a = np.minimum(np.arange(n), rows - 1).astype(np.int32)[None]
    b = r.permutation(np.minimum(np.arange(n), columns - 1)).astype(np.int32)[None]
    a[0, -1], b[0, -1] = rows - 1, columns - 1  # the last pair of all
    b[0, 0] = columns - 1
    expected = np.zeros((rows, columns), np.int64)
    np.add.at(expected, (a[0], b[0]), 1)
    assert np.array_equal(count_pairs_numpy(a, b, (rows, columns)), expected)
    assert np.array_equal(count_pairs(a, b, (rows, columns)), expected)


def test_minus_one_counts_at_the_end_and_what_is_outside_leaves_the_table_unfilled():
    a, b = np.array([[0, 1, 1, -1, 0]]), np.array([[0, 0, -1, -1, 0]])
    assert count_pairs(a, b, (2, 3)).tolist() == [[2, 0, 0], [1, 0, 2]]  # -1 is row 1, column 2
    assert count_pairs(a, b, (3, 3), void=True).tolist() == [[2, 0, 0], [1, 0, 1], [0, 0, 1]]
    for strange in (-2, 3, 2**40, -(2**40)):
        for at in (0, 70, 149):  # the first pixel, one in the middle, and the last
            wide = np.zeros((1, 150), np.int64)
            wide[0, at] = strange
            plain = np.zeros_like(wide)
            assert count_pairs(plain, wide, (2, 3)).sum() == count_pairs(wide, plain, (3, 2)).sum() == at
            assert count_pairs(plain, wide, (2, 4), void=True).sum() == at
            assert count_pairs(wide, plain, (4, 2), void=True).sum() == at


def test_seventy_thousand_segments_overlap_with_one():
    many = cats(np.arange(1, 70_001).reshape(200, 350))
    one = cats(np.where(np.arange(70_000) % 2, 1, 0).reshape(200, 350))
    for count in COUNTERS:
        table = count(many, one)
        assert table.shape == (70_001, 2) and table.sum() == 70_000
        assert table[1:, 1].tolist() == [0, 1] * 35_000
        assert np.array_equal(count(one, many), table.T)


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_empty_images_overlap_in_nothing(size):
    empty = cats(np.zeros(size, int))
    assert overlap(empty, empty).tolist() == overlap_numpy(empty, empty).tolist() == [[0]]
    assert contact(empty).tolist() == [[0]]


@given(pairs())
def test_contact_equals_a_loop_over_all_pixel_edges(two):
    seg, _ = two
    height, width = seg.size
    naive = np.zeros((len(seg) + 1, len(seg) + 1), int)
    for r in range(height):
        for c in range(width):
            for rr, cc in ((r + 1, c), (r, c + 1)):
                if rr < height and cc < width and seg.ids[r, c] != seg.ids[rr, cc]:
                    naive[seg.ids[r, c], seg.ids[rr, cc]] += 1
                    naive[seg.ids[rr, cc], seg.ids[r, c]] += 1
    assert contact(seg).tolist() == naive.tolist() and contact(seg).dtype == np.int64


def test_contact_counts_edges_and_not_corners():
    # 1 1 2     1|2: one edge in row 0 and one in row 1; 2 and 3 touch at a corner only (below right)
    # 1 1 2     3 lies under the second 1, void under the first 1 and under 2
    # 0 3 0
    assert contact(cats([[1, 1, 2], [1, 1, 2], [0, 3, 0]])).tolist() == [
        [0, 1, 1, 2],
        [1, 0, 2, 1],
        [1, 2, 0, 0],
        [2, 1, 0, 0],
    ]
