"""COCO files that other tools wrote, with the facts that an independent reader found."""

import json

import pytest
from pycocotools import mask as coco_mask

from segweave.formats import open_coco_panoptic, open_dataset
from segweave.labels import label_set
from segweave.segmentation import overlap


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


def facts(data):
    (sample,) = data
    truth = sample.truth
    things = sum(truth.labels[s.label].is_thing for s in truth.segments)
    return len(truth), things, sum(s.crowd for s in truth.segments), truth.void_area()


@pytest.mark.parametrize("ending", ["val", "val_trainId"])
def test_the_files_of_cityscapes_are_recognised_by_label_ids_and_by_train_ids(shared, ending):
    folder = shared / "data" / "format_samples" / "cityscapes" / "gtFine"
    data = open_dataset(folder / f"cityscapes_panoptic_{ending}.json")
    assert data.labels == label_set("cityscapes") and data.notes == ()
    assert facts(data) == (22, 19, 1, 9201)
    assert data[0].image_path.name == "demo_000000_000257_leftImg8bit.png" and data[0].notes == ()
    areas = dict(zip((s.source_id for s in data[0].truth.segments), data[0].truth.areas().tolist(), strict=True))
    assert areas[7] == 109598 and areas[26] == 2494 and areas[27004] == 228
    assert [s.source_id for s in data[0].truth.segments if s.crowd] == [26]


def test_a_cityscapes_file_without_categories_is_recognised_by_its_ids(shared):
    data = open_dataset(shared / "data" / "format_samples" / "cityscapes_panoptic")
    assert data.labels == label_set("cityscapes") and [note.kind for note in data.notes] == ["assumed"]
    truth = data[0].truth
    assert facts(data) == (10, 6, 1, 571) and data[0].size == (800, 800)
    assert truth.label_names()[:2] == ("car", "car") and truth.label_names()[-1] == "road"
    assert truth.areas().tolist() == [958, 6178, 10496, 5534, 32768, 19906, 15940, 278754, 222420, 46475]


def test_a_single_annotation_of_bdd100k_is_read(shared):
    data = open_dataset(shared / "data" / "format_samples" / "bdd100k" / "panseg" / "panseg_coco.json")
    assert data[0].size == (720, 1280) and data[0].image_id == 255 and facts(data) == (14, 2, 0, 1537)
    assert [note.kind for note in data.notes] == ["assumed"] and data.labels.name == "bdd100k_panoptic"
    areas = dict(zip(data[0].truth.label_names(), data[0].truth.areas().tolist(), strict=True))
    assert areas["sky"] == 106661 and areas["car"] == 33235  # the second of two


def test_mapillary_panoptic_files_are_read_with_text_ids(shared):
    folder = shared / "data" / "format_samples" / "mapillary_datumaro_tiny" / "val" / "v1.2" / "panoptic"
    data = open_dataset(folder / "panoptic_2018.json")
    assert [s.image_id for s in data] == ["0", "1"] and [s.notes for s in data] == [(), ()]
    assert [s.truth.areas().tolist() for s in data] == [[15, 10], [10, 5, 10]]
    assert [s.image_path.name for s in data] == ["0.jpg", "1.jpg"]


def test_two_channel_pngs_have_the_pixels_of_the_panoptic_sample(shared):
    samples = shared / "data" / "format_samples"
    for path in (samples / "coco_panoptic_2ch", samples / "coco_panoptic_2ch" / "000000142238.png"):
        data = open_dataset(path)
        assert facts(data) == (18, 15, 1, 2712)
        same = open_dataset(samples / "coco_panoptic")[0].truth
        assert (overlap(data[0].truth, same) > 0).sum() == 19  # one to one, and void to void


def test_the_datumaro_sample_is_read_with_a_note_of_its_crowd_of_stuff(shared):
    path = shared / "data" / "format_samples" / "coco_datumaro_tiny" / "annotations" / "panoptic_val.json"
    (sample,) = open_coco_panoptic(path)
    assert sample.size == (10, 5) and sample.truth.areas().tolist() == [20, 20]
    assert sample.image_path.name == "b.jpg" and ["crowd" in str(note) for note in sample.notes] == [True]


SAMPLES = {
    "coco_datumaro_tiny/annotations/instances_val.json": (1, 2, 22, 2),
    "coco_instances/labelme2coco_annotations.json": (2, 9, 126058, 4),
    "coco_instances/panopticapi_detection_format_000000142238.json": (1, 18, 270568, 5),
    "coco_instances/sahi_terrain1_coco.json": (1, 7, 89398, 1),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_are_read_as_pycocotools_reads_them(shared, name):
    images, annotations, area, used = SAMPLES[name]
    data = open_dataset(shared / "data" / "format_samples" / name)
    samples = list(data)
    assert len(samples) == images and sum(len(s.truth) for s in samples) == annotations
    assert sum(int(s.truth.areas().sum()) for s in samples) == area
    assert len({label for s in samples for label in s.truth.label_names()}) == used
    assert {note.kind for s in samples for note in s.notes} <= {"image-missing"}


def test_a_stuff_file_of_coco_has_stuff(shared):
    data = open_dataset(shared / "data" / "format_samples" / "coco_datumaro_tiny" / "annotations" / "stuff_val.json")
    assert data.labels.things == () and [note.kind for note in data[0].notes] == ["crowd-on-stuff"]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools
def test_coco128_has_the_labels_and_masks_of_coco(shared):
    folder = shared / "data" / "coco128seg"
    data = open_dataset(folder / "instances.json")
    assert data.labels == label_set("coco") and data.notes == () and len(data) == 128
    rows = json.loads((folder / "instances.json").read_text())["annotations"]
    found = {
        s.source_id: mask for sample in data for s, mask in zip(sample.truth.segments, sample.truth.masks, strict=True)
    }
    sizes = {s.image_id: s.size for s in data}
    assert len(found) == len(rows) == 929
    for row in rows:
        theirs = coco_mask.merge(coco_mask.frPyObjects(row["segmentation"], *sizes[row["image_id"]]))
        assert found[row["id"]].counts == theirs["counts"]


def test_the_sample_of_cocoapi_is_read_as_its_facts_say(shared):
    name = "cocoapi_rle_results_10img.json"
    data = open_dataset(shared / "data" / "format_samples" / "coco_instances" / name)
    samples = list(data)
    assert len(samples) == 10 and sum(len(s.truth) for s in samples) == 120 and data.labels == label_set("coco")
    assert sum(int(s.truth.areas().sum()) for s in samples) == 1042422
    assert len({label for s in samples for label in s.truth.label_names()}) == 39
