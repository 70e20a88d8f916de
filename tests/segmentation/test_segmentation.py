import copy
import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given

from segmentation_strategies import CAT, GRASS, LABELS, SKY, assert_valid, segmentations
from segweave.errors import InvalidSegmentation
from segweave.labels import LabelSet
from segweave.segmentation import Segment, Segmentation
from segweave.segmentation.segmentation import count_ids

CATS = (Segment(label=CAT), Segment(label=CAT))


@given(segmentations())
def test_every_segmentation_keeps_the_rules(seg):
    assert_valid(seg)


@pytest.mark.parametrize("label", [-1, 0.0, 0.5, "0", None])
def test_a_label_of_a_segment_is_an_index_from_zero(label):
    with pytest.raises(InvalidSegmentation, match="a segment's label is"):
        Segment(label=label)


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -float("inf")])
def test_a_score_is_finite(score):
    with pytest.raises(InvalidSegmentation, match="score is a finite number"):
        Segment(label=0, score=score)


def test_numpy_numbers_in_a_segment_become_pythons_own():
    segment = Segment(label=np.uint8(1), score=np.float32(0.5), track=np.int64(3))
    assert segment == Segment(label=1, score=0.5, track=3)
    assert (type(segment.label), type(segment.score), type(segment.track)) == (int, float, int)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int32, np.int64, np.uint32, np.uint64, ">i4"])
def test_any_integer_map_is_kept_as_int32(dtype):
    seg = Segmentation(np.array([[1, 2], [0, 1]], dtype), CATS, LABELS)
    assert_valid(seg)
    assert seg.ids.tolist() == [[1, 2], [0, 1]]


@pytest.mark.parametrize(
    "ids",
    [
        np.ones((2, 2), bool),
        np.ones((2, 2), np.float32),
        np.ones((2, 2), complex),
        np.ones((2, 2), object),
        np.ones((2, 2, 1), int),
        np.ones(4, int),
        np.int32(1),
    ],
)
def test_a_map_that_is_not_a_table_of_integers_is_refused(ids):
    with pytest.raises(InvalidSegmentation, match=r"ids must be \(H, W\) integers; found"):
        Segmentation(ids, CATS, LABELS)


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        (np.uint32, 2**31),
        (np.uint32, 2**32 - 1),
        (np.int64, 2**32 + 1),  # would wrap around to 1
        (np.int64, 1 - 2**32),  # would wrap around to 1
        (np.uint64, 2**63 + 1),
        (np.int64, -1),
        (np.int8, -1),
        (np.int32, -(2**31)),
        (np.uint8, 3),
    ],
)
def test_an_id_beyond_the_segments_is_refused_however_large_or_small(dtype, value):
    with pytest.raises(InvalidSegmentation, match=str(value)):
        Segmentation(np.array([[1, 2, value]], dtype), CATS, LABELS)


def test_a_segment_without_a_pixel_is_refused_and_named():
    with pytest.raises(InvalidSegmentation, match=r"segment 1 owns no pixel \(id 2 is not in the map\)"):
        Segmentation(np.array([[0, 1]]), CATS, LABELS)
    with pytest.raises(InvalidSegmentation, match="segment 0 owns no pixel"):
        Segmentation(np.zeros((0, 5), int), CATS[:1], LABELS)


def test_a_label_that_the_set_lacks_is_refused():
    with pytest.raises(InvalidSegmentation, match=r"segment 0 has label 6; 'zoo' has labels 0\.\.5"):
        Segmentation(np.array([[1]]), (Segment(label=6),), LABELS)


def test_a_stuff_label_owns_one_segment_at_most():
    with pytest.raises(InvalidSegmentation, match="segments 0 and 2 are both 'grass'"):
        Segmentation(np.array([[1, 2, 3]]), (Segment(label=GRASS), CATS[0], Segment(label=GRASS)), LABELS)


def test_stuff_is_never_a_crowd():
    with pytest.raises(InvalidSegmentation, match="segment 0 is a crowd of 'sky'"):
        Segmentation(np.array([[1]]), (Segment(label=SKY, crowd=True),), LABELS)


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0), (1, 1), (3, 4)])
def test_a_map_without_segments_is_all_void(size):
    seg = Segmentation(np.zeros(size, np.uint8), (), LABELS)
    assert_valid(seg)
    assert (len(seg), seg.size, seg.void_area()) == (0, size, size[0] * size[1])
    assert seg.boxes().shape == (0, 4) and seg.boxes().dtype == np.int64
    assert seg.areas().shape == (0,) and seg.label_names() == ()
    assert (seg.label_indices() == -1).all() and seg.label_indices().shape == size


def test_one_pixel_can_be_one_segment():
    seg = Segmentation(np.array([[1]]), CATS[:1], LABELS)
    assert (seg.areas().tolist(), seg.boxes().tolist(), seg.void_area()) == ([1], [[0, 0, 1, 1]], 0)
    assert seg.mask(0).tolist() == [[True]] and seg.label_indices().tolist() == [[CAT]]


@given(segmentations())
def test_boxes_masks_and_labels_agree_with_a_loop_over_the_pixels(seg):
    for k, (segment, box) in enumerate(zip(seg.segments, seg.boxes().tolist(), strict=True)):
        own = [(r, c) for r in range(seg.size[0]) for c in range(seg.size[1]) if seg.ids[r, c] == k + 1]
        rows, columns = {r for r, _ in own}, {c for _, c in own}
        assert box == [min(rows), min(columns), max(rows) + 1, max(columns) + 1]
        assert {(r, c) for r, c in np.argwhere(seg.mask(k)).tolist()} == set(own)
        assert all(seg.label_indices()[pixel] == segment.label for pixel in own)
    assert ((seg.label_indices() == -1) == (seg.ids == 0)).all()
    assert seg.label_indices().dtype == np.int32
    assert seg.label_names() == tuple(LABELS[s.label].name for s in seg.segments)


@pytest.mark.parametrize("index", [-1, 2])
def test_a_mask_of_a_segment_that_is_not_there_is_an_index_error(index):
    with pytest.raises(IndexError):
        Segmentation(np.array([[1, 2]]), CATS, LABELS).mask(index)


@pytest.mark.parametrize("n", [255, 256, 300])
@pytest.mark.parametrize("width", [65_536, 65_537])
def test_areas_are_right_on_both_sides_of_the_borders_between_the_ways_to_count(n, width):
    ids = np.random.default_rng(n).integers(0, n + 1, (1, width), np.int32)
    ids[0, : n + 1] = np.arange(n + 1)
    seg = Segmentation(ids, (CATS[0],) * n, LABELS)
    values, counts = np.unique(ids, return_counts=True)
    assert values.tolist() == list(range(n + 1))
    assert [seg.void_area(), *seg.areas().tolist()] == counts.tolist()
    assert seg.areas().dtype == np.int64 and len(seg.areas()) == n


def test_seventy_thousand_segments_fit_into_a_map():
    ids = np.arange(1, 70_001).reshape(200, 350)
    seg = Segmentation(ids, (Segment(label=CAT),) * 70_000, LABELS)
    assert seg.areas().tolist() == [1] * 70_000
    assert seg.boxes()[69_999].tolist() == [199, 349, 200, 350]
    assert seg.mask(69_999).sum() == 1 and (seg.ids == ids).all()


@given(segmentations())
def test_segmentations_are_equal_when_map_segments_and_labels_are(seg):
    twin = Segmentation(seg.ids.astype(np.int64), list(seg.segments), LabelSet(LABELS.name, LABELS.labels))
    assert seg == twin
    assert seg != Segmentation(seg.ids, seg.segments, LabelSet("other", LABELS.labels))
    assert seg != "seg"
    if len(seg):
        changed = dataclasses.replace(seg.segments[0], score=0.123)
        assert seg != Segmentation(seg.ids, (changed, *seg.segments[1:]), LABELS)
        assert seg != Segmentation(np.fliplr(np.pad(seg.ids, 1)), seg.segments, LABELS)


def test_a_segmentation_is_not_hashable_and_not_changeable():
    seg = Segmentation(np.array([[1, 2]]), CATS, LABELS)
    with pytest.raises(TypeError, match="unhashable"):
        hash(seg)
    with pytest.raises(dataclasses.FrozenInstanceError):
        seg.segments = ()
    with pytest.raises(ValueError, match="read-only"):
        seg.areas()[0] = 7


@given(segmentations())
def test_pickled_and_copied_segmentations_are_equal_valid_and_read_only(seg):
    for again in (pickle.loads(pickle.dumps(seg)), copy.copy(seg), copy.deepcopy(seg)):
        assert again == seg
        assert_valid(again)


def test_dataclasses_replace_checks_again():
    seg = Segmentation(np.array([[1, 2]]), CATS, LABELS)
    assert dataclasses.replace(seg, segments=(CATS[0], Segment(label=GRASS))).label_names() == ("cat", "grass")
    with pytest.raises(InvalidSegmentation):
        dataclasses.replace(seg, segments=CATS[:1])


@pytest.mark.parametrize("n", [3, 300])
def test_a_map_too_large_to_count_at_once_has_the_same_areas(n):
    ids = (np.arange(4200 * 4200) % (n + 1)).astype(np.int32).reshape(4200, 4200)
    assert count_ids(ids, n).tolist() == np.bincount(ids.ravel(), minlength=n + 1).tolist()
