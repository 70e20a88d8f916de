import copy
import pickle

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given

from segmentation_strategies import masks
from segweave.errors import InvalidSegmentation
from segweave.segmentation import Rle


@given(masks())
def test_a_mask_survives_its_rle(mask):
    rle = Rle.from_mask(mask)
    again = rle.mask()
    assert again.dtype == bool and again.flags.c_contiguous and again.flags.writeable
    assert (again == mask).all() and again.shape == mask.shape
    assert Rle.from_runs(mask.shape, rle.runs()) == rle == Rle(mask.shape, rle.counts)
    assert sum(rle.runs()) == mask.size


@given(masks())
def test_area_box_and_spans_agree_with_a_loop_over_the_pixels(mask):
    rle = Rle.from_mask(mask)
    inside = np.argwhere(mask).tolist()
    assert rle.area() == len(inside) and type(rle.area()) is int
    rows, columns = [r for r, _ in inside], [c for _, c in inside]
    box = (min(rows), min(columns), max(rows) + 1, max(columns) + 1) if inside else (0, 0, 0, 0)
    assert rle.box() == box and all(type(v) is int for v in rle.box())
    down = [c * mask.shape[0] + r for r, c in inside]
    assert sorted(down) == [p for start, end in rle.spans().tolist() for p in range(start, end)]


@given(masks(max_side=6), st.integers(0, 3), st.integers(0, 3))
def test_a_widened_mask_has_empty_columns_on_both_sides(mask, left, right):
    wide = np.pad(mask, ((0, 0), (left, right)))
    assert Rle.from_mask(mask).widened(left, wide.shape[1]) == Rle.from_mask(wide)


@given(masks(min_side=1), st.integers(1, 3))
def test_order_stride_and_type_of_the_mask_do_not_matter(mask, step):
    for same in (
        np.asfortranarray(mask),
        mask[::-1][::-1],
        np.repeat(mask, step, axis=1)[:, ::step],
        mask.astype(np.uint8) * 255,
        mask.astype(np.int64) * -7,
        mask.astype(np.float32) * 0.25,
    ):
        assert Rle.from_mask(same) == Rle.from_mask(mask)


@pytest.mark.parametrize(
    ("runs", "mask", "box"),
    [
        ((4,), [[0, 0], [0, 0]], (0, 0, 0, 0)),
        ((4, 0), [[0, 0], [0, 0]], (0, 0, 0, 0)),  # empty runs may stand anywhere: they mean nothing
        ((2, 0, 2, 0), [[0, 0], [0, 0]], (0, 0, 0, 0)),
        ((0, 0, 4), [[0, 0], [0, 0]], (0, 0, 0, 0)),
        ((0, 4), [[1, 1], [1, 1]], (0, 0, 2, 2)),
        ((0, 2, 0, 2), [[1, 1], [1, 1]], (0, 0, 2, 2)),
        ((1, 0, 0, 3), [[0, 1], [1, 1]], (0, 0, 2, 2)),
        ((3, 1), [[0, 0], [0, 1]], (1, 1, 2, 2)),
        ((0, 0, 3, 1, 0, 0), [[0, 0], [0, 1]], (1, 1, 2, 2)),
        ((1, 2, 1), [[0, 1], [1, 0]], (0, 0, 2, 2)),  # one run over the end of a column
    ],
)
def test_runs_by_hand(runs, mask, box):
    rle = Rle.from_runs((2, 2), runs)
    assert rle.runs() == runs and rle.mask().astype(int).tolist() == mask
    assert rle.box() == box and rle.area() == np.sum(mask)


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_an_image_without_pixels_has_an_empty_mask(size):
    for rle in (Rle.from_mask(np.zeros(size)), Rle(size, b""), Rle.from_runs(size, ()), Rle.from_runs(size, [0, 0])):
        assert rle.mask().shape == size and rle.area() == 0 and rle.box() == (0, 0, 0, 0)


def test_areas_and_boxes_of_images_too_large_to_decode_are_exact():
    side = 60_000  # 3.6e9 px: more than 31 bits
    rle = Rle.from_runs((side, side), (side * side - 5, 5))
    assert rle.area() == 5 and rle.box() == (side - 5, side - 1, side, side)


@pytest.mark.parametrize("mask", [np.zeros(4), np.zeros((2, 2, 1)), np.float32(0)])
def test_a_mask_has_rows_and_columns(mask):
    with pytest.raises(InvalidSegmentation, match=r"a mask must be \(H, W\)"):
        Rle.from_mask(mask)


@pytest.mark.parametrize("size", [(2,), (1, 2, 2), (-2, -2), (2.0, 2), (None, 2)])
def test_a_size_is_two_whole_numbers(size):
    with pytest.raises(InvalidSegmentation, match="height"):
        Rle(size, b"4")


@pytest.mark.parametrize(
    "runs", [[3], [5], [-1, 5], [5, -1], [1.5, 2.5], [float("nan")], [float("inf")], ["x"], [None], [[4]], [10**400]]
)
def test_run_lengths_are_whole_and_fill_the_image(runs):
    with pytest.raises(InvalidSegmentation):
        Rle.from_runs((2, 2), runs)


def test_run_lengths_may_be_numpy_numbers():
    assert Rle.from_runs(np.array([2, 2]), np.array([1, 3], np.uint8)) == Rle((2, 2), b"13")
    assert type(Rle.from_runs(np.array([2, 2]), (4,)).size[0]) is int


@pytest.mark.parametrize("counts", ["13", None, [1, 3], bytearray(b"13")])
def test_counts_are_bytes_and_the_message_says_what_to_do(counts):
    with pytest.raises(InvalidSegmentation, match="RLE counts are bytes; found"):
        Rle((2, 2), counts)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (b"1 3", "byte 32 at place 1 is not a digit"),
        (b"1\xff", "byte 255 at place 1 is not a digit"),
        (b"p", "byte 112 at place 0 is not a digit"),
        (b"1P", "ends within a number"),
        (b"12", "found a sum of 3"),
        (b"", "found a sum of 0"),
        (b"O5", "sum to 2 x 2 = 4"),  # O is -1: -1 + 5 = 4
        (b"T" + b"P" * 20 + b"0", "longer than 32 bits, at place 7"),
    ],
)
def test_malformed_counts_are_refused_with_the_place(counts, message):
    with pytest.raises(InvalidSegmentation, match=message):
        Rle((2, 2), counts)


@given(st.binary(max_size=12) | st.text("0123456789:;<=>?@OPQRSTo", max_size=12).map(str.encode))
@example(b"ooooooooooooooooooooo0")
@example(b"T0")  # 4, written with a needless digit
@example(b"TPPPPP0")
def test_any_bytes_are_a_whole_mask_or_invalid_and_nothing_else_happens(counts):
    try:
        rle = Rle((2, 2), counts)
    except InvalidSegmentation:
        return
    mask = rle.mask()
    assert rle.area() == mask.sum() and sum(rle.runs()) == 4 and min(rle.runs()) >= 0
    box = rle.box()
    assert mask[box[0] : box[2], box[1] : box[3]].sum() == mask.sum()


@given(masks())
def test_pickled_and_copied_rles_are_equal(mask):
    rle = Rle.from_mask(mask)
    for again in (pickle.loads(pickle.dumps(rle)), copy.copy(rle), copy.deepcopy(rle)):
        assert again == rle and hash(again) == hash(rle) and again.area() == rle.area()


@pytest.mark.parametrize(("left", "width"), [(-1, 9), (7, 9), (0, 2)])
def test_a_mask_is_not_widened_beyond_its_image(left: int, width: int) -> None:
    with pytest.raises(InvalidSegmentation, match=f"3 columns after {left} do not fit into {width}"):
        Rle.from_mask(np.ones((2, 3))).widened(left, width)
