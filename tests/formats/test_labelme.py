import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segweave.errors import FormatError
from segweave.formats import Sample, open_dataset, save_dataset
from segweave.formats.dataset import Extra
from segweave.labels import Label, LabelSet
from segweave.segmentation import Instances, Rle, Segment

SIZE = (20, 30)
PETS = LabelSet("pets", (Label(name="cat", is_thing=True), Label(name="grass", is_thing=False)))
SQUARE = [[2.5, 3], [8, 3], [8, 9], [2.5, 9]]


def rectangle(top: int, left: int, bottom: int, right: int) -> Rle:
    mask = np.zeros(SIZE, bool)
    mask[top:bottom, left:right] = True
    return Rle.from_mask(mask)


def sample_of(*pairs: tuple[Rle, Segment], **more: object) -> Sample:
    truth = Instances(SIZE, tuple(m for m, _ in pairs), tuple(s for _, s in pairs), PETS)
    fields = {"image_path": None, "size": SIZE, "image_id": 1, "image_name": "a.jpg", **more}
    return Sample(truth=truth, **fields)  # type: ignore[arg-type]


def written(sample: Sample, folder: Path) -> dict:
    save_dataset([sample], folder, "labelme")
    return json.loads((folder / "a.json").read_text())


def foreign(folder: Path, *shapes: dict, **more: object) -> Path:
    """A labelme file of another tool, with its photograph."""
    sizes = {"imageHeight": SIZE[0], "imageWidth": SIZE[1]}
    doc = {"version": "4.0.0", "flags": {"sharp": True}, "shapes": list(shapes), "imagePath": "a.jpg", **sizes, **more}
    folder.mkdir(exist_ok=True)
    (folder / "a.json").write_text(json.dumps(doc))
    Image.new("RGB", SIZE[::-1]).save(folder / "a.jpg")
    return folder


def test_a_file_says_what_labelme_wants_to_know(tmp_path: Path):
    doc = written(sample_of((rectangle(3, 2, 10, 9), Segment(label=0))), tmp_path)
    assert doc == {
        "version": "5.10.1",
        "flags": {},
        "shapes": [
            {
                "label": "cat",
                "points": [[2, 3], [8, 3], [8, 9], [2, 9]],
                "group_id": None,
                "description": "",
                "shape_type": "polygon",
                "flags": {},
                "mask": None,
                "source_id": None,
            }
        ],
        "imagePath": "a.jpg",
        "imageData": None,
        "imageHeight": 20,
        "imageWidth": 30,
    }
    assert (tmp_path / "labels.txt").read_text() == "__ignore__\n_background_\ncat\ngrass\n"


def test_score_track_and_crowd_stand_beside_labelmes_keys(tmp_path: Path):
    crowd = Segment(label=0, score=0.25, track=3, crowd=True, source_id="7")
    (shape,) = written(sample_of((rectangle(0, 0, 2, 2), crowd)), tmp_path)["shapes"]
    assert {key: shape[key] for key in ("score", "track", "crowd", "source_id")} == {
        "score": 0.25,
        "track": 3,
        "crowd": True,
        "source_id": "7",
    }


def test_parts_of_one_segment_share_a_group_of_their_own(tmp_path: Path):
    two = Rle.from_mask(rectangle(0, 0, 2, 2).mask() | rectangle(9, 9, 12, 12).mask())
    pairs = [(two, Segment(label=0)), (rectangle(5, 5, 7, 7), Segment(label=0)), (two, Segment(label=0))]
    shapes = written(sample_of(*pairs), tmp_path)["shapes"]
    assert [shape["group_id"] for shape in shapes] == [0, 0, None, 1, 1]
    assert open_dataset(tmp_path)[0].truth.masks == (two, rectangle(5, 5, 7, 7), two)


def test_the_first_instance_is_painted_last(tmp_path: Path):
    pairs = [(rectangle(0, 0, 9, 9), Segment(label=0)), (rectangle(0, 0, 9, 9), Segment(label=1))]
    assert [shape["label"] for shape in written(sample_of(*pairs), tmp_path)["shapes"]] == ["grass", "cat"]


def test_a_photograph_left_elsewhere_is_named_from_the_file(tmp_path: Path):
    (tmp_path / "photos").mkdir()
    Image.new("RGB", SIZE[::-1]).save(tmp_path / "photos" / "a.jpg")
    sample = sample_of(image_path=tmp_path / "photos" / "a.jpg")
    save_dataset([sample], tmp_path / "out", "labelme", photographs="leave")
    assert json.loads((tmp_path / "out" / "a.json").read_text())["imagePath"] == "../photos/a.jpg"
    back = open_dataset(tmp_path / "out")[0]
    assert back.image_path is not None and back.image_path.samefile(tmp_path / "photos" / "a.jpg")
    assert back.image_name == "a.jpg"


def test_a_label_called_like_a_void_of_labelme_stays_a_label(tmp_path: Path):
    labels = LabelSet("odd", (Label(name="_background_", is_thing=False),))
    truth = Instances(SIZE, (rectangle(0, 0, 2, 2),), (Segment(label=0),), labels)
    sample = Sample(image_path=None, size=SIZE, truth=truth, image_id=1, image_name="a.jpg")
    save_dataset([sample], tmp_path, "labelme")
    assert open_dataset(tmp_path)[0].truth == truth


KEPT = [
    {"label": "nose", "points": [[1, 1]], "shape_type": "point", "flags": {}, "group_id": None},
    {
        "label": "cat",
        "points": SQUARE,
        "shape_type": "polygon",
        "flags": {"old": True},
        "description": "Mia",
        "group_id": 4,
        "attributes": {"fur": "red"},
        "score": None,
        "line_color": None,
    },
    {"label": "__ignore__", "points": SQUARE, "shape_type": "rectangle", "flags": {}, "group_id": None},
    {"label": "cat", "points": [[15, 9], [18, 9]], "shape_type": "circle", "flags": {}, "group_id": None},
    {"label": "cat", "points": [[25, 9], [28, 12]], "shape_type": "rectangle", "flags": {}, "group_id": 4},
]
KEPT[2]["points"] = SQUARE[:1] + SQUARE[2:3]


def test_a_file_comes_back_as_it_was(tmp_path: Path):
    foreign(tmp_path / "in", *KEPT, lineColor=[0, 255, 0, 128], imageData=None)
    notes = save_dataset(open_dataset(tmp_path / "in"), tmp_path / "out", "labelme")
    assert [note.kind for note in notes] == ["not-a-region", "void-label"]
    before, after = (json.loads((tmp_path / name / "a.json").read_text()) for name in ("in", "out"))
    # the shapes of one group stand together now
    assert after == {**before, "shapes": [KEPT[0], KEPT[1], KEPT[4], KEPT[2], KEPT[3] | {"source_id": 3}]}
    again = open_dataset(tmp_path / "out")
    save_dataset(again, tmp_path / "twice", "labelme")
    assert (tmp_path / "twice" / "a.json").read_text() == (tmp_path / "out" / "a.json").read_text()


def test_a_segment_with_other_pixels_keeps_its_other_keys(tmp_path: Path):
    sample = open_dataset(foreign(tmp_path / "in", KEPT[1]))[0]
    assert isinstance(sample.truth, Instances)
    changed = replace(sample, truth=replace(sample.truth, masks=(rectangle(0, 0, 5, 5),)))
    doc = written(changed, tmp_path / "out")
    (shape,) = doc["shapes"]
    assert doc["flags"] == {"sharp": True} and doc["version"] == "4.0.0"
    assert shape["points"] == [[0, 0], [4, 0], [4, 4], [0, 4]]
    for key in ("flags", "description", "attributes", "line_color", "group_id"):
        assert shape[key] == KEPT[1][key]


def test_a_segment_with_another_label_keeps_its_shape(tmp_path: Path):
    sample = open_dataset(foreign(tmp_path / "in", KEPT[1]))[0]
    truth = sample.truth
    assert isinstance(truth, Instances)
    labels = LabelSet("two", (*truth.labels.labels, Label(name="dog", is_thing=True)))
    dog = (replace(truth.segments[0], label=1, score=0.5),)
    changed = replace(sample, truth=Instances(SIZE, truth.masks, dog, labels))
    assert written(changed, tmp_path / "out")["shapes"] == [KEPT[1] | {"label": "dog", "score": 0.5}]


def test_segments_that_get_the_label_of_another_group_stay_apart(tmp_path: Path):
    dog = KEPT[4] | {"label": "dog"}  # group 4 of dogs, beside group 4 of cats
    sample = open_dataset(foreign(tmp_path / "in", KEPT[1], dog))[0]
    truth = sample.truth
    assert isinstance(truth, Instances)
    cats = tuple(replace(segment, label=0) for segment in truth.segments)
    doc = written(replace(sample, truth=replace(truth, segments=cats)), tmp_path / "out")
    assert [(shape["label"], shape["group_id"]) for shape in doc["shapes"]] == [("cat", 4), ("cat", 5)]


def test_a_segment_that_is_gone_takes_its_keys_along_and_a_note_says_so(tmp_path: Path):
    sample = open_dataset(foreign(tmp_path / "in", *KEPT))[0]
    assert isinstance(sample.truth, Instances)
    empty = replace(sample, truth=replace(sample.truth, masks=(), segments=()), notes=())
    notes = save_dataset([empty], tmp_path / "out", "labelme")
    assert [note.reason for note in notes] == ["flags and other keys of 1 shapes go with their segments"]
    assert json.loads((tmp_path / "out" / "a.json").read_text())["shapes"] == [KEPT[0], KEPT[2]]


def test_points_drawn_on_an_image_of_another_size_are_not_put_back(tmp_path: Path):
    sample = open_dataset(foreign(tmp_path / "in", *KEPT))[0]
    small = replace(sample, size=(5, 5), truth=Instances((5, 5), (), (), sample.truth.labels), image_path=None)
    notes = save_dataset([replace(small, notes=())], tmp_path / "out", "labelme")
    assert notes[0].reason == "2 shapes that are no segments are not put back: they were drawn on (20, 30) pixels"
    assert json.loads((tmp_path / "out" / "a.json").read_text())["shapes"] == []


def test_flags_that_were_set_on_our_files_survive(tmp_path: Path):
    pairs = [(rectangle(0, 0, 9, 9), Segment(label=0)), (rectangle(2, 2, 5, 5), Segment(label=0))]
    doc = written(sample_of(*pairs), tmp_path / "in")
    doc["shapes"][1]["flags"] = {"checked": True}
    (tmp_path / "in" / "a.json").write_text(json.dumps(doc))
    save_dataset(open_dataset(tmp_path / "in"), tmp_path / "out", "labelme")
    assert json.loads((tmp_path / "out" / "a.json").read_text()) == doc


def test_flags_never_move_to_another_segment(tmp_path: Path):
    doc = written(sample_of((rectangle(0, 0, 9, 9), Segment(label=0))), tmp_path / "in")
    doc["shapes"][0]["flags"] = {"checked": True}
    (tmp_path / "in" / "a.json").write_text(json.dumps(doc))
    sample = open_dataset(tmp_path / "in")[0]  # its segment has no id to tell it by
    other = Instances(SIZE, (rectangle(1, 1, 3, 3),), (Segment(label=0),), PETS)
    notes = save_dataset([replace(sample, truth=other, notes=())], tmp_path / "out", "labelme")
    assert json.loads((tmp_path / "out" / "a.json").read_text())["shapes"][0]["flags"] == {}
    assert [note.kind for note in notes] == ["cannot-hold"]


@pytest.mark.parametrize("text", ["{", "[]", '{"shapes": 3}', '{"shapes": [{"label": 1}]}'])
def test_an_extra_that_cannot_be_read_is_one_line(tmp_path: Path, text: str):
    with pytest.raises(FormatError, match=r"a\.json: image 1"):
        save_dataset([sample_of(extra=Extra("labelme", text))], tmp_path, "labelme")


def test_the_extra_of_another_format_is_let_be(tmp_path: Path):
    assert written(sample_of(extra=Extra("cvat", "{")), tmp_path)["shapes"] == []
