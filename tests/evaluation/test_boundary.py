"""Boundary IoU, boundary PQ, boundary F."""

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from scenes import SOME_LABELS, random_segmentation
from segweave.errors import InvalidSegmentation, LabelError
from segweave.evaluation.boundary import BoundaryCounts, count_boundary, joined_boundaries, score_boundary
from segweave.evaluation.boundary_f import boundary_f, label_contours
from segweave.evaluation.panoptic_quality import count_panoptic, score_panoptic
from segweave.labels import LabelSet
from segweave.segmentation import ImageKey, Segment, Segmentation, assemble, overlap_table
from segweave.segmentation.band import band_width

CAR, ROAD = SOME_LABELS.index("car"), next(i for i, label in enumerate(SOME_LABELS) if not label.is_thing)


def key(seg: Segmentation, number: int = 1) -> ImageKey:
    return ImageKey(id=number, size=seg.size)


def boxes(size: tuple[int, int], *found: tuple[slice, slice]) -> Segmentation:
    """A car at each place, road elsewhere."""
    ids = np.ones(size, np.int32)
    for k, (rows, columns) in enumerate(found, start=2):
        ids[rows, columns] = k
    return assemble(ids, [Segment(label=ROAD), *[Segment(label=CAR)] * len(found)], SOME_LABELS)


def eroded_band(mask: np.ndarray, width: int) -> np.ndarray:
    return mask & ~binary_erosion(np.pad(mask, 1), np.ones((3, 3)), iterations=width)[1:-1, 1:-1]


def naive_pq(truth: Segmentation, guess: Segmentation, label: int) -> tuple[float, int, int, int]:
    """(iou sum, tp, fp, fn) of a label by masks, without crowds: pairs by min(IoU, boundary IoU) > 0.5."""
    width, void = band_width(truth.size), truth.ids == 0
    total, hits = 0.0, set()
    mine = [k for k, s in enumerate(truth.segments) if s.label == label]
    theirs = [k for k, s in enumerate(guess.segments) if s.label == label]
    for i in mine:
        for k in theirs:
            a, b = truth.mask(i), guess.mask(k)
            ious = []
            for x, y in ((a, b), (eroded_band(a, width), eroded_band(b, width))):
                ious.append((x & y).sum() / max((x | (y & ~void)).sum(), 1))
            if min(ious) > 0.5:
                total, hits = total + min(ious), hits | {("t", i), ("p", k)}
    ghosts = [k for k in theirs if ("p", k) not in hits and (guess.mask(k) & void).sum() / guess.mask(k).sum() <= 0.5]
    return total, len([h for h in hits if h[0] == "t"]), len(ghosts), len([i for i in mine if ("t", i) not in hits])


@pytest.mark.parametrize("seed", range(8))
def test_boundary_pq_is_what_masks_give(seed: int):
    rng = np.random.default_rng(seed)
    size = [(30, 70), (70, 30), (41, 41), (8, 90)][seed % 4]
    truth = random_segmentation(rng, size, n=7)
    moved = np.roll(truth.ids, (1, seed % 3), (0, 1))
    guess = assemble(moved, truth.segments, SOME_LABELS)
    plain = [Segment(label=s.label) for s in truth.segments]
    truth, guess = Segmentation(truth.ids, tuple(plain), SOME_LABELS), assemble(guess.ids, plain, SOME_LABELS)
    found = score_boundary(count_boundary(truth, guess, key(truth))).pq
    for label, quality in enumerate(found.by_label):
        total, tp, fp, fn = naive_pq(truth, guess, label)
        if quality is None:
            assert tp == fp == fn == 0
            continue
        assert (quality.tp, quality.fp, quality.fn) == (tp, fp, fn)
        assert quality.iou_sum == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_boundary_iou_of_a_label_is_what_masks_give(seed: int):
    rng = np.random.default_rng(seed)
    sides = [random_segmentation(rng, size, n=7) for size in [(33, 61)] * 2]
    width, void = band_width((33, 61)), sides[0].label_indices() < 0
    found = score_boundary(count_boundary(*sides, key(sides[0]))).iou_by_label
    for label in range(len(SOME_LABELS)):
        a, b = (eroded_band(side.label_indices() == label, width) for side in sides)
        union = (a | (b & ~void)).sum()
        wanted = (a & b).sum() / union if union else None
        assert found[label] == (None if wanted is None else pytest.approx(wanted, abs=1e-12))


def test_a_result_against_itself_is_perfect():
    rng = np.random.default_rng(1)
    for size in ((40, 60), (1, 1), (3, 50)):
        seg = random_segmentation(rng, size, n=8)
        score = score_boundary(count_boundary(seg, seg, key(seg)))
        assert {v for v in (*score.iou_by_label, *score.f_by_label) if v is not None} <= {1.0}
        assert score.pq.all.pq in (1.0, None) and score.mean_iou in (1.0, None)


def test_a_shift_hurts_the_boundary_more_than_the_mask():
    truth = boxes((100, 200), (slice(20, 60), slice(30, 90)))
    guess = boxes((100, 200), (slice(21, 61), slice(30, 90)))
    score = score_boundary(count_boundary(truth, guess, key(truth)))
    masks = score_panoptic(count_panoptic(overlap_table(truth, guess, key(truth))))
    assert score.pq.by_label[CAR].pq < masks.by_label[CAR].pq - 0.03
    assert score.iou_by_label[CAR] == pytest.approx(score.pq.by_label[CAR].pq)  # one car: the label's band is its own


def test_of_two_crowds_the_script_sees_the_last_and_the_definition_both():
    """A car predicted over two crowds of cars, half of it on each: excused by both together alone."""
    ids = np.repeat([[1, 1, 1, 1, 2, 2, 2, 2]], 8, axis=0)
    crowds = (Segment(label=CAR, crowd=True), Segment(label=CAR, crowd=True))
    truth = Segmentation(ids, crowds, SOME_LABELS)
    guess = Segmentation(np.ones((8, 8), np.int32), (Segment(label=CAR),), SOME_LABELS)
    counts = count_boundary(truth, guess, key(truth))
    assert score_boundary(counts).pq.by_label[CAR].fp == 1
    assert score_boundary(counts, convention="strict").pq.by_label[CAR] is None


def test_turning_the_image_changes_nothing():
    rng = np.random.default_rng(3)
    truth, guess = (random_segmentation(rng, (25, 60), n=6) for _ in range(2))
    turned = [assemble(seg.ids.T, seg.segments, SOME_LABELS) for seg in (truth, guess)]
    a, b = (
        score_boundary(count_boundary(truth, guess, key(truth))),
        score_boundary(count_boundary(*turned, key(turned[0]))),
    )
    assert a.iou_by_label == b.iou_by_label and a.f_by_label == b.f_by_label
    assert [q and q.tp for q in a.pq.by_label] == [q and q.tp for q in b.pq.by_label]


def test_f_by_hand():
    """One row, 8 px, tolerance 1 px. Truth 0 0 0 0 1 1 1 1: contour of label 0 at column 3, of 1 at column 4.

    Prediction 0 0 0 1 1 1 1 0: contours of 0 at 2 and 7, of 1 at 3 and 6. Label 0: of the truth's one found (2 is 1
    away), of the prediction's two one found: F = 2 x 1 x 0.5 / 1.5 = 2/3. Label 1 likewise. Label 2 is nowhere.
    """
    truth, guess = np.array([[0, 0, 0, 0, 1, 1, 1, 1]]), np.array([[0, 0, 0, 1, 1, 1, 1, 0]])
    assert label_contours(truth)[0].tolist() == [False] * 3 + [True] * 2 + [False] * 3
    found = boundary_f(truth, guess, 3)
    assert found[:2] == pytest.approx([2 / 3, 2 / 3]) and np.isnan(found[2])


def test_contours_on_void_of_the_truth_count_nowhere():
    truth = np.array([[0, 0, 0, 0, -1, -1, -1, -1]])
    guess = np.array([[0, 0, 0, 0, 0, 0, 1, 1]])  # its only contours lie on void
    assert np.isnan(boundary_f(truth, guess, 2)).all()


def test_the_edge_of_void_is_no_contour():
    """Truth 0 0 0 1 1 1 void void 1 1, prediction the same with void filled in: all contours that count are found."""
    truth, guess = np.array([[0] * 3 + [1] * 3 + [-1] * 2 + [1] * 2]), np.array([[0] * 3 + [1] * 7])
    assert boundary_f(truth, guess, 2).tolist() == [1.0, 1.0] == boundary_f(guess, truth, 2).tolist()


def test_counts_of_images_add_in_any_grouping():
    rng = np.random.default_rng(9)
    parts: list[BoundaryCounts] = []
    for k in range(4):
        truth, guess = (random_segmentation(rng, (20, 30), n=5) for _ in range(2))
        parts.append(count_boundary(truth, guess, key(truth, k)))
    whole = score_boundary(joined_boundaries(parts))
    assert score_boundary((parts[0] + parts[1]) + (parts[2] + parts[3])) == whole
    assert score_boundary(joined_boundaries(parts).select(np.array([2, 3]))) == score_boundary(parts[2] + parts[3])


def test_bad_calls_say_what_is_wrong():
    seg = boxes((10, 10), (slice(1, 3), slice(1, 3)))
    other = Segmentation(seg.ids, seg.segments, LabelSet("other", SOME_LABELS.labels))
    with pytest.raises(LabelError, match="the prediction 'other'"):
        count_boundary(seg, other, key(seg))
    with pytest.raises(InvalidSegmentation, match="no counts to join"):
        joined_boundaries([])
    with pytest.raises(InvalidSegmentation, match="image 1 is in two"):
        count_boundary(seg, seg, key(seg)) + count_boundary(seg, seg, key(seg))
