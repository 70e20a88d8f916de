"""Connected parts, and specks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from combine.plans import labels
from segweave.combine.parts import eight_connected, places, without_specks

SIGN, BAG = 3, 4


def test_parts_that_touch_at_corners_are_one() -> None:
    parts, pixels = eight_connected(labels([1, 0, 0, 1], [0, 1, 0, 1]) > 0)
    assert parts.tolist() == [[1, 0, 0, 2], [0, 1, 0, 2]] and pixels.tolist() == [4, 2, 2]
    assert eight_connected(np.zeros((2, 2), bool))[1].tolist() == [4]


def test_a_part_smaller_than_the_least_gives_way_to_the_primary_whatever_is_beside_it() -> None:
    primary = labels([0, 0, 0, 1, 1, 1, 2, -1])
    output = labels([SIGN, 0, SIGN, SIGN, BAG, 1, SIGN, -1])
    # signs of 1, 2 and 1 px, a bag of 1 px; the sign beside the bag is no part of it
    assert without_specks(output, primary, first_added=3, least=2).tolist() == [[0, 0, SIGN, SIGN, 1, 1, 2, -1]]
    assert without_specks(output, primary, first_added=3, least=2.5).tolist() == primary.tolist()
    for little in (0, 1):
        assert without_specks(output, primary, first_added=3, least=little).tolist() == output.tolist()


def test_small_parts_of_the_primary_s_labels_stay() -> None:
    output = labels([0, 1, 0, 2, SIGN, SIGN])
    assert without_specks(output, output * 0, first_added=3, least=2).tolist() == output.tolist()


@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
def test_what_stays_is_as_large_as_was_asked_and_what_went_was_smaller(seed: int, least: int) -> None:
    rng = np.random.default_rng(seed)
    primary = rng.integers(-1, 3, (9, 12)).astype(np.int32)
    output = np.where(rng.random((9, 12)) < 0.4, rng.integers(3, 5, (9, 12)), primary).astype(np.int32)
    kept = without_specks(output, primary, first_added=3, least=least)
    for label in (SIGN, BAG):
        parts, pixels = eight_connected(output == label)
        expected = np.isin(parts, np.flatnonzero(pixels[1:] >= least) + 1)
        assert np.array_equal(kept == label, expected)
    assert np.array_equal(kept[kept != output], primary[kept != output])


def test_places_are_the_boxes_of_the_numbers_that_occur() -> None:
    assert places(labels([0, 3, 3], [1, 0, 3])) == [
        (1, (slice(1, 2), slice(0, 1))),
        (3, (slice(0, 2), slice(1, 3))),
    ]
