"""Where PQ is lost: every type by hand, and the law that the parts add up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenes import SOME_LABELS, random_segmentation
from segweave.evaluation import count_panoptic, score_panoptic
from segweave.evaluation.error_analysis import ErrorAnalysis, analyse_errors
from segweave.evaluation.error_types import ERROR_TYPES, NO_ERROR, segment_errors
from segweave.evaluation.matching import match
from segweave.labels import Label, LabelSet
from segweave.segmentation import ImageKey, OverlapTable, Segment, Segmentation, joined, overlap_table

LABELS = LabelSet(
    "yard",
    (
        Label(name="cat", is_thing=True),
        Label(name="dog", is_thing=True),
        Label(name="grass", is_thing=False),
        Label(name="path", is_thing=False),
    ),
)
CAT, DOG, GRASS, PATH = range(4)


def seg(ids: list[int], labels: list[int], crowds: tuple[int, ...] = ()) -> Segmentation:
    segments = tuple(Segment(label=label, crowd=k in crowds) for k, label in enumerate(labels))
    return Segmentation(np.array([ids]), segments, LABELS)


def table(truth: Segmentation, guess: Segmentation, number: int = 1) -> OverlapTable:
    return overlap_table(truth, guess, ImageKey(id=number, size=truth.size))


def types(truth: Segmentation, guess: Segmentation) -> tuple[list[str], list[str]]:
    """The type of each segment of both sides, "" for none."""
    found = segment_errors(match(table(truth, guess)))
    names = [*ERROR_TYPES, ""]
    return [names[k] for k in found.truth[1:]], [names[k] for k in found.prediction[1:]]


def test_a_thing_under_void_is_missed_and_one_on_void_is_a_ghost_only_where_the_truth_knows_better():
    assert types(seg([1, 1, 0, 2, 2, 2], [CAT, GRASS]), seg([0, 0, 0, 1, 1, 1], [GRASS])) == (["missed", ""], [""])
    # a dog where the truth has a cat, which is found elsewhere: 1 of its 2 px on the cat, 1 on grass
    truth, guess = seg([1, 1, 1, 1, 1, 2, 2, 2, 2], [CAT, GRASS]), seg([1, 1, 1, 1, 2, 2, 3, 3, 3], [CAT, DOG, GRASS])
    assert types(truth, guess) == (["", ""], ["", "ghost", ""])


def test_a_dog_taken_for_a_cat_has_the_wrong_label_on_both_sides():
    """4 px of dog, 3 of them predicted as cat: IoU 3/4."""
    truth, guess = seg([1, 1, 1, 1, 2, 2], [DOG, GRASS]), seg([1, 1, 1, 2, 2, 2], [CAT, GRASS])
    assert types(truth, guess) == (["wrong label", ""], ["wrong label", ""])


def test_a_cat_taken_for_grass_is_lost_to_the_background():
    """All 2 px of the cat are predicted as grass, which is matched with the other 4: IoU 4/6."""
    assert types(seg([1, 1, 2, 2, 2, 2], [CAT, GRASS]), seg([1] * 6, [GRASS])) == (["background-caused", ""], [""])


def test_a_cat_in_the_grass_where_none_is_is_invented_from_the_background():
    assert types(seg([1] * 6, [GRASS]), seg([1, 1, 2, 2, 2, 2], [CAT, GRASS])) == ([""], ["background-caused", ""])


def test_one_cat_in_two_pieces_is_split():
    """6 px of cat as pieces of 3 and 3: each has IoU 1/2, which is no match; joined 6/6."""
    truth, guess = seg([1, 1, 1, 1, 1, 1, 2], [CAT, GRASS]), seg([1, 1, 1, 2, 2, 2, 3], [CAT, CAT, GRASS])
    assert types(truth, guess) == (["split", ""], ["split", "split", ""])
    fixed = analyse_errors(table(truth, guess)).fixed
    assert fixed["split"].all == 1.0 and fixed["missed"].all == fixed["ghost"].all == pytest.approx(0.5)


def test_a_piece_beside_a_match_is_split_off_it():
    """8 px of cat, 5 and 3: the first matches with 5/8, the second is a piece of it; joined IoU 1."""
    truth, guess = seg([1] * 8 + [2], [CAT, GRASS]), seg([1] * 5 + [2] * 3 + [3], [CAT, CAT, GRASS])
    assert types(truth, guess) == (["", ""], ["", "split", ""])
    found = analyse_errors(table(truth, guess))
    # cat: iou 5/8, TP 1, FP 1: PQ 0.625 / 1.5; with the piece joined 1
    assert found.things.total == pytest.approx(1 - 0.625 / 1.5) and found.fixed["split"].things == 1.0


def test_two_cats_in_one_piece_are_merged():
    """Cats of 3 and 3 px under one prediction of 6: IoU 1/2 with each."""
    truth, guess = seg([1, 1, 1, 2, 2, 2, 3], [CAT, CAT, GRASS]), seg([1] * 6 + [2], [CAT, GRASS])
    assert types(truth, guess) == (["merged", "merged", ""], ["merged", ""])
    assert analyse_errors(table(truth, guess)).fixed["merged"].all == 1.0


def test_an_outline_that_is_far_off_is_a_ragged_edge_even_without_a_match():
    """4 px of cat, 4 predicted, 2 shared: IoU 2/6."""
    truth, guess = seg([1, 1, 1, 1, 2, 2, 2, 2], [CAT, GRASS]), seg([0, 0, 1, 1, 1, 1, 2, 2], [CAT, GRASS])
    assert types(truth, guess)[0][0] == types(truth, guess)[1][0] == "ragged edge"


def test_crowds_and_what_they_excuse_cost_nothing():
    truth, guess = seg([1] * 4 + [2] * 4, [CAT, GRASS], crowds=(0,)), seg([1, 1, 2, 2, 3, 3, 3, 3], [CAT, CAT, GRASS])
    assert types(truth, guess) == (["", ""], ["", "", ""])
    assert analyse_errors(table(truth, guess)).images == ()


def check_sums(found: ErrorAnalysis, tables: OverlapTable) -> None:
    score = score_panoptic(count_panoptic(tables, convention=found.convention))
    for name in ("all", "things", "stuff"):
        losses, mean = getattr(found, name), getattr(score, name)
        assert (losses is None) == (mean.pq is None)
        if losses is not None:
            assert losses.total == pytest.approx(1 - mean.pq, abs=1e-12)
            assert min(losses.by_type.values()) >= 0
    for losses, quality in zip(found.by_label, score.by_label, strict=True):
        assert (losses is None) == (quality is None)
        if losses is not None:
            assert losses.total == pytest.approx(1 - quality.pq, abs=1e-12)
    total = sum(image.points for image in found.images)
    assert total == pytest.approx(1 - score.all.pq if score.all.pq is not None else 0.0, abs=1e-12)
    for quality in found.fixed.values():
        assert quality.all is None or score.all.pq - 1e-12 <= quality.all <= 1 + 1e-12


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["coco", "strict"]))
def test_all_losses_add_up_to_what_pq_lacks(seed: int, convention: str):
    rng = np.random.default_rng(seed)
    parts = []
    for number in range(3):
        truth = random_segmentation(rng, (18, 25), n=9)
        moved = np.roll(truth.ids, rng.integers(-3, 4, 2), (0, 1))
        other = random_segmentation(rng, (18, 25), n=9)
        guess = other if rng.random() < 0.5 else Segmentation(moved, truth.segments, SOME_LABELS)
        parts.append(table(truth, guess, number))
    tables = joined(parts)
    found = analyse_errors(tables, convention=convention)
    check_sums(found, tables)
    truths = tables.truth.is_segment & ~tables.truth.crowd
    assert found.confusion[:-1].sum() == truths.sum()  # each truth stands in one row


def test_a_perfect_prediction_loses_nothing():
    scene = random_segmentation(np.random.default_rng(4), (30, 40))
    found = analyse_errors(table(scene, scene))
    assert found.all.total == 0 and found.images == () and found.stuff_caused.share == 0
    assert not (found.confusion - np.diag(np.diag(found.confusion))).any()


def test_the_confusion_counts_segments_whatever_their_label():
    truth, guess = seg([1, 1, 1, 1, 2, 2], [DOG, GRASS]), seg([1, 1, 1, 2, 2, 2], [CAT, GRASS])
    confusion = analyse_errors(table(truth, guess)).confusion
    assert confusion[DOG, CAT] == confusion[GRASS, GRASS] == 1 and confusion.sum() == 2


def test_the_question_of_the_background_is_answered_with_numbers():
    lost = analyse_errors(table(seg([1, 1, 2, 2, 2, 2], [CAT, GRASS]), seg([1] * 6, [GRASS]))).stuff_caused
    assert (
        lost.verdict == "yes"
        and lost.share == 1.0
        and "100.0 PQ points that things lose, 100.0 (100 %)" in lost.sentence
    )
    kept = analyse_errors(table(seg([1, 1, 0, 2], [CAT, GRASS]), seg([0, 0, 0, 1], [GRASS]))).stuff_caused
    assert kept.verdict == "no" and kept.share == 0
    none = analyse_errors(table(seg([1, 1], [GRASS]), seg([1, 0], [GRASS]))).stuff_caused
    assert none.verdict == "unknown" and none.share is None


def test_the_worst_image_comes_first_and_says_why():
    good = table(seg([1, 1, 2, 2], [CAT, GRASS]), seg([1, 1, 2, 2], [CAT, GRASS]), 1)
    bad = table(seg([1, 1, 2, 2], [CAT, GRASS]), seg([0, 0, 1, 1], [GRASS]), 2)
    (worst,) = analyse_errors(good + bad).images
    assert worst.image.id == 2 and worst.main == "missed" and worst.mistakes["missed"] == 1
    # cat: TP 1, FN 1: PQ 1/1.5, of two labels
    assert worst.points == pytest.approx((1 - 1 / 1.5) / 2)


def test_every_row_that_costs_nothing_has_no_type():
    truth = random_segmentation(np.random.default_rng(8), (20, 20))
    found = segment_errors(match(table(truth, truth)))
    assert set(found.truth.tolist()) == set(found.prediction.tolist()) == {NO_ERROR}
