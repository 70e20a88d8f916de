"""Where counts come from: what may be added to what."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segweave.combine import CooccurrenceCounts, Provenance
from segweave.combine.provenance import difference, labels_hash, share_images
from segweave.errors import LabelError

WHOLE = Provenance(
    primary="street",
    secondary="rooms.onnx",
    primary_labels=("road", "car"),
    secondary_labels=("floor", "bag", "lamp"),
    primary_preprocess="768x384",
    secondary_preprocess="512",
    data=("rooms-val",),
    parts=("rooms-val 1/2",),
    n_images=7,
)
OTHER = replace(WHOLE, parts=("rooms-val 2/2",), n_images=5)


def test_the_hash_is_sha256_of_the_names_one_a_line():
    assert labels_hash(["cat", "grass"]) == hashlib.sha256(b"cat\ngrass").hexdigest()
    assert labels_hash(["猫"]) == hashlib.sha256("猫".encode()).hexdigest()
    assert len({labels_hash(names) for names in (["a", "b"], ["b", "a"], ["ab"], ["a"], ["a", "b", ""], [])}) == 6


def test_shards_of_one_data_set_add():
    """7 + 5 images; the data set stands once, each shard once."""
    total = WHOLE + OTHER
    assert total == replace(WHOLE, parts=("rooms-val 1/2", "rooms-val 2/2"), n_images=12)


def test_data_sets_add_in_order():
    street = replace(WHOLE, data=("street-val", "rooms-val"), parts=("street-val 1/1",))
    assert (WHOLE + street).data == ("rooms-val", "street-val")
    assert (street + WHOLE).data == ("street-val", "rooms-val")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"primary_labels": ("road", "cat")}, "different primary labels do not add: label 1 is 'car' and 'cat'"),
        ({"secondary_labels": ("bag", "floor", "lamp")}, "different secondary labels do not add: label 0 is 'floor'"),
        ({"primary": "street-int8"}, "the primary is 'street' and 'street-int8'"),
        ({"secondary": "rooms2.onnx"}, "the secondary is 'rooms.onnx' and 'rooms2.onnx'"),
        ({"primary_preprocess": "512x256"}, "the primary preprocess is '768x384' and '512x256'"),
        ({"secondary_preprocess": "640"}, "the secondary preprocess is '512' and '640'"),
        ({"parts": ("new", "rooms-val 1/2")}, "the part 'rooms-val 1/2' is in both counts; each image counts once"),
    ],
)
def test_counts_of_anything_else_do_not_add(changed: dict[str, object], message: str):
    zeros = {"pixels": np.zeros((2, 3, 3), int), "images": np.zeros((2, 3), int)}
    mine, theirs = CooccurrenceCounts(**zeros, provenance=WHOLE), replace(OTHER, **changed)
    for a, b in ((WHOLE, theirs), (theirs, WHOLE)):
        with pytest.raises(LabelError, match=r"add|each image counts once"):
            _ = a + b
    with pytest.raises(LabelError, match=message):
        _ = mine + CooccurrenceCounts(**zeros, provenance=theirs)


@given(st.integers(1, 12), st.integers(1, 12), st.data())
def test_shards_share_images_when_a_place_is_in_both(n: int, m: int, data: st.DataObject):
    i, j = data.draw(st.integers(1, n)), data.draw(st.integers(1, m))
    places = range(n * m)  # after so many they repeat
    wanted = bool(set(places[i - 1 :: n]) & set(places[j - 1 :: m]))
    assert share_images(f"val {i}/{n}", f"val {j}/{m}") == wanted
    assert share_images(f"val {i}/{n} up to place 3", f"val {j}/{m}") == wanted
    assert not share_images(f"val {i}/{n}", f"test {j}/{m}")


def test_parts_of_other_names_share_what_is_called_the_same():
    assert share_images("all", "all") and not share_images("all", "all 1/1") and share_images("a 1/1 1/2", "a 1/1 1/4")


def test_an_image_that_is_in_two_shards_is_told():
    with pytest.raises(
        LabelError, match="the parts 'rooms-val 1/2' and 'rooms-val 1/1' share images; each image counts once"
    ):
        _ = WHOLE + replace(WHOLE, parts=("rooms-val 1/1",))


def test_what_nobody_said_does_not_stand_against_what_is_known():
    nobody = Provenance(n_images=1)
    assert WHOLE + nobody == nobody + WHOLE == replace(WHOLE, n_images=8)
    assert nobody + nobody == Provenance(n_images=2)


def test_a_list_must_name_every_label():
    WHOLE.check(2, 3)
    Provenance().check(19, 150)  # nobody said
    with pytest.raises(LabelError, match="of 3 primary labels; their list names 2"):
        WHOLE.check(3, 3)
    with pytest.raises(LabelError, match="of 2 secondary labels; their list names 3"):
        WHOLE.check(2, 2)


def test_a_difference_of_lists_is_told_with_both_hashes():
    assert difference(["a", "b"], ["a", "c"]).startswith("label 1 is 'b' and 'c'")
    told = difference(["a", "b"], ["a"])
    assert told == f"one list has 2 labels, the other 1 (sha256 {labels_hash('ab')[:8]} and {labels_hash('a')[:8]})"
