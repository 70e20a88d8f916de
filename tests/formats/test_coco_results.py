"""COCO results: as pycocotools reads them, with and without a file that says which images and labels they mean."""

import json

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from PIL import Image
from pycocotools import mask as coco_mask

from segmentation_strategies import instances
from segweave.errors import FormatError
from segweave.formats import detect, image_entry, open_dataset, result_entries, save_index, save_results
from segweave.labels import Label, LabelSet, LabelTable, label_set
from segweave.segmentation import Instances, Rle, Segment


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools
@given(instances())
def test_pycocotools_decodes_the_same_masks_and_boxes(truth):
    scored = tuple(Segment(label=s.label, score=0.25) for s in truth.segments)
    entries = result_entries("a", Instances(truth.size, truth.masks, scored, truth.labels))
    assert len(entries) == len(truth)
    for k, entry in enumerate(json.loads(json.dumps(entries))):
        assert (coco_mask.decode(entry["segmentation"]) == truth.mask(k)).all()
        assert entry["bbox"] == coco_mask.toBbox(entry["segmentation"]).tolist()
        assert entry["score"] == 0.25 and entry["category_id"] == truth.segments[k].label + 1


def test_category_ids_are_those_of_the_data_set_and_the_file_is_a_list(tmp_path):
    labels = label_set("coco_panoptic")
    mask = Rle.from_mask(np.array([[0, 1, 1]]))
    seg = (Segment(label=labels.index("toothbrush"), score=np.float32(0.5)),)
    save_results(tmp_path / "r.json", result_entries(7, Instances((1, 3), (mask,), seg, labels)))
    (entry,) = json.loads((tmp_path / "r.json").read_text())
    assert entry == {
        "image_id": 7,
        "category_id": 90,
        "segmentation": {"size": [1, 3], "counts": mask.counts.decode()},
        "bbox": [1, 0, 2, 1],
        "score": 0.5,
    }
    save_results(tmp_path / "r.json", [])
    assert json.loads((tmp_path / "r.json").read_text()) == []


def test_an_instance_without_score_is_refused():
    labels = label_set("voc")
    mask = Rle.from_mask(np.ones((1, 1)))
    with pytest.raises(FormatError, match="image 7: instance 0 has no score"):
        result_entries(7, Instances((1, 1), (mask,), (Segment(label=1),), labels))


def detection(**more):
    return {"image_id": 42, "category_id": 18, "segmentation": {"size": [3, 4], "counts": "93"}, "score": 0.5} | more


def written(folder, rows, name="dt.json"):
    (folder / name).write_text(json.dumps(rows))
    return folder / name


def listing(*ids, categories=((18, "pup"),), size=(3, 4)):
    images = [{"id": n, "file_name": f"{n}.jpg", "height": size[0], "width": size[1]} for n in ids]
    return {"images": images, "categories": [{"id": n, "name": name, "isthing": 1} for n, name in categories]}


def test_a_list_alone_has_cocos_labels_and_the_size_of_its_masks(tmp_path):
    path = written(tmp_path, [detection(), detection(image_id=7), detection(category_id=90, score=0.25)])
    assert detect(path) == detect(tmp_path) == ("coco-results",)
    data = open_dataset(tmp_path)
    assert data.labels == label_set("coco") and [note.kind for note in data.notes] == ["assumed"]
    assert [s.image_id for s in data] == [42, 7] and data[0].size == (3, 4)
    truth = data[0].truth
    assert truth.label_names() == ("dog", "toothbrush") and [s.score for s in truth.segments] == [0.5, 0.25]
    assert truth.mask(0).astype(int).tolist() == [[0, 0, 0, 1]] * 3
    assert [note.kind for note in data[0].notes] == ["image-missing"]


def test_the_file_of_images_beside_it_says_labels_names_and_images_without_detections(tmp_path):
    path = written(tmp_path, [detection()])
    written(tmp_path, listing(1, 2), "a.json")  # of other images
    written(tmp_path, listing(42, categories=((1, "cat"),)), "b.json")  # of other categories
    written(tmp_path, listing(40, 42), "images.json")
    assert detect(tmp_path) == ("coco-results",)
    data = open_dataset(path)
    assert data.notes == () and data.labels.names == ("pup",)
    assert [(s.image_id, s.image_name, len(s.truth)) for s in data] == [(40, "40.jpg", 0), (42, "42.jpg", 1)]
    written(tmp_path, listing(42, categories=((18, "hound"),)), "dt.images.json")  # this one is its own
    assert open_dataset(path).labels.names == ("hound",)


def test_the_truth_beside_it_says_the_labels_too(tmp_path):
    path = written(tmp_path, [detection()])
    annotation = {"id": 1, "image_id": 42, "category_id": 18, "segmentation": [[0, 0, 2, 0, 2, 2]]}
    written(tmp_path, {**listing(42), "annotations": [annotation]}, "instances_val.json")
    assert open_dataset(path).labels.names == ("pup",)
    assert detect(tmp_path) == ("coco-instances", "coco-results")


def test_ids_that_are_not_cocos_need_somebody_to_say_what_they_mean(tmp_path):
    path = written(tmp_path, [detection(category_id=1000)])
    with pytest.raises(FormatError, match=r"nothing says what its category ids mean.* dt\.images\.json, or a table"):
        open_dataset(path)
    table = LabelTable(LabelSet("t", (Label(name="cat", is_thing=True),)), (1000,), ())
    assert open_dataset(path, labels=table)[0].truth.label_names() == ("cat",)
    assert open_dataset(written(tmp_path, [detection(category_id=200)])).labels == label_set("coco_panoptic")


def test_what_predict_writes_is_read(tmp_path):
    labels = label_set("camvid11")
    mask = Rle.from_mask(np.array([[0, 1, 1]]))
    found = Instances((1, 3), (mask,), (Segment(label=3, score=0.5),), labels)
    save_results(tmp_path / "instances.json", result_entries(1, found))
    images = [image_entry(1, "a.jpg", (1, 3)), image_entry(2, "b.jpg", (2, 2))]
    save_index(tmp_path / "images.json", images=images, annotations=[], labels=labels)
    assert detect(tmp_path) == ("coco-results",)
    data = open_dataset(tmp_path)
    assert data.labels == labels and data.notes == () and data[0].truth == found and len(data[1].truth) == 0


def test_photographs_are_found_by_the_number_of_the_image(tmp_path):
    path = written(tmp_path, [detection()])
    (tmp_path / "val").mkdir()
    Image.new("RGB", (4, 3)).save(tmp_path / "val" / "000000000042.jpg")
    (sample,) = open_dataset(path, images=tmp_path / "val")
    assert sample.image_path == tmp_path / "val" / "000000000042.jpg" and sample.notes == ()
    assert sample.image_name == "000000000042.jpg"


def test_detections_that_are_boxes_are_dropped_with_a_note(tmp_path):
    box = {"image_id": 42, "category_id": 18, "bbox": [0, 0, 1, 1], "score": 1}
    (sample,) = open_dataset(written(tmp_path, [detection(), box]))
    first = sample.notes[0]
    assert (first.kind, first.place) == ("not-a-region", "image 42, detection 1")
    with pytest.raises(FormatError, match="image 42: no mask says its size"):
        open_dataset(written(tmp_path, [box]))[0]


def test_masks_of_several_sizes_in_an_image_are_dropped_with_a_note(tmp_path):
    other = detection(segmentation={"size": [4, 3], "counts": [0, 12]})
    (sample,) = open_dataset(written(tmp_path, [detection(), other]))
    assert len(sample.truth) == 1 and sample.notes[0].kind == "wrong-size"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({}, "expected a list of detections; found {}"),
        ([3], r"\[0\]: expected an object"),
        ([{}], r"\[0\]: expected 'image_id'"),
        ([detection(score=None)], "image 42, detection 0: expected a 'score'"),
        ([detection(score=float("nan"))], "expected 'score' to be a finite number"),
        ([detection(category_id="18")], "expected 'category_id'"),
        ([detection(segmentation={"size": [3, 4], "counts": "9"})], "sum to 3 x 4"),
        ([detection(segmentation={"size": [2**31, 2**31], "counts": "9"})], "states 2147483648 x"),
        ([detection(image_id="../../x", segmentation=None)], "no mask says its size"),
    ],
)
def test_what_does_not_fit_is_an_error_that_says_where(tmp_path, rows, said):
    path = written(tmp_path, rows)
    with pytest.raises(FormatError, match=said) as caught:
        list(open_dataset(path, "coco-results"))
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.sampled_from([18, 10**400]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["size", "counts"]), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.sampled_from(list(detection())), odd, max_size=3), max_size=3))
def test_no_detection_gives_anything_but_a_format_error(tmp_path, changes):
    path = written(tmp_path, [detection(**change) for change in changes])
    try:
        samples = list(open_dataset(path, "coco-results"))
    except FormatError as error:
        assert "\n" not in str(error) and len(str(error)) < 600 + len(str(path))
    else:
        assert sum(len(sample.truth) for sample in samples) <= len(changes)
