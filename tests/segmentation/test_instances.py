import copy
import pickle

import numpy as np
import pytest
from hypothesis import given

from segmentation_strategies import CAT, LABELS, SKY, instances
from segweave.errors import InvalidSegmentation
from segweave.segmentation import Instances, Rle, Segment

MASK = Rle.from_mask(np.array([[0, 1], [1, 1]]))


@given(instances())
def test_areas_boxes_and_masks_agree_with_a_loop_over_the_pixels(found):
    for k, (area, box) in enumerate(zip(found.areas().tolist(), found.boxes().tolist(), strict=True)):
        mask = found.mask(k)
        assert mask.shape == found.size and mask.dtype == bool
        rows, columns = np.nonzero(mask)
        assert area == len(rows) > 0
        assert box == [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]
    assert found.boxes().shape == (len(found), 4)
    assert found.areas().dtype == found.boxes().dtype == np.int64


@given(instances())
def test_pickled_and_copied_instances_are_equal(found):
    for again in (pickle.loads(pickle.dumps(found)), copy.copy(found), copy.deepcopy(found)):
        assert again == found and hash(again) == hash(found)
        assert again.areas().tolist() == found.areas().tolist()


def test_masks_may_overlap_and_lists_are_kept_as_tuples():
    found = Instances([2, 2], [MASK, MASK], [Segment(label=CAT)] * 2, LABELS)
    assert (found.size, type(found.masks), type(found.segments)) == ((2, 2), tuple, tuple)
    assert found.areas().tolist() == [3, 3] and found.label_names() == ("cat", "cat")


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (4, 4)])
def test_an_image_may_have_no_instances(size):
    found = Instances(size, (), (), LABELS)
    assert len(found) == 0 and found.boxes().shape == (0, 4) and found.areas().shape == (0,)


@pytest.mark.parametrize("size", [(2,), (2, 2, 2), (-1, 2), (2.0, 2), ("2", 2)])
def test_a_size_is_two_whole_numbers(size):
    with pytest.raises(InvalidSegmentation, match="height"):
        Instances(size, (), (), LABELS)


def test_masks_and_segments_come_in_pairs():
    with pytest.raises(InvalidSegmentation, match="found 1 masks for 2 segments"):
        Instances((2, 2), (MASK,), (Segment(label=CAT),) * 2, LABELS)


def test_a_mask_of_another_size_is_refused():
    with pytest.raises(InvalidSegmentation, match=r"mask 0 is \(2, 2\); the image is \(2, 3\)"):
        Instances((2, 3), (MASK,), (Segment(label=CAT),), LABELS)


def test_an_empty_mask_is_refused():
    empty = Rle.from_mask(np.zeros((2, 2)))
    with pytest.raises(InvalidSegmentation, match="mask 1 is empty"):
        Instances((2, 2), (MASK, empty), (Segment(label=CAT),) * 2, LABELS)


def test_labels_and_crowds_are_checked_as_in_a_segmentation():
    with pytest.raises(InvalidSegmentation, match="segment 0 has label 6"):
        Instances((2, 2), (MASK,), (Segment(label=6),), LABELS)
    with pytest.raises(InvalidSegmentation, match="crowd of 'sky'"):
        Instances((2, 2), (MASK,), (Segment(label=SKY, crowd=True),), LABELS)


@pytest.mark.parametrize("index", [-1, 1])
def test_a_mask_of_an_instance_that_is_not_there_is_an_index_error(index):
    with pytest.raises(IndexError):
        Instances((2, 2), (MASK,), (Segment(label=CAT),), LABELS).mask(index)
