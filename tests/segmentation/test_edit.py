import copy
from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as npst

from segmentation_strategies import CAT, DOG, GRASS, LABELS, SKY, assert_valid, segmentations, segments
from segweave.errors import InvalidSegmentation, LabelError
from segweave.labels import Label, LabelMap, LabelSet
from segweave.segmentation import Instances, Rle, Segment, Segmentation, edit

COARSE = LabelSet("coarse", (Label(name="animal", is_thing=True), Label(name="ground", is_thing=False)))
with_segments = segmentations().filter(len)


def mask_of(seg):
    return npst.arrays(bool, seg.size)


def edits(seg):
    """Every edit with random arguments that fit `seg`."""
    height, width = seg.size
    targets = st.tuples(*[st.sampled_from((None, 0, 1))] * len(LABELS))
    rows = st.tuples(st.integers(0, height), st.integers(0, height)).map(sorted)
    columns = st.tuples(st.integers(0, width), st.integers(0, width)).map(sorted)
    size = st.tuples(st.integers(0, 9 if height else 0), st.integers(0, 9 if width else 0))
    found = [
        targets.map(lambda t: lambda s: edit.map_labels(s, LabelMap(LABELS, COARSE, t))),
        st.tuples(rows, columns).map(lambda b: lambda s: edit.crop(s, (b[0][0], b[1][0], b[0][1], b[1][1]))),
        size.map(lambda new: lambda s: edit.resize(s, new)),
        st.tuples(mask_of(seg), segments()).map(lambda p: lambda s: edit.paint(s, p[0], p[1])),
        mask_of(seg).map(lambda mask: lambda s: edit.erase(s, mask)),
    ]
    if len(seg):
        index = st.integers(0, len(seg) - 1)
        found += [
            st.tuples(index, st.integers(0, 5)).map(lambda p: lambda s: edit.relabel(s, *p)),
            st.lists(index).map(lambda chosen: lambda s: edit.merge(s, chosen)),
            st.tuples(mask_of(seg), index).map(lambda p: lambda s: edit.paint_into(s, *p)),
        ]
        things = [k for k, s in enumerate(seg.segments) if LABELS[s.label].is_thing]
        if things:
            found.append(st.sampled_from(things).map(lambda k: lambda s: edit.split_components(s, k)))
    return st.one_of(found)


@given(st.data(), segmentations())
def test_every_edit_gives_a_valid_segmentation_and_leaves_the_old_one_as_it_was(data, seg):
    change = data.draw(edits(seg))
    before = copy.deepcopy(seg)
    assert_valid(change(seg))
    assert seg == before
    assert_valid(seg)


@given(with_segments, st.integers(0, 5), st.data())
def test_relabel_changes_the_label_of_the_pixels_of_one_segment(seg, label, data):
    index = data.draw(st.integers(0, len(seg) - 1))
    changed = edit.relabel(seg, index, np.int64(label))
    assert (changed.label_indices() == np.where(seg.mask(index), label, seg.label_indices())).all()


def test_relabel_to_stuff_that_is_there_joins_it_and_forgets_the_crowd():
    seg = Segmentation(np.array([[1, 2]]), (Segment(label=CAT, crowd=True), Segment(label=GRASS)), LABELS)
    assert edit.relabel(seg, 0, GRASS).segments == (Segment(label=GRASS),)
    assert edit.relabel(seg, 0, DOG).segments[0] == Segment(label=DOG, crowd=True)


@given(segmentations(), st.tuples(*[st.sampled_from((None, 0, 1))] * 6))
def test_map_labels_says_every_pixel_in_the_other_set(seg, targets):
    mapped = edit.map_labels(seg, LabelMap(LABELS, COARSE, targets))
    table = np.array([*(-1 if t is None else t for t in targets), -1])  # the last one answers void, -1
    assert (mapped.label_indices() == table[seg.label_indices()]).all()
    assert mapped.labels == COARSE


def test_map_labels_refuses_a_map_from_another_set():
    seg = Segmentation(np.array([[0]]), (), COARSE)
    with pytest.raises(LabelError, match="the map starts from 'zoo'; the segmentation has 'coarse'"):
        edit.map_labels(seg, LabelMap.same_names(LABELS, COARSE))


def test_map_labels_drops_instances_that_map_to_nothing_and_keeps_the_others_in_order():
    shapes = [Rle.from_mask(np.array(m)) for m in ([[1, 1]], [[0, 1]], [[1, 0]], [[1, 1]])]
    cat = Segment(label=CAT, score=0.5, crowd=True, track=3, source_id="a")
    found = Instances((1, 2), shapes, (cat, Segment(label=DOG), Segment(label=GRASS), cat), LABELS)
    to_animal = LabelMap.from_names(LABELS, COARSE, {LABELS[CAT].name: "animal", LABELS[GRASS].name: "ground"})
    mapped = edit.map_labels(found, to_animal)
    animal, ground = replace(cat, label=0), Segment(label=1)
    assert mapped == Instances((1, 2), (shapes[0], shapes[2], shapes[3]), (animal, ground, animal), COARSE)
    to_ground = LabelMap.from_names(LABELS, COARSE, {LABELS[CAT].name: "ground"})
    assert edit.map_labels(found, to_ground).segments == (replace(cat, label=1, crowd=False),) * 2
    assert len(edit.map_labels(found, LabelMap.from_names(LABELS, COARSE, {}))) == 0
    with pytest.raises(LabelError, match="the map starts from 'coarse'; the instances have 'zoo'"):
        edit.map_labels(found, LabelMap.same_names(COARSE, LABELS))


@given(with_segments, st.data())
def test_merge_makes_one_segment_with_the_properties_of_the_first_named(seg, data):
    chosen = data.draw(st.lists(st.integers(0, len(seg) - 1), min_size=1))
    merged = edit.merge(seg, chosen)
    union = np.isin(seg.ids, np.array(chosen) + 1)
    assert len(merged) == len(seg) - len(set(chosen)) + 1
    assert len(np.unique(merged.ids[union])) == 1
    assert merged.segments[int(merged.ids[union][0]) - 1] == seg.segments[chosen[0]]
    assert (merged.label_indices()[~union] == seg.label_indices()[~union]).all()
    assert edit.merge(seg, np.array(chosen)) == merged


def test_merging_nothing_changes_nothing():
    seg = Segmentation(np.array([[1]]), (Segment(label=CAT),), LABELS)
    assert edit.merge(seg, []) == edit.merge(seg, np.array([], int)) == seg


def test_split_components_keeps_the_largest_in_place_and_appends_the_rest_by_size():
    cat, dog = Segment(label=CAT, score=0.5, track=3, source_id="a"), Segment(label=DOG, track=4)
    seg = Segmentation(np.array([[1, 2, 1, 1], [2, 2, 2, 2], [1, 1, 1, 2], [2, 2, 2, 1]]), (cat, dog), LABELS)
    # parts of cat: 1 px top left; 2 px top right; 3 px below + 1 px that touches at a corner = 4 px
    split = edit.split_components(seg, 0)
    assert split.ids.tolist() == [[4, 2, 3, 3], [2, 2, 2, 2], [1, 1, 1, 2], [2, 2, 2, 1]]
    loose = replace(cat, track=None, source_id=None)
    assert split.segments == (cat, dog, loose, loose)
    assert edit.split_components(split, 0) == split


def test_stuff_does_not_split():
    seg = Segmentation(np.array([[1, 0, 1]]), (Segment(label=GRASS),), LABELS)
    with pytest.raises(InvalidSegmentation, match="segment 0 is 'grass', stuff"):
        edit.split_components(seg, 0)


@given(segmentations(), st.data())
def test_crop_keeps_the_pixels_of_the_box(seg, data):
    top, bottom = sorted(data.draw(st.tuples(*[st.integers(0, seg.size[0])] * 2)))
    left, right = sorted(data.draw(st.tuples(*[st.integers(0, seg.size[1])] * 2)))
    cut = edit.crop(seg, (top, left, bottom, right))
    assert (cut.label_indices() == seg.label_indices()[top:bottom, left:right]).all()
    assert cut.size == (bottom - top, right - left)


@pytest.mark.parametrize("box", [(-1, 0, 1, 1), (0, 0, 2, 1), (0, 2, 1, 1), (0, 0, 1, 4), (1, 0, 0, 1)])
def test_a_crop_stays_within_the_image(box):
    with pytest.raises(InvalidSegmentation, match=r"does not lie within 1 x 3 px"):
        edit.crop(Segmentation(np.array([[1, 1, 1]]), (Segment(label=CAT),), LABELS), box)


@given(segmentations().filter(lambda s: min(s.size) > 0), st.tuples(st.integers(0, 30), st.integers(0, 30)))
def test_resize_takes_the_pixel_under_each_new_centre(seg, size):
    from fractions import Fraction
    from math import floor

    half = Fraction(1, 2)
    resized = edit.resize(seg, size)
    assert resized.size == size
    for r in range(size[0]):
        for c in range(size[1]):
            old = (floor((r + half) * seg.size[0] / size[0]), floor((c + half) * seg.size[1] / size[1]))
            assert resized.label_indices()[r, c] == seg.label_indices()[old]


def test_resize_to_its_own_size_changes_nothing_and_a_vanished_segment_goes():
    seg = Segmentation(np.array([[1, 2, 1, 1]]), (Segment(label=CAT), Segment(label=DOG)), LABELS)
    assert edit.resize(seg, (1, 4)) == seg
    assert edit.resize(seg, (1, 1)).label_names() == ("cat",)  # centre 2.0: pixel 2


def test_an_image_without_pixels_cannot_grow_and_sizes_are_not_negative():
    empty = Segmentation(np.zeros((0, 5), int), (), LABELS)
    assert edit.resize(empty, (0, 3)).size == (0, 3)
    for size in ((1, 5), (-1, 5)):
        with pytest.raises(InvalidSegmentation, match="cannot resize 0 px"):
            edit.resize(empty, size)


@given(segmentations(), segments(), st.data())
def test_paint_lays_a_new_segment_over_what_was_there(seg, segment, data):
    mask = data.draw(mask_of(seg))
    painted = edit.paint(seg, mask.astype(np.float32), segment)
    assert (painted.label_indices() == np.where(mask, segment.label, seg.label_indices())).all()
    if mask.any() and LABELS[segment.label].is_thing:
        assert painted.segments[-1] == segment and (painted.mask(len(painted) - 1) == mask).all()


@given(with_segments, st.data())
def test_paint_into_extends_a_segment_and_keeps_its_properties(seg, data):
    mask, index = data.draw(mask_of(seg)), data.draw(st.integers(0, len(seg) - 1))
    painted = edit.paint_into(seg, mask, index)
    new = int(painted.ids[seg.mask(index)][0]) - 1
    assert painted.segments[new] == seg.segments[index]
    assert (painted.mask(new) == (seg.mask(index) | mask)).all()


@given(segmentations(), st.data())
def test_erase_makes_pixels_void(seg, data):
    mask = data.draw(mask_of(seg))
    erased = edit.erase(seg, mask)
    assert (erased.label_indices() == np.where(mask, -1, seg.label_indices())).all()
    assert edit.erase(seg, np.ones(seg.size)).segments == ()


def test_painting_with_a_mask_of_another_size_is_refused():
    seg = Segmentation(np.array([[1, 1]]), (Segment(label=CAT),), LABELS)
    mask = np.ones((2, 1), bool)
    for change in (lambda: edit.paint(seg, mask, Segment(label=SKY)), lambda: edit.paint_into(seg, mask, 0)):
        with pytest.raises(InvalidSegmentation, match=r"mask has shape \(2, 1\); the segmentation has \(1, 2\)"):
            change()
    with pytest.raises(InvalidSegmentation, match="mask has shape"):
        edit.erase(seg, np.ones((1, 2, 1)))


@pytest.mark.parametrize("index", [-1, 1, 99])
def test_an_edit_of_a_segment_that_is_not_there_is_refused(index):
    seg = Segmentation(np.array([[1]]), (Segment(label=CAT),), LABELS)
    for change in (
        lambda: edit.relabel(seg, index, DOG),
        lambda: edit.merge(seg, [0, index]),
        lambda: edit.split_components(seg, index),
        lambda: edit.paint_into(seg, np.ones((1, 1)), index),
    ):
        with pytest.raises(InvalidSegmentation, match=f"there is no segment {index}; this segmentation has 1"):
            change()


@pytest.mark.parametrize("label", [-1, 6])
def test_a_label_that_the_set_lacks_is_refused(label):
    seg = Segmentation(np.array([[1]]), (Segment(label=CAT),), LABELS)
    with pytest.raises(InvalidSegmentation, match=r"label -?\d is not in 'zoo', which has 0\.\.5"):
        edit.relabel(seg, 0, label)
    with pytest.raises(InvalidSegmentation):
        edit.paint(seg, np.ones((1, 1)), Segment(label=6))
