"""Which label set a COCO file speaks of."""

from pathlib import Path

import pytest

from segweave.errors import FormatError
from segweave.formats.coco_categories import category_entries, read_categories
from segweave.formats.coco_files import OWN_DESCRIPTION, photograph_name
from segweave.formats.coco_guess import guess_categories
from segweave.labels import Label, LabelSet, LabelTable, VoidRow, label_set, label_table

FILE = Path("mine.json")


def read(rows, given=None, **more):
    return read_categories({"categories": rows, **more}, FILE, given=given)


def named(*pairs, **more):
    return [{"id": number, "name": name, **more} for number, name in pairs]


def test_all_names_of_a_set_that_ships_are_that_set_whatever_the_ids():
    city = label_set("cityscapes")
    train_ids = read(named(*enumerate(city.names)))
    assert train_ids.labels == city and train_ids.label_of == {i: i for i in range(19)} and train_ids.notes == ()
    reverse = read(named(*((100 - i, name) for i, name in enumerate(city.names))))
    assert reverse.labels == city and reverse.label_of[100] == 0 and reverse.label_of[82] == 18
    assert read(named(*enumerate(label_set("coco").names, start=1))).labels == label_set("coco")


def test_thing_flags_that_contradict_make_it_another_set():
    rows = named(*enumerate(label_set("cityscapes").names), isthing=0)
    assert read(rows).labels.name == "mine" and read(rows).labels.things == ()


def test_some_names_with_their_sparse_ids_are_the_shipped_set():
    assert read(named((1, "person"), (13, "stop sign"))).labels == label_set("coco")
    assert read(named((1, "person"), (184, "tree-merged"))).labels == label_set("coco_panoptic")
    # a numbering that anybody would choose
    assert read(named((1, "person"), (2, "bicycle"))).labels.names == ("person", "bicycle")
    assert read(named((1, "person"), (14, "stop sign"))).labels.name == "mine"


def test_void_labels_in_the_list_are_void_with_a_note():
    found = read(named(*zip(range(7, 26), label_set("cityscapes").names, strict=True), (29, "caravan")))
    assert found.labels == label_set("cityscapes") and found.label_of[29] is None
    assert [(note.kind, note.place) for note in found.notes] == [("void-label", "caravan")]


def test_a_table_that_is_given_wins_by_name_or_by_id():
    pets = LabelSet("pets", (Label(name="cat", is_thing=True), Label(name="lawn", is_thing=False)))
    table = LabelTable(pets, (3, 4), (VoidRow("junk", 9, (0, 0, 0)),))
    assert read(named((1, "lawn"), (2, "junk")), table).label_of == {1: 1, 2: None}
    assert read(named((3, "Katze"), (4, "Rasen")), table).label_of == {3: 0, 4: 1, 9: None}
    assert read(named((3, "Katze")), table).labels == pets


def test_a_file_of_ours_is_taken_at_its_word():
    own = LabelSet("pets", (Label(name="cat", is_thing=True, color=(1, 2, 3), ja="猫"),))
    for labels in (own, label_set("voc"), LabelSet("voc", label_set("voc").labels[1:]), LabelSet("coco", ())):
        info = {"description": OWN_DESCRIPTION, "label_set": labels.name}
        found = read(category_entries(labels), info=info)
        assert found.labels == labels and found.notes == ()
    # all names of voc, but a set of its own
    grey = LabelSet("grey", tuple(Label(name=x.name, is_thing=x.is_thing) for x in label_set("voc")))
    info = {"description": OWN_DESCRIPTION, "label_set": "grey"}
    assert read(category_entries(grey), info=info).labels == grey


def test_one_name_under_two_ids_is_one_label_with_a_note():
    found = read(named((0, "fruit"), (1, "fruit"), isthing=1))
    assert found.labels.names == ("fruit",) and found.label_of == {0: 0, 1: 0}
    assert [note.kind for note in found.notes] == ["assumed"]
    with pytest.raises(FormatError, match="'fruit' more than once, as thing and as stuff"):
        read([*named((0, "fruit"), isthing=1), *named((1, "fruit"), isthing=0)])


def annotation(*pairs):
    return {"segments_info": [{"id": number, "category_id": category} for number, category in pairs]}


def test_segments_numbered_like_cityscapes_tell_its_labels():
    city = label_table("cityscapes")
    by_train_id = guess_categories([annotation((7, 0), (26001, 13), (26, 13))], FILE, given=None)
    assert by_train_id.labels == city.labels and by_train_id.label_of[13] == city.labels.index("car")
    by_label_id = guess_categories([annotation((7, 7), (26001, 26), (29001, 29))], FILE, given=None)
    assert by_label_id.label_of[26] == city.labels.index("car") and by_label_id.label_of[29] is None
    assert [note.kind for note in by_label_id.notes] == ["assumed"]
    assert guess_categories([annotation((7, 0))], FILE, given=city).label_of[0] == 0
    assert guess_categories([annotation((9, 7))], FILE, given=city).label_of[7] == 0


def test_segments_with_an_ignore_key_tell_bdd100k():
    rows = [{"id": 7, "category_id": 7, "ignore": 0}, {"id": 31, "category_id": 35, "ignore": 0}]
    found = guess_categories([{"segments_info": rows}], FILE, given=None)
    assert found.labels.name == "bdd100k_panoptic" and found.labels[found.label_of[35]].name == "car"
    assert guess_categories([annotation((7, 7), (31, 35))], FILE, given=None).labels.name == "mine"


def test_other_ids_become_labels_called_like_them():
    found = guess_categories([annotation((7, 7), (8, 9), (9, 9)), annotation((5, 40))], FILE, given=None)
    assert found.labels.names == ("category 7", "category 9", "category 40") and found.labels.things == (1,)
    assert guess_categories([annotation((7, 1), (8, 200))], FILE, given=None).labels.name == "coco_panoptic"
    assert len(guess_categories([annotation(), {"segments_info": 3}], FILE, given=None).labels) == 0


@pytest.mark.parametrize("name", ["../a.jpg", "a/../../b.jpg", "..\\a.jpg", "", None, 3, "/", "C:\\"])
def test_names_that_leave_the_folder_are_refused(name):
    with pytest.raises(FormatError, match=r"x\.json: "):
        photograph_name(name, "x.json")
