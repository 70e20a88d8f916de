"""A data set calls its images, before any is read, what they are called when they are read."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from round_trip import check_names, samples_of
from scenes import random_segmentation
from segweave.errors import SegweaveError
from segweave.formats import FORMATS, open_dataset, save_dataset


def read_all(folder: Path):
    """Every data set under `folder` that opens and can be read: folders, and index files."""
    for path in sorted(folder.rglob("*")):
        if not path.is_dir() and path.suffix not in (".json", ".xml", ".yaml"):
            continue
        try:
            data = open_dataset(path)
            yield path, data, list(data)
        except SegweaveError:
            continue


def test_in_all_real_samples(shared: Path):
    """All but those of two formats, whose names need what is read with the image: labelme, and lists of detections."""
    found, unnamed = 0, 0
    for path, data, samples in read_all(shared / "data" / "format_samples"):
        assert [name.id for name in data.names()] == [sample.image_id for sample in samples], path
        found += len(samples)
        if path.name == "labelme_mask" or path.parent.name == "labelme_mask":
            continue
        if any(not name.stem for name in data.names()):
            unnamed += 1
            continue
        check_names(data[1:], samples[1:])
    assert found > 60 and unnamed < 5


@pytest.mark.parametrize("name", ["coco128seg", "camvid"])
def test_in_real_data_sets(shared: Path, name: str):
    data = open_dataset(shared / "data" / name)
    check_names(data[:5], list(data[:5]))
    assert len(data.names()) == len(data) > 4


@pytest.mark.parametrize("format", [row.name for row in FORMATS])
def test_images_of_one_file_name_in_several_folders_have_ids_of_their_own(format: str, tmp_path: Path):
    rng = np.random.default_rng(5)
    samples = samples_of([random_segmentation(rng, (8, 9), n=3) for _ in range(3)], tmp_path / "photographs")
    names = ("a/1.png", "b/1.png", "c.d.png")
    samples = [replace(sample, image_name=name) for sample, name in zip(samples, names, strict=True)]
    save_dataset(samples, tmp_path / "out", format)
    data = pickle.loads(pickle.dumps(open_dataset(tmp_path / "out", format)))  # as for another process
    check_names(data, list(data))
    assert len({str(name.id) for name in data.names()}) == 3
    assert sorted(name.stem.split("/")[-1] for name in data.names()) == ["1", "1", "c.d"]


def test_what_only_reading_would_tell_is_not_guessed(tmp_path: Path):
    """A list of detections alone knows ids; labelme's photograph is named inside, its JSON outside."""
    row = {"category_id": 1, "score": 0.5, "segmentation": {"size": [2, 2], "counts": "04"}, "bbox": [0, 0, 2, 2]}
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "results.json").write_text(json.dumps([{"image_id": n, **row} for n in (7, "x")]))
    names = open_dataset(tmp_path / "r", "coco-results").names()
    assert [(name.id, name.stem) for name in names] == [(7, ""), ("x", "")]
    (tmp_path / "l" / "a").mkdir(parents=True)
    doc = {"imagePath": "other.jpg", "imageHeight": 2, "imageWidth": 2, "shapes": [], "imageData": None}
    (tmp_path / "l" / "a" / "one.json").write_text(json.dumps(doc))
    (name,) = open_dataset(tmp_path / "l", "labelme").names()
    assert (name.id, name.stem) == ("a/one", "a/one")
