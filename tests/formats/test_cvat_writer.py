"""Writing CVAT's XML."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from round_trip import content, samples_of
from scenes import SOME_LABELS, random_segmentation
from segweave.errors import FormatError
from segweave.formats import Sample, open_dataset, save_dataset
from segweave.formats.holds import reduce
from segweave.formats.table import format_named
from segweave.labels import Label, LabelSet
from segweave.segmentation import Instances, Rle, Segment, instances_to_panoptic

PETS = LabelSet("pets", (Label(name="cat", is_thing=True, color=(1, 2, 255)), Label(name="lawn", is_thing=False)))
RING = np.array([[1, 1, 1, 0], [1, 0, 1, 0]])


def sample_of(truth: Instances, name: str = "a.jpg") -> Sample:
    return Sample(image_path=None, size=truth.size, truth=truth, image_id=9, image_name=name)


def instances(segments: list[Segment], labels: LabelSet = PETS) -> Instances:
    return Instances((2, 4), (Rle.from_mask(RING),) * len(segments), tuple(segments), labels)


def written(truth: Instances, folder: Path) -> ElementTree.Element:
    save_dataset([sample_of(truth)], folder, "cvat")
    return ElementTree.parse(folder / "annotations.xml").getroot()


def test_the_file_is_what_cvat_reads(tmp_path: Path):
    root = written(instances([Segment(label=1), Segment(label=0, score=0.5, crowd=True, track=3)]), tmp_path)
    assert [child.tag for child in root] == ["version", "meta", "image"] and root[0].text == "1.1"
    assert root[2].attrib == {"id": "0", "name": "a.jpg", "width": "4", "height": "2"}
    below, above = root[2]
    # the first instance lies on top, so it comes last; along the rows of a 2 x 3 box: 4 inside, 1 outside, 1 inside
    assert above.attrib == {
        **{"label": "lawn", "source": "manual", "occluded": "0", "rle": "0, 4, 1, 1", "z_order": "1"},
        **{"left": "0", "top": "0", "width": "3", "height": "2"},
    }
    assert below.attrib["z_order"] == "0" and not list(above)
    assert {a.attrib["name"]: a.text for a in below} == {"crowd": "true", "score": "0.5", "track": "3"}


def test_labels_are_declared_with_colours_and_attributes(tmp_path: Path):
    labels = written(instances([Segment(label=0)]), tmp_path).findall("meta/task/labels/label")
    assert [(row.findtext("name"), row.findtext("color")) for row in labels] == [
        ("cat", "#0102ff"),
        ("lawn", "#808080"),
    ]
    for label in labels:
        assert [a.findtext("name") for a in label.findall("attributes/attribute")] == ["crowd", "score", "track"]


def test_what_lies_on_top_stays_on_top(tmp_path: Path):
    rng = np.random.default_rng(2)
    masks = tuple(Rle.from_mask(rng.random((9, 8)) < 0.6) for _ in range(4))
    truth = Instances((9, 8), masks, tuple(Segment(label=k % 2, track=k) for k in range(4)), PETS)
    save_dataset([sample_of(truth)], tmp_path, "cvat")
    back = open_dataset(tmp_path)[0].truth
    assert back.segments == truth.segments
    assert instances_to_panoptic(back) == instances_to_panoptic(truth)


def test_images_come_back_in_order_with_folders_and_odd_names(tmp_path: Path):
    truths = [random_segmentation(np.random.default_rng(k), (14, 17)) for k in range(3)]
    names = ['b/"x" & <y>', "b/a", "日本 ' \t1"]
    samples = samples_of(truths, tmp_path / "photos")
    renamed = [replace(s, image_name=n + ".png", image_id=n) for s, n in zip(samples, names, strict=True)]
    assert save_dataset(renamed, tmp_path / "out", "cvat") == ()
    back = open_dataset(tmp_path / "out")
    assert [s.image_name for s in back] == [f"{n}.png" for n in names] and [s.image_id for s in back] == [0, 1, 2]
    for sample, truth in zip(back, truths, strict=True):
        kept, _ = reduce(truth, format_named("cvat").holds)
        assert sample.image_path is not None and content(sample.truth) == content(kept, source_ids=False)


def test_the_file_may_have_another_name(tmp_path: Path):
    save_dataset([sample_of(instances([Segment(label=0)]))], tmp_path / "train.xml", "cvat")
    assert open_dataset(tmp_path / "train.xml").labels == PETS and len(open_dataset(tmp_path)) == 1


def test_names_that_xml_cannot_hold_are_refused(tmp_path: Path):
    truth = instances([Segment(label=0)])
    with pytest.raises(FormatError, match=r"image 9: .*x07.* XML cannot hold"):
        save_dataset([sample_of(truth, "a\x07.jpg")], tmp_path / "one", "cvat")
    bell = LabelSet("pets", (Label(name="c\x07t", is_thing=True),))
    with pytest.raises(FormatError, match=r"label: 'c\\x07t' has the character"):
        save_dataset([sample_of(instances([Segment(label=0)], bell))], tmp_path / "two", "cvat")
    assert not (tmp_path / "one" / "annotations.xml").exists()


def test_a_data_set_without_images_is_a_file_too(tmp_path: Path):
    save_dataset([], tmp_path, "cvat")
    assert len(open_dataset(tmp_path, "cvat")) == 0


def test_the_law_holds_for_stuff_in_parts_and_every_label(tmp_path: Path):
    truth = random_segmentation(np.random.default_rng(4), (30, 40), SOME_LABELS, n=30)
    save_dataset([replace(sample_of(instances([])), truth=truth, size=(30, 40))], tmp_path, "cvat")
    back = open_dataset(tmp_path)
    assert back.labels == SOME_LABELS and back.notes == ()
    assert instances_to_panoptic(back[0].truth).void_area() == truth.void_area()
