"""The labels of a network are known by their names, or said by the user, never guessed."""

from pathlib import Path

import pytest

from segweave.errors import LabelError
from segweave.labels import Label, LabelSet, label_set, label_table
from segweave.models.network_labels import TABLES, given_labels, named_labels, read_labels


@pytest.mark.parametrize("name", TABLES)
def test_the_names_of_a_shipped_label_set_in_its_order_are_that_label_set(name: str) -> None:
    found = named_labels(label_set(name).names)
    assert found.labels == label_set(name)
    assert found.in_order


def test_other_spellings_and_synonyms_at_the_right_places_are_the_same_label_set() -> None:
    names = list(label_set("ade20k").names)
    names[7], names[8], names[37] = "bed ", "windowpane;window ", "bathtub, bathing tub"
    names[89], names[90], names[92] = "television receiver", "airplane", "apparel"
    assert named_labels(names).labels == label_set("ade20k")


def test_a_data_set_s_names_without_their_endings_are_that_data_set_s() -> None:
    """Files say "tree" for "tree-merged"; at its place, among names that agree, that is enough."""
    names = [name.removesuffix("-merged").removesuffix("-other") for name in label_set("coco_panoptic").names]
    assert named_labels(names).labels == label_set("coco_panoptic")


def test_a_label_set_with_two_names_swapped_is_not_taken_in_its_own_order() -> None:
    names = list(label_set("cityscapes").names)
    names[11], names[13] = names[13], names[11]
    found = named_labels(names)
    assert found.labels.names == tuple(names)
    assert found.labels[11] == label_set("cityscapes")[13]


def test_columns_that_are_the_ids_of_a_data_set_are_found_and_the_others_are_void() -> None:
    """DETR-panoptic: 250 columns, COCO's ids from 1 to 200; the others were never trained."""
    names = [f"LABEL_{k}" for k in range(250)]
    for source_id, label in zip(label_table("coco_panoptic").source_ids, label_set("coco_panoptic"), strict=True):
        names[source_id] = label.name
    found = named_labels(names)
    assert found.labels == label_set("coco_panoptic")
    assert found.columns == label_table("coco_panoptic").source_ids
    assert len(found.voids) == 250 - 133
    assert {0, 12, 26, 249} <= set(found.voids)
    assert not found.in_order


def test_names_chosen_from_a_shipped_label_set_keep_thing_or_stuff_and_their_spelling() -> None:
    found = named_labels(["Rider", "sky", "car"])
    assert found.labels.names == ("Rider", "sky", "car")
    assert found.labels.things == (0, 2)
    assert found.labels[2].color == label_set("cityscapes")[13].color


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["crack", "car", "scratch"], "2 of the network's 3 labels: 'crack', 'scratch'"),
        (["LABEL_0", "LABEL_1"], "the network's 2 labels have no names"),
        (["car", "car"], "calls more than one label 'car'"),
        ([f"thing {k}" for k in range(9)], "'thing 5' …;"),
    ],
)
def test_unknown_names_are_refused_and_how_to_say_them_is_told(names: list[str], says: str) -> None:
    with pytest.raises(LabelError, match=says) as caught:
        read_labels(names, None, where="config.json")
    assert str(caught.value).startswith("config.json: ")
    assert "labels='ade20k'" in str(caught.value) and "mine.labels.csv" in str(caught.value)


def test_a_label_file_says_what_the_columns_are(tmp_path: Path) -> None:
    path = tmp_path / "steel.csv"
    rows = ["name,thing,void,color,source_id,ja,ko", "scratch,1,0,#ff0000,2,,", "steel,0,0,#00ff00,0,,"]
    path.write_text("\n".join(rows), encoding="utf-8")
    assert given_labels(path, 2).columns == (0, 1)  # as many as the network has: in order
    found = given_labels(str(path), 4)
    assert (found.columns, found.voids) == ((2, 0), (1, 3))
    assert found.labels.names == ("scratch", "steel")


def test_given_labels_of_another_size_are_refused_with_both_sizes(tmp_path: Path) -> None:
    pets = LabelSet("pets", (Label(name="cat", is_thing=True), Label(name="grass", is_thing=False)))
    with pytest.raises(LabelError, match="'pets' has 2 labels; the network has 3 columns"):
        given_labels(pets, 3)
    with pytest.raises(
        LabelError, match=r"150 labels with the source ids 1\.\.150; the network has the columns 0\.\.8"
    ):
        given_labels("ade20k", 9)
    with pytest.raises(LabelError, match="did you mean 'ade20k'"):
        given_labels("ade20", 9)
    assert given_labels(pets, 2).labels is pets
