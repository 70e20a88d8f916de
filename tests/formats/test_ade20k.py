"""ADE20K: SceneParsing's numbers, and labels and objects of the full data set."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from scenes import SOME_LABELS
from segweave.errors import FormatError, SegweaveError
from segweave.formats import Sample, detect, open_dataset, save_dataset
from segweave.formats.index_png import read_index_png, write_index_png
from segweave.formats.pictures import write_png
from segweave.labels import Label, LabelSet, label_set, read_table
from segweave.segmentation import Segment, Segmentation


def index(path, numbers):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_index_png(path, np.array(numbers))


def photo(path, size=(1, 3)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size[::-1]).save(path)


def scenes(folder):
    """SceneParsing with an image in each split and predictions for one."""
    for split in ("training", "validation"):
        index(folder / "annotations" / split / "x.png", [[0, 1, 21]])
        photo(folder / "images" / split / "x.jpg")
    index(folder / "predictions" / "validation" / "x.png", [[2, 2, 2]])
    return folder


def names(sample):
    pairs = zip(sample.truth.segments, sample.truth.label_names(), sample.truth.areas().tolist(), strict=True)
    return [(name, area, segment.source_id) for segment, name, area in pairs]


def test_0_is_void_and_1_to_150_are_labels(tmp_path):
    data = open_dataset(scenes(tmp_path))
    assert detect(tmp_path) == ("ade20k",) and data.labels == label_set("ade20k") and data.notes == ()
    assert [s.image_name for s in data] == ["training/x.jpg", "validation/x.jpg"]
    for sample in data:
        assert names(sample) == [("wall", 1, 1), ("car", 1, 21)] and sample.truth.void_area() == 1
        assert sample.notes == () and sample.image_path is not None


def test_predictions_are_read_where_they_are_named(tmp_path):
    scenes(tmp_path)
    for path in (tmp_path / "predictions", tmp_path / "predictions" / "validation"):
        assert detect(path)[0] == "ade20k"
        (sample,) = open_dataset(path)
        assert names(sample) == [("building", 3, 2)] and sample.image_name == "validation/x.jpg"
        assert sample.image_path is not None


def test_one_annotation_is_a_data_set_of_one_image(tmp_path):
    path = scenes(tmp_path) / "annotations" / "training" / "x.png"
    assert detect(path)[0] == "ade20k"
    assert [s.image_name for s in open_dataset(path)] == ["training/x.jpg"]


def test_a_number_beyond_150_is_void_with_a_note(tmp_path):
    index(tmp_path / "annotations" / "training" / "x.png", [[1, 151, 255]])
    sample = open_dataset(tmp_path)[0]
    assert names(sample) == [("wall", 1, 1)]
    assert [n.kind for n in sample.notes] == ["unknown-label", "unknown-label", "image-missing"]


def test_annotations_of_other_formats_are_not_taken_for_ade20k(tmp_path):
    index(tmp_path / "pets" / "annotations" / "trimaps" / "x.png", [[1, 2, 3]])
    (tmp_path / "coco" / "annotations").mkdir(parents=True)
    (tmp_path / "coco" / "annotations" / "instances_val.json").write_text("{}")
    rgb = tmp_path / "colours" / "annotations" / "training"
    rgb.mkdir(parents=True)
    write_png(rgb / "x.png", np.zeros((2, 2, 3), np.uint8))
    for name in ("pets", "coco", "colours"):
        assert "ade20k" not in detect(tmp_path / name)


CAR, TREE, WHEEL, GLASS, OTHER_GLASS = 401, 2855, 3000, 1110, 1111
OBJECTS = [
    {"name": "car, auto", "name_ndx": CAR, "parts": {"part_level": 0}},
    {"name": "tree", "name_ndx": TREE, "parts": {"part_level": 0}},
    {"name": "wheel", "name_ndx": WHEEL, "parts": {"part_level": 1}},
    {"name": "glass, drinking glass", "name_ndx": GLASS},
    {"name": "glass", "name_ndx": OTHER_GLASS},
]


def full(folder, pixels, objects=OBJECTS, name="ADE_train_1"):
    """One image of the full data set; pixels: (label, B) pairs in a row."""
    place = folder / "images" / "ADE" / "training" / "street"
    place.mkdir(parents=True, exist_ok=True)
    row = [(label // 256 * 10, label % 256, b) for label, b in pixels]
    write_png(place / f"{name}_seg.png", np.array([row], np.uint8))
    photo(place / f"{name}.jpg", (1, len(row)))
    if objects is not None:
        (place / f"{name}.json").write_text(json.dumps({"annotation": {"object": objects}}))
    return place / f"{name}_seg.png"


def test_each_b_of_a_label_is_an_object_and_stuff_is_fused_with_a_note(tmp_path):
    file = full(tmp_path, [(0, 0), (CAR, 5), (CAR, 9), (CAR, 9), (TREE, 20), (TREE, 30), (TREE, 30)])
    for path in (tmp_path, tmp_path / "images" / "ADE", file):
        assert detect(path) == ("ade20k",)
        data = open_dataset(path)
        sample = data[0]
        assert names(sample) == [("car", 1, 5), ("car", 2, 9), ("tree", 3, 30)]
        assert sample.truth.void_area() == 1 and sample.image_path is not None
        assert sample.image_name == "ADE/training/street/ADE_train_1.jpg" and sample.image_id == "ADE_train_1"
        assert [n.kind for n in sample.notes] == ["stuff-fused"] and "'tree', 2 objects" in sample.notes[0].place
        assert [n.kind for n in data.notes] == ["assumed"]


def test_labels_of_one_first_name_keep_all_their_names(tmp_path):
    data = open_dataset(full(tmp_path, [(CAR, 1)]))
    assert data.labels.names == ("car", "glass, drinking glass", "glass", "tree")  # parts are no labels
    twice = [{"name": "bar", "name_ndx": 7}, {"name": "bar", "name_ndx": 8}]
    assert open_dataset(full(tmp_path, [(7, 1)], twice)).labels.names == ("bar", "bar (8)")


def test_without_json_a_label_is_called_by_its_number(tmp_path):
    full(tmp_path, [(CAR, 1), (2131, 2)], None, "ADE_train_2")
    full(tmp_path, [(CAR, 1)])
    data = open_dataset(tmp_path)
    assert data.labels.index("class 2131") >= 0 and [n.kind for n in data.notes] == ["assumed", "assumed"]
    assert [names(s) for s in data] == [[("car", 1, 1)], [("car", 1, 1), ("class 2131", 1, 2)]]


def test_what_no_json_names_is_void_with_a_note(tmp_path):
    sample = open_dataset(full(tmp_path, [(CAR, 1), (77, 2), (0, 3)]))[0]
    assert names(sample) == [("car", 1, 1)]
    assert sorted(n.place for n in sample.notes) == [
        "image 'ADE_train_1', class 77, object 2, 1 px",
        "image 'ADE_train_1', object 3, 1 px",
    ]


def test_json_in_latin_1_is_read(tmp_path):
    file = full(tmp_path, [(5, 1)])
    text = '{"annotation": {"object": [{"name": "café", "name_ndx": 5}]}}'
    file.with_name("ADE_train_1.json").write_bytes(text.encode("latin-1"))
    assert names(open_dataset(file)[0]) == [("café", 1, 1)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "expected an object"),
        ('{"annotation": {"object": [{"name": "a", "name_ndx": -3}]}}', "whole number 0..6655"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_a_broken_json_is_refused_when_its_image_is_read(tmp_path, text, says):
    full(tmp_path, [(CAR, 1)])
    bad = full(tmp_path, [(CAR, 1)], name="ADE_train_2")
    bad.with_name("ADE_train_2.json").write_text(text)
    data = open_dataset(tmp_path)
    assert names(data[0]) == [("car", 1, 1)]
    with pytest.raises(FormatError, match=r"^[^\n]*$") as caught:
        data[1]
    assert says in str(caught.value) and "ADE_train_2.json" in str(caught.value)


def test_parts_and_instance_masks_are_no_images_and_parts_are_noted(tmp_path):
    file = full(tmp_path, [(CAR, 1)])
    write_png(file.with_name("ADE_train_1_parts_1.png"), np.zeros((1, 1, 3), np.uint8))
    inside = file.with_name("ADE_train_1") / "instance_000_ADE_train_1_seg.png"
    inside.parent.mkdir()
    write_png(inside, np.zeros((1, 1, 3), np.uint8))
    data = open_dataset(tmp_path)
    assert len(data) == 1 and "cannot-hold" in [n.kind for n in data.notes]


def test_a_table_of_the_user_says_the_labels_of_the_full_data_set(tmp_path):
    rows = f"name,thing,void,color,source_id,ja,ko\nmotor,0,0,#010203,{CAR},,\nleafs,0,1,#000000,{TREE},,\n"
    (tmp_path / "own.csv").write_text(rows)
    data = open_dataset(full(tmp_path, [(CAR, 1), (TREE, 2)]), labels=read_table(tmp_path / "own.csv", "own"))
    assert names(data[0]) == [("motor", 1, 1)] and data.notes == () and data[0].notes == ()


def sample_of(truth, name="i.jpg"):
    return Sample(image_path=None, size=truth.size, truth=truth, image_id=name, image_name=name)


def scene(labels, n=2):
    return Segmentation(np.array([[0, *range(1, n + 1)]]), [Segment(label=k) for k in range(n)], labels)


def test_official_numbers_are_written_and_names_keep_their_split(tmp_path):
    truth = scene(label_set("ade20k"), 150)
    save_dataset([sample_of(truth, "validation/a.jpg"), sample_of(truth)], tmp_path, "ade20k")
    assert read_index_png(tmp_path / "annotations" / "validation" / "a.png").tolist() == [[*range(151)]]
    assert [s.image_name for s in open_dataset(tmp_path)] == ["training/i.jpg", "validation/a.jpg"]
    assert not list(tmp_path.glob("*.csv"))


def test_own_labels_count_from_1(tmp_path):
    save_dataset([sample_of(scene(SOME_LABELS))], tmp_path, "ade20k")
    assert read_index_png(tmp_path / "annotations" / "training" / "i.png").tolist() == [[0, 1, 2]]


def test_255_labels_fit_and_more_are_refused(tmp_path):
    many = LabelSet("many", tuple(Label(name=f"l{k}", is_thing=False) for k in range(256)))
    save_dataset([sample_of(scene(LabelSet("many", many.labels[:255]), 255))], tmp_path / "good", "ade20k")
    assert len(open_dataset(tmp_path / "good")[0].truth) == 255
    with pytest.raises(FormatError, match="ADE20K holds 255 labels; 'many' has 256"):
        save_dataset([sample_of(scene(many))], tmp_path / "bad", "ade20k")


def test_two_images_for_one_place_are_refused(tmp_path):
    truth = scene(label_set("ade20k"))
    with pytest.raises(FormatError, match=r"images 'a' and 'training/a' would both be training/a"):
        save_dataset([sample_of(truth, "a.jpg"), sample_of(truth, "training/a.jpg")], tmp_path, "ade20k")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "name_ndx", "parts"]), inner),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(JSON, st.data())
def test_odd_json_and_damaged_files_raise_our_errors_only(tmp_path, value, data):
    file = full(tmp_path, [(CAR, 1), (TREE, 2)], data.draw(st.sampled_from([value, [value], [OBJECTS[0], value]])))
    content = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    file.write_bytes(content)
    try:
        sizes = [sample.size for sample in open_dataset(tmp_path, "ade20k")]
    except SegweaveError as error:
        assert "\n" not in str(error)
    else:
        assert sizes == [(1, 2)]


def test_the_samples_of_scene_parsing_have_the_pixels_that_are_known_of_them(shared):
    folder = shared / "data" / "format_samples"
    facts = json.loads((folder / "expected.json").read_text())["files"]
    for kind in ("annotations", "predictions"):
        data = open_dataset(folder / "ade20k_sceneparsing" / kind)
        assert len(data) == 2
        for sample in data:
            counts = facts[f"ade20k_sceneparsing/{kind}/validation/{sample.image_id}.png"]["pixel_counts"]
            assert {str(number): area for _, area, number in names(sample)} | {"0": sample.truth.void_area()} == counts


def test_the_sample_of_the_full_data_set_has_the_pixels_that_are_known_of_it(shared):
    folder = shared / "data" / "format_samples"
    facts = json.loads((folder / "expected.json").read_text())["files"]
    (known,) = [facts[name] for name in facts if name.endswith("00016869_seg.png")]
    data = open_dataset(folder / "ade20k_full" / "ADE20K_2021_17_01")
    (sample,) = data
    assert len(data.labels) == known["distinct_classes"] - 1  # void
    assert data.labels.names == tuple(sorted(name.split(",")[0] for name in known["object_level_names"]))
    areas = {}
    for name, area, _ in names(sample):
        areas[name] = areas.get(name, 0) + area
    assert sorted([sample.truth.void_area(), *areas.values()]) == sorted(known["class_pixels"].values())
    fused = sum(int(n.place.split(", ")[-1].split()[0]) - 1 for n in sample.notes)
    assert len(sample.truth) + fused == known["distinct_B_values"] - 1
