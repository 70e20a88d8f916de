"""Co-occurrence counts and the rule that is read from them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combine import loops
from segweave.combine import CooccurrenceCounts, Provenance, cooccurrence_rule, count_cooccurrence
from segweave.errors import InvalidSegmentation, LabelError, UsageError

M, N = 3, 4
LIMITS = (M, N, N)


def made(pixels: list[list[list[int]]]) -> CooccurrenceCounts:
    array = np.array(pixels)
    return CooccurrenceCounts(pixels=array, images=array.sum(axis=2))


def three_maps(rng: np.random.Generator, void: int, dtypes: list[type]) -> list[np.ndarray]:
    """Primary, secondary, truth with long runs; where a type can hold it, a quarter of the pixels is void."""
    size = tuple(rng.integers(1, 9, 2))
    maps = []
    for n, dtype in zip(LIMITS, dtypes, strict=True):
        labels = rng.integers(0, n, size).repeat(rng.integers(1, 5), axis=1)[:, : size[1]]
        if np.iinfo(dtype).min <= void <= np.iinfo(dtype).max:
            labels[rng.random(size) < 0.25] = void
        maps.append(labels.astype(dtype))
    return maps


@settings(max_examples=150)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([255, -1, 4, 77]),
    st.lists(st.sampled_from([np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64]), min_size=3, max_size=3),
)
def test_counts_are_those_of_a_plain_loop(seed: int, void: int, dtypes: list[type]):
    maps = three_maps(np.random.default_rng(seed), void, dtypes)
    counts = count_cooccurrence(*maps, n_primary=M, n_secondary=N, void=void)
    pixels, images = loops.counted(maps, LIMITS, void)
    assert counts.pixels.dtype == counts.images.dtype == np.int64
    assert np.array_equal(counts.pixels, pixels) and np.array_equal(counts.images, images)
    assert (counts.n_primary, counts.n_secondary, counts.provenance.n_images) == (M, N, 1)


def test_six_pixels_by_hand():
    """Two of (0, 1, 2) and one of (1, 1, 1); in the other three one of the maps is void."""
    counts = count_cooccurrence(
        np.array([[0, 0, 1, 255, 0, 0]]),
        np.array([[1, 1, 1, 1, 255, 1]]),
        np.array([[2, 2, 1, 2, 2, 255]]),
        n_primary=2,
        n_secondary=3,
    )
    wanted = np.zeros((2, 3, 3), int)
    wanted[0, 1, 2], wanted[1, 1, 1] = 2, 1
    assert np.array_equal(counts.pixels, wanted) and counts.images.tolist() == [[0, 1, 0], [0, 1, 0]]


def test_pixels_at_which_all_three_are_void_do_not_count():
    nowhere = np.full((2, 3), -1)
    assert not count_cooccurrence(nowhere, nowhere, nowhere, n_primary=2, n_secondary=2, void=-1).pixels.any()


def test_a_pair_counts_once_an_image_however_many_pixels_it_has():
    zeros = np.zeros((5, 7), np.uint8)
    one = count_cooccurrence(zeros, zeros, zeros, n_primary=1, n_secondary=1)
    total = one + one + one
    assert total.images.tolist() == [[3]] and total.pixels.tolist() == [[[105]]] and total.provenance.n_images == 3


@given(st.integers(0, 2**32 - 1))
def test_shards_add_to_the_whole_in_any_order(seed: int):
    rng = np.random.default_rng(seed)
    images = [[rng.integers(0, n, (3, 8)).astype(np.uint8) for n in LIMITS] for _ in range(3)]
    a, b, c = (count_cooccurrence(*maps, n_primary=M, n_secondary=N) for maps in images)
    whole, _ = loops.counted([np.concatenate(side) for side in zip(*images, strict=True)], LIMITS, 255)
    for total in ((a + b) + c, a + (b + c), c + b + a):
        assert np.array_equal(total.pixels, whole) and total.provenance.n_images == 3
        assert np.array_equal(total.images, sum(loops.counted(maps, LIMITS, 255)[1] for maps in images))


def test_counts_of_maps_without_pixels_are_zero_and_read_only():
    empty = np.zeros((0, 4), np.uint8)
    counts = count_cooccurrence(empty, empty, empty, n_primary=M, n_secondary=N)
    assert counts.pixels.shape == LIMITS and not counts.pixels.any() and not counts.images.any()
    with pytest.raises(ValueError, match="read-only"):
        counts.pixels[0, 0, 0] = 1


def test_bad_maps_are_named_with_the_place():
    good = np.zeros((2, 3), np.int64)
    bad = good.copy()
    bad[1, 2] = 4

    def count(primary: np.ndarray, secondary: np.ndarray, truth: np.ndarray, void: int = 255) -> CooccurrenceCounts:
        return count_cooccurrence(primary, secondary, truth, n_primary=M, n_secondary=N, void=void)

    with pytest.raises(InvalidSegmentation, match=r"the truth has the label 4 at row 1, column 2; expected 0\.\.3"):
        count(good, good, bad)
    with pytest.raises(InvalidSegmentation, match=r"the secondary has the label 4 at row 1, column 2; .* 255 for void"):
        count(good, bad, good)
    with pytest.raises(InvalidSegmentation, match=r"the primary has the label 3 at row 1, column 2; expected 0\.\.2"):
        count(np.where(bad, 3, 0), good, good)
    with pytest.raises(InvalidSegmentation, match="the primary has the label -1 at row 0, column 0"):
        count(good - 1, good - 1, good - 1)
    with pytest.raises(InvalidSegmentation, match=f"the truth has the label {2**40} at row 1"):
        count(good, good, bad << 38)
    with pytest.raises(
        InvalidSegmentation, match=r"of one size; found primary \(2, 3\), secondary \(2, 3\), .*\(3, 2\)"
    ):
        count(good, good, good.T)
    with pytest.raises(InvalidSegmentation, match=r"the secondary must be \(H, W\) integer labels; found float64"):
        count(good, good * 1.0, good)
    with pytest.raises(InvalidSegmentation, match=r"the truth must be \(H, W\) integer labels; found int64 \(6,\)"):
        count(good, good, good.ravel())


def test_void_may_not_be_one_of_the_labels():
    zeros = np.zeros((1, 1), np.uint16)
    with pytest.raises(LabelError, match="there are 300 secondary labels, and 255 stands for void"):
        count_cooccurrence(zeros, zeros, zeros, n_primary=2, n_secondary=300)
    with pytest.raises(LabelError, match="there are 256 primary labels, and 255 stands for void"):
        count_cooccurrence(zeros, zeros, zeros, n_primary=256, n_secondary=2)
    with pytest.raises(LabelError, match="4294967295 cannot stand for void"):
        count_cooccurrence(zeros, zeros, zeros, n_primary=2, n_secondary=2, void=2**32 - 1)
    assert count_cooccurrence(zeros, zeros, zeros, n_primary=2, n_secondary=255).pixels.sum() == 1


def test_counts_that_cannot_be_are_refused():
    pixels, images = np.zeros((2, 3, 3), int), np.zeros((2, 3), int)
    for wrong in ((pixels[:, :2], images), (pixels, images.T), (pixels[0], images)):
        with pytest.raises(InvalidSegmentation, match=r"must be \(m, n, n\) pixels and \(m, n\) images"):
            CooccurrenceCounts(pixels=wrong[0], images=wrong[1])
    with pytest.raises(InvalidSegmentation, match="0 or more"):
        CooccurrenceCounts(pixels=pixels - 1, images=images)
    with pytest.raises(InvalidSegmentation, match="must be integers; found pixels of float64"):
        CooccurrenceCounts(pixels=pixels + 0.5, images=images)
    with pytest.raises(LabelError, match="of 2 primary labels; their list names 1"):
        CooccurrenceCounts(pixels=pixels, images=images, provenance=Provenance(primary_labels=("road",)))


def test_counts_of_other_numbers_of_labels_do_not_add():
    with pytest.raises(LabelError, match="counts of 1 x 2 and of 2 x 2 labels do not add"):
        _ = made([[[1, 0], [0, 1]]]) + made([[[1, 0], [0, 1]]] * 2)


@settings(max_examples=300)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["primary", "secondary", "backoff"]), st.integers(0, 6))
def test_the_rule_is_that_of_a_plain_loop(seed: int, unseen: str, min_pixels: int):
    """Counts of 0..2: ties, pairs that were never seen and pairs with few pixels in every draw."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 3, (int(rng.integers(1, 4)), n := int(rng.integers(1, 5)), n))
    pixels[rng.random(pixels.shape[:2]) < 0.3] = 0
    pixels[:, rng.random(n) < 0.2] = 0
    found = cooccurrence_rule(made(pixels.tolist()), unseen=unseen, min_pixels=min_pixels)
    assert found.dtype == np.int32 and found.tolist() == loops.rule(pixels, unseen, min_pixels)


def test_ties_go_to_the_secondary_and_else_to_the_lowest():
    """(0, 0): 0 is not among the largest, 1 is the lowest; (0, 1): 1 and 2 tie, 1 is own; (0, 2): 0 and 2 tie."""
    assert cooccurrence_rule(made([[[1, 5, 5], [3, 4, 4], [7, 0, 7]]])).tolist() == [[1, 1, 2]]


def test_what_holds_for_pairs_that_were_not_seen():
    """(1, 0) was not seen; with secondary label 0 the truth was 2 (six times) elsewhere. Label 1 was never seen."""
    counts = made([[[1, 0, 6], [0, 0, 0], [0, 0, 9]], [[0, 0, 0], [0, 0, 0], [2, 0, 1]]])
    assert cooccurrence_rule(counts).tolist() == [[2, -1, 2], [-1, -1, 0]]
    assert cooccurrence_rule(counts, unseen="secondary").tolist() == [[2, 1, 2], [0, 1, 0]]
    assert cooccurrence_rule(counts, unseen="backoff").tolist() == [[2, 1, 2], [2, 1, 0]]


def test_few_pixels_count_as_unseen_but_are_in_the_backoff():
    """(1, 2) has 3 pixels: seen with min_pixels=3, not with 4; with label 2 the truth was 2 ten times, 0 twice."""
    counts = made([[[1, 0, 6], [0, 0, 0], [0, 0, 9]], [[0, 0, 0], [0, 0, 0], [2, 0, 1]]])
    assert cooccurrence_rule(counts, min_pixels=3)[1, 2] == 0
    assert cooccurrence_rule(counts, min_pixels=4)[1, 2] == -1
    assert cooccurrence_rule(counts, min_pixels=4, unseen="backoff")[1, 2] == 2
    assert cooccurrence_rule(counts, min_pixels=0)[1, 0] == -1  # a pair without pixels is never seen


def test_counts_without_pixels_give_what_unseen_says():
    counts = made(np.zeros(LIMITS, int).tolist())
    assert (cooccurrence_rule(counts) == -1).all()
    for unseen in ("secondary", "backoff"):
        assert np.array_equal(cooccurrence_rule(counts, unseen=unseen), np.tile(np.arange(N), (M, 1)))


def test_an_unknown_word_for_unseen_is_answered_with_the_known():
    with pytest.raises(UsageError, match="unseen 'backof' is not known; did you mean 'backoff'"):
        cooccurrence_rule(made([[[1]]]), unseen="backof")
