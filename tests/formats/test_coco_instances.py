"""COCO instances: masks of every kind as pycocotools sees them, and what does not fit."""

import copy
import json
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from PIL import Image
from pycocotools import mask as coco_mask

from scenes import SOME_LABELS
from segmentation_strategies import instances
from segweave.errors import FormatError
from segweave.formats import Sample, detect, open_dataset, save_dataset
from segweave.formats.coco_masks import read_mask
from segweave.labels import Label, LabelSet, LabelTable
from segweave.segmentation import Instances, Rle, Segment

quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
pycoco = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools

SQUARE = [1, 0, 3, 0, 3, 2, 1, 2]  # x, y: columns 1 and 2 of rows 0 and 1
GOOD = {
    "images": [{"id": 9, "file_name": "a.jpg", "height": 3, "width": 4}],
    "annotations": [
        {"id": 0, "image_id": 9, "category_id": 17, "segmentation": [SQUARE], "area": 4, "bbox": [1, 0, 2, 2]},
        {
            "id": 7,
            "image_id": 9,
            "category_id": 90,
            "iscrowd": 1,
            "segmentation": {"size": [3, 4], "counts": [1, 2, 9]},  # down the first column: rows 1 and 2
            "score": 0.5,
        },
        {"id": 8, "image_id": 9, "category_id": 17, "segmentation": {"size": [3, 4], "counts": "93"}},
    ],
    "categories": [{"id": 17, "name": "cat", "isthing": 1}, {"id": 90, "name": "dog", "isthing": 1}],
}


def written(folder, change=lambda data: None, name="p.json"):
    data = copy.deepcopy(GOOD)
    change(data)
    (folder / name).write_text(json.dumps(data))
    Image.new("RGB", (4, 3)).save(folder / "a.jpg")
    return folder / name


def put(*keys, value):
    """A change that sets one value of the JSON."""

    def change(data):
        for key in keys[:-1]:
            data = data[key]
        data[keys[-1]] = value

    return change


FIRST = ("annotations", 0)


def test_polygons_and_both_kinds_of_run_lengths_are_read(tmp_path):
    data = open_dataset(written(tmp_path))
    (sample,) = data
    truth = sample.truth
    assert data.labels.names == ("cat", "dog") and data.labels.name == "p" and data.notes == sample.notes == ()
    assert truth.mask(0).astype(int).tolist() == [[0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    assert truth.mask(1).astype(int).tolist() == [[0, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]]
    assert truth.mask(2).astype(int).tolist() == [[0, 0, 0, 1]] * 3  # "93": 9 zeros, 3 ones
    assert [s.source_id for s in truth.segments] == [0, 7, 8] and truth.label_names() == ("cat", "dog", "cat")
    assert [s.crowd for s in truth.segments] == [False, True, False]
    assert [s.score for s in truth.segments] == [None, 0.5, None]
    assert sample.image_id == 9 and sample.image_path == tmp_path / "a.jpg" and sample.image_name == "a.jpg"


coordinates = st.floats(-9, 30, width=32) | st.integers(-3, 40).map(lambda n: n / 2) | st.integers(0, 20).map(float)
polygons = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=9).map(
    lambda p: [c for xy in p for c in xy]
)


@pycoco
@settings(max_examples=400)
@given(st.lists(polygons, min_size=1, max_size=3), st.integers(1, 24), st.integers(1, 24))
def test_polygons_are_filled_to_the_bit_as_pycocotools_fills_them(parts, height, width):
    merged = coco_mask.merge([coco_mask.frPyObjects([part], height, width)[0] for part in parts])
    mask, _ = read_mask(parts, (height, width), "x")
    assert (mask is None and coco_mask.area(merged) == 0) or mask.counts == merged["counts"]


@pycoco
@quiet
@given(instances())
def test_pycocotools_reads_what_is_written(tmp_path, truth):
    sample = Sample(image_path=None, size=truth.size, truth=truth, image_id=3, image_name="a.jpg")
    with TemporaryDirectory(dir=tmp_path) as folder:
        save_dataset([sample], f"{folder}/x.json", "coco-instances")
        with open(f"{folder}/x.json") as file:
            rows = json.load(file)["annotations"]
    assert [row["id"] for row in rows] == list(range(1, len(truth) + 1))
    for k, row in enumerate(rows):
        assert (coco_mask.decode(row["segmentation"]) == truth.mask(k)).all()
        assert row["bbox"] == coco_mask.toBbox(row["segmentation"]).tolist()
        assert row["area"] == coco_mask.area(row["segmentation"]) and row["image_id"] == 3


def test_annotation_ids_run_through_the_file_and_all_of_a_segment_comes_back(tmp_path):
    mask = Rle.from_mask(np.array([[0, 1, 1]]))
    parts = (Segment(label=3, score=0.5, track=4, source_id="x"), Segment(label=4, crowd=True, source_id=0))
    samples = [
        Sample(image_path=None, size=(1, 3), truth=Instances((1, 3), (mask, mask), parts, SOME_LABELS), image_id=name)
        for name in ("a", "b")
    ]
    assert save_dataset(samples, tmp_path, "coco-instances") == ()
    rows = json.loads((tmp_path / "instances.json").read_text())["annotations"]
    assert [row["id"] for row in rows] == [1, 2, 3, 4] and [row["image_id"] for row in rows] == ["a", "a", "b", "b"]
    back = open_dataset(tmp_path)
    assert [s.truth.segments for s in back] == [parts, parts] and [s.image_id for s in back] == ["a", "b"]


def notes_of(folder, change):
    (sample,) = open_dataset(written(folder, change), "coco-instances")
    return len(sample.truth), [(note.kind, note.place) for note in sample.notes]


PLACE = "image 9, annotation 0"
NOTED = {
    "box only": (lambda d: d["annotations"][0].pop("segmentation"), "not-a-region"),
    "no polygon": (put(*FIRST, "segmentation", value=[]), "not-a-region"),
    "outside": (put(*FIRST, "segmentation", value=[[9, 9, 12, 9, 12, 12]]), "shape-clipped"),
    "another size": (put(*FIRST, "segmentation", value={"size": [4, 3], "counts": [0, 12]}), "wrong-size"),
    "empty run lengths": (put(*FIRST, "segmentation", value={"size": [3, 4], "counts": [12]}), "empty-segment"),
}


@pytest.mark.parametrize("case", NOTED)
def test_an_annotation_without_a_mask_is_dropped_with_a_note(tmp_path, case):
    change, kind = NOTED[case]
    number, notes = notes_of(tmp_path, change)
    assert number == 2 and {found for found, _ in notes} == {kind} and notes[0][1] == PLACE


def test_a_part_of_two_corners_is_dropped_and_the_others_stay(tmp_path):
    number, notes = notes_of(tmp_path, put(*FIRST, "segmentation", value=[[1, 1, 2, 2], SQUARE, []]))
    assert number == 3 and notes == [("shape-clipped", PLACE)]
    # four numbers first: a box for pycocotools, a line for us
    number, notes = notes_of(tmp_path, put(*FIRST, "segmentation", value=[[0, 0, 2, 2]]))
    assert number == 2 and notes[0] == ("shape-clipped", PLACE)


def test_a_polygon_that_is_not_in_a_list_of_polygons_is_read(tmp_path):
    assert notes_of(tmp_path, put(*FIRST, "segmentation", value=SQUARE)) == (3, [])


def test_an_unknown_category_is_dropped_with_a_note(tmp_path):
    expected = (2, [("unknown-label", f"{PLACE}, category 5")])
    assert notes_of(tmp_path, put(*FIRST, "category_id", value=5)) == expected


def test_a_crowd_of_stuff_loses_its_flag_with_a_note(tmp_path):
    def change(data):
        data["categories"][0]["isthing"] = 0
        data["annotations"][0]["iscrowd"] = 1

    (sample,) = open_dataset(written(tmp_path, change))
    assert [note.kind for note in sample.notes] == ["crowd-on-stuff"] and not sample.truth.segments[0].crowd


def test_a_void_label_of_a_given_table_is_void(tmp_path):
    table = LabelTable(LabelSet("t", (Label(name="cat", is_thing=True),)), (17,), ())
    (sample,) = open_dataset(written(tmp_path), labels=table)
    assert sample.truth.label_names() == ("cat", "cat")
    assert [(note.kind, note.place) for note in sample.notes] == [
        ("unknown-label", "image 9, annotation 7, category 90")
    ]


def test_an_image_without_size_has_that_of_its_photograph(tmp_path):
    def change(data):
        del data["images"][0]["height"], data["images"][0]["width"]

    path = written(tmp_path, change)
    assert open_dataset(path)[0].size == (3, 4)
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(FormatError, match="found no 'height'"):
        open_dataset(path)[0]


def test_a_truth_drawn_on_the_unturned_photograph_is_turned(tmp_path):
    path = written(tmp_path)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned right by a quarter: 3 x 4 stored, 4 x 3 seen
    Image.new("RGB", (4, 3)).save(tmp_path / "a.jpg", exif=exif)
    (sample,) = open_dataset(path)
    assert sample.size == (4, 3) and [note.kind for note in sample.notes] == ["image-turned"]
    assert sample.truth.mask(0).astype(int).tolist() == [[0, 0, 0], [0, 1, 1], [0, 1, 1], [0, 0, 0]]


BAD = {
    "nan": (put(*FIRST, "segmentation", value=[[float("nan"), 0, 1, 1, 2, 2]]), "coordinates within"),
    "far": (put(*FIRST, "segmentation", value=[[0, 0, 1e9, 0, 1e9, 1e9]]), r"coordinates within \+-1e\+07 px"),
    "huge number": (put(*FIRST, "segmentation", value=[[0, 0, 10**400, 0, 1, 1]]), "coordinates within"),
    "long": (put(*FIRST, "segmentation", value=[[0, 0, 9e6, 0, 9e6, 9e6]]), "polygons are 2.7e[+]07 px long"),
    "text": (put(*FIRST, "segmentation", value=[["1", "2", "3", "4", "5", "6"]]), "polygon x1, y1"),
    "odd": (put(*FIRST, "segmentation", value=[[1, 2, 3, 4, 5, 6, 7]]), "polygon x1, y1"),
    "neither": (put(*FIRST, "segmentation", value="abc"), "to be polygons or run lengths; found 'abc'"),
    "counts": (put(*FIRST, "segmentation", value={"size": [3, 4], "counts": "9"}), "sum to 3 x 4 = 12"),
    "counts of text": (put(*FIRST, "segmentation", value={"size": [3, 4], "counts": "車"}), "annotation 0: "),
    "no counts": (put(*FIRST, "segmentation", value={"size": [3, 4]}), "'counts' to be a text or a list"),
    "negative run": (put(*FIRST, "segmentation", value={"size": [3, 4], "counts": [-1, 13]}), "whole numbers >= 0"),
    "no size": (put(*FIRST, "segmentation", value={"counts": [12]}), r"'size' to be \[height, width\]"),
    "huge size": (put(*FIRST, "segmentation", value={"size": [2**31, 2**31], "counts": [1]}), "states 2147483648 x"),
    "huge image": (put("images", 0, "height", value=2**31 - 1), "states 2147483647 x 4 pixels"),
    "negative width": (put("images", 0, "width", value=-4), "'width' to be a whole number"),
    "crowd": (put(*FIRST, "iscrowd", value=2), "annotation 0: expected 'iscrowd' to be 0 or 1"),
    "negative category": (put(*FIRST, "category_id", value=-1), "annotation 0: expected 'category_id'"),
    "stranger": (put(*FIRST, "image_id", value=3), "is for image 3, which is not in 'images'"),
    "image twice": (lambda d: d["images"].append(d["images"][0]), "image id 9 is listed before"),
    "leaves": (put("images", 0, "file_name", value="../../a.jpg"), "leaves the folder"),
    "no name": (lambda d: d["images"][0].pop("file_name"), "expected a file name; found None"),
    "no images": (lambda d: d.pop("images"), "expected a list 'images'"),
    "photograph": (put("images", 0, "height", value=2), "the photograph has .* they must be equal"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_does_not_fit_is_an_error_that_says_where(tmp_path, case):
    change, said = BAD[case]

    def run_lengths_gone(data):
        change(data)
        del data["annotations"][1:]

    path = written(tmp_path, run_lengths_gone)
    with pytest.raises(FormatError, match=said) as caught:
        list(open_dataset(path, "coco-instances"))
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_several_files_in_a_folder_are_named(tmp_path):
    (tmp_path / "annotations").mkdir()
    for split in ("train", "val"):
        written(tmp_path / "annotations", name=f"instances_{split}.json")
    (tmp_path / "annotations" / "image_info.json").write_text('{"images": [], "categories": []}')
    assert detect(tmp_path) == ("coco-instances",)
    with pytest.raises(FormatError, match=r"annotations/instances_train\.json, annotations/instances_val\.json; name"):
        open_dataset(tmp_path)


def test_a_file_whose_lists_begin_and_end_far_inside_is_recognised(tmp_path):
    def change(data):
        data["images"] += [{"id": n + 10, "file_name": f"{n}.jpg", "height": 1, "width": 1} for n in range(4000)]
        data["annotations"] += [{**data["annotations"][0], "id": n} for n in range(10, 2000)]

    path = written(tmp_path, change)
    assert path.stat().st_size > 400_000 and detect(path) == ("coco-instances",)


@pytest.mark.parametrize(
    ("file_name", "place"),
    [
        ("a.jpg", "images"),
        ("a.jpg", "val2017"),
        ("a.jpg", "annotations"),
        ("JPEGImages/a.jpg", "JPEGImages"),
        ("a.jpg", "JPEGImages"),
        ("/x/data/a.jpg", "images/val2017"),
        ("D:\\data\\a.jpg", "images"),
        ("a.jpg", "annotations/data"),
    ],
)
def test_photographs_are_found_in_the_usual_places(tmp_path, file_name, place):
    (tmp_path / "annotations").mkdir()
    written(tmp_path / "annotations", put("images", 0, "file_name", value=file_name), name="instances_val2017.json")
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    (tmp_path / "annotations" / "a.jpg").rename(tmp_path / place / "a.jpg")
    data = open_dataset(tmp_path)
    assert data[0].image_path == tmp_path / place / "a.jpg" and data[0].notes == ()
    assert [note.kind for note in data.notes] == ["assumed"] * (":" in file_name or file_name[0] == "/")
