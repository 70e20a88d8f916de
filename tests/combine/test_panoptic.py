"""Semantic and instance results as one panoptic result: the rule of Panoptic FPN."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenes import SOME_LABELS, masks, segmentations
from segweave.combine.panoptic import panoptic_fpn
from segweave.errors import InvalidSegmentation, LabelError
from segweave.labels import label_set
from segweave.segmentation import Instances, Rle, Segment, Segmentation, panoptic_to_semantic

SKY, ROAD, CAR, PERSON = 0, 1, 3, 4
SIZE = (7, 9)


def row(*labels: int) -> Segmentation:
    """A semantic result of one row of pixels, -1 = void."""
    kinds = sorted(set(labels) - {-1})
    ids = np.array([[kinds.index(label) + 1 if label >= 0 else 0 for label in labels]])
    return Segmentation(ids, tuple(Segment(label=label, score=0.5) for label in kinds), SOME_LABELS)


def instances(*found: tuple[int, float | None, list[int]]) -> Instances:
    """Of (label, score, row of zeros and ones)."""
    rles = tuple(Rle.from_mask(np.array([mask])) for _, _, mask in found)
    return Instances(rles[0].size, rles, tuple(Segment(label=n, score=s) for n, s, _ in found), SOME_LABELS)


def by_the_reference(semantic: Segmentation, found: Instances, score: float, overlap: float, stuff_area: int):
    """As panopticapi does it, one full-size mask after the other: ids, and (label, score) of each."""
    ids, segments = np.zeros(semantic.size, int), []
    for k in sorted(range(len(found)), key=lambda k: -found.segments[k].score):
        mask = found.mask(k)
        covered = mask & (ids > 0)
        if found.segments[k].score < score or covered.sum() / mask.sum() > overlap:
            continue
        segments.append(found.segments[k])
        ids[mask & (ids == 0)] = len(segments)
    for k, segment in enumerate(semantic.segments):
        mask = semantic.mask(k) & (ids == 0)
        if not SOME_LABELS[segment.label].is_thing and mask.any() and mask.sum() >= stuff_area:
            segments.append(segment)
            ids[mask] = len(segments)
    return ids, segments


@settings(max_examples=150)
@given(
    seg=segmentations(labels=SOME_LABELS, size=SIZE),
    found=st.lists(st.tuples(masks(size=SIZE), st.sampled_from([0.2, 0.5, 0.6, 0.6, 0.9])), max_size=6),
    score=st.sampled_from([0.0, 0.5]),
    overlap=st.sampled_from([0.0, 0.3, 0.5, 0.99]),
    stuff_area=st.integers(0, 12),
)
def test_it_is_the_result_of_panopticapi(
    seg: Segmentation, found: list[tuple[np.ndarray, float]], score: float, overlap: float, stuff_area: int
) -> None:
    semantic = panoptic_to_semantic(seg)
    there = [(mask, s) for mask, s in found if mask.any()]
    segments = tuple(Segment(label=CAR + k % 2, score=s, track=k) for k, (_, s) in enumerate(there))
    things = Instances(SIZE, tuple(Rle.from_mask(mask) for mask, _ in there), segments, SOME_LABELS)
    panoptic = panoptic_fpn(semantic, things, score=score, overlap=overlap, stuff_area=stuff_area)
    ids, expected = by_the_reference(semantic, things, score, overlap, stuff_area)
    assert np.array_equal(panoptic.ids, ids)
    assert list(panoptic.segments) == expected


def test_the_surer_instance_lies_on_top_and_stuff_below_all() -> None:
    semantic = row(SKY, SKY, SKY, SKY, CAR, CAR)
    things = instances((CAR, 0.6, [1, 1, 0, 0, 0, 0]), (PERSON, 0.8, [0, 1, 1, 0, 0, 0]))
    panoptic = panoptic_fpn(semantic, things, stuff_area=1)
    # half of the car is covered, which is not more than half; the semantic car has no instance and becomes void
    assert panoptic.ids.tolist() == [[2, 1, 1, 3, 0, 0]]
    assert panoptic.label_names() == ("person", "car", "sky")
    assert [s.score for s in panoptic.segments] == [0.8, 0.6, 0.5]


def test_an_instance_that_is_mostly_covered_goes_whole() -> None:
    semantic = row(SKY, SKY, SKY, SKY)
    things = instances((CAR, 0.9, [1, 1, 0, 0]), (CAR, 0.7, [1, 1, 1, 0]))  # two thirds are covered
    assert panoptic_fpn(semantic, things, stuff_area=1).ids.tolist() == [[1, 1, 2, 2]]
    assert panoptic_fpn(semantic, things, stuff_area=1, overlap=0.7).ids.tolist() == [[1, 1, 2, 3]]


def test_what_is_left_of_stuff_must_be_large_enough() -> None:
    semantic = row(SKY, SKY, ROAD, ROAD, ROAD)
    things = instances((CAR, 0.9, [0, 1, 1, 0, 0]))  # leaves 1 px of sky and 2 px of road
    assert panoptic_fpn(semantic, things, stuff_area=2).ids.tolist() == [[0, 1, 1, 2, 2]]
    assert panoptic_fpn(semantic, things).ids.tolist() == [[0, 1, 1, 0, 0]]  # 4096 px


def test_an_instance_at_the_threshold_stays_and_one_below_goes() -> None:
    semantic = row(-1, -1)
    things = instances((CAR, 0.5, [1, 0]), (CAR, 0.4999, [0, 1]))
    assert panoptic_fpn(semantic, things).ids.tolist() == [[1, 0]]


def test_results_of_two_images_or_label_sets_are_refused() -> None:
    things = instances((CAR, 0.5, [1, 0, 0]))
    with pytest.raises(InvalidSegmentation, match=r"\(1, 2\) \(semantic\) and \(1, 3\) \(instances\)"):
        panoptic_fpn(row(SKY, SKY), things)
    other = Segmentation(np.zeros((1, 3), np.int32), (), label_set("voc"))
    with pytest.raises(LabelError, match=r"'voc' \(semantic\) and 'some' \(instances\)"):
        panoptic_fpn(other, things)


def test_an_instance_without_a_score_is_refused() -> None:
    with pytest.raises(InvalidSegmentation, match="instance 1 has no score"):
        panoptic_fpn(row(SKY, SKY), instances((CAR, 0.5, [1, 0]), (CAR, None, [0, 1])))
