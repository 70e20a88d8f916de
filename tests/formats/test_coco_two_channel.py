"""2-channel PNGs: red is the category, green the instance."""

import numpy as np
import pytest
from PIL import Image

from segweave.errors import FormatError
from segweave.formats import detect, open_dataset, write_id_png
from segweave.labels import LabelTable, VoidRow, label_set


def save(path, pixels):
    Image.fromarray(np.array([pixels], np.uint8)).save(path)


PERSONS = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 255, 0), (184, 0, 0), (184, 0, 0)]


def test_category_and_instance_make_a_segment_and_255_a_crowd(tmp_path):
    save(tmp_path / "a10.png", PERSONS)
    save(tmp_path / "a9.png", PERSONS)
    assert detect(tmp_path) == ("coco-panoptic",)
    data = open_dataset(tmp_path)
    assert [s.image_id for s in data] == ["a9", "a10"] and data.labels == label_set("coco_panoptic")
    truth = data[0].truth
    assert truth.label_names() == ("person", "tree-merged", "person", "person")  # in the order of R + 256 G
    assert truth.ids.tolist() == [[0, 1, 3, 4, 2, 2]]
    assert [s.crowd for s in truth.segments] == [False, False, False, True]
    assert [s.source_id for s in truth.segments] == [1, 184, 257, 65281]
    assert [note.kind for note in data.notes] == ["assumed"]


@pytest.mark.parametrize(
    "pixels",
    [
        [(1, 1, 0), (1, 1, 9)],  # blue
        [(12, 1, 0)],  # no category of COCO
        [(184, 1, 0)],  # a tree with an instance id
        [(1, 0, 0), (2, 0, 0)],  # may be ids as well
        [(0, 0, 0)],
    ],
)
def test_other_colours_are_not_taken_for_two_channels(tmp_path, pixels):
    save(tmp_path / "a.png", pixels)
    assert "coco-panoptic" not in detect(tmp_path) and "coco-panoptic" not in detect(tmp_path / "a.png")


def test_our_own_id_pngs_are_not_taken_for_two_channels(tmp_path):
    write_id_png(tmp_path / "a.png", np.array([[1, 1 + 256]]))
    assert "coco-panoptic" not in detect(tmp_path)


def test_a_table_says_what_the_reds_mean_and_what_it_does_not_know_is_void(tmp_path):
    labels = label_set("camvid11")
    table = LabelTable(labels, tuple(range(10, 21)), (VoidRow("nothing", 9, (0, 0, 0)),))
    car = 10 + labels.index("Car")
    save(tmp_path / "a.png", [(10, 0, 0), (9, 0, 0), (car, 1, 0)])
    save(tmp_path / "b.png", [(10, 0, 0), (9, 0, 0), (3, 7, 0), (3, 7, 0)])
    first, sample = open_dataset(tmp_path, "coco-panoptic", labels=table)
    assert first.truth.label_names() == (labels[0].name, "Car") and first.truth.void_area() == 1
    assert sample.truth.label_names() == (labels[0].name,) and sample.truth.void_area() == 3
    note = next(note for note in sample.notes if note.kind == "unknown-label")
    assert note.place == "category 3, 2 pixels"


def test_a_png_with_blue_among_the_others_is_a_format_error(tmp_path):
    save(tmp_path / "a.png", PERSONS)
    save(tmp_path / "b.png", [(1, 0, 1)])
    with pytest.raises(FormatError, match=r"b\.png: has blue in it"):
        list(open_dataset(tmp_path))


def test_a_broken_png_is_a_format_error(tmp_path):
    save(tmp_path / "a.png", PERSONS)
    save(tmp_path / "b.png", PERSONS)
    (tmp_path / "b.png").write_bytes((tmp_path / "b.png").read_bytes()[:-20])
    data = open_dataset(tmp_path)
    assert len(data[0].truth) == 4
    with pytest.raises(FormatError, match=r"b\.png: is cut off or broken"):
        data[1]
