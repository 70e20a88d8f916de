"""Bad COCO panoptic files: an error that says where, or a note; and files of other tools."""

import copy
import json
import pickle

import numpy as np
import pytest
from PIL import Image

from segweave.errors import FormatError
from segweave.formats import detect, open_coco_panoptic, open_dataset, write_id_png

IDS = np.array([[0, 5, 5], [70000, 70000, 9]])
GOOD = {
    "images": [{"id": 40, "file_name": "a.jpg", "height": 2, "width": 3}],
    "annotations": [
        {
            "image_id": 40,
            "file_name": "a.png",
            "segments_info": [
                {"id": 5, "category_id": 17, "area": 2, "bbox": [1, 0, 2, 1], "iscrowd": 0},
                {"id": 70000, "category_id": 90, "area": 2, "iscrowd": 0},
                {"id": 9, "category_id": 17, "area": 1.0, "iscrowd": 1},
            ],
        }
    ],
    "categories": [{"id": 17, "name": "cat", "isthing": 1}, {"id": 90, "name": "sky", "isthing": 0}],
}


def written(folder, change=lambda data: None, ids=IDS):
    data = copy.deepcopy(GOOD)
    change(data)
    (folder / "p.json").write_text(json.dumps(data))
    write_id_png(folder / "a.png", ids)
    Image.new("RGB", (3, 2)).save(folder / "a.jpg")
    return folder / "p.json"


def read(path):
    return list(open_coco_panoptic(path))


def segments_of(data):
    return data["annotations"][0]["segments_info"]


def put(*keys, value):
    """A change that sets one value of the JSON."""

    def change(data):
        for key in keys[:-1]:
            data = data[key]
        data[keys[-1]] = value

    return change


SEGMENT = ("annotations", 0, "segments_info", 0)


def test_sparse_ids_are_read_by_what_the_file_says(tmp_path):
    data = open_coco_panoptic(written(tmp_path))
    sample = data[0]
    assert data.labels.names == ("cat", "sky") and data.labels.name == "p" and data.labels.things == (0,)
    assert sample.truth.ids.tolist() == [[0, 1, 1], [2, 2, 3]]
    assert [s.source_id for s in sample.truth.segments] == [5, 70000, 9]
    assert [s.crowd for s in sample.truth.segments] == [False, False, True]
    assert sample.truth.label_names() == ("cat", "sky", "cat")
    assert sample.notes == data.notes == () and sample.image_id == 40


def test_a_data_set_of_files_can_be_sent_to_another_process(tmp_path):
    data = open_coco_panoptic(written(tmp_path))
    assert pickle.loads(pickle.dumps(data))[0] == data[0]


def test_windows_separators_and_text_ids_are_read(tmp_path):
    def change(data):
        data["images"][0] |= {"id": "x7", "file_name": "s\\a.jpg"}
        data["annotations"][0] |= {"image_id": "x7", "file_name": "s\\a.png"}

    path = written(tmp_path, change)
    (tmp_path / "p" / "s").mkdir(parents=True)
    (tmp_path / "a.png").rename(tmp_path / "p" / "s" / "a.png")
    (sample,) = read(path)
    assert [note.kind for note in sample.notes] == ["image-missing"]
    assert sample.image_id == "x7" and sample.image_name == "s/a.jpg" and len(sample.truth) == 3


def test_a_segment_without_pixels_is_dropped_with_a_note(tmp_path):
    (sample,) = read(written(tmp_path, lambda d: segments_of(d).append({"id": 8, "category_id": 17, "area": 4})))
    assert len(sample.truth) == 3
    (note,) = sample.notes
    assert note.file == tmp_path / "p.json" and note.place == "image 40, segment 8" and "no pixels" in note.reason


def test_stuff_in_two_segments_is_fused_with_a_note(tmp_path):
    (sample,) = read(written(tmp_path, lambda d: segments_of(d)[0].update(category_id=90)))
    assert sample.truth.ids.tolist() == [[0, 1, 1], [1, 1, 2]]
    (note,) = sample.notes
    assert note.place == "image 40, segment 70000" and "fused" in note.reason and "'sky'" in note.reason


def test_a_crowd_of_stuff_loses_its_flag_with_a_note(tmp_path):
    (sample,) = read(written(tmp_path, lambda d: segments_of(d)[1].update(iscrowd=1)))
    assert not sample.truth.segments[1].crowd
    (note,) = sample.notes
    assert note.place == "image 40, segment 70000" and "crowd" in note.reason


def test_a_stale_area_is_a_note_in_others_files_and_an_error_in_ours(tmp_path):
    def stale(data):
        segments_of(data)[0]["area"] = 3

    def ours(data):
        stale(data)
        data["info"] = {"description": "written by segweave", "label_set": "mine"}

    (sample,) = read(written(tmp_path, stale))
    (note,) = sample.notes
    assert note.place == "image 40, segment 5" and note.reason == "'area' is 3; the PNG's 2 pixels are used"
    assert sample.truth.areas().tolist()[0] == 2
    with pytest.raises(FormatError, match="image 40, segment 5: 'area' is 3; the PNG has 2 pixels"):
        read(written(tmp_path, ours))


def test_pixels_of_an_id_that_nothing_lists_are_void_with_a_note(tmp_path):
    (sample,) = read(written(tmp_path, lambda d: segments_of(d).pop()))  # id 9, one pixel
    assert sample.truth.ids.tolist() == [[0, 1, 1], [2, 2, 0]]
    (note,) = sample.notes
    assert (note.kind, note.place) == ("unlisted-pixels", "image 40, id 9") and "1 pixels" in note.reason


def test_a_segment_of_an_unknown_category_is_void_with_a_note(tmp_path):
    (sample,) = read(written(tmp_path, put(*SEGMENT, "category_id", value=3)))
    assert sample.truth.ids.tolist() == [[0, 0, 0], [1, 1, 2]]
    (note,) = sample.notes
    assert (note.kind, note.place) == ("unknown-label", "image 40, segment 5, category 3, 2 pixels")


def test_a_segment_listed_twice_is_taken_once_with_a_note(tmp_path):
    (sample,) = read(written(tmp_path, lambda d: segments_of(d).append(segments_of(d)[0])))
    assert len(sample.truth) == 3 and [note.kind for note in sample.notes] == ["duplicate"]


def test_labels_that_are_not_said_to_be_things_are_things_with_a_note(tmp_path):
    data = open_coco_panoptic(written(tmp_path, lambda d: d["categories"][0].pop("isthing")))
    assert data.labels.things == (0,) and [note.kind for note in data.notes] == ["assumed"]


def test_without_a_list_of_images_the_png_says_size_and_name(tmp_path):
    (sample,) = read(written(tmp_path, lambda d: d.pop("images")))
    assert sample.size == (2, 3) and sample.image_name == "a.jpg" and sample.image_path == tmp_path / "a.jpg"


def test_a_photograph_of_another_size_is_an_error(tmp_path):
    path = written(tmp_path)
    Image.new("RGB", (4, 2)).save(tmp_path / "a.jpg")
    with pytest.raises(FormatError, match=r"the photograph has \(2, 4\) pixels"):
        read(path)


def test_a_name_that_no_disk_can_have_is_no_photograph(tmp_path):
    (sample,) = read(written(tmp_path, put("images", 0, "file_name", value="a" * 5000 + ".jpg")))
    assert sample.image_path is None and [note.kind for note in sample.notes] == ["image-missing"]


def test_an_id_png_is_not_taken_for_the_photograph_it_is_called_like(tmp_path):
    path = written(tmp_path, put("images", 0, "file_name", value="a.png"))
    (tmp_path / "a.jpg").unlink()
    (sample,) = read(path)
    assert sample.image_path is None
    (tmp_path / "images").mkdir()
    Image.new("RGB", (3, 2)).save(tmp_path / "images" / "a.png")
    (sample,) = read(path)
    assert sample.image_path == tmp_path / "images" / "a.png"


def test_of_an_absolute_file_name_the_last_part_is_taken_with_a_note(tmp_path):
    data = open_coco_panoptic(written(tmp_path, put("images", 0, "file_name", value="C:\\data\\a.jpg")))
    assert data[0].image_name == "a.jpg" and data[0].image_path == tmp_path / "a.jpg"
    assert [(note.kind, note.place) for note in data.notes] == [("assumed", "1 images")]


def test_one_png_is_a_data_set_of_one_image(tmp_path):
    def two(data):
        data["images"].append({"id": 41, "file_name": "b.jpg", "height": 1, "width": 2})
        segments = [{"id": 3, "category_id": 90}]
        data["annotations"].append({"image_id": 41, "file_name": "b.png", "segments_info": segments})

    written(tmp_path, two)
    write_id_png(tmp_path / "b.png", np.array([[3, 3]]))
    write_id_png(tmp_path / "c.png", np.array([[3, 3]]))
    assert detect(tmp_path / "b.png") == ("coco-panoptic",)
    (sample,) = open_dataset(tmp_path / "b.png")
    assert sample.image_id == 41 and sample.truth.label_names() == ("sky",)
    with pytest.raises(FormatError, match=r"c\.png: is not listed in .*p\.json"):
        open_dataset(tmp_path / "c.png")


def test_images_without_annotation_are_left_out_with_one_note(tmp_path):
    rest = [{"id": n, "file_name": f"{n}.jpg", "height": 2, "width": 3} for n in range(3)]
    data = open_coco_panoptic(written(tmp_path, lambda d: d["images"].extend(rest)))
    assert len(data) == 1
    (note,) = data.notes
    assert "3 images have no annotation" in str(note)


BAD = {
    "segment twice": (
        lambda d: segments_of(d).append({"id": 5, "category_id": 90}),
        "segment 5: is listed twice, first as category 17, then as 90",
    ),
    "segment id 0": (put(*SEGMENT, "id", value=0), r"expected 'id' to be a whole number 1\.\.16777215; found 0"),
    "negative id": (put(*SEGMENT, "id", value=-5), "found -5"),
    "crowd": (put(*SEGMENT, "iscrowd", value=2), "segment 5: expected 'iscrowd' to be 0 or 1; found 2"),
    "nan score": (put(*SEGMENT, "score", value=float("nan")), "'score' to be a finite number; found nan"),
    "text score": (put(*SEGMENT, "score", value="high"), "found 'high'"),
    "size": (put("images", 0, "width", value=4), r"a\.png: image 40: has \(2, 3\) pixels .* says \(2, 4\)"),
    "no width": (lambda d: d["images"][0].pop("width"), "expected 'width' .* found no 'width'"),
    "images": (put("images", value={}), "expected a list 'images'; found {}"),
    "categories": (put("categories", value=None), "expected a list 'categories'; found None"),
    "annotations": (lambda d: d.pop("annotations"), "expected a list 'annotations'; found no 'annotations'"),
    "long png": (put("annotations", 0, "file_name", value="a" * 5000 + ".png"), "File name too long"),
    "huge": (put("images", 0, "width", value=2**31 - 1), "states 2 x 2147483647 pixels"),
    "thing flag": (put("categories", 0, "isthing", value=2), "'isthing' to be 0 or 1; found 2"),
    "image twice": (lambda d: d["images"].append(d["images"][0]), "image id 40 is listed before"),
    "stranger": (put("annotations", 0, "image_id", value="40"), "is for image '40', which is not in 'images'"),
    "annotation twice": (lambda d: d["annotations"].append(d["annotations"][0]), "has an annotation before"),
    "leaves": (put("annotations", 0, "file_name", value="../../x.png"), "'../../x.png' leaves the folder"),
    "absolute": (put("annotations", 0, "file_name", value="/etc/passwd"), "leaves the folder"),
    "image leaves": (put("images", 0, "file_name", value="..\\x.jpg"), "leaves the folder"),
    "no png": (put("annotations", 0, "file_name", value="b.png"), r"p/b\.png: there is no such file"),
    "category twice": (lambda d: d["categories"].append(d["categories"][0]), "category id 17 is listed more than once"),
    "name twice": (put("categories", 1, "name", value="cat"), "lists 'cat' more than once"),
    "color": (put("categories", 0, "color", value=[1, 2, 300]), "'color' to be three numbers"),
    "blank name": (put("categories", 0, "name", value=" cat"), r"categories\[0\]: a label needs a name"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_does_not_fit_is_an_error_that_says_where(tmp_path, case):
    change, said = BAD[case]
    path = written(tmp_path, change)
    with pytest.raises(FormatError, match=said) as caught:
        read(path)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"[1]", b"3", b"\xff\xfe{", b'{"images": 1' + b"0" * 5000 + b"}", b"[" * 100_000, b"{}"],
)
def test_a_file_that_is_no_such_json_is_refused(tmp_path, content):
    (tmp_path / "p.json").write_bytes(content)
    with pytest.raises(FormatError, match=r"p\.json: "):
        open_coco_panoptic(tmp_path / "p.json")


def test_a_missing_json_and_a_broken_png_are_refused(tmp_path):
    with pytest.raises(FormatError, match="there is no such file"):
        open_coco_panoptic(tmp_path / "none.json")
    with pytest.raises(FormatError, match=r"has no COCO panoptic file; expected a \*\.json with 'segments_info'"):
        open_coco_panoptic(tmp_path)
    path = written(tmp_path)
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:-20])
    with pytest.raises(FormatError, match=r"a\.png: is cut off or broken"):
        read(path)
    Image.new("L", (3, 2)).save(tmp_path / "a.png")
    with pytest.raises(FormatError, match=r"a\.png: is a 8-bit grey PNG; expected 8-bit RGB"):
        read(path)
