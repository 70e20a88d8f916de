"""The odds rule, held to a reference that builds the probabilities in the photograph's size."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combine import loops
from combine.loops import Weights
from segweave.combine import apply_odds, promote_odds
from segweave.errors import InvalidSegmentation, LabelError, UsageError

SEEDS = st.integers(0, 2**32 - 1)
# Pixels and samples along one side: equal, a divisor, no divisor, one sample, one pixel, more samples than pixels.
LENGTHS = st.sampled_from([(6, 6), (8, 2), (9, 3), (7, 3), (5, 4), (11, 1), (1, 1), (1, 5), (4, 8), (3, 7), (2, 20)])


def applied(primary: np.ndarray, probs: np.ndarray, asked: Weights, void: int = 255) -> np.ndarray:
    labels = {"similar": asked.similar, "add": asked.add, "void": void}
    added = apply_odds(primary, probs, ratio=asked.ratio, p_min=asked.p_min, **labels)
    if asked.promote is None:
        return added
    promoted = promote_odds(primary, probs, ratio=asked.promote[0], p_min=asked.promote[1], **labels)
    return np.where(added == primary, promoted, added).astype(added.dtype)


def drawn(rng: np.random.Generator, size: tuple[int, int]) -> tuple[np.ndarray, Weights]:
    """Primary labels, some of them void, and a question; labels similar to several, to none, added and similar."""
    m, n = int(rng.integers(1, 5)), int(rng.integers(1, 9))
    primary = rng.integers(0, m, size).astype(rng.choice([np.uint8, np.int16, np.int64]))
    primary[rng.random(size) < 0.15] = 255
    chosen = [set(np.flatnonzero(rng.random(n) < share).tolist()) for share in [0.4] + [0.25] * m]
    return primary, Weights(similar=chosen[1:], add=chosen[0], ratio=4.0, p_min=0.2)


def softmax(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    powers = np.exp(rng.normal(0, 2.5, shape))
    return powers / powers.sum(axis=-1, keepdims=True)


def n_labels(asked: Weights) -> int:
    return 1 + max((0, *asked.add, *(j for labels in asked.similar for j in labels)))


@settings(max_examples=400)
@given(SEEDS, LENGTHS, LENGTHS, st.sampled_from([np.float16, np.float32, np.float64]), st.booleans())
def test_every_pixel_is_that_of_the_full_resolution_reference(
    seed: int, rows: tuple[int, int], columns: tuple[int, int], dtype: type, promote: bool
):
    rng = np.random.default_rng(seed)
    size, grid = zip(rows, columns, strict=True)
    primary, asked = drawn(rng, size)
    probs = softmax(rng, (*grid, n_labels(asked) + int(rng.integers(0, 3)))).astype(dtype)
    asked = replace(asked, ratio=float(rng.choice([0.5, 1, 4])), promote=(1.5, 0.3) if promote else None)
    found = applied(primary, probs, asked)
    assert found.dtype == primary.dtype and np.array_equal(found, loops.weighed(primary, probs, asked, 255))


@settings(max_examples=400)
@given(SEEDS, LENGTHS, LENGTHS, st.booleans())
def test_ties_and_limits_that_are_just_met_fall_as_in_the_reference(
    seed: int, rows: tuple[int, int], columns: tuple[int, int], promote: bool
):
    """Probabilities of 0 to 4 eighths; the least probability is one of them, the ratio a whole number."""
    rng = np.random.default_rng(seed)
    size, grid = zip(rows, columns, strict=True)
    primary, asked = drawn(rng, size)
    probs = rng.choice([0, 0, 0, 1, 2, 4], (*grid, n_labels(asked))) / 8
    asked = replace(asked, ratio=float(rng.integers(0, 3)), p_min=float(rng.choice([0, 1, 2, 4]) / 8))
    asked = replace(asked, promote=(1.0, 0.25) if promote else None)
    assert np.array_equal(applied(primary, probs, asked), loops.weighed(primary, probs, asked, 255))


@given(SEEDS, LENGTHS, LENGTHS)
def test_a_least_probability_met_by_rounding_alone_is_met_as_in_the_reference(
    seed: int, rows: tuple[int, int], columns: tuple[int, int]
):
    """Maps that are flat at p_min or one step of float64 below: what lies between samples may round to either side."""
    rng = np.random.default_rng(seed)
    size, grid = zip(rows, columns, strict=True)
    level = float(rng.random())
    probs = np.full((*grid, 2), level)
    probs[..., 1] = rng.choice([0, np.nextafter(level, 0), level], grid)
    asked = Weights(similar=[{0}], add={1}, ratio=0.5, p_min=level)
    primary = np.zeros(size, np.int32)
    assert np.array_equal(applied(primary, probs, asked), loops.weighed(primary, probs, asked, 255))


def odds(probs: list[float], *, label: int = 0, similar: list[set[int]], add: set[int], **options: object) -> int:
    """The output of one pixel."""
    return int(apply_odds(np.array([[label]]), np.array([[probs]]), similar=similar, add=add, **options)[0, 0])


def test_an_added_label_needs_the_least_probability():
    """m = 1, so the added label is 1. 0.25 >= 0.25 is enough; 0.25 < 0.26 is not."""
    asked = {"similar": [{0}], "add": {1}}
    assert odds([0.05, 0.25, 0.7], **asked, p_min=0.25) == 1
    assert odds([0.05, 0.25, 0.7], **asked, p_min=0.26) == 0
    assert odds([0.05, 0.2, 0.75], **asked) == 0  # 0.2 is not more than 4 x 0.05
    assert odds([0.04, 0.2, 0.76], **asked) == 1


def test_an_added_label_needs_more_than_the_ratio_times_what_is_kept():
    """similar[0] = {0, 2}: 0.0625 + 0.0625 = 0.125; 0.5 is 4 times that, not more; 0.53125 is more."""
    asked = {"similar": [{0, 2}], "add": {1}}
    assert odds([0.0625, 0.5, 0.0625, 0.375], **asked) == 0
    assert odds([0.0625, 0.53125, 0.0625, 0.34375], **asked) == 1
    assert odds([0.0625, 0.5, 0.0625, 0.375], **asked, ratio=3.5) == 1


def test_without_similar_labels_everything_outside_add_is_kept():
    """Outside {1, 2}: 0.125 + 0.125 = 0.25; 0.25 x 2 = 0.5 against 0.625 and 0.5. With all added nothing is kept."""
    assert odds([0.125, 0.625, 0.125, 0.125], similar=[set()], add={1, 2}, ratio=2) == 1
    assert odds([0.125, 0.5, 0.25, 0.125], similar=[set()], add={1, 2}, ratio=2) == 0
    assert odds([0.4, 0.6], similar=[set()], add={0, 1}, ratio=1000) == 2


def test_the_best_added_label_is_taken_and_of_equals_the_lowest():
    """add = {1, 3} -> outputs 1 and 2. Label 2 is the most probable but is not added."""
    asked = {"similar": [{0}], "add": {3, 1}}
    assert odds([0, 0.25, 0.4, 0.35], **asked) == 2
    assert odds([0, 0.3, 0.4, 0.3], **asked) == 1


def test_a_label_similar_to_the_primary_is_no_candidate_there():
    """Label 1 is similar to primary 0: there 0.3 of label 2 stands alone, against 4 x 0.6. Primary 1 may become it."""
    asked = {"similar": [{1}, {0}], "add": {1, 2}}
    assert odds([0.1, 0.6, 0.3], **asked) == 0
    assert odds([0.1, 0.6, 0.3], **asked, ratio=0.4) == 3  # 0.3 > 0.24: label 2, though label 1 is more probable
    assert odds([0.1, 0.6, 0.3], label=1, **asked) == 2
    assert odds([0.1, 0.6, 0.3], similar=[{1, 2}], add={1, 2}, ratio=0) == 0


def test_what_lies_between_samples_is_blended():
    """Two samples over four pixels, the second weighs 0, 1/4, 3/4, 1. Added: 0, 1/4, 3/4, 1; kept: 1, 3/4, 1/4, 0."""
    probs = np.array([[[1.0, 0.0], [0.0, 1.0]]])
    for size in ((1, 4), (3, 4)):
        found = apply_odds(np.zeros(size, int), probs, similar=[{0}], add={1}, ratio=2.5)
        assert found.tolist() == [[0, 0, 1, 1]] * size[0]
    found = apply_odds(np.zeros((4, 1), int), probs.transpose(1, 0, 2), similar=[{0}], add={1}, ratio=0.25)
    assert found.T.tolist() == [[0, 1, 1, 1]]


def test_an_empty_add_changes_nothing():
    primary = np.array([[0, 1, 255]], np.uint8)
    for rule in (apply_odds, promote_odds):
        found = rule(primary, np.ones((1, 3, 2)), similar=[{0}, {1}], add=[], ratio=0, p_min=0)
        assert found.tolist() == [[0, 1, 255]] and found.dtype == np.uint8 and found is not primary


def test_void_stays_void_whatever_stands_for_it():
    probs = np.tile([0.0, 1.0], (1, 3, 1))
    for void, dtype in ((255, np.uint8), (-1, np.int16), (77, np.int64)):
        found = apply_odds(np.array([[0, void, 0]], dtype), probs, similar=[{0}], add={1}, void=void)
        assert found.tolist() == [[1, void, 1]] and found.dtype == dtype


def test_promotion_by_hand():
    """similar: 0 -> {0}, 1 -> {1, 2}, 2 -> {}, 3 -> {0, 1}; added: 3 -> output 4. Primary 0 has the pixel.

    Primary 3 shares label 0 with it and is no candidate; 0.25 + 0.375 speak for 1, which is more than 16 x 0.03125.
    """
    asked = {"similar": [{0}, {1, 2}, set(), {0, 1}], "add": {3}}
    probs = [0.03125, 0.25, 0.375, 0.0625, 0.28125]
    assert odds(probs, **asked) == 0

    def promoted(**limits: float) -> int:
        return int(promote_odds(np.zeros((1, 1), int), np.array([[probs]]), **asked, **limits)[0, 0])

    assert promoted() == promoted(p_min=0.625) == 1
    assert promoted(p_min=0.6875) == 0
    assert promoted(ratio=20.0) == 0  # 0.625 = 20 x 0.03125, and not more


def test_probabilities_that_are_no_numbers_change_nothing():
    probs = np.array([[[0.0, np.nan], [np.nan, 1.0], [0.0, 1.0]]])
    assert apply_odds(np.zeros((1, 3), int), probs, similar=[{0}], add={1}).tolist() == [[0, 0, 1]]


def test_two_tenths_are_at_least_two_tenths_in_any_float():
    for dtype in (np.float16, np.float32, np.float64):
        probs = np.array([[[0.0, 0.2, 0.8]]], dtype)
        assert apply_odds(np.zeros((1, 1), int), probs, similar=[{0}], add={1}).tolist() == [[1]]


def test_nothing_given_is_changed_and_views_do():
    rng = np.random.default_rng(4)
    primary, probs = rng.integers(0, 2, (8, 6)).astype(np.uint8), softmax(rng, (4, 3, 5)).astype(np.float32)
    copies = primary.copy(), probs.copy()
    primary.setflags(write=False)
    probs.setflags(write=False)
    asked = Weights(similar=[{0}, {1}], add={3, 4}, ratio=1.0, p_min=0.1)
    found = applied(primary, probs, asked)
    assert (found != primary).any() and np.array_equal(primary, copies[0]) and np.array_equal(probs, copies[1])
    assert np.array_equal(applied(primary.T, probs.transpose(1, 0, 2), asked).T, found)


def test_bad_arguments_are_named():
    primary, probs = np.zeros((2, 2), np.uint8), np.zeros((2, 2, 3))
    good = {"similar": [{0}], "add": {1}}
    with pytest.raises(InvalidSegmentation, match="the primary has the label 7 at row 1, column 0"):
        apply_odds(np.array([[0, 0], [7, 0]]), probs, **good)
    for wrong in (probs[0], probs.astype(int), probs[:0], probs[:, :, :0]):
        with pytest.raises(InvalidSegmentation, match=r"probabilities must be \(h, w, n\) floats; found"):
            apply_odds(primary, wrong, **good)
    with pytest.raises(LabelError, match=r"similar\[0\] names the secondary label 3; expected 0\.\.2"):
        apply_odds(primary, probs, similar=[{3}], add={1})
    with pytest.raises(LabelError, match="add names the secondary label 9"):
        apply_odds(primary, probs, similar=[{0}], add={9})
    with pytest.raises(LabelError, match="there are 2 output labels, and 1 stands for void"):
        apply_odds(primary, probs, **good, void=1)
    for rule, limits in (
        (apply_odds, {"ratio": -1}),
        (apply_odds, {"p_min": float("nan")}),
        (promote_odds, {"p_min": -1}),
    ):
        with pytest.raises(UsageError, match="ratio and p_min are 0 or more; found"):
            rule(primary, probs, **good, **limits)


@pytest.mark.slow
def test_no_kernel_reads_or_writes_beside_its_arrays(tmp_path: Path):
    """The tests of the kernels once more, with every index checked and nothing taken from numba's cache."""
    here = Path(__file__).parent
    files = [str(here / f"test_{name}.py") for name in ("odds", "cooccurrence", "extension_tables")]
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
    done = subprocess.run(command, cwd=here.parents[1], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
