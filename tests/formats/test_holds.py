"""The truth cut down to what a format holds, with a reason for every loss."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from round_trip import content
from scenes import SOME_LABELS, segmentations
from segweave.formats.holds import Holds, reduce, segments_as_instances
from segweave.segmentation import Instances, Rle, Segment, Segmentation

ALL = Holds(crowd="each", score="optional", track=True, source_id=True)
CAR, ROAD = 3, 1


def line(*ids, segments):
    return Segmentation(np.array([ids]), segments, SOME_LABELS)


@given(segmentations())
def test_a_format_that_holds_everything_loses_nothing(seg):
    same, lost = reduce(seg, ALL)
    assert same == seg and lost == []


@given(segmentations(), st.sampled_from(["each", "one a label", "no"]), st.booleans(), st.booleans())
def test_reducing_twice_is_reducing_once_and_says_nothing_new(seg, crowd, identity, track):
    holds = Holds(crowd=crowd if identity else "no", identity=identity, track=track, score="no")
    once, _ = reduce(seg, holds)
    twice, lost = reduce(once, holds)
    assert twice == once and lost == []


@given(segmentations())
def test_segments_become_masks_of_the_same_pixels_and_back(seg):
    masks, lost = reduce(seg, Holds(overlap=True, crowd="each", score="optional", track=True, source_id=True))
    assert isinstance(masks, Instances) and lost == [] and content(masks) == content(seg)
    assert content(segments_as_instances(seg)) == content(seg)
    back, lost = reduce(masks, ALL)
    assert lost == [] and content(back) == content(seg)


def test_scores_tracks_and_crowds_are_dropped_and_counted():
    segments = (Segment(label=CAR, score=0.5, crowd=True, source_id=7), Segment(label=CAR, score=0.1, track=3))
    seg, lost = reduce(line(1, 2, segments=segments), Holds())
    assert seg.segments == (Segment(label=CAR), Segment(label=CAR))
    assert [reason for reason, _ in lost] == [
        "2 scores are dropped",
        "1 track is dropped",
        "1 crowd is no longer marked as such",
    ]


def test_ids_of_the_old_file_go_without_a_word():
    seg, lost = reduce(line(1, segments=(Segment(label=CAR, source_id=7),)), Holds())
    assert seg.segments == (Segment(label=CAR),) and lost == []


def test_crowds_of_one_label_become_one_and_other_things_stay_apart():
    crowd, car = Segment(label=CAR, crowd=True), Segment(label=CAR)
    seg, lost = reduce(line(1, 2, 3, 4, segments=(crowd, car, crowd, car)), Holds(crowd="one a label"))
    assert seg.ids.tolist() == [[1, 2, 1, 3]] and [s.crowd for s in seg.segments] == [True, False, False]
    assert lost == [("2 crowds become 1, one a label", "cannot-hold")]


def test_a_format_without_identity_gets_one_segment_a_label():
    seg, lost = reduce(
        line(1, 2, 3, segments=(Segment(label=CAR), Segment(label=ROAD), Segment(label=CAR))), Holds(identity=False)
    )
    assert seg.ids.tolist() == [[2, 1, 2]]  # in label order: road, car
    assert lost == [("2 things become 1 segment a label", "cannot-hold")]


def test_masks_on_one_map_lose_what_is_hidden_and_it_is_counted():
    """Two cars of 3 px share 1 px; a third lies under the first altogether."""
    masks = tuple(Rle.from_mask(np.array([m])) for m in ([1, 1, 1, 0, 0], [0, 0, 1, 1, 1], [1, 1, 0, 0, 0]))
    truth = Instances((1, 5), masks, (Segment(label=CAR),) * 3, SOME_LABELS)
    seg, lost = reduce(truth, Holds())
    assert seg.ids.tolist() == [[1, 1, 1, 2, 2]]  # at equal scores the earlier lies on top
    assert lost == [
        ("3 pixels of masks hidden by others dropped", "overlap"),
        ("1 mask hidden altogether, or fused with stuff of the same label", "overlap"),
    ]


def test_where_scores_are_required_the_missing_ones_are_said():
    seg, lost = reduce(
        line(1, 2, segments=(Segment(label=CAR), Segment(label=CAR, score=0.5))), Holds(score="required")
    )
    assert [s.score for s in seg.segments] == [1.0, 0.5] and lost == [
        ("1 segment without a score, taken as 1.0", "assumed")
    ]
