"""Bad COCO panoptic files: an error that says where, or a note; and files of other tools."""

import copy
import json
import pickle

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from PIL import Image

from segweave.errors import FormatError
from segweave.formats import open_coco_panoptic, write_id_png
from segweave.labels import label_set

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
    return folder / "p.json"


def read(path):
    return list(open_coco_panoptic(path))


def segments_of(data):
    return data["annotations"][0]["segments_info"]


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


def test_images_without_annotation_are_left_out_with_one_note(tmp_path):
    rest = [{"id": n, "file_name": f"{n}.jpg", "height": 2, "width": 3} for n in range(3)]
    data = open_coco_panoptic(written(tmp_path, lambda d: d["images"].extend(rest)))
    assert len(data) == 1
    (note,) = data.notes
    assert "3 images have no annotation" in str(note)


def put(*keys, value):
    """A change that sets one value of the JSON."""

    def change(data):
        for key in keys[:-1]:
            data = data[key]
        data[keys[-1]] = value

    return change


SEGMENT = ("annotations", 0, "segments_info", 0)
BAD = {
    "pixels without listing": (lambda d: segments_of(d).pop(), r"a\.png: image 40: id 9 has 1 pixels but is not in"),
    "unknown category": (put(*SEGMENT, "category_id", value=3), "image 40, segment 5: category id 3 is not in"),
    "segment twice": (lambda d: segments_of(d).append(segments_of(d)[0]), "segment 5: is listed twice"),
    "segment id 0": (put(*SEGMENT, "id", value=0), r"expected 'id' to be a whole number 1\.\.16777215; found 0"),
    "negative id": (put(*SEGMENT, "id", value=-5), "found -5"),
    "crowd": (put(*SEGMENT, "iscrowd", value=2), "segment 5: expected 'iscrowd' to be 0 or 1; found 2"),
    "nan score": (put(*SEGMENT, "score", value=float("nan")), "'score' to be a finite number; found nan"),
    "text score": (put(*SEGMENT, "score", value="high"), "found 'high'"),
    "size": (put("images", 0, "width", value=4), r"a\.png: image 40: has \(2, 3\) pixels .* says \(2, 4\)"),
    "no width": (lambda d: d["images"][0].pop("width"), "expected 'width' .* found no 'width'"),
    "no images": (lambda d: d.pop("images"), "expected a list 'images'; found no 'images'"),
    "no categories": (lambda d: d.pop("categories"), "expected a list 'categories'; found no"),
    "image twice": (lambda d: d["images"].append(d["images"][0]), "image id 40 is listed before"),
    "stranger": (put("annotations", 0, "image_id", value="40"), "is for image '40', which is not in 'images'"),
    "annotation twice": (lambda d: d["annotations"].append(d["annotations"][0]), "has an annotation before"),
    "leaves": (put("annotations", 0, "file_name", value="../../x.png"), "'../../x.png' leaves the folder"),
    "absolute": (put("annotations", 0, "file_name", value="/etc/passwd"), "leaves the folder"),
    "image leaves": (put("images", 0, "file_name", value="..\\x.jpg"), "leaves the folder"),
    "no png": (put("annotations", 0, "file_name", value="b.png"), r"p/b\.png: there is no such file"),
    "category twice": (lambda d: d["categories"].append(d["categories"][0]), "category id 17 is listed more than once"),
    "name twice": (put("categories", 1, "name", value="cat"), "lists 'cat' more than once"),
    "no thing flag": (lambda d: d["categories"][0].pop("isthing"), r"categories\[0\]: expected 'isthing' to be 0 or 1"),
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
    "content", [b"", b"{", b"[]", b"3", b"\xff\xfe{", b'{"images": 1' + b"0" * 5000 + b"}", b"[" * 100_000, b"{}"]
)
def test_a_file_that_is_no_such_json_is_refused(tmp_path, content):
    (tmp_path / "p.json").write_bytes(content)
    with pytest.raises(FormatError, match=r"p\.json: "):
        open_coco_panoptic(tmp_path / "p.json")


def test_a_missing_json_and_a_broken_png_are_refused(tmp_path):
    with pytest.raises(FormatError, match="there is no such file"):
        open_coco_panoptic(tmp_path / "none.json")
    with pytest.raises(FormatError, match="cannot be read as JSON"):
        open_coco_panoptic(tmp_path)
    path = written(tmp_path)
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:-20])
    with pytest.raises(FormatError, match=r"a\.png: is cut off or broken"):
        read(path)
    Image.new("L", (3, 2)).save(tmp_path / "a.png")
    with pytest.raises(FormatError, match=r"a\.png: is a 8-bit grey PNG; expected 8-bit RGB"):
        read(path)


def places(value, path=()):
    """Every place in a JSON value, as a path of keys."""
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.sampled_from([5, 17, 10**400]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
mutations = st.tuples(st.sampled_from([p for p in places(GOOD) if p]), odd, st.booleans())


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(mutations, min_size=1, max_size=3))
def test_no_change_of_the_json_gives_anything_but_a_format_error(tmp_path, changes):
    def change(data):
        for keys, value, remove in changes:
            inner = data
            try:
                for key in keys[:-1]:
                    inner = inner[key]
                if remove:
                    del inner[keys[-1]]
                else:
                    inner[keys[-1]] = value
            except (KeyError, IndexError, TypeError):
                continue  # the place went with an earlier change

    try:
        samples = read(written(tmp_path, change))
    except FormatError as error:
        assert "\n" not in str(error) and len(str(error)) < 600
    else:
        assert all(sample.size == sample.truth.size for sample in samples)


def test_the_coco_sample_is_read_as_its_facts_say(shared):
    folder = shared / "data" / "format_samples" / "coco_panoptic"
    data = open_coco_panoptic(folder / "panoptic.json")
    assert data.labels == label_set("coco_panoptic") and data.notes == ()
    (sample,) = data
    listed = json.loads((folder / "panoptic.json").read_text())["annotations"][0]["segments_info"]
    assert sample.notes == () and sample.image_id == 142238 and sample.image_path.name == "000000142238.jpg"
    assert sample.truth.areas().tolist() == [row["area"] for row in listed] and len(listed) == 18
    assert [s.source_id for s in sample.truth.segments] == [row["id"] for row in listed]
    assert sample.truth.void_area() == 2712 and sum(s.crowd for s in sample.truth.segments) == 1
    boxes = [[left, top, right - left, bottom - top] for top, left, bottom, right in sample.truth.boxes().tolist()]
    assert boxes == [row["bbox"] for row in listed]


def test_the_datumaro_sample_is_read_with_a_note_of_its_crowd_of_stuff(shared):
    path = shared / "data" / "format_samples" / "coco_datumaro_tiny" / "annotations" / "panoptic_val.json"
    (sample,) = open_coco_panoptic(path)
    assert sample.size == (10, 5) and sample.truth.areas().tolist() == [20, 20]
    assert sample.image_path.name == "b.jpg" and ["crowd" in str(note) for note in sample.notes] == [True]
