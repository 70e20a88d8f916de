"""AP by the Cityscapes protocol."""

import numpy as np
import pytest

from scenes import SOME_LABELS
from segweave.errors import LabelError
from segweave.evaluation.cityscapes_precision import THRESHOLDS, cityscapes_precision
from segweave.evaluation.instance_table import InstanceTable, instance_table, joined_instances
from segweave.labels import LabelSet
from segweave.segmentation import ImageKey, Instances, Rle, Segment, Segmentation, assemble

CAR, ROAD = SOME_LABELS.index("car"), SOME_LABELS.index("road")
SIZE = (30, 40)


def box(top: int, left: int, height: int, width: int) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[top : top + height, left : left + width] = True
    return mask


def instances(masks: list[np.ndarray], scores: list[float | None], crowds: tuple[int, ...] = ()) -> Instances:
    segments = tuple(Segment(label=CAR, score=s, crowd=k in crowds) for k, s in enumerate(scores))
    return Instances(SIZE, tuple(Rle.from_mask(m) for m in masks), segments, SOME_LABELS)


def table(truth: Instances | Segmentation, guess: Instances, number: int = 1) -> InstanceTable:
    return instance_table(truth, guess, ImageKey(id=number, size=SIZE))


def naive(images: list[tuple[list, list, np.ndarray]], threshold: float) -> float:
    """The script's loops. images: [(mask, crowd)], [(mask, score)], void."""
    true, score, missed, have = [], [], 0, False
    for truths, guesses, void in images:
        counting = [m for m, crowd in truths if not crowd and m.sum() >= 100]
        have = have or bool(counting)
        for m in counting:
            scores = sorted((s for g, s in guesses if (m & g).sum() / (m | g).sum() > threshold), reverse=True)
            missed += not scores
            true += [1.0] + [0.0] * (len(scores) - 1) if scores else []
            score += scores
        for g, s in guesses:
            if any((m & g).sum() / (m | g).sum() > threshold for m, _ in truths):
                continue
            px = (g & void).sum() + sum((g & m).sum() for m, c in truths if c)
            px += sum((g & m).sum() for m, _ in truths if m.sum() < 100)
            if px / g.sum() <= threshold:
                true.append(0.0)
                score.append(s)
    if not have:
        return float("nan")
    points = []
    for cut in sorted(set(score)):
        tp = sum(t for t, s in zip(true, score, strict=True) if s >= cut)
        fp = sum(1 - t for t, s in zip(true, score, strict=True) if s >= cut)
        points.append((tp / (tp + fp), tp / (sum(true) + missed)))
    points.append((1.0, 0.0))
    recalls = [points[0][1], *(r for _, r in points), 0.0]
    return sum(p * (recalls[k] - recalls[k + 2]) / 2 for k, (p, _) in enumerate(points))


@pytest.mark.parametrize("seed", range(12))
def test_it_is_the_scripts_rule_by_rule(seed: int):
    rng = np.random.default_rng(seed)
    images, parts = [], []
    for number in range(3):

        def boxes(n: int) -> list[np.ndarray]:
            return [box(*rng.integers(0, 18, 2), *rng.integers(6, 18, 2)) for _ in range(n)]

        ids = np.zeros(SIZE, np.int32)
        for k, mask in enumerate(boxes(5), start=1):
            ids[mask] = k
        kept = [k for k in range(1, 6) if (ids == k).any()]
        crowd = [bool(rng.random() < 0.25) for _ in kept]
        truth = assemble(
            ids,
            [Segment(label=CAR, crowd=crowd[kept.index(k)] if k in kept else False) for k in range(1, 6)],
            SOME_LABELS,
        )
        masks = [np.roll(ids == k, rng.integers(-2, 3, 2), (0, 1)) for k in kept for _ in range(rng.integers(0, 3))]
        masks = [m for m in (*masks, *boxes(2)) if m.any()]
        scores = [round(float(s), 1) for s in rng.random(len(masks))]
        parts.append(table(truth, instances(masks, list(scores)), number))
        truths = [(ids == k, c) for k, c in zip(kept, crowd, strict=True)]
        images.append((truths, list(zip(masks, scores, strict=True)), ids == 0))
    wanted = [naive(images, t) for t in THRESHOLDS]
    found = cityscapes_precision(joined_instances(parts))
    if np.isnan(wanted).all():
        assert found.ap is found.ap50 is None
    else:
        assert found.ap == pytest.approx(np.nanmean(wanted), abs=1e-12)
        assert found.ap50 == pytest.approx(wanted[0], abs=1e-12) == found.ap50


def test_a_data_set_against_itself_is_perfect():
    cars = instances([box(0, 0, 12, 12), box(15, 15, 12, 14)], [0.9, 0.4])
    found = cityscapes_precision(table(cars, cars))
    assert found.ap == found.ap50 == found.by_label[CAR] == 1.0 and found.by_label[ROAD] is None


def test_a_detection_on_void_or_on_a_small_truth_is_no_mistake():
    """One car found; a second detection of 100 px lies on 80 px of void: excused, as 0.8 is above 0.5 .. 0.75."""
    ids = np.full(SIZE, 2, np.int32)
    ids[box(0, 0, 12, 12)] = 1
    ids[box(16, 20, 8, 10)] = 0
    truth = Segmentation(ids, (Segment(label=CAR), Segment(label=ROAD)), SOME_LABELS)
    guess = instances([box(0, 0, 12, 12), box(16, 20, 10, 10)], [0.5, 0.9])
    assert cityscapes_precision(table(truth, guess)).ap50 == 1.0
    plain = instances([box(0, 0, 12, 12)], [None])  # no void known: the same detection is a mistake
    assert cityscapes_precision(table(plain, guess)).ap50 < 1.0


def test_truths_under_100_px_do_not_count():
    small = instances([box(0, 0, 9, 11)], [None])
    assert cityscapes_precision(table(small, small)).ap is None


def test_other_labels_are_refused():
    cars = instances([box(0, 0, 12, 12)], [0.9])
    other = Instances(SIZE, cars.masks, cars.segments, LabelSet("other", SOME_LABELS.labels))
    with pytest.raises(LabelError, match="prediction 'other'"):
        cityscapes_precision(table(cars, other))
