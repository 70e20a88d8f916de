"""COCO panoptic: what is written comes back, and files of others are read as they say."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenes import SOME_LABELS, random_segmentation, segmentations, street_scene
from segmentation_strategies import instances
from segweave.errors import FormatError, OutputError
from segweave.formats import (
    Sample,
    annotation_entry,
    image_entry,
    open_coco_panoptic,
    save_coco_panoptic,
    save_index,
    write_id_png,
)
from segweave.formats.id_png import read_id_png
from segweave.labels import Label, LabelSet, label_set, label_table, table_names
from segweave.segmentation import Instances, Rle, Segment, Segmentation, instances_to_panoptic

quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def sample_of(truth, image_id=1, **more):
    return Sample(**{"image_path": None, "size": truth.size, "truth": truth, "image_id": image_id, **more})


@quiet
@given(st.data())
def test_whatever_is_written_comes_back_equal(tmp_path, data):
    first = data.draw(segmentations())
    others = data.draw(st.lists(segmentations(labels=first.labels), max_size=3))
    truths = [first, *others]
    numbers = data.draw(st.lists(st.integers() | st.from_regex(r"\A[a-z]\w*\Z"), min_size=4, max_size=4, unique=True))
    samples = [sample_of(t, number) for t, number in zip(truths, numbers, strict=False)]
    assert save_coco_panoptic(samples, tmp_path / "p.json") == ()
    back = open_coco_panoptic(tmp_path / "p.json")
    assert (back.notes == () and len(back) == len(samples) and back.labels == first.labels) or first.labels.name != "p"
    for old, new in zip(samples, back, strict=True):
        assert new.truth == old.truth and new.image_id == old.image_id and new.notes == ()
        assert type(new.image_id) is type(old.image_id)


@pytest.mark.parametrize("name", table_names())
def test_label_sets_that_ship_come_back_as_they_are(tmp_path, name):
    labels = label_set(name)
    seg = random_segmentation(np.random.default_rng(1), (20, 30), labels, 9)
    save_coco_panoptic([sample_of(seg)], tmp_path / "p.json")
    back = open_coco_panoptic(tmp_path / "p.json")
    assert back.labels == labels and back[0].truth == seg
    written = json.loads((tmp_path / "p.json").read_text())["categories"]
    assert [row["id"] for row in written] == list(label_table(name).source_ids)


def test_a_label_set_of_ones_own_comes_back_with_name_colors_and_translations(tmp_path):
    own = LabelSet(
        "own", (Label(name="cat", is_thing=True, color=(1, 2, 3), ja="猫"), Label(name="sky", is_thing=False))
    )
    seg = Segmentation(np.array([[1, 2]]), (Segment(label=1), Segment(label=0)), own)
    save_coco_panoptic([sample_of(seg)], tmp_path / "p.json")
    assert open_coco_panoptic(tmp_path / "p.json").labels == own


def test_a_changed_copy_of_a_shipped_label_set_is_not_taken_for_it(tmp_path):
    labels = LabelSet("voc", label_set("voc").labels[:-1])
    seg = Segmentation(np.array([[1]]), (Segment(label=3),), labels)
    save_coco_panoptic([sample_of(seg)], tmp_path / "p.json")
    assert open_coco_panoptic(tmp_path / "p.json").labels == labels


def test_the_json_is_what_coco_asks_for(tmp_path):
    labels = label_set("coco_panoptic")
    ids = np.array([[0, 1, 1], [2, 2, 1]])
    parts = (Segment(label=labels.index("person"), crowd=True, score=0.5), Segment(label=len(labels) - 1, track=3))
    seg = Segmentation(ids, parts, labels)
    save_coco_panoptic([sample_of(seg, 7, image_name="val/a.jpg")], tmp_path / "p.json")
    data = json.loads((tmp_path / "p.json").read_text())
    assert data["images"] == [{"id": 7, "file_name": "val/a.jpg", "height": 2, "width": 3}]
    # x, y, width, height
    person = {"id": 1, "category_id": 1, "area": 3, "bbox": [1, 0, 2, 2], "iscrowd": 1, "score": 0.5}
    rug = {"id": 2, "category_id": 200, "area": 2, "bbox": [0, 1, 2, 1], "iscrowd": 0, "track": 3}
    assert data["annotations"] == [{"image_id": 7, "file_name": "val/a.png", "segments_info": [person, rug]}]
    assert data["categories"][0] == {
        "id": 1, "name": "person", "isthing": 1, "color": [220, 20, 60], "supercategory": "thing"
    }  # fmt: skip
    assert "segweave" in data["info"]["description"] and data["info"]["label_set"] == "coco_panoptic"
    assert read_id_png(tmp_path / "p" / "val" / "a.png").tolist() == ids.tolist()


def test_a_file_of_pieces_written_one_by_one_is_read_with_the_pngs_beside_it(tmp_path):
    _, seg = street_scene(np.random.default_rng(0), (60, 80))
    write_id_png(tmp_path / "photo.png", seg.ids)
    save_index(
        tmp_path / "panoptic.json",
        images=[image_entry(1, "photo.jpg", seg.size)],
        annotations=[annotation_entry(1, "photo.png", seg)],
        labels=seg.labels,
    )
    assert open_coco_panoptic(tmp_path / "panoptic.json")[0].truth == seg
    assert sorted(p.name for p in tmp_path.iterdir()) == ["panoptic.json", "photo.png"]


@quiet
@given(instances())
def test_instances_are_painted_and_hidden_pixels_noted(tmp_path, truth):
    notes = save_coco_panoptic([sample_of(truth)], tmp_path / "p.json")
    seg = instances_to_panoptic(truth)
    assert open_coco_panoptic(tmp_path / "p.json")[0].truth == seg
    covered = np.sum([truth.mask(k) for k in range(len(truth))], axis=0) if len(truth) else np.zeros(truth.size)
    assert len(notes) == int((covered > 1).any() or len(seg) < len(truth))


def test_a_note_counts_hidden_pixels_and_fused_masks(tmp_path):
    masks = tuple(Rle.from_mask(np.array(m)) for m in ([[1, 1, 0, 0]], [[0, 1, 1, 0]], [[0, 0, 0, 1]]))
    parts = (Segment(label=3), Segment(label=0), Segment(label=0))
    (note,) = save_coco_panoptic([sample_of(Instances((1, 4), masks, parts, SOME_LABELS))], tmp_path / "p.json")
    assert "1 pixels of masks hidden" in note.reason and "3 masks became 2 segments" in note.reason


def test_images_are_found_in_the_usual_places(tmp_path):
    seg = random_segmentation(np.random.default_rng(0), (4, 5))
    path = tmp_path / "annotations" / "panoptic_val2017.json"
    save_coco_panoptic([sample_of(seg, image_name="a.jpg")], path)
    assert open_coco_panoptic(path)[0].image_path is None
    assert open_coco_panoptic(path)[0].image_name == "a.jpg"
    for folder in ("images", "images/val2017", "val2017", "annotations/images", "annotations"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "a.jpg").touch()
        assert open_coco_panoptic(path)[0].image_path == tmp_path / folder / "a.jpg"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.jpg").touch()
    assert open_coco_panoptic(path, images=tmp_path / "other")[0].image_path == tmp_path / "other" / "a.jpg"


def test_equal_names_get_pngs_of_their_own(tmp_path):
    truths = [random_segmentation(np.random.default_rng(n), (4, 5)) for n in range(3)]
    paths = [Path("x/a.jpg"), Path("y/a.jpg"), Path("z/A.png")]
    samples = [sample_of(t, n, image_path=p) for n, (t, p) in enumerate(zip(truths, paths, strict=True))]
    save_coco_panoptic(samples, tmp_path / "p.json")
    assert [sample.truth for sample in open_coco_panoptic(tmp_path / "p.json")] == truths


def test_nothing_gives_an_empty_data_set_and_a_data_set_keeps_its_labels(tmp_path):
    save_coco_panoptic([], tmp_path / "p.json")
    assert len(open_coco_panoptic(tmp_path / "p.json")) == 0
    save_coco_panoptic([sample_of(random_segmentation(np.random.default_rng(0), (4, 5)))], tmp_path / "q.json")
    data = open_coco_panoptic(tmp_path / "q.json")
    save_coco_panoptic(data[:0], tmp_path / "r.json")
    assert open_coco_panoptic(tmp_path / "r.json").labels == SOME_LABELS == data.labels


def test_the_writer_refuses_what_would_be_ambiguous(tmp_path):
    seg = random_segmentation(np.random.default_rng(0), (4, 5))
    with pytest.raises(FormatError, match="two images have the id 1"):
        save_coco_panoptic([sample_of(seg), sample_of(seg)], tmp_path / "p.json")
    other = Segmentation(seg.ids, seg.segments, LabelSet("other", SOME_LABELS.labels))
    with pytest.raises(FormatError, match="has other labels"):
        save_coco_panoptic([sample_of(seg), sample_of(other, 2)], tmp_path / "p.json")
    with pytest.raises(FormatError, match=r"leaves the folder"):
        save_coco_panoptic([sample_of(seg, image_name="../a.jpg")], tmp_path / "p.json")
    with pytest.raises(FormatError, match=r"ends in \.json"):
        save_coco_panoptic([sample_of(seg)], tmp_path / "p")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        save_coco_panoptic([sample_of(seg)], tmp_path / "file" / "p.json")
    assert not (tmp_path / "p.json").exists() and not list(tmp_path.parent.glob("a.png"))


def test_a_file_name_that_is_no_unicode_is_kept(tmp_path):
    seg = random_segmentation(np.random.default_rng(0), (4, 5))
    odd = b"\xff\xe9".decode("utf-8", "surrogateescape")
    save_index(tmp_path / "p.json", images=[image_entry(1, odd, seg.size)], annotations=[], labels=seg.labels)
    assert json.loads((tmp_path / "p.json").read_text())["images"][0]["file_name"] == odd
