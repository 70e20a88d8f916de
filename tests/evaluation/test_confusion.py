"""Semantic scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenes import SOME_LABELS, random_segmentation
from segweave.errors import InvalidSegmentation, LabelError
from segweave.evaluation.confusion import (
    Confusion,
    confusion_of_maps,
    count_confusion,
    count_semantic_by_image,
    score_semantic,
)
from segweave.labels import Label, LabelSet
from segweave.segmentation import ImageKey, joined, overlap_table

TWO = LabelSet("two", (Label(name="road", is_thing=False), Label(name="sky", is_thing=False)))
THREE = LabelSet("three", (*TWO.labels, Label(name="tree", is_thing=False)))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([np.int8, np.uint8, np.int32, np.int64]))
def test_scores_are_those_of_masks(seed: int, dtype: type):
    rng = np.random.default_rng(seed)
    low = 0 if dtype is np.uint8 else -1
    truth, guess = (rng.integers(low, 5, (7, 9)).astype(dtype) for _ in range(2))
    score = score_semantic(confusion_of_maps(truth, guess, SOME_LABELS).counts())
    known = truth >= 0 if low else np.ones(truth.shape, bool)
    ious, found = {}, {}
    for k in range(5):
        a, b = truth == k, (guess == k) & known
        if (a | b).any():
            ious[k] = (a & b).sum() / (a | b).sum()
        if a.any():
            found[k] = (a & b).sum() / a.sum()
    assert [score.by_label[k] for k in ious] == pytest.approx(list(ious.values()), abs=1e-12)
    assert [k for k, value in enumerate(score.by_label) if value is None] == [k for k in range(5) if k not in ious]
    if not known.any():
        assert score.miou is score.pixel_accuracy is score.fw_iou is None
        return
    assert score.miou == pytest.approx(np.mean(list(ious.values())), abs=1e-12)
    assert score.miou_present == pytest.approx(np.mean([ious[k] for k in found]), abs=1e-12)
    assert score.mean_accuracy == pytest.approx(np.mean(list(found.values())), abs=1e-12)
    assert score.pixel_accuracy == pytest.approx(((truth == guess) & known).sum() / known.sum(), abs=1e-12)
    weighted = sum((truth == k).sum() * ious[k] for k in found) / known.sum()
    assert score.fw_iou == pytest.approx(weighted, abs=1e-12)


def test_six_pixels_by_hand():
    """Truth r r r s s void, prediction r r s s void r.

    road: shared 2, union 3 (the last r lies on void); sky: shared 1, union 3 (one s predicted void, one r as s).
    """
    score = score_semantic(
        confusion_of_maps(np.array([[0, 0, 0, 1, 1, -1]]), np.array([[0, 0, 1, 1, -1, 0]]), TWO).counts()
    )
    assert score.by_label == pytest.approx((2 / 3, 1 / 3)) and score.miou == pytest.approx(1 / 2)
    assert score.pixel_accuracy == 3 / 5 and score.mean_accuracy == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert score.fw_iou == pytest.approx((3 * 2 / 3 + 2 / 3) / 5)


def test_the_two_means_differ_by_labels_that_only_the_prediction_has():
    """road found in 1 of 2 px; tree is predicted where none is: IoU 0, in `miou` alone; sky is nowhere."""
    score = score_semantic(confusion_of_maps(np.array([[0, 0]]), np.array([[0, 2]]), THREE).counts())
    assert score.by_label == (0.5, None, 0.0) and score.miou == 0.25 and score.miou_present == 0.5


def test_a_table_counts_what_maps_count():
    rng = np.random.default_rng(3)
    pairs = [tuple(random_segmentation(rng, (20, 31)) for _ in range(2)) for _ in range(3)]
    table = joined(overlap_table(a, b, ImageKey(id=k, size=a.size)) for k, (a, b) in enumerate(pairs))
    summed = Confusion(SOME_LABELS, np.zeros((6, 6), np.int64))
    for a, b in pairs:
        summed = summed + confusion_of_maps(a.label_indices(), b.label_indices(), SOME_LABELS)
    assert np.array_equal(count_confusion(table).pixels, summed.pixels) and summed.pixels.sum() == 3 * 20 * 31
    by_image = count_semantic_by_image(table)
    assert score_semantic(by_image.total()) == score_semantic(summed.counts())
    first = confusion_of_maps(pairs[0][0].label_indices(), pairs[0][1].label_indices(), SOME_LABELS).counts()
    assert by_image.shared[0].tolist() == first.shared.tolist()
    assert by_image.predicted[0].tolist() == first.predicted.tolist()


@pytest.mark.parametrize("truth", [np.uint8, np.int16, np.uint16, np.int32, np.int64, np.uint64, ">i4"])
@pytest.mark.parametrize("guess", [np.uint8, np.int16, np.uint16, np.int32, np.int64, np.uint64, ">i4"])
def test_maps_of_any_two_types_are_counted_alike(truth: type | str, guess: type | str):
    rng = np.random.default_rng(7)
    maps = rng.integers(0, 5, (2, 11, 64))
    wanted = np.zeros((6, 6), np.int64)
    np.add.at(wanted, tuple(maps.reshape(2, -1)), 1)
    found = confusion_of_maps(maps[0].astype(truth), maps[1].astype(guess).T.copy().T, SOME_LABELS)
    assert np.array_equal(found.pixels, wanted)


def test_maps_without_pixels_have_an_empty_confusion():
    assert not confusion_of_maps(np.zeros((0, 4), np.int32), np.zeros((0, 4), np.int32), TWO).pixels.any()


def test_bad_maps_are_named():
    good = np.zeros((2, 2), np.int32)
    with pytest.raises(InvalidSegmentation, match=r"found \(2, 2\) and \(1, 4\)"):
        confusion_of_maps(good, good.reshape(1, 4), TWO)
    with pytest.raises(InvalidSegmentation, match=r"must hold labels 0\.\.1 and -1 for void; found 0\.\.255"):
        confusion_of_maps(good, good + np.array([0, 255]), TWO)
    with pytest.raises(InvalidSegmentation, match=r"the truth must hold labels 0\.\.1 and -1 for void; found 0\.\.2"):
        confusion_of_maps(good + np.array([0, 2]), good, TWO)  # 2: one too many, though void is counted beside it
    with pytest.raises(InvalidSegmentation, match=r"found -2\.\.0"):
        confusion_of_maps(good, good - np.array([0, 2]), TWO)
    with pytest.raises(InvalidSegmentation, match=rf"found 0\.\.{2**64 - 1}"):  # as int64 it would be -1
        confusion_of_maps(good, np.array([[0, 0], [0, 2**64 - 1]], np.uint64), TWO)
    with pytest.raises(InvalidSegmentation, match="the truth must hold integers; found float64"):
        confusion_of_maps(good * 1.0, good, TWO)
    with pytest.raises(LabelError, match="the other 'three'"):
        _ = confusion_of_maps(good, good, TWO) + confusion_of_maps(good, good, THREE)
