"""Intervals and comparisons by resampling images."""

import numpy as np
import pytest

from scenes import SOME_LABELS, random_segmentation
from segweave.evaluation import PanopticCounts, count_panoptic, count_panoptic_by_image, score_panoptic
from segweave.evaluation.confusion import count_confusion, count_semantic_by_image, score_semantic
from segweave.evaluation.significance import compare, intervals, panoptic_statistics, semantic_statistics
from segweave.evaluation.slices import sliced
from segweave.segmentation import ImageKey, OverlapTable, Segmentation, joined, overlap_table


def tables(n: int, *, shift: int, seed: int = 0) -> OverlapTable:
    rng = np.random.default_rng(seed)
    parts = []
    for number in range(n):
        truth = random_segmentation(rng, (24, 30), n=8)
        guess = Segmentation(np.roll(truth.ids, shift, 1), truth.segments, SOME_LABELS)
        parts.append(overlap_table(truth, guess, ImageKey(id=number, size=truth.size)))
    return joined(parts)


def repeated(table: OverlapTable, weights: list[int]) -> OverlapTable:
    """Every image as often as its weight says, under ids of its own."""
    parts = []
    for place, weight in enumerate(weights):
        for _ in range(weight):
            one = table.select([place])
            key = ImageKey(id=len(parts), size=one.images[0].size)
            parts.append(OverlapTable(**{**{n: getattr(one, n) for n in one.__slots__}, "images": (key,)}))
    return joined(parts)


@pytest.mark.parametrize("weights", [[1, 1, 1, 1], [0, 3, 0, 1], [2, 2, 0, 0], [0, 0, 0, 4]])
def test_weights_count_like_images_that_stand_several_times(weights: list[int]):
    table = tables(4, shift=3)
    drawn = np.array([weights], np.float64)
    again = repeated(table, weights)
    found = panoptic_statistics(count_panoptic_by_image(table))(drawn)
    score = score_panoptic(count_panoptic(again))
    for name, mean in (("", score.all), ("things.", score.things), ("stuff.", score.stuff)):
        for key in ("pq", "sq", "rq"):
            wanted = getattr(mean, key)
            assert found[name + key][0] == pytest.approx(np.nan if wanted is None else wanted, abs=1e-12, nan_ok=True)
    for label, quality in zip(SOME_LABELS.names, score.by_label, strict=True):
        wanted = np.nan if quality is None else quality.pq
        assert found[f"label.{label}"][0] == pytest.approx(wanted, abs=1e-12, nan_ok=True)
    semantic = semantic_statistics(count_semantic_by_image(table))(drawn)
    plain = score_semantic(count_confusion(again).counts())
    for key in ("miou", "miou_present", "pixel_accuracy", "mean_accuracy", "fw_iou"):
        assert semantic[key][0] == pytest.approx(getattr(plain, key), abs=1e-12)


def test_an_interval_holds_the_score_and_the_same_seed_gives_the_same():
    statistics = panoptic_statistics(count_panoptic_by_image(tables(30, shift=3)))
    found = intervals(statistics, 30, seed=5, resamples=200)
    assert found["pq"].low < found["pq"].value < found["pq"].high
    assert found == intervals(statistics, 30, seed=5, resamples=200)
    assert found != intervals(statistics, 30, seed=6, resamples=200)
    narrow = intervals(statistics, 30, seed=5, resamples=200, level=0.5)["pq"]
    assert found["pq"].low < narrow.low < narrow.high < found["pq"].high


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    """One label; each image has one thing that is found with probability 0.7: PQ of the population is 0.7 / 1."""
    rng = np.random.default_rng(0)
    inside = 0
    for k in range(200):
        hit = rng.random(60) < 0.7
        counts = PanopticCounts(
            labels=SOME_LABELS,
            iou_sum=np.outer(hit, [0, 0, 0, 1, 0]).astype(float),
            tp=np.outer(hit, [0, 0, 0, 1, 0]),
            fp=np.outer(~hit, [0, 0, 0, 1, 0]),
            fn=np.outer(~hit, [0, 0, 0, 1, 0]),
        )
        found = intervals(panoptic_statistics(counts), 60, seed=k, resamples=300)["pq"]
        inside += found.low <= 0.7 <= found.high
    assert 180 <= inside <= 199  # 190 of 200 expected


def test_one_image_has_no_interval():
    found = intervals(panoptic_statistics(count_panoptic_by_image(tables(1, shift=2))), 1)["pq"]
    assert found.value is not None and found.low is found.high is None


def test_a_better_prediction_is_seen_as_better_and_the_other_way_round():
    good, bad = (panoptic_statistics(count_panoptic_by_image(tables(40, shift=s))) for s in (1, 4))
    found, turned = compare(("a", good), ("b", bad), 40), compare(("b", bad), ("a", good), 40)
    pq = found.scores[0]
    assert pq.name == "pq" and pq.difference.low > 0 and pq.p_value < 0.01
    assert turned.scores[0].difference.value == pytest.approx(-pq.difference.value)
    assert turned.scores[0].difference.high == pytest.approx(-pq.difference.low)
    assert {d.name for d in found.labels} <= {f"label.{name}" for name in SOME_LABELS.names}


def test_equal_predictions_do_not_differ():
    same = panoptic_statistics(count_panoptic_by_image(tables(10, shift=2)))
    pq = compare(("a", same), ("b", same), 10).scores[0]
    assert pq.difference.value == 0 and pq.p_value == 1.0


def test_slices_score_the_images_of_each_value():
    table = tables(5, shift=2)
    found = sliced({"time": ("day", "night", "day", "day", "")}, lambda p: count_panoptic(table.select(p)).tp.sum())
    assert [(s.value, s.images) for s in found] == [("", 1), ("day", 3), ("night", 1)]
    assert sum(s.score for s in found) == count_panoptic(table).tp.sum()
