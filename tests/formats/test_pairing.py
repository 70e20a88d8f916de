"""Which images of two data sets are the same."""

from pathlib import Path

import pytest

from scenes import SOME_LABELS
from segweave.errors import FormatError
from segweave.formats.dataset import Dataset, ImageName
from segweave.formats.pairing import Pairing, missing_message, pair_images

TRUTH, GUESS = Path("truth"), Path("guess")


def data(*names: tuple[int | str, str]) -> Dataset:
    found = [ImageName(*name) for name in names]

    def load(place):
        raise AssertionError("pairing reads no image")

    return Dataset(SOME_LABELS, (), load, found.__getitem__, range(len(found)))


def pair(truth: Dataset, guess: Dataset) -> Pairing:
    return pair_images(truth, guess, truth_path=TRUTH, prediction_path=GUESS)


def test_equal_ids_pair_in_the_order_of_the_truth():
    found = pair(data((1, "a"), (2, "b"), (3, "")), data((3, "x"), (1, "a"), (2, "b")))
    assert found.places == ((0, 1), (1, 2), (2, 0)) and found.by == "id"
    assert found.truth_only == found.prediction_only == ()


def test_a_number_and_its_text_are_one_id():
    assert pair(data((7, "")), data(("7", ""))).places == ((0, 0),)


def test_names_pair_where_ids_do_not_and_endings_do_not_matter():
    truth = data(("aachen_1", "aachen/aachen_1_leftImg8bit"), ("bonn_2", "bonn/bonn_2_leftImg8bit"))
    guess = data((1, "bonn/bonn_2_gtFine_labelIds"), (2, "aachen/aachen_1_gtFine_labelIds"))
    found = pair(truth, guess)
    assert found.places == ((0, 1), (1, 0)) and found.by == "name"


def test_the_last_part_of_a_name_is_enough_where_it_is_the_only_one():
    assert pair(data((1, "val/a"), (2, "val/b")), data((8, "b"), (9, "a"))).by == "file name"
    with pytest.raises(FormatError, match="none of its images"):
        pair(data((1, "x/a"), (2, "y/a")), data((8, "a")))


def test_zeros_before_a_number_do_not_matter():
    found = pair(
        data((139, "000000000139"), (285, "000000000285")), data(("000000000285", "000000000285"), ("139", ""))
    )
    assert set(found.places) == {(0, 1), (1, 0)}


def test_numbers_given_out_from_1_do_not_pair_with_other_images_by_chance():
    """The truth's ids 2 and 3 are other photographs than the prediction's second and third."""
    truth = data((2, "photo_b"), (3, "photo_a"), (9, "photo_c"))
    guess = data((1, "photo_a"), (2, "photo_c"), (3, "photo_b"))
    found = pair(truth, guess)
    assert found.places == ((0, 2), (1, 0), (2, 1)) and found.by == "name"


def test_other_names_do_not_stop_equal_ids_unless_they_belong_to_other_images():
    found = pair(data((139, "COCO_val2014_000000000139"), (7, "b")), data((139, "000000000139"), (7, "c")))
    assert found.places == ((0, 0), (1, 1)) and found.by == "id"
    found = pair(data((1, "a"), (2, "b"), (3, "c")), data((1, "a"), (2, "c"), (3, "d")))
    assert found.places == ((0, 0), (2, 1)) and found.by == "name"  # 2 and 3 are both c


def test_what_is_no_number_python_reads_is_a_name_too():
    long = "9" * 5000
    assert pair(data((1, "0" + long)), data((2, long))).by == "number"


def test_what_one_side_lacks_is_said_in_one_line():
    found = pair(data((1, "a"), (2, "b"), (3, "c")), data((3, "c"), (4, "d")))
    assert [name.id for name in found.truth_only] == [1, 2] and [name.id for name in found.prediction_only] == [4]
    assert missing_message(found, truth_path=TRUTH, prediction_path=GUESS) == (
        "image 1 (a) and 1 more of truth are missing in guess; image 4 (d) of guess is missing in truth"
    )
    whole = pair(data((1, "")), data((1, "")))
    assert missing_message(whole, truth_path=TRUTH, prediction_path=GUESS) == ""


def test_bad_data_sets_are_named():
    with pytest.raises(FormatError, match="guess: has no images"):
        pair(data((1, "a")), data())
    with pytest.raises(FormatError, match=r"truth: images 0 and 2 \(from 0\) have the same id 5"):
        pair(data((5, "a"), (6, "b"), (5, "c")), data((5, "a")))
    with pytest.raises(FormatError, match=r"its ids begin 'x', the truth's 1, 2; expected"):
        pair(data((1, "a"), (2, "b")), data(("x", "z")))
