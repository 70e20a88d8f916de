"""COCO panoptic: what is written comes back, and files of others are read as they say."""

import json
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from scenes import random_segmentation, segmentations, street_scene
from segweave.errors import FormatError
from segweave.formats import (
    Sample,
    annotation_entry,
    image_entry,
    open_coco_panoptic,
    open_dataset,
    save_dataset,
    save_index,
    write_id_png,
)
from segweave.formats.id_png import read_id_png
from segweave.labels import Label, LabelSet, label_set, label_table, table_names
from segweave.segmentation import Segment, Segmentation

quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def sample_of(truth, image_id=1, **more):
    return Sample(**{"image_path": None, "size": truth.size, "truth": truth, "image_id": image_id, **more})


@pytest.mark.parametrize("name", table_names())
def test_label_sets_that_ship_come_back_as_they_are(tmp_path, name):
    labels = label_set(name)
    seg = random_segmentation(np.random.default_rng(1), (20, 30), labels, 9)
    save_dataset([sample_of(seg)], tmp_path / "p.json", "coco-panoptic")
    back = open_coco_panoptic(tmp_path / "p.json")
    assert back.labels == labels and back[0].truth == seg
    written = json.loads((tmp_path / "p.json").read_text())["categories"]
    assert [row["id"] for row in written] == list(label_table(name).source_ids)


def test_a_label_set_of_ones_own_comes_back_with_name_colors_and_translations(tmp_path):
    own = LabelSet(
        "own", (Label(name="cat", is_thing=True, color=(1, 2, 3), ja="猫"), Label(name="sky", is_thing=False))
    )
    seg = Segmentation(np.array([[1, 2]]), (Segment(label=1), Segment(label=0)), own)
    save_dataset([sample_of(seg)], tmp_path / "p.json", "coco-panoptic")
    assert open_coco_panoptic(tmp_path / "p.json").labels == own


def test_a_changed_copy_of_a_shipped_label_set_is_not_taken_for_it(tmp_path):
    labels = LabelSet("voc", label_set("voc").labels[:-1])
    seg = Segmentation(np.array([[1]]), (Segment(label=3),), labels)
    save_dataset([sample_of(seg)], tmp_path / "p.json", "coco-panoptic")
    assert open_coco_panoptic(tmp_path / "p.json").labels == labels


def test_the_json_is_what_coco_asks_for(tmp_path):
    labels = label_set("coco_panoptic")
    ids = np.array([[0, 1, 1], [2, 2, 1]])
    parts = (Segment(label=labels.index("person"), crowd=True, score=0.5), Segment(label=len(labels) - 1, track=3))
    seg = Segmentation(ids, parts, labels)
    save_dataset([sample_of(seg, 7, image_name="val/a.jpg")], tmp_path / "p.json", "coco-panoptic")
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


def test_a_file_name_that_is_no_unicode_is_kept(tmp_path):
    seg = random_segmentation(np.random.default_rng(0), (4, 5))
    odd = b"\xff\xe9".decode("utf-8", "surrogateescape")
    save_index(tmp_path / "p.json", images=[image_entry(1, odd, seg.size)], annotations=[], labels=seg.labels)
    assert json.loads((tmp_path / "p.json").read_text())["images"][0]["file_name"] == odd


@quiet
@given(st.data())
def test_scores_tracks_ids_and_empty_maps_come_back_equal(tmp_path, data):
    first = data.draw(segmentations())
    others = data.draw(st.lists(segmentations(labels=first.labels), max_size=3))
    truths = [first, *others]
    numbers = data.draw(st.lists(st.integers() | st.from_regex(r"\A[a-z]\w*\Z"), min_size=4, max_size=4, unique=True))
    samples = [sample_of(t, number) for t, number in zip(truths, numbers, strict=False)]
    with TemporaryDirectory(dir=tmp_path) as folder:
        assert save_dataset(samples, folder, "coco-panoptic") == ()
        back = open_coco_panoptic(folder)
        assert back.notes == () and len(back) == len(samples) and back.labels == first.labels
        for old, new in zip(samples, back, strict=True):
            assert new.truth == old.truth and new.image_id == old.image_id
            assert type(new.image_id) is type(old.image_id)


@pytest.mark.parametrize("folder", ["images", "images/val2017", "val2017", "annotations/images", "annotations"])
def test_photographs_are_found_in_the_usual_places(tmp_path, folder):
    seg = random_segmentation(np.random.default_rng(0), (4, 5))
    path = tmp_path / "annotations" / "panoptic_val2017.json"
    save_dataset([sample_of(seg, image_name="a.jpg")], path, "coco-panoptic")
    assert open_coco_panoptic(path)[0].image_path is None
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (5, 4)).save(tmp_path / folder / "a.jpg")
    assert open_coco_panoptic(path)[0].image_path == tmp_path / folder / "a.jpg"
    assert open_dataset(tmp_path)[0].image_path == tmp_path / folder / "a.jpg"


def test_the_folder_that_the_user_names_comes_first(tmp_path):
    seg = random_segmentation(np.random.default_rng(0), (4, 5))
    save_dataset([sample_of(seg, image_name="a.jpg")], tmp_path / "p.json", "coco-panoptic")
    for folder in ("images", "other"):
        (tmp_path / folder).mkdir()
        Image.new("RGB", (5, 4)).save(tmp_path / folder / "a.jpg")
    assert open_coco_panoptic(tmp_path, images=tmp_path / "other")[0].image_path == tmp_path / "other" / "a.jpg"


def test_two_images_of_one_id_are_refused(tmp_path):
    seg = random_segmentation(np.random.default_rng(0), (4, 5))
    with pytest.raises(FormatError, match="several images have the id 1"):
        save_dataset([sample_of(seg), sample_of(seg)], tmp_path / "p.json", "coco-panoptic")
    assert not (tmp_path / "p.json").exists()
