import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as npst

from segmentation_strategies import CAT, DOG, GRASS, LABELS, SKY, assert_valid, segmentations, segments, sides
from segweave.errors import InvalidSegmentation
from segweave.segmentation import Segment, assemble


@st.composite
def loose_parts(draw):
    candidates = draw(st.lists(segments(), max_size=8))
    size = (draw(sides), draw(sides))
    return draw(npst.arrays(np.int64, size, elements=st.integers(0, len(candidates)))), candidates


@given(loose_parts())
def test_loose_parts_become_a_valid_segmentation_in_which_every_pixel_keeps_its_label(parts):
    ids, candidates = parts
    before = ids.copy()
    seg = assemble(ids, candidates, LABELS)
    assert_valid(seg)
    label_of = [-1, *(s.label for s in candidates)]
    assert seg.label_indices().tolist() == [[label_of[k] for k in row] for row in ids.tolist()]
    assert (ids == before).all() and ids.flags.writeable


@given(loose_parts())
def test_things_keep_their_order_and_all_their_properties(parts):
    ids, candidates = parts
    seg = assemble(ids, candidates, LABELS)
    things = [s for k, s in enumerate(candidates, 1) if LABELS[s.label].is_thing and (ids == k).any()]
    assert [s for s in seg.segments if LABELS[s.label].is_thing] == things
    for k, segment in enumerate(candidates, 1):
        if LABELS[segment.label].is_thing and (ids == k).any():
            assert len(np.unique(seg.ids[ids == k])) == 1


@given(loose_parts())
def test_fused_stuff_has_the_mean_score_by_area_and_the_track_of_its_largest_part(parts):
    ids, candidates = parts
    for segment in assemble(ids, candidates, LABELS).segments:
        if LABELS[segment.label].is_thing:
            continue
        own = [(int((ids == k).sum()), s) for k, s in enumerate(candidates, 1) if s.label == segment.label]
        own = [(area, s) for area, s in own if area]
        largest = max(area for area, _ in own)
        first_largest = next(s for area, s in own if area == largest)
        assert (segment.track, segment.source_id) == (first_largest.track, first_largest.source_id)
        scored = [(area, s.score) for area, s in own if s.score is not None]
        if scored:
            mean = sum(area * score for area, score in scored) / sum(area for area, _ in scored)
            assert segment.score == pytest.approx(mean, abs=1e-12)
        else:
            assert segment.score is None


@given(segmentations())
def test_a_valid_segmentation_is_assembled_as_it_is(seg):
    assert assemble(seg.ids, seg.segments, LABELS) == seg


def test_a_fused_segment_stands_where_its_first_part_stood():
    loose = [Segment(label=GRASS, score=0.25), Segment(label=CAT), Segment(label=SKY), Segment(label=GRASS, track=4)]
    seg = assemble(np.array([[2, 1, 4], [2, 4, 3]]), loose, LABELS)
    assert seg.label_names() == ("grass", "cat", "sky")
    assert seg.ids.tolist() == [[2, 1, 1], [2, 1, 3]]
    assert seg.segments[0] == Segment(label=GRASS, score=0.25, track=4)  # the only score; the larger part's track


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.uint32, np.uint64])
@pytest.mark.parametrize("order", ["C", "F"])
def test_any_integer_map_can_be_assembled(dtype, order):
    ids = np.array([[1, 2, 0], [2, 2, 0]], dtype, order=order)
    assert assemble(ids, [Segment(label=CAT), Segment(label=DOG)], LABELS).ids.tolist() == [[1, 2, 0], [2, 2, 0]]


@pytest.mark.parametrize("value", [-1, 2, 2**32, 2**32 + 1, 1 - 2**32])
def test_an_id_without_a_candidate_is_refused(value):
    with pytest.raises(InvalidSegmentation, match=r"ids must lie in 0\.\.1; found"):
        assemble(np.array([[1, value]]), [Segment(label=CAT)], LABELS)


@pytest.mark.parametrize("ids", [np.ones((1, 1), bool), np.ones((1, 1)), np.ones((1, 1, 1), int), np.ones(1, int)])
def test_a_map_that_is_not_a_table_of_integers_is_refused(ids):
    with pytest.raises(InvalidSegmentation, match=r"ids must be \(H, W\) integers"):
        assemble(ids, [Segment(label=CAT)], LABELS)


@pytest.mark.parametrize("map_", [[[1]], [[0]]])
def test_a_label_that_the_set_lacks_is_refused_even_without_a_pixel(map_):
    with pytest.raises(InvalidSegmentation, match="segment 0 has label 6"):
        assemble(np.array(map_), [Segment(label=6)], LABELS)


@pytest.mark.parametrize("map_", [[[1, 1, 2]], [[1, 2, 2]]])
def test_a_crowd_of_stuff_is_refused_whether_its_part_is_the_larger_or_not(map_):
    with pytest.raises(InvalidSegmentation, match="segment 0 is a crowd of 'grass'"):
        assemble(np.array(map_), [Segment(label=GRASS, crowd=True), Segment(label=GRASS)], LABELS)


def test_seventy_thousand_candidates_of_one_stuff_label_fuse_to_one():
    ids = np.arange(1, 70_001).reshape(200, 350)
    seg = assemble(ids, [Segment(label=GRASS, score=0.5)] * 70_000, LABELS)
    assert seg.areas().tolist() == [70_000] and seg.segments[0].score == 0.5
