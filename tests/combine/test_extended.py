"""From extended labels to a panoptic result: which thing is which."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from combine.plans import CITY, INDOOR, labels
from scenes import SOME_LABELS, segmentations
from segweave.combine.extended import COMPONENT, Mask, extended_segmentation, extended_semantic
from segweave.errors import InvalidSegmentation
from segweave.labels import LabelSet
from segweave.segmentation import Segment, Segmentation

MORE = LabelSet("more", (*CITY, INDOOR[0], INDOOR[1]))  # road, wall, car (thing); sign (thing), floor
SIGN, FLOOR = 3, 4


def city(*rows: list[int], segments: list[Segment]) -> Segmentation:
    return Segmentation(np.array(rows), tuple(segments), CITY)


def mask(*rows: list[int], score: float = 0.5) -> Mask:
    return Mask(label=SIGN, mask=np.array(rows, bool), score=score)


def test_added_stuff_is_one_segment_and_added_things_are_marked_parts() -> None:
    wall = city([1, 1, 1, 1, 1, 1, 1], segments=[Segment(label=1, score=0.7)])
    seg = extended_segmentation(wall, labels([FLOOR, 1, FLOOR, 1, SIGN, 1, SIGN]), MORE)
    assert seg.label_names() == ("wall", "sign", "sign", "floor")
    assert seg.ids.tolist() == [[4, 1, 4, 1, 2, 1, 3]]
    assert [segment.source_id for segment in seg.segments] == [None, COMPONENT, COMPONENT, None]
    assert seg.segments[0].score == 0.7


def test_parts_that_touch_at_corners_are_one() -> None:
    wall = city([1, 1], [1, 1], segments=[Segment(label=1)])
    assert extended_segmentation(wall, labels([SIGN, 1], [1, SIGN]), MORE).label_names() == ("wall", "sign")


def test_a_mask_is_taken_when_more_than_half_of_it_fired_and_never_owns_what_did_not() -> None:
    wall = city([1] * 6, segments=[Segment(label=1)])
    fired = labels([SIGN, SIGN, SIGN, 1, 1, SIGN])
    one = extended_segmentation(wall, fired, MORE, masks=[mask([0, 1, 1, 1, 0, 0], score=0.9)])  # 2 of 3 fired
    # the mask owns pixels 1 and 2; 0 and 5 are parts of their own
    assert one.ids.tolist() == [[3, 2, 2, 1, 1, 4]]
    assert [segment.source_id for segment in one.segments] == [None, None, COMPONENT, COMPONENT]
    assert one.segments[1].score == 0.9
    half = extended_segmentation(wall, fired, MORE, masks=[mask([0, 1, 1, 1, 1, 0])])  # 2 of 4 are not more than half
    assert half.ids.tolist() == [[2, 2, 2, 1, 1, 3]]


def test_the_mask_with_the_highest_score_takes_what_two_of_them_share() -> None:
    wall = city([1] * 4, segments=[Segment(label=1)])
    two = [mask([1, 1, 1, 0], score=0.4), mask([0, 0, 1, 1], score=0.8)]
    seg = extended_segmentation(wall, labels([SIGN] * 4), MORE, masks=two)
    assert seg.ids.tolist() == [[2, 2, 1, 1]]
    assert [segment.score for segment in seg.segments] == [0.8, 0.4]


def test_a_mask_of_a_thing_that_is_another_mask_s_already_is_not_taken() -> None:
    wall = city([1] * 6, segments=[Segment(label=1)])
    same = [mask([1, 1, 1, 1, 0, 0], score=0.8), mask([0, 0, 1, 1, 1, 0], score=0.4)]  # 1 of 3 is left of the second
    seg = extended_segmentation(wall, labels([SIGN] * 6), MORE, masks=same)
    assert seg.ids.tolist() == [[1, 1, 1, 1, 2, 2]]
    assert [segment.source_id for segment in seg.segments] == [None, COMPONENT]


def test_a_small_part_beside_a_thing_is_a_piece_of_it_and_a_large_one_is_not() -> None:
    road = city([1] * 9, [1] * 9, segments=[Segment(label=0)])
    fired = labels([SIGN, SIGN, 0, SIGN, SIGN, SIGN, SIGN, SIGN, SIGN], [0, 0, 0, 0, 0, 0, SIGN, 0, 0])
    masks = [mask([1, 1, 0, 0, 0, 0, 0, 0, 0], [0] * 9), mask([0, 0, 0, 0, 1, 1, 0, 0, 0], [0] * 9)]
    # what no mask took: column 3, beside the second thing; the four px from column 6 on, beside it too
    seg = extended_segmentation(road, fired, MORE, masks=masks, least=2)
    assert seg.ids.tolist() == [[2, 2, 1, 3, 3, 3, 4, 4, 4], [1, 1, 1, 1, 1, 1, 4, 1, 1]]
    assert extended_segmentation(road, fired, MORE, masks=masks, least=4) == seg  # four px are not fewer than four
    larger = extended_segmentation(road, fired, MORE, masks=masks, least=5)
    assert larger.ids.tolist() == [[2, 2, 1, 3, 3, 3, 3, 3, 3], [1, 1, 1, 1, 1, 1, 3, 1, 1]]
    none = extended_segmentation(road, fired, MORE, masks=masks)
    assert none.ids.tolist() == [[2, 2, 1, 4, 3, 3, 5, 5, 5], [1, 1, 1, 1, 1, 1, 5, 1, 1]]


def test_a_small_part_between_two_things_goes_to_the_one_it_touches_more() -> None:
    road = city([1] * 3, [1] * 3, segments=[Segment(label=0)])
    masks = [mask([1, 0, 0], [1, 0, 0], score=0.3), mask([0, 0, 1], [0, 0, 0], score=0.9)]
    seg = extended_segmentation(road, labels([SIGN] * 3, [SIGN, 0, 0]), MORE, masks=masks, least=3)
    assert seg.ids.tolist() == [[3, 3, 2], [3, 1, 1]]  # the middle touches two pixels of one, one of the other


def test_the_semantic_result_has_one_segment_a_label_with_the_primary_s_scores() -> None:
    both = city([1, 1, 2, 2, 1], segments=[Segment(label=0, score=0.6), Segment(label=1, score=0.7)])
    seg = extended_semantic(both, labels([0, SIGN, SIGN, 1, 0]), MORE)
    assert seg.ids.tolist() == [[1, 3, 3, 2, 1]] and seg.label_names() == ("road", "wall", "sign")
    assert [segment.score for segment in seg.segments] == [0.6, 0.7, None]


def test_output_of_another_size_is_refused() -> None:
    wall = city([1], segments=[Segment(label=1)])
    for made in (extended_segmentation, extended_semantic):
        with pytest.raises(InvalidSegmentation, match=r"output labels are \(1, 2\); the primary's result is \(1, 1\)"):
            made(wall, labels([1, 1]), MORE)


def test_a_mask_of_another_label_is_not_asked() -> None:
    wall = city([1, 1], segments=[Segment(label=1)])
    other = Mask(label=FLOOR, mask=np.ones((1, 2), bool))
    assert extended_segmentation(wall, labels([SIGN, 1]), MORE, masks=[other]).segments[1].source_id == COMPONENT


def test_a_primary_thing_that_keeps_less_than_half_goes_and_its_rest_is_void() -> None:
    cars = city([1, 1, 1, 2, 2, 2, 2], segments=[Segment(label=2), Segment(label=2)])
    seg = extended_segmentation(cars, labels([SIGN, SIGN, 2, SIGN, SIGN, 2, 2]), MORE)
    # the first car keeps 1 of 3 pixels and goes; the second keeps 2 of 4, not less than half, and stays
    assert seg.ids.tolist() == [[2, 2, 0, 3, 3, 1, 1]]
    assert seg.label_names() == ("car", "sign", "sign")


def test_stuff_stays_however_little_is_left_of_it() -> None:
    wall = city([1] * 9, segments=[Segment(label=1)])
    assert extended_segmentation(wall, labels([FLOOR] * 8 + [1]), MORE).areas().tolist() == [1, 8]


def test_a_promoted_pixel_joins_the_stuff_that_is_there() -> None:
    both = city([1, 1, 2], segments=[Segment(label=0), Segment(label=1)])
    seg = extended_segmentation(both, labels([0, 1, 1]), MORE)
    assert seg.ids.tolist() == [[1, 2, 2]] and seg.label_names() == ("road", "wall")


@given(segmentations(), st.integers(0, 2**32 - 1))
def test_every_pixel_has_its_output_label_or_is_the_rest_of_a_thing_that_went(seg: Segmentation, seed: int) -> None:
    rng = np.random.default_rng(seed)
    more = LabelSet("more", (*seg.labels, *INDOOR[:2]) if seg.labels == SOME_LABELS else seg.labels.labels)
    before = seg.label_indices()
    output = np.where((rng.random(seg.size) < 0.4) & (before >= 0), rng.integers(0, len(more), seg.size), before)
    masks = [Mask(label=int(rng.integers(len(more))), mask=rng.random(seg.size) < 0.5) for _ in range(3)]
    result = extended_segmentation(seg, output.astype(np.int32), more, masks=masks)
    after = result.label_indices()
    rest = (after == -1) & (before >= 0)
    assert np.array_equal(after[~rest], output[~rest])
    is_thing = np.array([*(label.is_thing for label in more), False])
    assert is_thing[output[rest]].all() and (output[rest] == before[rest]).all()
