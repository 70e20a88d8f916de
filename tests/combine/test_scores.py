"""Scores of added segments."""

from pathlib import Path

import numpy as np
import pytest

from combine.plans import CITY, INDOOR, PLAN, SHOP, labels, plan_of
from segweave.combine.plan import Plan
from segweave.combine.rules import Evidence
from segweave.combine.scores import with_scores
from segweave.segmentation import Segment, Segmentation

ROAD, SIGN, BAG = 0, 3, 4
MAPS = np.array([[[0.5, 0.3, 0.0, 0.2], [0.1, 0.1, 0.0, 0.8], [0.7, 0.1, 0.2, 0.0]]], np.float32)  # sign, .., bag


def seg_of(plan: Plan, ids: list[int], *segments: Segment) -> Segmentation:
    return Segmentation(np.array([ids]), segments, plan.labels)


def scores(seg: Segmentation) -> list[float | None]:
    return [None if segment.score is None else round(segment.score, 6) for segment in seg.segments]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_segment_is_as_sure_as_its_pixels_on_average(tmp_path: Path, dtype: type) -> None:
    plan = plan_of(tmp_path, PLAN, mode="odds")
    seen = [Evidence(probabilities=MAPS.astype(dtype))]
    ids = [1, 1, 1, 2, 2, 3]  # two pixels a sample: sign (0.5 + 0.5 + 0.1) / 3, bag (0.8 + 0) / 2
    seg = seg_of(plan, ids, Segment(label=SIGN), Segment(label=BAG), Segment(label=ROAD))
    found = with_scores(seg, plan, seen)
    assert found.segments[0].score == pytest.approx(1.1 / 3, abs=1e-3) and found.segments[2].score is None
    assert found.segments[1].score == pytest.approx(0.4, abs=1e-3)
    assert np.array_equal(found.ids, seg.ids)


def test_scores_that_are_there_stay(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, PLAN, mode="odds")
    seg = seg_of(plan, [1, 2, 0], Segment(label=SIGN, score=0.9), Segment(label=ROAD, score=0.8))
    assert with_scores(seg, plan, [Evidence(probabilities=MAPS)]) is seg


def test_probabilities_are_those_of_the_crop(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, PLAN.replace("  add:", "  crop: [0, 0.5, 1, 1]\n  add:"), mode="odds")
    seg = seg_of(plan, [1, 1, 1, 1, 1, 2], Segment(label=SIGN), Segment(label=BAG))
    # the crop is the right half: pixels 3, 4, 5 are the three samples; what is outside has no say
    assert scores(with_scores(seg, plan, [Evidence(probabilities=MAPS)])) == [0.3, 0.0]


def test_where_a_secondary_gives_labels_it_is_the_score_of_what_it_says(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, PLAN)
    seg = seg_of(plan, [1, 1, 1, 1, 2], Segment(label=SIGN), Segment(label=BAG))
    seen = Evidence(labels=labels([0, 2, -1, 1, 3]), scores=np.array([0.9, np.nan, 0.4, np.nan]))
    assert scores(with_scores(seg, plan, [seen])) == [0.65, None]  # 0.9 and 0.4; void and floor say nothing
    assert with_scores(seg, plan, [Evidence(labels=seen.labels)]) is seg


def test_of_two_secondaries_that_lend_one_label_the_surer_counts(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, PLAN + "- labels: voc\n  add: [handbag]\n  same_as: {handbag: bag}\n", INDOOR, SHOP)
    assert plan.labels.names[: len(CITY)] == CITY.names
    first = Evidence(labels=labels([3, 3, -1]), scores=np.array([0, 0, 0, 0.6]))
    second = Evidence(labels=labels([0, -1, 0]), scores=np.array([0.8, 0]))
    seg = seg_of(plan, [1, 1, 2], Segment(label=BAG), Segment(label=BAG))
    assert scores(with_scores(seg, plan, [first, second])) == [0.8, 0.8]
    assert scores(with_scores(seg, plan, [first, Evidence()])) == [0.6, None]


def test_no_segment_is_surer_than_sure(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, PLAN, mode="odds")
    seg = seg_of(plan, [1] * 7, Segment(label=SIGN))
    maps = np.full((1, 7, 4), np.nextafter(np.float32(1), np.float32(2)))  # a softmax may round so
    assert scores(with_scores(seg, plan, [Evidence(probabilities=maps)])) == [1.0]
