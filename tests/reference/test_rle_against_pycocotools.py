"""`Rle` against cocoapi's own code: the same bytes, masks, areas and boxes."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from segmentation_strategies import masks
from segweave.segmentation import Rle

# pycocotools' compiled decode has not followed numpy 2 yet
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")
coco = pytest.importorskip("pycocotools.mask")


def box_of(coco_rle):
    left, top, width, height = (int(v) for v in coco.toBbox(coco_rle))
    return top, left, top + height, left + width


@st.composite
def blocky_masks(draw):
    """Larger masks with long runs, so that run lengths take one to four digits."""
    small = draw(masks(max_side=6, min_side=1))
    return np.kron(small, np.ones((draw(st.integers(1, 90)), draw(st.integers(1, 90))), bool))


def assert_equal_to_coco(mask):
    theirs, ours = coco.encode(np.asfortranarray(mask.astype(np.uint8))), Rle.from_mask(mask)
    assert ours.counts == theirs["counts"] and list(ours.size) == theirs["size"]
    assert (coco.decode({"size": list(ours.size), "counts": ours.counts}) == mask).all()
    assert (Rle(theirs["size"], theirs["counts"]).mask() == mask).all()
    assert ours.area() == int(coco.area(theirs))
    if mask.any():
        assert ours.box() == box_of(theirs)


@given(masks())
def test_small_masks_are_encoded_byte_for_byte_as_cocoapi_does(mask):
    assert_equal_to_coco(mask)


@given(blocky_masks())
def test_masks_with_long_runs_are_encoded_byte_for_byte_as_cocoapi_does(mask):
    assert_equal_to_coco(mask)


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0), (1, 1), (1, 700), (700, 1), (480, 640)])
@pytest.mark.parametrize("value", [0, 1])
def test_empty_and_full_masks_are_encoded_as_cocoapi_does(size, value):
    assert_equal_to_coco(np.full(size, value, bool))


@given(st.data(), st.integers(1, 40), st.integers(1, 40))
def test_uncompressed_runs_are_compressed_byte_for_byte_as_cocoapi_does(data, height, width):
    cuts = sorted(data.draw(st.lists(st.integers(0, height * width), max_size=30)))
    runs = np.diff([0, *cuts, height * width]).tolist()  # empty runs among them
    theirs = coco.frPyObjects({"size": [height, width], "counts": runs}, height, width)
    ours = Rle.from_runs((height, width), runs)
    assert ours.counts == theirs["counts"] and ours.runs() == tuple(runs)
    assert (ours.mask() == coco.decode(theirs)).all() and ours.area() == int(coco.area(theirs))


@given(st.data(), st.integers(1, 9), st.integers(1, 9))
def test_boxes_agree_with_cocoapi_where_no_run_is_empty(data, height, width):
    # cocoapi's box counts empty runs in (its answer for runs 4, 0 in 2 x 2 px is 4294967295 px wide): not copied
    cuts = sorted(data.draw(st.sets(st.integers(1, height * width), min_size=1, max_size=12)) - {height * width})
    runs = np.diff([0, *cuts, height * width]).tolist()
    theirs = coco.frPyObjects({"size": [height, width], "counts": runs}, height, width)
    if len(runs) > 1:
        assert Rle.from_runs((height, width), runs).box() == box_of(theirs)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_random_images_of_real_size_are_encoded_as_cocoapi_does(seed):
    r = np.random.default_rng(seed)
    height, width = r.integers(200, 700, 2)
    rows, columns = np.mgrid[:height, :width]
    mask = np.sin(rows / r.uniform(3, 90)) + np.cos(columns / r.uniform(3, 90)) + r.normal(0, 0.05, (height, width)) > 0
    assert_equal_to_coco(mask)
