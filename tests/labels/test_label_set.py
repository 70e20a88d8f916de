import pickle

import numpy as np
import pytest

from segweave.errors import LabelError, SegweaveError, did_you_mean
from segweave.labels import Label, LabelSet

CAT = Label(name="cat", is_thing=True)
GRASS = Label(name="grass", is_thing=False)


@pytest.mark.parametrize("name", ["", " cat", "cat ", "\t", "cat\n"])
def test_a_label_without_a_clean_name_is_refused(name):
    with pytest.raises(LabelError, match="without blanks"):
        Label(name=name, is_thing=True)


@pytest.mark.parametrize("color", [(0, 0), (0, 0, 0, 0), (-1, 0, 0), (0, 256, 0), (0.5, 0, 0)])
def test_a_color_is_three_whole_numbers_of_a_byte(color):
    with pytest.raises(LabelError, match=r"'cat' has color .* expected three whole numbers 0\.\.255"):
        Label(name="cat", is_thing=True, color=color)


def test_a_color_given_as_a_list_or_in_numpy_numbers_is_kept_as_a_tuple_of_ints():
    label = Label(name="cat", is_thing=True, color=list(np.array([1, 2, 3], np.uint8)))
    assert label.color == (1, 2, 3)
    assert isinstance(label.color, tuple) and all(type(c) is int for c in label.color)
    assert hash(label) == hash(Label(name="cat", is_thing=True, color=(1, 2, 3)))


def test_a_display_name_falls_back_to_english_and_an_unknown_language_is_an_error():
    label = Label(name="car", is_thing=True, ja="車")
    assert (label.display_name("ja"), label.display_name("ko"), label.display_name()) == ("車", "car", "car")
    with pytest.raises(LabelError, match="unknown language 'fr'"):
        label.display_name("fr")


def test_a_name_stands_once_in_a_label_set_and_the_message_names_each_culprit_once():
    with pytest.raises(LabelError, match=r"label set 'pets' lists 'cat', 'grass' more than once"):
        LabelSet("pets", (GRASS, CAT, CAT, GRASS, CAT))


def test_things_and_stuff_divide_the_indices_in_order():
    labels = LabelSet("pets", [GRASS, CAT, Label(name="dog", is_thing=True)])
    assert labels.things == (1, 2) and labels.stuff == (0,)
    assert labels.names == ("grass", "cat", "dog") and [label.name for label in labels] == list(labels.names)
    assert [labels.index(name) for name in labels.names] == [0, 1, 2]
    assert "cat" in labels and "Cat" not in labels and None not in labels


def test_an_unknown_label_name_is_answered_with_near_ones():
    with pytest.raises(LabelError, match=r"label 'Gras' is not in 'pets'; did you mean 'grass'\?"):
        LabelSet("pets", (CAT, GRASS)).index("Gras")


def test_a_label_set_may_be_empty():
    empty = LabelSet("none", ())
    assert len(empty) == 0 and empty.things == empty.stuff == empty.names == ()
    with pytest.raises(LabelError, match="nothing to choose from"):
        empty.index("cat")


def test_label_sets_are_values_equal_hashable_and_picklable():
    one, two = LabelSet("pets", [CAT, GRASS]), LabelSet("pets", (CAT, GRASS))
    assert one == two and hash(one) == hash(two)
    assert pickle.loads(pickle.dumps(one)) == one
    assert one != LabelSet("pets", (GRASS, CAT))
    with pytest.raises(AttributeError):
        one.name = "other"


def test_did_you_mean_offers_at_most_three_near_names():
    known = [f"street{k}" for k in range(6)]
    text = did_you_mean("street", known)
    assert text.startswith("did you mean 'street") and text.count("'") == 6 and text.endswith("?")


def test_did_you_mean_ignores_case_and_answers_in_the_known_spelling():
    assert did_you_mean("ROAD", ["Road", "sky"]) == "did you mean 'Road'?"


def test_did_you_mean_lists_eight_names_and_counts_the_rest_when_nothing_is_near():
    text = did_you_mean("zzzz", [f"a{k}" for k in range(10)])
    assert text == "there is 'a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7' and 2 more"
    assert did_you_mean("zzzz", []) == "there is nothing to choose from"


def test_label_errors_are_segweave_errors_and_value_errors():
    assert issubclass(LabelError, SegweaveError) and issubclass(LabelError, ValueError)
