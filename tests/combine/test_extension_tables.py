"""Tables of class extension: by the rule, guarded, override; and how they are applied."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combine import loops
from segweave.combine import (
    CooccurrenceCounts,
    apply_table,
    cooccurrence_rule,
    extension_table,
    guarded_table,
    override_table,
    smoothed_probability,
)
from segweave.errors import InvalidSegmentation, LabelError, UsageError

SEEDS = st.integers(0, 2**32 - 1)


def some_of(rng: np.random.Generator, n: int, share: float) -> set[int]:
    return set(np.flatnonzero(rng.random(n) < share).tolist())


def made(pixels: np.ndarray) -> CooccurrenceCounts:
    return CooccurrenceCounts(pixels=pixels, images=pixels.sum(axis=2))


@settings(max_examples=300)
@given(SEEDS, st.sampled_from(["keep", "promote"]))
def test_the_table_is_that_of_a_plain_loop(seed: int, foreign: str):
    """Some draws have an empty `add`, an added label inside some similar[i], one secondary label in two of them."""
    rng = np.random.default_rng(seed)
    m, n = rng.integers(1, 6, 2).tolist()
    rule, add = rng.integers(-1, n, (m, n)), some_of(rng, n, 0.4)
    similar = [some_of(rng, n, 0.3) for _ in range(m)]
    found = extension_table(rule, similar=similar, add=add, foreign=foreign)
    wanted = [[loops.output_of(i, int(f), similar, add, foreign) for f in row] for i, row in enumerate(rule)]
    assert found.dtype == np.int32 and found.tolist() == wanted


def test_the_table_by_hand():
    """m = 2, add = {1, 3} -> outputs 2 and 3. Row 0 (similar 0): f = 0 -> 0, 1 -> 2, 2 (foreign) -> 0, 3 -> 3.

    Row 1 (similar 2 and 3): f = -1 -> 1, 0 (foreign) -> 1, 3 is in similar[1], which comes before `add` -> 1, 1 -> 2.
    """
    rule, similar = np.array([[0, 1, 2, 3], [-1, 0, 3, 1]]), [{0}, {2, 3}]
    assert extension_table(rule, similar=similar, add={3, 1}).tolist() == [[0, 2, 0, 3], [1, 1, 1, 2]]
    promoted = extension_table(rule, similar=similar, add={3, 1}, foreign="promote")
    assert promoted.tolist() == [[0, 2, 1, 3], [1, 0, 1, 2]]  # f = 2 -> primary 1, f = 0 -> primary 0


def test_promotion_goes_to_the_lowest_primary_label():
    """f = 1 is similar to primary 1 and 2; primary 2 keeps it, the others go to 1."""
    rule = np.ones((4, 2), int)
    similar = [set(), {1}, {1}, set()]
    assert extension_table(rule, similar=similar, add={0}, foreign="promote")[:, 0].tolist() == [1, 1, 2, 1]


def test_an_empty_add_changes_nothing():
    rule = np.array([[1, 1], [0, 0]])
    for foreign in ("keep", "promote"):
        table = extension_table(rule, similar=[{0}, {1}], add=(), foreign=foreign)
        assert table.tolist() == [[0, 0], [1, 1]]
    assert override_table(2, 2, add=[]).tolist() == [[0, 0], [1, 1]]
    assert guarded_table(made(np.full((2, 2, 2), 9**9)), similar=[[], []], add=[]).tolist() == [[0, 0], [1, 1]]


def test_added_labels_are_numbered_in_ascending_order_and_once():
    """Labels 7, 2 and 5 become m + 2, m + 0 and m + 1, however they are listed."""
    for add in ([7, 2, 5], {2, 5, 7}, (2, 7, 5, 2), np.array([5, 7, 2])):
        table = extension_table(np.arange(8)[None], similar=[()], add=add)
        assert table.tolist() == [[0, 0, 1, 0, 0, 2, 0, 3]] == override_table(1, 8, add=add).tolist()


@given(SEEDS)
def test_override_follows_the_secondary_alone(seed: int):
    rng = np.random.default_rng(seed)
    m, n = rng.integers(1, 6, 2).tolist()
    add = some_of(rng, n, 0.5)
    wanted = [[m + sorted(add).index(j) if j in add else i for j in range(n)] for i in range(m)]
    assert override_table(m, n, add=add).tolist() == wanted


@settings(max_examples=200)
@given(
    SEEDS,
    st.sampled_from(["primary", "secondary", "backoff"]),
    st.sampled_from([0, 0.3, 0.7, 1]),
    st.sampled_from([(1e4, 1e3), (1, 1), (0.5, 30)]),
)
def test_guarded_changes_only_what_is_sure_by_plain_loops(
    seed: int, unseen: str, tau: float, worth: tuple[float, float]
):
    rng = np.random.default_rng(seed)
    m, n = rng.integers(1, 5, 2).tolist()
    pixels = (rng.random((m, n, n)) ** 4 * rng.choice([5, 10**6])).astype(np.int64)
    pixels[rng.random((m, n)) < 0.2] = 0
    add, similar, least = some_of(rng, n, 0.6), [some_of(rng, n, 0.2) for _ in range(m)], int(rng.integers(0, 9))
    alpha, beta = worth
    found = guarded_table(
        made(pixels), similar=similar, add=add, tau=tau, alpha=alpha, beta=beta, unseen=unseen, min_pixels=least
    )
    rule, sure = loops.rule(pixels, unseen, least), loops.probability(pixels, alpha, beta)
    assert np.allclose(smoothed_probability(made(pixels), alpha=alpha, beta=beta), sure, rtol=1e-12, atol=0)
    for i in range(m):
        for j, f in enumerate(rule[i]):
            if f < 0 or abs(sure[i, j, f] - tau) > 1e-9:
                wanted = loops.output_of(i, f, similar, add) if f >= 0 and sure[i, j, f] >= tau else i
                assert found[i, j] == wanted


def test_the_smoothed_probability_by_hand():
    """j = 1 with alpha = beta = 100. Primary 0 saw the truth 1 60 times, 0 40 times; primary 1 never saw the pair.

    Q(1) = (60 + 100) / (100 + 100) = 0.8. P(1 | 0, 1) = (60 + 100 x 0.8) / (100 + 100) = 0.7. P(1 | 1, 1) = Q(1) = 0.8.
    """
    pixels = np.zeros((2, 2, 2), int)
    pixels[0, 1] = 40, 60
    sure = smoothed_probability(made(pixels), alpha=100, beta=100)
    assert sure[:, 1].tolist() == [pytest.approx([0.3, 0.7]), pytest.approx([0.2, 0.8])]
    asked = {"similar": [(), ()], "add": {1}, "alpha": 100, "beta": 100}
    assert guarded_table(made(pixels), **asked, tau=0.7).tolist() == [[0, 2], [1, 1]]  # 0.7 is enough for 0.7
    assert guarded_table(made(pixels), **asked, tau=0.71).tolist() == [[0, 0], [1, 1]]
    seen = guarded_table(made(pixels), **asked, tau=0.71, unseen="secondary")
    assert seen.tolist() == [[0, 0], [1, 2]]  # the pair that was never seen rests on the prior, 0.8


@given(SEEDS)
def test_smoothed_probabilities_of_a_pair_sum_to_1(seed: int):
    rng = np.random.default_rng(seed)
    sure = smoothed_probability(made(rng.integers(0, 10 ** rng.integers(1, 7), (3, 4, 4))))
    assert np.allclose(sure.sum(axis=2), 1) and sure.min() >= 0


def test_a_pair_seen_seldom_is_drawn_to_what_its_secondary_label_usually_is():
    """Label 1 is right in 1,000,000 pixels of primary 0; 100 pixels of primary 1 say 0, against alpha = 10,000."""
    pixels = np.zeros((2, 2, 2), int)
    pixels[0, 1, 1], pixels[1, 1, 0] = 10**6, 100
    counts = made(pixels)
    assert smoothed_probability(counts)[1, 1, 1] > 0.98
    assert cooccurrence_rule(counts)[1, 1] == 0
    # The rule expects 0, an added label, but is not sure of it; the hard table changes, the guarded one does not.
    assert extension_table(cooccurrence_rule(counts), similar=[(), ()], add={0})[1, 1] == 2
    assert guarded_table(counts, similar=[(), ()], add={0})[1, 1] == 1


TYPES = st.sampled_from([np.uint8, np.int8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.dtype(">i2")])


@settings(max_examples=300)
@given(SEEDS, TYPES, TYPES, st.sampled_from([255, -1, 100]), st.booleans())
def test_a_table_is_applied_as_by_a_plain_loop(seed: int, of_first: type, of_second: type, void: int, same: bool):
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 7, (4, 6))
    size = tuple(rng.integers(1, 12, 2))
    first, second = (
        rng.integers(0, n, size if same or n == 4 else tuple(rng.integers(1, 12, 2))).astype(dtype)
        for n, dtype in ((4, of_first), (6, of_second))
    )
    for labels in (first, second):
        if np.iinfo(labels.dtype).min <= void <= np.iinfo(labels.dtype).max:
            labels[rng.random(labels.shape) < 0.2] = void
    found = apply_table(table, first, second, void=void)
    assert found.dtype == first.dtype and found.tolist() == loops.looked_up(table, first, second, void)
    if same:  # views that are no contiguous arrays
        assert np.array_equal(found.T, apply_table(table, first.T, second.T, void=void))


def test_void_primary_stays_void_and_void_secondary_keeps_the_primary():
    table = override_table(2, 2, add={1})
    first, second = np.array([[0, 0, 255, 255]], np.uint8), np.array([[1, 255, 1, 255]], np.uint8)
    assert apply_table(table, first, second).tolist() == [[2, 0, 255, 255]]
    first, second = first.astype(np.int16), second.astype(np.int16)
    first[first == 255] = second[second == 255] = -1
    assert apply_table(table, first, second, void=-1).tolist() == [[2, 0, -1, -1]]


def test_a_secondary_of_another_size_is_read_at_pixel_centres():
    """5 columns from 2: centres at 0.2, 0.6, 1.0, 1.4, 1.8 -> 0 0 1 1 1; 1 row from 3: the middle one."""
    second = np.array([[1, 1], [1, 0], [0, 0]])
    assert apply_table(override_table(1, 2, add={1}), np.zeros((1, 5), int), second).tolist() == [[1, 1, 0, 0, 0]]


def test_outputs_come_in_the_primarys_type_or_int32_where_they_do_not_fit():
    """Labels 0..127 fit an int8; an added one is 128."""
    for add, dtype in (([], np.int8), ([1], np.int32)):
        output = apply_table(
            override_table(128, 2, add=add), np.array([[0, 127, -1]], np.int8), np.ones((1, 3), int), void=-1
        )
        assert output.dtype == dtype and output.tolist() == [[128, 128, -1] if add else [0, 127, -1]]


def test_no_output_may_be_what_stands_for_void():
    zeros = np.zeros((1, 1), np.uint8)
    with pytest.raises(LabelError, match="there are 256 output labels, and 255 stands for void"):
        apply_table(override_table(255, 2, add={1}), zeros, zeros)
    with pytest.raises(LabelError, match="there are 300 secondary labels, and 255 stands for void"):
        apply_table(override_table(2, 300, add={1}), zeros, zeros)
    with pytest.raises(LabelError, match="there are 2 output labels, and 1 stands for void"):
        apply_table(np.zeros((2, 1), int), zeros, zeros, void=1)
    assert apply_table(override_table(254, 2, add={1}), zeros, zeros).tolist() == [[0]]


def test_labels_out_of_range_are_named_with_the_place():
    table, good = override_table(2, 3, add={2}), np.zeros((2, 2), int)
    with pytest.raises(
        InvalidSegmentation, match=r"the primary has the label 2 at row 0, column 1; expected 0\.\.1, or"
    ):
        apply_table(table, np.array([[0, 2], [0, 0]]), good)
    with pytest.raises(InvalidSegmentation, match=r"the secondary has the label 3 at row 1, column 0; expected 0\.\.2"):
        apply_table(table, good, np.array([[0, 0], [3, 9]]))
    with pytest.raises(InvalidSegmentation, match="the secondary has the label -1 at row 0, column 0"):
        apply_table(table, good, good - 1)
    with pytest.raises(InvalidSegmentation, match=f"the primary has the label {2**33} at"):
        apply_table(table, good + 2**33, good)
    with pytest.raises(InvalidSegmentation, match="the secondary has the label 255 at"):  # where -1 stands for void
        apply_table(table, good, good + 255, void=-1)
    with pytest.raises(InvalidSegmentation, match=r"labels of \(0, 2\) pixels cannot be read"):
        apply_table(table, good, good[:0])


def test_a_map_without_pixels_stays_one():
    assert apply_table(override_table(2, 3, add={2}), np.zeros((0, 4), np.uint8), np.zeros((2, 2), int)).shape == (0, 4)


def test_bad_arguments_are_named():
    rule = np.zeros((2, 3), int)
    with pytest.raises(UsageError, match="foreign 'promot' is not known; did you mean 'promote'"):
        extension_table(rule, similar=[(), ()], add=[], foreign="promot")
    with pytest.raises(LabelError, match="for each of 2 primary labels; found 1"):
        extension_table(rule, similar=[()], add=[])
    with pytest.raises(LabelError, match=r"similar\[1\] names the secondary label 3; expected 0\.\.2"):
        extension_table(rule, similar=[(), {3}], add=[])
    with pytest.raises(LabelError, match=r"add names the secondary label -1; expected 0\.\.2"):
        override_table(2, 3, add=[-1])
    for wrong, found in ((rule - 2, r"-2\.\.-2"), (rule + 3, r"3\.\.3"), (rule * 1.0, "float64"), (rule[0], r"\(3,\)")):
        with pytest.raises(LabelError, match=found):
            extension_table(wrong, similar=[(), ()], add=[])
    for wrong in (rule - 1, rule * 1.0, rule[0]):
        with pytest.raises(LabelError, match="a table is"):
            apply_table(wrong, np.zeros((1, 1), int), np.zeros((1, 1), int))
    for worth in ({"alpha": 0}, {"beta": -1}):
        with pytest.raises(UsageError, match="alpha and beta are numbers of pixels above 0"):
            guarded_table(made(np.ones((1, 1, 1), int)), similar=[()], add=[0], **worth)
