import base64
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segweave.errors import FormatError
from segweave.formats import Dataset, Sample, detect, open_dataset
from segweave.labels import Label, LabelSet, LabelTable, VoidRow
from segweave.segmentation import Instances

SIZE = (20, 30)
SQUARE = [[2, 3], [8, 3], [8, 9], [2, 9]]  # 7 x 7 pixels


def shape(label: object = "cat", points: object = SQUARE, **more: object) -> dict[str, object]:
    return {"label": label, "points": points, "group_id": None, "shape_type": "polygon", "flags": {}, **more}


def document(*shapes: object, **more: object) -> dict[str, object]:
    sizes = {"imageHeight": SIZE[0], "imageWidth": SIZE[1]}
    head = {"version": "5.4.1", "flags": {}, "shapes": list(shapes), "imagePath": "a.jpg", "imageData": None}
    return {**head, **sizes, **more}


def put(folder: Path, doc: object, name: str = "a.json", photograph: str | None = "a.jpg") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(doc), encoding="utf-8")
    if photograph:
        image = path.parent / photograph
        image.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", SIZE[::-1], (90, 120, 60)).save(image)
    return path


def only(data: Dataset) -> Sample:
    assert len(data) == 1
    return data[0]


def areas(sample: Sample) -> list[tuple[str, int]]:
    assert isinstance(sample.truth, Instances)
    return list(zip(sample.truth.label_names(), sample.truth.areas().tolist(), strict=True))


def said(sample: Sample) -> list[tuple[str, str]]:
    return [(note.kind, str(note).partition(": ")[2]) for note in sample.notes]


def test_samples_of_labelme_have_the_facts_of_an_independent_reader(shared: Path):
    samples = shared / "data" / "format_samples"
    expected = json.loads((samples / "expected.json").read_text())["files"]
    seen = 0
    for folder in ("labelme", "labelme_mask"):
        assert detect(samples / folder)[0] == "labelme"
        for sample in open_dataset(samples / folder):
            facts = expected[f"{folder}/{sample.image_id}.json"]
            assert sample.size == tuple(facts["image_size"][::-1]) and sample.image_path is not None
            names = sample.truth.label_names()
            void = {"__ignore__"}
            assert Counter(names) == {k: n for k, n in facts["instances_per_label"].items() if k not in void}
            for name, pixels in facts["union_pixels_per_label"].items():
                if name in void:
                    assert [n.kind for n in sample.notes if f"{pixels:,} px" in n.place] == ["void-label"]
                    continue
                masks = [sample.truth.mask(k) for k in range(len(sample.truth)) if names[k] == name]
                assert int(np.logical_or.reduce(masks).sum()) == pixels
            seen += 1
    assert seen == 4


def test_a_sample_is_named_by_its_file_and_photograph(tmp_path: Path):
    put(tmp_path, document(shape()), "train/a.json")
    sample = only(open_dataset(tmp_path))
    assert (sample.image_id, sample.image_name, sample.size) == ("train/a", "train/a.jpg", SIZE)
    assert areas(sample) == [("cat", 49)] and sample.notes == ()


def test_one_file_is_a_data_set_of_one_image(tmp_path: Path):
    put(tmp_path, document(shape("dog")), "b.json")
    path = put(tmp_path, document(shape()))
    assert detect(path)[0] == "labelme"
    data = open_dataset(path)
    assert data.labels.names == ("cat",) and areas(only(data)) == [("cat", 49)]


def test_images_come_in_natural_order(tmp_path: Path):
    for name in ("10", "9", "x/1"):
        put(tmp_path, document(imagePath=f"{name}.jpg"), f"{name}.json", None)
    assert [sample.image_id for sample in open_dataset(tmp_path)] == ["9", "10", "x/1"]


def test_labels_are_those_of_the_files_and_all_are_things(tmp_path: Path):
    put(tmp_path, document(shape("dog"), shape("cat"), shape("nose", [[1, 1]], shape_type="point")))
    data = open_dataset(tmp_path)
    assert data.labels.names == ("cat", "dog") and len(data.labels.things) == 2
    assert [note.kind for note in data.notes] == ["assumed"]


def test_a_list_of_labels_gives_their_order_and_what_it_lacks_is_added(tmp_path: Path):
    put(tmp_path, document(shape("dog"), shape("cat"), shape("ant")))
    (tmp_path / "labels.txt").write_text("__ignore__\n_background_\ndog\n\ncat\ndog\nowl\n")
    data = open_dataset(tmp_path)
    assert data.labels.names == ("dog", "cat", "owl", "ant")
    assert "does not list 'ant'; added" in [note.reason for note in data.notes]


def test_a_list_that_names_none_of_the_labels_is_of_something_else(tmp_path: Path):
    put(tmp_path, document(shape("cat")))
    (tmp_path / "labels.txt").write_text("photo 1\n")
    assert open_dataset(tmp_path).labels.names == ("cat",)


def test_given_labels_say_what_is_stuff_and_what_is_void(tmp_path: Path):
    labels = LabelSet("pets", (Label(name="grass", is_thing=False), Label(name="cat", is_thing=True)))
    put(tmp_path, document(shape("grass", crowd=True), shape("dirt"), shape("cat"), shape("owl")))
    sample = only(open_dataset(tmp_path, labels=LabelTable(labels, (0, 1), (VoidRow("dirt", 2, (0, 0, 0)),))))
    assert sample.truth.labels == labels and areas(sample) == [("cat", 49), ("grass", 49)]
    assert [kind for kind, _ in said(sample)] == ["crowd-on-stuff", "unknown-label"]
    assert "label 'owl', 49 px of shapes 3" in said(sample)[1][1]


@pytest.mark.parametrize("name", ["__ignore__", "_background_"])
def test_what_labelme_ignores_is_void_and_noted_with_its_pixels(tmp_path: Path, name: str):
    put(tmp_path, document(shape(), shape(name)))
    data = open_dataset(tmp_path)
    assert data.labels.names == ("cat",) and areas(data[0]) == [("cat", 49)]
    assert said(data[0]) == [("void-label", f"image 'a', label {name!r}, 49 px of shapes 1: stands for void")]


def test_shapes_of_one_group_and_label_are_one_instance(tmp_path: Path):
    right = [[12, 3], [13, 3], [13, 4], [12, 4]]  # 4 pixels
    shapes = [shape(group_id=1), shape("dog", group_id=1), shape(group_id=1, points=right), shape()]
    sample = only(open_dataset(put(tmp_path, document(*shapes))))
    assert sorted(areas(sample)) == [("cat", 49), ("cat", 53), ("dog", 49)]


def test_the_shape_painted_last_lies_on_top_and_comes_first(tmp_path: Path):
    sample = only(open_dataset(put(tmp_path, document(shape("cat"), shape("dog"), shape("ant")))))
    assert sample.truth.label_names() == ("ant", "dog", "cat")
    assert [segment.source_id for segment in sample.truth.segments] == [2, 1, 0]


def test_keys_of_ours_are_read_and_those_of_other_tools_let_be(tmp_path: Path):
    shapes = [shape(score=0.5, track=7, crowd=True, source_id="x"), shape(score="high", track=True, crowd=1)]
    second, first = only(open_dataset(put(tmp_path, document(*shapes)))).truth.segments
    assert (first.score, first.track, first.crowd, first.source_id) == (0.5, 7, True, "x")
    assert (second.score, second.track, second.crowd, second.source_id) == (None, None, False, 1)


def test_what_is_odd_about_shapes_is_said_with_their_places(tmp_path: Path):
    shapes = [
        shape("  cat "),
        shape(" "),
        shape(points=[[1, 1]], shape_type="point"),
        shape(points=[[-9, 3], [8, 3], [8, 9]]),
        shape(points=[[-9, -9], [-8, -9], [-8, -5]]),
        shape("\ud800"),
    ]
    sample = only(open_dataset(put(tmp_path, document(*shapes))))
    assert len(sample.truth) == 2
    assert said(sample) == [
        ("assumed", "image 'a', shape 0: has blanks around its label; read without them"),
        ("unknown-label", "image 'a', shape 1: has no label; its pixels are void"),
        ("not-a-region", "image 'a', shape 2: is a point, which is no region"),
        ("shape-clipped", "image 'a', shape 3: reaches out of the image; clipped"),
        ("shape-clipped", "image 'a', shape 4: has no pixel in the image"),
        ("unknown-label", "image 'a', shape 5: has no label; its pixels are void"),
    ]


@pytest.mark.parametrize("stated", ["..\\photos\\a.jpg", "../photos/a.jpg", "C:\\data\\a.jpg", "/data/a.jpg", "b.jpg"])
def test_a_photograph_is_found_where_labelme_says_else_by_name(tmp_path: Path, stated: str):
    path = put(tmp_path, document(shape(), imagePath=stated), "set/a.json", None)
    Image.new("RGB", SIZE[::-1]).save(tmp_path / "set" / "a.jpg")
    sample = only(open_dataset(path.parent))
    assert sample.image_path == tmp_path / "set" / "a.jpg" and sample.image_name == "a.jpg"
    (tmp_path / "photos").mkdir()
    (tmp_path / "set" / "a.jpg").rename(tmp_path / "photos" / "a.jpg")
    found = only(open_dataset(path.parent)).image_path
    assert (found is not None) == ("photos" in stated)
    elsewhere = only(open_dataset(path.parent, images=tmp_path / "photos"))
    assert elsewhere.image_path == tmp_path / "photos" / "a.jpg"


@pytest.mark.parametrize("stated", ["../../private/a.jpg", "..\\..\\private\\a.jpg", "x/../../../private/a.jpg"])
def test_a_photograph_beyond_the_folder_above_is_never_read(tmp_path: Path, stated: str):
    path = put(tmp_path, document(shape(), imagePath=stated), "inner/set/a.json", None)
    (tmp_path / "private").mkdir()
    Image.new("RGB", SIZE[::-1]).save(tmp_path / "private" / "a.jpg")
    sample = only(open_dataset(path.parent))
    assert sample.image_path is None and sample.image_name == "a.jpg"
    assert [kind for kind, _ in said(sample)] == ["image-missing"]


def test_a_photograph_only_inside_the_json_is_noted(tmp_path: Path):
    Image.new("RGB", SIZE[::-1]).save(tmp_path / "x.png")
    data = base64.b64encode((tmp_path / "x.png").read_bytes()).decode()
    path = put(tmp_path, document(shape(), imageData=data), photograph=None)
    sample = only(open_dataset(path))
    assert said(sample) == [
        ("image-missing", "image 'a': its photograph is only inside the JSON (imageData), not in a file; "
         "extract it to have it")
    ]  # fmt: skip
    assert sample.extra is not None and data not in sample.extra.text


@pytest.mark.parametrize("inside", [True, False])
def test_a_file_without_a_size_has_that_of_its_photograph(tmp_path: Path, inside: bool):
    doc = document(shape(), imageHeight=None)
    Image.new("RGB", SIZE[::-1]).save(tmp_path / "x.png")
    if inside:
        doc["imageData"] = base64.b64encode((tmp_path / "x.png").read_bytes()).decode()
    assert only(open_dataset(put(tmp_path, doc, photograph=None if inside else "a.jpg"))).size == SIZE


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"imageHeight": None}, "states no imageHeight and imageWidth, and its photograph is not there"),
        ({"imageHeight": None, "imageData": "aGVsbG8="}, "states no size, and its imageData cannot be read"),
        ({"imageHeight": None, "imageData": "%"}, "states no size, and its imageData cannot be read"),
        ({"imageHeight": 2**31 - 1, "imageWidth": 2**31 - 1}, "expected 1 to 300,000,000"),
        ({"imageHeight": -1}, "expected 'imageHeight' to be a whole number"),
        ({"imageHeight": "20"}, "expected 'imageHeight' to be a whole number"),
        ({"shapes": 3}, "expected a list 'shapes'; found 3"),
        ({"shapes": [3]}, "expected an object"),
        ({"shapes": [{"points": SQUARE}]}, "expected 'label' to be a text; found no 'label'"),
        ({"shapes": [{"label": "cat"}]}, "expected a list of up to 100,000 'points'; found None"),
        ({"shapes": [shape(group_id=[1])]}, "expected 'group_id' to be a number or null"),
        ({"shapes": [shape(points=[[float("nan"), 1]] * 3)]}, "expected coordinates within"),
    ],
)
def test_what_contradicts_the_format_is_one_line(tmp_path: Path, more: dict[str, object], why: str):
    path = put(tmp_path, document(**more), photograph=None)
    with pytest.raises(FormatError) as caught:
        only(open_dataset(path))
    assert why in str(caught.value) and str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_photograph_of_another_size_is_refused(tmp_path: Path):
    path = put(tmp_path, document(shape(), imageHeight=21))
    with pytest.raises(FormatError, match=r"the photograph has \(20, 30\) pixels"):
        only(open_dataset(path))


def test_a_photograph_lying_on_its_side_is_seen_upright(tmp_path: Path):
    path = put(tmp_path, document(shape()), photograph=None)
    image = Image.new("RGB", SIZE)  # stored 30 rows of 20, seen as 20 rows of 30
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "a.jpg", exif=exif)
    sample = only(open_dataset(path))
    assert sample.size == SIZE and sample.notes == () and areas(sample) == [("cat", 49)]


def test_other_json_files_are_left_out_and_broken_ones_are_not(tmp_path: Path):
    put(tmp_path, document(shape()))
    (tmp_path / "settings.json").write_text('{"a": 1}')
    (tmp_path / "b.json").write_text('{"version": "5')
    (tmp_path / "._a.json").write_text("x")
    (tmp_path / ".trash").mkdir()
    (tmp_path / ".trash" / "c.json").write_text("x")
    data = open_dataset(tmp_path)
    assert len(data) == 2 and areas(data[0]) == [("cat", 49)]
    assert [(n.file.name, n.reason) for n in data.notes[1:]] == [("settings.json", "is no labelme file; left out")]
    with pytest.raises(FormatError, match=r"b\.json: cannot be read as JSON"):
        data[1]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"shapes": []}', '{"images": [], "annotations": []}'])
def test_other_files_are_not_taken_for_labelme(tmp_path: Path, text: str):
    (tmp_path / "a.json").write_text(text)
    assert "labelme" not in detect(tmp_path)


def test_a_list_of_labels_that_is_no_text_is_one_line(tmp_path: Path):
    put(tmp_path, document(shape()))
    (tmp_path / "labels.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match=r"labels\.txt: cannot be read as a list of labels in UTF-8"):
        open_dataset(tmp_path)
